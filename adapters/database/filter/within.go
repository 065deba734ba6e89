package filter

import (
	"strconv"
	"strings"

	"github.com/postern-gateway/postern/adapters/database/dialect"
	"github.com/postern-gateway/postern/adapters/listing"
)

// within is the source of a field that is a value within the JSON documents of a column.
type within struct {
	column *dialect.Column
	path   []string
}

// Within returns the field that a path leads to from a column of JSON documents; nil if the column has none, or the path a name that not all engines can spell.
func Within(column *dialect.Column, path []string) *listing.Field {
	if column.Kind != dialect.JSON {
		return nil
	}
	for _, name := range path {
		if name == "" || strings.ContainsFunc(name, func(r rune) bool { return r == '"' || r == '\\' || r < ' ' }) {
			return nil
		}
	}
	return &listing.Field{Name: strings.Join(path, "."), JSONName: strings.Join(path, "."), Kind: listing.Dynamic, Source: &within{column: column, path: path}}
}

// inDocument is the condition on a value within a document; "" if the expression is on a column.
func inDocument(builder *dialect.Builder, expression listing.Expression, negated bool) dialect.Fragment {
	switch e := expression.(type) {
	case listing.Matches:
		if place, ok := e.Field.Source.(*within); ok {
			return builder.Like(&dialect.Column{Kind: dialect.Text}, place.value(builder, dialect.Text), e.Parts)
		}
	case listing.Has:
		if place, ok := e.Field.Source.(*within); ok {
			kind, text := literal(e.Field, e.Value)
			return dialect.Fragment(builder.Syntax().Documents.Has(place.column, string(builder.Quoted(place.column.Name)), place.path, kind, text, taking(builder)))
		}
	case listing.Comparison:
		if place, ok := e.Field.Source.(*within); ok {
			return place.comparison(builder, e, negated)
		}
	}
	return ""
}

// comparison compares the value. Where a document with it at its place can be looked for by an index, it is; this is no condition to negate, since a document without the value has it not, too.
func (w *within) comparison(builder *dialect.Builder, e listing.Comparison, negated bool) dialect.Fragment {
	documents := builder.Syntax().Documents
	kind, text := literal(e.Field, e.Value)
	if documents.Contains != nil && e.Operator == listing.Equal && !negated {
		condition := documents.Contains(w.column, string(builder.Quoted(w.column.Name)), dialect.DocumentWith(w.path, kind, text), taking(builder))
		if condition != "" {
			return dialect.Fragment(condition)
		}
	}
	value := w.value(builder, kind) + operators[e.Operator]
	parameter := builder.Parameter(dialect.Text, text)
	if kind == dialect.Decimal {
		parameter = dialect.Fragment(documents.Number(string(parameter)))
	}
	return value + parameter
}

// value is what reads the value, if it is of the kind.
func (w *within) value(builder *dialect.Builder, kind dialect.Kind) dialect.Fragment {
	return dialect.Fragment(builder.Syntax().Documents.Value(w.column, string(builder.Quoted(w.column.Name)), w.path, kind, taking(builder)))
}

func taking(builder *dialect.Builder) func(string) string {
	return func(text string) string { return string(builder.Parameter(dialect.Text, text)) }
}

// literal is the value of a filter, of the kind that the field was made, as a text.
func literal(field *listing.Field, value any) (dialect.Kind, string) {
	switch v := value.(type) {
	case bool:
		return dialect.Bool, strconv.FormatBool(v)
	case string:
		if field.Kind == listing.Decimal {
			return dialect.Decimal, number(v)
		}
		return dialect.Text, v
	default:
		return dialect.JSON, "" // there is nothing else
	}
}

// number is a decimal as JSON spells it.
func number(decimal string) string {
	sign := ""
	if decimal[0] == '-' {
		sign = "-"
	}
	whole, fraction, _ := strings.Cut(strings.TrimLeft(decimal, "+-"), ".")
	whole = strings.TrimLeft(whole, "0")
	if whole == "" {
		whole = "0"
	}
	if fraction == "" {
		return sign + whole
	}
	return sign + whole + "." + fraction
}
