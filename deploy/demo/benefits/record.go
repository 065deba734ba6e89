package benefits

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/text/encoding/charmap"
)

// blank is a space in EBCDIC.
const blank = 0x40

// A recordWriter fills a record field by field. The first mistake sticks, and is returned by finish.
type recordWriter struct {
	bytes []byte
	err   error
}

// text writes characters in code page 037, with blanks behind up to width.
func (w *recordWriter) text(value string, width int) {
	encoded, err := charmap.CodePage037.NewEncoder().Bytes([]byte(value))
	switch {
	case err != nil:
		w.fail(fmt.Errorf("encoding %q: %w", value, err))
	case len(encoded) > width:
		w.fail(fmt.Errorf("%q is longer than %d", value, width))
	default:
		w.bytes = append(w.bytes, encoded...)
		w.fill(width - len(encoded))
	}
}

// fill writes blanks.
func (w *recordWriter) fill(width int) {
	for range width {
		w.bytes = append(w.bytes, blank)
	}
}

// zoned writes an unsigned number: PIC 9(width).
func (w *recordWriter) zoned(value uint64, width int) {
	w.text(fmt.Sprintf("%0*d", width, value), width)
}

// packed writes a signed number: PIC S9(digits) COMP-3, where digits is odd. Two digits take a byte, and the last half byte is the
// sign: C for plus, D for minus.
func (w *recordWriter) packed(value int64, digits int) {
	sign, magnitude := "C", strconv.FormatInt(value, 10)
	if value < 0 {
		sign, magnitude = "D", magnitude[1:]
	}
	if len(magnitude) > digits {
		w.fail(fmt.Errorf("%d has more than %d digits", value, digits))
		return
	}
	nibbles := strings.Repeat("0", digits-len(magnitude)) + magnitude + sign
	for i := 0; i+1 < len(nibbles); i += 2 {
		pair, err := strconv.ParseUint(nibbles[i:i+2], 16, 8)
		if err != nil {
			w.fail(fmt.Errorf("packing %d: %w", value, err))
			return
		}
		w.bytes = append(w.bytes, byte(pair))
	}
}

// binary writes a number of two bytes: PIC S9(4) COMP.
func (w *recordWriter) binary(value int16) {
	w.bytes = binary.BigEndian.AppendUint16(w.bytes, uint16(value)) //nolint:gosec // two's complement is meant
}

func (w *recordWriter) fail(err error) {
	if w.err == nil {
		w.err = err
	}
}

// finish fills the record up with blanks and returns it.
func (w *recordWriter) finish(length int) ([]byte, error) {
	if w.err != nil {
		return nil, w.err
	}
	if len(w.bytes) > length {
		return nil, fmt.Errorf("the record has %d bytes, which is more than %d", len(w.bytes), length)
	}
	w.fill(length - len(w.bytes))
	return w.bytes, nil
}

// A recordReader takes a record apart from the left. The first mistake sticks. A record is never shorter than what is read from it.
type recordReader struct {
	bytes []byte
	err   error
}

func (r *recordReader) take(width int) []byte {
	field := r.bytes[:width]
	r.bytes = r.bytes[width:]
	return field
}

// text reads characters, without the blanks behind.
func (r *recordReader) text(width int) string {
	decoded, err := charmap.CodePage037.NewDecoder().Bytes(r.take(width))
	if err != nil {
		r.fail(err)
	}
	return strings.TrimRight(string(decoded), " ")
}

// zoned reads an unsigned number of up to 18 digits.
func (r *recordReader) zoned(width int) uint64 {
	var value uint64
	for _, b := range r.take(width) {
		if b < 0xF0 || b > 0xF9 {
			r.fail(fmt.Errorf("byte %#02x is no digit", b))
			return 0
		}
		value = value*10 + uint64(b-0xF0)
	}
	return value
}

// packed reads a positive packed number of up to 17 digits.
func (r *recordReader) packed(width int) uint64 {
	var value uint64
	field := r.take(width)
	for i, b := range field {
		high, low := b>>4, b&0x0F
		if high > 9 {
			r.fail(fmt.Errorf("byte %#02x holds no packed digit", b))
			return 0
		}
		value = value*10 + uint64(high)
		if i < len(field)-1 {
			if low > 9 {
				r.fail(fmt.Errorf("byte %#02x holds no packed digit", b))
				return 0
			}
			value = value*10 + uint64(low)
			continue
		}
		if low != 0x0C && low != 0x0F {
			r.fail(errors.New("a packed number is not positive"))
		}
	}
	return value
}

func (r *recordReader) fail(err error) {
	if r.err == nil {
		r.err = err
	}
}
