package codec

import (
	"bytes"
	"math/bits"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/postern-gateway/postern/adapters/soap/xmltoken"
	"github.com/postern-gateway/postern/adapters/soap/xsd"
)

// child reads the child element whose start tag is the current token.
func (d *decoder) child(f *frame) error {
	if err := d.step(); err != nil {
		return err
	}
	s := f.plan.slot(d.tokens, f.next)
	if s == nil && f.plan.accessors && f.last == nil && len(f.plan.slots) > 0 && !d.isIndependent() {
		s = &f.plan.slots[0]
	}
	return d.take(f, s)
}

// take reads the child element for the slot that it belongs to.
func (d *decoder) take(f *frame, s *readSlot) error {
	if s == nil {
		return d.unexpected(f)
	}
	f.last, f.next = s, s.next
	switch {
	case s.element != nil:
		if bit := s.element.bit; bit>>6 < len(f.stood) {
			f.stood[bit>>6] |= 1 << (bit & 63)
		}
		return d.element(s.element, f)
	case s.group != nil:
		return d.member(f, s.group)
	case !s.free.list && (f.has(s.free.bit) || s.free.oneof >= 0 && f.has(s.free.oneof)): // the schema leaves room for one
		return d.unexpected(f)
	default:
		return d.wildcard(s.free, f)
	}
}

// unexpected passes over an element. What others refer to is read where they do, and an attachment is the text of the element that includes it.
func (d *decoder) unexpected(f *frame) error {
	switch {
	case f.plan.text != nil && d.isInclude() && isBinary(f.plan.text.value):
		content, err := d.include()
		if err == nil && content != nil {
			f.attached = content
		}
		return err
	case !d.isIndependent():
		d.report.Unexpected++
	}
	return d.tokens.Skip()
}

// member reads a child element of a repeating compositor: of its last item, or of a new one if the element cannot come behind what the last one
// holds.
func (d *decoder) member(f *frame, g *readGroup) error {
	in, p := f.items[g.index], g.plan.reading
	if in.frame != nil {
		if s := p.slot(d.tokens, in.frame.next); in.frame.continues(s) {
			return d.take(in.frame, s)
		}
		if err := d.finishItem(in); err != nil {
			return err
		}
	} else {
		in.w.Truncate(0)
	}
	in.mark = in.w.Open(g.number)
	in.frame = d.open(p, &in.w)
	f.set(g.bit) // it is written at the end
	return d.take(in.frame, p.slot(d.tokens, 0))
}

func (d *decoder) finishItem(in *item) error {
	err := d.finish(in.frame)
	in.frame = nil
	in.w.Close(in.mark)
	return err
}

// continues reports whether an element of the slot can come behind the last one within one round of a compositor.
func (f *frame) continues(s *readSlot) bool {
	last := f.last
	if s == nil || last == nil || s.branch != last.branch {
		return s == nil || last == nil
	}
	return s.index > last.index || s.index == last.index && !s.single
}

// element reads one element into its field.
func (d *decoder) element(e *readElement, f *frame) error {
	if !e.repeats && (f.has(e.bit) || e.oneof >= 0 && f.has(e.oneof)) {
		if err := d.occupied(e, f); err != nil {
			return err
		}
		return d.tokens.Skip()
	}
	if len(d.tokens.Attributes()) > 0 {
		if d.isNil() {
			d.noteNil(e, f)
			return d.tokens.Skip()
		}
		if read, err := d.elsewhere(e, f); read || err != nil {
			return err
		}
	}
	switch {
	case e.plan != nil:
		mark := f.w.Open(e.number)
		if err := d.message(e.plan.reading, f.w); err != nil {
			return err
		}
		f.w.Close(mark)
		f.wrote(&e.target)
		return nil
	case e.free:
		return d.freeElement(&e.target, f)
	case e.array != nil:
		return d.array(e.array, f)
	}
	text, ok := d.tokens.Leaf()
	if !ok {
		var err error
		var attached []byte
		if text, attached, err = d.leaf(e.binary); err != nil {
			return err
		}
		if attached != nil {
			f.w.BytesField(e.number, attached)
			f.wrote(&e.target)
			return nil
		}
	}
	if len(text) == 0 && e.hasFallback {
		text = e.fallback
	}
	return d.simple(&e.target, f, text)
}

// occupied says what is in the way of an element that would take the place of another one, which would be lost.
func (d *decoder) occupied(e *readElement, f *frame) error {
	if f.has(e.bit) {
		return d.breach("it stands here more than once")
	}
	descriptor := f.plan.descriptor
	members := descriptor.Oneofs().Get(e.oneof - descriptor.Fields().Len()).Fields()
	var other protoreflect.Name
	for i := range members.Len() {
		if f.has(members.Get(i).Index()) {
			other = members.Get(i).Name()
		}
	}
	return d.breach("it stands beside %s, and only one of them can", other)
}

// leaf reads the text of the element at the current token up to its end tag. It is good until the next leaf. If binary is true, an attachment can
// stand in its place.
func (d *decoder) leaf(binary bool) (text, attached []byte, err error) {
	d.text = d.text[:0]
	for {
		kind, err := d.tokens.Next()
		switch {
		case err != nil:
			return nil, nil, err
		case kind == xmltoken.Text:
			d.text = append(d.text, d.tokens.Text()...)
		case kind == xmltoken.End:
			return d.text, attached, nil
		case binary && d.isInclude():
			attached, err = d.include()
		default:
			d.report.Unexpected++
			err = d.tokens.Skip()
		}
		if err != nil {
			return nil, nil, err
		}
	}
}

// substitute follows xsi:type to a derived type.
func (d *decoder) substitute(p *reading) *readDerivation {
	space, local, ok := d.instanceType()
	if !ok {
		return nil
	}
	for i := range p.derived {
		if name := p.derived[i].of.name; name.Local == string(local) && name.Space == space {
			return &p.derived[i]
		}
	}
	return nil
}

// instanceType returns the type that xsi:type names at the current start tag.
func (d *decoder) instanceType() (space string, local []byte, ok bool) {
	given := d.tokens.Attributes()
	for i := range given {
		if string(given[i].Local) != "type" || !isInstance(given[i].Space) {
			continue
		}
		prefix, local, found := bytes.Cut(trim(given[i].Value), []byte(":"))
		if !found {
			prefix, local = nil, prefix
		}
		space, ok := d.tokens.Lookup(string(prefix))
		return space, local, ok
	}
	return "", nil, false
}

// isInstance reports whether a namespace is that of xsi:type and xsi:nil, in the Recommendation or one of the drafts that toolkits were made by.
func isInstance(space string) bool {
	switch space {
	case xsd.InstanceNamespace, "http://www.w3.org/2000/10/XMLSchema-instance", "http://www.w3.org/1999/XMLSchema-instance":
		return true
	}
	return false
}

// isNil reports whether the element is nil: xsi:nil, or xsi:null in the drafts.
func (d *decoder) isNil() bool {
	given := d.tokens.Attributes()
	for i := range given {
		if local := string(given[i].Local); (local == "nil" || local == "null") && isInstance(given[i].Space) {
			value := trim(given[i].Value)
			return string(value) == "true" || string(value) == "1"
		}
	}
	return false
}

// noteNil writes down that an element is nil, where that is not the same as its being absent. Where the schema allows no nil, it counts as
// absent.
func (d *decoder) noteNil(e *readElement, f *frame) {
	if !e.nillable {
		d.report.Unexpected++
		return
	}
	note := nilNote{name: e.name, index: -1}
	if e.repeats {
		note.index = f.counts[e.counter]
		zero(f.w, e)
		f.wrote(&e.target)
	}
	f.nils = append(f.nils, note)
}

// complete makes sure that all elements were there that the schema demands. It is not asked of an encoded message, which may leave out any accessor (SOAP 1.1
// section 5.4.1).
func (d *decoder) complete(f *frame) error {
	for i, demanded := range f.plan.demanded {
		missing := demanded &^ f.stood[i]
		if missing == 0 {
			continue
		}
		field := f.plan.descriptor.Fields().Get(i<<6 + bits.TrailingZeros64(missing))
		return d.breach("the element of the field %s is missing", field.JSONName())
	}
	return nil
}
