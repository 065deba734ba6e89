package sampletest

import (
	"slices"
	"strings"
)

// A Kind is what a column holds.
type Kind int

// The kinds. Each has one type in every engine.
const (
	Small     Kind = iota + 1 // 16 bits
	Integer                   // 32 bits
	Big                       // 64 bits
	Decimal                   // of Length digits, Scale of them behind the point
	Double                    // 64 bits
	Bool                      //
	Char                      // of Length characters, with blanks behind them
	Varchar                   // of Length characters at most
	Text                      // of any length
	Bytes                     //
	Date                      //
	Timestamp                 // without a zone, to the millisecond
)

// Comparable reports whether every engine orders values of the kind.
func (k Kind) Comparable() bool { return k != Bytes && k != Bool }

// A Column is one column of a table.
type Column struct {
	Name string
	// Field is the name that callers should read. Empty means the column's own, in lowerCamelCase.
	Field         string
	Kind          Kind
	Length, Scale int
	// Null is true if it may hold NULL.
	Null bool
	// Default is an expression that every engine takes; empty for none.
	Default string
	// Values are the only ones that a check lets in; nil means any.
	Values []string
}

// JSONName is the name that callers should read.
func (c Column) JSONName() string {
	if c.Field != "" {
		return c.Field
	}
	words := strings.Split(c.Name, "_")
	for i, word := range words[1:] {
		words[i+1] = strings.ToUpper(word[:1]) + word[1:]
	}
	return strings.Join(words, "")
}

// A ForeignKey says that Columns refer to the primary key of Table.
type ForeignKey struct {
	Columns []string
	Table   string
	// Parent is the field under which a row shows the one that it refers to, and Children that under which it is shown in turn.
	Parent, Children string
}

// A Table is a table with its rows, or a view.
type Table struct {
	Name string
	// Path is the segment under which it should be published. Empty means the name in lowerCamelCase.
	Path        string
	Columns     []Column
	Key         []string
	Uniques     [][]string
	ForeignKeys []ForeignKey
	// View is the query of a view, in words that every engine takes; empty for a table.
	View string
	Rows []Row
}

// A Row holds nil, bool, int, float64, []byte, or a string for all else, in the order of the columns.
type Row []any

// PathName is the segment under which the table should be published. The field of the rows in a list is the same.
func (t *Table) PathName() string {
	if t.Path != "" {
		return t.Path
	}
	return Column{Name: t.Name}.JSONName()
}

// Column finds a column by its name; nil if there is none.
func (t *Table) Column(name string) *Column {
	at := slices.IndexFunc(t.Columns, func(c Column) bool { return c.Name == name })
	if at < 0 {
		return nil
	}
	return &t.Columns[at]
}

// A Schema is a set of tables.
type Schema struct {
	Name   string
	Tables []*Table
}

// Table finds a table by its name; nil if there is none.
func (s *Schema) Table(name string) *Table {
	at := slices.IndexFunc(s.Tables, func(t *Table) bool { return t.Name == name })
	if at < 0 {
		return nil
	}
	return s.Tables[at]
}

// All returns every schema, made anew.
func All() []*Schema { return []*Schema{Northwind(), Sakila(), Chinook(), Legacy()} }
