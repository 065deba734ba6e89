package codec

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strconv"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/postern-gateway/postern/adapters/soap/xmltoken"
	"github.com/postern-gateway/postern/adapters/wire"
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

// A decoder reads one body after the other. Its buffers stay with it.
type decoder struct {
	tokens  *xmltoken.Reader
	options ReadOptions
	// loose is true if elements that the schema demands may be missing.
	loose  bool
	report ReadReport
	// base is how many elements are open around what a path names.
	base int
	// attribute is the name of the one that is being read.
	attribute string
	countdown int
	padded    int // how many members of arrays were not sent
	out       wire.Writer
	text      []byte // of the last leaf
	scratch   []byte
	free      freeBuffers
	refs      references
	frames    []*frame // that are not in use
}

// maxKept is how large buffers may be that stay with a decoder.
const maxKept = 1 << 20

func (d *decoder) start(tokens *xmltoken.Reader, options ReadOptions, base int) {
	d.tokens, d.options, d.report, d.base, d.countdown = tokens, options, ReadReport{}, base, pace
	d.attribute, d.padded = "", 0
	d.out.Truncate(0)
	d.refs.reset()
}

// fits reports whether the decoder may be kept for the next body.
func (d *decoder) fits() bool {
	return cap(d.out.Bytes()) <= maxKept && cap(d.text) <= maxKept && cap(d.scratch) <= maxKept && d.free.fits()
}

// release lets go of what belongs to the caller.
func (d *decoder) release() {
	d.tokens, d.options, d.report = nil, ReadOptions{}, ReadReport{}
	d.refs.reset()
}

// pace is how many elements are read between two looks at the context.
const pace = 1024

func (d *decoder) step() error {
	if d.countdown--; d.countdown > 0 || d.options.Context == nil {
		return nil
	}
	d.countdown = pace
	return context.Cause(d.options.Context)
}

// A frame is one message that is being read.
type frame struct {
	plan *reading
	w    *wire.Writer
	// start is where the message starts in w.
	start int
	// seen are the fields and choices that have a value, and stood the elements that were there, with a value or without, if any are demanded.
	seen, stood []uint64
	// last is where the last child element went, and next the first slot that can come behind it.
	last *readSlot
	next int
	// items are the items of repeating compositors that are being read.
	items []*item
	text  []byte
	// attached is the content of the attachment that stands for the text.
	attached []byte
	nils     []nilNote
	counts   []int
	// behind is the number of the field that was written last; scattered is true once a list has been left and come back to.
	behind    protowire.Number
	scattered bool
}

// An item is the last item of a repeating compositor. What stands between its elements goes elsewhere, so a buffer of its own holds all of the items.
type item struct {
	frame *frame
	mark  int
	w     wire.Writer
}

// A nilNote says that a field is nil, or the item of that index, if it is not negative.
type nilNote struct {
	name  string
	index int
}

func (d *decoder) open(p *reading, w *wire.Writer) *frame {
	var f *frame
	if n := len(d.frames); n > 0 {
		f, d.frames = d.frames[n-1], d.frames[:n-1]
	} else {
		f = &frame{}
	}
	f.plan, f.w, f.start = p, w, w.Len()
	f.seen = zeroed(f.seen, p.words)
	f.stood = zeroed(f.stood, len(p.demanded))
	f.counts = zeroed(f.counts, p.counters)
	f.last, f.next, f.behind, f.scattered, f.attached = nil, 0, 0, false, nil
	f.text, f.nils = f.text[:0], f.nils[:0]
	for len(f.items) < p.groups {
		f.items = append(f.items, &item{})
	}
	return f
}

func (d *decoder) close(f *frame) {
	f.w, f.attached = nil, nil
	if cap(f.text) <= maxKept {
		d.frames = append(d.frames, f)
	}
}

func zeroed[T uint64 | int](list []T, n int) []T {
	if cap(list) < n {
		return make([]T, n)
	}
	list = list[:n]
	clear(list)
	return list
}

func (f *frame) has(bit int) bool { return f.seen[bit>>6]&(1<<(bit&63)) != 0 }

func (f *frame) set(bit int) { f.seen[bit>>6] |= 1 << (bit & 63) }

// wrote notes that the field has a value.
func (f *frame) wrote(t *target) {
	if t.list && t.number != f.behind && f.has(t.bit) {
		f.scattered = true
	}
	f.behind = t.number
	f.set(t.bit)
	if t.oneof >= 0 {
		f.set(t.oneof)
	}
	if t.counter >= 0 {
		f.counts[t.counter]++
	}
}

func (d *decoder) errorf(format string, arguments ...any) error {
	syntax := d.tokens.Errorf(format, arguments...)
	return &ReadError{Path: d.path(), Line: syntax.Line, Column: syntax.Column, Message: syntax.Message}
}

// breach is something that breaks the schema: an error, or by [ReadOptions].Lenient something to leave out.
func (d *decoder) breach(format string, arguments ...any) error {
	if !d.options.Lenient {
		return d.errorf(format, arguments...)
	}
	if d.report.LeftOut++; len(d.report.Problems) < maxProblems {
		d.report.Problems = append(d.report.Problems, d.errorf(format, arguments...))
	}
	return nil
}

// path names the current element, as if what it refers to stood in it.
func (d *decoder) path() string {
	path := d.refs.path(d.base) + d.tokens.Path(d.base)
	if d.attribute != "" {
		path += "/" + d.attribute
	}
	return path
}

// message reads the element whose start tag is the current token, up to its end tag.
func (d *decoder) message(p *reading, w *wire.Writer) error {
	if len(p.derived) > 0 {
		if derived := d.substitute(p); derived != nil {
			mark := w.Open(derived.number)
			if err := d.message(derived.of.reading, w); err != nil {
				return err
			}
			w.Close(mark)
			return nil
		}
	}
	f := d.open(p, w)
	if err := d.attributes(f); err != nil {
		return err
	}
	if p.array != nil {
		if err := d.array(p.array, f); err != nil {
			return err
		}
	} else if err := d.inside(f); err != nil {
		return err
	}
	return d.finish(f)
}

// inside reads child elements and text up to the end tag of the element that is open.
func (d *decoder) inside(f *frame) error {
	p := f.plan
	if p.text != nil && !p.mixed {
		if text, ok := d.tokens.Leaf(); ok {
			f.text = append(f.text, text...)
			return nil
		}
	}
	if p.text == nil {
		for {
			kind, err := d.tokens.NextTag()
			if err != nil || kind == xmltoken.End {
				return err
			}
			if err := d.child(f); err != nil {
				return err
			}
		}
	}
	for {
		kind, err := d.tokens.Next()
		switch {
		case err != nil:
			return err
		case kind == xmltoken.End:
			return nil
		case kind == xmltoken.Text:
			f.text = append(f.text, d.tokens.Text()...)
			continue
		}
		if err := d.child(f); err != nil {
			return err
		}
	}
}

// finish writes what is known only at the end of a message.
func (d *decoder) finish(f *frame) error {
	p := f.plan
	if p.demanded != nil && !d.loose {
		if err := d.complete(f); err != nil {
			return err
		}
	}
	if p.text != nil {
		if err := d.ownText(f); err != nil {
			return err
		}
	}
	for _, item := range f.items[:p.groups] {
		if item.frame == nil {
			continue
		}
		if err := d.finishItem(item); err != nil {
			return err
		}
		f.w.Append(item.w.Bytes())
		item.w.Truncate(0)
	}
	if p.nils != 0 {
		for _, note := range f.nils {
			d.scratch = append(d.scratch[:0], note.name...)
			if note.index >= 0 {
				d.scratch = append(strconv.AppendInt(append(d.scratch, '['), int64(note.index), 10), ']')
			}
			f.w.BytesField(p.nils, d.scratch)
		}
	}
	if f.scattered {
		f.w.Gather(f.start)
	}
	d.close(f)
	return nil
}

// ownText sets the text of the element that has ended.
func (d *decoder) ownText(f *frame) error {
	t := f.plan.text
	if f.attached != nil {
		f.w.BytesField(t.number, f.attached)
		f.wrote(t)
		return nil
	}
	text := f.text
	if f.plan.mixed {
		if text = bytes.TrimSpace(text); len(text) == 0 {
			return nil
		}
	}
	return d.simple(t, f, text)
}

// simple writes one value. Empty text where the type has no empty value counts as absent.
func (d *decoder) simple(t *target, f *frame, text []byte) error {
	if t.value.item != nil {
		return d.list(t, f, text)
	}
	err := d.scalar(f.w, t.value, t.number, text)
	switch {
	case err == nil:
		f.wrote(t)
		return nil
	case !t.list && errors.Is(err, errEmpty):
		return nil
	default:
		return d.breach("the value cannot be read: %v", err)
	}
}

// list writes the items of a list type.
func (d *decoder) list(t *target, f *frame, text []byte) error {
	before := f.w.Len()
	for len(text) > 0 {
		var word []byte
		if word, text = cutWord(text); len(word) == 0 {
			break
		}
		if err := d.scalar(f.w, t.value.item, t.number, word); err != nil {
			f.w.Truncate(before)
			return d.breach("an item of the list cannot be read: %v", err)
		}
	}
	if f.w.Len() > before {
		f.wrote(t)
	}
	return nil
}

// cutWord returns the first word of a text, and what is behind it.
func cutWord(text []byte) (word, rest []byte) {
	text = bytes.TrimLeft(text, whiteSpace)
	if end := bytes.IndexAny(text, whiteSpace); end >= 0 {
		return text[:end], text[end:]
	}
	return text, nil
}

// attributes reads those of the current start tag.
func (d *decoder) attributes(f *frame) error {
	p := f.plan
	if len(p.attributes) == 0 && p.anyAttributes == 0 {
		return nil
	}
	given := d.tokens.Attributes()
	others := 0
	for i := range given {
		a := p.attribute(&given[i])
		if a == nil {
			others++
			continue
		}
		if f.has(a.bit) {
			continue
		}
		d.attribute = a.local
		err := d.simple(&a.target, f, given[i].Value)
		d.attribute = ""
		if err != nil {
			return err
		}
	}
	if others > 0 && p.anyAttributes != 0 {
		d.openAttributes(f, given)
	}
	return nil
}

// openAttributes reads attributes that the schema leaves open, into a Struct. Those that are about the message are not in it.
func (d *decoder) openAttributes(f *frame, given []xmltoken.Attribute) {
	before := f.w.Len()
	mark := f.w.Open(f.plan.anyAttributes)
	for i := range given {
		a := &given[i]
		if f.plan.attribute(a) == nil && !isInstance(a.Space) && !isAboutMessage(a.Space) {
			d.free.key = appendName(d.free.key[:0], a.Space, a.Local)
			d.freeText(f.w, d.free.key, a.Value)
		}
	}
	if f.w.Len() == mark {
		f.w.Truncate(before)
		return
	}
	f.w.Close(mark)
}
