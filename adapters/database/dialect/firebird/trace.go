package firebird

import (
	"context"
	"database/sql/driver"
	"strings"

	"github.com/XSAM/otelsql"
	"go.opentelemetry.io/otel/attribute"
	semconv "go.opentelemetry.io/otel/semconv/v1.37.0"
	"go.opentelemetry.io/otel/trace"

	"github.com/postern-gateway/postern/adapters/database/dialect"
)

// tracing makes statements part of the trace that they are run in. It starts none, since a sign of life that nobody follows is noise, and
// tells nothing of the server's place.
func tracing(options dialect.Options) []otelsql.Option {
	return []otelsql.Option{
		otelsql.WithTracerProvider(options.TracerProvider),
		otelsql.WithMeterProvider(options.MeterProvider),
		otelsql.WithAttributes(semconv.DBSystemNameFirebirdSQL, dialect.BackendKey.String(options.Backend)),
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
	switch method {
	case otelsql.MethodConnBeginTx:
		return dialect.Label{Operation: "BEGIN"}
	case otelsql.MethodTxCommit:
		return dialect.Label{Operation: "COMMIT"}
	case otelsql.MethodTxRollback:
		return dialect.Label{Operation: "ROLLBACK"}
	}
	if label, ok := dialect.LabelFrom(ctx); ok {
		return label
	}
	for word := range strings.FieldsSeq(query) { // one of our own, of the catalogue
		return dialect.Label{Operation: word}
	}
	return dialect.Label{Operation: string(method)}
}
