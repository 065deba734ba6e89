package codec

import (
	"bytes"
	"slices"
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
	rows := arrayRows{array: a}
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
			if a.rank > 1 && (count == 0 || rows.lengths != nil) { // all are rows, or none is
				read, err := d.row(&rows, f, 1)
				if err != nil {
					return err
				}
				if read {
					continue
				}
			}
			if err := d.arrayItem(a.item, f, &count, sizes); err != nil {
				return err
			}
		case xmltoken.End:
			if rows.lengths != nil {
				sizes, count = rows.lengths, 0
			}
			d.dimensions(a, f, sizes, count)
			return nil
		}
	}
}

// arrayRows are the rows of an array of several dimensions whose members stand in an element for each row, and not side by side.
type arrayRows struct {
	array *readArray
	// lengths are the sizes of the dimensions, -1 for one that is not known yet; nil if there are no rows.
	lengths []int
}

// row reads the current element as a row of so many dimensions from the outside. It returns false if it is a member, or nil.
func (d *decoder) row(rows *arrayRows, f *frame, level int) (bool, error) {
	if len(d.tokens.Attributes()) > 0 {
		if d.isNil() {
			return false, nil
		}
		if id, ok := d.reference(); ok {
			if _, known, err := d.find(id); err != nil || !known {
				return false, err
			}
			return d.follow(id, func() error {
				read, err := d.row(rows, f, level)
				if err == nil && !read {
					err = d.element(rows.array.item, f)
				}
				return err
			})
		}
	}
	is, err := d.isRow(rows.array.item)
	if err != nil || !is {
		return false, err
	}
	if rows.lengths == nil {
		rows.lengths = slices.Repeat([]int{-1}, rows.array.rank)
		rows.lengths[0] = 0
	}
	if level == 1 {
		rows.lengths[0]++
	}
	length := 0
	for {
		kind, err := d.tokens.Next()
		switch {
		case err != nil:
			return true, err
		case kind == xmltoken.End:
			if known := rows.lengths[level]; known >= 0 && known != length {
				return true, d.errorf("a row of the array has %d members, and another one %d", length, known)
			}
			rows.lengths[level] = length
			return true, nil
		case kind != xmltoken.Start:
			continue
		}
		if err := d.step(); err != nil {
			return true, err
		}
		length++
		read := false
		if level+1 < rows.array.rank {
			if read, err = d.row(rows, f, level+1); err != nil {
				return true, err
			}
		}
		if !read {
			if err := d.element(rows.array.item, f); err != nil {
				return true, err
			}
		}
	}
}

// isRow reports whether the current element holds members, where it is a member or a row of them.
func (d *decoder) isRow(item *readElement) (bool, error) {
	if item.value == nil {
		return item.plan != nil && item.plan.reading.array == nil && d.isArray(), nil
	}
	mark, err := d.tokens.Bookmark()
	if err != nil {
		return false, err
	}
	inner := &xmltoken.Reader{}
	inner.ResetAt(d.tokens, mark)
	if _, err := inner.Next(); err != nil {
		return false, err
	}
	kind, err := inner.NextTag()
	return kind == xmltoken.Start, err
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
