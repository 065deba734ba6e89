package x937

import (
	"bufio"
	"errors"
	"io"

	"github.com/postern-gateway/postern/adapters/batch/framing"
	"github.com/postern-gateway/postern/adapters/batch/record"
)

// Format reads image cash letters. It implements [format.Format], [format.Free] and [format.Documented].
type Format struct{ lenient bool }

// New returns the format. A lenient one leaves totals unchecked.
func New(lenient bool) *Format { return &Format{lenient: lenient} }

// Layout implements [format.Format]: each type of records has fields of its own.
func (*Format) Layout() *record.Layout { return nil }

// Decode implements [format.Format]; it only tells whether the record is good.
func (f *Format) Decode(raw []byte, _ record.Sink) error {
	_, _, err := parse(raw)
	return err
}

// AppendJSON implements [format.Free]: the type of the record as recordType, and its fields that are not blank.
func (f *Format) AppendJSON(to, raw []byte) ([]byte, error) {
	_, values, err := parse(raw)
	if err != nil {
		return to, err
	}
	code, _ := kindOf(raw)
	shown := &object{}
	shown.set("recordType", code)
	for i := range values {
		if v := &values[i]; !v.blank {
			shown.set(v.field.name, v.alone())
		}
	}
	line, err := shown.MarshalJSON()
	return append(to, line...), err
}

// Open implements [format.Format]. Each record stands behind its length in four bytes, high byte first (X9.100-187, section 5), or is a line of ASCII. The reader
// refuses records out of order, totals that are wrong, and a file without its control record.
func (f *Format) Open(r io.Reader) framing.Reader {
	return &reader{source: bufio.NewReader(r), lenient: f.lenient}
}

// length is what stands in front of a record.
const length = 4

type reader struct {
	source  *bufio.Reader
	records framing.Reader // made at the first call
	lenient bool
	last    framing.Record // its number and offset
	letter  letter
	failed  error
}

// Next implements [framing.Reader].
func (r *reader) Next() (framing.Record, error) {
	if r.failed != nil {
		return framing.Record{}, r.failed
	}
	if r.records == nil {
		r.records = framing.Headed(r.source, framing.Header{Size: length, Bytes: length})
		if begin, err := r.source.Peek(codeLength); err == nil && string(begin) == "01" {
			r.records = framing.Lines(r.source, false)
		}
	}
	next, err := r.records.Next()
	switch {
	case errors.Is(err, io.EOF):
		if reason := r.letter.end(); reason != "" {
			err = &framing.Error{Number: r.last.Number + 1, Offset: r.last.Offset, Reason: reason}
		}
	case err == nil:
		r.last = framing.Record{Number: next.Number, Offset: next.Offset + int64(len(next.Data))}
		if reason := r.letter.take(next.Data, r.lenient); reason != "" {
			err = &framing.Error{Number: next.Number, Offset: next.Offset, Reason: reason}
		}
	}
	r.failed = err
	return next, err
}
