package jsonrecord

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"github.com/postern-gateway/postern/adapters/batch/format"
	"github.com/postern-gateway/postern/adapters/batch/framing"
	"github.com/postern-gateway/postern/adapters/batch/record"
)

const bufferSize = 1 << 16

// maxDepth is how deep values may be nested.
const maxDepth = 100

// Format reads objects as records. Numbers keep all their digits.
type Format struct{ layout *record.Layout }

// New returns the format. Without a layout any objects are shown as they are; with one, members that it does not name are passed over.
func New(layout *record.Layout) *Format { return &Format{layout: layout} }

// Layout implements [format.Format].
func (f *Format) Layout() *record.Layout { return f.layout }

// Open implements [format.Format].
func (f *Format) Open(r io.Reader) framing.Reader {
	return &reader{r: bufio.NewReaderSize(r, bufferSize)}
}

// Decode implements [format.Format].
func (f *Format) Decode(raw []byte, to record.Sink) error {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var members map[string]any
	if err := decoder.Decode(&members); err != nil {
		return &record.FieldError{Offset: -1, Reason: "is no JSON object"}
	}
	return format.Emit(f.layout.Fields, object(members), to)
}

// object turns what encoding/json made into what a sink can be handed.
func object(members map[string]any) format.Object {
	made := make(format.Object, len(members))
	for name, value := range members {
		made[name] = content(value)
	}
	return made
}

func content(value any) any {
	switch value := value.(type) {
	case map[string]any:
		return object(value)
	case []any:
		for i := range value {
			value[i] = content(value[i])
		}
		return value
	case json.Number:
		return string(value)
	case bool:
		if value {
			return "true"
		}
		return "false"
	default: // text or null
		return value
	}
}

// AppendJSON implements [format.Free].
func (f *Format) AppendJSON(to, raw []byte) ([]byte, error) {
	buffer := bytes.NewBuffer(to)
	if err := json.Compact(buffer, raw); err != nil {
		return to, &record.FieldError{Offset: -1, Reason: "is no JSON object"}
	}
	return buffer.Bytes(), nil
}

type reader struct {
	r              *bufio.Reader
	number, offset int64
	record         []byte
	array, ended   bool // within an array, and behind it
}

func (r *reader) errorf(offset int64, text string, values ...any) error {
	return &framing.Error{Number: r.number + 1, Offset: offset, Reason: fmt.Sprintf(text, values...)}
}

// Next implements [framing.Reader].
func (r *reader) Next() (framing.Record, error) {
	for {
		c, err := r.read()
		if errors.Is(err, io.EOF) {
			if r.array && !r.ended {
				return framing.Record{}, r.errorf(r.offset, "the file ends within its array")
			}
			return framing.Record{}, io.EOF
		}
		if err != nil {
			return framing.Record{}, err
		}
		at := r.offset - 1
		switch {
		case isSpace(c) || r.isMark(c, at):
		case r.ended:
			return framing.Record{}, r.errorf(at, "something stands behind the array")
		case c == '{':
			return r.object(at)
		case c == '[' && r.number == 0 && !r.array:
			r.array = true
		case c == ',' && r.array && r.number > 0:
		case c == ']' && r.array:
			r.ended = true
		default:
			return framing.Record{}, r.errorf(at, "an object begins with a brace")
		}
	}
}

func (r *reader) read() (byte, error) {
	c, err := r.r.ReadByte()
	if err != nil && !errors.Is(err, io.EOF) {
		return 0, fmt.Errorf("reading an object: %w", err)
	}
	if err == nil {
		r.offset++
	}
	return c, err
}

func isSpace(c byte) bool { return c == ' ' || c == '\n' || c == '\r' || c == '\t' || c == 0x1A }

// isMark reports whether the byte is one of a byte order mark, or the record separator of RFC 7464.
func (r *reader) isMark(c byte, at int64) bool {
	return at < 3 && r.number == 0 && c == "\ufeff"[at] || c == 0x1E
}

// object reads on to the brace that closes the one that was read.
func (r *reader) object(start int64) (framing.Record, error) {
	r.record = append(r.record[:0], '{')
	depth, quoted, escaped := 1, false, false
	for depth > 0 {
		c, err := r.read()
		if errors.Is(err, io.EOF) {
			return framing.Record{}, r.errorf(start, "the file ends within an object")
		}
		if err != nil {
			return framing.Record{}, err
		}
		if len(r.record) == framing.MaxRecord {
			return framing.Record{}, r.errorf(start, "the object is longer than %d bytes", framing.MaxRecord)
		}
		r.record = append(r.record, c)
		switch {
		case escaped:
			escaped = false
		case quoted && c == '\\':
			escaped = true
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			if depth++; depth > maxDepth {
				return framing.Record{}, r.errorf(start, "the object is nested deeper than %d times", maxDepth)
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	if !utf8.Valid(r.record) {
		return framing.Record{}, r.errorf(start, "the object is not UTF-8")
	}
	r.number++
	return framing.Record{Number: r.number, Offset: start, Data: r.record}, nil
}
