package rest

import (
	"strconv"
	"strings"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// setScalar sets a field of numbers, text, bytes or booleans, as grpc-gateway does, but without looking for the field again.
func setScalar(parent protoreflect.Message, field protoreflect.FieldDescriptor, values []string) string {
	for _, text := range values {
		value, err := parseScalar(field.Kind(), text)
		switch {
		case err != nil && field.IsList() && strings.Contains(text, ","):
			return "wants " + wanted(field) + "; for several values repeat the parameter, one in each"
		case err != nil:
			return "wants " + wanted(field)
		case field.IsList():
			parent.Mutable(field).List().Append(value)
		default:
			parent.Set(field, value)
		}
	}
	return ""
}

// parseScalar reads a value. Numbers are decimal; bytes are base64, in either alphabet.
func parseScalar(kind protoreflect.Kind, text string) (protoreflect.Value, error) {
	const base = 10
	switch kind {
	case protoreflect.StringKind:
		return protoreflect.ValueOfString(text), nil
	case protoreflect.BoolKind:
		value, err := strconv.ParseBool(text)
		return protoreflect.ValueOfBool(value), err
	case protoreflect.Int32Kind, protoreflect.Sint32Kind, protoreflect.Sfixed32Kind:
		value, err := strconv.ParseInt(text, base, 32)
		return protoreflect.ValueOfInt32(int32(value)), err
	case protoreflect.Int64Kind, protoreflect.Sint64Kind, protoreflect.Sfixed64Kind:
		value, err := strconv.ParseInt(text, base, 64)
		return protoreflect.ValueOfInt64(value), err
	case protoreflect.Uint32Kind, protoreflect.Fixed32Kind:
		value, err := strconv.ParseUint(text, base, 32)
		return protoreflect.ValueOfUint32(uint32(value)), err
	case protoreflect.Uint64Kind, protoreflect.Fixed64Kind:
		value, err := strconv.ParseUint(text, base, 64)
		return protoreflect.ValueOfUint64(value), err
	case protoreflect.FloatKind:
		value, err := strconv.ParseFloat(text, 32)
		return protoreflect.ValueOfFloat32(float32(value)), err
	case protoreflect.DoubleKind:
		value, err := strconv.ParseFloat(text, 64)
		return protoreflect.ValueOfFloat64(value), err
	default:
		value, err := runtime.Bytes(text)
		return protoreflect.ValueOfBytes(value), err
	}
}
