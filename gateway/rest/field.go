package rest

import (
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"
)

// fieldAt returns the field at a path of names joined by dots. Every part may be the field's proto or JSON name. The error says what there is.
func fieldAt(message protoreflect.MessageDescriptor, path string) (protoreflect.FieldDescriptor, error) {
	var field protoreflect.FieldDescriptor
	for part := range strings.SplitSeq(path, ".") {
		if field != nil {
			if field.IsList() || field.IsMap() || field.Message() == nil {
				return nil, fmt.Errorf("%s has no fields of its own", field.JSONName())
			}
			message = field.Message()
		}
		if field = fieldNamed(message, part); field == nil {
			return nil, fmt.Errorf("there is no field %s%s", quote(part), suggest(part, jsonNames(message)))
		}
	}
	return field, nil
}

// fieldNamed finds a field by its JSON name or proto name, as protojson does.
func fieldNamed(message protoreflect.MessageDescriptor, name string) protoreflect.FieldDescriptor {
	if field := message.Fields().ByJSONName(name); field != nil {
		return field
	}
	return message.Fields().ByTextName(name)
}

// protoPath spells a path of existing fields in proto names.
func protoPath(message protoreflect.MessageDescriptor, path string) string {
	return spell(message, path, func(f protoreflect.FieldDescriptor) string { return string(f.Name()) })
}

// jsonPath spells a path of fields in JSON names. A part that is no field stays as it is.
func jsonPath(message protoreflect.MessageDescriptor, path string) string {
	return spell(message, path, protoreflect.FieldDescriptor.JSONName)
}

func spell(message protoreflect.MessageDescriptor, path string, name func(protoreflect.FieldDescriptor) string) string {
	parts := strings.Split(path, ".")
	for i, part := range parts {
		if message == nil {
			break
		}
		field := fieldNamed(message, part)
		if field == nil {
			break
		}
		parts[i] = name(field)
		message = field.Message()
	}
	return strings.Join(parts, ".")
}

func jsonNames(message protoreflect.MessageDescriptor) []string {
	names := make([]string, message.Fields().Len())
	for i := range names {
		names[i] = message.Fields().Get(i).JSONName()
	}
	return names
}

// maxListed is how many known names an error lists.
const maxListed = 20

// suggest says which of the known names is nearest to an unknown one, or what there is if that is little.
func suggest(unknown string, known []string) string {
	best, distance := "", len(unknown)/3+2
	for _, candidate := range known {
		if d := editDistance(strings.ToLower(unknown), strings.ToLower(candidate), distance); d < distance {
			best, distance = candidate, d
		}
	}
	switch {
	case best != "":
		return "; did you mean " + quote(best) + "?"
	case len(known) == 0:
		return "; there are none"
	case len(known) <= maxListed:
		return "; there are " + strings.Join(known, ", ")
	default:
		return ""
	}
}

// editDistance is the Levenshtein distance in bytes, or limit if it is not less.
func editDistance(a, b string, limit int) int {
	if len(a)-len(b) >= limit || len(b)-len(a) >= limit {
		return limit
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			substituted := diagonal
			if a[i] != b[j] {
				substituted++
			}
			diagonal = row[j+1]
			row[j+1] = min(substituted, row[j]+1, row[j+1]+1)
		}
		if slices.Min(row) >= limit {
			return limit
		}
	}
	return min(row[len(b)], limit)
}

// quote marks a caller's own word in a message, shortened so that it cannot fill the message.
func quote(word string) string {
	if runes := []rune(word); len(runes) > 60 {
		word = string(runes[:60]) + "…"
	}
	return `"` + word + `"`
}
