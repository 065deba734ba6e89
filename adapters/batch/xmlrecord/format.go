package xmlrecord

import (
	"io"

	"github.com/postern-gateway/postern/adapters/batch/format"
	"github.com/postern-gateway/postern/adapters/batch/framing"
	"github.com/postern-gateway/postern/adapters/batch/record"
)

// Format reads elements as records.
type Format struct {
	path   Path
	layout *record.Layout
}

// New returns the format. A field is a child element by its local name, an attribute with @ in front, or #text; a group is an element with fields of its own. Without a
// layout elements are shown as they are.
func New(path Path, layout *record.Layout) *Format { return &Format{path: path, layout: layout} }

// Layout implements [format.Format].
func (f *Format) Layout() *record.Layout { return f.layout }

// Open implements [format.Format].
func (f *Format) Open(r io.Reader) framing.Reader { return NewReader(r, f.path) }

// Decode implements [format.Format].
func (f *Format) Decode(raw []byte, to record.Sink) error {
	element, err := Parse(raw)
	if err != nil {
		return err
	}
	return format.Emit(f.layout.Fields, element.object(f.layout.Fields), to)
}

// AppendJSON implements [format.Free].
func (f *Format) AppendJSON(to, raw []byte) ([]byte, error) {
	element, err := Parse(raw)
	if err != nil {
		return to, err
	}
	return element.AppendJSON(to), nil
}
