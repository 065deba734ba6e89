package xsd

import (
	"strconv"

	"github.com/postern-gateway/postern/adapters/soap/document"
	"github.com/postern-gateway/postern/adapters/soap/xmltoken"
)

// maxParticleDepth bounds how deep model groups may nest.
const maxParticleDepth = 100

func (s *Set) global(c *component) *Element {
	if c.element == nil {
		c.element = s.element(c.node, c.schema, c.name)
		c.element.Global = true
	}
	return c.element
}

func (s *Set) element(node *document.Node, sc *schema, name Name) *Element {
	e := &Element{
		Name: name, Doc: documentation(node), Nillable: truth(node.Attribute("nillable")), Abstract: truth(node.Attribute("abstract")),
		Default: optional(node, "default"), Fixed: optional(node, "fixed"),
	}
	e.resolve = func() (*Type, error) { return s.elementType(node, sc) }
	return e
}

func (s *Set) elementType(node *document.Node, sc *schema) (*Type, error) {
	if node.Attribute("type") != "" {
		name, err := s.name(node, "type", sc)
		if err != nil {
			return nil, err
		}
		return s.typeByName(name, sc, node)
	}
	for _, child := range node.Children {
		if child.Name.Local == "complexType" || child.Name.Local == "simpleType" {
			return s.anonymousType(child, sc)
		}
	}
	if node.Attribute("substitutionGroup") != "" {
		name, err := s.name(node, "substitutionGroup", sc)
		if err != nil {
			return nil, err
		}
		if head := find(s.elements, name, sc); head != nil && head.node != node {
			return s.global(head).Type()
		}
	}
	return anyType, nil
}

// particles reads the compositors, elements, groups and wildcards among a node's children.
func (s *Set) particles(node *document.Node, sc *schema, depth int) ([]*Particle, error) {
	if depth > maxParticleDepth {
		return nil, node.Errorf("model groups are nested more than %d deep", maxParticleDepth)
	}
	var out []*Particle
	for _, child := range node.Children {
		p, err := s.particle(child, sc, depth)
		if err != nil {
			return nil, err
		}
		if p != nil && p.Max != 0 {
			out = append(out, p)
		}
	}
	return out, nil
}

func (s *Set) particle(node *document.Node, sc *schema, depth int) (*Particle, error) {
	if err := s.expand(node); err != nil {
		return nil, err
	}
	p := &Particle{Doc: documentation(node)}
	var err error
	if p.Min, p.Max, err = occurs(node); err != nil {
		return nil, err
	}
	switch node.Name.Local {
	case "element":
		return p, s.elementParticle(p, node, sc)
	case "any":
		p.Kind = AnyParticle
		return p, nil
	case "sequence", "all":
		p.Kind = SequenceParticle
		p.Children, err = s.particles(node, sc, depth+1)
		return p, err
	case "choice":
		p.Kind = ChoiceParticle
		p.Children, err = s.particles(node, sc, depth+1)
		return p, err
	case "group":
		return p, s.groupParticle(p, node, sc, depth)
	default:
		return nil, nil
	}
}

func (s *Set) elementParticle(p *Particle, node *document.Node, sc *schema) error {
	p.Kind = ElementParticle
	if node.Attribute("ref") != "" {
		name, err := s.name(node, "ref", sc)
		if err != nil {
			return err
		}
		c := find(s.elements, name, sc)
		switch {
		case c != nil:
			p.Element = s.global(c)
		case isSchemaNamespace(name.Space):
			p.Kind = AnyParticle // a .NET DataSet sends its schema along
		default:
			return node.Errorf("the element %s is not declared in any schema", name)
		}
		return nil
	}
	name := Name{Local: node.Attribute("name")}
	form := node.Attribute("form")
	if form == "qualified" || form == "" && sc.qualifiedElements {
		name.Space = sc.namespace
	}
	p.Element = s.element(node, sc, name)
	return nil
}

func (s *Set) groupParticle(p *Particle, node *document.Node, sc *schema, depth int) error {
	p.Kind = SequenceParticle
	name, err := s.name(node, "ref", sc)
	if err != nil {
		return err
	}
	c := find(s.groups, name, sc)
	if c != nil && c.busy {
		c = c.redefined // a redefined group refers to what it was
	}
	if c == nil {
		return node.Errorf("the group %s is not declared in any schema", name)
	}
	c.busy = true
	defer func() { c.busy = false }()
	p.Group = name.Local
	p.Children, err = s.particles(c.node, c.schema, depth+1)
	return err
}

func occurs(node *document.Node) (low, high int, err error) {
	low = 1
	if text := node.Attribute("minOccurs"); text != "" {
		if low, err = strconv.Atoi(text); err != nil || low < 0 {
			return 0, 0, node.Errorf("minOccurs is %q; a number from 0 is accepted", text)
		}
	}
	switch text := node.Attribute("maxOccurs"); text {
	case "":
		high = max(1, low)
	case "unbounded", "*":
		high = Unbounded
	default:
		if high, err = strconv.Atoi(text); err != nil || high < 0 {
			return 0, 0, node.Errorf("maxOccurs is %q; a number from 0 or \"unbounded\" is accepted", text)
		}
	}
	return low, high, nil
}

// attributeUses reads the attributes and attribute groups among a node's children, over those of the base type.
func (s *Set) attributeUses(node *document.Node, sc *schema, inherited []*Attribute, depth int) ([]*Attribute, error) {
	if depth > maxParticleDepth {
		return nil, node.Errorf("attribute groups are nested more than %d deep", maxParticleDepth)
	}
	out := inherited[:len(inherited):len(inherited)]
	for _, child := range node.Children {
		var err error
		switch child.Name.Local {
		case "attribute":
			out, err = s.attributeUse(child, sc, out)
		case "attributeGroup":
			out, err = s.attributeGroup(child, sc, out, depth)
		}
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (s *Set) attributeGroup(node *document.Node, sc *schema, out []*Attribute, depth int) ([]*Attribute, error) {
	if err := s.expand(node); err != nil {
		return nil, err
	}
	name, err := s.name(node, "ref", sc)
	if err != nil {
		return nil, err
	}
	c := find(s.attributeGroups, name, sc)
	if c != nil && c.busy {
		c = c.redefined
	}
	if c == nil {
		if name.Space == xmltoken.XMLNamespace {
			return out, nil // xml:specialAttrs
		}
		return nil, node.Errorf("the attribute group %s is not declared in any schema", name)
	}
	c.busy = true
	defer func() { c.busy = false }()
	return s.attributeUses(c.node, c.schema, out, depth+1)
}

// attributeUse adds one attribute, or takes one away that is prohibited.
func (s *Set) attributeUse(node *document.Node, sc *schema, out []*Attribute) ([]*Attribute, error) {
	a, err := s.attribute(node, sc)
	if err != nil || a == nil {
		return out, err
	}
	kept := make([]*Attribute, 0, len(out)+1)
	replaced := node.Attribute("use") == "prohibited"
	for _, other := range out {
		switch {
		case other.Name != a.Name:
			kept = append(kept, other)
		case !replaced:
			kept = append(kept, a)
			replaced = true
		}
	}
	if !replaced {
		kept = append(kept, a)
	}
	return kept, nil
}

func (s *Set) attribute(node *document.Node, sc *schema) (*Attribute, error) {
	a := &Attribute{
		Doc: documentation(node), Required: node.Attribute("use") == "required",
		Default: optional(node, "default"), Fixed: optional(node, "fixed"),
	}
	declaration, declaring := node, sc
	if node.Attribute("ref") != "" {
		name, err := s.name(node, "ref", sc)
		if err != nil {
			return nil, err
		}
		a.Name = name
		c := find(s.attributes, name, sc)
		switch {
		case c != nil:
			declaration, declaring = c.node, c.schema
			a.Name = c.name
			if a.Fixed == nil {
				a.Fixed = optional(c.node, "fixed")
			}
		case name.Space == xmltoken.XMLNamespace:
			a.Value = &Value{Builtin: "string"}
			return a, nil
		case isBuiltinNamespace(name.Space):
			return nil, nil // soapenc:arrayType and its kin describe the schema
		default:
			return nil, node.Errorf("the attribute %s is not declared in any schema", name)
		}
	} else {
		a.Name.Local = node.Attribute("name")
		form := node.Attribute("form")
		if form == "qualified" || form == "" && sc.qualifiedAttributes {
			a.Name.Space = sc.namespace
		}
	}
	var err error
	a.Value, err = s.attributeValue(declaration, declaring)
	return a, err
}

func (s *Set) attributeValue(node *document.Node, sc *schema) (*Value, error) {
	if node.Attribute("type") != "" {
		name, err := s.name(node, "type", sc)
		if err != nil {
			return nil, err
		}
		t, err := s.typeByName(name, sc, node)
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

func truth(text string) bool { return text == "true" || text == "1" }

func optional(node *document.Node, attribute string) *string {
	if value, ok := node.Lookup(Name{Local: attribute}); ok {
		return &value
	}
	return nil
}
