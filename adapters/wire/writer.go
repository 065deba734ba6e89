package wire

import (
	"cmp"
	"slices"

	"google.golang.org/protobuf/encoding/protowire"
)

// A Writer appends the fields of a message. Fields come in any order; those of a list follow each other in the order of the list. The zero Writer is empty.
type Writer struct {
	buf []byte
}

// NewWriter returns a writer that appends to buf, whose capacity it uses.
func NewWriter(buf []byte) Writer { return Writer{buf: buf} }

// Bytes returns what has been written. It is the Writer's until nothing more is written.
func (w *Writer) Bytes() []byte { return w.buf }

// Len returns the number of bytes written.
func (w *Writer) Len() int { return len(w.buf) }

// Truncate takes back everything behind the first n bytes.
func (w *Writer) Truncate(n int) { w.buf = w.buf[:n] }

// Varint appends an int32, int64, uint32, uint64 or enum field. Negative numbers are given as uint64(int64(n)).
func (w *Writer) Varint(number protowire.Number, value uint64) {
	w.buf = protowire.AppendVarint(protowire.AppendTag(w.buf, number, protowire.VarintType), value)
}

// Bool appends a bool field.
func (w *Writer) Bool(number protowire.Number, value bool) {
	w.Varint(number, protowire.EncodeBool(value))
}

// Fixed32 appends a float field, given as math.Float32bits.
func (w *Writer) Fixed32(number protowire.Number, bits uint32) {
	w.buf = protowire.AppendFixed32(protowire.AppendTag(w.buf, number, protowire.Fixed32Type), bits)
}

// Fixed64 appends a double field, given as math.Float64bits.
func (w *Writer) Fixed64(number protowire.Number, bits uint64) {
	w.buf = protowire.AppendFixed64(protowire.AppendTag(w.buf, number, protowire.Fixed64Type), bits)
}

// BytesField appends a bytes field, or a string field whose text is valid UTF-8.
func (w *Writer) BytesField(number protowire.Number, value []byte) {
	w.buf = protowire.AppendBytes(protowire.AppendTag(w.buf, number, protowire.BytesType), value)
}

// String appends a string field of valid UTF-8.
func (w *Writer) String(number protowire.Number, value string) {
	w.buf = protowire.AppendString(protowire.AppendTag(w.buf, number, protowire.BytesType), value)
}

// Append appends fields that another Writer has written.
func (w *Writer) Append(fields []byte) { w.buf = append(w.buf, fields...) }

// Gather moves the fields behind the first from bytes, which all belong to one message, so that those of one number stand together, in their order. The numbers
// keep the order in which they come first.
func (w *Writer) Gather(from int) {
	type field struct {
		rank, start, end int
	}
	var fields []field
	ranks := make(map[protowire.Number]int)
	message := w.buf[from:]
	for at := 0; at < len(message); {
		number, _, n := protowire.ConsumeField(message[at:])
		if n < 0 {
			return // not written by a Writer
		}
		rank, known := ranks[number]
		if !known {
			rank = len(ranks)
			ranks[number] = rank
		}
		fields = append(fields, field{rank, at, at + n})
		at += n
	}
	slices.SortStableFunc(fields, func(a, b field) int { return cmp.Compare(a.rank, b.rank) })
	gathered := make([]byte, 0, len(message))
	for _, f := range fields {
		gathered = append(gathered, message[f.start:f.end]...)
	}
	copy(message, gathered)
}

// Open begins a nested message. What is written until [Writer.Close] of the mark is in it.
func (w *Writer) Open(number protowire.Number) (mark int) {
	w.buf = append(protowire.AppendTag(w.buf, number, protowire.BytesType), 0)
	return len(w.buf)
}

// Close ends the nested message that [Writer.Open] began. Its length comes before it: most lengths fit the byte that was left for them, and a longer
// message is moved.
func (w *Writer) Close(mark int) {
	length := uint64(len(w.buf) - mark) //nolint:gosec // not negative
	if length < 1<<7 {
		w.buf[mark-1] = byte(length)
		return
	}
	more := protowire.SizeVarint(length) - 1
	for range more {
		w.buf = append(w.buf, 0)
	}
	copy(w.buf[mark+more:], w.buf[mark:len(w.buf)-more])
	protowire.AppendVarint(w.buf[:mark-1], length)
}
