package record

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"slices"
	"unicode/utf16"
	"unicode/utf8"
)

// A Value is one decoded value. It is good until the decoder goes on.
type Value struct {
	// Null is true if the record holds nothing here: blanks in a number, low-values in a text.
	Null bool
	// Integer is the value of Integer, Boolean and Time.
	Integer int64
	// Float is the value of Float32 and Float64.
	Float float64
	// Text is the value of Text, Decimal, Date and Bytes.
	Text []byte
	// Raw is the bytes that it was decoded from, and Invalid says that they are none of its type's.
	Raw     []byte
	Invalid bool
}

// A codec reads and writes the bytes of one field.
type codec interface {
	// decode sets the value, which it finds empty but for the room in Text. errBlank says that the field is full of blanks or low-values.
	decode(raw []byte, value *Value) error
	// encode fills all of `to` with the value that text spells.
	encode(to []byte, text string) error
	// absent fills all of `to` with what stands for no value.
	absent(to []byte)
}

var errBlank = errors.New("is blank")

// isBlank reports whether raw holds nothing but blanks, or nothing but low-values.
func isBlank(raw []byte, blank byte) bool {
	return len(raw) == 0 || (raw[0] == blank || raw[0] == 0) && bytes.Count(raw, raw[:1]) == len(raw)
}

func fill(to []byte, with byte) {
	for i := range to {
		to[i] = with
	}
}

// A textCodec is PIC X and A, and edited pictures.
type textCodec struct {
	page      *CodePage
	trim      Trim
	justified bool
	lowValues bool // are an empty text
	drop      bool // control characters
}

func (c *textCodec) decode(raw []byte, value *Value) error {
	if !c.lowValues && c.trim != TrimNothing && len(raw) > 0 && raw[0] == 0 && isBlank(raw, 0) {
		value.Null = true
		return nil
	}
	raw = c.trimmed(raw)
	if c.drop && c.trim != TrimNothing && !c.page.ebcdic && slices.ContainsFunc(raw, func(b byte) bool { return b < ' ' }) {
		raw = c.trimmed(withoutControls(raw))
	}
	value.Text = c.page.appendText(value.Text[:0], raw)
	return nil
}

// withoutControls leaves out the bytes below the blank.
func withoutControls(raw []byte) []byte {
	kept := make([]byte, 0, len(raw))
	for _, b := range raw {
		if b >= ' ' {
			kept = append(kept, b)
		}
	}
	return kept
}

func (c *textCodec) trimmed(raw []byte) []byte {
	if c.trim == TrimNone || c.trim == TrimNothing {
		return raw
	}
	start, stop := 0, len(raw)
	if c.trim == TrimRight && !c.justified {
		for blank := c.page.blank; stop > 0 && (raw[stop-1] == blank || raw[stop-1] == 0); {
			stop--
		}
		return raw[:stop]
	}
	if c.trim == TrimLeft || c.trim == TrimBoth || c.justified {
		for start < stop && c.isTrimmed(raw[start]) {
			start++
		}
	}
	if c.trim == TrimBoth {
		for stop > start && c.isTrimmed(raw[stop-1]) {
			stop--
		}
	}
	return raw[start:stop]
}

// isTrimmed reports whether the byte is a blank, or the low-value that programs leave behind a short text. On both sides, every control
// character counts as one.
func (c *textCodec) isTrimmed(b byte) bool {
	return b == c.page.blank || b == 0 || c.trim == TrimBoth && !c.page.utf8 && c.page.table[b] <= ' ' || c.trim == TrimBoth && c.page.utf8 && b <= ' '
}

func (c *textCodec) encode(to []byte, text string) error {
	encoded, err := c.page.appendBytes(make([]byte, 0, len(to)), text)
	if err != nil {
		return err
	}
	if len(encoded) > len(to) {
		return fmt.Errorf("is %d bytes long in the code page %s, and there is room for %d", len(encoded), c.page.name, len(to))
	}
	c.absent(to)
	if c.justified {
		copy(to[len(to)-len(encoded):], encoded)
		return nil
	}
	copy(to, encoded)
	return nil
}

func (c *textCodec) absent(to []byte) { fill(to, c.page.blank) }

// A nationalCodec is PIC N: UTF-16.
type nationalCodec struct {
	trim   Trim
	little bool
}

func (c *nationalCodec) decode(raw []byte, value *Value) error {
	if isBlank(raw, 0) {
		value.Null = true
		return nil
	}
	units := make([]uint16, len(raw)/2)
	for i := range units {
		units[i] = c.unit(raw[2*i], raw[2*i+1])
	}
	if c.trim == TrimRight || c.trim == TrimBoth {
		for len(units) > 0 && units[len(units)-1] == ' ' {
			units = units[:len(units)-1]
		}
	}
	for c.trim == TrimLeft || c.trim == TrimBoth {
		if len(units) == 0 || units[0] != ' ' {
			break
		}
		units = units[1:]
	}
	value.Text = value.Text[:0]
	for _, r := range utf16.Decode(units) {
		value.Text = utf8.AppendRune(value.Text, r)
	}
	return nil
}

func (c *nationalCodec) unit(first, second byte) uint16 {
	if c.little {
		first, second = second, first
	}
	return uint16(first)<<8 | uint16(second)
}

func (c *nationalCodec) encode(to []byte, text string) error {
	units := utf16.Encode([]rune(text))
	if 2*len(units) > len(to) {
		return fmt.Errorf("has %d UTF-16 characters, and there is room for %d", len(units), len(to)/2)
	}
	c.absent(to)
	for i, unit := range units {
		unit = c.unit(byte(unit>>8), byte(unit&0xFF))
		to[2*i], to[2*i+1] = byte(unit>>8), byte(unit&0xFF)
	}
	return nil
}

func (c *nationalCodec) absent(to []byte) {
	for i := range to {
		to[i] = 0
		if (i%2 == 0) == c.little {
			to[i] = ' '
		}
	}
}

// A bytesCodec passes bytes through: double-byte text, and binary fields with the picture X.
type bytesCodec struct{}

func (bytesCodec) decode(raw []byte, value *Value) error {
	value.Text = append(value.Text[:0], raw...)
	return nil
}

func (bytesCodec) encode(to []byte, text string) error {
	if len(text) != len(to) {
		return fmt.Errorf("is %d bytes long, and there is room for exactly %d", len(text), len(to))
	}
	copy(to, text)
	return nil
}

func (bytesCodec) absent(to []byte) { fill(to, 0) }

// digitStorage is how the digits of a number are stored.
type digitStorage interface {
	// small returns a number of up to 18 digits.
	small(raw []byte) (int64, error)
	// digits appends the digits as characters. It serves numbers of any length.
	digits(raw, to []byte) (digits []byte, negative bool, err error)
	// store writes exactly as many digits as the field has.
	store(to, digits []byte, negative bool) error
	// isBlank reports whether raw is what a field with no number may hold: nothing but blanks, or nothing but low-values.
	isBlank(raw []byte) bool
}

// A numberCodec is a number with a decimal point that may not be stored.
type numberCodec struct {
	storage       digitStorage
	digits, scale int
	signed        bool
	integer       bool // the value is an int64
	narrow        bool // and an int32
	blankZero     bool // BLANK WHEN ZERO
	blank         []byte
}

var (
	errNotDigits = errors.New("holds what is no number")
	errTooLarge  = errors.New("holds a number that is larger than its picture allows")
	errNegative  = errors.New("holds a negative number, and has no sign")
)

func (c *numberCodec) decode(raw []byte, value *Value) error {
	if c.digits > smallDigits {
		return c.decodeLarge(raw, value)
	}
	n, err := c.storage.small(raw)
	if err != nil {
		if c.storage.isBlank(raw) {
			return errBlank
		}
		return err
	}
	if n < 0 && !c.signed {
		return errNegative
	}
	if !c.integer {
		value.Text = appendDecimal(value.Text[:0], n, c.scale)
		return nil
	}
	if c.scale < 0 && (n >= powers[c.digits] || -n >= powers[c.digits]) {
		return errTooLarge // and its zeros could be more than an int64 holds
	}
	value.Integer = n * powers[-c.scale]
	if c.narrow && int64(int32(value.Integer)) != value.Integer { //nolint:gosec // that is what is asked
		return errTooLarge
	}
	return nil
}

func (c *numberCodec) decodeLarge(raw []byte, value *Value) error {
	var room [64]byte
	digits, negative, err := c.storage.digits(raw, room[:0])
	if err != nil {
		if c.storage.isBlank(raw) {
			return errBlank
		}
		return err
	}
	if negative && !c.signed {
		return errNegative
	}
	value.Text = appendScaled(value.Text[:0], negative, digits, c.scale)
	return nil
}

func (c *numberCodec) encode(to []byte, text string) error {
	digits, negative, err := fitDecimal(text, c.digits, c.scale)
	if err != nil {
		return err
	}
	if negative && !c.signed {
		return errors.New("is negative, and there is no room for a sign")
	}
	if c.blankZero && bytes.Count(digits, []byte{'0'}) == len(digits) {
		copy(to, c.blank)
		return nil
	}
	return c.storage.store(to, digits, negative)
}

func (c *numberCodec) absent(to []byte) {
	zeros := bytes.Repeat([]byte{'0'}, c.digits)
	_ = c.storage.store(to, zeros, false) // zeros always fit
}

// parseSmall turns digits into a number, if it is one of an int64.
func parseSmall(digits []byte, negative bool) (int64, error) {
	var n int64
	for len(digits) > 0 && digits[0] == '0' {
		digits = digits[1:]
	}
	if len(digits) > smallDigits+1 {
		return 0, errTooLarge
	}
	for _, d := range digits {
		if n > (math.MaxInt64-int64(d-'0'))/10 {
			return 0, errTooLarge
		}
		n = n*10 + int64(d-'0')
	}
	if negative {
		n = -n
	}
	return n, nil
}
