package postgres

import (
	"github.com/postern-gateway/postern/adapters/database/dialect"
)

// jsonbOID is the number of the type jsonb (pg_type.dat). The other type of documents is json.
const jsonbOID = 3802

// jsonTypes are the names of the kinds of values (PostgreSQL manual, section 9.16, jsonb_typeof).
var jsonTypes = map[dialect.Kind]string{dialect.Text: "string", dialect.Decimal: "number", dialect.Bool: "boolean"}

// documentValue reads a value within a document. CASE keeps the server from reading as a number what is none.
func documentValue(column *dialect.Column, document string, path []string, kind dialect.Kind, parameter func(text string) string) string {
	typeOf, text := "jsonb_typeof(", " #>> '{}')"
	if column.Type != jsonbOID {
		typeOf = "json_typeof("
	}
	if kind == dialect.JSON {
		return "NULLIF(" + typeOf + within(document, path, parameter) + "), 'null')"
	}
	if kind == dialect.Decimal {
		text += "::numeric"
	}
	return "CASE " + typeOf + within(document, path, parameter) + ") WHEN '" + jsonTypes[kind] + "' THEN (" + within(document, path, parameter) + text + " END"
}

// within follows a path. Its steps are texts, which lead into objects alone.
func within(document string, path []string, parameter func(text string) string) string {
	for _, name := range path {
		document += " -> " + parameter(name) + "::text"
	}
	return "(" + document + ")"
}

// documentHas asks whether a document within is a value or has it among its items (PostgreSQL manual, section 8.14.3).
func documentHas(_ *dialect.Column, document string, path []string, kind dialect.Kind, text string, parameter func(text string) string) string {
	return "(" + within(document, path, parameter) + "::jsonb @> " + parameter(dialect.Literal(kind, text)) + "::jsonb) IS TRUE"
}

// documentContains is what a GIN index serves.
func documentContains(column *dialect.Column, document, other string, parameter func(text string) string) string {
	if column.Type != jsonbOID {
		return ""
	}
	return document + " @> " + parameter(other) + "::jsonb"
}
