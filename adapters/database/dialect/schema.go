package dialect

import (
	"cmp"
	"slices"
)

// A Kind is what a column holds, in terms that all engines share. It decides the protobuf type, and which member of [Value] is used.
type Kind int

// The kinds.
const (
	// Opaque is a type that has no better place here: the engine's own text form of it.
	Opaque Kind = iota
	Bool
	Int16
	Int32
	Int64
	Uint32
	Uint64
	Float  // 32 bits
	Double // 64 bits
	// Decimal is an exact number as text; Precision and Scale say how long.
	Decimal
	Text
	Bytes
	// Date is a calendar date as text, 2026-01-31.
	Date
	// Time is a time of day as text, with or without an offset.
	Time
	// Timestamp is a point in time.
	Timestamp
	// LocalTimestamp is a date and time without a zone. It is read and written in the back end's zone.
	LocalTimestamp
	// Interval is an ISO 8601 duration as text.
	Interval
	UUID
	// JSON is the document's own text.
	JSON
	// XML is the document's own text.
	XML
	// Array is a list of what the column's Element says, of one or more dimensions.
	Array
	// Cursor is a value in the form that orders and compares exactly as the engine does. Only the engine reads it; it comes
	// back as an [Argument].
	Cursor
	// Word is a type with an order of its own, which is not that of its text: network addresses, bit strings, ranges. It is the engine's own text.
	Word
)

// Ordered reports whether values of the kind can be compared with less and greater.
func (k Kind) Ordered() bool {
	return k != Opaque && k != JSON && k != XML && k != Array
}

// A Schema is what an engine says about itself.
type Schema struct {
	// Tables come in order of the schemas asked for, and of name.
	Tables []*Table
	// Routines are the stored procedures and functions that may be called, in the same order. Overloaded ones follow each other.
	Routines []*Routine
	// Skipped says in sentences what was found and is not among these, and why.
	Skipped []string
}

// Sort puts tables and routines in the order of the schemas that were asked for. Those of one schema stay as they are.
func (s *Schema) Sort(schemas []string) {
	place := func(schema string) int { return slices.Index(schemas, schema) }
	slices.SortStableFunc(s.Tables, func(a, b *Table) int { return cmp.Compare(place(a.Schema), place(b.Schema)) })
	slices.SortStableFunc(s.Routines, func(a, b *Routine) int { return cmp.Compare(place(a.Schema), place(b.Schema)) })
}

// A Routine is a stored procedure or function.
type Routine struct {
	// Schema and Name are as the engine spells them, without quotes. Name has the package before it where the engine has packages: PAYROLL.RAISE.
	Schema, Name string
	Comment      string
	// Function is true if it is called in an expression, false if by CALL or its like.
	Function bool
	// ReadsOnly is true if the engine vouches that it writes nothing.
	ReadsOnly bool
	// Parameters are in order. A parameter's column has the name that the routine gives it, or a number where it gives none.
	Parameters []Parameter
	// Returns is what a function returns, or a procedure's return code; nil for nothing, or for rows.
	Returns *Column
	// Rows are the columns of the rows that it returns, where the engine tells: of a function that returns a table, or of a selectable procedure.
	Rows []*Column
	// ResultSets is true if it may return result sets whose columns only a call tells.
	ResultSets bool
}

// A Parameter is one parameter of a [Routine].
type Parameter struct {
	*Column
	In, Out bool
	// Cursor is true if the routine opens it, and its rows are a result set. Nobody gives or gets its value.
	Cursor bool
}

// A Table is a table or a view.
type Table struct {
	// Schema and Name are as the engine spells them, without quotes. Schema is empty where the engine has none.
	Schema, Name string
	Comment      string
	View         bool
	Columns      []*Column
	// Key holds the names of the columns of the primary key in order. Empty means that there is none.
	Key []string
	// Locator is an expression that orders the rows of a table without a key and tells them apart, such as a row id. Empty means that the
	// engine has none.
	Locator string
	// Constraints are the named rules that a fault may refer to.
	Constraints []Constraint
	// ForeignKeys lead to other tables.
	ForeignKeys []ForeignKey
}

// A Constraint is a named rule over columns.
type Constraint struct {
	Name    string
	Columns []string
	// Unique is true for a key, a unique constraint or a unique index: of all rows, by the columns alone.
	Unique bool
	// Check is the expression of a check constraint in the engine's words.
	Check string
}

// A ForeignKey says that Columns name a row of another table.
type ForeignKey struct {
	Name    string
	Columns []string
	// Schema and Table name the other table.
	Schema, Table string
	References    []string
}

// A Column is one column of a table, a view or a result.
type Column struct {
	// Name is as the engine spells it, without quotes.
	Name    string
	Comment string
	Kind    Kind
	// Number tells the column from others of its table for as long as it lives, also when some before it are dropped; 0 where the engine has no
	// such number.
	Number int
	// Element is what the items of an Array are.
	Element *Column
	// Native is the type in the engine's words.
	Native string
	// Type is the engine's own number of the type, beneath any domain, for the engine to read; 0 where it has none.
	Type uint32
	// Precision and Scale are those of a Decimal; Precision 0 means that there is no bound.
	Precision, Scale int
	// Length is the greatest number of characters of a Text; 0 means any.
	Length int
	// Values are the only ones that a Text may have; nil means any.
	Values []string
	// Checks are conditions that the type sets itself, as a domain does, in the engine's words. They call the value VALUE.
	Checks []string
	// Nullable is true if the column may hold NULL.
	Nullable bool
	// Default is true if the engine fills the column in when an insert leaves it out.
	Default bool
	// Generated is true if only the engine writes the column.
	Generated bool
	// Version is true if the engine writes another value at each change of the row.
	Version bool
	// Padded is true if values shorter than Length come back with blanks behind them.
	Padded bool
	// Unbound is true if a comparison of the column may not follow the bytes of its values, such as a case-insensitive
	// collation: then no rule is made of its checks.
	Unbound bool
	// Encoded is true if the engine itself reads and writes the column's text in the encoding of [Options].
	Encoded bool
	// Reading is what the settings say beyond the engine. Engines leave it empty, and need not look at it.
	Reading Reading
}

// Column returns the column of this name, or nil.
func (t *Table) Column(name string) *Column {
	for _, column := range t.Columns {
		if column.Name == name {
			return column
		}
	}
	return nil
}
