package format

import "github.com/postern-gateway/postern/adapters/batch/record"

// A Written format can be written too.
type Written interface {
	// Encode appends one record, without what ends it: [Format.Decode] makes the same members of it. The error is a [*record.FieldError], with the member that cannot be
	// written.
	Encode(to []byte, members Members) ([]byte, error)
	// Envelope is what stands around the records of a file. The error says what is missing to write one.
	Envelope() (Envelope, error)
}

// An Envelope is what stands in front of all records, behind each, and behind all.
type Envelope struct{ Front, End, Back []byte }

// A Filled record is made of single values, each of which can be held to its field alone.
type Filled interface {
	// Layout tells its fields.
	Layout() *record.Layout
	// Encode is that of [Written].
	Encode(to []byte, members Members) ([]byte, error)
	// CheckValue says whether the field can hold a text, besides what its type and length demand.
	CheckValue(f *record.Field, text string) error
}

// An Edged format writes what stands around records from values too. Files that it writes by its edges have no [Envelope].
type Edged interface {
	// Header and Trailer are what stands in front of all records and behind them. Their fields are these columns, unless the format knows them itself. They are nil for a file that has none; the error
	// says what cannot be.
	Header(columns []*record.Field) (*Edge, error)
	Trailer(columns []*record.Field) (*Edge, error)
	// End stands behind each record, and behind header and trailer.
	End() []byte
}

// An Edge is a header or trailer. Some of its fields may be known to state something of the records.
type Edge struct {
	Filled
	// Counts are the fields that have the number of records.
	Counts []string
	Totals []Total
}

// A Total is a field of an edge that has the sum of one of the records; of its digits only so many are held, from the last, or all if that is 0.
type Total struct {
	Of, Equals string
	Digits     int
}
