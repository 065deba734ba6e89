package swiftmt

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/postern-gateway/postern/adapters/batch/framing"
)

const bufferSize = 1 << 16

// Messages cuts a file into messages. A message that is cut off is a [*framing.Error].
type Messages struct {
	r              *bufio.Reader
	number, offset int64 // offset of the next byte
	record         []byte
}

// NewMessages returns a reader of messages.
func NewMessages(r io.Reader) *Messages {
	return &Messages{r: bufio.NewReaderSize(r, bufferSize)}
}

// Next implements [framing.Reader].
func (m *Messages) Next() (framing.Record, error) {
	if err := m.skip(); err != nil {
		return framing.Record{}, err
	}
	m.number++
	m.record = m.record[:0]
	next := framing.Record{Number: m.number, Offset: m.offset}
	for {
		if err := m.block(next); err != nil {
			return next, err
		}
		if m.begins() {
			next.Data = m.record
			return next, nil
		}
	}
}

// begins reports whether the message ends here: no block of it follows.
func (m *Messages) begins() bool {
	for skip := 0; ; skip++ {
		ahead, err := m.r.Peek(skip + 3)
		if err != nil || ahead[skip] != '{' && ahead[skip] != ' ' && !isLineEnd(ahead[skip]) {
			return true
		}
		if ahead[skip] == '{' {
			return ahead[skip+1] == '1' || ahead[skip+2] != ':'
		}
	}
}

func isLineEnd(c byte) bool { return c == '\r' || c == '\n' }

// skip passes over what separates messages: blanks, line ends, $, SOH, ETX, a byte order mark, braces too many, the !
// that ends padded lines, and the ; that some programs put behind a message.
func (m *Messages) skip() error {
	for {
		ahead, err := m.r.Peek(3)
		if len(ahead) == 0 && errors.Is(err, io.EOF) {
			return io.EOF
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return fmt.Errorf("reading a message: %w", err)
		}
		c := ahead[0]
		switch {
		case c == '{' && (len(ahead) < 3 || ahead[2] == ':'):
			return nil
		case c <= ' ' || c == '$' || strings.IndexByte("{}!;", c) >= 0 && m.number > 0 || m.offset < 3 && c == "\ufeff"[m.offset]:
			m.offset++
			if _, err := m.r.Discard(1); err != nil {
				return fmt.Errorf("reading a message: %w", err)
			}
		default:
			return &framing.Error{Number: m.number + 1, Offset: m.offset, Reason: "a message begins with a brace"}
		}
	}
}

// block reads one block, with the white space in front of it. Braces in the text of block 4 mean nothing: it ends with a hyphen at the beginning of a line.
func (m *Messages) block(next framing.Record) error {
	depth, text := 0, false
	for {
		c, err := m.r.ReadByte()
		if errors.Is(err, io.EOF) {
			return &framing.Error{Number: next.Number, Offset: next.Offset, Reason: "the file ends within the message"}
		}
		if err != nil {
			return fmt.Errorf("reading a message: %w", err)
		}
		if len(m.record) == framing.MaxRecord {
			return &framing.Error{Number: next.Number, Offset: next.Offset, Reason: fmt.Sprintf("the message is longer than %d bytes", framing.MaxRecord)}
		}
		m.record, m.offset = append(m.record, c), m.offset+1
		switch {
		case text:
			if bytes.HasSuffix(m.record, []byte("\n-}")) {
				return nil
			}
			continue
		case c == '{':
			depth++
		case c == '}':
			depth--
		}
		if depth == 0 && c == '}' {
			return nil
		}
		if depth == 1 && isLineEnd(c) && bytes.HasSuffix(bytes.TrimRight(m.record, "\r\n"), []byte("{4:")) {
			text = true
		}
	}
}
