package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/exaring/otelpgx"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/metric/noop"
	semconv "go.opentelemetry.io/otel/semconv/v1.37.0"
	"go.opentelemetry.io/otel/semconv/v1.37.0/dbconv"
	"go.opentelemetry.io/otel/trace"

	"github.com/postern-gateway/postern/adapters/database/dialect"
)

// A tracer makes connections and statements part of the trace that they are run in, and measures how long statements take. It has no more methods than that, so
// that pgx tells it nothing of the preparing of statements and of waiting for the pool, which would double the spans.
type tracer struct {
	pgx.ConnectTracer
	spans      pgx.QueryTracer
	namespace  attribute.KeyValue
	duration   metric.Float64Histogram
	attributes []attribute.KeyValue
	// recorded are the attributes of statements that succeeded, by operation. They are made once, since most statements are of few operations and in no trace.
	recorded map[string][]metric.RecordOption
}

// operations are those whose attributes are made beforehand.
var operations = []string{"SELECT", "INSERT", "UPDATE", "DELETE", "WITH", "CALL", "BEGIN", "COMMIT", "ROLLBACK"}

// newTracer makes the tracer of a namespace, which is "database|schema" by the semantic conventions for PostgreSQL.
func newTracer(namespace string, options dialect.Options) (*tracer, error) {
	attributes := []attribute.KeyValue{semconv.DBNamespace(namespace), dialect.BackendKey.String(options.Backend)}
	traced := func(meters metric.MeterProvider) *otelpgx.Tracer {
		return otelpgx.NewTracer(
			otelpgx.WithTracerProvider(dialect.Quiet(options.TracerProvider)),
			otelpgx.WithMeterProvider(meters),
			otelpgx.WithTracerAttributes(attributes...),
			otelpgx.WithMeterAttributes(attributes...),
		)
	}
	duration, err := dbconv.NewClientOperationDuration(
		options.MeterProvider.Meter("github.com/postern-gateway/postern/adapters/database/dialect/postgres"),
		metric.WithExplicitBucketBoundaries(0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10), // those of the conventions
	)
	if err != nil {
		return nil, fmt.Errorf("making the metric of durations: %w", err)
	}
	t := &tracer{
		ConnectTracer: traced(options.MeterProvider), spans: traced(noop.NewMeterProvider()), namespace: attributes[0],
		duration: duration.Inst(), attributes: append(attributes, semconv.DBSystemNamePostgreSQL),
		recorded: make(map[string][]metric.RecordOption, len(operations)),
	}
	for _, operation := range operations {
		t.recorded[operation] = t.record(operation)
	}
	return t, nil
}

// record makes the attributes of a statement's duration.
func (t *tracer) record(operation string, more ...attribute.KeyValue) []metric.RecordOption {
	attributes := append([]attribute.KeyValue{semconv.DBOperationName(operation)}, t.attributes...)
	return []metric.RecordOption{metric.WithAttributeSet(attribute.NewSet(append(attributes, more...)...))}
}

type measuredKey struct{}

// A measured is a statement that is being run.
type measured struct {
	started   time.Time
	operation string
}

// TraceQueryStart implements [pgx.QueryTracer]. It names the span after the statement's label.
func (t *tracer) TraceQueryStart(ctx context.Context, conn *pgx.Conn, data pgx.TraceQueryStartData) context.Context {
	ctx = context.WithValue(ctx, measuredKey{}, &measured{time.Now(), operationOf(data.SQL)})
	if !trace.SpanFromContext(ctx).IsRecording() {
		return ctx
	}
	ctx = t.spans.TraceQueryStart(ctx, conn, data)
	span := trace.SpanFromContext(ctx)
	span.SetAttributes(t.namespace) // which the connection's own, the database alone, has taken the place of
	if label, ok := dialect.LabelFrom(ctx); ok {
		span.SetName(label.Summary())
		span.SetAttributes(label.Attributes()...)
	}
	return ctx
}

// TraceQueryEnd implements [pgx.QueryTracer].
func (t *tracer) TraceQueryEnd(ctx context.Context, conn *pgx.Conn, data pgx.TraceQueryEndData) {
	if statement, ok := ctx.Value(measuredKey{}).(*measured); ok {
		options, made := t.recorded[statement.operation]
		switch {
		case data.Err != nil:
			options = t.record(statement.operation, semconv.ErrorTypeKey.String(errorType(data.Err)))
		case !made:
			options = t.record(statement.operation)
		}
		t.duration.Record(ctx, time.Since(statement.started).Seconds(), options...)
	}
	if trace.SpanFromContext(ctx).IsRecording() {
		t.spans.TraceQueryEnd(ctx, conn, data)
	}
}

// operationOf is a statement's first keyword.
func operationOf(statement string) string {
	statement = strings.TrimLeft(statement, " \t\r\n")
	if end := strings.IndexAny(statement, " \t\r\n;("); end >= 0 {
		statement = statement[:end]
	}
	return strings.ToUpper(statement)
}

// errorType is the SQLSTATE, or _OTHER where the server gave none.
func errorType(err error) string {
	var refused *pgconn.PgError
	if errors.As(err, &refused) {
		return refused.Code
	}
	return "_OTHER"
}
