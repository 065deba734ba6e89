package edi

import (
	"bytes"
	"errors"
	"io"

	"github.com/postern-gateway/postern/adapters/batch/format"
	"github.com/postern-gateway/postern/adapters/batch/framing"
	"github.com/postern-gateway/postern/adapters/batch/record"
)

// Format reads messages as records: what their envelopes say, and their segments as a list. Counts and references of trailers must be right, those of messages too,
// unless it is lenient.
type Format struct {
	lenient bool
	layout  *record.Layout
}

// New returns the format.
func New(lenient bool) *Format {
	return &Format{lenient: lenient, layout: record.Describe([]*record.Field{
		group("interchange", texts("standard", "version", "sender", "receiver", "date", "time", "control")...),
		group("group", texts("function", "sender", "receiver", "date", "time", "control", "version")...),
		text("type"), text("version"), text("control"),
		list(group("segments", text("tag"), list(group("elements", text("value"), list(text("components")),
			list(group("repeats", list(text("components")))))))),
	})}
}

func text(name string) *record.Field { return &record.Field{Name: name, Type: record.Text} }

func texts(names ...string) []*record.Field {
	fields := make([]*record.Field, len(names))
	for i, name := range names {
		fields[i] = text(name)
	}
	return fields
}

func group(name string, children ...*record.Field) *record.Field {
	return &record.Field{Name: name, Type: record.Group, Children: children}
}

func list(f *record.Field) *record.Field {
	f.Repeated = true
	return f
}

// Layout implements [format.Format]. An element has a value, or components; its repetitions but the first are repeats.
func (f *Format) Layout() *record.Layout { return f.layout }

// Open implements [format.Format].
func (f *Format) Open(r io.Reader) framing.Reader { return NewMessages(r, f.lenient) }

// Decode implements [format.Format].
func (f *Format) Decode(raw []byte, to record.Sink) error {
	message, err := Parse(raw, f.lenient)
	if err != nil {
		return err
	}
	object := message.Object()
	object["segments"] = segmentObjects(message.Segments)
	return format.Emit(f.layout.Fields, object, to)
}

// A Message is a message with what its envelopes say. Interchange and Group are their headers; Group is nil if there is none.
type Message struct {
	Standard           Standard
	Version            string
	Interchange, Group *Segment
	// Segments are the message's own, header and trailer included.
	Segments []*Segment
}

// Parse reads a record of [Messages]. The error is a [*record.FieldError].
func Parse(raw []byte, lenient bool) (*Message, error) {
	scanner := NewScanner(bytes.NewReader(raw))
	message := &Message{}
	for {
		segment, err := scanner.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, &record.FieldError{Offset: -1, Reason: err.Error()}
		}
		kept := *segment
		kinds := scanner.Syntax.Standard.envelopes()
		switch {
		case len(message.Segments) > 0 || kept.Tag == kinds.message.header:
			message.Segments = append(message.Segments, &kept)
		case kept.Tag == kinds.interchange.header:
			message.Interchange = &kept
		case kept.Tag == kinds.group.header:
			message.Group = &kept
		}
	}
	if message.Interchange == nil || len(message.Segments) == 0 {
		return nil, &record.FieldError{Offset: -1, Reason: "there is no message"}
	}
	kind := scanner.Syntax.Standard.envelopes().message
	header, trailer := message.Segments[0], message.Segments[len(message.Segments)-1]
	if trailer.Tag != kind.trailer {
		return nil, &record.FieldError{Offset: -1, Reason: "the message does not end"}
	}
	message.Standard, message.Version = scanner.Syntax.Standard, scanner.Syntax.Version
	if lenient {
		return message, nil
	}
	if reason := kind.check(trailer, header.Component(kind.headerControl, 1), int64(len(message.Segments))); reason != "" {
		return nil, &record.FieldError{Path: "segments", Offset: -1, Reason: reason}
	}
	return message, nil
}

// A place is where a header says something: in an element's component.
type place struct {
	name               string
	element, component int
}

func (s *Segment) object(places []place) format.Object {
	object := make(format.Object, len(places))
	for _, p := range places {
		if value := s.Component(p.element, p.component); value != "" {
			object[p.name] = value
		}
	}
	return object
}

// Object is what the envelopes say, as the fields of [Format.Layout] but segments.
func (m *Message) Object() format.Object {
	interchange, group, header := m.Standard.places()
	object := m.Segments[0].object(header)
	about := m.Interchange.object(interchange)
	about["standard"], about["version"] = string(m.Standard), m.Version
	object["interchange"] = about
	if m.Group != nil {
		object["group"] = m.Group.object(group)
	}
	return object
}

// places are what the headers of interchange, group and message say.
func (s Standard) places() (interchange, group, message []place) {
	switch s {
	case X12:
		interchange = []place{{"sender", 6, 1}, {"receiver", 8, 1}, {"date", 9, 1}, {"time", 10, 1}, {"control", 13, 1}}
		group = []place{{"function", 1, 1}, {"sender", 2, 1}, {"receiver", 3, 1}, {"date", 4, 1}, {"time", 5, 1}, {"control", 6, 1}, {"version", 8, 1}}
		message = []place{{"type", 1, 1}, {"control", 2, 1}, {"version", 3, 1}}
	case TRADACOMS:
		interchange = []place{{"sender", 2, 1}, {"receiver", 3, 1}, {"date", 4, 1}, {"time", 4, 2}, {"control", 5, 1}}
		message = []place{{"control", 1, 1}, {"type", 2, 1}, {"version", 2, 2}}
	default:
		interchange = []place{{"sender", 2, 1}, {"receiver", 3, 1}, {"date", 4, 1}, {"time", 4, 2}, {"control", 5, 1}}
		group = []place{{"function", 1, 1}, {"sender", 2, 1}, {"receiver", 3, 1}, {"date", 4, 1}, {"time", 4, 2}, {"control", 5, 1}, {"version", 7, 1}}
		message = []place{{"control", 1, 1}, {"type", 2, 1}, {"version", 2, 3}}
	}
	return interchange, group, message
}

func segmentObjects(segments []*Segment) []format.Object {
	objects := make([]format.Object, len(segments))
	for i, segment := range segments {
		elements := make([]format.Object, len(segment.Elements))
		for j, element := range segment.Elements {
			elements[j] = element.object()
		}
		objects[i] = format.Object{"tag": segment.Tag, "elements": elements}
	}
	return objects
}

func (e Element) object() format.Object {
	object := format.Object{}
	switch first := e[0]; {
	case len(first) > 1:
		object["components"] = []string(first)
	case first[0] != "":
		object["value"] = first[0]
	}
	if len(e) > 1 {
		var repeats []format.Object
		for _, components := range e[1:] {
			repeats = append(repeats, format.Object{"components": []string(components)})
		}
		object["repeats"] = repeats
	}
	return object
}
