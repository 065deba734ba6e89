package xsd

import "github.com/postern-gateway/postern/adapters/soap/document"

func (s *Set) globalType(c *component, at *document.Node) (*Type, error) {
	if c.typ != nil {
		return c.typ, nil
	}
	if c.busy {
		if c.redefined != nil {
			return s.globalType(c.redefined, at) // a redefined type is derived from what it was
		}
		s.problem(at, "the type %s is derived from itself", c.name)
		return anyType, nil
	}
	c.busy = true
	defer func() { c.busy = false }()
	t, err := s.typeOf(c.node, c.schema)
	if err != nil {
		return nil, err
	}
	t.Name = c.name
	c.typ = t
	return t, nil
}

func (s *Set) anonymousType(node *document.Node, sc *schema) (*Type, error) {
	key := readKey{node, sc.namespace}
	if t := s.anonymous[key]; t != nil {
		return t, nil
	}
	t, err := s.typeOf(node, sc)
	if err != nil {
		return nil, err
	}
	s.anonymous[key] = t
	return t, nil
}

func (s *Set) typeOf(node *document.Node, sc *schema) (*Type, error) {
	t := &Type{Doc: documentation(node)}
	if node.Name.Local == "simpleType" {
		value, err := s.simple(node, sc)
		t.Value = value
		return t, err
	}
	t.Complex = true
	t.Abstract = truth(node.Attribute("abstract"))
	t.Mixed = truth(node.Attribute("mixed")) || node.Attribute("content") == "mixed"
	for _, child := range node.Children {
		switch child.Name.Local {
		case "complexContent":
			t.Mixed = t.Mixed || truth(child.Attribute("mixed"))
			if derivation := derivationOf(child); derivation != nil {
				return t, s.complexContent(t, derivation, sc)
			}
		case "simpleContent":
			if derivation := derivationOf(child); derivation != nil {
				return t, s.simpleContent(t, derivation, sc)
			}
		}
	}
	switch derivation := derivationOf(node); {
	case derivation != nil: // complexContent was forgotten
		return t, s.complexContent(t, derivation, sc)
	case node.Attribute("base") != "":
		return t, s.draftType(t, node, sc)
	}
	var err error
	if t.Content, err = s.content(node, sc); err != nil {
		return nil, err
	}
	for _, child := range node.Children {
		if _, given := arrayTypeOf(child); given {
			t.Array = s.array(encodedArray, node, t.Content, sc)
			return t, nil
		}
	}
	return t, s.typeAttributes(t, node, sc, nil)
}

// draftType reads a type that names its base itself, as in the drafts of 1999 and 2000. There, a base that is simple makes simple content.
func (s *Set) draftType(t *Type, node *document.Node, sc *schema) error {
	base, err := s.referredType(node, "base", sc)
	if err != nil {
		return err
	}
	if base.Value != nil {
		t.Value = base.Value
		return s.typeAttributes(t, node, sc, base)
	}
	return s.derive(t, node, base, node.Attribute("derivedBy") != "restriction", sc)
}

func derivationOf(content *document.Node) *document.Node {
	for _, child := range content.Children {
		if child.Name.Local == "extension" || child.Name.Local == "restriction" {
			return child
		}
	}
	return nil
}

// content reads a type's own content model; nil if it has none.
func (s *Set) content(node *document.Node, sc *schema) (*Particle, error) {
	particles, err := s.particles(node, sc, 0)
	switch {
	case err != nil:
		return nil, err
	case len(particles) == 0:
		return nil, nil
	case len(particles) == 1:
		return particles[0], nil
	default:
		return &Particle{Kind: SequenceParticle, Min: 1, Max: 1, Children: particles}, nil
	}
}

func (s *Set) base(derivation *document.Node, sc *schema) (*Type, error) {
	if derivation.Attribute("base") == "" {
		return anyType, nil
	}
	return s.referredType(derivation, "base", sc)
}

func (s *Set) complexContent(t *Type, derivation *document.Node, sc *schema) error {
	base, err := s.base(derivation, sc)
	if err != nil {
		return err
	}
	return s.derive(t, derivation, base, derivation.Name.Local == "extension", sc)
}

func (s *Set) derive(t *Type, derivation *document.Node, base *Type, extends bool, sc *schema) error {
	own, err := s.content(derivation, sc)
	if err != nil {
		return err
	}
	t.Content = own
	if extends {
		t.Mixed = t.Mixed || base.Mixed && !base.Any
		t.Value = base.Value
		switch {
		case own == nil:
			t.Content = base.Content
		case base.Content != nil:
			t.Content = &Particle{Kind: SequenceParticle, Min: 1, Max: 1, Children: []*Particle{base.Content, own}}
		}
	}
	if base.Array != nil {
		t.Array = s.array(base.Array, derivation, own, sc)
		return nil
	}
	return s.typeAttributes(t, derivation, sc, base)
}

// typeAttributes reads the attributes of a type over those of its base, which may be nil.
func (s *Set) typeAttributes(t *Type, node *document.Node, sc *schema, base *Type) error {
	uses := &attributeUses{}
	if base != nil {
		uses.list = base.Attributes[:len(base.Attributes):len(base.Attributes)]
		if node.Name.Local != "restriction" { // what a restriction does not repeat of wildcards is gone
			uses.wildcard = base.AnyAttribute
		}
	}
	err := s.attributeUses(uses, node, sc, 0)
	t.Attributes, t.AnyAttribute = uses.list, uses.wildcard
	return err
}

func (s *Set) simpleContent(t *Type, derivation *document.Node, sc *schema) error {
	base, err := s.base(derivation, sc)
	if err != nil {
		return err
	}
	t.Value = base.Value
	if t.Value == nil {
		t.Value = &Value{Builtin: "string"} // the base is mixed content that a restriction makes text
	}
	if derivation.Name.Local == "restriction" {
		if inner := derivation.Child(Name{Space: derivation.Name.Space, Local: "simpleType"}); inner != nil {
			narrowed, err := s.anonymousType(inner, sc)
			if err != nil {
				return err
			}
			t.Value = narrowed.Value
		}
		t.Value = s.restrict(t.Value, derivation)
	}
	return s.typeAttributes(t, derivation, sc, base)
}
