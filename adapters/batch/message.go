package batch

import (
	"fmt"
	"strconv"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/adapters/batch/record"
)

// A mapping ties the fields of a layout to those of its mirrored message.
type mapping struct {
	layout  *record.Layout
	message protoreflect.MessageType
	// fields has the mirrored field of each layout field by Index; nil for one that callers do not see.
	fields []protoreflect.FieldDescriptor
}

// decode makes a message of a record.
func (m *mapping) decode(decoder *record.Decoder, data []byte) (proto.Message, error) {
	message := m.message.New()
	sink := &messageSink{mapping: m, open: []protoreflect.Message{message}}
	if err := decoder.Decode(data, sink); err != nil {
		return nil, fmt.Errorf("decoding a record: %w", err)
	}
	return message.Interface(), nil
}

// A messageSink builds a message.
type messageSink struct {
	*mapping
	open []protoreflect.Message // from the record to the present group
	list protoreflect.List      // of the present table; nil outside
	// lists are the tables around the present groups.
	lists []protoreflect.List
}

func (s *messageSink) top() protoreflect.Message { return s.open[len(s.open)-1] }

// Value implements [record.Sink].
func (s *messageSink) Value(f *record.Field, value *record.Value) error {
	fd := s.fields[f.Index]
	switch {
	case fd == nil:
	case s.list != nil:
		s.list.Append(s.valueOf(f, fd, value, s.list.NewElement))
	case !value.Null:
		s.top().Set(fd, s.valueOf(f, fd, value, func() protoreflect.Value { return s.top().NewField(fd) }))
	}
	return nil
}

// valueOf makes the protobuf value. An absent one, which only a table can hold, is zero.
func (s *messageSink) valueOf(f *record.Field, fd protoreflect.FieldDescriptor, value *record.Value, empty func() protoreflect.Value) protoreflect.Value {
	if value.Null {
		return empty()
	}
	switch f.Type {
	case record.Integer:
		if fd.Kind() == protoreflect.Int32Kind {
			return protoreflect.ValueOfInt32(int32(value.Integer)) //nolint:gosec // the codec has checked it
		}
		return protoreflect.ValueOfInt64(value.Integer)
	case record.Float32:
		return protoreflect.ValueOfFloat32(float32(value.Float))
	case record.Float64:
		return protoreflect.ValueOfFloat64(value.Float)
	case record.Boolean:
		return protoreflect.ValueOfBool(value.Integer != 0)
	case record.Bytes:
		return protoreflect.ValueOfBytes(append([]byte(nil), value.Text...))
	case record.Time:
		made := empty()
		setTimestamp(made.Message(), time.Unix(value.Integer, 0))
		return made
	default:
		return protoreflect.ValueOfString(string(value.Text))
	}
}

// setTimestamp fills a google.protobuf.Timestamp, dynamic or not.
func setTimestamp(message protoreflect.Message, t time.Time) {
	fields := message.Descriptor().Fields()
	message.Set(fields.ByName("seconds"), protoreflect.ValueOfInt64(t.Unix()))
	message.Set(fields.ByName("nanos"), protoreflect.ValueOfInt32(int32(t.Nanosecond()))) //nolint:gosec // below 10^9
}

// Begin implements [record.Sink].
func (s *messageSink) Begin(f *record.Field) error {
	fd := s.fields[f.Index]
	var inner protoreflect.Message
	switch {
	case s.list != nil:
		inner = s.list.AppendMutable().Message()
	case fd == nil:
		inner = s.top() // nothing of it is seen
	default:
		inner = s.top().Mutable(fd).Message()
	}
	s.open = append(s.open, inner)
	s.lists = append(s.lists, s.list)
	s.list = nil
	return nil
}

// End implements [record.Sink].
func (s *messageSink) End(*record.Field) error {
	s.open = s.open[:len(s.open)-1]
	s.list = s.lists[len(s.lists)-1]
	s.lists = s.lists[:len(s.lists)-1]
	return nil
}

// BeginList implements [record.Sink].
func (s *messageSink) BeginList(f *record.Field) error {
	if fd := s.fields[f.Index]; fd != nil {
		s.list = s.top().Mutable(fd).List()
	}
	return nil
}

// EndList implements [record.Sink].
func (s *messageSink) EndList(*record.Field) error {
	s.list = nil
	return nil
}

// A messageSource hands the fields of a message to the encoder, and fixed values at the top.
type messageSource struct {
	*mapping
	message protoreflect.Message
	fixed   map[*record.Field]string
}

// Value implements [record.Source].
func (s *messageSource) Value(f *record.Field, index int) (string, bool) {
	if text, ok := s.fixed[f]; ok {
		return text, true
	}
	fd := s.fields[f.Index]
	if fd == nil || s.message == nil {
		return "", false
	}
	if fd.IsList() {
		return spell(f, s.message.Get(fd).List().Get(index)), true
	}
	if !s.message.Has(fd) {
		return "", false
	}
	return spell(f, s.message.Get(fd)), true
}

func spell(f *record.Field, value protoreflect.Value) string {
	switch v := value.Interface().(type) {
	case string:
		return v
	case []byte:
		return string(v)
	case bool:
		return strconv.FormatBool(v)
	case int32:
		return strconv.FormatInt(int64(v), 10)
	case int64:
		return strconv.FormatInt(v, 10)
	case float32:
		return strconv.FormatFloat(float64(v), 'g', -1, 32)
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64)
	case protoreflect.Message:
		fields := v.Descriptor().Fields()
		return time.Unix(v.Get(fields.ByName("seconds")).Int(), 0).UTC().Format(time.RFC3339)
	default:
		return fmt.Sprint(f.Name, v)
	}
}

// Group implements [record.Source].
func (s *messageSource) Group(f *record.Field, index int) (record.Source, bool) {
	inner := &messageSource{mapping: s.mapping, fixed: s.fixed}
	fd := s.fields[f.Index]
	switch {
	case fd == nil || s.message == nil:
		return inner, len(s.fixed) > 0
	case fd.IsList():
		inner.message = s.message.Get(fd).List().Get(index).Message()
	case s.message.Has(fd):
		inner.message = s.message.Get(fd).Message()
	default:
		return inner, len(s.fixed) > 0 && fd.ContainingOneof() == nil
	}
	return inner, true
}

// Count implements [record.Source].
func (s *messageSource) Count(f *record.Field) int {
	fd := s.fields[f.Index]
	if fd == nil || s.message == nil {
		return 0
	}
	return s.message.Get(fd).List().Len()
}

// violations names the fields that do not fit as callers know them.
func (m *mapping) violations(mistakes record.EncodeErrors) []adapters.Violation {
	all := make([]adapters.Violation, len(mistakes))
	for i, mistake := range mistakes {
		path := ""
		for _, step := range mistake.Trail {
			fd := m.fields[step.Field.Index]
			if fd == nil {
				continue
			}
			if path != "" {
				path += "."
			}
			path += fd.JSONName()
			if fd.IsList() {
				path += "[" + strconv.Itoa(step.Index) + "]"
			}
		}
		all[i] = adapters.Violation{Field: path, Description: mistake.Reason}
	}
	return all
}

// newMessage returns an empty message of a type of the mirrored file.
func newMessage(descriptor protoreflect.MessageDescriptor) *dynamicpb.Message {
	return dynamicpb.NewMessage(descriptor)
}
