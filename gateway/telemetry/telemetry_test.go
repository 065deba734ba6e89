package telemetry_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.uber.org/goleak"

	"github.com/postern-gateway/postern/gateway/telemetry"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func start(t *testing.T, options telemetry.Options) *telemetry.Telemetry {
	t.Helper()
	if options.Logs == nil {
		options.Logs = io.Discard
	}
	telemetry, err := telemetry.Start(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := telemetry.Shutdown(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	return telemetry
}

func TestLogsCarryTheTrace(t *testing.T) {
	t.Parallel()
	var logs bytes.Buffer
	recorder := tracetest.NewSpanRecorder()
	recording := start(t, telemetry.Options{Logs: &logs, Level: slog.LevelInfo, SpanProcessors: []sdktrace.SpanProcessor{recorder}})
	ctx, span := recording.TracerProvider.Tracer(telemetry.Scope).Start(t.Context(), "test")
	recording.Logger.With("backend", "housing").InfoContext(ctx, "opened")
	recording.Logger.DebugContext(ctx, "not logged")
	span.End()
	if err := recording.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}

	var line map[string]any
	if err := json.Unmarshal(logs.Bytes(), &line); err != nil {
		t.Fatalf("%v in %q", err, logs.String())
	}
	want := map[string]any{
		"msg": "opened", "backend": "housing",
		"trace_id": span.SpanContext().TraceID().String(), "span_id": span.SpanContext().SpanID().String(),
	}
	for key, value := range want {
		if line[key] != value {
			t.Errorf("%s is %v, want %v", key, line[key], value)
		}
	}
	if ended := recorder.Ended(); len(ended) != 1 || ended[0].Name() != "test" {
		t.Errorf("recorded spans %v", ended)
	}
}

func TestMetricsPage(t *testing.T) {
	t.Parallel()
	recording := start(t, telemetry.Options{ServiceVersion: "1.2.3"})
	counter, err := recording.MeterProvider.Meter(telemetry.Scope).Int64Counter("postern.test.calls")
	if err != nil {
		t.Fatal(err)
	}
	counter.Add(t.Context(), 3)
	page := httptest.NewRecorder()
	recording.MetricsHandler.ServeHTTP(page, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", nil))
	for _, want := range []string{"postern_test_calls_total{", "} 3", `service_version="1.2.3"`, "go_goroutines"} {
		if !strings.Contains(page.Body.String(), want) {
			t.Errorf("the page does not hold %s", want)
		}
	}
}

func TestExportersFollowTheEnvironment(t *testing.T) {
	received := make(chan string, 100)
	collector := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { received <- r.URL.Path }))
	defer collector.Close()
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.URL)
	t.Setenv("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf")
	recording, err := telemetry.Start(t.Context(), telemetry.Options{Logs: io.Discard})
	if err != nil {
		t.Fatal(err)
	}
	ctx, span := recording.TracerProvider.Tracer(telemetry.Scope).Start(t.Context(), "test")
	recording.Logger.InfoContext(ctx, "exported")
	span.End()
	if err := recording.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	close(received)
	got := make(map[string]bool)
	for path := range received {
		got[path] = true
	}
	for _, want := range []string{"/v1/traces", "/v1/metrics", "/v1/logs"} {
		if !got[want] {
			t.Errorf("nothing was exported to %s: %v", want, got)
		}
	}
}

func TestMistakesInTheEnvironment(t *testing.T) {
	t.Setenv("OTEL_TRACES_EXPORTER", "pigeon")
	if _, err := telemetry.Start(t.Context(), telemetry.Options{Logs: io.Discard}); err == nil || !strings.Contains(err.Error(), "pigeon") {
		t.Errorf("got %v, want an error that names the exporter", err)
	}
}
