package codec

import (
	"errors"
	"math"
	"slices"
	"strconv"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/structpb"

	"github.com/postern-gateway/postern/adapters/soap/xsd"
)

// Content that no schema describes is JSON: an element without attributes and children is its text; any other is an object, with its
// attributes as "@name", its children as {namespace}local, and its text, if there is any, as "#text". Children of one name make a list. Children are
// written in the order of their names, unless "#content" lists them.
const (
	attributeMark = "@"
	textKey       = "#text"
	contentKey    = "#content"
	typeKey       = attributeMark + "{" + xsd.InstanceNamespace + "}type"
)

// freeStruct writes an element that the schema leaves open; several, where several may stand.
func (w *Writer) freeStruct(n *node, m protoreflect.Message) {
	content := &structpb.Struct{}
	if err := restate(m, content); err != nil {
		w.violate("the value cannot be sent")
		return
	}
	count := 0
	for _, key := range sortedKeys(content.GetFields()) {
		if name, ok := parseName(key); ok && !n.accepts.Accepts(name.Space) {
			w.violate("the schema accepts no element %s here: %s", key, acceptedSpaces(&n.accepts))
			continue
		}
		if list := content.GetFields()[key].GetListValue(); list != nil {
			count += len(list.GetValues())
		} else {
			count++
		}
		w.freeChild(key, content.GetFields()[key])
	}
	if count > n.max {
		w.violate("it has %d elements, and at most %d are accepted", count, n.max)
	}
}

// acceptedSpaces says for people which namespaces may stand in the place of a wildcard.
func acceptedSpaces(wildcard *xsd.Wildcard) string {
	names := make([]string, len(wildcard.Spaces))
	for i, space := range wildcard.Spaces {
		if names[i] = space; space == "" {
			names[i] = "no namespace"
		}
	}
	if wildcard.Other {
		return "every namespace but " + strings.Join(names, ", ")
	}
	return "one of " + strings.Join(names, ", ")
}

// openAttributes writes attributes that the schema leaves open. What the schema names has fields of its own.
func (w *Writer) openAttributes(p *plan, m protoreflect.Message) {
	content := &structpb.Struct{}
	if err := restate(m, content); err != nil {
		w.violate("the value cannot be sent")
		return
	}
	for _, key := range sortedKeys(content.GetFields()) {
		name, ok := parseName(key)
		if name.Space == xsd.InstanceNamespace || slices.ContainsFunc(p.attributes, func(a *attribute) bool { return a.tag.name == name }) {
			w.violate("the attribute %s cannot be given here", key)
			continue
		}
		if ok && !p.acceptsAttributes.Accepts(name.Space) {
			w.violate("the schema accepts no attribute %s here: %s", key, acceptedSpaces(&p.acceptsAttributes))
			continue
		}
		w.freeAttribute(key, content.GetFields()[key])
	}
}

// freeElement writes an element of type xs:anyType or xs:anySimpleType.
func (w *Writer) freeElement(e *element, m protoreflect.Message) {
	content := &structpb.Value{}
	if err := restate(m, content); err != nil {
		w.violate("the value cannot be sent")
		return
	}
	if e.simple && !isSimple(content) {
		w.violate("text, a number, true or false is accepted, or an object of #text and @{%s}type", xsd.InstanceNamespace)
		return
	}
	tag := w.tag(e)
	w.used[tag.space] = true
	w.free(tag.text, content)
}

// isSimple reports whether content is that of a simple type, whose one attribute can be xsi:type.
func isSimple(content *structpb.Value) bool {
	for key := range content.GetStructValue().GetFields() {
		if key != textKey && key != typeKey {
			return false
		}
	}
	return content.GetListValue() == nil
}

// restate copies a message, which may be dynamic, into a generated one.
func restate(m protoreflect.Message, into proto.Message) error {
	if m.Descriptor().FullName() == into.ProtoReflect().Descriptor().FullName() && m.Type() == into.ProtoReflect().Type() {
		proto.Merge(into, m.Interface())
		return nil
	}
	wire, err := proto.Marshal(m.Interface())
	if err != nil {
		return err
	}
	return proto.Unmarshal(wire, into)
}

func (w *Writer) freeChild(key string, content *structpb.Value) {
	name, ok := parseName(key)
	if !ok {
		w.violate("%q is no name of an element; {namespace}local is accepted", key)
		return
	}
	if list := content.GetListValue(); list != nil {
		for _, item := range list.GetValues() {
			w.freeChild(key, item)
		}
		return
	}
	w.free(w.freeName(name), content)
}

// freeName spells a name.
func (w *Writer) freeName(name xsd.Name) string {
	switch name.Space {
	case "":
		return name.Local
	case xmlNamespace:
		return "xml:" + name.Local
	}
	return w.prefix(name.Space) + ":" + name.Local
}

func (w *Writer) free(tag string, content *structpb.Value) {
	w.buffer = append(append(w.buffer, '<'), tag...)
	fields := content.GetStructValue().GetFields()
	for _, key := range sortedKeys(fields) {
		if strings.HasPrefix(key, attributeMark) {
			w.freeAttribute(key[len(attributeMark):], fields[key])
		}
	}
	if w.encoding != nil && fields[typeKey] == nil {
		w.freeType(content, fields)
	}
	text := fields[textKey]
	if fields == nil {
		text = content
	}
	switch kind := text.GetKind().(type) {
	case *structpb.Value_NullValue:
		w.used[instanceSpace] = true
		w.buffer = append(w.buffer, ` xsi:nil="true"/>`...)
		return
	case *structpb.Value_StringValue:
		w.buffer = append(w.buffer, '>')
		if err := w.escape(kind.StringValue); err != nil {
			w.violate("the value cannot be sent: %v", err)
		}
	case *structpb.Value_NumberValue:
		w.buffer = appendFloat(append(w.buffer, '>'), kind.NumberValue, 64)
	case *structpb.Value_BoolValue:
		w.buffer = append(w.buffer, '>')
		if kind.BoolValue {
			w.buffer = append(w.buffer, "true"...)
		} else {
			w.buffer = append(w.buffer, "false"...)
		}
	case *structpb.Value_ListValue:
		if w.encoding == nil {
			w.violate("a list cannot stand here; a list is accepted as the content of a named element")
			return
		}
		w.buffer = append(w.buffer, '>')
		for _, item := range kind.ListValue.GetValues() {
			w.free("item", item)
		}
	default:
		w.buffer = append(w.buffer, '>')
	}
	for _, key := range sortedKeys(fields) {
		if !strings.HasPrefix(key, attributeMark) && key != textKey && key != contentKey {
			w.freeChild(key, fields[key])
		}
	}
	w.inOrder(fields[contentKey])
	w.buffer = append(append(append(w.buffer, '<', '/'), tag...), '>')
}

// freeType says in an encoded body what free content is, as accessors of any type must.
func (w *Writer) freeType(content *structpb.Value, fields map[string]*structpb.Value) {
	var name string
	switch kind := content.GetKind().(type) {
	case *structpb.Value_StringValue:
		name = "xsd:string"
	case *structpb.Value_NumberValue:
		name = "xsd:double"
		if n := kind.NumberValue; n == math.Trunc(n) && math.Abs(n) <= math.MaxInt32 {
			name = "xsd:int"
		}
	case *structpb.Value_BoolValue:
		name = "xsd:boolean"
	case *structpb.Value_StructValue:
		if fields[textKey] == nil {
			return
		}
		name = "xsd:string"
	case *structpb.Value_ListValue:
		a := array{rank: 1, of: w.mapper.anyType}
		w.arrayType(&a, []int{len(kind.ListValue.GetValues())})
		return
	default:
		return
	}
	w.used[schemaSpace] = true
	w.xsiType(name)
}

// inOrder writes content whose order counts: elements, each an object with one key, and text between them.
func (w *Writer) inOrder(content *structpb.Value) {
	if content == nil {
		return
	}
	list := content.GetListValue()
	if list == nil {
		w.violate("%s is a list of texts and of objects that each name one element", contentKey)
		return
	}
	for _, item := range list.GetValues() {
		element := item.GetStructValue()
		if element == nil {
			if err := w.freeText(item); err != nil {
				w.violate("%s cannot be sent: %v", contentKey, err)
			}
			continue
		}
		for _, key := range sortedKeys(element.GetFields()) {
			w.freeChild(key, element.GetFields()[key])
		}
	}
}

func (w *Writer) freeAttribute(key string, content *structpb.Value) {
	name, ok := parseName(key)
	if !ok || name.Local == "xmlns" || name.Space == "http://www.w3.org/2000/xmlns/" {
		w.violate("%q is no name of an attribute; @{namespace}local is accepted", key)
		return
	}
	w.buffer = append(append(w.buffer, ' '), w.freeName(name)...)
	w.buffer = append(w.buffer, '=', '"')
	w.quoted = true
	var err error
	if name == (xsd.Name{Space: xsd.InstanceNamespace, Local: "type"}) {
		err = w.qname(content.GetStringValue())
	} else {
		err = w.freeText(content)
	}
	w.quoted = false
	if err != nil {
		w.violate("the attribute %s cannot be sent: %v", key, err)
	}
	w.buffer = append(w.buffer, '"')
}

// freeText writes a scalar of free content.
func (w *Writer) freeText(content *structpb.Value) error {
	switch kind := content.GetKind().(type) {
	case *structpb.Value_StringValue:
		return w.escape(kind.StringValue)
	case *structpb.Value_NumberValue:
		w.buffer = appendFloat(w.buffer, kind.NumberValue, 64)
	case *structpb.Value_BoolValue:
		w.buffer = strconv.AppendBool(w.buffer, kind.BoolValue)
	default:
		return errors.New("text, a number, true or false is accepted")
	}
	return nil
}

func sortedKeys(fields map[string]*structpb.Value) []string {
	keys := make([]string, 0, len(fields))
	for key := range fields {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}
