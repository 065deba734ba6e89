package transport

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc/codes"

	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

// deadAddress is an address on this machine where nobody listens.
func deadAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return "http://" + listener.Addr().String() + "/service"
}

// named serves its name, and counts its requests.
func named(t *testing.T, name string, requests *atomic.Int64) string {
	t.Helper()
	return serve(t, func(w http.ResponseWriter, r *http.Request) {
		requests.Add(1)
		_, _ = io.WriteString(w, name+" "+r.Host+r.URL.Path)
	}).URL + "/" + name
}

func TestFailover(t *testing.T) {
	t.Parallel()
	var requests atomic.Int64
	dead, live := deadAddress(t), named(t, "second", &requests)
	sender := open(t, &configv1.SoapBackend{FailoverEndpoints: []string{dead + "/too", live, live + "/third"}})
	for range 3 {
		reply, err := sender.Send(t.Context(), ping(dead))
		if err != nil {
			t.Fatal(err)
		}
		if wanted := "second " + strings.TrimPrefix(live, "http://"); string(reply.Body) != wanted {
			t.Errorf("%q answered, wanted %q", reply.Body, wanted)
		}
	}
	route, err := sender.route(&Request{Endpoint: dead, Version: SOAP11, Action: "urn:t#ping"})
	if err != nil {
		t.Fatal(err)
	}
	for i, wanted := range []bool{true, true, false, false} {
		if got := route.addresses[i].isResting(time.Now()); got != wanted {
			t.Errorf("address %d rests: %t", i, got)
		}
		if route.addresses[i].isResting(time.Now().Add(restingTime + time.Second)) {
			t.Errorf("address %d rests for too long", i)
		}
	}
	if err := sender.Reach(t.Context(), dead); err != nil {
		t.Errorf("the service cannot be reached: %v", err)
	}
}

// TestNoFailoverOnceSent holds that a request that was sent does not go to another address.
func TestNoFailoverOnceSent(t *testing.T) {
	t.Parallel()
	var requests atomic.Int64
	other := named(t, "other", &requests)
	p := startPeer(t, func(_ int64, _ net.Conn, from *bufio.Reader) { readRequest(from) })
	_, err := open(t, &configv1.SoapBackend{FailoverEndpoints: []string{other}}).Send(t.Context(), ping(p.url()))
	if got := failure(t, err); got.Code != codes.Unavailable || got.Unsent || requests.Load() != 0 {
		t.Errorf("%d requests went to the other, and the error is %v", requests.Load(), got)
	}
	refusing := serve(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) })
	reply, err := open(t, &configv1.SoapBackend{FailoverEndpoints: []string{other}}).Send(t.Context(), ping(refusing.URL))
	if err != nil || reply.Status != http.StatusServiceUnavailable || requests.Load() != 0 {
		t.Errorf("%d requests went to the other, the reply is %v and the error %v", requests.Load(), reply, err)
	}
}

// TestFailoverInTime holds that an address that does not answer at all leaves time for the next: its TLS handshake never ends.
func TestFailoverInTime(t *testing.T) {
	t.Parallel()
	var requests atomic.Int64
	live := named(t, "live", &requests)
	silent := startPeer(t, func(_ int64, _ net.Conn, from *bufio.Reader) { _, _ = io.Copy(io.Discard, from) })
	sender := open(t, &configv1.SoapBackend{FailoverEndpoints: []string{live}})
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	reply, err := sender.Send(ctx, ping("https://"+silent.listener.Addr().String()))
	if err != nil || !strings.HasPrefix(string(reply.Body), "live ") {
		t.Fatalf("the reply is %v, the error %v", reply, err)
	}
}

// TestAllDead holds that a call that reaches nobody says so, and that addresses that rest are tried if there is nothing better.
func TestAllDead(t *testing.T) {
	t.Parallel()
	sender := open(t, &configv1.SoapBackend{FailoverEndpoints: []string{deadAddress(t)}})
	dead := deadAddress(t)
	for range 2 {
		_, err := sender.Send(t.Context(), ping(dead))
		if got := failure(t, err); got.Code != codes.Unavailable || !got.Unsent {
			t.Errorf("the error is %v", got)
		}
	}
	if got := failure(t, sender.Reach(t.Context(), dead)); got.Code != codes.Unavailable || !got.Unsent {
		t.Errorf("the error is %v", got)
	}
}

// TestCookies holds that a session goes on over calls if it is wanted, and not otherwise; and that each transport has its own.
func TestCookies(t *testing.T) {
	t.Parallel()
	var sessions atomic.Int64
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		cookie, err := r.Cookie("JSESSIONID")
		if err != nil {
			cookie = &http.Cookie{Name: "JSESSIONID", Value: strings.Repeat("x", int(sessions.Add(1))), Path: "/"}
			http.SetCookie(w, cookie)
		}
		_, _ = io.WriteString(w, cookie.Value)
	})
	tests := []struct {
		on     bool
		wanted string
	}{{true, "x x x"}, {true, "xx xx xx"}, {false, "xxx xxxx xxxxx"}}
	for _, test := range tests {
		sender := open(t, &configv1.SoapBackend{Cookies: test.on})
		var got []string
		for range 3 {
			reply, err := sender.Send(t.Context(), ping(server.URL))
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, string(reply.Body))
		}
		if strings.Join(got, " ") != test.wanted {
			t.Errorf("the sessions are %q, wanted %q", got, test.wanted)
		}
	}
	if jar, ok := open(t, &configv1.SoapBackend{Cookies: true}).cookies.(*cookiejar.Jar); !ok || jar == nil {
		t.Error("there is no jar")
	}
}
