package record

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
)

// defaultKeyLength is the width of a key from a delimited column with no length of its own.
const defaultKeyLength = 64

// KeyWidth is how many bytes the field takes up in a key. The error says why it cannot be in one.
func (f *Field) KeyWidth() (int, error) {
	if !f.IsFixed() {
		return 0, fmt.Errorf("%s does not stand at the same place in every record, so it cannot be a key or index", f.Name)
	}
	switch {
	case f.Type == Integer || f.Type == Time || f.Type == Decimal && f.Digits > 0 && f.Digits <= smallDigits:
		return 8, nil
	case f.Type == Boolean:
		return 1, nil
	case f.Type == Date:
		return len("2026-01-31"), nil
	case f.Type == Text && f.size > 0:
		return f.size, nil
	case f.Type == Text:
		return defaultKeyLength, nil
	default:
		return 0, fmt.Errorf("%s is a floating point number, bytes, or a number of unbounded or more than %d digits, so it cannot be a key or index", f.Name, smallDigits)
	}
}

// ErrNoKey is the error of a record that has nothing in a key field.
var ErrNoKey = errors.New("is blank, and it is a key")

// AppendKey appends the field's value in a record as bytes of a fixed width. Equal values have equal bytes. Numbers and dates sort by value, and
// text sorts by the bytes of its code page. An absent number or date comes before all others. empty reports that there is no value.
func (l *Layout) AppendKey(to []byte, record []byte, f *Field, value *Value) (key []byte, empty bool, err error) {
	if err := l.Extract(record, f, value); err != nil {
		return to, false, err
	}
	return l.appendValueKey(to, record, f, value)
}

// AppendKeys is AppendKey for several fields; a record that a function decodes is decoded once for all of them. empty is that of the first.
func (l *Layout) AppendKeys(to []byte, record []byte, fields []*Field, value *Value) (keys []byte, empty bool, err error) {
	var described []Value
	if l.decodedBy != nil {
		if described, err = l.extractSeveral(record, fields); err != nil {
			return to, false, err
		}
	}
	for i, f := range fields {
		var none bool
		if described != nil {
			to, none, err = l.appendValueKey(to, record, f, &described[i])
		} else {
			to, none, err = l.AppendKey(to, record, f, value)
		}
		if err != nil {
			return to, false, err
		}
		empty = empty || none && i == 0
	}
	return to, empty, nil
}

// appendValueKey is AppendKey for a value that has been read.
func (l *Layout) appendValueKey(to, record []byte, f *Field, value *Value) (key []byte, empty bool, err error) {
	width, err := f.KeyWidth()
	if err != nil {
		return to, false, err
	}
	if f.Type == Text {
		return l.appendTextKey(to, record, f, value, width)
	}
	if value.Null {
		return append(to, make([]byte, width)...), true, nil
	}
	to, err = appendScalarKey(to, f, value)
	return to, false, err
}

// appendTextKey takes the field's own bytes, where it has a place, so that nothing is decoded or lost.
func (l *Layout) appendTextKey(to, record []byte, f *Field, value *Value, width int) ([]byte, bool, error) {
	raw, err := l.textBytes(record, f, value)
	if err != nil {
		return to, false, err
	}
	if len(raw) > width {
		return to, false, &FieldError{Path: f.Path, Offset: -1, Reason: fmt.Sprintf("is longer than %d bytes, and it is a key or index", width)}
	}
	start := len(to)
	to = append(to, raw...)
	pad := byte(0)
	if !l.hasCells() {
		pad = l.options.CodePage.blank
		for i, c := range to[start:] {
			if c == 0 {
				to[start+i] = pad
			}
		}
	}
	for range width - len(raw) {
		to = append(to, pad)
	}
	return to, len(value.Text) == 0, nil
}

// textBytes are the bytes of a text, whose value has just been read.
func (l *Layout) textBytes(record []byte, f *Field, value *Value) ([]byte, error) {
	if l.decodedBy != nil {
		return describedText(f, value)
	}
	return l.raw(record, f)
}

func appendScalarKey(to []byte, f *Field, value *Value) ([]byte, error) {
	switch f.Type {
	case Boolean:
		return append(to, 1+byte(value.Integer)), nil //nolint:gosec // 0 or 1
	case Date:
		return append(to, value.Text...), nil
	case Decimal:
		digits, negative, err := fitDecimal(string(value.Text), smallDigits, f.Scale)
		if err != nil {
			return to, err
		}
		n, err := parseSmall(digits, negative)
		return appendInt(to, n), err
	default:
		return appendInt(to, value.Integer), nil
	}
}

// appendInt appends a number so that bytes sort as numbers do.
func appendInt(to []byte, n int64) []byte {
	return binary.BigEndian.AppendUint64(to, uint64(n)^1<<63) //nolint:gosec // the bits are meant
}

// AppendKeyText appends the key bytes of a value as a caller spells it. The error says what is wrong with the spelling.
func (l *Layout) AppendKeyText(to []byte, f *Field, text string) ([]byte, error) {
	width, err := f.KeyWidth()
	if err != nil {
		return to, err
	}
	switch f.Type {
	case Text:
		room := make([]byte, width)
		if err := f.codec.encode(room, text); err != nil {
			return to, err
		}
		return append(to, room...), nil
	case Boolean:
		truth, err := strconv.ParseBool(text)
		if err != nil {
			return to, errors.New("is neither true nor false")
		}
		return append(to, map[bool]byte{false: 1, true: 2}[truth]), nil
	case Date:
		if len(text) != width {
			return to, errors.New("is no date, as in 2026-01-31")
		}
		return append(to, text...), nil
	default:
		digits, negative, err := fitDecimal(text, smallDigits, f.Scale)
		if err != nil {
			return to, err
		}
		n, err := parseSmall(digits, negative)
		return appendInt(to, n), err
	}
}
