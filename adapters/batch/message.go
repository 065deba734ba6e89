package batch

import (
	"fmt"
	"strconv"
	"time"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/adapters/batch/record"
)

// A mapping ties the fields of a layout to those of its mirrored message.
type mapping struct {
	layout *record.Layout
	// fields has the mirrored field of each layout field by Index; nil for one that callers do not see.
	fields []protoreflect.FieldDescriptor
}

// setTimestamp fills a google.protobuf.Timestamp, dynamic or not.
func setTimestamp(message protoreflect.Message, t time.Time) {
	fields := message.Descriptor().Fields()
	message.Set(fields.ByName("seconds"), protoreflect.ValueOfInt64(t.Unix()))
	message.Set(fields.ByName("nanos"), protoreflect.ValueOfInt32(int32(t.Nanosecond()))) //nolint:gosec // below 10^9
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
