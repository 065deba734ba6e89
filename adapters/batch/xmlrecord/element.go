package xmlrecord

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"

	"github.com/postern-gateway/postern/adapters/batch/format"
	"github.com/postern-gateway/postern/adapters/batch/record"
)

// An Element is an XML element. Names are local.
type Element struct {
	Name       string
	Attributes []xml.Attr
	Children   []*Element
	// Text is the text directly in the element, with the white space around it taken off if there are children.
	Text string
}

// Parse reads one element. The error is a [*record.FieldError].
func Parse(raw []byte) (*Element, error) {
	decoder := xml.NewDecoder(bytes.NewReader(raw))
	var open []*Element
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return nil, &record.FieldError{Offset: -1, Reason: "the element does not end"}
		}
		if err != nil {
			return nil, &record.FieldError{Offset: int(decoder.InputOffset()), Reason: "is not well-formed"}
		}
		switch token := token.(type) {
		case xml.StartElement:
			element := &Element{Name: token.Name.Local, Attributes: token.Copy().Attr}
			if len(open) > 0 {
				parent := open[len(open)-1]
				parent.Children = append(parent.Children, element)
			}
			open = append(open, element)
		case xml.EndElement:
			element := open[len(open)-1]
			if len(element.Children) > 0 {
				element.Text = strings.TrimSpace(element.Text)
			}
			if open = open[:len(open)-1]; len(open) == 0 {
				return element, nil
			}
		case xml.CharData:
			if len(open) > 0 {
				open[len(open)-1].Text += string(token)
			}
		}
	}
}

// attributes are those that are data: not the declarations of namespaces.
func (e *Element) attributes() []xml.Attr {
	var kept []xml.Attr
	for _, attribute := range e.Attributes {
		if attribute.Name.Space != "xmlns" && attribute.Name.Local != "xmlns" {
			kept = append(kept, attribute)
		}
	}
	return kept
}

// object is the element for a layout: attributes by their names with @ in front, children by theirs, and text as #text. A child with nothing but text is that
// text where its field is no group.
func (e *Element) object(fields []*record.Field) format.Object {
	object := make(format.Object, len(fields))
	for _, f := range fields {
		switch {
		case f.Name == "#text":
			object[f.Name] = e.Text
		case strings.HasPrefix(f.Name, "@"):
			for _, attribute := range e.Attributes {
				if attribute.Name.Local == f.Name[1:] {
					object[f.Name] = attribute.Value
				}
			}
		default:
			if content := e.content(f); len(content) > 0 {
				object[f.Name] = content
			}
		}
		if content, ok := object[f.Name].([]any); ok && !f.Repeated {
			object[f.Name] = content[0]
		}
	}
	return object
}

// content are the children of a field's name.
func (e *Element) content(f *record.Field) []any {
	name := f.Name
	var found []any
	for _, child := range e.Children {
		if child.Name != name {
			continue
		}
		if f.Type == record.Group {
			found = append(found, child.object(f.Children))
		} else {
			found = append(found, child.Text)
		}
	}
	return found
}

// AppendJSON appends the element as plain JSON: an object of its attributes and children, lists where a name comes several times, and just text where there is
// nothing else.
func (e *Element) AppendJSON(to []byte) []byte {
	attributes := e.attributes()
	if len(e.Children) == 0 && len(attributes) == 0 {
		return record.AppendJSONString(to, e.Text)
	}
	to = append(to, '{')
	start := len(to)
	name := func(text string) {
		if len(to) > start {
			to = append(to, ',')
		}
		to = append(record.AppendJSONString(to, text), ':')
	}
	for _, attribute := range attributes {
		name("@" + attribute.Name.Local)
		to = record.AppendJSONString(to, attribute.Value)
	}
	for _, same := range e.byName() {
		name(same[0].Name)
		to = appendList(to, same)
	}
	if e.Text != "" {
		name("#text")
		to = record.AppendJSONString(to, e.Text)
	}
	return append(to, '}')
}

func appendList(to []byte, same []*Element) []byte {
	if len(same) == 1 {
		return same[0].AppendJSON(to)
	}
	for i, element := range same {
		separator := byte(',')
		if i == 0 {
			separator = '['
		}
		to = element.AppendJSON(append(to, separator))
	}
	return append(to, ']')
}

// byName groups the children, in the order of the first of each name.
func (e *Element) byName() [][]*Element {
	var groups [][]*Element
	places := make(map[string]int)
	for _, child := range e.Children {
		at, ok := places[child.Name]
		if !ok {
			at = len(groups)
			places[child.Name] = at
			groups = append(groups, nil)
		}
		groups[at] = append(groups[at], child)
	}
	return groups
}
