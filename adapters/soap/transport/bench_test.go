package transport

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/propagation"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/postern-gateway/postern/adapters"
	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

// A cheapServer answers every request with the same 1.5 KB and allocates next to nothing, so that what is measured is the client.
func cheapServer(b *testing.B) string {
	b.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { listener.Close() })
	body := strings.Repeat("<line>1 High Street</line>", 60)
	reply := []byte(fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Type: text/xml; charset=utf-8\r\nContent-Length: %d\r\n\r\n%s", len(body), body))
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			go answerAll(connection, reply)
		}
	}()
	return "http://" + listener.Addr().String() + "/service"
}

func answerAll(connection net.Conn, reply []byte) {
	defer connection.Close()
	from := bufio.NewReader(connection)
	length := 0
	for {
		line, err := from.ReadSlice('\n')
		if err != nil {
			return
		}
		if after, ok := bytes.CutPrefix(line, []byte("Content-Length: ")); ok {
			length = 0
			for _, digit := range bytes.TrimSpace(after) {
				length = length*10 + int(digit-'0')
			}
		}
		if len(bytes.TrimSpace(line)) > 0 {
			continue
		}
		if _, err := from.Discard(length); err != nil {
			return
		}
		if _, err := connection.Write(reply); err != nil {
			return
		}
	}
}

var benchEnvelope = []byte(strings.Repeat("<id>C000001</id>", 25))

func BenchmarkSend(b *testing.B) {
	for name, options := range map[string]adapters.Options{
		"unobserved": {},
		"observed":   {TracerProvider: sdktrace.NewTracerProvider(), MeterProvider: sdkmetric.NewMeterProvider(sdkmetric.WithReader(sdkmetric.NewManualReader()))},
	} {
		b.Run(name, func(b *testing.B) {
			endpoint := cheapServer(b)
			t, err := New(&configv1.SoapBackend{Kind: "soap", Endpoint: endpoint}, options)
			if err != nil {
				b.Fatal(err)
			}
			defer t.Close()
			request := Request{Endpoint: endpoint, Version: SOAP11, Action: "urn:get", Body: benchEnvelope}
			b.ReportAllocs()
			for b.Loop() {
				reply, err := t.Send(b.Context(), request)
				if err != nil {
					b.Fatal(err)
				}
				if len(reply.Body) != 1560 {
					b.Fatalf("%d bytes", len(reply.Body))
				}
				reply.Release()
			}
		})
	}
}

// BenchmarkBare is what a hand-written client does.
func BenchmarkBare(b *testing.B) {
	pool := &http.Transport{MaxIdleConnsPerHost: idleConnections}
	defer pool.CloseIdleConnections()
	benchmarkClient(b, &http.Client{Transport: pool})
}

// BenchmarkInstrumented is that with otelhttp, which package document says is not used.
func BenchmarkInstrumented(b *testing.B) {
	pool := &http.Transport{MaxIdleConnsPerHost: idleConnections}
	defer pool.CloseIdleConnections()
	benchmarkClient(b, &http.Client{Transport: otelhttp.NewTransport(pool, otelhttp.WithPropagators(propagation.TraceContext{}),
		otelhttp.WithTracerProvider(sdktrace.NewTracerProvider()),
		otelhttp.WithMeterProvider(sdkmetric.NewMeterProvider(sdkmetric.WithReader(sdkmetric.NewManualReader()))))})
}

func benchmarkClient(b *testing.B, client *http.Client) {
	b.Helper()
	endpoint := cheapServer(b)
	b.ReportAllocs()
	for b.Loop() {
		request, err := http.NewRequestWithContext(b.Context(), http.MethodPost, endpoint, bytes.NewReader(benchEnvelope))
		if err != nil {
			b.Fatal(err)
		}
		request.Header.Set("Content-Type", "text/xml; charset=utf-8")
		request.Header.Set("SOAPAction", `"urn:get"`)
		response, err := client.Do(request)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := io.ReadAll(response.Body); err != nil {
			b.Fatal(err)
		}
		response.Body.Close()
	}
}
