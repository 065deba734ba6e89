package batch

import (
	"fmt"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/postern-gateway/postern/adapters/batch/record"
)

// required finds the way to each field that callers must give.
func (c *compiler) required(field string, s *submissions) [][]record.Step {
	var all [][]record.Step
	for i, name := range s.config.GetRequired() {
		at := fmt.Sprintf("%s[%d]", field, i)
		f := c.fixed(at, s.layout, name)
		if f == nil {
			continue
		}
		trail := trailTo(nil, s.layout.Fields, f)
		switch {
		case s.hidden()[f]:
			c.fail(at, "callers do not give %s: it is in values, or the reference", name)
		case trail == nil:
			c.fail(at, "%s stands in an alternative of a REDEFINES, which may not be the one that is meant", name)
		default:
			for _, step := range trail {
				step.Field.Required = true // which the description tells
			}
			all = append(all, trail)
		}
	}
	return all
}

// trailTo returns the groups that lead to a field, and the field; nil if the way leads through a REDEFINES.
func trailTo(trail []record.Step, fields []*record.Field, wanted *record.Field) []record.Step {
	for _, f := range fields {
		here := append(trail[:len(trail):len(trail)], record.Step{Field: f})
		if f == wanted {
			return here
		}
		if f.Type != record.Group {
			continue
		}
		if found := trailTo(here, f.Children, wanted); found != nil {
			return found
		}
	}
	return nil
}

// complete returns the required fields that a submission lacks as [record.EncodeErrors]. One that says nothing at all is a mistake of a caller, whatever is
// required.
func (s *submissions) complete(request protoreflect.Message, source *messageSource) error {
	var mistakes record.EncodeErrors
	for _, trail := range s.required {
		if !source.has(trail) {
			mistakes = append(mistakes, &record.EncodeError{Trail: trail, Reason: "is required, and is absent or blank"})
		}
	}
	if len(mistakes) == 0 && request.Descriptor().Fields().Len() > 0 && isEmpty(request) {
		mistakes = append(mistakes, &record.EncodeError{Reason: "no field of the record is given"})
	}
	if len(mistakes) > 0 {
		return mistakes
	}
	return nil
}

// has reports whether a field is there and says something.
func (s *messageSource) has(trail []record.Step) bool {
	at := s.message
	for _, step := range trail[:len(trail)-1] {
		fd := s.fields[step.Field.Index]
		if fd == nil || !at.Has(fd) {
			return false
		}
		at = at.Get(fd).Message()
	}
	f := trail[len(trail)-1].Field
	fd := s.fields[f.Index]
	return at.Has(fd) && strings.TrimSpace(spell(f, at.Get(fd))) != ""
}

// isEmpty reports whether a message has no field, and its groups have none.
func isEmpty(message protoreflect.Message) bool {
	empty := true
	message.Range(func(fd protoreflect.FieldDescriptor, value protoreflect.Value) bool {
		isGroup := fd.Message() != nil && !fd.IsList() && fd.Message().ParentFile() == message.Descriptor().ParentFile() // and no timestamp
		empty = isGroup && isEmpty(value.Message())
		return empty
	})
	return empty
}
