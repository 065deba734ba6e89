package x937

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"

	"github.com/postern-gateway/postern/adapters/batch/record"
)

// An object keeps the order of its members.
type object struct{ members []member }

// A member is a value under its name: text, int64, []byte, time.Time, an object or a list of them.
type member struct {
	name  string
	value any
}

// set adds a member.
func (o *object) set(name string, value any) { o.members = append(o.members, member{name, value}) }

// push adds an object to the list of this name, which it may begin.
func (o *object) push(name string, item *object) {
	for i := range o.members {
		if list, ok := o.members[i].value.([]*object); ok && o.members[i].name == name {
			o.members[i].value = append(list, item)
			return
		}
	}
	o.set(name, []*object{item})
}

// MarshalJSON implements [json.Marshaler].
func (o *object) MarshalJSON() ([]byte, error) {
	out := []byte{'{'}
	for i, m := range o.members {
		if i > 0 {
			out = append(out, ',')
		}
		value, err := json.Marshal(m.value)
		if err != nil {
			return nil, err
		}
		out = append(append(record.AppendJSONString(out, m.name), ':'), value...)
	}
	return append(out, '}'), nil
}

// A value is what a field of a record holds.
type value struct {
	field *field
	blank bool
	text  string
	bytes []byte
	whole int64
	time  time.Time
}

// kindOf is the type of a record, its first two characters.
func kindOf(raw []byte) (code string, ebcdic bool) {
	if len(raw) < codeLength {
		return "", false
	}
	if raw[0] >= 0xF0 && raw[1] >= 0xF0 {
		return string([]byte{raw[0] - 0xF0 + '0', raw[1] - 0xF0 + '0'}), true
	}
	return string(raw[:codeLength]), false
}

const codeLength = 2

// parse takes a record apart. The error is a [*record.FieldError].
func parse(raw []byte) (kind table, values []value, err error) {
	code, ebcdic := kindOf(raw)
	kind, ok := tables[code]
	if !ok {
		return kind, nil, &record.FieldError{Offset: 0, Reason: "is of no type that image cash letters have"}
	}
	offset := codeLength
	lengths := make(map[string]int)
	for i := range kind.fields {
		f := &kind.fields[i]
		length := f.length
		if f.measured != "" {
			length = lengths[f.measured]
		}
		if f.name == "" {
			offset += length
			continue
		}
		if offset+length > len(raw) {
			return kind, nil, &record.FieldError{Path: f.name, Offset: offset, Reason: fmt.Sprintf("ends behind the record, which has %d bytes", len(raw))}
		}
		v := value{field: f}
		if reason := v.read(raw[offset:offset+length], ebcdic); reason != "" {
			return kind, nil, &record.FieldError{Path: f.name, Offset: offset, Reason: reason}
		}
		if number, err := strconv.Atoi(v.text); err == nil && number >= 0 { // blank, or no number: there is nothing of that length
			lengths[f.name] = number
		}
		values = append(values, v)
		offset += length
	}
	return kind, values, nil
}

// read reads a field, and says why it cannot.
func (v *value) read(raw []byte, ebcdic bool) (reason string) {
	if v.field.kind == image {
		v.bytes, v.blank = raw, len(raw) == 0
		return ""
	}
	if v.text = string(raw); ebcdic {
		v.text, _ = charmap.CodePage037.NewDecoder().String(v.text) // it has a character for each byte
	}
	if !utf8.ValidString(v.text) {
		return "is no text: the code page is another"
	}
	trimmed := strings.TrimSpace(v.text)
	v.blank = trimmed == ""
	if v.field.kind != padded {
		v.text = trimmed
	}
	if v.blank {
		return ""
	}
	var err error
	switch v.field.kind {
	case number:
		v.whole, err = strconv.ParseInt(v.text, 10, 64)
		if err != nil || v.whole < 0 {
			return "is no number"
		}
	case date:
		if v.time, err = time.Parse("20060102", v.text); err != nil {
			return "is no date like 20260131"
		}
	case clock:
		if v.time, err = time.Parse("1504", v.text); err != nil {
			return "is no time like 2359"
		}
	}
	return ""
}

// document is the value as documents have it, where nothing is absent.
func (v *value) document() any {
	switch v.field.kind {
	case number:
		return v.whole
	case date, clock:
		return v.time
	case image:
		return v.bytes
	default:
		return v.text
	}
}

// alone is the value as a record on its own has it.
func (v *value) alone() any {
	switch v.field.kind {
	case date:
		return v.time.Format(time.DateOnly)
	case clock:
		return v.time.Format("15:04")
	default:
		return v.document()
	}
}

// numberOf is the value of a numeric field; 0 if it is blank.
func numberOf(values []value, name string) int64 {
	for i := range values {
		if values[i].field.name == name {
			return values[i].whole
		}
	}
	return 0
}
