package jsonrecord

import (
	"github.com/postern-gateway/postern/adapters/batch/format"
	"github.com/postern-gateway/postern/adapters/batch/record"
)

var (
	_ format.Written = (*Format)(nil)
	_ format.Filled  = (*Format)(nil)
	_ format.Edged   = (*Format)(nil)
)

// Envelope implements [format.Written].
func (f *Format) Envelope() (format.Envelope, error) { return format.Envelope{End: f.End()}, nil }

// End implements [format.Edged]: each object is a line.
func (f *Format) End() []byte { return []byte("\n") }

// Encode implements [format.Written]. With a layout, members are held to it.
func (f *Format) Encode(to []byte, members format.Members) ([]byte, error) {
	if f.layout != nil {
		var err error
		if members, err = members.Fit(f.layout.Fields); err != nil {
			return to, err
		}
	}
	return members.AppendJSON(to), nil
}

// CheckValue implements [format.Filled]: JSON spells everything.
func (f *Format) CheckValue(*record.Field, string) error { return nil }

// Header implements [format.Edged]: an object of its own.
func (f *Format) Header(columns []*record.Field) (*format.Edge, error) { return edge(columns), nil }

// Trailer implements [format.Edged]: an object of its own.
func (f *Format) Trailer(columns []*record.Field) (*format.Edge, error) { return edge(columns), nil }

func edge(columns []*record.Field) *format.Edge {
	if len(columns) == 0 {
		return nil
	}
	return &format.Edge{Filled: New(record.Describe(columns))}
}
