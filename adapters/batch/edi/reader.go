package edi

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/postern-gateway/postern/adapters/batch/framing"
)

// maxHeader is how far the header of X12 is looked for, in bytes. By the standard it is 106 bytes long, and some write it shorter.
const maxHeader = 256

const bufferSize = 1 << 16

// A Scanner reads the segments of a file of interchanges, which may each have a syntax of their own. It holds one segment at a time.
type Scanner struct {
	// Syntax of the interchange that the last segment belongs to.
	Syntax Syntax

	r              *bufio.Reader
	number, offset int64
	segment        Segment
	raw            []byte
}

// NewScanner returns a scanner of r.
func NewScanner(r io.Reader) *Scanner {
	return &Scanner{r: bufio.NewReaderSize(r, bufferSize)}
}

// Next returns the next segment, or io.EOF behind the last one. The segment is good until the next call. The error is a [*framing.Error] if
// the file cannot be read any further.
func (s *Scanner) Next() (*Segment, error) {
	if err := s.skip(); err != nil {
		return nil, err
	}
	s.number++
	s.segment = Segment{Number: s.number, Offset: s.offset}
	s.raw = s.raw[:0]
	opening, err := s.peek(3)
	if err != nil {
		return nil, err
	}
	switch {
	case string(opening) == "ISA":
		err = s.interchange()
	case string(opening) == "UNA":
		err = s.advice()
	case s.Syntax.Standard == "" && string(opening) == "UNB":
		s.Syntax = edifact()
	case string(opening) == "STX":
		s.Syntax = tradacoms()
	case s.Syntax.Standard == "":
		return nil, s.errorf("the file begins with none of ISA, UNA, UNB and STX")
	}
	if err != nil {
		return nil, err
	}
	if s.segment.Tag == "" {
		if err := s.body(); err != nil {
			return nil, err
		}
	}
	s.offset += int64(len(s.raw))
	s.Syntax.parse(&s.segment, s.raw)
	s.Syntax.learn(&s.segment)
	return &s.segment, nil
}

// Offset is where what has not been read yet begins, in bytes of the file.
func (s *Scanner) Offset() int64 { return s.offset }

func (s *Scanner) errorf(format string, values ...any) error {
	return &framing.Error{Number: s.number, Offset: s.segment.Offset, Reason: fmt.Sprintf(format, values...)}
}

// skip passes over what stands between segments: line ends, blanks, a byte order mark, and the end-of-file character of old systems.
func (s *Scanner) skip() error {
	if bom, err := s.r.Peek(3); s.offset == 0 && err == nil && string(bom) == "\ufeff" {
		if _, err := s.r.Discard(3); err != nil {
			return err
		}
		s.offset = 3
	}
	for {
		c, err := s.r.ReadByte()
		if errors.Is(err, io.EOF) {
			return io.EOF
		}
		if err != nil {
			return fmt.Errorf("reading a segment: %w", err)
		}
		if c > ' ' && !s.Syntax.continuesTerminator(c) {
			return s.r.UnreadByte()
		}
		s.offset++
	}
}

func (s *Scanner) peek(n int) ([]byte, error) {
	data, err := s.r.Peek(n)
	if errors.Is(err, io.EOF) {
		return nil, s.errorf("the file ends within a segment")
	}
	if err != nil {
		return nil, fmt.Errorf("reading a segment: %w", err)
	}
	return data, nil
}

// interchange reads ISA, which states the separators.
func (s *Scanner) interchange() error {
	separators := 0
	var element byte
	for len(s.raw) < maxHeader {
		c, err := s.r.ReadByte()
		if errors.Is(err, io.EOF) {
			return s.errorf("the file ends within ISA")
		}
		if err != nil {
			return fmt.Errorf("reading ISA: %w", err)
		}
		s.raw = append(s.raw, c)
		switch {
		case len(s.raw) == 4:
			element, separators = c, 1
		case len(s.raw) > 4 && c == element:
			separators++
		}
		if separators == 16 && s.raw[len(s.raw)-1] != element && s.raw[len(s.raw)-2] != element {
			s.segment.Tag, s.Syntax = "ISA", isa(s.raw)
			return nil
		}
	}
	return s.errorf("ISA does not have 16 elements")
}

// advice reads UNA, which states the separators.
func (s *Scanner) advice() error {
	const length = 9
	data, err := s.peek(length)
	if err != nil {
		return err
	}
	s.raw = append(s.raw, data...)
	s.segment.Tag, s.Syntax = "UNA", una(s.raw[3:])
	_, err = s.r.Discard(length)
	return err
}

// body reads any other segment, up to its terminator.
func (s *Scanner) body() error {
	if err := s.piece(); err != nil {
		return err
	}
	if err := s.tag(); err != nil {
		return err
	}
	return s.binary()
}

// piece reads up to the next terminator that counts.
func (s *Scanner) piece() error {
	released := false
	for {
		c, err := s.r.ReadByte()
		if errors.Is(err, io.EOF) {
			return s.end()
		}
		if err != nil {
			return fmt.Errorf("reading a segment: %w", err)
		}
		if len(s.raw) == framing.MaxRecord {
			return s.errorf("the segment is longer than %d bytes", framing.MaxRecord)
		}
		s.raw = append(s.raw, c)
		switch {
		case released:
			released = false
		case s.Syntax.Release != 0 && c == s.Syntax.Release:
			released = true
		case c == s.Syntax.Terminator:
			return nil
		}
	}
}

// end is the end of the file within a segment. The last one may lack a terminator that is a line end.
func (s *Scanner) end() error {
	if s.Syntax.Terminator == '\n' || s.Syntax.Terminator == '\r' {
		s.raw = append(s.raw, s.Syntax.Terminator)
		return nil
	}
	return s.errorf("the file ends within a segment")
}

// tag checks and takes the segment's tag: two or three letters and digits.
func (s *Scanner) tag() error {
	body := s.raw[:len(s.raw)-1]
	end := bytes.IndexAny(body, string([]byte{s.Syntax.Tag, s.Syntax.Element}))
	if end < 0 {
		end = len(body)
	}
	if s.Syntax.Standard == TRADACOMS && (end == len(body) || body[end] != s.Syntax.Tag) {
		return s.errorf("a segment's tag is followed by %c in TRADACOMS", s.Syntax.Tag)
	}
	tag := bytes.TrimRight(body[:end], "\r")
	if len(tag) < 2 || len(tag) > 3 {
		return s.errorf("a segment's tag has two or three characters, not %q", tag[:min(len(tag), 8)])
	}
	for _, c := range tag {
		if !isAlphanumeric(c) {
			return s.errorf("a segment's tag consists of letters and digits, unlike %q", tag)
		}
	}
	s.segment.Tag = string(tag)
	return nil
}

// binary reads on past the terminator that was found: that of a segment with binary data stands where the stated length says. A
// length that does not lead to a terminator does not count.
func (s *Scanner) binary() error {
	lengthAt := 1
	switch s.segment.Tag {
	case "BIN":
	case "BDS":
		lengthAt = 2
	default:
		return nil
	}
	if s.Syntax.Standard != X12 {
		return nil
	}
	parts := bytes.SplitN(s.raw, []byte{s.Syntax.Element}, lengthAt+2)
	if len(parts) < lengthAt+2 {
		return nil
	}
	length, ok := binaryLength(parts[lengthAt])
	if !ok {
		return nil
	}
	missing := int(length) + 1 - len(parts[lengthAt+1])
	if missing <= 0 {
		return nil
	}
	if rest, err := s.r.Peek(min(missing, bufferSize)); err == nil && len(rest) == missing && rest[missing-1] != s.Syntax.Terminator {
		return nil
	}
	start := len(s.raw)
	s.raw = append(s.raw, make([]byte, missing)...)
	if _, err := io.ReadFull(s.r, s.raw[start:]); err != nil {
		return s.errorf("the file ends within binary data")
	}
	if s.raw[len(s.raw)-1] != s.Syntax.Terminator {
		return s.errorf("%s does not end where its binary data does", s.segment.Tag)
	}
	return nil
}

func binaryLength(text []byte) (int64, bool) {
	length, err := strconv.ParseInt(string(text), 10, 64)
	return length, err == nil && length >= 0 && length <= framing.MaxRecord
}
