package delimited

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/postern-gateway/postern/adapters/batch/framing"
)

const (
	bufferSize = 1 << 16
	endOfFile  = 0x1A // as CP/M and its heirs wrote it behind the last line
)

// Reader cuts a file into records, without their terminators. Empty ones, comments, a byte order mark and an end-of-file character at the end are passed over. A
// value whose quote is not closed is a [*framing.Error].
type Reader struct {
	dialect        *Dialect
	r              *bufio.Reader
	record         []byte
	number, offset int64
}

// NewReader returns a reader of records.
func NewReader(r io.Reader, dialect *Dialect) *Reader {
	return &Reader{dialect: dialect, r: bufio.NewReaderSize(r, bufferSize)}
}

// Next implements [framing.Reader]. The header, if there is one, is a record too.
func (r *Reader) Next() (framing.Record, error) {
	if r.offset == 0 {
		if mark, err := r.r.Peek(3); err == nil && string(mark) == "\ufeff" {
			r.offset = 3
			if _, err := r.r.Discard(3); err != nil {
				return framing.Record{}, err
			}
		}
	}
	for {
		start := r.offset
		data, err := r.cut()
		if err != nil {
			return framing.Record{}, err
		}
		if len(data) == 0 || len(data) == 1 && data[0] == endOfFile ||
			r.dialect.Comment != "" && bytes.HasPrefix(data, []byte(r.dialect.Comment)) {
			continue
		}
		r.number++
		return framing.Record{Number: r.number, Offset: start, Data: data}, nil
	}
}

func (r *Reader) errorf(start int64, format string, values ...any) error {
	return &framing.Error{Number: r.number + 1, Offset: start, Reason: fmt.Sprintf(format, values...)}
}

// The states of a cutter within a value.
const (
	beginning = iota // nothing of the value was read
	plain
	quoted
	closing // behind a quote within quotes
)

// cut reads one record with its terminator, and returns it without.
func (r *Reader) cut() ([]byte, error) {
	d := r.dialect
	start, state, value := r.offset, beginning, 0
	comment := false
	r.record = r.record[:0]
	for {
		c, err := r.r.ReadByte()
		if errors.Is(err, io.EOF) {
			return r.end(start, state)
		}
		if err != nil {
			return nil, fmt.Errorf("reading a record: %w", err)
		}
		if len(r.record) == framing.MaxRecord {
			return nil, r.errorf(start, "the record is longer than %d bytes", framing.MaxRecord)
		}
		r.record, r.offset = append(r.record, c), r.offset+1
		if d.Comment != "" && string(r.record) == d.Comment {
			comment = true
		}
		if d.Escape != 0 && c == d.Escape && !comment && (d.Escape != d.Quote) {
			if err := r.literal(); err != nil {
				return r.end(start, state)
			}
			if state != quoted {
				state = plain
			}
			continue
		}
		if state == quoted && !comment {
			if c == d.Quote {
				state = closing
			}
			continue
		}
		if data, ok := r.terminated(c); ok {
			return data, nil
		}
		switch {
		case c == d.Quote && d.Quote != 0 && (state == beginning || state == closing):
			state = quoted
		case c == d.Delimiter[len(d.Delimiter)-1] && bytes.HasSuffix(r.record[value:], []byte(d.Delimiter)):
			state, value = beginning, len(r.record)
		case state == beginning && d.Trim && c == ' ':
		default:
			state = plain
		}
	}
}

// literal takes the character behind an escape.
func (r *Reader) literal() error {
	c, err := r.r.ReadByte()
	if err != nil {
		return err
	}
	r.record, r.offset = append(r.record, c), r.offset+1
	return nil
}

// terminated reports whether the record ends here, and returns it.
func (r *Reader) terminated(c byte) ([]byte, bool) {
	if terminator := r.dialect.Terminator; terminator != "" {
		if c == terminator[len(terminator)-1] {
			return bytes.CutSuffix(r.record, []byte(terminator))
		}
		return nil, false
	}
	if c != '\n' {
		return nil, false
	}
	return bytes.TrimSuffix(r.record[:len(r.record)-1], []byte{'\r'}), true
}

// end is the end of the file: the last record lacks its terminator.
func (r *Reader) end(start int64, state int) ([]byte, error) {
	switch {
	case state == quoted:
		return nil, r.errorf(start, "a quoted value is not closed before the end of the file")
	case len(r.record) == 0:
		return nil, io.EOF
	case r.dialect.Terminator != "" && len(bytes.Trim(r.record, "\r\n")) == 0: // a line end behind the last terminator
		return nil, io.EOF
	default:
		return bytes.TrimSuffix(r.record, []byte{'\r'}), nil
	}
}
