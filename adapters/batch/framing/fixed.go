package framing

import (
	"bufio"
	"errors"
	"fmt"
	"io"
)

// An Ending says what becomes of a last record that is shorter than the others.
type Ending int

// The choices for the last record.
const (
	RefuseRest Ending = iota // the file is refused
	KeepRest                 // it is a record
	DropRest                 // it is passed over
)

// Fixed reads records of one length.
func Fixed(r io.Reader, length int) Reader { return Turns(r, []int{length}, RefuseRest) }

// Turns reads records of these lengths by turns.
func Turns(r io.Reader, lengths []int, ending Ending) Reader {
	longest := 0
	for _, length := range lengths {
		longest = max(longest, length)
	}
	return &fixed{r: bufio.NewReaderSize(r, bufferSize), record: make([]byte, longest), lengths: lengths, ending: ending}
}

type fixed struct {
	r              *bufio.Reader
	record         []byte
	lengths        []int
	turn           int
	ending         Ending
	number, offset int64
}

func (f *fixed) Next() (Record, error) {
	record := f.record[:f.lengths[f.turn]]
	n, err := io.ReadFull(f.r, record)
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF) && f.ending == KeepRest:
		record = record[:n]
	case errors.Is(err, io.ErrUnexpectedEOF) && f.ending == DropRest:
		return Record{}, io.EOF
	case errors.Is(err, io.ErrUnexpectedEOF):
		reason := fmt.Sprintf("the last record has %d bytes, and every record has %d", n, len(record))
		return Record{}, &Error{Number: f.number + 1, Offset: f.offset, Reason: reason}
	case err != nil:
		return Record{}, err
	}
	f.turn = (f.turn + 1) % len(f.lengths)
	f.number++
	f.offset += int64(n)
	return Record{Number: f.number, Offset: f.offset - int64(n), Data: record}, nil
}

// Blocked reads blocks of fixed records, of which the last in a block may be shorter. Block is the length of a block; 0 means that each begins with a block descriptor word.
func Blocked(r io.Reader, length, block int, word Word) Reader {
	return &blocked{source: &source{r: bufio.NewReaderSize(r, bufferSize)}, length: length, block: block, word: word}
}

type blocked struct {
	*source
	length, block int
	word          Word
	left          int // bytes of the present block
}

func (b *blocked) Next() (Record, error) {
	for b.left == 0 {
		if err := b.nextBlock(); err != nil {
			return Record{}, err
		}
	}
	data, err := b.take(min(b.length, b.left))
	if err != nil {
		return Record{}, err
	}
	b.left -= len(data)
	return b.record(data), nil
}

func (b *blocked) nextBlock() error {
	if b.block == 0 {
		length, err := b.blockLength(b.word)
		b.left = length
		return err
	}
	b.left = b.block
	rest, err := b.r.Peek(min(b.block, bufferSize))
	switch {
	case err == nil:
		return nil
	case !errors.Is(err, io.EOF):
		return fmt.Errorf("reading a block: %w", err)
	case len(rest) == 0:
		return io.EOF
	default:
		b.left = len(rest) // the last block may be shorter
		return nil
	}
}

// Sized reads records whose beginning says how long they are. Measure is given what is left of the file, or at least `longest` bytes of it, and returns the record's
// length.
func Sized(r io.Reader, longest int, ending Ending, measure func([]byte) (int, error)) Reader {
	return &sized{source: &source{r: bufio.NewReaderSize(r, max(bufferSize, longest))}, longest: longest, ending: ending, measure: measure}
}

type sized struct {
	*source
	longest int
	ending  Ending
	measure func([]byte) (int, error)
}

func (s *sized) Next() (Record, error) {
	front, err := s.r.Peek(s.longest)
	if err != nil && !errors.Is(err, io.EOF) {
		return Record{}, fmt.Errorf("reading a record: %w", err)
	}
	if len(front) == 0 {
		return Record{}, io.EOF
	}
	length, err := s.measure(front)
	switch {
	case err != nil:
		return Record{}, s.fail(s.offset, "%v", err)
	case length <= 0 || length > MaxRecord:
		return Record{}, s.fail(s.offset, "a record cannot be %d bytes long", length)
	case length > len(front) && s.ending != RefuseRest:
		rest, err := s.r.Peek(min(length, s.r.Size()))
		if cut := errors.Is(err, io.EOF); cut && s.ending == DropRest {
			return Record{}, io.EOF
		} else if cut {
			length = len(rest)
		}
	}
	data, err := s.take(length)
	if err != nil {
		return Record{}, err
	}
	return s.record(data), nil
}
