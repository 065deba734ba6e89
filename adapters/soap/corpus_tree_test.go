package soap

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"
)

// A sampleNode is an element of a sample's tree.
type sampleNode struct {
	Namespace  string            `json:"ns"`
	Name       string            `json:"n"`
	Attributes []sampleAttribute `json:"a"`
	Children   []*sampleNode     `json:"k"`
	Value      *string           `json:"v"`
	Substitute []string          `json:"xt"` // the type to name in xsi:type
	Array      bool              `json:"encarr"`
	Any        bool              `json:"any"`
}

type sampleAttribute struct {
	Namespace string `json:"ns"`
	Name      string `json:"n"`
	Value     string `json:"v"`
}

// object is a JSON object.
type object = map[string]any

// requestJSON is what a REST caller sends for a sample. It is made as a caller would make it who has the sample before him and the API's description, which is
// all that this code looks at: the names of fields, the original names in their comments, and their types.
func requestJSON(roots []*sampleNode, message protoreflect.MessageDescriptor) (object, error) {
	if len(roots) == 1 {
		// The content of the one element in the body is the message, unless that has a field for the element.
		if out, err := messageJSON(roots[0], message); err == nil {
			return out, nil
		}
	}
	return messageJSON(&sampleNode{Children: roots}, message)
}

// messageJSON is an element as a message.
func messageJSON(n *sampleNode, message protoreflect.MessageDescriptor) (object, error) {
	out := object{}
	if len(n.Substitute) > 0 {
		if f := fieldOf(message, n.Substitute[1], func(f protoreflect.FieldDescriptor) bool { return f.ContainingOneof() != nil && f.Message() != nil }); f != nil {
			inner := *n
			inner.Substitute = nil
			value, err := messageJSON(&inner, f.Message())
			return object{f.JSONName(): value}, err
		}
	}
	if n.Array {
		items := message.Fields().ByJSONName("items")
		if items == nil {
			return nil, fmt.Errorf("%s has no field items", message.Name())
		}
		out["items"] = []any{}
		return out, itemsJSON(n.Children, items, out)
	}
	if err := textJSON(n, message, out); err != nil {
		return nil, err
	}
	for _, a := range n.Attributes {
		f := attributeOf(message, a)
		if f == nil {
			return nil, fmt.Errorf("%s has no field for the attribute %s", message.Name(), a.Name)
		}
		if err := valuesJSON(a.Value, f, out); err != nil {
			return nil, err
		}
	}
	return out, childrenJSON(n.Children, message, out)
}

func textJSON(n *sampleNode, message protoreflect.MessageDescriptor, out object) error {
	if n.Value == nil || strings.TrimSpace(*n.Value) == "" {
		return nil
	}
	for _, name := range []string{"value", "text"} {
		if f := message.Fields().ByJSONName(name); f != nil && f.Message() == nil {
			return valuesJSON(*n.Value, f, out)
		}
	}
	return fmt.Errorf("%s has no field for text", message.Name())
}

// valuesJSON fills in a simple value, or a list of them with blanks between.
func valuesJSON(text string, f protoreflect.FieldDescriptor, out object) error {
	values := []string{text}
	if f.IsList() {
		values = strings.Fields(text)
	}
	for _, one := range values {
		value, err := scalarJSON(one, f)
		if err != nil {
			return err
		}
		add(out, f, value)
	}
	return nil
}

// childrenJSON fills in child elements in their order.
func childrenJSON(children []*sampleNode, message protoreflect.MessageDescriptor, out object) error {
	for _, child := range children {
		if f := elementOf(message, child, out); f != nil {
			if err := childJSON(child, f, out); err != nil {
				return err
			}
			continue
		}
		if err := groupJSON(child, message, out); err != nil {
			return err
		}
	}
	return nil
}

// childJSON fills in one child element.
func childJSON(child *sampleNode, f protoreflect.FieldDescriptor, out object) error {
	name := f.JSONName()
	switch {
	case child.Array && f.IsList():
		out[name] = []any{}
		return itemsJSON(child.Children, f, out)
	case isFree(f) && f.Message().Name() == "Struct":
		add(out, f, object{clark(child.Namespace, child.Name): freeJSON(child)})
		return nil
	case isFree(f):
		add(out, f, freeJSON(child))
		return nil
	case f.Message() != nil && f.Message().FullName() != "google.protobuf.Timestamp":
		value, err := messageJSON(child, f.Message())
		add(out, f, value)
		return err
	case len(child.Children) > 0 || len(child.Attributes) > 0:
		return fmt.Errorf("the field %s holds no elements or attributes", f.FullName())
	}
	text := ""
	if child.Value != nil {
		text = *child.Value
	}
	value, err := scalarJSON(text, f)
	add(out, f, value)
	return err
}

// itemsJSON fills in the members of an array, whatever they are named.
func itemsJSON(children []*sampleNode, f protoreflect.FieldDescriptor, out object) error {
	for _, child := range children {
		if err := childJSON(child, f, out); err != nil {
			return err
		}
	}
	return nil
}

func add(out object, f protoreflect.FieldDescriptor, value any) {
	if !f.IsList() {
		out[f.JSONName()] = value
		return
	}
	list, _ := out[f.JSONName()].([]any)
	out[f.JSONName()] = append(list, value)
}

// groupJSON puts an element that the message has no field for into the list of messages that has one: into its last item, if that goes on, or a new one.
func groupJSON(child *sampleNode, message protoreflect.MessageDescriptor, out object) error {
	for i := range message.Fields().Len() {
		f := message.Fields().Get(i)
		if !f.IsList() || f.Message() == nil || isFree(f) || !reaches(f.Message(), child, 0) {
			continue
		}
		list, _ := out[f.JSONName()].([]any)
		if len(list) > 0 {
			last, _ := list[len(list)-1].(object)
			if goesOn(f.Message(), child, last) {
				return childrenJSON([]*sampleNode{child}, f.Message(), last)
			}
		}
		item := object{}
		out[f.JSONName()] = append(list, item)
		return childrenJSON([]*sampleNode{child}, f.Message(), item)
	}
	if f := message.Fields().ByJSONName("any"); f != nil {
		add(out, f, object{clark(child.Namespace, child.Name): freeJSON(child)})
		return nil
	}
	return fmt.Errorf("%s has no field for the element %s", message.Name(), child.Name)
}

// reaches reports whether a message has a field for an element, itself or in a list of it.
func reaches(message protoreflect.MessageDescriptor, child *sampleNode, depth int) bool {
	if elementOf(message, child, nil) != nil || child.Any && message.Fields().ByJSONName("any") != nil {
		return true
	}
	if depth == 2 {
		return false
	}
	for i := range message.Fields().Len() {
		f := message.Fields().Get(i)
		if f.IsList() && f.Message() != nil && f.Message() != message && isGroup(f) && reaches(f.Message(), child, depth+1) {
			return true
		}
	}
	return false
}

// isGroup reports whether a field is a list that stands for no element: nothing of the schema has its name.
func isGroup(f protoreflect.FieldDescriptor) bool { return !isFree(f) }

// goesOn reports whether an element can come behind what an item holds.
func goesOn(message protoreflect.MessageDescriptor, child *sampleNode, item object) bool {
	f := elementOf(message, child, nil)
	if f == nil {
		return len(item) > 0
	}
	if oneof := f.ContainingOneof(); oneof != nil && !oneof.IsSynthetic() {
		return false
	}
	_, given := item[f.JSONName()]
	if given {
		return false
	}
	for i := f.Index() + 1; i < message.Fields().Len(); i++ {
		if _, later := item[message.Fields().Get(i).JSONName()]; later {
			return false
		}
	}
	return true
}

// freeJSON is an element that no schema describes.
func freeJSON(n *sampleNode) any {
	text := ""
	if n.Value != nil {
		text = *n.Value
	}
	if len(n.Children) == 0 && len(n.Attributes) == 0 {
		return text
	}
	out := object{}
	for _, a := range n.Attributes {
		out["@"+clark(a.Namespace, a.Name)] = a.Value
	}
	for _, child := range n.Children {
		out[clark(child.Namespace, child.Name)] = freeJSON(child)
	}
	if text != "" {
		out["#text"] = text
	}
	return out
}

func clark(space, local string) string {
	if space == "" {
		return local
	}
	return "{" + space + "}" + local
}

func isFree(f protoreflect.FieldDescriptor) bool {
	return f.Message() != nil && f.Message().ParentFile().Path() == "google/protobuf/struct.proto"
}

// elementOf finds the field of an element: the first of its name that still has room.
func elementOf(message protoreflect.MessageDescriptor, n *sampleNode, out object) protoreflect.FieldDescriptor {
	if n.Any {
		return message.Fields().ByJSONName("any")
	}
	return fieldOf(message, n.Name, func(f protoreflect.FieldDescriptor) bool {
		_, taken := out[f.JSONName()]
		return (!taken || f.IsList()) && fits(n, f)
	})
}

// fits reports whether a field can hold an element: text or more.
func fits(n *sampleNode, f protoreflect.FieldDescriptor) bool {
	plain := f.Message() == nil || isFree(f) || f.Message().FullName() == "google.protobuf.Timestamp"
	return !plain || isFree(f) || n.Array || len(n.Children) == 0 && len(n.Attributes) == 0
}

// attributeOf finds the field of an attribute: the last of its name, since elements come first.
func attributeOf(message protoreflect.MessageDescriptor, a sampleAttribute) protoreflect.FieldDescriptor {
	var found protoreflect.FieldDescriptor
	fieldOf(message, a.Name, func(f protoreflect.FieldDescriptor) bool {
		if f.Message() == nil || f.Message().FullName() == "google.protobuf.Timestamp" {
			found = f
		}
		return false
	})
	return found
}

// fieldOf finds the first field with this original name that is good.
func fieldOf(message protoreflect.MessageDescriptor, original string, good func(protoreflect.FieldDescriptor) bool) protoreflect.FieldDescriptor {
	for i := range message.Fields().Len() {
		if f := message.Fields().Get(i); originalName(f, original) && good(f) {
			return f
		}
	}
	return nil
}

// originalName reports whether a field stands for this name: its comment says so where the names do not.
func originalName(f protoreflect.FieldDescriptor, name string) bool {
	comment := f.ParentFile().SourceLocations().ByDescriptor(f).LeadingComments
	if _, said, found := strings.Cut(comment, "Original name: "); found {
		said, _, _ = strings.Cut(said, "\n")
		return strings.TrimSpace(said) == name
	}
	return f.JSONName() == name || string(f.Name()) == name
}

// scalarJSON is text as the field's type is written in JSON.
func scalarJSON(text string, f protoreflect.FieldDescriptor) (any, error) {
	if f.Message() != nil {
		if slices.ContainsFunc([]string{"Z", "z"}, func(zone string) bool { return strings.HasSuffix(text, zone) }) || strings.ContainsAny(text[min(10, len(text)):], "+-") {
			return text, nil
		}
		return text + "Z", nil // the time zone of the tests
	}
	switch f.Kind() {
	case protoreflect.BoolKind:
		return text == "true" || text == "1", nil
	case protoreflect.StringKind, protoreflect.BytesKind:
		return text, nil
	default:
		if text == "INF" || text == "-INF" || text == "NaN" {
			return strings.Replace(text, "INF", "Infinity", 1), nil
		}
		return json.Number(strings.TrimPrefix(strings.TrimSpace(text), "+")), nil
	}
}
