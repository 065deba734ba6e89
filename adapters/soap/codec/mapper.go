package codec

import (
	"fmt"
	"strconv"
	"sync"
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
	scalars map[*xsd.Value]mirror.Type
	all     []*plan
	checked map[*xsd.Type]bool
	// decoders are those that nobody uses at the moment.
	decoders sync.Pool
	// spaces are the namespaces that messages use, and prefixes what each is written with.
	spaces, prefixes []string
	declarations     []string // of each, once linked
	indexOf          map[string]int
	qualified        map[xsd.Name]qualified
	anyType          qualified
}

// NewMapper returns a mapper that adds messages to file. zone is where a dateTime without a zone is read.
func NewMapper(schemas *xsd.Set, file *mirror.File, zone *time.Location) *Mapper {
	m := &Mapper{
		schemas: schemas, file: file, zone: zone, plans: make(map[*xsd.Type]*plan), scalars: make(map[*xsd.Value]mirror.Type), checked: make(map[*xsd.Type]bool),
		indexOf: make(map[string]int), qualified: make(map[xsd.Name]qualified),
	}
	for index, fixed := range fixedSpaces {
		m.spaces, m.prefixes = append(m.spaces, fixed.space), append(m.prefixes, fixed.prefix)
		m.indexOf[fixed.space] = index
	}
	m.anyType = m.qualify(xsd.AnyType().Name)
	return m
}

// Indices of the namespaces that every mapper knows.
const (
	instanceSpace = iota + 1
	schemaSpace
	encodingSpace11
	encodingSpace12
	envelopeSpace12
	xopSpace
)

var fixedSpaces = [...]struct{ space, prefix string }{
	{},
	instanceSpace:   {xsd.InstanceNamespace, "xsi"},
	schemaSpace:     {xsd.Namespace, "xsd"},
	encodingSpace11: {"http://schemas.xmlsoap.org/soap/encoding/", "soapenc"},
	encodingSpace12: {"http://www.w3.org/2003/05/soap-encoding", "enc"},
	envelopeSpace12: {"http://www.w3.org/2003/05/soap-envelope", "env"},
	xopSpace:        {"http://www.w3.org/2004/08/xop/include", "xop"},
}

// qualify spells a name. Each namespace has one prefix in all messages of a back end.
func (m *Mapper) qualify(name xsd.Name) qualified {
	if known, ok := m.qualified[name]; ok {
		return known
	}
	out := qualified{name: name, text: name.Local}
	switch name.Space {
	case "":
	case xmlNamespace:
		out.text = "xml:" + name.Local
	default:
		index, ok := m.indexOf[name.Space]
		if !ok {
			index = len(m.spaces)
			m.indexOf[name.Space] = index
			m.spaces = append(m.spaces, name.Space)
			m.prefixes = append(m.prefixes, "n"+strconv.Itoa(index-len(fixedSpaces)+1))
		}
		out.space, out.text = index, m.prefixes[index]+":"+name.Local
	}
	m.qualified[name] = out
	return out
}

// typeName spells the name of a type; it is empty for an anonymous one.
func (m *Mapper) typeName(t *xsd.Type) qualified {
	switch {
	case t.Name.Local == "":
		return qualified{}
	case t.Name.Space == xsd.Namespace && t.Value != nil && t.Value.Item == nil:
		return m.qualify(xsd.Name{Space: xsd.Namespace, Local: t.Value.Builtin}) // a type of a draft of XML Schema has another name now
	}
	return m.qualify(t.Name)
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
	if t.Array != nil {
		item, err := t.Array.Item.Type()
		if err != nil {
			return err
		}
		return m.visit(item, visited)
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
	p.tag = m.typeName(t)
	m.plans[t] = p
	m.fill(p, t)
	return p
}

// fill adds the fields of a complex type.
func (m *Mapper) fill(p *plan, t *xsd.Type) {
	b := &builder{mapper: m, plan: p, taken: make(map[elementKey]*element)}
	if t.Array != nil {
		b.array(t.Array)
		b.nilFields()
		return
	}
	b.build(t)
}

// fillContent adds the fields of a content model.
func (m *Mapper) fillContent(p *plan, content *part) {
	b := &builder{mapper: m, plan: p, taken: make(map[elementKey]*element)}
	b.content(content, true)
}

func (m *Mapper) newPlan(name, doc string) *plan {
	p := &plan{message: m.file.Message(name, doc), slots: make(map[string][]*slot)}
	m.all = append(m.all, p)
	return p
}

// Link completes the plans with the descriptors that the mirrored file was built into.
func (m *Mapper) Link(file protoreflect.FileDescriptor) error {
	for index, space := range m.spaces {
		m.declarations = append(m.declarations, declaration(m.prefixes[index], space))
	}
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
		link(p.anyAttributes)
		for _, a := range p.attributes {
			link(a.field)
		}
		for _, f := range p.extra {
			link(f)
		}
		for _, d := range p.derived {
			link(d.field)
		}
		if p.content != nil {
			linkNode(p.content, link)
		}
		if p.array != nil {
			link(p.array.item.field)
			link(p.array.dimensions)
		}
	}
	m.compileReading()
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
