package dialect

import (
	"context"

	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
)

// Quiet returns a provider of tracers whose spans say that a statement failed, and not with which words: an engine's messages quote values, which must be
// in no trace.
func Quiet(provider trace.TracerProvider) trace.TracerProvider { return quietProvider{provider} }

type quietProvider struct{ trace.TracerProvider }

// Tracer implements [trace.TracerProvider].
func (p quietProvider) Tracer(name string, options ...trace.TracerOption) trace.Tracer {
	return quietTracer{p.TracerProvider.Tracer(name, options...)}
}

type quietTracer struct{ trace.Tracer }

// Start implements [trace.Tracer].
func (t quietTracer) Start(ctx context.Context, name string, options ...trace.SpanStartOption) (context.Context, trace.Span) {
	ctx, span := t.Tracer.Start(ctx, name, options...)
	quiet := quietSpan{span}
	return trace.ContextWithSpan(ctx, quiet), quiet
}

type quietSpan struct{ trace.Span }

// RecordError implements [trace.Span] by leaving the message out.
func (quietSpan) RecordError(error, ...trace.EventOption) {}

// SetStatus implements [trace.Span] without the description.
func (s quietSpan) SetStatus(code codes.Code, _ string) { s.Span.SetStatus(code, "") }
