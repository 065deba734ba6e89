package mirror

import (
	"fmt"
	"strings"

	"buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate"
	"cloud.google.com/go/longrunning/autogen/longrunningpb"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/fieldmaskpb"
	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// A Type is the protobuf type of a field, with the rules that hold for every value of it.
type Type struct {
	kind     descriptorpb.FieldDescriptorProto_Type
	message  *Message // of a message of the same file
	external string   // full name of a message of another file
	imports  string   // the file of external
	format   string   // OpenAPI format
	rules    *validate.FieldRules
}

// The types whose protobuf kind says everything.
var (
	Bool   = Type{kind: descriptorpb.FieldDescriptorProto_TYPE_BOOL}
	Int32  = Type{kind: descriptorpb.FieldDescriptorProto_TYPE_INT32}
	Int64  = Type{kind: descriptorpb.FieldDescriptorProto_TYPE_INT64}
	Uint32 = Type{kind: descriptorpb.FieldDescriptorProto_TYPE_UINT32}
	Uint64 = Type{kind: descriptorpb.FieldDescriptorProto_TYPE_UINT64}
	Float  = Type{kind: descriptorpb.FieldDescriptorProto_TYPE_FLOAT}
	Double = Type{kind: descriptorpb.FieldDescriptorProto_TYPE_DOUBLE}
	String = Type{kind: descriptorpb.FieldDescriptorProto_TYPE_STRING}
	Bytes  = Type{kind: descriptorpb.FieldDescriptorProto_TYPE_BYTES}
)

// The types that are messages of google.protobuf and its kin.
var (
	// Timestamp is a date and time. A time with no zone has been read in the back end's zone.
	Timestamp = External((*timestamppb.Timestamp)(nil))
	// Struct is free content with fields.
	Struct = External((*structpb.Struct)(nil))
	// Value is free content of any shape.
	Value = External((*structpb.Value)(nil))
	// List is a list whose items are free: values, lists, or null. Unlike a repeated field it may be absent, and is then told from an empty one.
	List = External((*structpb.ListValue)(nil))
	// FieldMask is the updateMask of AIP-134.
	FieldMask = External((*fieldmaskpb.FieldMask)(nil))
	// Empty is the reply of a method that has nothing to say.
	Empty = External((*emptypb.Empty)(nil))
	// Operation is the long-running operation of AIP-151.
	Operation = External((*longrunningpb.Operation)(nil))
)

// External is a message of a file that is linked into the program, given by any message of its Go type.
func External(message proto.Message) Type {
	descriptor := message.ProtoReflect().Descriptor()
	return Type{
		kind:     descriptorpb.FieldDescriptorProto_TYPE_MESSAGE,
		external: string(descriptor.FullName()),
		imports:  descriptor.ParentFile().Path(),
	}
}

// Of is a message of the same file.
func Of(message *Message) Type {
	return Type{kind: descriptorpb.FieldDescriptorProto_TYPE_MESSAGE, message: message}
}

// Date is a calendar date as text, 2026-01-31.
func Date() Type {
	return text("date", "2026-01-31", `^-?[0-9]{4,}-[0-9]{2}-[0-9]{2}$`)
}

// Formatted is text in a documented format that no rule checks here: time, duration, gYear.
func Formatted(format, example string) Type {
	return text(format, example, "")
}

// Decimal is an exact decimal number as text. precision is the number of digits in all and scale the number behind the point; a
// precision of 0 means that there is no bound.
func Decimal(precision, scale int) Type {
	switch {
	case precision <= 0:
		return text("decimal", "0", `^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)$`)
	case scale <= 0:
		return text("decimal", "0", fmt.Sprintf(`^-?[0-9]{1,%d}$`, precision))
	default:
		example := "0." + strings.Repeat("0", scale)
		return text("decimal", example, fmt.Sprintf(`^-?[0-9]{1,%d}(\.[0-9]{1,%d})?$`, max(precision-scale, 1), scale))
	}
}

// Enum is text that is one of the values.
func Enum(values ...string) Type {
	return String.With(&validate.FieldRules{Type: &validate.FieldRules_String_{String_: &validate.StringRules{In: values}}})
}

// With returns the type with more rules, merged over those it has.
func (t Type) With(rules *validate.FieldRules) Type {
	if rules == nil {
		return t
	}
	merged := &validate.FieldRules{}
	if t.rules != nil {
		proto.Merge(merged, t.rules)
	}
	proto.Merge(merged, rules)
	t.rules = merged
	return t
}

// IsScalar reports whether a field of the type can be a query parameter.
func (t Type) IsScalar() bool {
	return t.kind != descriptorpb.FieldDescriptorProto_TYPE_MESSAGE
}

// MaxLength returns a string type of at most n characters; n of 0 means any.
func MaxLength(n int) Type {
	if n <= 0 {
		return String
	}
	return String.With(&validate.FieldRules{Type: &validate.FieldRules_String_{String_: &validate.StringRules{MaxLen: proto.Uint64(uint64(n))}}})
}

func text(format, example, pattern string) Type {
	rules := &validate.StringRules{Example: []string{example}}
	if pattern != "" {
		rules.Pattern = proto.String(pattern)
	}
	t := String
	t.format = format
	t.rules = &validate.FieldRules{Type: &validate.FieldRules_String_{String_: rules}}
	return t
}
