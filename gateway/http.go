package gateway

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	otelcodes "go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/propagation"
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
	propagated []string // the headers that the propagator reads
	duration   metric.Float64Histogram
	outcomes   *outcomes
}

func newHTTPObserver(t *telemetry.Telemetry) (*httpObserver, error) {
	duration, err := t.MeterProvider.Meter(telemetry.Scope).Float64Histogram("http.server.request.duration", metric.WithUnit("s"),
		metric.WithDescription("Duration of HTTP server requests."), metric.WithExplicitBucketBoundaries(durationBuckets...))
	if err != nil {
		return nil, fmt.Errorf("making the HTTP metrics: %w", err)
	}
	o := &httpObserver{
		tracer: t.TracerProvider.Tracer(telemetry.Scope), propagator: t.Propagator, duration: duration,
		outcomes: &outcomes{logger: t.Logger, known: make(map[outcomeKey]*outcome)},
	}
	for _, field := range t.Propagator.Fields() {
		o.propagated = append(o.propagated, http.CanonicalHeaderKey(field))
	}
	return o, nil
}

// serverSpan is how every request's span starts.
var serverSpan = []trace.SpanStartOption{trace.WithSpanKind(trace.SpanKindServer)}

// around returns the handler with all that is recorded of it. The handler sets the request's Pattern once it knows the route.
func (o *httpObserver) around(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		started := time.Now()
		method := knownMethod(r.Method)
		ctx, span := o.tracer.Start(o.extract(r), method, serverSpan...)
		defer span.End()
		answer := &observedWriter{ResponseWriter: w, status: http.StatusOK}
		r = r.WithContext(ctx)
		defer func() { o.record(ctx, span, r, method, answer, time.Since(started)) }() // also of a request that ends in a panic
		next.ServeHTTP(answer, r)
	})
}

// extract returns the request's context with the trace that the caller is in, if there is one.
func (o *httpObserver) extract(r *http.Request) context.Context {
	for _, header := range o.propagated {
		if len(r.Header[header]) > 0 {
			return o.propagator.Extract(r.Context(), propagation.HeaderCarrier(r.Header))
		}
	}
	return r.Context()
}

func (o *httpObserver) record(ctx context.Context, span trace.Span, r *http.Request, method string, answer *observedWriter, took time.Duration) {
	outcome := o.outcomes.of(outcomeKey{method: method, pattern: r.Pattern, status: answer.status}, r.Method)
	if span.IsRecording() {
		if r.Pattern != "" {
			span.SetName(r.Pattern)
		}
		if answer.status >= http.StatusInternalServerError {
			span.SetStatus(otelcodes.Error, "")
		}
		span.SetAttributes(outcome.attributes...)
	}
	o.duration.Record(ctx, took.Seconds(), outcome.recorded...)

	if !outcome.log.Enabled(ctx, slog.LevelInfo) {
		return
	}
	line := slog.NewRecord(time.Now(), slog.LevelInfo, "request", 0) // with no place in the code, which slog.Logger would look up for each line
	line.AddAttrs(
		slog.Int64("bytes", answer.bytes),
		slog.Float64("duration_ms", float64(took.Microseconds())/microsecondsPerMillisecond),
		slog.String("request_id", answer.requestID()),
	)
	if outcome.log.Enabled(ctx, slog.LevelDebug) {
		line.AddAttrs(slog.String("path", r.URL.Path))
	}
	_ = outcome.log.Handle(ctx, line) // there is nowhere else to say so
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

// requestID is what the answer is called.
func (w *observedWriter) requestID() string {
	if ids := w.Header()["X-Request-Id"]; len(ids) > 0 {
		return ids[0]
	}
	return ""
}

// Unwrap lets http.ResponseController find the connection's own writer.
func (w *observedWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
