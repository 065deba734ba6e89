package estate

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate"
	"buf.build/go/protovalidate"
	"buf.build/go/protoyaml"
	"go.yaml.in/yaml/v3"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/postern-gateway/postern/gateway/diagnostic"
)

// decode fills message from a document that has been parsed from content: strictly, and valid by the rules of its
// descriptor. It returns everything that is wrong with it.
func (s *Source) decode(content []byte, message proto.Message) diagnostic.List {
	descriptor := message.ProtoReflect().Descriptor()
	check := &structureCheck{text: s.text, values: make(map[Position]fieldValue), misspelt: make(map[string]bool)}
	check.message(s.root, descriptor, "")
	wrong := make(map[Position]bool)
	for _, d := range check.list {
		wrong[Position{d.Line, d.Column}] = true
	}
	for _, d := range s.unmarshal(content, message, check.values) {
		if at := (Position{d.Line, d.Column}); !wrong[at] {
			wrong[at] = true
			check.list.Add(d)
		}
	}
	check.list.Add(s.validate(message, check.misspelt, wrong)...)
	s.mask(s.root, descriptor)
	for i := range check.list {
		check.list[i].Excerpt = s.text.Line(check.list[i].Line)
	}
	return check.list
}

// unmarshal runs the decoder, and says of each of its errors which field it is about and what would be accepted.
func (s *Source) unmarshal(content []byte, message proto.Message, values map[Position]fieldValue) diagnostic.List {
	err := protoyaml.UnmarshalOptions{}.Unmarshal(content, message)
	if err == nil {
		return nil
	}
	var list diagnostic.List
	for _, err := range leaves(err) {
		at, cause := decoderError(err)
		value, ok := values[at]
		if !ok {
			list.Add(s.text.At(at.Line, at.Column, "%s", cause))
			continue
		}
		list.Add(s.text.At(at.Line, at.Column, "%s: %s", value.path, value.describe(cause)).Accepting(acceptedValue(value.descriptor)))
	}
	return list
}

// leaves returns the errors that err joins.
func leaves(err error) []error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		return joined.Unwrap()
	}
	return []error{err}
}

// decoderError takes an error of protoyaml apart. Its type is not exported: the place is read from its text, "PATH:LINE:COLUMN
// CAUSE" and then the excerpt, where PATH is empty as we give none; the cause is what it wraps.
func decoderError(err error) (Position, string) {
	cause := errors.Unwrap(err)
	if cause == nil {
		cause = err
	}
	var at Position
	if _, scanned := fmt.Sscanf(err.Error(), ":%d:%d", &at.Line, &at.Column); scanned != nil {
		at = Position{1, 1}
	}
	return at, cause.Error()
}

// tooMuch are causes that say more than that a value is not of its kind.
var tooMuch = regexp.MustCompile(`too (large|small)|out of range|overflow|already set|before 0001|after 9999|fractional`)

// describe says in the user's terms why the decoder did not accept a value.
func (v fieldValue) describe(cause string) string {
	switch {
	case tooMuch.MatchString(cause):
		return cause
	case v.node.Kind == yaml.ScalarNode && v.descriptor.Kind() == protoreflect.BoolKind && (v.node.Value == "true" || v.node.Value == "false"):
		return "true and false are written without quotes"
	case v.node.Kind == yaml.ScalarNode:
		return fmt.Sprintf("%q is not accepted", v.node.Value)
	default:
		return cause
	}
}

// validate holds the message against the rules of its descriptor. misspelt are fields that are known to be missing because
// their key is spelt wrongly; wrong are the places of values that could not be decoded, and so break rules that they may not break once
// they are mended.
func (s *Source) validate(message proto.Message, misspelt map[string]bool, wrong map[Position]bool) diagnostic.List {
	err := protovalidate.Validate(message)
	var invalid *protovalidate.ValidationError
	switch {
	case err == nil:
		return nil
	case !errors.As(err, &invalid):
		return diagnostic.List{s.text.Whole("%s", err)}
	}
	var list diagnostic.List
	for _, violation := range invalid.Violations {
		path := protovalidate.FieldPathString(violation.Proto.GetField())
		if misspelt[path] || wrong[s.FieldPosition(path)] && !s.lacks(path) {
			continue
		}
		if violation.Proto.GetForKey() {
			list.Add(s.AtKey(path, "%s: %s", path, violation.Proto.GetMessage()))
			continue
		}
		list.Add(s.At(path, "%s", s.violationText(message, violation.Proto, path)).Accepting(acceptedByRule(message, violation.Proto)))
	}
	return list
}

func (s *Source) violationText(message proto.Message, violation *validate.Violation, path string) string {
	switch _, oneof := violated(message, violation); {
	case oneof != nil:
		return parentOf(path) + " needs one of its fields"
	case !s.has(path):
		return path + " is missing"
	case violation.GetRuleId() == "required":
		return path + " is empty"
	case path == "":
		return violation.GetMessage()
	default:
		return path + ": " + violation.GetMessage()
	}
}

// acceptedByRule says what a broken rule accepts, where the rule does not say it by itself.
func acceptedByRule(message proto.Message, violation *validate.Violation) string {
	field, oneof := violated(message, violation)
	switch {
	case oneof != nil:
		var names []string
		for i := range oneof.Fields().Len() {
			names = append(names, string(oneof.Fields().Get(i).Name()))
		}
		return strings.Join(names, ", ")
	case field != nil && field.Enum() != nil:
		return strings.Join(enumNames(field.Enum()), ", ")
	default:
		return ""
	}
}

// violated returns the field that a violation is about, or else the choice; neither if it is about a message.
func violated(message proto.Message, violation *validate.Violation) (protoreflect.FieldDescriptor, protoreflect.OneofDescriptor) {
	descriptor := message.ProtoReflect().Descriptor()
	elements := violation.GetField().GetElements()
	for i, element := range elements {
		field := descriptor.Fields().ByNumber(protoreflect.FieldNumber(element.GetFieldNumber()))
		last := i == len(elements)-1
		switch {
		case field == nil && last:
			return nil, descriptor.Oneofs().ByName(protoreflect.Name(element.GetFieldName()))
		case field == nil:
			return nil, nil
		case field.IsMap():
			field = field.MapValue()
		}
		if descriptor = field.Message(); last || descriptor == nil {
			return field, nil
		}
	}
	return nil, nil
}

// parentOf names what holds the last field of a path.
func parentOf(path string) string {
	if i := strings.LastIndexByte(path, '.'); i >= 0 {
		return path[:i]
	}
	return "the file"
}
