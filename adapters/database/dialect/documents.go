package dialect

import (
	"encoding/json"
	"strings"
)

// Documents is how an engine looks into JSON documents. A document is the quoted name of a column of the kind JSON, and a path the names that lead to a value by way of objects. parameter takes a
// text and returns its placeholder, which must be put where it belongs before the next is taken.
type Documents struct {
	// Value returns the value as it is compared: a Text, a Decimal or, for Bool, true or false as text. For JSON it is that of any kind but null, as anything that is not NULL. It is
	// NULL where there is no such value, or one of another kind.
	Value func(column *Column, document string, path []string, kind Kind, parameter func(text string) string) string
	// Number returns what stands for a parameter that is compared with a Decimal.
	Number func(placeholder string) string
	// Has returns the condition that the value is that of the text, of the same kinds, or a list with it. It is never NULL.
	Has func(column *Column, document string, path []string, kind Kind, text string, parameter func(text string) string) string
	// Contains returns the condition that a document has all that another has, where an index may serve that; "" if none does, and nil if none ever does.
	Contains func(column *Column, document, other string, parameter func(text string) string) string
}

// Literal is a Text, Decimal or Bool in JSON.
func Literal(kind Kind, text string) string {
	if kind != Text {
		return text
	}
	quoted, _ := json.Marshal(text) // of a string there is always one
	return string(quoted)
}

// DocumentWith is the smallest document with a value at a path.
func DocumentWith(path []string, kind Kind, text string) string {
	var out strings.Builder
	for _, name := range path {
		out.WriteString("{" + Literal(Text, name) + ":")
	}
	return out.String() + Literal(kind, text) + strings.Repeat("}", len(path))
}

// JSONPath spells a path as SQLite, MySQL and MariaDB read it. Its names have no quotes or backslashes in them.
func JSONPath(path []string) string {
	return `$."` + strings.Join(path, `"."`) + `"`
}
