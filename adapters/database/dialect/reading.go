package dialect

import (
	"bytes"
	"errors"
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
	// Latin1 is what the engine takes such bytes for; nil means ISO 8859-1.
	Latin1 *charmap.Charmap
	// Boolean is how true and false are stored, where the engine knows no booleans; nil means that the column is none.
	Boolean *Boolean
}

// A Boolean is how true and false are stored.
type Boolean struct{ True, False string }

// Text is a text as it is told. Bytes that are no UTF-8 are read in the encoding; so are characters that are what an engine makes of such bytes when it takes them
// for Latin-1, if they are text in the encoding. Any other text is told as it is.
func (r *Reading) Text(text []byte) ([]byte, error) {
	if r.Encoding != nil && !isASCII(text) {
		told, err := r.decoded(text)
		if err != nil {
			return nil, err
		}
		text = told
	}
	if r.Trim {
		text = bytes.TrimRight(text, " ")
	}
	return text, nil
}

var errNotEncoded = errors.New("its bytes are none of the encoding's")

func (r *Reading) decoded(text []byte) ([]byte, error) {
	raw, isText, mistaken := text, utf8.Valid(text), true
	if isText {
		raw, mistaken = r.mistaken(text)
	}
	if !mistaken {
		return text, nil
	}
	decoded, err := r.Encoding.NewDecoder().Bytes(raw)
	if err == nil && bytes.ContainsRune(decoded, utf8.RuneError) { // which decoders put in the place of what they cannot read
		err = errNotEncoded
	}
	if err != nil && isText {
		return text, nil // it was no mistake
	}
	return decoded, err
}

// mistaken returns the bytes that an engine made a text of; ok is false if there are none. Where the engine's Latin-1 has a character of its own for a byte, ISO 8859-1's is
// taken too, since others than the engine have made texts of bytes.
func (r *Reading) mistaken(text []byte) (raw []byte, ok bool) {
	raw = make([]byte, 0, len(text))
	for _, c := range string(text) {
		b, known := r.latin1().EncodeRune(c)
		switch {
		case known:
			raw = append(raw, b)
		case c <= 0xff:
			raw = append(raw, byte(c)) //nolint:gosec // it is a byte
		default:
			return nil, false
		}
	}
	return raw, true
}

func (r *Reading) latin1() *charmap.Charmap {
	if r.Latin1 == nil {
		return charmap.ISO8859_1
	}
	return r.Latin1
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
	seen := make([]rune, len(raw))
	for i, b := range raw {
		if seen[i] = r.latin1().DecodeByte(b); seen[i] == utf8.RuneError {
			seen[i] = rune(b) // which has no character of its own
		}
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
