package codec

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"math"
	"strconv"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/postern-gateway/postern/adapters/soap/xsd"
	"github.com/postern-gateway/postern/adapters/wire"
)

var (
	errEmpty      = errors.New("it is empty")
	errBool       = errors.New("it is neither true nor false")
	errBase64     = errors.New("it is not base64")
	errHex        = errors.New("it is not hexadecimal")
	errPrefix     = errors.New("its prefix is bound to no namespace")
	errAttachment = errors.New("it refers to an attachment that the reply does not have")
)

// scalar appends a field with the value that text spells. If there is an error, nothing has been appended.
func (d *decoder) scalar(w *wire.Writer, v *value, number protowire.Number, text []byte) error {
	if !v.preserve {
		text = trim(text)
	}
	switch v.kind {
	case textValue:
		w.BytesField(number, text)
		return nil
	case swaRefValue:
		w.String(number, d.address(text))
		return nil
	case base64Value, hexValue:
		content, err := d.binary(v.kind, text)
		if err == nil {
			w.BytesField(number, content)
		}
		return err
	}
	if len(text) == 0 {
		return errEmpty
	}
	switch v.kind {
	case boolValue:
		truth, err := parseBool(text)
		if err == nil {
			w.Bool(number, truth)
		}
		return err
	case numberValue:
		return exact(w, number, text, 1)
	case integerValue:
		return exact(w, number, text, 0)
	case dateValue:
		date, err := parseDateOnly(text)
		if err == nil {
			w.BytesField(number, date)
		}
		return err
	case timestampValue:
		seconds, nanos, err := parseTimestamp(text, v.zone)
		if err == nil {
			timestamp(w, number, seconds, nanos)
		}
		return err
	case qnameValue:
		return d.qname(w, number, text)
	default:
		return binaryNumber(w, v.kind, number, text)
	}
}

func trim(text []byte) []byte {
	for len(text) > 0 && isWhite(text[0]) {
		text = text[1:]
	}
	for len(text) > 0 && isWhite(text[len(text)-1]) {
		text = text[:len(text)-1]
	}
	return text
}

func isWhite(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

// zero appends the item that stands for one that is nil.
func zero(w *wire.Writer, e *readElement) {
	kind := textValue
	if e.value != nil {
		kind = e.value.kind
	}
	switch kind {
	case boolValue, int32Value, int64Value, uint32Value, uint64Value:
		w.Varint(e.number, 0)
	case floatValue:
		w.Fixed32(e.number, 0)
	case doubleValue:
		w.Fixed64(e.number, 0)
	default:
		mark := w.Open(e.number)
		if e.free {
			w.Varint(valueNull, 0)
		}
		w.Close(mark)
	}
}

func timestamp(w *wire.Writer, number protowire.Number, seconds int64, nanos int) {
	mark := w.Open(number)
	if seconds != 0 {
		w.Varint(1, uint64(seconds)) //nolint:gosec // as protobuf writes negative numbers
	}
	if nanos != 0 {
		w.Varint(2, uint64(nanos)) //nolint:gosec // not negative
	}
	w.Close(mark)
}

func binaryNumber(w *wire.Writer, kind valueKind, number protowire.Number, text []byte) error {
	switch kind {
	case int32Value, int64Value:
		bits := 64
		if kind == int32Value {
			bits = 32
		}
		n, err := parseInt(text, bits)
		if err == nil {
			w.Varint(number, uint64(n)) //nolint:gosec // as protobuf writes negative numbers
		}
		return err
	case uint32Value, uint64Value:
		limit := uint64(math.MaxUint64)
		if kind == uint32Value {
			limit = math.MaxUint32
		}
		n, err := parseUint(text, limit)
		if err == nil {
			w.Varint(number, n)
		}
		return err
	case floatValue:
		n, err := parseFloat(text, 32)
		if err == nil {
			w.Fixed32(number, math.Float32bits(float32(n)))
		}
		return err
	default:
		n, err := parseFloat(text, 64)
		if err == nil {
			w.Fixed64(number, math.Float64bits(n))
		}
		return err
	}
}

// parseInt reads a number of so many bits.
func parseInt(text []byte, bits int) (int64, error) {
	negative := text[0] == '-'
	limit := uint64(1)<<(bits-1) - 1
	if negative {
		text = text[1:]
		limit++
	} else if text[0] == '+' {
		text = text[1:]
	}
	n, err := parseDigits(text, limit)
	if negative {
		n = -n
	}
	return int64(n), err //nolint:gosec // within the limit
}

// parseUint reads a number up to limit. Zero may have a minus sign.
func parseUint(text []byte, limit uint64) (uint64, error) {
	switch text[0] {
	case '-':
		return parseDigits(text[1:], 0)
	case '+':
		text = text[1:]
	}
	return parseDigits(text, limit)
}

func parseDigits(text []byte, limit uint64) (uint64, error) {
	if len(text) == 0 {
		return 0, strconv.ErrSyntax
	}
	n, tooLarge := uint64(0), false
	for _, c := range text {
		digit := uint64(c - '0')
		if digit > 9 {
			return 0, strconv.ErrSyntax
		}
		tooLarge = tooLarge || n > (limit-min(digit, limit))/10 || digit > limit
		n = n*10 + digit
	}
	if tooLarge {
		return 0, strconv.ErrRange
	}
	return n, nil
}

// parseFloat reads a float or double. One that is too large for its type is infinite (XML Schema 1.1 part 2 section 3.3.4.2): .NET sends its largest double with digits that
// round up.
func parseFloat(text []byte, bits int) (float64, error) {
	switch string(text) {
	case "INF", "+INF":
		return math.Inf(1), nil
	case "-INF":
		return math.Inf(-1), nil
	case "NaN":
		return math.NaN(), nil
	}
	for _, c := range text {
		if (c < '0' || c > '9') && c != '+' && c != '-' && c != '.' && c != 'e' && c != 'E' {
			return 0, strconv.ErrSyntax
		}
	}
	n, err := strconv.ParseFloat(string(text), bits)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return 0, strconv.ErrSyntax // the error itself holds the text, which may be personal
	}
	return n, nil
}

func parseBool(text []byte) (bool, error) {
	switch string(text) {
	case "true", "1", "True", "TRUE":
		return true, nil
	case "false", "0", "False", "FALSE":
		return false, nil
	}
	return false, errBool
}

// exact checks an exact number with at most so many points, and keeps its text.
func exact(w *wire.Writer, number protowire.Number, text []byte, maxPoints int) error {
	digits, points := 0, 0
	for i, c := range text {
		switch {
		case c >= '0' && c <= '9':
			digits++
		case c == '.':
			points++
		case (c == '+' || c == '-') && i == 0:
		default:
			return strconv.ErrSyntax
		}
	}
	if digits == 0 || points > maxPoints {
		return strconv.ErrSyntax
	}
	w.BytesField(number, text)
	return nil
}

// binary reads bytes, which may also stand in an attachment.
func (d *decoder) binary(kind valueKind, text []byte) ([]byte, error) {
	if bytes.HasPrefix(text, []byte("cid:")) {
		if d.options.Attachments != nil {
			if content, ok := d.options.Attachments(string(text)); ok {
				return content, nil
			}
		}
		return nil, errAttachment
	}
	if kind == hexValue {
		return d.hex(text)
	}
	return d.base64(text)
}

// compact copies a text without its white space.
func (d *decoder) compact(text []byte) []byte {
	d.scratch = d.scratch[:0]
	for _, c := range text {
		if !isWhite(c) {
			d.scratch = append(d.scratch, c)
		}
	}
	return d.scratch
}

// base64 accepts line breaks and missing padding. Padding within, as of two texts one behind the other, is an error. What it returns is good until
// the next value.
func (d *decoder) base64(text []byte) ([]byte, error) {
	text = bytes.TrimRight(d.compact(text), "=")
	n, err := base64.RawStdEncoding.Decode(text, text) // it reads ahead of what it writes
	if err != nil {
		return nil, errBase64
	}
	return text[:n], nil
}

func (d *decoder) hex(text []byte) ([]byte, error) {
	text = d.compact(text)
	n, err := hex.Decode(text, text)
	if err != nil {
		return nil, errHex
	}
	return text[:n], nil
}

// qname spells a QName as {namespace}local, which means the same everywhere.
func (d *decoder) qname(w *wire.Writer, number protowire.Number, text []byte) error {
	name, err := d.resolve(text)
	if err == nil {
		w.String(number, name)
	}
	return err
}

func (d *decoder) resolve(text []byte) (string, error) {
	prefix, local, found := bytes.Cut(text, []byte(":"))
	if !found {
		prefix, local = nil, text
	}
	space, ok := d.tokens.Lookup(string(prefix))
	if !ok {
		return "", errPrefix
	}
	return xsd.Name{Space: space, Local: string(local)}.String(), nil
}
