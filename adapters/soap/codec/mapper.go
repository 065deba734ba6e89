package codec

import (
	"fmt"
	"strconv"
	"time"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/postern-gateway/postern/adapters/mirror"
	"github.com/postern-gateway/postern/adapters/soap/xsd"
)

// A Mapper turns the types of a schema set into messages of a mirrored file, and makes the plans to read and write them. It is
// for one goroutine until it is linked.
type Mapper struct {
	schemas *xsd.Set
	file    *mirror.File
	zone    *time.Location

	plans   map[*xsd.Type]*plan
	all     []*plan
	checked map[*xsd.Type]bool
	spaces  []string
	indexOf map[string]int
}

// NewMapper returns a mapper that adds messages to file. zone is where a dateTime without a zone is read.
func NewMapper(schemas *xsd.Set, file *mirror.File, zone *time.Location) *Mapper {
	return &Mapper{
		schemas: schemas, file: file, zone: zone, plans: make(map[*xsd.Type]*plan), checked: make(map[*xsd.Type]bool),
		spaces: []string{"", xsd.InstanceNamespace}, indexOf: map[string]int{"": 0, xsd.InstanceNamespace: instanceSpace},
	}
}

// instanceSpace is the index of the namespace of xsi:type and xsi:nil.
const instanceSpace = 1

// qualify spells a name. Each namespace has one prefix in all messages of a back end.
func (m *Mapper) qualify(name xsd.Name) qualified {
	switch name.Space {
	case "":
		return qualified{name: name, text: name.Local}
	case xmlNamespace:
		return qualified{name: name, text: "xml:" + name.Local}
	}
	index, ok := m.indexOf[name.Space]
	if !ok {
		index = len(m.spaces)
		m.spaces = append(m.spaces, name.Space)
		m.indexOf[name.Space] = index
	}
	return qualified{name: name, space: index, text: prefix(index) + ":" + name.Local}
}

func prefix(index int) string {
	if index == instanceSpace {
		return "xsi"
	}
	return "n" + strconv.Itoa(index-instanceSpace)
}

// check makes sure that everything reachable from a type is declared, so that building cannot stop half-way.
func (m *Mapper) check(t *xsd.Type) error {
	visited := make(map[*xsd.Type]bool)
	if err := m.visit(t, visited); err != nil {
		return err
	}
	for t := range visited {
		m.checked[t] = true
	}
	return nil
}

func (m *Mapper) visit(t *xsd.Type, visited map[*xsd.Type]bool) error {
	if visited[t] || m.checked[t] {
		return nil
	}
	visited[t] = true
	if !t.Complex || t.Any {
		return nil
	}
	for _, derived := range m.schemas.Derived(t) {
		if err := m.visit(derived, visited); err != nil {
			return err
		}
	}
	return m.visitParticle(t.Content, visited)
}

func (m *Mapper) visitParticle(p *xsd.Particle, visited map[*xsd.Type]bool) error {
	if p == nil {
		return nil
	}
	if p.Kind == xsd.ElementParticle {
		for _, e := range m.substitutes(p.Element) {
			t, err := e.Type()
			if err != nil {
				return err
			}
			if err := m.visit(t, visited); err != nil {
				return err
			}
		}
	}
	for _, child := range p.Children {
		if err := m.visitParticle(child, visited); err != nil {
			return err
		}
	}
	return nil
}

// substitutes are the elements that may stand in e's place; an abstract one that nothing stands in for is taken as it is.
func (m *Mapper) substitutes(e *xsd.Element) []*xsd.Element {
	if all := m.schemas.Substitutes(e); len(all) > 0 {
		return all
	}
	return []*xsd.Element{e}
}

// holdsText reports whether elements of the type are scalars.
func (m *Mapper) holdsText(t *xsd.Type) bool {
	return t.Value != nil && t.Content == nil && len(t.Attributes) == 0 && (!t.Complex || len(m.schemas.Derived(t)) == 0)
}

// planFor returns the plan of a complex type. hint names its message if it is anonymous. The type has been checked.
func (m *Mapper) planFor(t *xsd.Type, hint string) *plan {
	if known := m.plans[t]; known != nil {
		return known
	}
	name := t.Name.Local
	if name == "" {
		name = hint
	}
	p := m.newPlan(name, t.Doc)
	p.name = t.Name
	if t.Name.Local != "" {
		p.tag = m.qualify(t.Name)
	}
	m.plans[t] = p
	b := &builder{mapper: m, plan: p, taken: make(map[elementKey]*element)}
	b.build(t)
	return p
}

func (m *Mapper) newPlan(name, doc string) *plan {
	p := &plan{message: m.file.Message(name, doc), slots: make(map[string][]*slot)}
	m.all = append(m.all, p)
	return p
}

// Link completes the plans with the descriptors that the mirrored file was built into.
func (m *Mapper) Link(file protoreflect.FileDescriptor) error {
	for _, p := range m.all {
		p.descriptor = file.Messages().ByName(p.message.Name())
		if p.descriptor == nil {
			return fmt.Errorf("the message %s is not in %s", p.message.Name(), file.Path())
		}
		fields := p.descriptor.Fields()
		link := func(f *field) {
			if f != nil {
				f.fd = fields.ByName(f.mirror.Name)
			}
		}
		link(p.text)
		link(p.nils)
		for _, a := range p.attributes {
			link(a.field)
		}
		for _, d := range p.derived {
			link(d.field)
		}
		if p.content != nil {
			linkNode(p.content, link)
		}
	}
	return nil
}

func linkNode(n *node, link func(*field)) {
	if n.element != nil {
		link(n.element.field)
	}
	if n.group != nil {
		link(n.group.field)
	}
	link(n.wildcard)
	for _, child := range n.children {
		linkNode(child, link)
	}
}
