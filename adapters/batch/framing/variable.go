package framing

import (
	"bufio"
	"errors"
	"fmt"
	"io"
)

// wordSize is the length of a descriptor word.
const wordSize = 4

// An Order is where a descriptor word has its length.
type Order int

// The orders.
const (
	BigEndian    Order = iota // bytes 0 and 1, high byte first, as z/OS has it
	LittleEndian              // bytes 2 and 3, low byte first; or bytes 0 and 1 where those are zero
	LittleFirst               // bytes 0 and 1, low byte first
)

// A Word says how a descriptor word is read: of a record (RDW) or a block (BDW; DFSMS Using Data Sets, "Variable-length record formats").
type Word struct {
	Order Order
	// Counted is true if the length counts the word's own 4 bytes.
	Counted bool
	// Adjustment is added to the length.
	Adjustment int
}

// length is that of what follows the word.
func (w Word) length(word []byte) int {
	n := int(word[0])<<8 | int(word[1])
	switch {
	case w.Order == LittleEndian && (word[2] != 0 || word[3] != 0):
		n = int(word[3])<<8 | int(word[2])
	case w.Order != BigEndian:
		n = int(word[1])<<8 | int(word[0])
	}
	return n + w.adjustment()
}

// blockLength is length for a block, which may be as long as 31 bits can say (an extended BDW has its first bit set).
func (w Word) blockLength(word []byte) int {
	if w.Order == BigEndian && word[0]&0x80 != 0 {
		return (int(word[0]&0x7F)<<24 | int(word[1])<<16 | int(word[2])<<8 | int(word[3])) + w.adjustment()
	}
	return w.length(word)
}

func (w Word) adjustment() int {
	if w.Counted {
		return w.Adjustment - wordSize
	}
	return w.Adjustment
}

// Put appends the word of something of this length.
func (w Word) Put(to []byte, length int) ([]byte, error) {
	n := length - w.adjustment()
	if n < 0 || n > 0xFFFF {
		return to, fmt.Errorf("a descriptor word cannot say the length %d", n)
	}
	high, low := byte(n>>8&0xFF), byte(n&0xFF)
	switch w.Order {
	case LittleEndian:
		return append(to, 0, 0, low, high), nil
	case LittleFirst:
		return append(to, low, high, 0, 0), nil
	default:
		return append(to, high, low, 0, 0), nil
	}
}

// largestBlock is the longest block whose descriptor word is a plain one.
const largestBlock = 32760

// putBlock is Put for a block of a file whose blocks have at most `longest` bytes. Where that is more than a plain word can say, all of them have extended words
// (DFSMS Using Data Sets, "Large block interface").
func (w Word) putBlock(to []byte, length, longest int) ([]byte, error) {
	n := length - w.adjustment()
	if w.Order != BigEndian || longest <= largestBlock || n < 0 || n > 0x7FFF_FFFF {
		return w.Put(to, length)
	}
	return append(to, 0x80|byte(n>>24&0x7F), byte(n>>16&0xFF), byte(n>>8&0xFF), byte(n&0xFF)), nil
}

// Variable reads records that begin with a descriptor word. Records of no bytes are passed over.
func Variable(r io.Reader, record Word) Reader {
	return &variable{source: &source{r: bufio.NewReaderSize(r, bufferSize)}, word: record}
}

type variable struct {
	*source
	word Word
}

func (v *variable) Next() (Record, error) {
	for {
		at := v.offset
		word, err := v.word4("record")
		if err != nil {
			return Record{}, err
		}
		length := v.word.length(word)
		if length < 0 {
			return Record{}, v.fail(at, "the record descriptor word %X says a length that is none", word)
		}
		if length == 0 {
			continue
		}
		data, err := v.take(length)
		if err != nil {
			return Record{}, err
		}
		return v.record(data), nil
	}
}

// VariableBlocked reads blocks of records, each with its descriptor word. With spanned, a record may go on in the next block: the third byte of its word says so.
func VariableBlocked(r io.Reader, block, record Word, spanned bool) Reader {
	return &variableBlocked{source: &source{r: bufio.NewReaderSize(r, bufferSize)}, block: block, word: record, spanned: spanned}
}

type variableBlocked struct {
	*source
	block, word Word
	spanned     bool
	left        int // bytes of the present block
	joined      []byte
}

// Segment control codes of a spanned record's descriptor word.
const (
	segmentComplete = iota
	segmentFirst
	segmentLast
	segmentMiddle
)

func (v *variableBlocked) Next() (Record, error) {
	start, open := v.offset, false
	v.joined = v.joined[:0]
	for {
		piece, control, err := v.piece()
		at := v.offset - int64(len(piece)) - wordSize
		switch {
		case errors.Is(err, io.EOF) && open:
			return Record{}, v.fail(start, "the file ends in the middle of a spanned record")
		case err != nil:
			return Record{}, err
		case !v.spanned || control == segmentComplete && !open:
			if len(piece) == 0 {
				continue
			}
			return v.record(piece), nil
		case (control == segmentFirst) == open || control == segmentComplete:
			return Record{}, v.fail(at, "a spanned record's parts are out of order")
		}
		if !open {
			open, start = true, at+wordSize
		}
		if len(v.joined)+len(piece) > MaxRecord {
			return Record{}, v.fail(start, "the record is longer than %d bytes", MaxRecord)
		}
		v.joined = append(v.joined, piece...)
		if control == segmentLast {
			v.number++
			return Record{Number: v.number, Offset: start, Data: v.joined}, nil
		}
	}
}

// piece reads the next record or part of one.
func (v *variableBlocked) piece() (data []byte, control byte, err error) {
	for v.left == 0 {
		if v.left, err = v.blockLength(v.block); err != nil {
			return nil, 0, err
		}
	}
	at := v.offset
	if v.left < wordSize {
		return nil, 0, v.fail(at, "the block has %d bytes left, too few for a record", v.left)
	}
	word, err := v.word4("record")
	if err != nil {
		return nil, 0, err
	}
	control = word[2]
	if v.spanned {
		word = []byte{word[0], word[1], 0, 0}
	}
	length := v.word.length(word)
	v.left -= wordSize
	if length < 0 || length > v.left {
		return nil, 0, v.fail(at, "the record descriptor word says %d bytes, and the block has %d left", length, v.left)
	}
	v.left -= length
	data, err = v.take(length)
	return data, control, err
}

// A Header is in front of every record and says its length somewhere.
type Header struct {
	// Size of the header in bytes.
	Size int
	// Offset and Bytes are where in it the length is.
	Offset, Bytes int
	// Little is true if the length has its low byte first.
	Little bool
	// Adjustment is added to the length.
	Adjustment int
}

// put appends the header of a record of this length: zeros but for the length.
func (h Header) put(to []byte, length int) ([]byte, error) {
	n := length - h.Adjustment
	if n < 0 || n>>(8*h.Bytes) > 0 {
		return to, fmt.Errorf("a header of records cannot say the length %d in %d bytes", n, h.Bytes)
	}
	start := len(to) + h.Offset
	to = append(to, make([]byte, h.Size)...)
	for i := range h.Bytes {
		at := start + h.Bytes - 1 - i
		if h.Little {
			at = start + i
		}
		to[at] = byte(n >> (8 * i) & 0xFF)
	}
	return to, nil
}

// Headed reads records that begin with a header.
func Headed(r io.Reader, header Header) Reader {
	return &headed{source: &source{r: bufio.NewReaderSize(r, bufferSize)}, header: header}
}

type headed struct {
	*source
	header Header
}

func (h *headed) Next() (Record, error) {
	for {
		at := h.offset
		if _, err := h.r.Peek(1); errors.Is(err, io.EOF) {
			return Record{}, io.EOF
		}
		header, err := h.take(h.header.Size)
		if err != nil {
			return Record{}, err
		}
		length := h.header.Adjustment
		field := header[h.header.Offset:][:h.header.Bytes]
		for i := range field {
			c := field[i]
			if h.header.Little {
				c = field[len(field)-1-i]
			}
			length += int(c) << (8 * (len(field) - 1 - i))
		}
		if length < 0 || length > MaxRecord {
			return Record{}, h.fail(at, "the record's header says %d bytes", length)
		}
		if length == 0 {
			continue
		}
		data, err := h.take(length)
		if err != nil {
			return Record{}, err
		}
		return h.record(data), nil
	}
}

// A source hands out pieces of a file and counts.
type source struct {
	r              *bufio.Reader
	long           []byte // a piece that is longer than the buffer
	word           [wordSize]byte
	number, offset int64
}

func (s *source) fail(offset int64, format string, arguments ...any) error {
	return &Error{Number: s.number + 1, Offset: offset, Reason: fmt.Sprintf(format, arguments...)}
}

func (s *source) record(data []byte) Record {
	s.number++
	return Record{Number: s.number, Offset: s.offset - int64(len(data)), Data: data}
}

// word4 reads a descriptor word; io.EOF if the file ends in front of it.
func (s *source) word4(of string) ([]byte, error) {
	n, err := io.ReadFull(s.r, s.word[:])
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		return nil, s.fail(s.offset, "the file ends in a %s descriptor word", of)
	case err != nil:
		return nil, err
	}
	s.offset += int64(n)
	return s.word[:], nil
}

func (s *source) blockLength(word Word) (int, error) {
	at := s.offset
	read, err := s.word4("block")
	if err != nil {
		return 0, err
	}
	length := word.blockLength(read)
	if length < 0 {
		return 0, s.fail(at, "the block descriptor word %X says a length that is none", read)
	}
	return length, nil
}

// take reads exactly n bytes, good until the next call.
func (s *source) take(n int) ([]byte, error) {
	if n <= s.r.Size() {
		data, err := s.r.Peek(n)
		if err != nil {
			return nil, s.short(len(data), n, err)
		}
		_, _ = s.r.Discard(n) // they are in the buffer
		s.offset += int64(n)
		return data, nil
	}
	if n > MaxRecord {
		return nil, s.fail(s.offset, "the record is longer than %d bytes", MaxRecord)
	}
	if cap(s.long) < n {
		s.long = make([]byte, n)
	}
	got, err := io.ReadFull(s.r, s.long[:n])
	if err != nil {
		return nil, s.short(got, n, err)
	}
	s.offset += int64(n)
	return s.long[:n], nil
}

func (s *source) short(got, wanted int, err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return s.fail(s.offset, "the file ends %d bytes into a record of %d", got, wanted)
	}
	return fmt.Errorf("reading a record: %w", err)
}
