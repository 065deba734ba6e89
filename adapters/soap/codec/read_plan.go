package codec

import (
	"cmp"
	"slices"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/postern-gateway/postern/adapters/soap/xmltoken"
)

// A reading is a plan as the decoder goes by it: fields as numbers on the wire, and what may stand where in one list.
type reading struct {
	descriptor protoreflect.MessageDescriptor
	attributes []readAttribute
	// anyAttributes takes the attributes that the schema leaves open; 0 if it leaves none open.
	anyAttributes protowire.Number
	// slots are the child elements in the order of the schema, and byName their places.
	slots    []readSlot
	byName   map[string][]int
	wildcard *readSlot
	groups   int
	// text holds simple content, or mixed content if there are child elements.
	text    *target
	mixed   bool
	nils    protowire.Number // 0 if nothing can be nil
	derived []readDerivation
	array   *readArray
	// href is true if the type has an attribute of this name, which is no reference then.
	href bool
	// accessors is the plan's.
	accessors bool
	// words and counters are how much a frame keeps.
	words, counters int
	// demanded are the bits of the elements that always stand in the message; nil if there are none.
	demanded []uint64
}

type readDerivation struct {
	number protowire.Number
	bit    int
	of     *plan
}

// A target is a field that values go to.
type target struct {
	number protowire.Number
	name   string // in JSON
	list   bool
	value  *value
	// bit is the field's place among those that have been seen, and oneof that of its choice, or -1.
	bit, oneof int
	// counter is its place among the lists whose items can be nil, or -1.
	counter int
}

type readAttribute struct {
	local, space string
	target
}

// A readElement is an [element] to be read. Exactly one of value, plan, free and array says what it holds.
type readElement struct {
	target
	plan        *plan
	free        bool
	array       *readArray
	repeats     bool
	nillable    bool
	binary      bool // its value is bytes, which may be an attachment
	fallback    []byte
	hasFallback bool
}

type readArray struct {
	item       *readElement
	rank       int
	dimensions protowire.Number // 0 for an array of one dimension
}

// A readSlot is a [slot] with its name.
type readSlot struct {
	local, space string
	element      *readElement // or
	group        *readGroup   // or
	free         *target
	index        int
	branch       int
	single       bool
	// next is the first slot that can come behind it.
	next int
}

type readGroup struct {
	target
	plan  *plan
	index int
}

// compileReading makes the readings of all plans. They are linked.
func (m *Mapper) compileReading() {
	for _, p := range m.all {
		c := readCompiler{plan: p, out: &reading{descriptor: p.descriptor}, elements: make(map[*element]*readElement)}
		c.compile()
		p.reading = c.out
	}
}

// A readCompiler makes the reading of one plan.
type readCompiler struct {
	plan     *plan
	out      *reading
	elements map[*element]*readElement
}

func (c *readCompiler) compile() {
	p, out := c.plan, c.out
	fields := p.descriptor.Fields()
	out.words = (fields.Len() + p.descriptor.Oneofs().Len() + 63) / 64
	for _, a := range p.attributes {
		out.attributes = append(out.attributes, readAttribute{local: a.tag.name.Local, space: a.tag.name.Space, target: c.target(a.field, a.value)})
		out.href = out.href || a.tag.name.Local == "href"
	}
	if p.anyAttributes != nil {
		out.anyAttributes = p.anyAttributes.fd.Number()
	}
	if p.text != nil {
		text := c.target(p.text, p.textValue)
		out.text, out.mixed = &text, p.content != nil
	}
	if p.nils != nil {
		out.nils = p.nils.fd.Number()
	}
	for _, d := range p.derived {
		out.derived = append(out.derived, readDerivation{number: d.field.fd.Number(), bit: d.field.fd.Index(), of: d.plan})
	}
	if p.array != nil {
		out.array = c.array(p.array)
	}
	out.groups, out.accessors = p.groups, p.accessors
	c.slots()
}

func (c *readCompiler) target(f *field, v *value) target {
	t := target{number: f.fd.Number(), name: f.mirror.JSONName, list: f.fd.IsList(), value: v, bit: f.fd.Index(), oneof: -1, counter: -1}
	if oneof := f.fd.ContainingOneof(); oneof != nil && !oneof.IsSynthetic() {
		t.oneof = c.plan.descriptor.Fields().Len() + oneof.Index()
	}
	return t
}

// slots puts the slots in order.
func (c *readCompiler) slots() {
	out := c.out
	for local, slots := range c.plan.slots {
		for _, s := range slots {
			out.slots = append(out.slots, c.slot(local, s))
		}
	}
	slices.SortFunc(out.slots, func(a, b readSlot) int {
		return cmp.Or(cmp.Compare(a.index, b.index), cmp.Compare(a.local, b.local), cmp.Compare(a.space, b.space))
	})
	out.byName = make(map[string][]int, len(c.plan.slots))
	for i := range out.slots {
		s := &out.slots[i]
		out.byName[s.local] = append(out.byName[s.local], i)
		s.next = i
		if s.single {
			s.next = i + 1
		} else if i > 0 && out.slots[i-1].index == s.index {
			s.next = out.slots[i-1].next // of the same group
		}
	}
	if c.plan.wildcard != nil {
		wildcard := c.slot("", c.plan.wildcard)
		wildcard.next, _ = slices.BinarySearchFunc(out.slots, wildcard.index, func(s readSlot, index int) int { return cmp.Compare(s.index, index) })
		out.wildcard = &wildcard
	}
}

func (c *readCompiler) slot(local string, s *slot) readSlot {
	out := readSlot{local: local, space: s.space, index: s.index, branch: s.branch, single: s.single}
	switch {
	case s.group != nil:
		out.group = &readGroup{target: c.target(s.group.field, nil), plan: s.group.plan, index: s.group.index}
	case s.free != nil:
		free := c.target(s.free, nil)
		out.free = &free
	default:
		out.element = c.element(s.element)
	}
	return out
}

// element returns the same for the same, so that its items are counted together wherever they stand.
func (c *readCompiler) element(e *element) *readElement {
	if known := c.elements[e]; known != nil {
		return known
	}
	out := &readElement{
		target: c.target(e.field, e.value), plan: e.plan, free: e.free, repeats: e.repeats(), nillable: e.nillable,
		binary: e.value != nil && isBinary(e.value),
	}
	c.elements[e] = out
	if e.demanded && !c.plan.accessors {
		if c.out.demanded == nil {
			c.out.demanded = make([]uint64, c.out.words)
		}
		c.out.demanded[out.bit>>6] |= 1 << (out.bit & 63)
	}
	if e.fallback != nil {
		out.fallback, out.hasFallback = []byte(*e.fallback), true
	}
	if out.repeats && out.nillable {
		out.counter = c.out.counters
		c.out.counters++
	}
	if e.array != nil {
		out.array = c.array(e.array)
	}
	return out
}

func (c *readCompiler) array(a *array) *readArray {
	out := &readArray{item: c.element(a.item), rank: a.rank}
	if a.dimensions != nil {
		out.dimensions = a.dimensions.fd.Number()
	}
	return out
}

// isEmpty reports whether there is nothing to read.
func (p *reading) isEmpty() bool {
	return len(p.slots) == 0 && len(p.attributes) == 0 && p.text == nil && p.wildcard == nil && p.array == nil
}

// lookAhead is how many slots are compared with a name before it is looked up.
const lookAhead = 6

// slot finds what the child element at the current token is, or nil. Where several places can take it, it is the first that is not behind
// what the frame has read already, so that the same name before and after something else stays apart. Replies come in the order of the schema, so the
// next places are tried first.
func (p *reading) slot(tokens *xmltoken.Reader, next int) *readSlot {
	local, space := tokens.Local(), tokens.Space()
	for i := next; i < len(p.slots) && i < next+lookAhead; i++ {
		if s := &p.slots[i]; s.local == string(local) && s.space == space {
			return s
		}
	}
	places := p.byName[string(local)]
	best := -1
	for _, i := range places {
		if p.slots[i].space != space {
			continue
		}
		if i >= next {
			return &p.slots[i]
		}
		if best < 0 {
			best = i
		}
	}
	switch {
	case best >= 0:
		return &p.slots[best]
	case p.wildcard == nil && len(places) > 0:
		return &p.slots[places[0]]
	default:
		return p.wildcard
	}
}

// attribute finds an attribute by its name, else by its local name alone. Where the schema leaves attributes open, one of another namespace is another.
func (p *reading) attribute(given *xmltoken.Attribute) *readAttribute {
	if isInstance(given.Space) {
		return nil
	}
	var similar *readAttribute
	for i := range p.attributes {
		a := &p.attributes[i]
		if a.local != string(given.Local) {
			continue
		}
		if a.space == given.Space {
			return a
		}
		if p.anyAttributes == 0 || given.Space == "" {
			similar = a
		}
	}
	return similar
}
