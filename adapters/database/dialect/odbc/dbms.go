package odbc

import (
	"strconv"
	"strings"

	"github.com/postern-gateway/postern/adapters/database/dialect"
)

// A dbms is what differs between the makes that are reached through ODBC.
type dbms struct {
	name   string
	syntax *dialect.Syntax
	// probe is a query that only this make answers, with the schema that names belong to. quoted, if there is one, answers 1 if names may be in quotes.
	probe, quoted string
	// levels set the level of isolation of a transaction that has begun, and restoring sets the connection's back behind it; "" where the transaction's end does.
	levels    map[dialect.Isolation]string
	restoring string
	// casts are what placeholders become for each kind that goes as text, and moments is the layout of moments that do.
	casts   map[dialect.Kind]string
	moments string
	// locator tells rows of a table without a key apart; "" for nothing.
	locator   string
	catalogue catalogue
	// column makes a column of a type; nil if its values cannot be told.
	column func(name string, t typed) *dialect.Column
}

// A catalogue holds the queries that read it. What they select is said where they are read.
type catalogue struct{ tables, columns, keys, references, checks string }

// A typed is a type as a catalogue tells it.
type typed struct {
	name          string
	length, scale int
	// bits is true for text that is bytes.
	bits bool
}

// number reads a number of the catalogue; none is 0.
func number(text string) int {
	n, err := strconv.Atoi(strings.TrimSpace(text))
	if err != nil {
		return 0
	}
	return n
}

func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

func placeholder(int) string { return "?" }

func itself(_ *dialect.Column, expression string) string { return expression }

// fitting tells whole numbers that fit from decimals.
func fitting(out *dialect.Column, precision, scale int) {
	const digits32, digits64 = 9, 18
	switch {
	case scale == 0 && precision > 0 && precision <= digits32:
		out.Kind = dialect.Int32
	case scale == 0 && precision > 0 && precision <= digits64:
		out.Kind = dialect.Int64
	default:
		out.Kind, out.Precision, out.Scale = dialect.Decimal, precision, scale
	}
}
