package dialect

import (
	"bytes"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
)

// A Reading is how the values of a column are told and stored, where the settings say more than the engine does. The zero Reading changes nothing.
type Reading struct {
	// Field is the name that the column is published under; empty means its own.
	Field string
	// Trim is true if blanks at the end of text are cut.
	Trim bool
	// Encoding is what the bytes of text are, where they are not what the engine takes them for; nil means that the engine is right.
	Encoding encoding.Encoding
	// Boolean is how true and false are stored, where the engine knows no booleans; nil means that the column is none.
	Boolean *Boolean
}

// A Boolean is how true and false are stored.
type Boolean struct{ True, False string }

// Text is a text as it is told. Bytes that are no UTF-8 are read in the encoding; so are characters up to U+00FF, which are what an engine makes of such
// bytes when it takes them for Latin-1. Any other text is told as it is.
func (r *Reading) Text(text []byte) ([]byte, error) {
	if r.Encoding != nil && !isASCII(text) {
		raw, mistaken := text, true
		if utf8.Valid(text) {
			latin, err := charmap.ISO8859_1.NewEncoder().Bytes(text)
			raw, mistaken = latin, err == nil
		}
		if mistaken {
			decoded, err := r.Encoding.NewDecoder().Bytes(raw)
			if err != nil {
				return nil, err
			}
			text = decoded
		}
	}
	if r.Trim {
		text = bytes.TrimRight(text, " ")
	}
	return text, nil
}

func isASCII(text []byte) bool {
	for _, b := range text {
		if b >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// Stored is a caller's value as the column stores it, which is what filters compare with.
func (r *Reading) Stored(kind Kind, value any) any {
	switch v := value.(type) {
	case bool:
		if r.Boolean != nil {
			return r.Boolean.stored(kind, v)
		}
	case string:
		if r.Encoding != nil && kind == Text {
			return r.encoded(v)
		}
	}
	return value
}

// encoded is a text as the engine sees it. What the encoding cannot spell stays as it is.
func (r *Reading) encoded(text string) string {
	raw, err := r.Encoding.NewEncoder().Bytes([]byte(text))
	if err != nil {
		return text
	}
	seen, err := charmap.ISO8859_1.NewDecoder().Bytes(raw)
	if err != nil {
		return text
	}
	return string(seen)
}

// Fits reports whether a column of the kind can hold both values.
func (b *Boolean) Fits(kind Kind) bool {
	switch kind {
	case Text, Decimal:
		return true
	case Int16, Int32, Int64, Uint32, Uint64:
		_, first := strconv.ParseInt(b.True, 10, 64)
		_, second := strconv.ParseInt(b.False, 10, 64)
		return first == nil && second == nil
	default:
		return false
	}
}

func (b *Boolean) stored(kind Kind, truth bool) any {
	text := b.False
	if truth {
		text = b.True
	}
	switch kind {
	case Text, Decimal:
		return text
	default:
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return text // which Fits has ruled out
		}
		if kind == Uint32 || kind == Uint64 {
			return uint64(n) //nolint:gosec // what the settings say, bit for bit
		}
		return n
	}
}

// Truth reads a stored value; ok is false if it is neither.
func (b *Boolean) Truth(kind Kind, value *Value) (truth, ok bool) {
	var spelled string
	switch kind {
	case Text:
		spelled = strings.TrimRight(string(value.Text), " ")
		return spelled == strings.TrimRight(b.True, " "), spelled == strings.TrimRight(b.True, " ") || spelled == strings.TrimRight(b.False, " ")
	case Decimal:
		spelled = string(value.Text)
		if strings.Contains(spelled, ".") {
			spelled = strings.TrimSuffix(strings.TrimRight(spelled, "0"), ".")
		}
	default:
		spelled = strconv.FormatInt(value.Int, 10)
	}
	return spelled == b.True, spelled == b.True || spelled == b.False
}
