package sqlite

import (
	"github.com/postern-gateway/postern/adapters/database/dialect"
)

// jsonTypes are the names of the kinds of values (JSON Functions And Operators, section 4.17, json_type).
var jsonTypes = map[dialect.Kind]string{dialect.Text: "('text')", dialect.Decimal: "('integer', 'real')", dialect.Bool: "('true', 'false')"}

// documentValue reads a value within a document. A column that is declared as JSON may hold anything, which would be an error of the whole statement if it were taken for JSON.
func documentValue(_ *dialect.Column, document string, path []string, kind dialect.Kind, parameter func(text string) string) string {
	at := func() string { return "(" + document + ", " + parameter(dialect.JSONPath(path)) + ")" }
	found := "CASE WHEN json_valid(" + document + ") THEN "
	switch kind {
	case dialect.JSON:
		return found + "NULLIF(json_type" + at() + ", 'null') END"
	case dialect.Bool:
		return found + "CASE WHEN json_type" + at() + " IN " + jsonTypes[kind] + " THEN json_type" + at() + " END END"
	default:
		return found + "CASE WHEN json_type" + at() + " IN " + jsonTypes[kind] + " THEN json_extract" + at() + " END END"
	}
}

// documentHas asks for a row of json_each, which has one of a single value, and one of each item of an array; those of an object have names.
func documentHas(_ *dialect.Column, document string, path []string, kind dialect.Kind, text string, parameter func(text string) string) string {
	items := "EXISTS (SELECT 1 FROM json_each(CASE WHEN json_valid(" + document + ") THEN " + document + " END, " + parameter(dialect.JSONPath(path)) + ") WHERE typeof(key) <> 'text' AND "
	switch kind {
	case dialect.Bool:
		return items + "type = " + parameter(text) + ")"
	case dialect.Decimal:
		return items + "type IN " + jsonTypes[kind] + " AND value = CAST(" + parameter(text) + " AS NUMERIC))"
	default:
		return items + "type IN " + jsonTypes[kind] + " AND value = " + parameter(text) + ")"
	}
}
