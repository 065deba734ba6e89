package swiftmt

import (
	"io"
	"strings"

	"github.com/postern-gateway/postern/adapters/batch/format"
	"github.com/postern-gateway/postern/adapters/batch/framing"
	"github.com/postern-gateway/postern/adapters/batch/record"
)

// Format reads messages as records.
type Format struct{ layout *record.Layout }

// New returns the format.
func New() *Format {
	text := func(name string) *record.Field { return &record.Field{Name: name, Type: record.Text} }
	tags := func(name string) *record.Field {
		return &record.Field{Name: name, Type: record.Group, Repeated: true, Children: []*record.Field{text("tag"), text("value")}}
	}
	return &Format{layout: record.Describe([]*record.Field{
		text("type"), text("direction"),
		text("application"), text("service"), text("terminal"), text("session"), text("sequence"),
		text("correspondent"), text("priority"), text("input_time"), text("input_reference"), text("output_date"), text("output_time"),
		tags("user_header"), tags("text"), tags("trailer"), tags("system"),
	})}
}

// Layout implements [format.Format]: type is the message type, terminal the logical terminal of block 1, and correspondent the one of block 2.
func (f *Format) Layout() *record.Layout { return f.layout }

// Open implements [format.Format].
func (f *Format) Open(r io.Reader) framing.Reader { return NewMessages(r) }

// Decode implements [format.Format].
func (f *Format) Decode(raw []byte, to record.Sink) error {
	message, err := Parse(strings.ToValidUTF8(string(raw), "\ufffd"))
	if err != nil {
		return &record.FieldError{Offset: -1, Reason: err.Error()}
	}
	object := format.Object{
		"user_header": objects(message.User), "text": objects(message.Text), "trailer": objects(message.Trailer), "system": objects(message.System),
	}
	cutFixed(object, message.Basic, part{"application", 1}, part{"service", 2}, part{"terminal", 12}, part{"session", 4}, part{"sequence", 6})
	switch {
	case strings.HasPrefix(message.Application, "I"):
		cutFixed(object, message.Application, part{"direction", 1}, part{"type", 3}, part{"correspondent", 12}, part{"priority", 1})
	case strings.HasPrefix(message.Application, "O"):
		cutFixed(object, message.Application, part{"direction", 1}, part{"type", 3}, part{"input_time", 4}, part{"input_reference", 28}, part{"output_date", 6}, part{"output_time", 4}, part{"priority", 1})
		if reference, ok := object["input_reference"].(string); ok && len(reference) == 28 {
			object["correspondent"] = reference[6:18] // date, logical terminal, session, sequence
		}
	}
	return format.Emit(f.layout.Fields, object, to)
}

func objects(tags []Tag) any {
	if len(tags) == 0 {
		return nil
	}
	list := make([]format.Object, len(tags))
	for i, tag := range tags {
		list[i] = format.Object{"tag": tag.Name, "value": tag.Value}
	}
	return list
}

// A part is a piece of fixed length of a header.
type part struct {
	name   string
	length int
}

// cutFixed takes parts off a header, as far as it goes.
func cutFixed(object format.Object, header string, parts ...part) {
	for _, p := range parts {
		if header == "" {
			return
		}
		length := min(p.length, len(header))
		object[p.name] = header[:length]
		header = header[length:]
	}
}
