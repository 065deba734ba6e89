package telemetry

import (
	"context"
	"log/slog"

	"go.opentelemetry.io/otel/trace"
)

// traced adds the ids of the span in the context to each log record, under the names that OpenTelemetry gives them in
// "Trace Context in non-OTLP Log Formats".
type traced struct {
	slog.Handler
}

// Handle implements [slog.Handler].
func (h *traced) Handle(ctx context.Context, record slog.Record) error {
	if span := trace.SpanContextFromContext(ctx); span.IsValid() {
		record.AddAttrs(slog.String("trace_id", span.TraceID().String()), slog.String("span_id", span.SpanID().String()))
	}
	return h.Handler.Handle(ctx, record)
}

// WithAttrs implements [slog.Handler].
func (h *traced) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &traced{h.Handler.WithAttrs(attrs)}
}

// WithGroup implements [slog.Handler].
func (h *traced) WithGroup(name string) slog.Handler {
	return &traced{h.Handler.WithGroup(name)}
}
