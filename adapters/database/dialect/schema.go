package dialect

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
	// Cursor is a value in the form that orders and compares exactly as the engine does. Only the engine reads it; it comes
	// back as an [Argument].
	Cursor
)

// Ordered reports whether values of the kind can be compared with less and greater.
func (k Kind) Ordered() bool {
	return k != Opaque && k != JSON
}

// A Schema is what an engine says about itself.
type Schema struct {
	// Tables come in order of name.
	Tables []*Table
}

// A Table is a table or a view.
type Table struct {
	// Name is as the engine spells it, without quotes.
	Name    string
	Comment string
	View    bool
	Columns []*Column
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
	// Unique is true for a key, a unique constraint or a unique index.
	Unique bool
	// Check is the expression of a check constraint in the engine's words.
	Check string
}

// A ForeignKey says that Columns name a row of another table.
type ForeignKey struct {
	Name       string
	Columns    []string
	Table      string
	References []string
}

// A Column is one column of a table, a view or a result.
type Column struct {
	// Name is as the engine spells it, without quotes.
	Name    string
	Comment string
	Kind    Kind
	// Native is the type in the engine's words.
	Native string
	// Precision and Scale are those of a Decimal; Precision 0 means that there is no bound.
	Precision, Scale int
	// Length is the greatest number of characters of a Text; 0 means any.
	Length int
	// Values are the only ones that a Text may have; nil means any.
	Values []string
	// Nullable is true if the column may hold NULL.
	Nullable bool
	// Default is true if the engine fills the column in when an insert leaves it out.
	Default bool
	// Generated is true if only the engine writes the column.
	Generated bool
	// Unbound is true if a comparison of the column may not follow the bytes of its values, such as a case-insensitive
	// collation: then no rule is made of its checks.
	Unbound bool
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
