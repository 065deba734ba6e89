package record

import (
	"encoding/base64"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// A JSONWriter is a [Sink] that writes a record as a JSON object. Names are the layout's, with - made _. Numbers are JSON numbers with all
// their digits; times are RFC 3339; bytes are base64. What is absent is left out, and is null in a table.
type JSONWriter struct {
	// Buffer is what has been written.
	Buffer []byte
	// HexBytes writes bytes in hexadecimal digits.
	HexBytes bool
	// Debug writes, beside each NAME, its bytes as NAME_debug.
	Debug DebugFormat
	// KeepCorrupt notes in Corrupt what was no value of its type.
	KeepCorrupt bool
	Corrupt     []Corrupt

	open []jsonScope
	raws [][]byte // of the elements of the present table, for Debug
}

type jsonScope struct {
	list  bool
	count int
}

// Start begins an object.
func (w *JSONWriter) Start() {
	w.Buffer = append(w.Buffer, '{')
	w.open = append(w.open[:0], jsonScope{})
}

// Finish ends the object.
func (w *JSONWriter) Finish() { w.Buffer = append(w.Buffer, '}') }

// jsonName is a name as a JSON object has it, with the colon.
func jsonName(name string) string {
	return string(append(AppendJSONString(nil, jsonNames.Replace(name)), ':'))
}

// jsonNames leaves out the colons of a :TAG: that nobody has replaced.
//
//nolint:gochecknoglobals // a constant that is computed
var jsonNames = strings.NewReplacer("-", "_", ":", "")

func (w *JSONWriter) name(spelt string) {
	w.comma()
	w.Buffer = append(w.Buffer, spelt...)
}

func (w *JSONWriter) comma() {
	scope := &w.open[len(w.open)-1]
	if scope.count > 0 {
		w.Buffer = append(w.Buffer, ',')
	}
	scope.count++
}

func (w *JSONWriter) inList() bool { return w.open[len(w.open)-1].list }

// Value implements [Sink].
func (w *JSONWriter) Value(f *Field, value *Value) error {
	if value.Invalid && w.KeepCorrupt {
		w.note(f, value)
	}
	switch {
	case w.inList():
		w.comma()
		w.scalar(f, value)
	case !value.Null:
		w.name(f.json)
		w.scalar(f, value)
	}
	if w.Debug != NoDebug {
		w.debug(f, value)
	}
	return nil
}

func (w *JSONWriter) scalar(f *Field, value *Value) {
	switch {
	case value.Null:
		w.Buffer = append(w.Buffer, "null"...)
	case f.Type == Integer:
		w.Buffer = strconv.AppendInt(w.Buffer, value.Integer, 10)
	case f.Type == Decimal:
		w.Buffer = appendJSONNumber(w.Buffer, value.Text)
	case f.Type == Float32:
		w.Buffer = strconv.AppendFloat(w.Buffer, value.Float, 'g', -1, 32)
	case f.Type == Float64:
		w.Buffer = strconv.AppendFloat(w.Buffer, value.Float, 'g', -1, 64)
	case f.Type == Boolean:
		w.Buffer = strconv.AppendBool(w.Buffer, value.Integer != 0)
	case f.Type == Time:
		w.Buffer = time.Unix(value.Integer, 0).UTC().AppendFormat(append(w.Buffer, '"'), time.RFC3339)
		w.Buffer = append(w.Buffer, '"')
	case f.Type == Bytes && w.HexBytes:
		w.Buffer = appendHex(w.Buffer, value.Text)
	case f.Type == Bytes:
		w.Buffer = base64.StdEncoding.AppendEncode(append(w.Buffer, '"'), value.Text)
		w.Buffer = append(w.Buffer, '"')
	default:
		w.Buffer = appendJSONText(w.Buffer, value.Text)
	}
}

// Begin implements [Sink].
func (w *JSONWriter) Begin(f *Field) error {
	if w.inList() {
		w.comma()
	} else {
		w.name(f.json)
	}
	w.Buffer = append(w.Buffer, '{')
	w.open = append(w.open, jsonScope{})
	return nil
}

// End implements [Sink].
func (w *JSONWriter) End(*Field) error {
	w.Buffer = append(w.Buffer, '}')
	w.open = w.open[:len(w.open)-1]
	return nil
}

// BeginList implements [Sink].
func (w *JSONWriter) BeginList(f *Field) error {
	w.name(f.json)
	w.Buffer = append(w.Buffer, '[')
	w.open = append(w.open, jsonScope{list: true})
	return nil
}

// EndList implements [Sink].
func (w *JSONWriter) EndList(f *Field) error {
	w.Buffer = append(w.Buffer, ']')
	w.open = w.open[:len(w.open)-1]
	if w.Debug != NoDebug && f.codec != nil {
		w.debugList(f)
	}
	return nil
}

// appendJSONNumber spells a decimal as JSON allows: no zeros in front, and digits on both sides of the point.
func appendJSONNumber(to, text []byte) []byte {
	rest := text
	if len(rest) > 0 && rest[0] == '-' {
		to, rest = append(to, '-'), rest[1:]
	}
	for len(rest) > 1 && rest[0] == '0' && rest[1] != '.' {
		rest = rest[1:]
	}
	if len(rest) == 0 || rest[0] == '.' {
		to = append(to, '0')
	}
	to = append(to, rest...)
	if to[len(to)-1] == '.' {
		to = append(to, '0')
	}
	return to
}

// appendJSONText is AppendJSONString for bytes that are mostly plain ASCII.
func appendJSONText(to, text []byte) []byte {
	for _, c := range text {
		if c < ' ' || c >= 0x7F || c == '"' || c == '\\' {
			return AppendJSONString(to, string(text))
		}
	}
	return append(append(append(to, '"'), text...), '"')
}

const hexDigits = "0123456789abcdef"

// AppendJSONString appends text as a JSON string (RFC 8259 section 7).
func AppendJSONString(to []byte, text string) []byte {
	to = append(to, '"')
	for _, r := range text {
		switch {
		case r == '"' || r == '\\':
			to = append(to, '\\', byte(r))
		case r == '\n':
			to = append(to, `\n`...)
		case r == '\r':
			to = append(to, `\r`...)
		case r == '\t':
			to = append(to, `\t`...)
		case r < ' ' || r == 0x7F:
			to = append(to, `\u00`...)
			to = append(to, hexDigits[r>>4], hexDigits[r&0xF])
		default:
			to = utf8.AppendRune(to, r)
		}
	}
	return append(to, '"')
}
