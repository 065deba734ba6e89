package codec

import (
	"slices"

	"github.com/postern-gateway/postern/adapters/soap/xsd"
)

// A part is a content model made simple: substitution groups are choices, model groups are gone, and a compositor has two children or more.
type part struct {
	kind     nodeKind
	min, max int
	element  *xsd.Element
	wildcard xsd.Wildcard
	children []*part
	name     string // of the model group
	doc      string
}

const maxOccurs = 1 << 30

// simplify returns nil for content that holds nothing.
func (m *Mapper) simplify(p *xsd.Particle) *part {
	if p == nil || p.Max == 0 {
		return nil
	}
	out := &part{min: p.Min, max: p.Max, name: p.Group, doc: p.Doc}
	if p.Max == xsd.Unbounded {
		out.max = maxOccurs
	}
	switch p.Kind {
	case xsd.ElementParticle:
		return m.simplifyElement(out, p.Element)
	case xsd.AnyParticle:
		out.kind, out.wildcard = wildcardNode, p.Wildcard
		return out
	case xsd.ChoiceParticle:
		out.kind = choiceNode
	default:
		out.kind = sequenceNode
	}
	for _, child := range p.Children {
		simple := m.simplify(child)
		switch {
		case simple == nil:
			if out.kind == choiceNode {
				out.min = 0 // the empty branch
			}
		case simple.kind == out.kind && simple.max == 1 && (simple.min == 1 || out.kind == choiceNode):
			out.children = append(out.children, simple.children...)
			if simple.min == 0 {
				out.min = 0
			}
		default:
			out.children = append(out.children, simple)
		}
	}
	switch len(out.children) {
	case 0:
		return nil
	case 1:
		child := out.children[0]
		if out.max > 1 && child.max == 1 && (child.kind == sequenceNode || child.kind == choiceNode) {
			child.name = out.name
		}
		child.min *= out.min
		child.max = min(child.max*out.max, maxOccurs)
		return child
	}
	return out
}

func (m *Mapper) simplifyElement(out *part, e *xsd.Element) *part {
	members := m.substitutes(e)
	if len(members) == 1 {
		out.kind, out.element = elementNode, members[0]
		return out
	}
	out.kind, out.name = choiceNode, e.Name.Local
	for _, member := range members {
		out.children = append(out.children, &part{kind: elementNode, min: 1, max: 1, element: member})
	}
	return out
}

// canBeEmpty reports whether one round of a part may send no element.
func (p *part) canBeEmpty() bool {
	optional := func(child *part) bool { return child.min == 0 || child.canBeEmpty() }
	switch p.kind {
	case choiceNode:
		return slices.ContainsFunc(p.children, optional)
	case sequenceNode:
		return !slices.ContainsFunc(p.children, func(child *part) bool { return !optional(child) })
	}
	return false
}

// elementKey is an element as far as one field can hold it: the same name with the same type.
type elementKey struct {
	name xsd.Name
	typ  *xsd.Type
}

func keyOf(e *xsd.Element) elementKey {
	t, err := e.Type()
	if err != nil {
		t = xsd.AnyType() // check has seen to it that this cannot be
	}
	return elementKey{e.Name, t}
}

// wildcardKey counts wildcards, which share one field.
var wildcardKey = elementKey{name: xsd.Name{Local: "*"}}

// occurrences counts how often each element can occur at most, not counting inside of compositors that repeat.
func occurrences(p *part) map[elementKey]int {
	counts := make(map[elementKey]int)
	switch {
	case p == nil:
	case p.kind == elementNode:
		counts[keyOf(p.element)] = p.max
	case p.kind == wildcardNode:
		counts[wildcardKey] = p.max
	case p.max > 1:
	case p.kind == sequenceNode:
		for _, child := range p.children {
			for key, n := range occurrences(child) {
				counts[key] = min(counts[key]+n, maxOccurs)
			}
		}
	default:
		for _, child := range p.children {
			for key, n := range occurrences(child) {
				counts[key] = max(counts[key], n)
			}
		}
	}
	return counts
}

// mentions counts how often each element is named, not counting inside of compositors that repeat.
func mentions(p *part, counts map[elementKey]int) map[elementKey]int {
	switch {
	case p == nil:
	case p.kind == elementNode:
		counts[keyOf(p.element)]++
	case p.kind == wildcardNode:
		counts[wildcardKey]++
	case p.max > 1:
	default:
		for _, child := range p.children {
			mentions(child, counts)
		}
	}
	return counts
}
