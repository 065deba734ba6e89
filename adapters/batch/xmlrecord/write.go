package xmlrecord

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/postern-gateway/postern/adapters/batch/format"
	"github.com/postern-gateway/postern/adapters/batch/record"
)

var (
	_ format.Written = (*Format)(nil)
	_ format.Filled  = (*Format)(nil)
)

// around returns the elements around the records, from the root. The path must name each of them.
func (f *Format) around() ([]string, error) {
	names := f.path.names
	if f.path.anywhere || len(names) < 2 || slices.ContainsFunc(names, func(name string) bool { return !isName(name) }) {
		return nil, errors.New("name the elements from the root to the records, as in Orders/Order")
	}
	return names[:len(names)-1], nil
}

// Envelope implements [format.Written].
func (f *Format) Envelope() (format.Envelope, error) {
	around, err := f.around()
	if err != nil {
		return format.Envelope{}, err
	}
	front, back := xml.Header, ""
	for _, name := range around {
		front += "<" + name + ">"
		back = "</" + name + ">" + back
	}
	return format.Envelope{Front: []byte(front + "\n"), End: f.End(), Back: []byte(back + "\n")}, nil
}

// Encode implements [format.Written]. Attributes have @ in front of their names, and #text is the text; with a layout, elements are in its order, and otherwise in
// that of the members.
func (f *Format) Encode(to []byte, members format.Members) ([]byte, error) {
	var fields []*record.Field
	if f.layout != nil {
		fields = f.layout.Fields
		var err error
		if members, err = members.Fit(fields); err != nil {
			return to, err
		}
	}
	return appendElement(to, f.path.names[len(f.path.names)-1], members, fields)
}

// isName reports whether text is a local name (Namespaces in XML 1.0, NCName; the few more characters that XML has in names are left out).
func isName(text string) bool {
	for i, r := range text {
		if r != '_' && !unicode.IsLetter(r) && (i == 0 || r != '-' && r != '.' && !unicode.IsDigit(r)) {
			return false
		}
	}
	return text != ""
}

// inOrder returns the members as the fields have them.
func inOrder(members format.Members, fields []*record.Field) format.Members {
	if fields == nil {
		return members
	}
	ordered := make(format.Members, 0, len(members))
	for _, f := range fields {
		if value := members.Get(f.Name); value != nil {
			ordered = append(ordered, format.Member{Name: f.Name, Value: value})
		}
	}
	return ordered
}

func appendElement(to []byte, name string, value any, fields []*record.Field) ([]byte, error) {
	if !isName(name) {
		return to, format.Wrong(name, "cannot be the name of an element")
	}
	to = append(append(to, '<'), name...)
	var err error
	members, ok := value.(format.Members)
	if !ok {
		if to, err = appendText(append(to, '>'), name, value); err != nil {
			return to, err
		}
		return append(append(append(to, '<', '/'), name...), '>'), nil
	}
	members = inOrder(members, fields)
	if to, err = appendAttributes(to, members); err != nil {
		return to, err
	}
	to = append(to, '>')
	if to, err = appendContent(to, members, fields); err != nil {
		return to, err
	}
	return append(append(append(to, '<', '/'), name...), '>'), nil
}

// appendAttributes appends those members that are attributes.
func appendAttributes(to []byte, members format.Members) (_ []byte, err error) {
	for _, member := range members {
		attribute, ok := strings.CutPrefix(member.Name, "@")
		if !ok || member.Value == nil {
			continue
		}
		if !isName(attribute) {
			return to, format.Wrong(member.Name, "cannot be the name of an attribute")
		}
		if to, err = appendText(append(append(append(to, ' '), attribute...), '=', '"'), member.Name, member.Value); err != nil {
			return to, err
		}
		to = append(to, '"')
	}
	return to, nil
}

// appendContent appends what stands in an element.
func appendContent(to []byte, members format.Members, fields []*record.Field) (_ []byte, err error) {
	for _, member := range members {
		switch {
		case strings.HasPrefix(member.Name, "@"):
			continue
		case member.Name == "#text":
			if to, err = appendText(to, member.Name, member.Value); err != nil {
				return to, err
			}
			continue
		}
		var children []*record.Field
		for _, f := range fields {
			if f.Name == member.Name {
				children = f.Children
			}
		}
		for _, element := range format.List(member.Value) {
			if to, err = appendElement(to, member.Name, element, children); err != nil {
				return to, err
			}
		}
	}
	return to, nil
}

// appendText appends text with its special characters escaped.
func appendText(to []byte, name string, value any) ([]byte, error) {
	text, _, err := format.Text(value)
	if err != nil {
		return to, format.Wrong(name, "%v", err)
	}
	if err := checkText(text); err != nil {
		return to, format.Wrong(name, "%v", err)
	}
	var escaped bytes.Buffer
	if err := xml.EscapeText(&escaped, []byte(text)); err != nil {
		return to, format.Wrong(name, "%v", err)
	}
	return append(to, escaped.Bytes()...), nil
}

// checkText refuses characters that XML cannot hold (XML 1.0, section 2.2).
func checkText(text string) error {
	for _, r := range text {
		if r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == 0xFFFE || r == 0xFFFF {
			return fmt.Errorf("holds the character %U, which XML has not", r)
		}
	}
	return nil
}

// CheckValue implements [format.Filled].
func (f *Format) CheckValue(_ *record.Field, text string) error { return checkText(text) }
