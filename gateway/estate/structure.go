package estate

import (
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/postern-gateway/postern/gateway/diagnostic"
)

// secretMessage is the message whose values must be references.
const secretMessage = "postern.config.v1.Secret"

// A structureCheck compares a document with the message that it is to be decoded into: keys that are unknown or there twice, lists where there
// is one value, nothing where there should be something. protoyaml accepts some of these, and of the others it says less.
type structureCheck struct {
	text *diagnostic.Text
	list diagnostic.List
	// values are the fields by the place of their values, to say which field an error of the decoder is about.
	values map[Position]fieldValue
	// misspelt are the paths of fields that an unknown key was probably meant to be.
	misspelt map[string]bool
}

// A fieldValue is a field and where it stands in the document.
type fieldValue struct {
	path       string
	descriptor protoreflect.FieldDescriptor
	node       *yaml.Node
}

func (c *structureCheck) report(node *yaml.Node, accepted, format string, arguments ...any) {
	c.list.Add(c.text.At(node.Line, node.Column, format, arguments...).Accepting(accepted))
}

// message checks the fields of a message.
func (c *structureCheck) message(node *yaml.Node, message protoreflect.MessageDescriptor, path string) {
	seen := make(map[protoreflect.FieldNumber]*yaml.Node)
	for i := 0; i+1 < len(node.Content); i += 2 {
		key, value := node.Content[i], node.Content[i+1]
		if !c.plain(key) {
			continue
		}
		field := findField(message, key.Value)
		if field == nil {
			c.unknown(key, message, path)
			continue
		}
		if first := seen[field.Number()]; first != nil {
			c.repeated(key, first)
		} else {
			seen[field.Number()] = key
		}
		c.field(value, field, join(path, string(field.Name())))
	}
}

// plain reports whether a key is one that can name a field.
func (c *structureCheck) plain(key *yaml.Node) bool {
	switch {
	case key.Value == "<<" && key.Tag == "!!merge":
		c.report(key, "the fields written out", "merging is not accepted")
	case !c.unadorned(key):
	case key.Kind != yaml.ScalarNode:
		c.report(key, "a name", "a key cannot be %s", describeKind(key))
	default:
		return true
	}
	return false
}

// unadorned refuses anchors, aliases and tags: what is read must be what is written at this place.
func (c *structureCheck) unadorned(node *yaml.Node) bool {
	switch {
	case node.Kind == yaml.AliasNode:
		c.report(node, "the value written out", "aliases are not accepted")
	case node.Anchor != "":
		c.report(node, "the value written out where it is used", "anchors are not accepted")
	case node.Style&yaml.TaggedStyle != 0:
		c.report(node, "the value without its tag", "tags such as %s are not accepted", node.Tag)
	default:
		return true
	}
	return false
}

func (c *structureCheck) unknown(key *yaml.Node, message protoreflect.MessageDescriptor, path string) {
	names := fieldNames(message)
	if meant := nearest(key.Value, names); meant != "" {
		c.misspelt[join(path, meant)] = true
		c.report(key, strings.Join(names, ", "), "unknown field %q; did you mean %q?", key.Value, meant)
		return
	}
	c.report(key, strings.Join(names, ", "), "unknown field %q", key.Value)
}

func (c *structureCheck) repeated(key, first *yaml.Node) {
	c.report(key, "", "%q is here twice; it is first set at line %d", key.Value, first.Line)
}

func (c *structureCheck) field(node *yaml.Node, field protoreflect.FieldDescriptor, path string) {
	if !c.unadorned(node) {
		return
	}
	if field.Message() != nil && isFreeContent(field.Message()) && !field.IsMap() && !field.IsList() {
		c.value(node, field, path)
		return
	}
	switch {
	case node.Kind == yaml.ScalarNode && node.Tag == "!!null":
		c.report(node, acceptedInstead(field), "%s has no value", path)
	case field.IsMap():
		c.entries(node, field, path)
	case field.IsList():
		c.elements(node, field, path)
	default:
		c.value(node, field, path)
	}
}

func (c *structureCheck) entries(node *yaml.Node, field protoreflect.FieldDescriptor, path string) {
	if node.Kind != yaml.MappingNode {
		c.report(node, "`name: value` lines", "%s holds entries, not %s", path, describeKind(node))
		return
	}
	seen := make(map[string]*yaml.Node)
	for i := 0; i+1 < len(node.Content); i += 2 {
		key, value := node.Content[i], node.Content[i+1]
		if !c.plain(key) {
			continue
		}
		if first := seen[key.Value]; first != nil {
			c.repeated(key, first)
		} else {
			seen[key.Value] = key
		}
		c.field(value, field.MapValue(), fmt.Sprintf("%s[%q]", path, key.Value))
	}
}

func (c *structureCheck) elements(node *yaml.Node, field protoreflect.FieldDescriptor, path string) {
	if node.Kind != yaml.SequenceNode {
		c.report(node, "a list, each element on a line that starts with `- `", "%s is a list, not %s", path, describeKind(node))
		return
	}
	for i, element := range node.Content {
		if !c.unadorned(element) {
			continue
		}
		elementPath := fmt.Sprintf("%s[%d]", path, i)
		if element.Tag == "!!null" {
			c.report(element, acceptedInstead(field), "%s has no value", elementPath)
			continue
		}
		c.value(element, field, elementPath)
	}
}

// value checks one value: not a list, not a map.
func (c *structureCheck) value(node *yaml.Node, field protoreflect.FieldDescriptor, path string) {
	c.values[Position{node.Line, node.Column}] = fieldValue{path: path, descriptor: field, node: node}
	message := field.Message()
	switch {
	case message == nil || isScalarMessage(message):
		if node.Kind != yaml.ScalarNode {
			c.report(node, acceptedValue(field), "%s is a single value, not %s", path, describeKind(node))
		}
	case isFreeContent(message):
		c.free(node)
		if message.Name() == "Struct" && node.Kind != yaml.MappingNode {
			c.report(node, "`name: value` lines", "%s holds fields, not %s", path, describeKind(node))
		}
	case node.Kind == yaml.MappingNode:
		c.message(node, message, path)
	case message.FullName() == secretMessage:
		c.report(node, "{env: NAME} or {file: PATH}", "%s is a secret: it is never written here, only where it is found", path)
	default:
		c.report(node, strings.Join(fieldNames(message), ", "), "%s holds fields, not %s", path, describeKind(node))
	}
}

// free checks content of any shape.
func (c *structureCheck) free(node *yaml.Node) {
	if !c.unadorned(node) {
		return
	}
	seen := make(map[string]*yaml.Node)
	for i, inner := range node.Content {
		if node.Kind != yaml.MappingNode || i%2 == 1 {
			c.free(inner)
			continue
		}
		if !c.plain(inner) {
			continue
		}
		if first := seen[inner.Value]; first != nil {
			c.repeated(inner, first)
		} else {
			seen[inner.Value] = inner
		}
	}
}
