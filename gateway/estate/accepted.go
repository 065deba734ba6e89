package estate

import (
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"
)

// isFreeContent reports whether a message stands for content of any shape.
func isFreeContent(message protoreflect.MessageDescriptor) bool {
	switch message.FullName() {
	case "google.protobuf.Struct", "google.protobuf.Value", "google.protobuf.ListValue":
		return true
	default:
		return false
	}
}

// isScalarMessage reports whether a message is written as one value.
func isScalarMessage(message protoreflect.MessageDescriptor) bool {
	return message.FullName() == "google.protobuf.Duration" || message.FullName() == "google.protobuf.Timestamp"
}

// findField returns the field of that name, in the proto or the JSON spelling.
func findField(message protoreflect.MessageDescriptor, name string) protoreflect.FieldDescriptor {
	if field := message.Fields().ByName(protoreflect.Name(name)); field != nil {
		return field
	}
	return message.Fields().ByJSONName(name)
}

func fieldNames(message protoreflect.MessageDescriptor) []string {
	names := make([]string, message.Fields().Len())
	for i := range names {
		names[i] = string(message.Fields().Get(i).Name())
	}
	return names
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// nearest returns the one of names that name was probably meant to be, or "".
func nearest(name string, names []string) string {
	best, bestDistance := "", max(len(name)/3, 1)
	for _, candidate := range names {
		if d := distance(strings.ToLower(name), strings.ToLower(candidate)); d <= bestDistance && (best == "" || d < bestDistance) {
			best, bestDistance = candidate, d
		}
	}
	return best
}

// distance is the number of letters to add, drop, change or swap with their neighbour to get from a to b (optimal string alignment).
func distance(a, b string) int {
	if len(a) > 64 || len(b) > 64 {
		return max(len(a), len(b))
	}
	rows := [3][]int{make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)}
	for j := range rows[1] {
		rows[1][j] = j
	}
	for i := 1; i <= len(a); i++ {
		rows[2][0] = i
		for j := 1; j <= len(b); j++ {
			changed := rows[1][j-1]
			if a[i-1] != b[j-1] {
				changed++
			}
			rows[2][j] = min(rows[1][j]+1, rows[2][j-1]+1, changed)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				rows[2][j] = min(rows[2][j], rows[0][j-2]+1)
			}
		}
		rows[0], rows[1], rows[2] = rows[1], rows[2], rows[0]
	}
	return rows[1][len(b)]
}

// acceptedInstead says what stands in a field that has no value.
func acceptedInstead(field protoreflect.FieldDescriptor) string {
	switch {
	case field.IsMap():
		return "`name: value` lines, or {} for none"
	case field.Message() != nil && !isScalarMessage(field.Message()) && field.Message().FullName() != secretMessage:
		return strings.Join(fieldNames(field.Message()), ", ") + "; or {} where all of them are left out"
	case field.Kind() == protoreflect.StringKind:
		return `text; "" where it is meant to be empty`
	default:
		return acceptedValue(field)
	}
}

// acceptedValue says what one value of a field is.
func acceptedValue(field protoreflect.FieldDescriptor) string {
	if message := field.Message(); message != nil {
		switch message.FullName() {
		case "google.protobuf.Duration":
			return "a duration such as 500ms, 10s or 1h30m"
		case "google.protobuf.Timestamp":
			return "a time such as 2026-01-31T09:00:00Z"
		case secretMessage:
			return "{env: NAME} or {file: PATH}"
		default:
			return strings.Join(fieldNames(message), ", ")
		}
	}
	switch field.Kind() {
	case protoreflect.BoolKind:
		return "true or false"
	case protoreflect.EnumKind:
		return strings.Join(enumNames(field.Enum()), ", ")
	case protoreflect.BytesKind:
		return "bytes in base64"
	case protoreflect.StringKind:
		return "text"
	case protoreflect.FloatKind, protoreflect.DoubleKind:
		return "a number"
	default:
		return "a whole number"
	}
}

// enumNames returns the values that can be set on purpose: all but number 0, which is what a field that is not set holds.
func enumNames(enum protoreflect.EnumDescriptor) []string {
	var names []string
	for i := range enum.Values().Len() {
		if value := enum.Values().Get(i); value.Number() != 0 {
			names = append(names, string(value.Name()))
		}
	}
	return names
}
