package postgres

import (
	"context"

	"github.com/exaring/otelpgx"
	"github.com/jackc/pgx/v5"
	"go.opentelemetry.io/otel/attribute"
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
		otelpgx.WithTracerProvider(dialect.Quiet(options.TracerProvider)),
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
