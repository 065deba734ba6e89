package format

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/postern-gateway/postern/adapters/batch/record"
)

// Members are those of a JSON object in their order. A value is Members, a list ([]any) of values, text, a [json.Number], a bool or nil.
type Members []Member

// A Member is one of them.
type Member struct {
	Name  string
	Value any
}

// Get returns the value of a name; nil if there is none, or it is null.
func (m Members) Get(name string) any {
	for _, member := range m {
		if member.Name == name {
			return member.Value
		}
	}
	return nil
}

// maxDepth is how deep values may be nested.
const maxDepth = 200

// ParseMembers reads a JSON object.
func ParseMembers(text []byte) (Members, error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	value, err := parseValue(decoder, 0)
	members, ok := value.(Members)
	if err == nil && (!ok || decoder.More()) {
		err = errors.New("something else stands there")
	}
	if err != nil {
		return nil, fmt.Errorf("this is no JSON object: %w", err)
	}
	return members, nil
}

// ParseList reads a JSON array.
func ParseList(text []byte) ([]any, error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	value, err := parseValue(decoder, 0)
	list, ok := value.([]any)
	if err == nil && (!ok || decoder.More()) {
		err = errors.New("something else stands there")
	}
	if err != nil {
		return nil, fmt.Errorf("this is no JSON array: %w", err)
	}
	return list, nil
}

func parseValue(decoder *json.Decoder, depth int) (any, error) {
	token, err := decoder.Token()
	if err != nil {
		return nil, err
	}
	delimiter, ok := token.(json.Delim)
	switch {
	case !ok:
		return token, nil
	case depth == maxDepth:
		return nil, fmt.Errorf("it is nested deeper than %d times", maxDepth)
	case delimiter == '[':
		list := []any{}
		for decoder.More() {
			value, err := parseValue(decoder, depth+1)
			if err != nil {
				return nil, err
			}
			list = append(list, value)
		}
		_, err = decoder.Token()
		return list, err
	default:
		return parseObject(decoder, depth)
	}
}

func parseObject(decoder *json.Decoder, depth int) (any, error) {
	members := Members{}
	for decoder.More() {
		name, err := decoder.Token()
		if err != nil {
			return nil, err
		}
		value, err := parseValue(decoder, depth+1)
		if err != nil {
			return nil, err
		}
		text, _ := name.(string)
		if members.has(text) {
			return nil, fmt.Errorf("the member %q is there twice", text)
		}
		members = append(members, Member{text, value})
	}
	_, err := decoder.Token()
	return members, err
}

func (m Members) has(name string) bool {
	for _, member := range m {
		if member.Name == name {
			return true
		}
	}
	return false
}

// AppendJSON appends them as a JSON object.
func (m Members) AppendJSON(to []byte) []byte {
	to = append(to, '{')
	for i, member := range m {
		if i > 0 {
			to = append(to, ',')
		}
		to = appendValue(append(record.AppendJSONString(to, member.Name), ':'), member.Value)
	}
	return append(to, '}')
}

func appendValue(to []byte, value any) []byte {
	switch value := value.(type) {
	case Members:
		return value.AppendJSON(to)
	case []any:
		to = append(to, '[')
		for i, element := range value {
			if i > 0 {
				to = append(to, ',')
			}
			to = appendValue(to, element)
		}
		return append(to, ']')
	case string:
		return record.AppendJSONString(to, value)
	case json.Number:
		return append(to, value...)
	case bool:
		return strconv.AppendBool(to, value)
	default:
		return append(to, "null"...)
	}
}

// Text is a single value as text; false if it is nil. The error says that it is no single value.
func Text(value any) (text string, there bool, err error) {
	switch value := value.(type) {
	case nil:
		return "", false, nil
	case string:
		return value, true, nil
	case json.Number:
		return value.String(), true, nil
	case bool:
		return strconv.FormatBool(value), true, nil
	default:
		return "", false, errors.New("is no single value")
	}
}

// List is the elements of a value: those of a list, or itself. It is empty for nil.
func List(value any) []any {
	switch value := value.(type) {
	case nil:
		return nil
	case []any:
		return value
	default:
		return []any{value}
	}
}

// Wrong is a mistake in a member, whose name is that of a field.
func Wrong(path, reason string, values ...any) error {
	return &record.FieldError{Path: path, Offset: -1, Reason: fmt.Sprintf(reason, values...)}
}

// Check holds members to fields: no others, lists only where there are several, and values of their types ([Emit]). The error is a [*record.FieldError].
func (m Members) Check(fields []*record.Field) error {
	known := make(map[string]*record.Field, len(fields))
	for _, f := range fields {
		known[f.Name] = f
	}
	for _, member := range m {
		f := known[member.Name]
		if f == nil {
			return Wrong(member.Name, "is no field")
		}
		if _, several := member.Value.([]any); several && !f.Repeated {
			return Wrong(f.Path, "is a list, and there is only one")
		}
		for _, value := range List(member.Value) {
			if err := checkValue(f, value); err != nil {
				return err
			}
		}
	}
	return nil
}

func checkValue(f *record.Field, value any) error {
	if f.Type == record.Group {
		members, ok := value.(Members)
		if !ok {
			return Wrong(f.Path, "is no group")
		}
		return members.Check(f.Children)
	}
	text, there, err := Text(value)
	if err == nil && there {
		err = parse(f, text, &record.Value{})
	}
	if err != nil {
		return Wrong(f.Path, "%v", err)
	}
	return nil
}

// Fit is Check, and returns the members as the file spells them.
func (m Members) Fit(fields []*record.Field) (Members, error) {
	if err := m.Check(fields); err != nil {
		return nil, err
	}
	return m.spelled(fields)
}

func (m Members) spelled(fields []*record.Field) (Members, error) {
	if !slices.ContainsFunc(fields, hasSpelling) {
		return m, nil
	}
	made := make(Members, 0, len(m))
	for _, member := range m {
		at := slices.IndexFunc(fields, func(f *record.Field) bool { return f.Name == member.Name })
		value, err := spell(fields[at], member.Value)
		if err != nil {
			return nil, err
		}
		made = append(made, Member{member.Name, value})
	}
	return made, nil
}

// hasSpelling reports whether the field, or one in its group, is spelled otherwise than in JSON.
func hasSpelling(f *record.Field) bool {
	return f.Spelling != nil || slices.ContainsFunc(f.Children, hasSpelling)
}

// spell is a value of a field, or of its elements, as the file has it.
func spell(f *record.Field, value any) (any, error) {
	switch value := value.(type) {
	case Members:
		return value.spelled(f.Children)
	case []any:
		list := make([]any, len(value))
		for i := range value {
			var err error
			if list[i], err = spell(f, value[i]); err != nil {
				return nil, err
			}
		}
		return list, nil
	}
	text, there, err := Text(value)
	if err != nil || !there || f.Spelling == nil || text == "" {
		return value, err
	}
	if text, err = f.Spelling.Format(text); err != nil {
		return nil, Wrong(f.Path, "%v", err)
	}
	return text, nil
}
