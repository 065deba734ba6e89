package format

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
