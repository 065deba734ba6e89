package jsonrecord

import "github.com/postern-gateway/postern/adapters/batch/format"

var _ format.Written = (*Format)(nil)

// Envelope implements [format.Written]: each object is a line.
func (f *Format) Envelope() (format.Envelope, error) { return format.Envelope{End: []byte("\n")}, nil }

// Encode implements [format.Written]. With a layout, members are held to it.
func (f *Format) Encode(to []byte, members format.Members) ([]byte, error) {
	if f.layout != nil {
		if err := members.Check(f.layout.Fields); err != nil {
			return to, err
		}
	}
	return members.AppendJSON(to), nil
}
