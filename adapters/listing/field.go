package listing

import "math"

// A Kind is how the values of a field are written in a filter, and which of them a [Comparison] holds.
type Kind int

// The kinds.
const (
	// Opaque values cannot be compared.
	Opaque    Kind = iota
	Bool           // bool
	Integer        // int64, from Low to High
	Unsigned       // uint64, up to Max
	Float          // float64
	Decimal        // the digits as a string
	Text           // string
	Word           // string: text that is compared as a whole, and does not contain other text, such as a UUID or a time of day
	Date           // string: 2026-01-31
	Timestamp      // time.Time
	// Dynamic values are of any kind, as those within a JSON document are. What is made of a filter has a copy of the field that is of the literal's kind: Text, Decimal or Bool.
	// A value of another kind compares as none.
	Dynamic
)

// A Field is what callers may name.
type Field struct {
	// Name and JSONName are its names: tenancy_id and tenancyId.
	Name, JSONName string
	Kind           Kind
	// Low and High bound an Integer, and Max an Unsigned.
	Low, High int64
	Max       uint64
	// Repeated is true if there may be several values. They are compared by : alone ([Has]).
	Repeated bool
	// Unordered is true if its values are equal or not, and neither less nor greater.
	Unordered bool
	// Source is the adapter's own.
	Source any
}

// Fields finds a field by the name that a caller gives; nil means that there is none.
type Fields func(name string) *Field

// as is the field as one of a kind.
func (f *Field) as(kind Kind) *Field {
	typed := *f
	typed.Kind = kind
	return &typed
}

// Integers returns a field of whole numbers of so many bits.
func Integers(bits int) Field {
	return Field{Kind: Integer, Low: math.MinInt64 >> (64 - bits), High: math.MaxInt64 >> (64 - bits)}
}

// Unsigneds returns a field of whole numbers of so many bits that are not negative.
func Unsigneds(bits int) Field {
	return Field{Kind: Unsigned, Max: math.MaxUint64 >> (64 - bits)}
}
