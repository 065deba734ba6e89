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
		return nil, at.Errorf("the type %s is derived from itself", c.name)
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
	if t := s.anonymous[node]; t != nil {
		return t, nil
	}
	t, err := s.typeOf(node, sc)
	if err != nil {
		return nil, err
	}
	s.anonymous[node] = t
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
	t.Mixed = truth(node.Attribute("mixed"))
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
	var err error
	if t.Content, err = s.content(node, sc); err != nil {
		return nil, err
	}
	for _, child := range node.Children {
		if _, given := child.Lookup(arrayTypeAttribute); given {
			t.Array, err = s.array(encodedArray, node, t.Content, sc)
			return t, err
		}
	}
	t.Attributes, err = s.attributeUses(node, sc, nil, 0)
	return t, err
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
	name, err := s.name(derivation, "base", sc)
	if err != nil {
		return nil, err
	}
	return s.typeByName(name, sc, derivation)
}

func (s *Set) complexContent(t *Type, derivation *document.Node, sc *schema) error {
	base, err := s.base(derivation, sc)
	if err != nil {
		return err
	}
	own, err := s.content(derivation, sc)
	if err != nil {
		return err
	}
	if base.Array != nil {
		t.Array, err = s.array(base.Array, derivation, own, sc)
		return err
	}
	t.Content = own
	if derivation.Name.Local == "extension" {
		t.Mixed = t.Mixed || base.Mixed
		t.Value = base.Value
		switch {
		case own == nil:
			t.Content = base.Content
		case base.Content != nil:
			t.Content = &Particle{Kind: SequenceParticle, Min: 1, Max: 1, Children: []*Particle{base.Content, own}}
		}
	}
	t.Attributes, err = s.attributeUses(derivation, sc, base.Attributes, 0)
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
		if t.Value, err = restrict(t.Value, derivation); err != nil {
			return err
		}
	}
	t.Attributes, err = s.attributeUses(derivation, sc, base.Attributes, 0)
	return err
}
