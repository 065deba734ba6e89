package dialect

import "time"

// A Value is one value of a row. Which member holds it follows from the column's [Kind]; the others mean nothing.
type Value struct {
	// Null is true for SQL's NULL.
	Null bool
	// Int holds Bool (0 or 1), Int16, Int32, Int64, Uint32 and, with the same bits, Uint64.
	Int int64
	// Float holds Float and Double.
	Float float64
	// Time holds Timestamp and LocalTimestamp.
	Time time.Time
	// Text holds every kind that no other member holds, Bytes among them. It is good until the row's receiver returns.
	Text []byte
	// List holds the items of an Array, and is not nil. Items that are arrays themselves, of one dimension less, have a List of their own. It is good as long as Text is.
	List []Value
	// Unreadable says why the stored value cannot be told as one of the kind; then no member holds it. The rest of the row is good, so
	// that whoever reads it can say which row it is.
	Unreadable error
}

// An Argument is the value of one parameter of a statement.
type Argument struct {
	// Kind is that of the column which the value is stored in or compared with.
	Kind Kind
	// Value is nil, or a bool, int64, uint64, float64, string, []byte, time.Time or, for an Array, a List, as it fits the kind.
	Value any
	// Default is true if a routine's parameter is left out and takes its default; then Value means nothing.
	Default bool
}

// A List is the value of an Array as it came from a caller. Its items are what the Value of an [Argument] of their kind is, nil among them; or, where the caller's list
// had no type, in the terms of JSON: bool, float64, string and, for more dimensions, []any. There bytes are base64, and moments of time RFC 3339. Any other item is a mistake,
// which the engine refuses as it does one that does not fit the kind.
type List struct {
	// Element is the kind of the items.
	Element Kind
	Items   []any
}

// KeepRow copies a row, which is good for one call only. Lists are not copied.
func KeepRow(row []Value) []Value {
	out := make([]Value, len(row))
	for i, value := range row {
		value.Text = append([]byte(nil), value.Text...)
		out[i] = value
	}
	return out
}
