package dialect

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
	semconv "go.opentelemetry.io/otel/semconv/v1.37.0"
)

// BackendKey is the attribute that names the back end, on every span and metric of its driver.
const BackendKey = attribute.Key("postern.backend")

// A Label is what traces call a statement (OpenTelemetry semantic conventions for database spans). It holds no value.
type Label struct {
	// Operation is the statement's first keyword: SELECT.
	Operation string
	// Table is the only table of the statement; empty where that is not known.
	Table string
	// Query is the name of a named query.
	Query string
}

// Summary is the span's name, db.query.summary: "SELECT tenancies", or the name of the query.
func (l Label) Summary() string {
	switch {
	case l.Query != "":
		return l.Query
	case l.Table != "":
		return l.Operation + " " + l.Table
	default:
		return l.Operation
	}
}

// Attributes are those that follow from the label.
func (l Label) Attributes() []attribute.KeyValue {
	attributes := []attribute.KeyValue{semconv.DBOperationName(l.Operation), semconv.DBQuerySummary(l.Summary())}
	if l.Table != "" {
		attributes = append(attributes, semconv.DBCollectionName(l.Table))
	}
	return attributes
}

type labelKey struct{}

// WithLabel gives a statement's label to the hooks that drivers offer, to which a context is the only way.
func WithLabel(ctx context.Context, label Label) context.Context {
	return context.WithValue(ctx, labelKey{}, label)
}

// LabelFrom returns the label of the statement that is being run, if it has one.
func LabelFrom(ctx context.Context) (Label, bool) {
	label, ok := ctx.Value(labelKey{}).(Label)
	return label, ok && label.Operation != ""
}
