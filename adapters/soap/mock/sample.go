package mock

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/postern-gateway/postern/adapters/soap/wsdl"
	"github.com/postern-gateway/postern/adapters/soap/xsd"
)

// Bounds on a sample. Beyond them only what the schema demands is written.
const (
	maxElements = 300
	maxDepth    = 8
	maxSteps    = 2000 // of one look ahead for recursion
	maxRepeats  = 20
)

// A sampler writes a message as its schema has it. It is for one message.
type sampler struct {
	schemas  *xsd.Set
	encoded  bool
	encoding string // the namespace of SOAP encoding
	// echo are texts of the request by the lower-case name of their element: a reply speaks of what was asked for.
	echo map[string]string

	out      bytes.Buffer
	spaces   []string
	open     []*xsd.Type
	elements int
	ids      int
}

// message writes what stands in the body, for a message of an operation whose wrapper has this name.
func (s *sampler) message(message *wsdl.Message, rpc bool, wrapper string) error {
	if rpc {
		tag := s.name(xsd.Name{Space: message.Namespace, Local: wrapper})
		s.out.WriteString("<" + tag + ">")
		defer s.out.WriteString("</" + tag + ">")
	}
	for _, part := range message.Parts {
		if err := s.part(part, rpc); err != nil {
			return err
		}
	}
	return nil
}

func (s *sampler) part(part *wsdl.Part, rpc bool) error {
	if !rpc && part.Element != nil {
		return s.element(part.Element)
	}
	t := part.Type
	if t == nil {
		var err error
		if t, err = part.Element.Type(); err != nil {
			return err
		}
	}
	return s.element(xsd.NewElement(xsd.Name{Local: part.Name}, t))
}

// namespaces declares the prefixes that have been used.
func (s *sampler) namespaces() string {
	var out strings.Builder
	for i, space := range s.spaces {
		fmt.Fprintf(&out, ` xmlns:n%d="%s"`, i+1, escape(space))
	}
	return out.String()
}

func (s *sampler) name(name xsd.Name) string {
	switch name.Space {
	case "":
		return name.Local
	case "http://www.w3.org/XML/1998/namespace":
		return "xml:" + name.Local
	}
	at := slices.Index(s.spaces, name.Space)
	if at < 0 {
		at = len(s.spaces)
		s.spaces = append(s.spaces, name.Space)
	}
	return "n" + strconv.Itoa(at+1) + ":" + name.Local
}

// stand returns the element and the type that are written where e is declared: a substitute for an abstract element, a derived type for an abstract type.
func (s *sampler) stand(e *xsd.Element) (element *xsd.Element, t *xsd.Type, derived bool, err error) {
	if e.Abstract {
		for _, other := range s.schemas.Substitutes(e) {
			if !other.Abstract {
				e = other
				break
			}
		}
	}
	if t, err = e.Type(); err != nil {
		return nil, nil, false, err
	}
	if concrete := s.concrete(t, 0); concrete != t {
		return e, concrete, true, nil
	}
	return e, t, false, nil
}

func (s *sampler) concrete(t *xsd.Type, depth int) *xsd.Type {
	if !t.Abstract || depth > maxDepth {
		return t
	}
	for _, derived := range s.schemas.Derived(t) {
		if found := s.concrete(derived, depth+1); !found.Abstract {
			return found
		}
	}
	return t
}

func (s *sampler) element(declared *xsd.Element) error {
	e, t, derived, err := s.stand(declared)
	if err != nil {
		return err
	}
	s.elements++
	tag := s.name(e.Name)
	s.out.WriteString("<" + tag)
	if e.Nillable && slices.Contains(s.open, t) {
		s.attribute(xsd.Name{Space: xsd.InstanceNamespace, Local: "nil"}, "true")
		s.out.WriteString("/>")
		return nil
	}
	if derived || s.encoded && t.Array == nil {
		s.typeOf(t)
	}
	s.open = append(s.open, t)
	err = s.content(e, t)
	s.open = s.open[:len(s.open)-1]
	s.out.WriteString("</" + tag + ">")
	return err
}

// typeOf writes xsi:type.
func (s *sampler) typeOf(t *xsd.Type) {
	name := t.Name
	if t.Any {
		name = xsd.Name{Space: xsd.Namespace, Local: "string"}
	}
	if name.Local != "" {
		s.attribute(xsd.Name{Space: xsd.InstanceNamespace, Local: "type"}, s.name(name))
	}
}

func (s *sampler) attribute(name xsd.Name, value string) {
	s.out.WriteString(" " + s.name(name) + `="` + escape(value) + `"`)
}

// content writes the rest of a start tag, and what stands in the element.
func (s *sampler) content(e *xsd.Element, t *xsd.Type) error {
	if t.Array != nil {
		return s.array(t.Array)
	}
	for _, a := range t.Attributes {
		if a.Required {
			s.attribute(a.Name, s.text(a.Value, a.Name.Local, a.Fixed, a.Default))
		}
	}
	s.out.WriteByte('>')
	switch {
	case t.Value != nil:
		s.out.WriteString(escape(s.text(t.Value, e.Name.Local, e.Fixed, e.Default)))
	case t.Any:
		s.out.WriteString("sample")
	case t.Content != nil:
		return s.particle(t.Content)
	}
	return nil
}

// array writes an array of SOAP encoding with one member (SOAP 1.1 section 5.4.2).
func (s *sampler) array(a *xsd.Array) error {
	item, t, _, err := s.stand(a.Item)
	if err != nil {
		return err
	}
	if !s.encoded {
		s.out.WriteByte('>')
		return s.element(item)
	}
	s.attribute(xsd.Name{Space: xsd.InstanceNamespace, Local: "type"}, s.name(xsd.Name{Space: s.encoding, Local: "Array"}))
	name, size := t.Name, "["+strings.Repeat("1,", max(a.Dimensions, 1)-1)+"1]"
	if slices.Contains(s.open, t) {
		size = strings.ReplaceAll(size, "1", "0")
	}
	if name.Local == "" || t.Any {
		name = xsd.Name{Space: xsd.Namespace, Local: "anyType"}
	}
	s.attribute(xsd.Name{Space: s.encoding, Local: "arrayType"}, s.name(name)+size)
	s.out.WriteByte('>')
	if slices.Contains(s.open, t) {
		return nil
	}
	return s.element(item)
}

// particle writes a part of a content model.
func (s *sampler) particle(p *xsd.Particle) error {
	if p.Max == 0 || p.Min == 0 && !s.wants(p) {
		return nil
	}
	for range max(1, min(p.Min, maxRepeats)) {
		if err := s.once(p); err != nil {
			return err
		}
	}
	return nil
}

func (s *sampler) once(p *xsd.Particle) error {
	switch p.Kind {
	case xsd.ElementParticle:
		return s.element(p.Element)
	case xsd.SequenceParticle:
		for _, child := range p.Children {
			if err := s.particle(child); err != nil {
				return err
			}
		}
	case xsd.ChoiceParticle:
		if chosen := s.choose(p.Children); chosen != nil {
			return s.particle(chosen)
		}
	case xsd.AnyParticle: // wanted only where one is demanded
		s.out.WriteString(`<sample xmlns="urn:postern:mock"/>`)
	}
	return nil
}

// choose prefers what is there, then what ends.
func (s *sampler) choose(children []*xsd.Particle) *xsd.Particle {
	for _, child := range children {
		if child.Max != 0 && child.Kind != xsd.AnyParticle && !s.endless(child) {
			return child
		}
	}
	if len(children) > 0 {
		return children[0]
	}
	return nil
}

// wants decides on what may be left out.
func (s *sampler) wants(p *xsd.Particle) bool {
	return p.Kind != xsd.AnyParticle && s.elements < maxElements && len(s.open) < maxDepth && !s.endless(p)
}

// endless reports whether a particle, once begun, leads back into a type that is being written.
func (s *sampler) endless(p *xsd.Particle) bool {
	steps := 0
	return s.leadsBack(p, true, slices.Clone(s.open), &steps)
}

func (s *sampler) leadsBack(p *xsd.Particle, begun bool, open []*xsd.Type, steps *int) bool {
	if *steps++; *steps > maxSteps || p.Min == 0 && !begun {
		return false
	}
	switch p.Kind {
	case xsd.ElementParticle:
		e, t, _, err := s.stand(p.Element)
		switch {
		case err != nil:
			return true
		case e.Abstract || t.Abstract: // nothing can stand there
			return true
		case slices.Contains(open, t):
			return t.Complex
		case t.Content == nil:
			return false
		}
		return s.leadsBack(t.Content, false, append(open, t), steps)
	case xsd.SequenceParticle:
		return slices.ContainsFunc(p.Children, func(child *xsd.Particle) bool { return s.leadsBack(child, false, open, steps) })
	case xsd.ChoiceParticle:
		return len(p.Children) > 0 && !slices.ContainsFunc(p.Children, func(child *xsd.Particle) bool { return !s.leadsBack(child, false, open, steps) })
	default:
		return false
	}
}

func escape(text string) string {
	var out strings.Builder
	_ = xml.EscapeText(&out, []byte(text)) // a builder takes everything
	return out.String()
}
