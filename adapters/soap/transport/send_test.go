package transport

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	"github.com/postern-gateway/postern/adapters"
	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

const envelope = `<Envelope><Body><ping xmlns="urn:t"/></Body></Envelope>`

// open makes a transport that is closed at the test's end.
func open(t *testing.T, config *configv1.SoapBackend) *Transport {
	t.Helper()
	config.Kind = "soap"
	out, err := New(config, adapters.Options{Name: "legacy", Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(out.Close)
	return out
}

// serve starts a server that is closed at the test's end.
func serve(t *testing.T, handler http.HandlerFunc) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server
}

func ping(endpoint string) Request {
	return Request{Endpoint: endpoint, Version: SOAP11, Action: "urn:t#ping", Body: []byte(envelope), Operation: "ping"}
}

// failure returns the error of a call that fails.
func failure(t *testing.T, err error) *adapters.Error {
	t.Helper()
	var got *adapters.Error
	if !errors.As(err, &got) {
		t.Fatalf("the error is %#v, wanted an *adapters.Error", err)
	}
	return got
}

func TestHeaders(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		style   string
		request Request
		wanted  map[string][]string
	}{
		{"quoted", "", Request{Version: SOAP11, Action: "urn:a#b"}, map[string][]string{"Soapaction": {`"urn:a#b"`}, "Content-Type": {"text/xml; charset=utf-8"}}},
		{"quoted by name", "quoted", Request{Version: SOAP11, Action: "urn:a#b"}, map[string][]string{"Soapaction": {`"urn:a#b"`}}},
		{"without action", "", Request{Version: SOAP11}, map[string][]string{"Soapaction": {`""`}}},
		{"action that no header can carry", "", Request{Version: SOAP11, Action: "a\r\nX: \"y\"\\"}, map[string][]string{"Soapaction": {`"aX: y"`}, "X": nil}},
		{"bare", "bare", Request{Version: SOAP11, Action: "urn:a#b"}, map[string][]string{"Soapaction": {`urn:a#b`}}},
		{"absent", "absent", Request{Version: SOAP11, Action: "urn:a#b"}, map[string][]string{"Soapaction": nil}},
		{"SOAP 1.2", "", Request{Version: SOAP12, Action: "urn:a#b"}, map[string][]string{"Soapaction": nil, "Content-Type": {`application/soap+xml; charset=utf-8; action="urn:a#b"`}}},
		{"SOAP 1.2 without action", "bare", Request{Version: SOAP12}, map[string][]string{"Soapaction": nil, "Content-Type": {`application/soap+xml; charset=utf-8`}}},
		{"multipart", "", Request{Version: SOAP11, Action: "a", ContentType: "multipart/related; boundary=b"}, map[string][]string{
			"Soapaction": {`"a"`}, "Content-Type": {"multipart/related; boundary=b"},
		}},
		{"always", "", Request{Version: SOAP11}, map[string][]string{
			"User-Agent": {"postern"}, "Accept-Encoding": {"gzip"}, "Expect": nil, "Content-Length": {"55"}, "Transfer-Encoding": nil, "Content-Encoding": nil, "Authorization": nil,
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var header atomic.Pointer[http.Header]
			server := serve(t, func(w http.ResponseWriter, r *http.Request) {
				header.Store(&r.Header)
				_, _ = io.Copy(w, r.Body)
			})
			test.request.Endpoint, test.request.Body = server.URL, []byte(envelope)
			reply, err := open(t, &configv1.SoapBackend{SoapAction: test.style}).Send(t.Context(), test.request)
			if err != nil {
				t.Fatal(err)
			}
			if string(reply.Body) != envelope {
				t.Errorf("the body is %q", reply.Body)
			}
			for name, wanted := range test.wanted {
				if got := (*header.Load())[name]; fmt.Sprint(got) != fmt.Sprint(wanted) {
					t.Errorf("%s is %q, wanted %q", name, got, wanted)
				}
			}
		})
	}
}

// TestAnyStatusIsAReply holds that whatever the status, its body, header and charset are handed on.
func TestAnyStatusIsAReply(t *testing.T) {
	t.Parallel()
	for _, status := range []int{200, 202, 400, 401, 404, 429, 500, 503} {
		server := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", `text/xml; charset="ISO-8859-15"`)
			w.Header().Set("Retry-After", "7")
			w.WriteHeader(status)
			_, _ = io.WriteString(w, "<fault/>")
		})
		reply, err := open(t, &configv1.SoapBackend{}).Send(t.Context(), ping(server.URL))
		if err != nil {
			t.Fatal(err)
		}
		if reply.Status != status || string(reply.Body) != "<fault/>" || reply.Charset != "ISO-8859-15" || reply.Header.Get("Retry-After") != "7" {
			t.Errorf("%d: the reply is %+v", status, reply)
		}
	}
}

func TestCharset(t *testing.T) {
	t.Parallel()
	for contentType, wanted := range map[string]string{
		"":                               "",
		"text/xml":                       "",
		"text/xml; charset=UTF-8":        "UTF-8",
		`text/xml;charset="utf-16"`:      "utf-16",
		`text/xml; charset='utf-8'`:      "'utf-8'",
		`text/xml; charset=utf-8;;`:      "utf-8",
		`text/xml charset=utf-8`:         "",
		`text/xml; a=b=c; Charset=cp437`: "cp437",
	} {
		if got := readCharset(contentType); got != wanted {
			t.Errorf("%q: the charset is %q, wanted %q", contentType, got, wanted)
		}
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	t.Parallel()
	for _, status := range []int{301, 302, 303, 307, 308} {
		var requests atomic.Int64
		server := serve(t, func(w http.ResponseWriter, r *http.Request) {
			requests.Add(1)
			http.Redirect(w, r, "/moved", status)
		})
		_, err := open(t, &configv1.SoapBackend{}).Send(t.Context(), ping(server.URL))
		got := failure(t, err)
		if got.Code != codes.Internal || got.Reason != ReasonMisunderstood || got.Unsent || !strings.Contains(got.Error(), `"/moved"`) || requests.Load() != 1 {
			t.Errorf("%d: %d requests, and the error is %v", status, requests.Load(), got)
		}
		if strings.Contains(got.GRPCStatus().Message(), "moved") {
			t.Errorf("the caller reads %q", got.GRPCStatus().Message())
		}
	}
}

// zipped compresses text.
func zipped(t *testing.T, text string) []byte {
	t.Helper()
	var out bytes.Buffer
	to := gzip.NewWriter(&out)
	if _, err := io.WriteString(to, text); err != nil {
		t.Fatal(err)
	}
	if err := to.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// TestReplyBodies holds what becomes of replies of any size and compression, under a bound of 64 KiB on what they expand to.
func TestReplyBodies(t *testing.T) {
	t.Parallel()
	const bound = 64 << 10
	exact := strings.Repeat("x", bound)
	tests := []struct {
		name     string
		encoding string
		body     []byte
		chunked  bool
		code     codes.Code
		wanted   string
	}{
		{name: "empty"},
		{name: "empty in chunks", chunked: true},
		{name: "as large as may be", body: []byte(exact), wanted: exact},
		{name: "as large as may be, in chunks", body: []byte(exact), chunked: true, wanted: exact},
		{name: "a byte too large", body: []byte(exact + "x"), code: codes.DataLoss},
		{name: "a byte too large, in chunks", body: []byte(exact + "x"), chunked: true, code: codes.DataLoss},
		{name: "gzip", encoding: "gzip", body: zipped(t, envelope), wanted: envelope},
		{name: "gzip under its old name", encoding: "X-GZip", body: zipped(t, envelope), wanted: envelope},
		{name: "gzip in chunks", encoding: "gzip", body: zipped(t, envelope), chunked: true, wanted: envelope},
		{name: "two gzip members", encoding: "gzip", body: append(zipped(t, "<a>"), zipped(t, "</a>")...), wanted: "<a></a>"},
		{name: "gzip as large as may be", encoding: "gzip", body: zipped(t, exact), wanted: exact},
		{name: "gzip of nothing", encoding: "gzip"},
		{name: "bomb", encoding: "gzip", body: zipped(t, strings.Repeat("0", 8<<20)), code: codes.DataLoss},
		{name: "bomb of members", encoding: "gzip", body: bytes.Repeat(zipped(t, ""), 4<<10), code: codes.DataLoss},
		{name: "no gzip at all", encoding: "gzip", body: []byte("this is not gzip at all"), code: codes.DataLoss},
		{name: "corrupt gzip", encoding: "gzip", body: []byte("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x00\xff\xff\xff\xff"), code: codes.DataLoss},
		{name: "gzip with a wrong checksum", encoding: "gzip", body: corrupted(zipped(t, envelope)), code: codes.DataLoss},
		{name: "gzip that breaks off in its header", encoding: "gzip", body: []byte("\x1f\x8b\x08\x00"), code: codes.Unavailable},
		{name: "gzip that breaks off", encoding: "gzip", body: zipped(t, envelope)[:30], code: codes.Unavailable},
		{name: "identity", encoding: "identity", body: []byte(envelope), wanted: envelope},
		{name: "unknown encoding", encoding: "br", body: []byte(envelope), code: codes.DataLoss},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			server := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				if test.encoding != "" {
					w.Header().Set("Content-Encoding", test.encoding)
				}
				if test.chunked {
					_ = http.NewResponseController(w).Flush()
				}
				_, _ = w.Write(test.body)
			})
			sender := open(t, &configv1.SoapBackend{MaxReplyBytes: proto.Uint64(bound)})
			for range 2 { // the second uses the memory of the first
				reply, err := sender.Send(t.Context(), ping(server.URL))
				if test.code != codes.OK {
					if got := failure(t, err); got.Code != test.code || got.Unsent {
						t.Errorf("the error is %v", got)
					}
					continue
				}
				if err != nil {
					t.Fatal(err)
				}
				if string(reply.Body) != test.wanted {
					t.Errorf("%d bytes came, wanted %d", len(reply.Body), len(test.wanted))
				}
				reply.Release()
				reply.Release()
				if reply.Body != nil {
					t.Error("a released reply still has its body")
				}
			}
		})
	}
}

func corrupted(packed []byte) []byte {
	packed[len(packed)-8] ^= 1
	return packed
}

func TestGzipRequests(t *testing.T) {
	t.Parallel()
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Content-Encoding") != "gzip" || r.ContentLength <= 0 {
			http.Error(w, "gzip only", http.StatusUnsupportedMediaType)
			return
		}
		from, err := gzip.NewReader(r.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		_, _ = io.Copy(w, from)
	})
	sender := open(t, &configv1.SoapBackend{GzipRequests: true})
	for range 3 {
		request := ping(server.URL)
		request.Body = []byte(strings.Repeat(envelope, 100))
		reply, err := sender.Send(t.Context(), request)
		if err != nil {
			t.Fatal(err)
		}
		if reply.Status != 200 || string(reply.Body) != strings.Repeat(envelope, 100) {
			t.Errorf("the reply is %d with %d bytes", reply.Status, len(reply.Body))
		}
	}
}

// TestDeadlines holds that the end of a context ends a call wherever it hangs, and that it is said rightly whether the request was sent by then.
func TestDeadlines(t *testing.T) {
	t.Parallel()
	for _, stage := range []string{"before the header", "in the body"} {
		for _, code := range []codes.Code{codes.DeadlineExceeded, codes.Canceled} {
			ctx, cancel := context.WithCancel(t.Context())
			if code == codes.DeadlineExceeded {
				ctx, cancel = context.WithTimeout(t.Context(), 100*time.Millisecond)
			}
			var reached atomic.Bool
			server := serve(t, func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body)
				reached.Store(true)
				if stage == "in the body" {
					_, _ = io.WriteString(w, "<Envel")
					_ = http.NewResponseController(w).Flush()
				}
				if code == codes.Canceled {
					cancel()
				}
				<-r.Context().Done()
			})
			_, err := open(t, &configv1.SoapBackend{}).Send(ctx, ping(server.URL))
			cancel()
			if got := failure(t, err); got.Code != code || got.Unsent && reached.Load() {
				t.Errorf("%s: the error is %v, and unsent is %t", stage, got, got.Unsent)
			}
		}
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := open(t, &configv1.SoapBackend{}).Send(ended, ping("http://127.0.0.1:1"))
	if got := failure(t, err); got.Code != codes.Canceled || !got.Unsent {
		t.Errorf("a call that was given up before: the error is %v", got)
	}
}

// TestTraceReachesTheService holds that the trace is passed on although the process has no propagator of its own.
func TestTraceReachesTheService(t *testing.T) {
	t.Parallel()
	var traceparent atomic.Value
	server := serve(t, func(_ http.ResponseWriter, r *http.Request) { traceparent.Store(r.Header.Get("Traceparent")) })
	ctx, span := sdktrace.NewTracerProvider().Tracer("test").Start(t.Context(), "call")
	defer span.End()
	if _, err := open(t, &configv1.SoapBackend{}).Send(ctx, ping(server.URL)); err != nil {
		t.Fatal(err)
	}
	wanted := "00-" + span.SpanContext().TraceID().String() + "-"
	if got, _ := traceparent.Load().(string); len(got) != 55 || got[:len(wanted)] != wanted {
		t.Errorf("traceparent is %q, wanted %s...", got, wanted)
	}
}
