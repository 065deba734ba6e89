package telemetry

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"

	promclient "github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"go.opentelemetry.io/contrib/bridges/otelslog"
	"go.opentelemetry.io/contrib/exporters/autoexport"
	"go.opentelemetry.io/otel/exporters/prometheus"
	"go.opentelemetry.io/otel/propagation"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	semconv "go.opentelemetry.io/otel/semconv/v1.37.0"
	"go.opentelemetry.io/otel/trace"
)

// Scope is the instrumentation scope of the gateway's own spans, metrics and log records.
const Scope = "github.com/postern-gateway/postern"

// Options say what is set up.
type Options struct {
	// ServiceVersion is the version of this program.
	ServiceVersion string
	// Logs is where log records are written as JSON, one a line.
	Logs io.Writer
	// Level is the least level that is logged.
	Level slog.Leveler
	// SpanProcessors get every span beside the exporters that the environment names.
	SpanProcessors []sdktrace.SpanProcessor
}

// Telemetry is what the process records with.
type Telemetry struct {
	// TracerProvider, MeterProvider and Logger are for whoever records. Spans are recorded while somebody listens: an exporter, a processor of the options, or
	// one of [Telemetry.Listen].
	TracerProvider trace.TracerProvider
	MeterProvider  *sdkmetric.MeterProvider
	Logger         *slog.Logger
	// Propagator reads and writes traceparent, tracestate and baggage (W3C Trace Context, W3C Baggage).
	Propagator propagation.TextMapPropagator
	// MetricsHandler serves the metrics in the Prometheus format.
	MetricsHandler http.Handler

	traces   *quietly
	shutdown []func(context.Context) error
}

// Start sets everything up. A mistake in an OTEL_* variable is an error.
func Start(ctx context.Context, options Options) (*Telemetry, error) {
	described, err := describe(ctx, options.ServiceVersion)
	if err != nil {
		return nil, err
	}
	t := &Telemetry{
		Propagator: propagation.NewCompositeTextMapPropagator(propagation.TraceContext{}, propagation.Baggage{}),
	}
	for _, start := range []func(context.Context, Options, *resource.Resource) error{t.startTraces, t.startMetrics, t.startLogs} {
		if err := start(ctx, options, described); err != nil {
			return nil, errors.Join(err, t.Shutdown(ctx))
		}
	}
	return t, nil
}

// describe says who records: the program's name and version, unless OTEL_SERVICE_NAME or OTEL_RESOURCE_ATTRIBUTES say otherwise.
func describe(ctx context.Context, version string) (*resource.Resource, error) {
	described, err := resource.New(ctx,
		resource.WithAttributes(semconv.ServiceName("postern"), semconv.ServiceVersion(version)),
		resource.WithTelemetrySDK(),
		resource.WithFromEnv(),
	)
	if err != nil {
		return nil, fmt.Errorf("reading OTEL_RESOURCE_ATTRIBUTES: %w", err)
	}
	return described, nil
}

func (t *Telemetry) startTraces(ctx context.Context, options Options, described *resource.Resource) error {
	providerOptions := []sdktrace.TracerProviderOption{sdktrace.WithResource(described)}
	for _, processor := range options.SpanProcessors {
		providerOptions = append(providerOptions, sdktrace.WithSpanProcessor(processor))
	}
	if exports("TRACES") {
		exporter, err := autoexport.NewSpanExporter(ctx)
		if err != nil {
			return exportError("TRACES", err)
		}
		providerOptions = append(providerOptions, sdktrace.WithBatcher(exporter))
	}
	t.traces = &quietly{recording: sdktrace.NewTracerProvider(providerOptions...)}
	t.traces.listeners.Store(int32(len(providerOptions) - 1)) //nolint:gosec // a few; all options but the resource add a listener
	t.TracerProvider = t.traces
	t.shutdown = append(t.shutdown, t.traces.recording.Shutdown)
	return nil
}

func (t *Telemetry) startMetrics(ctx context.Context, _ Options, described *resource.Resource) error {
	registry := promclient.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	scraped, err := prometheus.New(prometheus.WithRegisterer(registry))
	if err != nil {
		return fmt.Errorf("setting up the metrics page: %w", err)
	}
	t.MetricsHandler = promhttp.HandlerFor(registry, promhttp.HandlerOpts{Registry: registry})
	providerOptions := []sdkmetric.Option{sdkmetric.WithResource(described), sdkmetric.WithReader(scraped)}
	if os.Getenv("OTEL_METRICS_EXEMPLAR_FILTER") == "" {
		providerOptions = append(providerOptions, sdkmetric.WithExemplarFilter(isRecorded))
	}
	if exports("METRICS") {
		reader, err := autoexport.NewMetricReader(ctx)
		if err != nil {
			return exportError("METRICS", err)
		}
		providerOptions = append(providerOptions, sdkmetric.WithReader(reader))
	}
	t.MeterProvider = sdkmetric.NewMeterProvider(providerOptions...)
	t.shutdown = append(t.shutdown, t.MeterProvider.Shutdown)
	return nil
}

// isRecorded has the metrics keep the traces of some measurements as examples, if there are traces to look at.
func isRecorded(ctx context.Context) bool {
	span := trace.SpanFromContext(ctx)
	return span.IsRecording() && span.SpanContext().IsSampled()
}

func (t *Telemetry) startLogs(ctx context.Context, options Options, described *resource.Resource) error {
	lines := &collector{to: options.Logs}
	t.shutdown = append(t.shutdown, lines.close)
	written := slog.Handler(&collected{&traced{slog.NewJSONHandler(lines, &slog.HandlerOptions{Level: options.Level})}, lines})
	if exports("LOGS") {
		exporter, err := autoexport.NewLogExporter(ctx)
		if err != nil {
			return exportError("LOGS", err)
		}
		provider := sdklog.NewLoggerProvider(sdklog.WithResource(described), sdklog.WithProcessor(sdklog.NewBatchProcessor(exporter)))
		t.shutdown = append(t.shutdown, provider.Shutdown)
		written = slog.NewMultiHandler(written, otelslog.NewHandler(Scope, otelslog.WithLoggerProvider(provider)))
	}
	t.Logger = slog.New(written)
	return nil
}

// Shutdown sends what is still to be sent, and ends everything that Start started.
func (t *Telemetry) Shutdown(ctx context.Context) error {
	var failures []error
	for _, end := range t.shutdown {
		failures = append(failures, end(ctx))
	}
	t.shutdown = nil
	return errors.Join(failures...)
}

// exports reports whether the environment asks for a signal to be exported.
func exports(signal string) bool {
	for _, variable := range []string{"OTEL_" + signal + "_EXPORTER", "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_" + signal + "_ENDPOINT"} {
		if os.Getenv(variable) != "" {
			return true
		}
	}
	return false
}

func exportError(signal string, err error) error {
	variable := "OTEL_" + signal + "_EXPORTER"
	return fmt.Errorf("setting up the exporter of %s=%s: %w", variable, os.Getenv(variable), err)
}
