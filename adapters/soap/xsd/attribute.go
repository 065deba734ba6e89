package xsd

import (
	"slices"

	"github.com/postern-gateway/postern/adapters/soap/document"
	"github.com/postern-gateway/postern/adapters/soap/xmltoken"
)

// attributeUses are the attributes of a type while it is read.
type attributeUses struct {
	list     []*Attribute
	wildcard *Wildcard
}

// attributeUses reads the attributes, attribute groups and wildcards among a node's children, over those that are there already.
func (s *Set) attributeUses(uses *attributeUses, node *document.Node, sc *schema, depth int) error {
	if depth > maxParticleDepth {
		return node.Errorf("attribute groups are nested more than %d deep", maxParticleDepth)
	}
	for _, child := range node.Children {
		var err error
		switch child.Name.Local {
		case "attribute":
			err = s.attributeUse(uses, child, sc)
		case "attributeGroup":
			err = s.attributeGroup(uses, child, sc, depth)
		case "anyAttribute":
			uses.open(wildcard(child, sc))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *Set) attributeGroup(uses *attributeUses, node *document.Node, sc *schema, depth int) error {
	if err := s.expand(node); err != nil {
		return err
	}
	name, err := s.name(node, "ref", sc)
	if err != nil {
		return err
	}
	c := s.find(s.attributeGroups, name, sc, node)
	if c != nil && c.busy {
		c = c.redefined
	}
	if c == nil {
		s.undeclared("attribute group", name, node)
		uses.open(Wildcard{})
		return nil
	}
	c.busy = true
	defer func() { c.busy = false }()
	return s.attributeUses(uses, c.node, c.schema, depth+1)
}

// open adds a wildcard. Several that say different things accept all: which of them holds, schemas found in the wild leave to the reader.
func (u *attributeUses) open(w Wildcard) {
	if u.wildcard != nil && (u.wildcard.Other != w.Other || !slices.Equal(u.wildcard.Spaces, w.Spaces)) {
		w = Wildcard{}
	}
	u.wildcard = &w
}

// attributeUse adds one attribute, or takes one away that is prohibited.
func (s *Set) attributeUse(uses *attributeUses, node *document.Node, sc *schema) error {
	a, err := s.attribute(node, sc)
	if err != nil || a == nil {
		return err
	}
	prohibited := node.Attribute("use") == "prohibited"
	for i, other := range uses.list {
		if other.Name != a.Name {
			continue
		}
		kept := append(make([]*Attribute, 0, len(uses.list)), uses.list[:i]...)
		if !prohibited {
			kept = append(kept, a)
		}
		uses.list = append(kept, uses.list[i+1:]...)
		return nil
	}
	if !prohibited {
		uses.list = append(uses.list, a)
	}
	return nil
}

// attribute reads one attribute; nil if it is none of the message's.
func (s *Set) attribute(node *document.Node, sc *schema) (*Attribute, error) {
	a := &Attribute{
		Doc: documentation(node), Required: node.Attribute("use") == "required",
		Default: optional(node, "default"), Fixed: optional(node, "fixed"),
	}
	if use := node.Attribute("use"); use == "default" || use == "fixed" { // the drafts of 1999 and 2000
		if value := optional(node, "value"); use == "fixed" {
			a.Fixed = value
		} else {
			a.Default = value
		}
	}
	if node.Attribute("ref") != "" {
		return s.referredAttribute(a, node, sc)
	}
	a.Name.Local = unprefixed(node.Attribute("name"))
	if a.Name.Local == "" {
		s.problem(node, "the attribute has neither name nor ref; it is left out")
		return nil, nil
	}
	form := node.Attribute("form")
	if form == "qualified" || form == "" && sc.qualifiedAttributes {
		a.Name.Space = sc.namespace
	}
	var err error
	a.Value, err = s.attributeValue(node, sc)
	return a, err
}

func (s *Set) referredAttribute(a *Attribute, node *document.Node, sc *schema) (*Attribute, error) {
	name, err := s.name(node, "ref", sc)
	if err != nil {
		return nil, err
	}
	a.Name = name
	c := s.find(s.attributes, name, sc, node)
	switch {
	case c != nil:
		a.Name = c.name
		if a.Fixed == nil && a.Default == nil {
			a.Fixed, a.Default = optional(c.node, "fixed"), optional(c.node, "default")
		}
		a.Value, err = s.attributeValue(c.node, c.schema)
		return a, err
	case isEncodingNamespace(name.Space), isSchemaNamespace(name.Space), isWSDLNamespace(name.Space):
		return nil, nil // soapenc:arrayType and its kin describe the schema
	case name.Space != xmltoken.XMLNamespace:
		s.undeclared("attribute", name, node)
	}
	a.Value = &Value{Builtin: "string"}
	return a, nil
}

func (s *Set) attributeValue(node *document.Node, sc *schema) (*Value, error) {
	if node.Attribute("type") != "" {
		t, err := s.referredType(node, "type", sc)
		if err != nil {
			return nil, err
		}
		if t.Value != nil {
			return t.Value, nil
		}
	}
	for _, child := range node.Children {
		if child.Name.Local == "simpleType" {
			t, err := s.anonymousType(child, sc)
			if err != nil {
				return nil, err
			}
			return t.Value, nil
		}
	}
	return &Value{Builtin: "anySimpleType"}, nil
}
