package xsd

import (
	"context"
	"errors"
	"strings"

	"github.com/postern-gateway/postern/adapters/soap/document"
	"github.com/postern-gateway/postern/adapters/soap/xmltoken"
)

// A Set is the schemas of one WSDL. It is for one goroutine.
type Set struct {
	loader *document.Loader
	read   map[readKey]bool

	elements        map[Name]*component
	types           map[Name]*component
	groups          map[Name]*component
	attributes      map[Name]*component
	attributeGroups map[Name]*component
	derived         map[Name][]*component
	substitutes     map[Name][]*component
	anonymous       map[*document.Node]*Type
	derivedTypes    map[Name][]*Type // what Derived has answered
	expanded        int              // particles and attribute groups read so far
	maxExpanded     int
}

// defaultMaxExpanded bounds what model groups and attribute groups expand to in all: groups that refer to one another twice each grow without end.
const defaultMaxExpanded = 1 << 19

// readKey is a schema document, in the namespace it is read into: a document without one takes that of whoever includes it.
type readKey struct {
	node      *document.Node
	namespace string
}

// schema is what holds for all components of one schema document.
type schema struct {
	namespace           string
	chameleon           bool // takes its namespace from whoever includes it
	qualifiedElements   bool
	qualifiedAttributes bool
}

// A component is a global declaration, read when it is asked for.
type component struct {
	name      Name
	node      *document.Node
	schema    *schema
	redefined *component // what xsd:redefine builds on
	busy      bool
	element   *Element
	typ       *Type
}

// NewSet returns a set without schemas, which reads documents with the loader.
func NewSet(loader *document.Loader) *Set {
	return &Set{
		loader: loader, read: make(map[readKey]bool),
		elements: make(map[Name]*component), types: make(map[Name]*component), groups: make(map[Name]*component),
		attributes: make(map[Name]*component), attributeGroups: make(map[Name]*component),
		derived: make(map[Name][]*component), substitutes: make(map[Name][]*component), anonymous: make(map[*document.Node]*Type),
		derivedTypes: make(map[Name][]*Type), maxExpanded: defaultMaxExpanded,
	}
}

// IsSchema reports whether a node is an xsd:schema element of any of the namespaces that XML Schema has had.
func IsSchema(node *document.Node) bool {
	return node.Name.Local == "schema" && isSchemaNamespace(node.Name.Space)
}

func isSchemaNamespace(space string) bool {
	switch space {
	case Namespace, "http://www.w3.org/1999/XMLSchema", "http://www.w3.org/2000/10/XMLSchema":
		return true
	}
	return false
}

// Namespaces whose schemas need not be fetched: what they declare is known here, or means nothing for messages.
func isBuiltinNamespace(space string) bool {
	switch space {
	case xmltoken.XMLNamespace, encodingNamespace, encodingNamespace12,
		"http://schemas.xmlsoap.org/wsdl/", "http://schemas.xmlsoap.org/wsdl/soap/":
		return true
	}
	return isSchemaNamespace(space)
}

// Add reads an xsd:schema element and all that it imports, includes and redefines.
func (s *Set) Add(ctx context.Context, node *document.Node) error {
	return s.add(ctx, node, "")
}

func (s *Set) add(ctx context.Context, node *document.Node, including string) error {
	sc := &schema{
		namespace:           node.Attribute("targetNamespace"),
		qualifiedElements:   node.Attribute("elementFormDefault") == "qualified",
		qualifiedAttributes: node.Attribute("attributeFormDefault") == "qualified",
	}
	if sc.namespace == "" && including != "" {
		sc.namespace, sc.chameleon = including, true
	}
	key := readKey{node, sc.namespace}
	if s.read[key] {
		return nil
	}
	s.read[key] = true
	var problems []error
	for _, child := range node.Children {
		if !isSchemaNamespace(child.Name.Space) {
			continue
		}
		problems = append(problems, s.declare(ctx, child, sc))
	}
	return errors.Join(problems...)
}

func (s *Set) declare(ctx context.Context, node *document.Node, sc *schema) error {
	switch node.Name.Local {
	case "import":
		if isBuiltinNamespace(node.Attribute("namespace")) {
			return nil
		}
		return s.refer(ctx, node, "")
	case "include":
		return s.refer(ctx, node, sc.namespace)
	case "redefine":
		if err := s.refer(ctx, node, sc.namespace); err != nil {
			return err
		}
		for _, child := range node.Children {
			s.index(child, sc, true)
		}
	default:
		s.index(node, sc, false)
	}
	return nil
}

// refer reads the document that an import, include or redefine names.
func (s *Set) refer(ctx context.Context, node *document.Node, including string) error {
	reference := node.Attribute("schemaLocation")
	if reference == "" {
		return nil // the namespace is declared by another schema of the WSDL, or nothing of it is used
	}
	location, err := document.Locate(node.Document().Location, reference)
	if err != nil {
		return node.Errorf("%v", err)
	}
	referred, err := s.loader.Load(ctx, location, node)
	if err != nil {
		return err
	}
	if !IsSchema(referred.Root) {
		// `?wsdl` addresses are imported as schemas by some; what they declare comes with the WSDL itself.
		if referred.Root.Name.Local == "definitions" {
			return nil
		}
		return node.Errorf("%s is no schema: its root element is %s", location, referred.Root.Name.Local)
	}
	return s.add(ctx, referred.Root, including)
}

func (s *Set) index(node *document.Node, sc *schema, redefining bool) {
	var table map[Name]*component
	switch node.Name.Local {
	case "element":
		table = s.elements
	case "complexType", "simpleType":
		table = s.types
	case "group":
		table = s.groups
	case "attribute":
		table = s.attributes
	case "attributeGroup":
		table = s.attributeGroups
	default:
		return
	}
	c := &component{name: Name{Space: sc.namespace, Local: node.Attribute("name")}, node: node, schema: sc}
	previous, taken := table[c.name]
	if taken && !redefining {
		return
	}
	c.redefined = previous
	table[c.name] = c
	switch {
	case redefining:
	case node.Name.Local == "complexType":
		if base, ok := s.baseName(node, sc); ok && !isSchemaNamespace(base.Space) && !isEncodingNamespace(base.Space) {
			s.derived[base] = append(s.derived[base], c)
		}
	case node.Attribute("substitutionGroup") != "":
		if head, err := s.name(node, "substitutionGroup", sc); err == nil {
			s.substitutes[head] = append(s.substitutes[head], c)
		}
	}
}

// baseName returns what a global complex type is derived from.
func (s *Set) baseName(node *document.Node, sc *schema) (Name, bool) {
	for _, content := range node.Children {
		if content.Name.Local != "complexContent" && content.Name.Local != "simpleContent" {
			continue
		}
		for _, derivation := range content.Children {
			if derivation.Attribute("base") != "" {
				base, err := s.name(derivation, "base", sc)
				return base, err == nil
			}
		}
	}
	return Name{}, false
}

// name resolves the QName in an attribute. Names without a namespace in a schema that took another's are that one's.
func (s *Set) name(node *document.Node, attribute string, sc *schema) (Name, error) {
	name, err := node.QName(node.Attribute(attribute))
	if err != nil {
		return Name{}, err
	}
	if name.Space == "" && sc.chameleon {
		name.Space = sc.namespace
	}
	return name, nil
}

// find looks a name up; one without a namespace that is not there is tried in the schema's own.
func find(table map[Name]*component, name Name, sc *schema) *component {
	if c := table[name]; c != nil {
		return c
	}
	if name.Space == "" && sc != nil {
		return table[Name{Space: sc.namespace, Local: name.Local}]
	}
	return nil
}

// Element returns a global element. at is where the name is used, for the error.
func (s *Set) Element(name Name, at *document.Node) (*Element, error) {
	c := s.elements[name]
	if c == nil {
		return nil, at.Errorf("the element %s is not declared in any schema", name)
	}
	return s.global(c), nil
}

// Type returns a global or built-in type. at is where the name is used, for the error.
func (s *Set) Type(name Name, at *document.Node) (*Type, error) {
	return s.typeByName(name, nil, at)
}

func (s *Set) typeByName(name Name, sc *schema, at *document.Node) (*Type, error) {
	if isEncodingNamespace(name.Space) && encodingTypes[name] != nil {
		return encodingTypes[name], nil // even where a WSDL brings their schema, whose attributes are not for callers
	}
	if c := find(s.types, name, sc); c != nil {
		return s.globalType(c, at)
	}
	if t := encodingTypes[name]; t != nil {
		return t, nil
	}
	if t := builtin(name); t != nil {
		return t, nil
	}
	return nil, at.Errorf("the type %s is not declared in any schema", name)
}

// Derived returns the named complex types that are derived from t, directly and indirectly, and can stand for it. Those
// that cannot be read are left out.
func (s *Set) Derived(t *Type) []*Type {
	if known, ok := s.derivedTypes[t.Name]; ok || t.Name == (Name{}) {
		return known
	}
	var out []*Type
	seen := map[Name]bool{t.Name: true}
	var walk func(name Name)
	walk = func(name Name) {
		for _, c := range s.derived[name] {
			if seen[c.name] {
				continue
			}
			seen[c.name] = true
			if derived, err := s.globalType(c, c.node); err == nil && !derived.Abstract {
				out = append(out, derived)
			}
			walk(c.name)
		}
	}
	walk(t.Name)
	s.derivedTypes[t.Name] = out
	return out
}

// Substitutes returns the elements that may stand where e does, e itself first unless it is abstract.
func (s *Set) Substitutes(e *Element) []*Element {
	var out []*Element
	if !e.Abstract {
		out = append(out, e)
	}
	if !e.Global {
		return out
	}
	seen := map[Name]bool{e.Name: true}
	var walk func(name Name)
	walk = func(name Name) {
		for _, c := range s.substitutes[name] {
			if seen[c.name] {
				continue
			}
			seen[c.name] = true
			if member := s.global(c); !member.Abstract {
				out = append(out, member)
			}
			walk(c.name)
		}
	}
	walk(e.Name)
	return out
}

// expand counts one more particle or attribute group.
func (s *Set) expand(at *document.Node) error {
	if s.expanded++; s.expanded > s.maxExpanded {
		return at.Errorf("the groups of the schema expand to more than %d parts", s.maxExpanded)
	}
	return nil
}

// documentation returns the text of a node's annotation.
func documentation(node *document.Node) string {
	var parts []string
	for _, annotation := range node.Children {
		if annotation.Name.Local != "annotation" {
			continue
		}
		for _, text := range annotation.Children {
			if joined := strings.Join(strings.Fields(allText(text)), " "); text.Name.Local == "documentation" && joined != "" {
				parts = append(parts, joined)
			}
		}
	}
	return strings.Join(parts, "\n")
}

func allText(node *document.Node) string {
	text := node.Text
	for _, child := range node.Children {
		text += " " + allText(child)
	}
	return text
}
