package xsd

import (
	"context"
	"errors"
	"io/fs"
	"strings"

	"github.com/postern-gateway/postern/adapters/soap/document"
)

// A Set is the schemas of one WSDL. It is for one goroutine.
type Set struct {
	loader *document.Loader
	read   map[readKey]bool

	elements        *table
	types           *table
	groups          *table
	attributes      *table
	attributeGroups *table
	namespaces      map[string]bool // those that some schema is for
	wellKnown       map[string]bool // those whose well-known schema has been asked for
	derived         map[Name][]*component
	substitutes     map[Name][]*component
	anonymous       map[readKey]*Type
	derivedTypes    map[Name][]*Type // what Derived has answered
	expanded        int              // particles and attribute groups read so far
	maxExpanded     int
	problems        []Problem
	told            map[Problem]bool
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
		elements: newTable(), types: newTable(), groups: newTable(), attributes: newTable(), attributeGroups: newTable(),
		namespaces: make(map[string]bool), wellKnown: make(map[string]bool),
		derived: make(map[Name][]*component), substitutes: make(map[Name][]*component), anonymous: make(map[readKey]*Type),
		derivedTypes: make(map[Name][]*Type), maxExpanded: defaultMaxExpanded, told: make(map[Problem]bool),
	}
}

// IsSchema reports whether a node is an xsd:schema element of any of the namespaces that XML Schema has had.
func IsSchema(node *document.Node) bool {
	return node.Name.Local == "schema" && isSchemaNamespace(node.Name.Space)
}

func isSchemaNamespace(space string) bool {
	switch strings.TrimSuffix(space, "/") {
	case Namespace, "http://www.w3.org/1999/XMLSchema", "http://www.w3.org/2000/10/XMLSchema":
		return true
	}
	return false
}

// Add reads an xsd:schema element and all that it imports, includes and redefines.
func (s *Set) Add(ctx context.Context, node *document.Node) error {
	return s.add(ctx, node, "")
}

// Import reads the schema that an xsd:import refers to which stands outside of any schema.
func (s *Set) Import(ctx context.Context, node *document.Node) error {
	return s.refer(ctx, node, node.Attribute("namespace"), "")
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
	s.namespaces[sc.namespace] = true
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
		return s.refer(ctx, node, node.Attribute("namespace"), "")
	case "include":
		return s.refer(ctx, node, sc.namespace, sc.namespace)
	case "redefine", "override": // the second is of XML Schema 1.1
		if err := s.refer(ctx, node, sc.namespace, sc.namespace); err != nil {
			return err
		}
		for _, child := range node.Children {
			s.index(child, sc, true)
		}
	case "schema":
		return s.add(ctx, node, sc.namespace) // a schema that was copied into another
	default:
		s.index(node, sc, false)
	}
	return nil
}

// refer reads the document that an import, include or redefine names. A file that is not there is a problem to tell of, and costs no more than what it would
// have declared; an address that cannot be read may be there the next time, so it is an error.
func (s *Set) refer(ctx context.Context, node *document.Node, namespace, including string) error {
	reference := node.Attribute("schemaLocation")
	if reference == "" || isSchemaNamespace(namespace) || wellKnownAt(namespace, reference) {
		return nil // it is declared by another schema of the WSDL, or is well known, or nothing of it is used
	}
	location, err := node.Document().Locate(reference)
	if err != nil {
		if wellKnownSpace(namespace) {
			return nil
		}
		return node.Errorf("%v", err)
	}
	referred, err := s.loader.Load(ctx, location, node)
	switch {
	case err != nil && wellKnownSpace(namespace) && ctx.Err() == nil:
		return nil
	case errors.Is(err, fs.ErrNotExist):
		s.problem(node, "%s; nothing that it declares is known", message(err))
		return nil
	case err != nil:
		return err
	}
	if IsSchema(referred.Root) {
		return s.add(ctx, referred.Root, including)
	}
	return s.addTypes(ctx, referred.Root, node, including)
}

// addTypes reads the schemas in a WSDL that is referred to as if it were a schema.
func (s *Set) addTypes(ctx context.Context, root, at *document.Node, including string) error {
	if root.Name.Local != "definitions" && root.Name.Local != "description" {
		s.problem(at, "%s is no schema: its root element is %s", root.Document().Location, root.Name.Local)
		return nil
	}
	var problems []error
	for _, types := range root.Children {
		if types.Name.Local != "types" {
			continue
		}
		for _, child := range types.Children {
			if IsSchema(child) {
				problems = append(problems, s.add(ctx, child, including))
			}
		}
	}
	return errors.Join(problems...)
}

func (s *Set) table(kind string) *table {
	switch kind {
	case "element":
		return s.elements
	case "complexType", "simpleType":
		return s.types
	case "group":
		return s.groups
	case "attribute":
		return s.attributes
	case "attributeGroup":
		return s.attributeGroups
	}
	return nil
}

func (s *Set) index(node *document.Node, sc *schema, redefining bool) {
	t := s.table(node.Name.Local)
	if t == nil {
		return
	}
	c := &component{name: Name{Space: sc.namespace, Local: unprefixed(node.Attribute("name"))}, node: node, schema: sc}
	previous := t.byName[c.name]
	if previous != nil && !redefining && (len(previous.node.Children) > 0 || len(node.Children) == 0) {
		return // the first counts, unless it is empty
	}
	if redefining {
		c.redefined = previous
	}
	t.byName[c.name] = c
	t.byLocal = nil
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

// unprefixed takes the prefix off a name that should have none.
func unprefixed(name string) string {
	if _, local, found := strings.Cut(name, ":"); found {
		return local
	}
	return name
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
