package gateway

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate"
	"buf.build/go/protovalidate"
	openapiv3 "github.com/google/gnostic-models/openapiv3"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/postern-gateway/postern/adapters"
)

// validator holds requests against the buf.validate rules of their descriptors. Rules are compiled at the first request of a type.
type validator struct {
	rules protovalidate.Validator
}

func newValidator() (*validator, error) {
	rules, err := protovalidate.New()
	if err != nil {
		return nil, fmt.Errorf("making the validator: %w", err)
	}
	return &validator{rules: rules}, nil
}

// check returns an InvalidArgument with every violation, or nil.
func (v *validator) check(request proto.Message) error {
	err := v.rules.Validate(request)
	if err == nil {
		return nil
	}
	var broken *protovalidate.ValidationError
	if !errors.As(err, &broken) {
		return &adapters.Error{Code: codes.Internal, Cause: fmt.Errorf("validating a %s: %w", request.ProtoReflect().Descriptor().FullName(), err)}
	}
	invalid := &adapters.Error{Code: codes.InvalidArgument, Message: "The request is not valid.", Cause: err}
	for _, violation := range broken.Violations {
		path, field := locateField(request.ProtoReflect().Descriptor(), violation.Proto.GetField().GetElements())
		invalid.Violations = append(invalid.Violations, adapters.Violation{Field: path, Description: describe(violation.Proto, field)})
	}
	return invalid
}

// describe says what is wrong with a field. A pattern says little to most callers, so it is told by the field's format and an example
// where the descriptor has them.
func describe(violation *validate.Violation, field protoreflect.FieldDescriptor) string {
	text := violation.GetMessage()
	if field == nil || violation.GetRuleId() != "string.pattern" {
		return text
	}
	if property, ok := proto.GetExtension(field.Options(), openapiv3.E_Property).(*openapiv3.Schema); ok && property.GetFormat() != "" {
		text = "must be a " + property.GetFormat() + digits(stringRules(field).GetPattern())
	}
	if examples := stringRules(field).GetExample(); len(examples) > 0 {
		text += ", as in " + examples[0]
	}
	return text
}

// decimalPattern is a pattern of mirror.Decimal, which bounds the digits before the point and behind it.
var decimalPattern = regexp.MustCompile(`^\^-\?\[0-9\]\{1,(\d+)\}(?:\(\\\.\[0-9\]\{1,(\d+)\}\)\?)?\$$`)

// digits says how many digits a pattern of a decimal leaves room for; nothing for any other pattern.
func digits(pattern string) string {
	match := decimalPattern.FindStringSubmatch(pattern)
	switch {
	case match == nil:
		return ""
	case match[2] == "":
		return " of at most " + match[1] + " digits and none behind a point"
	default:
		return " of at most " + match[1] + " digits before the point and " + match[2] + " behind it"
	}
}

// stringRules are the rules of a string field, or of the items of a list.
func stringRules(field protoreflect.FieldDescriptor) *validate.StringRules {
	rules, _ := proto.GetExtension(field.Options(), validate.E_Field).(*validate.FieldRules)
	if items := rules.GetRepeated().GetItems(); items != nil {
		rules = items
	}
	return rules.GetString()
}

// locateField spells a field path as the caller knows it (address.lines[0], tags["a"]), and returns the field at its end, if there is one.
func locateField(message protoreflect.MessageDescriptor, elements []*validate.FieldPathElement) (string, protoreflect.FieldDescriptor) {
	var path strings.Builder
	var field protoreflect.FieldDescriptor
	for _, element := range elements {
		if path.Len() > 0 {
			path.WriteByte('.')
		}
		name := element.GetFieldName()
		field = nil
		if message != nil {
			field = message.Fields().ByName(protoreflect.Name(name))
			message = nil
		}
		if field != nil {
			name, message = field.JSONName(), valueMessage(field)
		}
		path.WriteString(name)
		path.WriteString(subscript(element))
	}
	return path.String(), field
}

// valueMessage is the message that a field, an item or a map value holds, or nil.
func valueMessage(field protoreflect.FieldDescriptor) protoreflect.MessageDescriptor {
	if field.IsMap() {
		return field.MapValue().Message()
	}
	return field.Message()
}

func subscript(element *validate.FieldPathElement) string {
	switch at := element.GetSubscript().(type) {
	case *validate.FieldPathElement_Index:
		return "[" + strconv.FormatUint(at.Index, 10) + "]"
	case *validate.FieldPathElement_StringKey:
		return "[" + strconv.Quote(at.StringKey) + "]"
	case *validate.FieldPathElement_IntKey:
		return "[" + strconv.FormatInt(at.IntKey, 10) + "]"
	case *validate.FieldPathElement_UintKey:
		return "[" + strconv.FormatUint(at.UintKey, 10) + "]"
	case *validate.FieldPathElement_BoolKey:
		return "[" + strconv.FormatBool(at.BoolKey) + "]"
	default:
		return ""
	}
}

// Validate holds a request against its rules, as every call of a gateway does. The error is one of package adapters: InvalidArgument, with a violation
// for each rule that is broken.
func Validate(request proto.Message) error {
	v, err := newValidator()
	if err != nil {
		return err
	}
	return v.check(request)
}
