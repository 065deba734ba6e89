package codec

import (
	"bytes"
	"strconv"

	"github.com/postern-gateway/postern/adapters/soap/xmltoken"
)

// maxPadding is how many members of the arrays of a reply may be passed over because they were not sent.
const maxPadding = 10000

// maxDimensions bounds the brackets of an array's type.
const maxDimensions = 16

// array reads the members of an array of SOAP encoding (SOAP 1.1 section 5.4.2; SOAP 1.2 part 2 section 3.1.4) from the element whose start tag is the
// current token. Any child is a member, whatever its name. Members that were not sent, because the array starts at an offset or is sparse, are nil.
func (d *decoder) array(a *readArray, f *frame) error {
	sizes := d.sizes()
	count := 0
	if offset, ok := d.encodingAttribute("offset"); ok {
		at, ok := place(offset, sizes)
		if !ok {
			return d.errorf("the offset of the array cannot be read")
		}
		if err := d.pad(a.item, f, &count, at); err != nil {
			return err
		}
	}
	for {
		kind, err := d.tokens.Next()
		if err != nil {
			return err
		}
		switch kind {
		case xmltoken.Start:
			if err := d.arrayItem(a.item, f, &count, sizes); err != nil {
				return err
			}
		case xmltoken.End:
			d.dimensions(a, f, sizes, count)
			return nil
		}
	}
}

func (d *decoder) arrayItem(item *readElement, f *frame, count *int, sizes []int) error {
	if err := d.step(); err != nil {
		return err
	}
	if position, ok := d.encodingAttribute("position"); ok {
		at, ok := place(position, sizes)
		if !ok || at < *count {
			return d.errorf("the position in the array cannot be read, or is behind the last one")
		}
		if err := d.pad(item, f, count, at); err != nil {
			return err
		}
	}
	*count++
	return d.element(item, f)
}

// pad appends nil members up to a place.
func (d *decoder) pad(item *readElement, f *frame, count *int, to int) error {
	if d.padded += max(to-*count, 0); d.padded > maxPadding {
		return d.errorf("more than %d members of arrays were not sent", maxPadding)
	}
	for ; *count < to; *count++ {
		if item.counter >= 0 {
			f.nils = append(f.nils, nilNote{item.name, f.counts[item.counter]})
		}
		zero(f.w, item)
		f.wrote(&item.target)
	}
	return nil
}

// dimensions writes the sizes of an array of several dimensions. A first one that is not given follows from the number of members.
func (d *decoder) dimensions(a *readArray, f *frame, sizes []int, count int) {
	if a.dimensions == 0 || len(sizes) == 0 {
		return
	}
	if sizes[0] < 0 {
		row := 1
		for _, size := range sizes[1:] {
			row = max(row*size, 1)
		}
		sizes[0] = count / row
	}
	for _, size := range sizes {
		f.w.Varint(a.dimensions, uint64(max(size, 0)))
	}
}

// sizes returns the dimensions that the array at the current start tag says it has, -1 for one that it leaves open; nil if it says nothing.
func (d *decoder) sizes() []int {
	if text, ok := d.encodingAttribute("arrayType"); ok {
		open, end := bytes.LastIndexByte(text, '['), bytes.LastIndexByte(text, ']')
		if open < 0 || end < open {
			return nil
		}
		return readSizes(text[open+1:end], ",")
	}
	if text, ok := d.encodingAttribute("arraySize"); ok {
		return readSizes(text, whiteSpace)
	}
	return nil
}

func readSizes(text []byte, separators string) []int {
	var sizes []int
	for len(sizes) < maxDimensions {
		end := bytes.IndexAny(text, separators)
		word := text
		if end >= 0 {
			word = text[:end]
		}
		if word = bytes.Trim(word, whiteSpace); len(word) > 0 || end < 0 || separators == "," {
			size, err := strconv.ParseUint(string(word), 10, 31)
			if err != nil {
				sizes = append(sizes, -1)
			} else {
				sizes = append(sizes, int(size))
			}
		}
		if end < 0 {
			break
		}
		text = text[end+1:]
	}
	return sizes
}

// place turns "[1,2]" into how many members stand before the one there, in row-major order.
func place(text []byte, sizes []int) (int, bool) {
	text = bytes.Trim(text, whiteSpace+"[]")
	at := 0
	for i, index := range readSizes(text, ",") {
		if index < 0 {
			return 0, false
		}
		if i > 0 {
			if i >= len(sizes) || sizes[i] < 0 {
				return 0, false
			}
			at *= sizes[i]
		}
		if at += index; at > 1<<31 {
			return 0, false
		}
	}
	return at, true
}

// encodingAttribute returns an attribute of SOAP encoding.
func (d *decoder) encodingAttribute(local string) ([]byte, bool) {
	given := d.tokens.Attributes()
	for i := range given {
		if a := &given[i]; string(a.Local) == local && (a.Space == encoding11Namespace || a.Space == encoding12Namespace) {
			return a.Value, true
		}
	}
	return nil, false
}
