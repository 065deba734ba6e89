package soap

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"google.golang.org/grpc/codes"

	"github.com/postern-gateway/postern/adapters"
	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

// A quitter answers the first request of each connection and keeps it alive; the second it reads whole, and then goes away without a word, as a
// server does that dies at work.
type quitter struct {
	listener net.Listener
	requests atomic.Int64
	done     sync.WaitGroup
}

func startQuitter(t *testing.T) *quitter {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	q := &quitter{listener: listener}
	q.done.Go(q.accept)
	t.Cleanup(func() {
		if err := listener.Close(); err != nil {
			t.Error(err)
		}
		q.done.Wait()
	})
	return q
}

func (q *quitter) accept() {
	for {
		connection, err := q.listener.Accept()
		if err != nil {
			return
		}
		q.done.Go(func() { q.serve(connection) })
	}
}

func (q *quitter) serve(connection net.Conn) {
	defer connection.Close()
	from := bufio.NewReader(connection)
	for first := true; ; first = false {
		request, err := http.ReadRequest(from)
		if err != nil {
			return
		}
		if _, err := io.Copy(io.Discard, request.Body); err != nil {
			return
		}
		q.requests.Add(1)
		if !first {
			return
		}
		reply := fmt.Sprintf(`<e:Envelope xmlns:e="%s"><e:Body><closeAccountResponse xmlns="urn:accounts"/></e:Body></e:Envelope>`, envelope11)
		fmt.Fprintf(connection, "HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: %d\r\n\r\n%s", len(reply), reply)
	}
}

// TestRequestsAreNeverSentTwice holds that a request that may have reached the service is not sent again, by nobody: not by this package, not by
// retryablehttp, and not by net/http, which sends some requests again by itself if a kept connection dies.
func TestRequestsAreNeverSentTwice(t *testing.T) {
	t.Parallel()
	q := startQuitter(t)
	b := openBackend(t, &configv1.SoapBackend{Kind: "soap", Wsdl: "accounts.wsdl", Endpoint: "http://" + q.listener.Addr().String()})
	const request = `{"id": "C000001", "reason": "moved"}`
	if _, err := invoke(t.Context(), t, b, "CloseAccount", request); err != nil {
		t.Fatal(err)
	}
	_, err := invoke(t.Context(), t, b, "CloseAccount", request)
	var got *adapters.Error
	if !errors.As(err, &got) || got.Code != codes.Unavailable || got.Unsent {
		t.Errorf("the error is %#v", err)
	}
	if count := q.requests.Load(); count != 2 {
		t.Errorf("two calls were sent as %d requests", count)
	}
}

// TestHTTP1 holds that HTTP/2 is not spoken even if it is offered: net/http may send its requests twice.
func TestHTTP1(t *testing.T) {
	t.Parallel()
	service := &accounts{}
	var spoken atomic.Value
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		spoken.Store(r.Proto)
		service.ServeHTTP(w, r)
	}))
	server.EnableHTTP2 = true
	server.StartTLS()
	t.Cleanup(server.Close)
	b := openBackend(t, &configv1.SoapBackend{Kind: "soap", Wsdl: "accounts.wsdl", Endpoint: server.URL, Tls: &configv1.SoapTls{CaFile: authorityOf(t, server)}})
	if _, err := invoke(t.Context(), t, b, "GetAccount", `{"id": "C000001"}`); err != nil {
		t.Fatal(err)
	}
	if spoken.Load() != "HTTP/1.1" {
		t.Errorf("%v was spoken", spoken.Load())
	}
}

// TestTraceReachesTheService holds that the trace is passed on although the process has no propagator of its own.
func TestTraceReachesTheService(t *testing.T) {
	t.Parallel()
	var traceparent atomic.Value
	service := &accounts{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		traceparent.Store(r.Header.Get("Traceparent"))
		service.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	b := openBackend(t, &configv1.SoapBackend{Kind: "soap", Wsdl: "accounts.wsdl", Endpoint: server.URL})
	ctx, span := sdktrace.NewTracerProvider().Tracer("test").Start(t.Context(), "call")
	defer span.End()
	if _, err := invoke(ctx, t, b, "GetAccount", `{"id": "C000001"}`); err != nil {
		t.Fatal(err)
	}
	wanted := "00-" + span.SpanContext().TraceID().String() + "-"
	if got, _ := traceparent.Load().(string); len(got) != 55 || got[:len(wanted)] != wanted {
		t.Errorf("traceparent is %q, wanted %s...", got, wanted)
	}
}
