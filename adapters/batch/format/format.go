package format

import (
	"context"
	"io"

	"github.com/postern-gateway/postern/adapters/batch/framing"
	"github.com/postern-gateway/postern/adapters/batch/record"
)

// A Format is one way to write records into a file. It never changes and serves any number of goroutines.
type Format interface {
	// Layout tells the fields of a record. It is nil if they are not known: then the format implements [Free], and its records can be shown and not served.
	Layout() *record.Layout
	// Open begins to read a file. Memory does not grow with the file unless the format says so. The reader returns a [*framing.Error] for a file that breaks
	// off or fails the checks of its kind, if need be behind its last record: records count only once Next has returned io.EOF.
	Open(r io.Reader) framing.Reader
	// Decode hands the values of one record to the sink. The error is a [*record.FieldError] if the record is bad, or the sink's own.
	Decode(raw []byte, to record.Sink) error
}

// A Free format can show a record whose fields are not known beforehand.
type Free interface {
	// AppendJSON appends the record as a JSON value. The error is a [*record.FieldError].
	AppendJSON(to, raw []byte) ([]byte, error)
}

// A Documented format can write a whole file as one JSON value.
type Documented interface {
	// Document reads the file, in memory that may grow with it. The error is a [*framing.Error], or the context's.
	Document(ctx context.Context, r io.Reader) ([]byte, error)
}
