package transport

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/postern-gateway/postern/adapters"
	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

func TestWire(t *testing.T) {
	t.Parallel()
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "JSESSIONID", Value: "secret3"})
		w.Header().Set("Content-Type", "text/xml")
		w.Header().Set("Date", "today")
		if user, password, _ := r.BasicAuth(); user != "gateway" || password != "secret1" {
			t.Errorf("the credentials are %s:%s", user, password)
		}
		_, _ = w.Write(zippedIf(t, w, "<ok/>"))
	})
	sender := open(t, &configv1.SoapBackend{
		Cookies: true, GzipRequests: true,
		Security: &configv1.SoapSecurity{Basic: &configv1.SoapBasicAuth{Username: "gateway", Password: secretOf(t, "secret1")}},
	})
	var shown strings.Builder
	request := ping(server.URL + "/service?key=1")
	request.Body, request.Shown = []byte("<Password>secret2</Password>"), []byte("<Password>***</Password>")
	request.Wire = func(direction string, data []byte) { shown.WriteString("[" + direction + "]\n" + string(data) + "\n") }
	if _, err := sender.Send(t.Context(), request); err != nil {
		t.Fatal(err)
	}
	target, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	got := strings.ReplaceAll(strings.ReplaceAll(shown.String(), "\r\n", "\n"), target.Host, "HOST")
	lines := strings.Split(got, "\n")
	for i, line := range lines {
		if strings.HasPrefix(line, "Content-Length: ") {
			lines[i] = "Content-Length: N"
		}
	}
	wanted := `[sent]
POST /service?key=1 HTTP/1.1
Host: HOST
Content-Length: N
Accept-Encoding: gzip
Authorization: Basic ***
Content-Encoding: gzip
Content-Type: text/xml; charset=utf-8
SOAPAction: "urn:t#ping"
User-Agent: postern

<Password>***</Password>
[received]
HTTP/1.1 200 OK
Content-Encoding: gzip
Content-Length: N
Content-Type: text/xml
Date: today
Set-Cookie: ***

<ok/>
`
	if got := strings.Join(lines, "\n"); got != wanted {
		t.Errorf("the wire shows\n%s\nwanted\n%s", got, wanted)
	}
}

func zippedIf(t *testing.T, w http.ResponseWriter, text string) []byte {
	t.Helper()
	w.Header().Set("Content-Encoding", "gzip")
	return zipped(t, text)
}

// TestWireOfChallenges holds that every message of a handshake is shown, and no credential.
func TestWireOfChallenges(t *testing.T) {
	t.Parallel()
	_, server := startNTLM(t, "NTLM", 0)
	var directions []string
	var all bytes.Buffer
	request := ping(server.URL)
	request.Wire = func(direction string, data []byte) {
		directions = append(directions, direction)
		all.Write(data)
	}
	if _, err := open(t, ntlmConfig(t, "Password")).Send(t.Context(), request); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(directions, " "); got != "sent received sent received" {
		t.Errorf("the wire shows %s", got)
	}
	if strings.Contains(all.String(), "Authorization: NTLM T") || strings.Count(all.String(), "Authorization: NTLM ***") != 2 || strings.Count(all.String(), envelope) != 2 {
		t.Errorf("the wire shows\n%s", all.String())
	}
}

// TestDocuments holds that documents are read with the credentials of the back end from where its configuration points, and without them from anywhere else.
func TestDocuments(t *testing.T) {
	t.Parallel()
	var seen atomic.Value
	service := func(w http.ResponseWriter, r *http.Request) {
		seen.Store(r.Header.Get("Authorization") + "|" + r.UserAgent())
		if r.URL.Path == "/circle" {
			http.Redirect(w, r, "/circle", http.StatusFound)
			return
		}
		if r.URL.Path == "/moved" {
			http.Redirect(w, r, r.URL.Query().Get("to"), http.StatusFound)
			return
		}
		_, _ = io.WriteString(w, "<definitions/>")
	}
	own, other := serve(t, service), serve(t, service)
	sender := open(t, &configv1.SoapBackend{Wsdl: own.URL + "/service?wsdl", Security: &configv1.SoapSecurity{Bearer: secretOf(t, "token")}})
	for address, wanted := range map[string]string{
		own.URL + "/service?xsd=1":         "Bearer token|postern",
		other.URL:                          "|postern",
		own.URL + "/moved?to=" + other.URL: "|postern",
		own.URL + "/moved?to=" + own.URL:   "Bearer token|postern",
	} {
		response, err := sender.HTTPClient().Get(address)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(response.Body)
		response.Body.Close()
		if err != nil || string(body) != "<definitions/>" || seen.Load() != wanted {
			t.Errorf("%s: the document is %q (%v), and the server saw %q, wanted %q", address, body, err, seen.Load(), wanted)
		}
	}
	if response, err := sender.HTTPClient().Get(own.URL + "/circle"); err == nil {
		response.Body.Close()
		t.Error("redirects in a circle come to an end")
	}
	judge := &digestServer{algorithm: "SHA-256", qop: "auth-int", uses: 9, used: make(map[string]int)}
	guarded := serve(t, judge.ServeHTTP)
	sender = open(t, &configv1.SoapBackend{
		Wsdl: guarded.URL, Security: &configv1.SoapSecurity{Digest: &configv1.SoapDigestAuth{Username: `gate"way`, Password: secretOf(t, "pä:ss")}},
	})
	response, err := sender.HTTPClient().Get(guarded.URL + "/x?wsdl")
	if err != nil || response.StatusCode != 200 {
		t.Fatalf("behind digest the response is %v, and the error %v", response, err)
	}
	response.Body.Close()
}

// TestTelemetry holds the span and the measurement of a call, by the semantic conventions for HTTP clients.
func TestTelemetry(t *testing.T) {
	t.Parallel()
	spans, reader := tracetest.NewSpanRecorder(), sdkmetric.NewManualReader()
	sender, err := New(&configv1.SoapBackend{}, adapters.Options{
		TracerProvider: sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(spans)), MeterProvider: sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader)),
	})
	if err != nil {
		t.Fatal(err)
	}
	defer sender.Close()
	server := serve(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) })
	target, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := sender.Send(t.Context(), ping("http://user:secret@"+target.Host+"/service?key=secret")); err != nil {
		t.Fatal(err)
	}
	if _, err := sender.Send(t.Context(), ping(deadAddress(t))); err == nil {
		t.Fatal("a dead address answers")
	}
	ended := spans.Ended()
	if len(ended) != 1+retries+1 {
		t.Fatalf("there are %d spans", len(ended))
	}
	got := attribute.NewSet(ended[0].Attributes()...)
	wanted := attribute.NewSet(
		attribute.String("http.request.method", "POST"), attribute.String("url.full", "http://"+target.Host+"/service?REDACTED"),
		attribute.String("server.address", target.Hostname()), attribute.Int("server.port", portOf(t, target)),
		attribute.Int("http.response.status_code", 500), attribute.String("error.type", "500"),
	)
	if !got.Equals(&wanted) || ended[0].Name() != "POST" {
		t.Errorf("the span %s says %v", ended[0].Name(), got.Encoded(attribute.DefaultEncoder()))
	}
	last := attribute.NewSet(ended[retries+1].Attributes()...)
	if count, _ := last.Value("http.request.resend_count"); count.AsInt64() != retries {
		t.Errorf("the last span says %v", last.Encoded(attribute.DefaultEncoder()))
	}
	var measured metricdata.ResourceMetrics
	if err := reader.Collect(context.Background(), &measured); err != nil {
		t.Fatal(err)
	}
	counts := map[string]uint64{}
	for _, scope := range measured.ScopeMetrics {
		for _, m := range scope.Metrics {
			histogram, ok := m.Data.(metricdata.Histogram[float64])
			if !ok || m.Name != "http.client.request.duration" || m.Unit != "s" {
				t.Errorf("there is %s in %s", m.Name, m.Unit)
				continue
			}
			for _, point := range histogram.DataPoints {
				kind, _ := point.Attributes.Value("error.type")
				counts[kind.AsString()] += point.Count
			}
		}
	}
	if counts["500"] != 1 || counts["connect"] != retries+1 {
		t.Errorf("measured were %v", counts)
	}
}

func portOf(t *testing.T, target *url.URL) int {
	t.Helper()
	port := 0
	for _, digit := range target.Port() {
		port = port*10 + int(digit-'0')
	}
	return port
}

// TestHeader holds that the headers of a request can be had without sending it, with credentials masked.
func TestHeader(t *testing.T) {
	t.Parallel()
	sender := open(t, &configv1.SoapBackend{Security: &configv1.SoapSecurity{Bearer: secretOf(t, "token")}})
	for range 2 { // what is masked is not what is sent
		header := sender.Header(ping("http://127.0.0.1:1/service"))
		for name, wanted := range map[string]string{"Authorization": "Bearer ***", "Content-Type": "text/xml; charset=utf-8", "SOAPAction": `"urn:t#ping"`} {
			if got := strings.Join(header[name], ","); got != wanted {
				t.Errorf("%s is %q, wanted %q", name, got, wanted)
			}
		}
	}
	var sent atomic.Value
	server := serve(t, func(_ http.ResponseWriter, r *http.Request) { sent.Store(r.Header.Get("Authorization")) })
	if _, err := sender.Send(t.Context(), ping(server.URL)); err != nil || sent.Load() != "Bearer token" {
		t.Errorf("sent was %v, and the error is %v", sent.Load(), err)
	}
	for _, endpoint := range []string{"", "REPLACE_WITH_ACTUAL_URL", "http://server:port/x", "ftp://127.0.0.1"} {
		if got := sender.Header(ping(endpoint)).Get("Content-Type"); got != "text/xml; charset=utf-8" {
			t.Errorf("without an address, %q, the content type is %q", endpoint, got)
		}
	}
}
