package codec

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/postern-gateway/postern/adapters/soap/xmltoken"
	"github.com/postern-gateway/postern/adapters/soap/xsd"
)

const xmlNamespace = xmltoken.XMLNamespace

// A ReadError says where XML breaks its schema. It holds names of elements, and no values.
type ReadError struct {
	// Path is the element, as /outer/inner.
	Path         string
	Line, Column int
	Message      string
}

// Error returns "path (line:column): message".
func (e *ReadError) Error() string {
	return fmt.Sprintf("%s (%d:%d): %s", e.Path, e.Line, e.Column, e.Message)
}

// A decoder reads one body.
type decoder struct {
	tokens *xmltoken.Reader
	text   []byte
	// unexpected counts elements that no schema knows, which were passed over.
	unexpected int
}

// A frame is one message being read.
type frame struct {
	plan    *plan
	message protoreflect.Message
	// groups are the items of repeating compositors that are being read.
	groups []*frame
	// last is where the last child element went.
	last  *slot
	mixed []byte
}

func (d *decoder) errorf(format string, arguments ...any) error {
	syntax := d.tokens.Errorf(format, arguments...)
	return &ReadError{Line: syntax.Line, Column: syntax.Column, Message: syntax.Message}
}

// within puts the name of the element around an error's path.
func within(tag qualified, err error) error {
	if err == nil { // almost always; looking for the error's kind costs an allocation
		return nil
	}
	var read *ReadError
	if errors.As(err, &read) {
		outer := *read
		outer.Path = "/" + tag.name.Local + read.Path
		return &outer
	}
	return err
}

// message reads the element whose start tag is the current token, up to its end tag.
func (d *decoder) message(p *plan, m protoreflect.Message) error {
	p, m = d.substitute(p, m)
	if err := d.attributes(p, m); err != nil {
		return err
	}
	if p.array != nil {
		return d.array(p.array, &frame{plan: p, message: m})
	}
	return d.inside(&frame{plan: p, message: m})
}

// array reads the members of an array of SOAP encoding, which may have any name.
func (d *decoder) array(a *array, f *frame) error {
	if a.dimensions != nil {
		d.dimensions(a, f.message)
	}
	for {
		kind, err := d.tokens.Next()
		if err != nil {
			return err
		}
		switch kind {
		case xmltoken.Start:
			if err := within(a.item.tag, d.element(a.item, f)); err != nil {
				return err
			}
		case xmltoken.End:
			return nil
		}
	}
}

// dimensions reads the sizes in soapenc:arrayType="xsd:int[2,3]" or enc:arraySize="2 3".
func (d *decoder) dimensions(a *array, m protoreflect.Message) {
	for _, given := range d.tokens.Attributes() {
		text := given.Value
		switch string(given.Local) {
		case "arrayType":
			text = text[bytes.LastIndexByte(text, '[')+1:]
		case "arraySize":
		default:
			continue
		}
		for _, size := range bytes.FieldsFunc(text, func(r rune) bool { return r < '0' || r > '9' }) {
			if n, err := strconv.ParseInt(string(size), 10, 32); err == nil {
				m.Mutable(a.dimensions.fd).List().Append(protoreflect.ValueOfInt32(int32(n)))
			}
		}
	}
}

// inside reads child elements and text up to the end tag of the element that is open.
func (d *decoder) inside(f *frame) error {
	for {
		kind, err := d.tokens.Next()
		if err != nil {
			return err
		}
		switch kind {
		case xmltoken.Start:
			if err := d.child(f); err != nil {
				return err
			}
		case xmltoken.Text:
			if f.plan.text != nil {
				f.mixed = append(f.mixed, d.tokens.Text()...)
			}
		case xmltoken.End:
			return d.finish(f)
		}
	}
}

// finish sets the text of the element that has ended.
func (d *decoder) finish(f *frame) error {
	p := f.plan
	if p.text == nil {
		return nil
	}
	if p.content != nil {
		if f.mixed = bytes.TrimSpace(f.mixed); len(f.mixed) == 0 {
			return nil
		}
	}
	return d.simple(p.textValue, p.text.fd, f.message, f.mixed)
}

// simple sets or appends one value. Empty text where the type has no empty value counts as absent.
func (d *decoder) simple(v *value, fd protoreflect.FieldDescriptor, m protoreflect.Message, text []byte) error {
	if v.item != nil {
		list := m.Mutable(fd).List()
		for item := range bytes.FieldsSeq(text) {
			decoded, err := v.item.decode(item, d.tokens)
			if err != nil {
				return d.errorf("an item of the list cannot be read: %v", err)
			}
			list.Append(decoded)
		}
		return nil
	}
	decoded, err := v.decode(text, d.tokens)
	switch {
	case errors.Is(err, errEmpty) && !fd.IsList():
		return nil
	case err != nil:
		return d.errorf("the value cannot be read: %v", err)
	case fd.IsList():
		m.Mutable(fd).List().Append(decoded)
	default:
		m.Set(fd, decoded)
	}
	return nil
}

// substitute follows xsi:type to a derived type.
func (d *decoder) substitute(p *plan, m protoreflect.Message) (*plan, protoreflect.Message) {
	if len(p.derived) == 0 {
		return p, m
	}
	for _, a := range d.tokens.Attributes() {
		if a.Space != xsd.InstanceNamespace || string(a.Local) != "type" {
			continue
		}
		prefix, local, found := bytes.Cut(bytes.Trim(a.Value, whiteSpace), []byte(":"))
		if !found {
			prefix, local = nil, prefix
		}
		space, ok := d.tokens.Lookup(string(prefix))
		for _, derivation := range p.derived {
			if name := derivation.plan.name; ok && name.Space == space && name.Local == string(local) {
				return derivation.plan, m.Mutable(derivation.field.fd).Message()
			}
		}
	}
	return p, m
}

func (d *decoder) attributes(p *plan, m protoreflect.Message) error {
	if len(p.attributes) == 0 {
		return nil
	}
	for _, given := range d.tokens.Attributes() {
		a := p.attribute(given)
		if a == nil {
			continue
		}
		if err := d.simple(a.value, a.field.fd, m, given.Value); err != nil {
			return within(a.tag, err)
		}
	}
	return nil
}

// attribute finds an attribute by its name, else by its local name alone.
func (p *plan) attribute(given xmltoken.Attribute) *attribute {
	if given.Space == xsd.InstanceNamespace {
		return nil
	}
	var similar *attribute
	for _, a := range p.attributes {
		if a.tag.name.Local != string(given.Local) {
			continue
		}
		if a.tag.name.Space == given.Space {
			return a
		}
		similar = a
	}
	return similar
}

// slot finds what the child element at the current token is, or nil. Where several places can take it, it is the first that is not behind
// what has been read already, so that the same name before and after something else stays apart.
func (p *plan) slot(tokens *xmltoken.Reader, last *slot) *slot {
	slots := p.slots[string(tokens.Local())]
	var best *slot
	for _, s := range slots {
		if s.space != tokens.Space() {
			continue
		}
		if best == nil {
			best = s
		}
		if last == nil || s.index > last.index || s.index == last.index && !s.single {
			return s
		}
	}
	switch {
	case best != nil:
		return best
	case p.wildcard == nil && len(slots) > 0:
		return slots[0]
	default:
		return p.wildcard
	}
}

func (d *decoder) child(f *frame) error {
	s := f.plan.slot(d.tokens, f.last)
	if s == nil {
		d.unexpected++
		return d.tokens.Skip()
	}
	f.last = s
	switch {
	case s.group != nil:
		return d.child(d.item(f, s.group))
	case s.free != nil && !s.free.fd.IsList() && f.message.Has(s.free.fd):
		d.unexpected++ // the schema leaves room for one
		return d.tokens.Skip()
	case s.free != nil:
		return d.wildcard(s.free, f.message)
	default:
		return within(s.element.tag, d.element(s.element, f))
	}
}

// item returns the frame of the group's item that the child element at the current token belongs to: the last one, or a new one
// if the element cannot come behind what the last one holds.
func (d *decoder) item(f *frame, g *group) *frame {
	if f.groups == nil {
		f.groups = make([]*frame, f.plan.groups)
	}
	item := f.groups[g.index]
	if item != nil && g.continues(item.last, d.tokens) {
		return item
	}
	item = &frame{plan: g.plan, message: f.message.Mutable(g.field.fd).List().AppendMutable().Message()}
	f.groups[g.index] = item
	return item
}

// continues reports whether the element at the current token can come behind last within one round of the group.
func (g *group) continues(last *slot, tokens *xmltoken.Reader) bool {
	s := g.plan.slot(tokens, last)
	if s == nil || last == nil || s.branch != last.branch {
		return s == nil || last == nil
	}
	return s.index > last.index || s.index == last.index && !s.single
}

func (d *decoder) element(e *element, f *frame) error {
	fd := e.field.fd
	if err := d.alone(e, f.message); err != nil {
		return err
	}
	if d.isNil() {
		d.noteNil(e, f)
		return d.tokens.Skip()
	}
	switch {
	case e.plan != nil && fd.IsList():
		return d.message(e.plan, f.message.Mutable(fd).List().AppendMutable().Message())
	case e.plan != nil:
		return d.message(e.plan, f.message.Mutable(fd).Message())
	case e.free:
		return d.freeElement(e.field, f.message)
	case e.array != nil:
		return d.array(e.array, f)
	}
	text, err := d.leaf()
	if err != nil {
		return err
	}
	if len(text) == 0 && e.fallback != nil {
		text = []byte(*e.fallback)
	}
	return d.simple(e.value, fd, f.message, text)
}

// alone refuses an element that would take the place of another one, which would be lost.
func (d *decoder) alone(e *element, m protoreflect.Message) error {
	fd := e.field.fd
	switch oneof := fd.ContainingOneof(); {
	case e.repeats():
	case m.Has(fd):
		return d.errorf("it stands here more than once")
	case oneof != nil && !oneof.IsSynthetic() && m.WhichOneof(oneof) != nil:
		return d.errorf("it stands beside %s, and only one of them can", m.WhichOneof(oneof).Name())
	}
	return nil
}

// leaf reads the text of the element at the current token up to its end tag. It is good until the next leaf.
func (d *decoder) leaf() ([]byte, error) {
	d.text = d.text[:0]
	for {
		kind, err := d.tokens.Next()
		if err != nil {
			return nil, err
		}
		switch kind {
		case xmltoken.Text:
			d.text = append(d.text, d.tokens.Text()...)
		case xmltoken.Start:
			d.unexpected++
			if err := d.tokens.Skip(); err != nil {
				return nil, err
			}
		case xmltoken.End:
			return d.text, nil
		}
	}
}

func (d *decoder) isNil() bool {
	for _, a := range d.tokens.Attributes() {
		if a.Space == xsd.InstanceNamespace && string(a.Local) == "nil" {
			value := bytes.Trim(a.Value, whiteSpace)
			return string(value) == "true" || string(value) == "1"
		}
	}
	return false
}

// noteNil writes down that an element is nil, where that is not the same as its being absent. Where the schema allows no nil, it counts as
// absent.
func (d *decoder) noteNil(e *element, f *frame) {
	if !e.nillable {
		d.unexpected++
		return
	}
	name := e.field.mirror.JSONName
	if e.repeats() {
		list := f.message.Mutable(e.field.fd).List()
		name += "[" + strconv.Itoa(list.Len()) + "]"
		list.Append(list.NewElement())
	}
	if f.plan.nils != nil {
		f.message.Mutable(f.plan.nils.fd).List().Append(protoreflect.ValueOfString(name))
	}
}
