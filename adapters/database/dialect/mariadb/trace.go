package mariadb

import (
	"context"
	"database/sql/driver"
	"strings"

	"github.com/XSAM/otelsql"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	semconv "go.opentelemetry.io/otel/semconv/v1.37.0"
	"go.opentelemetry.io/otel/trace"

	"github.com/postern-gateway/postern/adapters/database/dialect"
)

// tracing makes statements part of the trace that they are run in. It starts none, since a sign of life that nobody follows is noise.
func tracing(options dialect.Options, database string, mariaDB bool) []otelsql.Option {
	system := semconv.DBSystemNameMySQL
	if mariaDB {
		system = semconv.DBSystemNameMariaDB
	}
	return []otelsql.Option{
		otelsql.WithTracerProvider(quietProvider{options.TracerProvider}),
		otelsql.WithMeterProvider(options.MeterProvider),
		otelsql.WithAttributes(system, semconv.DBNamespace(database), dialect.BackendKey.String(options.Backend)),
		otelsql.WithSpanNameFormatter(spanName),
		otelsql.WithAttributesGetter(spanAttributes),
		otelsql.WithSpanOptions(otelsql.SpanOptions{
			DisableErrSkip: true, OmitConnResetSession: true, OmitConnPrepare: true, OmitRows: true, OmitConnectorConnect: true,
			SpanFilter: func(ctx context.Context, _ otelsql.Method, _ string, _ []driver.NamedValue) bool {
				return trace.SpanContextFromContext(ctx).IsValid()
			},
		}),
	}
}

// spanName is the summary of a labelled statement, and of any other its operation.
func spanName(ctx context.Context, method otelsql.Method, query string) string {
	return labelOf(ctx, method, query).Summary()
}

func spanAttributes(ctx context.Context, method otelsql.Method, query string, _ []driver.NamedValue) []attribute.KeyValue {
	return labelOf(ctx, method, query).Attributes()
}

func labelOf(ctx context.Context, method otelsql.Method, query string) dialect.Label {
	if label, ok := dialect.LabelFrom(ctx); ok {
		return label
	}
	for word := range strings.FieldsSeq(query) { // one of our own, of the catalogue
		return dialect.Label{Operation: word}
	}
	return dialect.Label{Operation: string(method)}
}

// quietProvider makes tracers whose spans say that a statement failed, and not with which words: the server's messages quote values, which
// must be in no trace.
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
