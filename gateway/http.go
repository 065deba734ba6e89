package gateway

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	otelcodes "go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/propagation"
	semconv "go.opentelemetry.io/otel/semconv/v1.37.0"
	"go.opentelemetry.io/otel/trace"

	"github.com/postern-gateway/postern/gateway/telemetry"
)

const microsecondsPerMillisecond = 1000

// durationBuckets are those that the semantic conventions advise for http.server.request.duration, in seconds.
var durationBuckets = []float64{0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10}

// httpObserver records REST requests: a server span, the duration by the semantic conventions for HTTP, and one log record each. A path names
// people (/citizens/C000001), so what is recorded is the route that it matched. The path itself is only logged at debug level. This is why it is not
// otelhttp, which records path, client address and the caller's Host header on spans and metrics, and cannot be told not to.
type httpObserver struct {
	tracer     trace.Tracer
	propagator propagation.TextMapPropagator
	duration   metric.Float64Histogram
	logger     *slog.Logger
}

func newHTTPObserver(t *telemetry.Telemetry) (*httpObserver, error) {
	duration, err := t.MeterProvider.Meter(telemetry.Scope).Float64Histogram("http.server.request.duration", metric.WithUnit("s"),
		metric.WithDescription("Duration of HTTP server requests."), metric.WithExplicitBucketBoundaries(durationBuckets...))
	if err != nil {
		return nil, fmt.Errorf("making the HTTP metrics: %w", err)
	}
	return &httpObserver{tracer: t.TracerProvider.Tracer(telemetry.Scope), propagator: t.Propagator, duration: duration, logger: t.Logger}, nil
}

// around returns the handler with all that is recorded of it. The handler sets the request's Pattern once it knows the route.
func (o *httpObserver) around(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		started := time.Now()
		method := knownMethod(r.Method)
		ctx := o.propagator.Extract(r.Context(), propagation.HeaderCarrier(r.Header))
		ctx, span := o.tracer.Start(ctx, method, trace.WithSpanKind(trace.SpanKindServer), trace.WithTimestamp(started))
		defer span.End()
		answer := &observedWriter{ResponseWriter: w, status: http.StatusOK}
		r = r.WithContext(ctx)
		defer func() { o.record(ctx, span, r, method, answer, time.Since(started)) }() // also of a request that ends in a panic
		next.ServeHTTP(answer, r)
	})
}

func (o *httpObserver) record(ctx context.Context, span trace.Span, r *http.Request, method string, answer *observedWriter, took time.Duration) {
	attributes := make([]attribute.KeyValue, 0, 5)
	attributes = append(attributes, semconv.HTTPRequestMethodKey.String(method), semconv.URLScheme("http"), semconv.HTTPResponseStatusCode(answer.status))
	_, route, matched := strings.Cut(r.Pattern, " ")
	if matched {
		span.SetName(r.Pattern)
		attributes = append(attributes, semconv.HTTPRoute(route))
	}
	if answer.status >= http.StatusInternalServerError {
		span.SetStatus(otelcodes.Error, "")
		attributes = append(attributes, semconv.ErrorTypeKey.String(strconv.Itoa(answer.status)))
	}
	span.SetAttributes(attributes...)
	o.duration.Record(ctx, took.Seconds(), metric.WithAttributeSet(attribute.NewSet(attributes...)))

	logged := make([]slog.Attr, 0, 7)
	logged = append(logged,
		slog.String("method", r.Method),
		slog.String("route", route),
		slog.Int("status", answer.status),
		slog.Int64("bytes", answer.bytes),
		slog.Float64("duration_ms", float64(took.Microseconds())/microsecondsPerMillisecond),
		slog.String("request_id", answer.Header().Get("X-Request-Id")),
	)
	if o.logger.Enabled(ctx, slog.LevelDebug) {
		logged = append(logged, slog.String("path", r.URL.Path))
	}
	o.logger.LogAttrs(ctx, slog.LevelInfo, "request", logged...)
}

// knownMethod is the method if it is one of RFC 9110 or RFC 5789, and else _OTHER: what callers make up must not become metrics.
func knownMethod(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodConnect, http.MethodOptions, http.MethodTrace:
		return method
	default:
		return "_OTHER"
	}
}

// observedWriter notes what is answered.
type observedWriter struct {
	http.ResponseWriter
	status int
	bytes  int64
	wrote  bool
}

// WriteHeader implements http.ResponseWriter.
func (w *observedWriter) WriteHeader(status int) {
	if !w.wrote && status >= http.StatusOK { // what is below is not the answer yet
		w.status, w.wrote = status, true
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (w *observedWriter) Write(b []byte) (int, error) {
	w.wrote = true
	n, err := w.ResponseWriter.Write(b)
	w.bytes += int64(n)
	return n, err
}

// Unwrap lets http.ResponseController find the connection's own writer.
func (w *observedWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
