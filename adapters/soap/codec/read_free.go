package codec

import (
	"bytes"
	"encoding/base64"
	"math"
	"slices"

	"github.com/postern-gateway/postern/adapters/soap/xmltoken"
	"github.com/postern-gateway/postern/adapters/soap/xsd"
	"github.com/postern-gateway/postern/adapters/wire"
)

// Fields of google.protobuf.Value, Struct, its entries and ListValue.
const (
	valueNull   = 1
	valueNumber = 2
	valueString = 3
	valueBool   = 4
	valueStruct = 5
	valueList   = 6
	structEntry = 1
	entryKey    = 1
	entryValue  = 2
	listItem    = 1
)

// freeBuffers are what reading free content needs, as stacks: each element adds to them and takes back what is its own.
type freeBuffers struct {
	text    []byte
	key     []byte
	entries []freeEntry
	places  map[string]int
	moved   []byte
}

func (b *freeBuffers) fits() bool {
	return cap(b.text) <= maxKept && cap(b.moved) <= maxKept && cap(b.entries) <= maxKept/16 && len(b.places) <= maxKept/64
}

// A freeEntry is an entry of a Struct in the buffer: its key and the content of its Value.
type freeEntry struct {
	start, key, keyEnd, value, end int
	// text is how much of its parent's text stands before it.
	text int
	// next is the next entry of the same key, or 0; later is true for all but the first of a key, and last the last one of the first.
	next, last int
	later      bool
}

// wildcard reads an element that the schema leaves open, into a Struct.
func (d *decoder) wildcard(t *target, f *frame) error {
	mark := f.w.Open(t.number)
	if err := d.freeEntry(f.w, nil); err != nil {
		return err
	}
	f.w.Close(mark)
	f.wrote(t)
	return nil
}

// freeElement reads an element of type xs:anyType, into a Value.
func (d *decoder) freeElement(t *target, f *frame) error {
	mark := f.w.Open(t.number)
	if err := d.freeValue(f.w); err != nil {
		return err
	}
	f.w.Close(mark)
	f.wrote(t)
	return nil
}

// freeEntry reads the current element as an entry of a Struct, under its name, and adds it to entries.
func (d *decoder) freeEntry(w *wire.Writer, entries *[]freeEntry) error {
	d.free.key = appendName(d.free.key[:0], d.tokens.Space(), d.tokens.Local())
	e := freeEntry{start: w.Len()}
	entry := w.Open(structEntry)
	w.BytesField(entryKey, d.free.key)
	keyLength := len(d.free.key)
	keyEnd := w.Len()
	value := w.Open(entryValue)
	if err := d.freeValue(w); err != nil {
		return err
	}
	length := w.Len() - value
	w.Close(value)
	shift := w.Len() - length - value // a long content has been moved by its length
	before := w.Len()
	w.Close(entry)
	moved := w.Len() - before
	if entries != nil {
		e.key, e.keyEnd = keyEnd-keyLength+moved, keyEnd+moved
		e.value, e.end = value+shift+moved, w.Len()
		*entries = append(*entries, e)
	}
	return nil
}

func appendName(out []byte, space string, local []byte) []byte {
	if space != "" {
		out = append(append(append(out, '{'), space...), '}')
	}
	return append(out, local...)
}

// freeValue reads the content of the current element as that of a Value.
func (d *decoder) freeValue(w *wire.Writer) error {
	if err := d.step(); err != nil {
		return err
	}
	isNull, kind := false, textValue
	if len(d.tokens.Attributes()) > 0 {
		if id, ok := d.reference(); ok {
			if read, err := d.freeReference(w, id); read || err != nil {
				return err
			}
		}
		if d.isArray() {
			return d.freeList(w)
		}
		isNull, kind = d.isNil(), d.builtin()
	}
	from := w.Len()
	object := w.Open(valueStruct)
	d.freeAttributes(w)
	plain := w.Len() == object
	base, text := len(d.free.entries), len(d.free.text)
	for {
		token, err := d.tokens.Next()
		if err != nil {
			return err
		}
		switch {
		case token == xmltoken.Text:
			d.free.text = append(d.free.text, d.tokens.Text()...)
			continue
		case token == xmltoken.Start && d.isInclude():
			if err := d.freeInclude(); err != nil {
				return err
			}
			continue
		case token == xmltoken.Start:
			before := len(d.free.text) - text
			if err := d.freeEntry(w, &d.free.entries); err != nil {
				return err
			}
			d.free.entries[len(d.free.entries)-1].text = before
			continue
		}
		break
	}
	own, children := d.free.text[text:], d.free.entries[base:]
	d.free.text, d.free.entries = d.free.text[:text], d.free.entries[:base]
	switch {
	case plain && len(children) == 0:
		w.Truncate(from)
		d.freeScalar(w, kind, isNull, own)
		return nil
	case len(children) > 0:
		d.freeChildren(w, children, own)
	case len(own) > 0:
		d.freeText(w, []byte(textKey), own)
	}
	w.Close(object)
	return nil
}

// freeText writes an entry that is a string.
func (d *decoder) freeText(w *wire.Writer, key, text []byte) {
	entry := w.Open(structEntry)
	w.BytesField(entryKey, key)
	value := w.Open(entryValue)
	w.BytesField(valueString, text)
	w.Close(value)
	w.Close(entry)
}

// freeAttributes writes the attributes as entries.
func (d *decoder) freeAttributes(w *wire.Writer) {
	given := d.tokens.Attributes()
	for i := range given {
		a := &given[i]
		d.free.key = append(d.free.key[:0], attributeMark...)
		switch {
		case isAboutMessage(a.Space):
		case !isInstance(a.Space):
			d.free.key = appendName(d.free.key, a.Space, a.Local)
			d.freeText(w, d.free.key, a.Value)
		case string(a.Local) == "type":
			space, local, ok := d.instanceType()
			if ok && !isSchema(space) && !isAboutMessage(space) {
				d.free.key = appendName(d.free.key, xsd.InstanceNamespace, a.Local)
				d.scratch = appendName(d.scratch[:0], space, local)
				d.freeText(w, d.free.key, d.scratch)
			}
		}
	}
}

// isAboutMessage reports whether attributes of a namespace are about how the message is written: those of SOAP, and of its encoding.
func isAboutMessage(space string) bool {
	switch space {
	case encoding11Namespace, encoding12Namespace, "http://schemas.xmlsoap.org/soap/envelope/", "http://www.w3.org/2003/05/soap-envelope":
		return true
	}
	return false
}

// isSchema reports whether a namespace is that of XML Schema, or of one of its drafts.
func isSchema(space string) bool {
	switch space {
	case xsd.Namespace, "http://www.w3.org/2000/10/XMLSchema", "http://www.w3.org/1999/XMLSchema":
		return true
	}
	return false
}

// builtin returns how to read text whose xsi:type is a built-in type that JSON can hold exactly as other than text; else as text.
func (d *decoder) builtin() valueKind {
	space, local, ok := d.instanceType()
	if !ok || !isSchema(space) && space != encoding11Namespace && space != encoding12Namespace {
		return textValue
	}
	switch kind := valueKinds[string(local)]; kind {
	case boolValue, int32Value, uint32Value, floatValue, doubleValue:
		return kind
	}
	return textValue
}

// freeScalar writes the Value that a text is. What is no value of its type stays text.
func (d *decoder) freeScalar(w *wire.Writer, kind valueKind, isNull bool, text []byte) {
	if isNull {
		w.Varint(valueNull, 0)
		return
	}
	trimmed := trim(text)
	switch {
	case kind == textValue || len(trimmed) == 0:
	case kind == boolValue:
		if truth, err := parseBool(trimmed); err == nil {
			w.Bool(valueBool, truth)
			return
		}
	default:
		if n, err := parseFloat(trimmed, 64); err == nil && !math.IsInf(n, 0) && !math.IsNaN(n) {
			w.Fixed64(valueNumber, math.Float64bits(n))
			return
		}
	}
	w.BytesField(valueString, text)
}

// freeReference reads a Value that stands elsewhere. It returns false if nothing has this id: then the attribute is only one of that name.
func (d *decoder) freeReference(w *wire.Writer, id []byte) (bool, error) {
	_, ok, err := d.find(id)
	if !ok || err != nil {
		return false, err
	}
	from := w.Len()
	read, err := d.follow(id, func() error { return d.freeValue(w) })
	if err == nil && w.Len() == from {
		w.Varint(valueNull, 0) // the cut end of a cycle
	}
	return read, err
}

// freeInclude reads an attachment as base64.
func (d *decoder) freeInclude() error {
	content, err := d.include()
	d.free.text = base64.StdEncoding.AppendEncode(d.free.text, content)
	return err
}

// isArray reports whether the current element says that it is an array of SOAP encoding.
func (d *decoder) isArray() bool {
	for _, name := range []string{"arrayType", "arraySize", "itemType"} {
		if _, ok := d.encodingAttribute(name); ok {
			return true
		}
	}
	space, local, ok := d.instanceType()
	return ok && string(local) == "Array" && (space == encoding11Namespace || space == encoding12Namespace)
}

// freeList reads the members of an array, whatever their names.
func (d *decoder) freeList(w *wire.Writer) error {
	if d.isNil() {
		w.Varint(valueNull, 0)
		return d.tokens.Skip()
	}
	list := w.Open(valueList)
	for {
		kind, err := d.tokens.Next()
		switch {
		case err != nil:
			return err
		case kind == xmltoken.End:
			w.Close(list)
			return nil
		case kind == xmltoken.Start:
			item := w.Open(listItem)
			if err := d.freeValue(w); err != nil {
				return err
			}
			w.Close(item)
		}
	}
}

// freeChildren arranges the children of an element, whose entries stand at the end of the buffer in their order: those of one name as a list, or all of
// them and the text between them in one list, where their order would be lost otherwise.
func (d *decoder) freeChildren(w *wire.Writer, entries []freeEntry, text []byte) {
	buffer := w.Bytes()
	repeated, scattered := d.chain(buffer, entries)
	isMixed := len(trim(text)) > 0
	moved := wire.NewWriter(d.free.moved[:0])
	switch {
	case isMixed:
		inOrder(&moved, buffer, entries, text)
	case scattered:
		inOrder(&moved, buffer, entries, nil)
	case repeated:
		byName(&moved, buffer, entries)
	default:
		return
	}
	w.Truncate(entries[0].start)
	w.Append(moved.Bytes())
	d.free.moved = moved.Bytes()
}

// inOrder writes the children, and the text between them unless it is nil, as one list.
func inOrder(w *wire.Writer, buffer []byte, entries []freeEntry, text []byte) {
	entry := w.Open(structEntry)
	w.BytesField(entryKey, []byte(contentKey))
	value := w.Open(entryValue)
	list := w.Open(valueList)
	at := 0
	words := func(end int) {
		if end > at {
			item := w.Open(listItem)
			w.BytesField(valueString, text[at:end])
			w.Close(item)
			at = end
		}
	}
	for i := range entries {
		e := &entries[i]
		if text != nil {
			words(e.text)
		}
		item := w.Open(listItem)
		w.BytesField(valueStruct, buffer[e.start:e.end])
		w.Close(item)
	}
	words(len(text))
	w.Close(list)
	w.Close(value)
	w.Close(entry)
}

// byName writes the children of one name as a list, where the first of them stands.
func byName(w *wire.Writer, buffer []byte, entries []freeEntry) {
	for i := range entries {
		e := &entries[i]
		switch {
		case e.later:
		case e.next == 0:
			w.Append(buffer[e.start:e.end])
		default:
			entry := w.Open(structEntry)
			w.BytesField(entryKey, buffer[e.key:e.keyEnd])
			value := w.Open(entryValue)
			list := w.Open(valueList)
			for at := i; ; at = entries[at].next {
				w.BytesField(listItem, buffer[entries[at].value:entries[at].end])
				if entries[at].next == 0 {
					break
				}
			}
			w.Close(list)
			w.Close(value)
			w.Close(entry)
		}
	}
}

// chain links the entries of one key. It reports whether there are any, and whether others stand between them.
func (d *decoder) chain(buffer []byte, entries []freeEntry) (repeated, scattered bool) {
	key := func(e *freeEntry) []byte { return buffer[e.key:e.keyEnd] }
	if d.free.places == nil {
		d.free.places = make(map[string]int)
	}
	byMap := len(entries) > 8
	if byMap {
		clear(d.free.places)
	}
	for i := range entries {
		e := &entries[i]
		first := -1
		if i > 0 && bytes.Equal(key(&entries[i-1]), key(e)) {
			if first = i - 1; entries[first].later {
				first = entries[first].last
			}
		} else if byMap {
			if at, ok := d.free.places[string(key(e))]; ok {
				first = at
			} else {
				d.free.places[string(key(e))] = i
			}
		} else {
			first = slices.IndexFunc(entries[:i], func(other freeEntry) bool { return bytes.Equal(key(&other), key(e)) })
		}
		if first < 0 {
			e.last = i
			continue
		}
		repeated = true
		scattered = scattered || entries[first].last != i-1
		e.later = true
		entries[entries[first].last].next = i
		entries[first].last = i
		e.last = first // where the first one is
	}
	return repeated, scattered
}
