package dialect

import (
	"context"
	"database/sql/driver"
	"strings"

	"github.com/XSAM/otelsql"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"
)

// Tracing makes the statements of an engine over database/sql part of the trace that they are run in. It starts none, since a sign of life that nobody
// follows is noise. attributes are those of every span and metric: the engine's name and, where it is no secret, the database's.
func Tracing(options Options, attributes ...attribute.KeyValue) []otelsql.Option {
	return []otelsql.Option{
		otelsql.WithTracerProvider(Quiet(options.TracerProvider)),
		otelsql.WithMeterProvider(options.MeterProvider),
		otelsql.WithAttributes(append(attributes, BackendKey.String(options.Backend))...),
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

func labelOf(ctx context.Context, method otelsql.Method, query string) Label {
	switch method {
	case otelsql.MethodConnBeginTx:
		return Label{Operation: "BEGIN"}
	case otelsql.MethodTxCommit:
		return Label{Operation: "COMMIT"}
	case otelsql.MethodTxRollback:
		return Label{Operation: "ROLLBACK"}
	}
	if label, ok := LabelFrom(ctx); ok {
		return label
	}
	for word := range strings.FieldsSeq(query) { // one of our own, of the catalogue
		return Label{Operation: word}
	}
	return Label{Operation: string(method)}
}
