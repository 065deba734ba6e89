package transport

import (
	"bufio"
	"encoding/base64"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync/atomic"
	"testing"

	"google.golang.org/grpc/codes"

	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

// startProxy starts a proxy that wants credentials, for plain requests and for CONNECT, and counts both.
func startProxy(t *testing.T, plain, tunnels *atomic.Int64) string {
	t.Helper()
	wanted := "Basic " + base64.StdEncoding.EncodeToString([]byte("gateway:pa:ss"))
	forward := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(&url.URL{Scheme: "http", Host: r.In.Host}) }, Transport: &http.Transport{DisableKeepAlives: true}}
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Proxy-Authorization") != wanted {
			w.Header().Set("Proxy-Authenticate", `Basic realm="proxy"`)
			w.WriteHeader(http.StatusProxyAuthRequired)
			return
		}
		r.Header.Del("Proxy-Authorization")
		if r.Method != http.MethodConnect {
			plain.Add(1)
			forward.ServeHTTP(w, r)
			return
		}
		tunnels.Add(1)
		there, err := net.Dial("tcp", r.Host)
		if err != nil {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		defer there.Close()
		here, buffered, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer here.Close()
		_, _ = io.WriteString(here, "HTTP/1.1 200 Connection established\r\n\r\n")
		go func() {
			_, _ = io.Copy(there, buffered)
			there.Close()
		}()
		_, _ = io.Copy(here, there)
	})
	return server.URL
}

func TestProxy(t *testing.T) {
	t.Parallel()
	var plain, tunnels atomic.Int64
	proxy := startProxy(t, &plain, &tunnels)
	service := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Proxy-Authorization") != "" {
			t.Error("the service sees the proxy's credentials")
		}
		_, _ = io.Copy(w, r.Body)
	})
	server, secure := httptest.NewServer(service), httptest.NewTLSServer(service)
	t.Cleanup(server.Close)
	t.Cleanup(secure.Close)
	settings := &configv1.SoapProxy{Url: proxy, Username: "gateway", Password: secretOf(t, "pa:ss")}
	sender := open(t, &configv1.SoapBackend{Proxy: settings, Tls: &configv1.SoapTls{CaFile: authorityOf(t, secure)}})
	for _, endpoint := range []string{server.URL, secure.URL, server.URL, secure.URL} {
		reply, err := sender.Send(t.Context(), ping(endpoint))
		if err != nil {
			t.Fatal(err)
		}
		if reply.Status != 200 || string(reply.Body) != envelope {
			t.Errorf("the reply is %d %q", reply.Status, reply.Body)
		}
	}
	if plain.Load() != 2 || tunnels.Load() != 1 {
		t.Errorf("the proxy saw %d plain requests and %d tunnels", plain.Load(), tunnels.Load())
	}
	// Without credentials a plain request is answered by the proxy, and a tunnel is not made at all.
	stranger := open(t, &configv1.SoapBackend{Proxy: &configv1.SoapProxy{Url: proxy}})
	reply, err := stranger.Send(t.Context(), ping(server.URL))
	if err != nil || reply.Status != http.StatusProxyAuthRequired {
		t.Errorf("the reply is %v, and the error %v", reply, err)
	}
	_, err = stranger.Send(t.Context(), ping(secure.URL))
	if got := failure(t, err); got.Code != codes.Internal || got.Reason != ReasonAccessRefused || !got.Unsent {
		t.Errorf("the error is %#v", got)
	}
	_, err = sender.Send(t.Context(), ping("https://127.0.0.1:1"))
	if got := failure(t, err); got.Code != codes.Unavailable || !got.Unsent {
		t.Errorf("a tunnel to nowhere: the error is %#v", got)
	}
}

// TestSocksProxy holds that a SOCKS5 proxy (RFC 1928) is spoken to with user name and password (RFC 1929).
func TestSocksProxy(t *testing.T) {
	t.Parallel()
	p := startPeer(t, func(_ int64, connection net.Conn, from *bufio.Reader) {
		greeting, credentials, request := make([]byte, 4), make([]byte, 11), make([]byte, 10)
		_, _ = io.ReadFull(from, greeting) // version 5, two methods: none, and password
		_, _ = connection.Write([]byte{5, 2})
		_, _ = io.ReadFull(from, credentials)
		if string(credentials) != "\x01\x04user\x04pass" {
			t.Errorf("the credentials are %q", credentials)
		}
		_, _ = connection.Write([]byte{1, 0})
		_, _ = io.ReadFull(from, request)
		_, _ = connection.Write([]byte{5, 0, 0, 1, 0, 0, 0, 0, 0, 0})
		if readRequest(from) {
			answer(connection, envelope)
		}
	})
	sender := open(t, &configv1.SoapBackend{Proxy: &configv1.SoapProxy{Url: "socks5://" + p.listener.Addr().String(), Username: "user", Password: secretOf(t, "pass")}})
	reply, err := sender.Send(t.Context(), ping("http://192.0.2.1/service"))
	if err != nil || string(reply.Body) != envelope {
		t.Errorf("the reply is %v, and the error %v", reply, err)
	}
}
