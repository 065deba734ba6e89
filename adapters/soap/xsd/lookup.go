package xsd

import (
	"strings"

	"github.com/postern-gateway/postern/adapters/soap/document"
	"github.com/postern-gateway/postern/adapters/soap/xmltoken"
)

// conventional are prefixes that stand for XML Schema where nobody declares them.
func conventional(prefix string) bool {
	switch prefix {
	case "xs", "xsd", "s", "xsd1":
		return true
	}
	return false
}

// Resolve returns the name that a value such as "tns:Account" stands for at a node. Where nobody declares the prefix, it is XML Schema's if it looks like that,
// else it stands for the target namespace.
func Resolve(node *document.Node, value, target string) (Name, error) {
	name, err := node.QName(value)
	if err == nil {
		return name, nil
	}
	prefix, local, _ := strings.Cut(strings.TrimSpace(value), ":")
	switch {
	case local == "":
		return Name{}, err
	case conventional(prefix) && builtinTypes[local] != nil:
		return Name{Space: Namespace, Local: local}, nil
	}
	return Name{Space: target, Local: strings.TrimSpace(local)}, nil
}

// name resolves the QName in an attribute. Names without a namespace in a schema that took another's are that one's.
func (s *Set) name(node *document.Node, attribute string, sc *schema) (Name, error) {
	return s.named(node.Attribute(attribute), node, sc)
}

func (s *Set) named(value string, node *document.Node, sc *schema) (Name, error) {
	name, err := Resolve(node, value, sc.namespace)
	if err != nil {
		return Name{}, err
	}
	if name.Space == "" && sc.chameleon {
		name.Space = sc.namespace
	}
	return name, nil
}

// A table holds the global components of one kind.
type table struct {
	byName map[Name]*component
	// byLocal has the components by their local names, once they have been looked for so.
	byLocal map[string][]*component
}

func newTable() *table { return &table{byName: make(map[Name]*component)} }

// find looks a name up: as it is; without a namespace, in that of the schema; among the well-known schemas; and at last by its local name alone, in the
// target namespace or if that is good for exactly one, which is a problem to tell of.
func (s *Set) find(t *table, name Name, sc *schema, at *document.Node) *component {
	if c := t.byName[name]; c != nil {
		return c
	}
	if name.Space == "" && sc != nil {
		if c := t.byName[Name{Space: sc.namespace, Local: name.Local}]; c != nil {
			return c
		}
	}
	if s.addWellKnown(name.Space) {
		if c := t.byName[name]; c != nil {
			return c
		}
	}
	if t == s.types && (builtin(name) != nil || !s.namespaces[name.Space] && builtinTypes[name.Local] != nil) || name.Space == xmltoken.XMLNamespace {
		return nil
	}
	if target := (Name{Space: at.Document().Root.Attribute("targetNamespace"), Local: name.Local}); t.byName[target] != nil {
		s.problem(at, "%s is not declared in any schema; %s is taken instead", name, target)
		return t.byName[target]
	}
	if t.byLocal == nil {
		t.byLocal = make(map[string][]*component, len(t.byName))
		for _, c := range t.byName {
			t.byLocal[c.name.Local] = append(t.byLocal[c.name.Local], c)
		}
	}
	if fits := t.byLocal[name.Local]; len(fits) == 1 && !wellKnownSpace(fits[0].name.Space) {
		s.problem(at, "%s is not declared in any schema; %s is taken instead", name, fits[0].name)
		return fits[0]
	}
	return nil
}

// Element returns a global element. at is where the name is used, for the error. An element of a namespace that no schema is for has free content.
func (s *Set) Element(name Name, at *document.Node) (*Element, error) {
	if c := s.find(s.elements, name, nil, at); c != nil {
		return s.global(c), nil
	}
	if !s.namespaces[name.Space] && name.Local != "" && !isSchemaNamespace(name.Space) {
		return s.freeElement(name, at), nil
	}
	return nil, at.Errorf("the element %s is not declared in any schema", name)
}

// freeElement is an element that is not declared anywhere: its content may be anything.
func (s *Set) freeElement(name Name, at *document.Node) *Element {
	s.problem(at, "the element %s is not declared in any schema; its content is free", name)
	return &Element{Name: name, Global: true, resolved: anyType}
}

// Type returns a global or built-in type. at is where the name is used, for the error. A type of a namespace that no schema is for is xsd:anyType.
func (s *Set) Type(name Name, at *document.Node) (*Type, error) {
	t, err := s.typeByName(name, nil, at)
	if t == nil && err == nil {
		if s.namespaces[name.Space] {
			return nil, at.Errorf("the type %s is not declared in any schema", name)
		}
		s.undeclared("type", name, at)
		return anyType, nil
	}
	return t, err
}

// typeByName returns nil if there is no such type.
func (s *Set) typeByName(name Name, sc *schema, at *document.Node) (*Type, error) {
	if isEncodingNamespace(name.Space) && encodingTypes[name] != nil {
		return encodingTypes[name], nil // even where a WSDL brings their schema, whose attributes are not for callers
	}
	if c := s.find(s.types, name, sc, at); c != nil {
		return s.globalType(c, at)
	}
	if t := encodingTypes[name]; t != nil {
		return t, nil
	}
	if t := builtin(name); t != nil {
		return t, nil
	}
	if !s.namespaces[name.Space] {
		return builtinTypes[name.Local], nil // the prefix for XML Schema was forgotten
	}
	return nil, nil
}

// referredType returns the type that an attribute names; where it is not declared, xsd:anyType, and that is a problem to tell of.
func (s *Set) referredType(node *document.Node, attribute string, sc *schema) (*Type, error) {
	name, err := s.name(node, attribute, sc)
	if err != nil {
		return nil, err
	}
	t, err := s.typeByName(name, sc, node)
	if t == nil && err == nil {
		s.undeclared("type", name, node)
		return anyType, nil
	}
	return t, err
}

// typeNamed is referredType for a name that has been read already, and for whatever error there is.
func (s *Set) typeNamed(value string, at *document.Node, sc *schema) *Type {
	name, err := s.named(value, at, sc)
	if err == nil {
		var t *Type
		if t, err = s.typeByName(name, sc, at); t != nil {
			return t
		}
	}
	if err != nil {
		s.problem(at, "%s", message(err))
	} else {
		s.undeclared("type", name, at)
	}
	return anyType
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
			c = s.types.byName[c.name] // it may have been redefined since
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
			c = s.elements.byName[c.name]
			if member := s.global(c); !member.Abstract {
				out = append(out, member)
			}
			walk(c.name)
		}
	}
	walk(e.Name)
	return out
}
