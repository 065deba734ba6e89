package xsd

import (
	"errors"
	"strconv"
	"strings"

	"github.com/postern-gateway/postern/adapters/soap/document"
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
		return s.referredType(node, "type", sc)
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
		if head := s.find(s.elements, name, sc, node); head != nil && head.node != node {
			return s.headType(head, node)
		}
	}
	return anyType, nil
}

// headType is the type of the head of a substitution group, which its members have if they say nothing else.
func (s *Set) headType(head *component, at *document.Node) (*Type, error) {
	if head.busy {
		s.problem(at, "the substitution group of %s goes in a circle", head.name)
		return anyType, nil
	}
	head.busy = true
	defer func() { head.busy = false }()
	return s.global(head).Type()
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
	p.Min, p.Max = s.occurs(node)
	var err error
	switch node.Name.Local {
	case "element":
		return p, s.elementParticle(p, node, sc)
	case "any":
		p.Kind = AnyParticle
		p.Wildcard = wildcard(node, sc)
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
		c := s.find(s.elements, name, sc, node)
		switch {
		case c != nil:
			p.Element = s.global(c)
		case isSchemaNamespace(name.Space):
			p.Kind = AnyParticle // a .NET DataSet sends its schema along
		default:
			p.Element = s.freeElement(name, node)
		}
		return nil
	}
	name := Name{Local: unprefixed(node.Attribute("name"))}
	if name.Local == "" {
		s.problem(node, "the element has neither name nor ref; it is left out")
		p.Max = 0
		return nil
	}
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
	c := s.find(s.groups, name, sc, node)
	if c != nil && c.busy {
		c = c.redefined // a redefined group refers to what it was
	}
	if c == nil {
		s.undeclared("group", name, node)
		p.Kind, p.Min, p.Max = AnyParticle, 0, Unbounded
		return nil
	}
	c.busy = true
	defer func() { c.busy = false }()
	p.Group = name.Local
	p.Children, err = s.particles(c.node, c.schema, depth+1)
	return err
}

// wildcard reads what may stand in the place of xs:any (XML Schema part 1 section 3.10.2).
func wildcard(node *document.Node, sc *schema) Wildcard {
	switch text := strings.TrimSpace(node.Attribute("namespace")); text {
	case "", "##any":
		return Wildcard{}
	case "##other":
		return Wildcard{Spaces: []string{sc.namespace, ""}, Other: true}
	default:
		out := Wildcard{}
		for space := range strings.FieldsSeq(text) {
			switch space {
			case "##targetNamespace":
				space = sc.namespace
			case "##local":
				space = ""
			}
			out.Spaces = append(out.Spaces, space)
		}
		return out
	}
}

// occurs reads how often a particle may occur. What is no number is taken for the most tolerant.
func (s *Set) occurs(node *document.Node) (low, high int) {
	low = 1
	if text := node.Attribute("minOccurs"); text != "" {
		var err error
		if low, err = strconv.Atoi(text); err != nil || low < 0 {
			s.problem(node, "minOccurs is %q, which is no number from 0; 0 is taken", text)
			low = 0
		}
	}
	switch text := node.Attribute("maxOccurs"); text {
	case "":
		high = max(1, low)
	case "unbounded", "*":
		high = Unbounded
	default:
		n, err := strconv.Atoi(text)
		switch {
		case err != nil || n < 0:
			if !errors.Is(err, strconv.ErrRange) {
				s.problem(node, "maxOccurs is %q, which is neither a number from 0 nor \"unbounded\"; unbounded is taken", text)
			}
			high = Unbounded
		case n > 0:
			high = max(n, low)
		}
	}
	return low, high
}

func truth(text string) bool { return text == "true" || text == "1" }

func optional(node *document.Node, attribute string) *string {
	if value, ok := node.Lookup(Name{Local: attribute}); ok {
		return &value
	}
	return nil
}
