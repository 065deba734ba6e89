package mariadb

import (
	"github.com/postern-gateway/postern/adapters/database/dialect"
)

// jsonTypes are the names of the kinds of values (JSON_TYPE in either manual).
var jsonTypes = map[dialect.Kind]string{
	dialect.Text: "('STRING')", dialect.Decimal: "('INTEGER', 'UNSIGNED INTEGER', 'DOUBLE', 'DECIMAL')", dialect.Bool: "('BOOLEAN')",
}

// documentValue reads a value within a document. JSON_VALUE would do with less, but MySQL's takes no parameter for a path. Texts compare byte by byte, as they do in JSON.
func documentValue(_ *dialect.Column, document string, path []string, kind dialect.Kind, parameter func(text string) string) string {
	value := func() string { return "JSON_EXTRACT(" + document + ", " + parameter(dialect.JSONPath(path)) + ")" }
	if kind == dialect.JSON {
		return "NULLIF(JSON_TYPE(" + value() + "), 'NULL')"
	}
	found := "CASE WHEN JSON_TYPE(" + value() + ") IN " + jsonTypes[kind] + " THEN "
	if kind == dialect.Decimal {
		return found + documentNumber("JSON_UNQUOTE("+value()+")") + " END"
	}
	return found + "CONVERT(JSON_UNQUOTE(" + value() + ") USING utf8mb4) COLLATE utf8mb4_bin END"
}

// documentNumber has numbers compared with 35 digits before the point, and 30 behind it.
func documentNumber(text string) string { return "CAST(" + text + " AS DECIMAL(65, 30))" }

// documentHas asks whether a value is another, or a list with it, be it in a list within.
func documentHas(_ *dialect.Column, document string, path []string, kind dialect.Kind, text string, parameter func(text string) string) string {
	value := "JSON_EXTRACT(" + document + ", " + parameter(dialect.JSONPath(path)) + ")"
	return "JSON_CONTAINS(" + value + ", " + parameter(dialect.Literal(kind, text)) + ") IS TRUE"
}
