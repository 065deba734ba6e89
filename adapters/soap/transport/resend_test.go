package transport

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc/codes"

	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

// A peer is a server that does with each connection what a test says.
type peer struct {
	listener    net.Listener
	connections atomic.Int64
	done        sync.WaitGroup
	// closed gets a value for every connection that was closed, of which seen were waited for.
	closed chan struct{}
	seen   int64
}

// startPeer calls behave for every connection with its number, from 1, and closes it afterwards.
func startPeer(t *testing.T, behave func(number int64, connection net.Conn, from *bufio.Reader)) *peer {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &peer{listener: listener, closed: make(chan struct{}, 1000)}
	p.done.Go(func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			number := p.connections.Add(1)
			p.done.Go(func() {
				defer func() {
					connection.Close()
					p.closed <- struct{}{}
				}()
				behave(number, connection, bufio.NewReader(connection))
			})
		}
	})
	t.Cleanup(func() {
		if err := listener.Close(); err != nil {
			t.Error(err)
		}
		p.done.Wait()
	})
	return p
}

func (p *peer) url() string { return "http://" + p.listener.Addr().String() + "/service" }

// readRequest reads a whole request, and reports whether there was one.
func readRequest(from *bufio.Reader) bool {
	request, err := http.ReadRequest(from)
	if err != nil {
		return false
	}
	_, err = io.Copy(io.Discard, request.Body)
	return err == nil
}

func answer(to io.Writer, body string) {
	fmt.Fprintf(to, "HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
}

// TestRequestsAreNeverSentTwice holds that a request that may have reached the service is not sent again, by nobody: not by this package, not by
// retryablehttp, and not by net/http, which sends some requests again by itself if a kept connection dies.
func TestRequestsAreNeverSentTwice(t *testing.T) {
	t.Parallel()
	var requests atomic.Int64
	p := startPeer(t, func(_ int64, connection net.Conn, from *bufio.Reader) {
		// The first request of each connection is answered; the second is read whole, and then the server dies at work.
		for first := true; readRequest(from); first = false {
			requests.Add(1)
			if !first {
				return
			}
			answer(connection, envelope)
		}
	})
	sender := open(t, &configv1.SoapBackend{})
	if _, err := sender.Send(t.Context(), ping(p.url())); err != nil {
		t.Fatal(err)
	}
	_, err := sender.Send(t.Context(), ping(p.url()))
	if got := failure(t, err); got.Code != codes.Unavailable || got.Unsent {
		t.Errorf("the error is %#v", got)
	}
	if count := requests.Load(); count != 2 {
		t.Errorf("two calls were sent as %d requests", count)
	}
}

// TestBrokenExchanges holds what is said of requests whose connection dies: that it was sent, unless nothing can have been written.
func TestBrokenExchanges(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		behave func(connection net.Conn, from *bufio.Reader)
	}{
		{"closed in the middle of the request", func(_ net.Conn, from *bufio.Reader) { _, _ = from.ReadString('\n') }},
		{"closed after reading", func(_ net.Conn, from *bufio.Reader) { readRequest(from) }},
		{"closed in the header", func(c net.Conn, from *bufio.Reader) {
			readRequest(from)
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-")
		}},
		{"closed in the body", func(c net.Conn, from *bufio.Reader) {
			readRequest(from)
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n<Env")
		}},
		{"closed in a chunk", func(c net.Conn, from *bufio.Reader) {
			readRequest(from)
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10\r\n<Env")
		}},
		{"no HTTP", func(c net.Conn, from *bufio.Reader) {
			readRequest(from)
			_, _ = io.WriteString(c, "220 mail.example.com ESMTP\r\n")
		}},
		{"header without end", func(c net.Conn, from *bufio.Reader) {
			readRequest(from)
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nX: "+strings.Repeat("x", maxHeaderBytes+8192))
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			p := startPeer(t, func(_ int64, connection net.Conn, from *bufio.Reader) { test.behave(connection, from) })
			_, err := open(t, &configv1.SoapBackend{}).Send(t.Context(), ping(p.url()))
			if got := failure(t, err); got.Code != codes.Unavailable || got.Unsent {
				t.Errorf("the error is %#v", got)
			}
			if count := p.connections.Load(); count != 1 {
				t.Errorf("%d connections were made", count)
			}
		})
	}
}

// TestClosedAtOnce holds that a peer that closes every connection before it reads is an end: what cannot have been written may be sent again, and only that.
func TestClosedAtOnce(t *testing.T) {
	t.Parallel()
	p := startPeer(t, func(int64, net.Conn, *bufio.Reader) {})
	_, err := open(t, &configv1.SoapBackend{}).Send(t.Context(), ping(p.url()))
	got := failure(t, err)
	if count := p.connections.Load(); got.Code != codes.Unavailable || count > retries+1 || got.Unsent != (count == retries+1) && count != retries+1 {
		t.Errorf("after %d connections the error is %#v", count, got)
	}
}

// TestStaleConnections holds that a kept connection that the peer has closed in the meantime, or said something on that ends it, costs no call: nothing is written to it, and
// another one is made.
func TestStaleConnections(t *testing.T) {
	t.Parallel()
	for _, farewell := range []string{"", "HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"} {
		p := startPeer(t, func(_ int64, connection net.Conn, from *bufio.Reader) {
			if readRequest(from) {
				answer(connection, envelope) // and no Connection: close, although it closes
				_, _ = io.WriteString(connection, farewell)
			}
		})
		sender := open(t, &configv1.SoapBackend{})
		for i := range 50 {
			reply, err := sender.Send(t.Context(), ping(p.url()))
			if err != nil {
				t.Fatalf("call %d: %v", i, err)
			}
			if string(reply.Body) != envelope {
				t.Errorf("call %d: the body is %q", i, reply.Body)
			}
			p.waitClosed(t, int64(i+1))
		}
	}
}

// waitClosed waits until the peer has closed as many connections.
func (p *peer) waitClosed(t *testing.T, connections int64) {
	t.Helper()
	for range connections - p.seen {
		select {
		case <-p.closed:
			p.seen++
		case <-time.After(5 * time.Second):
			t.Fatal("the peer does not close")
		}
	}
}

// TestUnreachable holds that a request for which there is no connection counts as unsent.
func TestUnreachable(t *testing.T) {
	t.Parallel()
	_, err := open(t, &configv1.SoapBackend{}).Send(t.Context(), ping("http://127.0.0.1:1/service"))
	if got := failure(t, err); got.Code != codes.Unavailable || !got.Unsent {
		t.Errorf("the error is %#v", got)
	}
	p := startPeer(t, func(_ int64, _ net.Conn, from *bufio.Reader) { _, _ = from.ReadByte() })
	_, err = open(t, &configv1.SoapBackend{}).Send(t.Context(), ping("https://"+p.listener.Addr().String()))
	if got := failure(t, err); got.Code != codes.Unavailable || !got.Unsent {
		t.Errorf("without a TLS handshake the error is %#v", got)
	}
	if count := p.connections.Load(); count != retries+1 {
		t.Errorf("%d connections were tried, wanted %d", count, retries+1)
	}
}

// TestHTTP1 holds that HTTP/2 is not spoken even if it is offered: net/http may send its requests twice.
func TestHTTP1(t *testing.T) {
	t.Parallel()
	var spoken atomic.Value
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { spoken.Store(r.Proto) }))
	server.EnableHTTP2 = true
	server.StartTLS()
	t.Cleanup(server.Close)
	if _, err := open(t, &configv1.SoapBackend{Tls: &configv1.SoapTls{CaFile: authorityOf(t, server)}}).Send(t.Context(), ping(server.URL)); err != nil {
		t.Fatal(err)
	}
	if spoken.Load() != "HTTP/1.1" {
		t.Errorf("%v was spoken", spoken.Load())
	}
}
