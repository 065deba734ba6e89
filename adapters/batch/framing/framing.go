package framing

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
)

// MaxRecord is the longest record that is read, in bytes. Past it a file is taken for one with the wrong settings.
const MaxRecord = 1 << 24

// bufferSize is how much is read at once.
const bufferSize = 1 << 18

// A Record is one record of a file.
type Record struct {
	// Number counts from 1, and Offset is where the record begins in the file, in bytes.
	Number, Offset int64
	// Data is good until the next call of Next.
	Data []byte
}

// A Reader reads records. Next returns io.EOF behind the last one. It is for one goroutine.
type Reader interface {
	Next() (Record, error)
}

// An Error is a file that cannot be cut into records any further.
type Error struct {
	Number, Offset int64
	Reason         string
}

// Error returns the record's number and offset, and the reason.
func (e *Error) Error() string {
	return fmt.Sprintf("record %d at byte %d: %s", e.Number, e.Offset, e.Reason)
}

// Lines reads records that end in LF or CRLF; the last may lack it. Empty lines, and a lone end-of-file character (0x1A) at the end, are no
// records. With quotes, a line end between two " belongs to the record (RFC 4180).
func Lines(r io.Reader, quotes bool) Reader {
	return &lines{r: bufio.NewReaderSize(r, bufferSize), quotes: quotes}
}

type lines struct {
	r              *bufio.Reader
	quotes         bool
	record         []byte
	number, offset int64
}

func (l *lines) Next() (Record, error) {
	for {
		start := l.offset
		data, err := l.line()
		if err != nil {
			return Record{}, err
		}
		data = bytes.TrimSuffix(bytes.TrimSuffix(data, []byte("\n")), []byte("\r"))
		if len(data) == 0 || len(data) == 1 && data[0] == 0x1A {
			continue
		}
		l.number++
		return Record{Number: l.number, Offset: start, Data: data}, nil
	}
}

// line reads up to a line end that ends a record, and returns it with the line end.
func (l *lines) line() ([]byte, error) {
	l.record = l.record[:0]
	start := l.offset
	quoted := false
	for {
		piece, err := l.r.ReadSlice('\n')
		l.offset += int64(len(piece))
		if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, bufio.ErrBufferFull) {
			return nil, fmt.Errorf("reading a line: %w", err)
		}
		if l.quotes && bytes.Count(piece, []byte{'"'})%2 == 1 {
			quoted = !quoted
		}
		ended := err == nil && !quoted
		if ended && len(l.record) == 0 {
			return piece, nil
		}
		if len(l.record)+len(piece) > MaxRecord {
			return nil, &Error{Number: l.number + 1, Offset: start, Reason: fmt.Sprintf("the line is longer than %d bytes", MaxRecord)}
		}
		l.record = append(l.record, piece...)
		switch {
		case ended:
			return l.record, nil
		case !errors.Is(err, io.EOF):
		case quoted:
			return nil, &Error{Number: l.number + 1, Offset: start, Reason: "a quoted value is not closed"}
		case len(l.record) == 0:
			return nil, io.EOF
		default:
			return l.record, nil
		}
	}
}
