package postgres

import (
	"context"

	"github.com/exaring/otelpgx"
	"github.com/jackc/pgx/v5"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	semconv "go.opentelemetry.io/otel/semconv/v1.37.0"
	"go.opentelemetry.io/otel/trace"

	"github.com/postern-gateway/postern/adapters/database/dialect"
)

// A tracer makes connections and statements part of the trace that they are run in. It has no more methods than that, so that pgx
// tells it nothing of the preparing of statements and of waiting for the pool, which would double the spans.
type tracer struct {
	pgx.QueryTracer
	pgx.ConnectTracer
	namespace attribute.KeyValue
}

// newTracer makes the tracer of a namespace, which is "database|schema" by the semantic conventions for PostgreSQL.
func newTracer(namespace string, options dialect.Options) *tracer {
	attributes := []attribute.KeyValue{semconv.DBNamespace(namespace), dialect.BackendKey.String(options.Backend)}
	traced := otelpgx.NewTracer(
		otelpgx.WithTracerProvider(quietProvider{options.TracerProvider}),
		otelpgx.WithMeterProvider(options.MeterProvider),
		otelpgx.WithTracerAttributes(attributes...),
		otelpgx.WithMeterAttributes(attributes...),
		otelpgx.WithMetricOperationName(otelpgx.SQLOperationName),
	)
	return &tracer{QueryTracer: traced, ConnectTracer: traced, namespace: attributes[0]}
}

// TraceQueryStart implements [pgx.QueryTracer] by naming the span after the statement's label.
func (t *tracer) TraceQueryStart(ctx context.Context, conn *pgx.Conn, data pgx.TraceQueryStartData) context.Context {
	ctx = t.QueryTracer.TraceQueryStart(ctx, conn, data)
	span := trace.SpanFromContext(ctx)
	if !span.IsRecording() {
		return ctx
	}
	span.SetAttributes(t.namespace) // which the connection's own, the database alone, has taken the place of
	if label, ok := dialect.LabelFrom(ctx); ok {
		span.SetName(label.Summary())
		span.SetAttributes(label.Attributes()...)
	}
	return ctx
}

// quietProvider makes tracers whose spans say that a statement failed, and not with which words: the server's messages quote values, which
// must be in no trace. The SQLSTATE is an attribute of its own.
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
