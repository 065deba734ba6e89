package record

import (
	"encoding/base64"
	"fmt"
	"strings"
)

// A DebugFormat is how the bytes behind a value are shown.
type DebugFormat int

// The formats.
const (
	NoDebug     DebugFormat = iota
	DebugHex                // hexadecimal digits
	DebugBase64             // base64
	DebugText               // as the characters that they are in ASCII
)

// A Corrupt is a field whose bytes were no value of its type.
type Corrupt struct {
	// Name is the field's, with [N] behind it for an element of a table.
	Name string
	Raw  []byte
}

// note keeps a field that is no value of its type.
func (w *JSONWriter) note(f *Field, value *Value) {
	name := strings.ReplaceAll(f.Name, "-", "_")
	if w.inList() {
		name = fmt.Sprintf("%s[%d]", name, w.open[len(w.open)-1].count)
	}
	w.Corrupt = append(w.Corrupt, Corrupt{Name: name, Raw: append([]byte(nil), value.Raw...)})
}

// debug writes the bytes of a value, or keeps those of an element until the table ends.
func (w *JSONWriter) debug(f *Field, value *Value) {
	switch {
	case w.inList():
		w.raws = append(w.raws, value.Raw)
	case value.Raw != nil:
		w.name(jsonName(f.Name + "_debug"))
		w.raw(value.Raw)
	}
}

// debugList writes the bytes of a table of fields.
func (w *JSONWriter) debugList(f *Field) {
	w.name(jsonName(f.Name + "_debug"))
	w.Buffer = append(w.Buffer, '[')
	for i, raw := range w.raws {
		if i > 0 {
			w.Buffer = append(w.Buffer, ',')
		}
		w.raw(raw)
	}
	w.Buffer = append(w.Buffer, ']')
	w.raws = w.raws[:0]
}

func (w *JSONWriter) raw(raw []byte) {
	switch w.Debug {
	case DebugBase64:
		w.Buffer = append(base64.StdEncoding.AppendEncode(append(w.Buffer, '"'), raw), '"')
	case DebugText:
		w.Buffer = AppendJSONString(w.Buffer, strings.ToValidUTF8(string(raw), "\ufffd"))
	default:
		w.Buffer = appendHex(w.Buffer, raw)
	}
}

const upperHex = "0123456789ABCDEF"

// appendHex appends a JSON string of hexadecimal digits.
func appendHex(to, raw []byte) []byte {
	to = append(to, '"')
	for _, c := range raw {
		to = append(to, upperHex[c>>4], upperHex[c&0xF])
	}
	return append(to, '"')
}

// Name begins a member of the present object that is no field of the layout; its value is appended to Buffer next.
func (w *JSONWriter) Name(name string) { w.name(jsonName(name)) }

// CorruptList writes Corrupt as the member _corrupt_fields and empties it. Bytes are base64, or in hexadecimal digits with HexBytes.
func (w *JSONWriter) CorruptList() {
	w.name(`"_corrupt_fields":`)
	w.Buffer = append(w.Buffer, '[')
	for i, c := range w.Corrupt {
		if i > 0 {
			w.Buffer = append(w.Buffer, ',')
		}
		w.Buffer = AppendJSONString(append(w.Buffer, `{"field_name":`...), c.Name)
		w.Buffer = append(w.Buffer, `,"raw_value":`...)
		if w.HexBytes {
			w.Buffer = appendHex(w.Buffer, c.Raw)
		} else {
			w.Buffer = append(base64.StdEncoding.AppendEncode(append(w.Buffer, '"'), c.Raw), '"')
		}
		w.Buffer = append(w.Buffer, '}')
	}
	w.Buffer = append(w.Buffer, ']')
	w.Corrupt = w.Corrupt[:0]
}
