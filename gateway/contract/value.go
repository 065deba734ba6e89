package contract

import (
	"fmt"
	"math"
	"reflect"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/anypb"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/timestamppb"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

// unwrapOptional returns the type inside an optional, and whether it is one.
func unwrapOptional(t *cel.Type) (*cel.Type, bool) {
	if t.Kind() == types.OpaqueKind && t.TypeName() == "optional_type" {
		return t.Parameters()[0], true
	}
	return t, false
}

// assignable reports whether an expression of type got can give a field of type want. What only the value can show (dyn)
// is left to set.
func assignable(want, got *cel.Type) bool {
	switch got.Kind() {
	case types.DynKind, types.AnyKind, types.TypeParamKind, types.ErrorKind:
		return true
	case types.NullTypeKind:
		return want.IsAssignableType(got) || want.Kind() == types.StructKind ||
			want.Kind() == types.TimestampKind || want.Kind() == types.DurationKind || want.Kind() == types.DynKind
	}
	switch want.Kind() {
	case types.DynKind, types.AnyKind:
		return true
	case types.ListKind, types.MapKind:
		if got.Kind() != want.Kind() {
			return false
		}
		for i, parameter := range want.Parameters() {
			if !assignable(parameter, got.Parameters()[i]) {
				return false
			}
		}
		return true
	default:
		return want.IsAssignableType(got)
	}
}

// set puts a CEL value into a field. An empty optional, and null for all but a google.protobuf.Value, leave it unset.
func set(message protoreflect.Message, field protoreflect.FieldDescriptor, value ref.Val) error {
	if optional, ok := value.(*types.Optional); ok {
		if !optional.HasValue() {
			return nil
		}
		value = optional.GetValue()
	}
	switch {
	case field.IsMap():
		return setMap(message.Mutable(field).Map(), field, value)
	case field.IsList():
		return setList(message.Mutable(field).List(), field, value)
	case value == types.NullValue && !isMessage(field, "google.protobuf.Value"):
		return nil
	}
	converted, err := singular(field, value)
	if err != nil {
		return fmt.Errorf("setting %s: %w", field.Name(), err)
	}
	message.Set(field, converted)
	return nil
}

func setList(list protoreflect.List, field protoreflect.FieldDescriptor, value ref.Val) error {
	elements, ok := value.(traits.Lister)
	if !ok {
		return fmt.Errorf("setting %s: a %s is no list", field.Name(), value.Type().TypeName())
	}
	for it := elements.Iterator(); it.HasNext() == types.True; {
		element, err := singular(field, it.Next())
		if err != nil {
			return fmt.Errorf("setting %s[%d]: %w", field.Name(), list.Len(), err)
		}
		list.Append(element)
	}
	return nil
}

func setMap(to protoreflect.Map, field protoreflect.FieldDescriptor, value ref.Val) error {
	entries, ok := value.(traits.Mapper)
	if !ok {
		return fmt.Errorf("setting %s: a %s is no map", field.Name(), value.Type().TypeName())
	}
	for it := entries.Iterator(); it.HasNext() == types.True; {
		name := it.Next()
		key, err := singular(field.MapKey(), name)
		if err != nil {
			return fmt.Errorf("setting a key of %s: %w", field.Name(), err)
		}
		entry, err := singular(field.MapValue(), entries.Get(name))
		if err != nil {
			return fmt.Errorf("setting a value of %s: %w", field.Name(), err)
		}
		to.Set(key.MapKey(), entry)
	}
	return nil
}

// singular converts one value to the kind of a field. Nothing is cut off: a number that is out of the field's range
// is an error.
func singular(field protoreflect.FieldDescriptor, value ref.Val) (protoreflect.Value, error) {
	switch v := value.(type) {
	case types.Bool:
		if field.Kind() == protoreflect.BoolKind {
			return protoreflect.ValueOfBool(bool(v)), nil
		}
	case types.String:
		if field.Kind() == protoreflect.StringKind {
			return protoreflect.ValueOfString(string(v)), nil
		}
	case types.Bytes:
		if field.Kind() == protoreflect.BytesKind {
			return protoreflect.ValueOfBytes(v), nil
		}
	case types.Int:
		if converted, ok, err := integer(field, int64(v)); ok {
			return converted, err
		}
	case types.Uint:
		if converted, ok, err := unsigned(field, uint64(v)); ok {
			return converted, err
		}
	case types.Double:
		switch field.Kind() {
		case protoreflect.DoubleKind:
			return protoreflect.ValueOfFloat64(float64(v)), nil
		case protoreflect.FloatKind:
			return single(float64(v))
		}
	}
	if field.Message() == nil {
		return protoreflect.Value{}, fmt.Errorf("a %s is no %s", value.Type().TypeName(), field.Kind())
	}
	message, err := messageOf(field.Message(), value)
	if err != nil {
		return protoreflect.Value{}, err
	}
	return protoreflect.ValueOfMessage(message.ProtoReflect()), nil
}

// single rounds to a float, and does not turn a large number into infinity.
func single(v float64) (protoreflect.Value, error) {
	rounded := float32(v)
	if math.IsInf(float64(rounded), 0) && !math.IsInf(v, 0) {
		return protoreflect.Value{}, fmt.Errorf("%g is too large for a float", v)
	}
	return protoreflect.ValueOfFloat32(rounded), nil
}

func integer(field protoreflect.FieldDescriptor, v int64) (converted protoreflect.Value, ok bool, err error) {
	switch field.Kind() {
	case protoreflect.Int64Kind, protoreflect.Sint64Kind, protoreflect.Sfixed64Kind:
		return protoreflect.ValueOfInt64(v), true, nil
	case protoreflect.Int32Kind, protoreflect.Sint32Kind, protoreflect.Sfixed32Kind:
		return protoreflect.ValueOfInt32(int32(v)), true, inRange(v, math.MinInt32, math.MaxInt32) //nolint:gosec // checked beside it
	case protoreflect.EnumKind:
		return protoreflect.ValueOfEnum(protoreflect.EnumNumber(v)), true, inRange(v, math.MinInt32, math.MaxInt32) //nolint:gosec // checked beside it
	default:
		return protoreflect.Value{}, false, nil
	}
}

func unsigned(field protoreflect.FieldDescriptor, v uint64) (converted protoreflect.Value, ok bool, err error) {
	switch field.Kind() {
	case protoreflect.Uint64Kind, protoreflect.Fixed64Kind:
		return protoreflect.ValueOfUint64(v), true, nil
	case protoreflect.Uint32Kind, protoreflect.Fixed32Kind:
		return protoreflect.ValueOfUint32(uint32(v)), true, inRange(v, 0, math.MaxUint32) //nolint:gosec // checked beside it
	default:
		return protoreflect.Value{}, false, nil
	}
}

func inRange[T int64 | uint64](v, least, most T) error {
	if v < least || v > most {
		return fmt.Errorf("%d is not between %d and %d", v, least, most)
	}
	return nil
}

// messageOf converts a value to a message: CEL sees the messages of google.protobuf as the values that they stand for.
func messageOf(descriptor protoreflect.MessageDescriptor, value ref.Val) (proto.Message, error) {
	switch descriptor.FullName() {
	case "google.protobuf.Any":
		return native(value, reflect.TypeFor[*anypb.Any]())
	case "google.protobuf.Value":
		return native(value, reflect.TypeFor[*structpb.Value]())
	case "google.protobuf.Struct":
		return native(value, reflect.TypeFor[*structpb.Struct]())
	case "google.protobuf.ListValue":
		return native(value, reflect.TypeFor[*structpb.ListValue]())
	}
	switch v := value.(type) {
	case types.Timestamp:
		if descriptor.FullName() == "google.protobuf.Timestamp" {
			return timestamppb.New(v.Time), nil
		}
	case types.Duration:
		if descriptor.FullName() == "google.protobuf.Duration" {
			return durationpb.New(v.Duration), nil
		}
	default:
		if message, ok := value.Value().(proto.Message); ok && message.ProtoReflect().Descriptor().FullName() == descriptor.FullName() {
			return message, nil
		}
		if wrapper := newWrapper(descriptor.FullName()); wrapper != nil {
			reflection := wrapper.ProtoReflect()
			field := reflection.Descriptor().Fields().ByNumber(1)
			converted, err := singular(field, value)
			if err != nil {
				return nil, err
			}
			reflection.Set(field, converted)
			return wrapper, nil
		}
	}
	return nil, fmt.Errorf("a %s is no %s", value.Type().TypeName(), descriptor.FullName())
}

func native(value ref.Val, to reflect.Type) (proto.Message, error) {
	converted, err := value.ConvertToNative(to)
	if err != nil {
		return nil, err
	}
	message, ok := converted.(proto.Message)
	if !ok {
		return nil, fmt.Errorf("a %s is no %s", value.Type().TypeName(), to)
	}
	return message, nil
}

func newWrapper(name protoreflect.FullName) proto.Message {
	switch name {
	case "google.protobuf.BoolValue":
		return &wrapperspb.BoolValue{}
	case "google.protobuf.BytesValue":
		return &wrapperspb.BytesValue{}
	case "google.protobuf.DoubleValue":
		return &wrapperspb.DoubleValue{}
	case "google.protobuf.FloatValue":
		return &wrapperspb.FloatValue{}
	case "google.protobuf.Int32Value":
		return &wrapperspb.Int32Value{}
	case "google.protobuf.Int64Value":
		return &wrapperspb.Int64Value{}
	case "google.protobuf.StringValue":
		return &wrapperspb.StringValue{}
	case "google.protobuf.UInt32Value":
		return &wrapperspb.UInt32Value{}
	case "google.protobuf.UInt64Value":
		return &wrapperspb.UInt64Value{}
	default:
		return nil
	}
}

func isMessage(field protoreflect.FieldDescriptor, name protoreflect.FullName) bool {
	return field.Message() != nil && field.Message().FullName() == name
}
