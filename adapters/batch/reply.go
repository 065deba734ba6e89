package batch

import (
	"fmt"
	"math"
	"time"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/postern-gateway/postern/adapters/batch/record"
	"github.com/postern-gateway/postern/adapters/wire"
)

// A decoder hands the values of a record to a sink: that of a layout, or of a format. It is for one goroutine.
type decoder interface {
	Decode(data []byte, sink record.Sink) error
}

// A template says how records of a layout are written as messages. It never changes.
type template struct {
	// fields are those of the message by the layout field's Index; number 0 is one that callers do not see.
	fields []wireField
}

type wireField struct {
	number protowire.Number
	// always is true if the field tells an empty value from none.
	always bool
}

// The fields of google.protobuf.Timestamp.
const timestampSeconds, timestampNanos protowire.Number = 1, 2

func (m *mapping) template() *template {
	t := &template{fields: make([]wireField, len(m.fields))}
	for i, fd := range m.fields {
		if fd != nil {
			t.fields[i] = wireField{number: fd.Number(), always: fd.HasPresence() || fd.IsList()}
		}
	}
	return t
}

// A messageWriter is a sink that writes a record as wire bytes.
type messageWriter struct {
	*template
	w    wire.Writer
	mask []bool // by Index, what is wanted; nil for all
	// marks are the messages that are open; none is negative for a group that is not written.
	marks []int
}

// write appends the fields of a record's message.
func (s *messageWriter) write(d decoder, data []byte) error {
	s.marks = s.marks[:0]
	if err := d.Decode(data, s); err != nil {
		return fmt.Errorf("decoding a record: %w", err)
	}
	return nil
}

// field returns how a field is written; number 0 if it is not.
func (s *messageWriter) field(f *record.Field) wireField {
	if s.mask != nil && !s.mask[f.Index] {
		return wireField{}
	}
	return s.fields[f.Index]
}

// Value implements [record.Sink]. An element that is absent is zero: a list has no room for nothing.
func (s *messageWriter) Value(f *record.Field, value *record.Value) error {
	field := s.field(f)
	if field.number == 0 || value.Null && !f.Repeated {
		return nil
	}
	switch f.Type {
	case record.Integer:
		s.w.Varint(field.number, uint64(value.Integer)) //nolint:gosec // as protobuf has negative numbers
	case record.Boolean:
		s.w.Bool(field.number, value.Integer != 0)
	case record.Float32:
		s.w.Fixed32(field.number, math.Float32bits(float32(value.Float)))
	case record.Float64:
		s.w.Fixed64(field.number, math.Float64bits(value.Float))
	case record.Time:
		s.timestamp(field.number, time.Unix(value.Integer, 0))
	default:
		if field.always || len(value.Text) > 0 {
			s.w.BytesField(field.number, value.Text)
		}
	}
	return nil
}

// timestamp writes a google.protobuf.Timestamp.
func (s *messageWriter) timestamp(number protowire.Number, t time.Time) {
	mark := s.w.Open(number)
	if seconds := t.Unix(); seconds != 0 {
		s.w.Varint(timestampSeconds, uint64(seconds)) //nolint:gosec // as protobuf has negative numbers
	}
	if nanos := t.Nanosecond(); nanos != 0 {
		s.w.Varint(timestampNanos, uint64(nanos)) //nolint:gosec // not negative
	}
	s.w.Close(mark)
}

// noMark stands for a group that is not written.
const noMark = -1

// Begin implements [record.Sink].
func (s *messageWriter) Begin(f *record.Field) error {
	mark := noMark
	if field := s.field(f); field.number != 0 {
		mark = s.w.Open(field.number)
	}
	s.marks = append(s.marks, mark)
	return nil
}

// End implements [record.Sink].
func (s *messageWriter) End(*record.Field) error {
	last := len(s.marks) - 1
	if s.marks[last] != noMark {
		s.w.Close(s.marks[last])
	}
	s.marks = s.marks[:last]
	return nil
}

// BeginList implements [record.Sink].
func (*messageWriter) BeginList(*record.Field) error { return nil }

// EndList implements [record.Sink].
func (*messageWriter) EndList(*record.Field) error { return nil }

// message ends the message, which has the writer's bytes.
func (s *messageWriter) message(descriptor protoreflect.MessageDescriptor) *wire.Message {
	return wire.NewMessage(descriptor, s.w.Bytes())
}
