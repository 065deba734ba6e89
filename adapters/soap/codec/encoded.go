package codec

import (
	"strconv"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/postern-gateway/postern/adapters/mirror"
	"github.com/postern-gateway/postern/adapters/soap/wsdl"
	"github.com/postern-gateway/postern/adapters/soap/xsd"
)

// An encoding is a version of SOAP encoding; the zero value is none, which is literal use.
type encoding struct {
	// style is the value of encodingStyle.
	style string
	// space is the index of the namespace of its attributes.
	space int
	// array is what xsi:type says of an array.
	array string
}

var (
	encoding11 = &encoding{style: fixedSpaces[encodingSpace11].space, space: encodingSpace11, array: "soapenc:Array"}
	encoding12 = &encoding{style: fixedSpaces[encodingSpace12].space, space: encodingSpace12, array: "enc:Array"}
)

func encodingOf(version wsdl.Version) *encoding {
	if version == wsdl.SOAP12 {
		return encoding12
	}
	return encoding11
}

// array maps an array that is a message of its own.
func (b *builder) array(a *xsd.Array) {
	f := mirror.Field{Original: "items", Comment: "The members; those of the last dimension lie side by side."}
	b.plan.array = b.members(a, &f)
	b.plan.array.item.field = b.field(f)
	if a.Dimensions > 1 {
		b.plan.array.dimensions = b.field(mirror.Field{
			Original: "dimensions", Repeated: true, Type: mirror.Int32, Comment: "The size of each dimension.",
		})
	}
}

// inlines reports whether an array's members can be the items of the field itself.
func (b *builder) inlines(p *part, t *xsd.Type, oneof *mirror.Oneof) bool {
	return t.Array != nil && t.Array.Dimensions == 1 && oneof == nil && b.occurrences[keyOf(p.element)] == 1
}

// members makes f the list of an array's members.
func (b *builder) members(a *xsd.Array, f *mirror.Field) *array {
	t, err := a.Item.Type()
	if err != nil {
		t = xsd.AnyType() // check has seen to it that this cannot be
	}
	f.Repeated = true
	item := &element{tag: b.mapper.qualify(xsd.Name{Local: a.Item.Name.Local}), typ: b.mapper.typeName(t), nillable: true}
	b.hold(item, f, t, "item")
	b.nillable = true
	out := &array{item: item, rank: a.Dimensions}
	for t.Array != nil && t.Name.Local == "" {
		out.ranks = "[" + strings.Repeat(",", t.Array.Dimensions-1) + "]" + out.ranks
		if t, err = t.Array.Item.Type(); err != nil {
			t = xsd.AnyType()
		}
	}
	if out.of = b.mapper.typeName(t); out.of.text == "" {
		out.of = b.mapper.anyType
	}
	return out
}

// typed writes xsi:type, if the body is encoded and the type has a name.
func (w *Writer) typed(name qualified) {
	if w.encoding == nil || name.text == "" {
		return
	}
	w.used[name.space] = true
	w.xsiType(name.text)
}

func (w *Writer) xsiType(text string) {
	w.used[instanceSpace] = true
	w.buffer = append(w.buffer, ` xsi:type="`...)
	w.buffer = append(append(w.buffer, text...), '"')
}

// EncodingStyle returns what soap:Body says in SOAP 1.1 of how it is encoded; "" for a literal body, and for SOAP 1.2, where it is said on the wrapper
// (SOAP 1.2 part 1 section 5.1.1).
func (w *Writer) EncodingStyle() string {
	if w.encoding == encoding11 {
		return w.encoding.style
	}
	return ""
}

// encodingStyle says on the wrapper how the body is encoded.
func (w *Writer) encodingStyle() {
	if w.encoding != encoding12 {
		return
	}
	w.used[envelopeSpace12] = true
	w.buffer = append(w.buffer, ` env:encodingStyle="`...)
	w.buffer = append(append(w.buffer, w.encoding.style...), '"')
}

// array writes an array, whose members are in a field of the content's message.
func (c *content) array(tag qualified, a *array) {
	w := c.writer
	list := c.message.Get(a.item.field.fd).List()
	sizes := []int{list.Len()}
	if a.dimensions != nil {
		var fits bool
		if sizes, fits = sizesOf(c.message.Get(a.dimensions.fd).List(), a.rank, list.Len()); !fits {
			w.violateField(a.dimensions, "%d sizes are required whose product is the number of items, %d", a.rank, list.Len())
			return
		}
	}
	w.open(tag)
	if w.encoding != nil {
		w.arrayType(a, sizes)
	}
	w.buffer = append(w.buffer, '>')
	for i := range list.Len() {
		if c.isNil(a.item.field, i) {
			c.writeNil(a.item)
			continue
		}
		c.one(a.item, list.Get(i), i)
	}
	w.close(tag)
}

// arrayType writes the attributes of an array in an encoded body.
func (w *Writer) arrayType(a *array, sizes []int) {
	w.xsiType(w.encoding.array)
	w.used[w.encoding.space], w.used[a.of.space] = true, true
	if w.encoding == encoding12 {
		w.buffer = append(append(w.buffer, ` enc:itemType="`...), a.of.text...)
		w.buffer = append(w.buffer, `" enc:arraySize="`...)
		w.sizes(sizes, ' ')
		w.buffer = append(w.buffer, '"')
		return
	}
	w.buffer = append(append(w.buffer, ` soapenc:arrayType="`...), a.of.text...)
	w.buffer = append(append(w.buffer, a.ranks...), '[')
	w.sizes(sizes, ',')
	w.buffer = append(w.buffer, `]"`...)
}

func (w *Writer) sizes(sizes []int, separator byte) {
	for i, size := range sizes {
		if i > 0 {
			w.buffer = append(w.buffer, separator)
		}
		w.buffer = strconv.AppendInt(w.buffer, int64(size), 10)
	}
}

// sizesOf reads the sizes of an array with several dimensions; one without members may leave them out.
func sizesOf(given protoreflect.List, rank, members int) (sizes []int, fit bool) {
	if given.Len() == 0 && members == 0 {
		return make([]int, rank), true
	}
	product := int64(1)
	for i := range given.Len() {
		size := given.Get(i).Int()
		if size < 0 || size > int64(members) && members > 0 {
			return nil, false
		}
		sizes = append(sizes, int(size))
		product *= size
		if product > int64(members) {
			return nil, false
		}
	}
	return sizes, len(sizes) == rank && product == int64(members)
}
