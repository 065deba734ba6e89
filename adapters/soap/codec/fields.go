package codec

import (
	"strings"

	"buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate"
	"google.golang.org/protobuf/proto"

	"github.com/postern-gateway/postern/adapters/mirror"
	"github.com/postern-gateway/postern/adapters/soap/xsd"
)

// A builder makes the plan of one message.
type builder struct {
	mapper      *Mapper
	plan        *plan
	taken       map[elementKey]*element
	wildcard    *field
	occurrences map[elementKey]int
	mentions    map[elementKey]int
	index       int
	branch      int
	nillable    bool
	// polymorphic is true if another type may stand in, so that nothing of this one must be there.
	polymorphic bool
}

func (b *builder) build(t *xsd.Type) {
	types := b.mapper.schemas.Derived(t)
	b.polymorphic = len(types) > 0
	if b.polymorphic && t.Abstract {
		b.derived(t, types)
		return
	}
	switch {
	case t.Value != nil && t.Content == nil:
		b.plan.textRequired = t.Value.Item == nil && !acceptsEmpty(t.Value)
		b.text("value", t.Value, "", b.plan.textRequired && !b.polymorphic)
	case t.Mixed:
		b.text("text", &xsd.Value{Builtin: "string"}, "The text between the elements, joined.", false)
	}
	b.content(b.mapper.simplify(t.Content), !b.polymorphic)
	for _, a := range t.Attributes {
		b.attribute(a)
	}
	if t.AnyAttribute != nil {
		b.plan.acceptsAttributes = *t.AnyAttribute
		b.plan.anyAttributes = b.field(mirror.Field{
			Original: "any_attributes", Type: mirror.Struct, Comment: "Attributes that the schema leaves open: the name of each as {namespace}local, and its text.",
		})
	}
	b.derived(t, types)
}

func (b *builder) text(name string, v *xsd.Value, comment string, required bool) {
	b.plan.textValue = b.mapper.value(v)
	f := mirror.Field{
		Original: name, Comment: comment, Type: b.mapper.scalar(v), Optional: v.Item == nil, Repeated: v.Item != nil,
	}
	if required {
		f.Rules = &validate.FieldRules{Required: proto.Bool(true)}
	}
	b.plan.text = b.field(f)
}

func (b *builder) field(f mirror.Field) *field {
	return &field{mirror: b.plan.message.Field(f)}
}

// content adds the fields of a content model. enforce says whether a caller must always give what is required.
func (b *builder) content(p *part, enforce bool) {
	if p == nil {
		return
	}
	b.occurrences = occurrences(p)
	b.mentions = mentions(p, make(map[elementKey]int))
	b.plan.content = b.node(p, enforce, nil, true)
	b.nilFields()
}

// nilFields adds the field that names what is nil, if anything can be.
func (b *builder) nilFields() {
	if b.nillable {
		b.plan.nils = b.field(mirror.Field{
			Original: "nil_fields", Repeated: true, Type: mirror.String,
			Comment: "Names of the fields that are nil (xsi:nil), and not merely absent; an item of a list as name[index].",
		})
	}
}

// node adds a part. outermost is true for the content model as a whole.
func (b *builder) node(p *part, enforce bool, oneof *mirror.Oneof, outermost bool) *node {
	n := &node{kind: p.kind, min: p.min, max: p.max}
	required := enforce && p.min > 0
	switch {
	case p.kind == elementNode:
		b.elementNode(n, p, required, oneof)
	case p.kind == wildcardNode:
		b.wildcardNode(n, p, required, oneof)
	case p.max > 1:
		b.groupNode(n, p, required)
	case p.kind == sequenceNode:
		for _, child := range p.children {
			n.children = append(n.children, b.node(child, required, nil, false))
		}
	default:
		if oneof == nil && b.fitsOneof(p) {
			oneof = b.plan.message.Oneof(choiceName(p), p.doc, required && !b.canBeEmpty(p))
		}
		for i, child := range p.children {
			if outermost {
				b.branch = i
			}
			n.children = append(n.children, b.node(child, false, oneof, false))
		}
	}
	return n
}

func choiceName(p *part) string {
	if p.name != "" {
		return p.name + "_choice"
	}
	return "choice"
}

// fitsOneof reports whether a oneof can hold a choice: each branch one element, or one that is left open, that occurs once and nowhere else.
func (b *builder) fitsOneof(p *part) bool {
	for _, child := range p.children {
		switch {
		case child.max > 1:
			return false
		case child.kind == wildcardNode:
			if b.mentions[wildcardKey] > 1 {
				return false
			}
		case child.kind != elementNode:
			return false
		default:
			key := keyOf(child.element)
			if b.mentions[key] > 1 || key.typ.Value != nil && key.typ.Value.Item != nil && b.mapper.holdsText(key.typ) {
				return false
			}
		}
	}
	return true
}

// canBeEmpty reports whether a choice may send nothing, or only something that no member of a oneof can say.
func (b *builder) canBeEmpty(p *part) bool {
	for _, child := range p.children {
		if child.min == 0 || child.kind == elementNode && child.element.Nillable {
			return true
		}
	}
	return false
}

func (b *builder) elementNode(n *node, p *part, required bool, oneof *mirror.Oneof) {
	key := keyOf(p.element)
	n.element = b.taken[key]
	if n.element != nil {
		n.element.shared = true
	} else {
		n.element = b.element(p, key.typ, required, oneof)
		b.taken[key] = n.element
	}
	b.slot(&slot{space: p.element.Name.Space, element: n.element, single: p.max == 1}, p.element.Name.Local)
}

func (b *builder) slot(s *slot, local string) {
	s.index, s.branch = b.index, b.branch
	b.index++
	b.plan.slots[local] = append(b.plan.slots[local], s)
}

func (b *builder) element(p *part, t *xsd.Type, required bool, oneof *mirror.Oneof) *element {
	e := p.element
	out := &element{tag: b.mapper.qualify(e.Name), global: e.Global, typ: b.mapper.typeName(t), nillable: e.Nillable, fallback: e.Default, fixed: e.Fixed}
	if e.Fixed != nil {
		out.fallback = e.Fixed
	}
	original := e.Name.Local
	if p.name != "" {
		original = p.name
	}
	f := mirror.Field{Original: original, Comment: e.Doc, Oneof: oneof, Repeated: b.occurrences[keyOf(e)] > 1}
	if b.inlines(p, t, oneof) {
		out.array = b.members(t.Array, &f)
	} else {
		b.hold(out, &f, t, e.Name.Local)
	}
	out.demanded = required && oneof == nil
	required = required && !e.Nillable && out.fallback == nil && oneof == nil && !t.Any
	f.Rules = demands(&f, out, p.min, b.occurrences[keyOf(e)], required)
	b.nillable = b.nillable || e.Nillable && (p.min == 0 || b.occurrences[keyOf(e)] > 1)
	out.field = b.field(f)
	if out.array != nil {
		out.array.item.field = out.field
	}
	return out
}

// hold says what an element of a type holds, and what the field does. hint names the message of an anonymous type.
func (b *builder) hold(out *element, f *mirror.Field, t *xsd.Type, hint string) {
	switch {
	case t.Any, isAnySimple(t) && out.fallback == nil:
		out.free, out.simple = true, !t.Any
		f.Type = mirror.Value
	case t.Name == attachmentReference:
		out.value = &value{kind: swaRefValue}
		f.Type = mirror.String
		f.Comment = strings.TrimSpace(f.Comment + "\n\nAn attachment as a data URL: data:image/png;base64,...; any other address is sent as it is.")
		f.Optional = !f.Repeated
	case b.mapper.holdsText(t):
		v := fixedTo(t.Value, out.fixed)
		if v.Item != nil && f.Repeated {
			v = &xsd.Value{Builtin: "string"} // a list of lists: each inner one as its text
		}
		out.value, f.Type = b.mapper.value(v), b.mapper.scalar(v)
		f.Repeated = f.Repeated || v.Item != nil
		f.Optional = !f.Repeated
	default:
		out.plan = b.mapper.planFor(t, string(b.plan.message.Name())+"_"+hint)
		f.Type = mirror.Of(out.plan.message)
	}
}

func isAnySimple(t *xsd.Type) bool {
	return !t.Complex && t.Name == xsd.Name{Space: xsd.Namespace, Local: "anySimpleType"}
}

// demands are the rules of how often an element must be there and may be; nil if there are none.
func demands(f *mirror.Field, e *element, low, high int, required bool) *validate.FieldRules {
	switch {
	case e.value != nil && e.value.item != nil && (e.value.shortest > 0 || e.value.longest > 0):
		return listRules(e.value, required)
	case e.array != nil, e.value != nil && e.value.item != nil:
		return nil // the field holds the items of one element, which may be none
	case !f.Repeated && required:
		return &validate.FieldRules{Required: proto.Bool(true)}
	case !f.Repeated:
		return nil
	}
	rules := &validate.RepeatedRules{}
	if required {
		rules.MinItems = proto.Uint64(uint64(low)) //nolint:gosec // not negative
	}
	if high < maxOccurs {
		rules.MaxItems = proto.Uint64(uint64(high)) //nolint:gosec // not negative
	}
	if proto.Size(rules) == 0 {
		return nil
	}
	return &validate.FieldRules{Type: &validate.FieldRules_Repeated{Repeated: rules}}
}

// listRules are how many items a list has. An optional element is left out by giving none.
func listRules(v *value, required bool) *validate.FieldRules {
	rules := &validate.RepeatedRules{}
	if v.shortest > 0 && required {
		rules.MinItems = proto.Uint64(uint64(v.shortest))
	}
	if v.longest > 0 {
		rules.MaxItems = proto.Uint64(uint64(v.longest))
	}
	return &validate.FieldRules{Type: &validate.FieldRules_Repeated{Repeated: rules}}
}

func (b *builder) wildcardNode(n *node, p *part, required bool, oneof *mirror.Oneof) {
	if b.wildcard == nil {
		f := mirror.Field{
			Original: "any", Type: mirror.Struct, Repeated: b.occurrences[wildcardKey] > 1, Oneof: oneof,
			Comment: "An element that the schema leaves open: its name as {namespace}local, and its content.",
		}
		if required && b.mentions[wildcardKey] == 1 {
			f.Rules = demands(&f, &element{}, n.min, maxOccurs, oneof == nil)
		}
		b.wildcard = b.field(f)
	}
	n.wildcard, n.accepts = b.wildcard, p.wildcard
	b.plan.wildcard = &slot{free: b.wildcard, index: b.index, branch: b.branch}
	b.index++
}

// groupNode adds a compositor that repeats, as a list of messages.
func (b *builder) groupNode(n *node, p *part, required bool) {
	name := p.name
	if name == "" {
		name = map[nodeKind]string{sequenceNode: "sequence", choiceNode: "choice"}[p.kind]
	}
	inner := &builder{
		mapper: b.mapper, plan: b.mapper.newPlan(string(b.plan.message.Name())+"_"+name, p.doc), taken: make(map[elementKey]*element),
	}
	once := *p
	once.min, once.max = 1, 1
	inner.content(&once, true)
	f := mirror.Field{Original: name, Comment: p.doc, Type: mirror.Of(inner.plan.message), Repeated: true}
	if required && n.min > 0 {
		f.Rules = &validate.FieldRules{Type: &validate.FieldRules_Repeated{Repeated: &validate.RepeatedRules{MinItems: proto.Uint64(uint64(p.min))}}} //nolint:gosec // not negative
	}
	n.kind = groupNode
	if p.canBeEmpty() {
		n.min = 0
	}
	n.group = &group{field: b.field(f), plan: inner.plan, index: b.plan.groups}
	b.plan.groups++
	for local, slots := range inner.plan.slots {
		for _, s := range slots {
			b.plan.slots[local] = append(b.plan.slots[local], &slot{space: s.space, group: n.group, index: b.index, branch: b.branch})
		}
	}
	if inner.plan.wildcard != nil && b.plan.wildcard == nil {
		b.plan.wildcard = &slot{group: n.group, index: b.index, branch: b.branch}
	}
	b.index++
}

func (b *builder) attribute(a *xsd.Attribute) {
	f := mirror.Field{Original: a.Name.Local, Comment: a.Doc, Type: b.mapper.scalar(fixedTo(a.Value, a.Fixed)), Optional: true}
	value := b.mapper.value(a.Value)
	if value.item != nil {
		f.Repeated, f.Optional = true, false
		if value.shortest > 0 || value.longest > 0 {
			f.Rules = listRules(value, a.Required && !b.polymorphic)
		}
	} else if a.Required && a.Fixed == nil && !b.polymorphic {
		f.Rules = &validate.FieldRules{Required: proto.Bool(true)}
	}
	out := &attribute{tag: b.mapper.qualify(a.Name), field: b.field(f), value: value, required: a.Required, fixed: a.Fixed}
	b.plan.attributes = append(b.plan.attributes, out)
	if a.Name == mediaType && value.kind == textValue {
		b.plan.contentType = out
	}
}

// derived adds the types that can stand for t.
func (b *builder) derived(t *xsd.Type, types []*xsd.Type) {
	if len(types) == 0 {
		return
	}
	comment := "A type derived from this one that stands in its place; the fields outside are not sent then."
	oneof := b.plan.message.Oneof("derived", comment, t.Abstract)
	for _, derived := range types {
		p := b.mapper.planFor(derived, "")
		f := b.field(mirror.Field{Original: derived.Name.Local, Comment: derived.Doc, Type: mirror.Of(p.message), Oneof: oneof})
		b.plan.derived = append(b.plan.derived, &derivation{field: f, plan: p})
	}
}
