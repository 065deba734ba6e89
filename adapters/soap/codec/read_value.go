package codec

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"math"
	"strconv"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/postern-gateway/postern/adapters/soap/xsd"
)

// resolver finds the namespace of a prefix.
type resolver interface {
	Lookup(prefix string) (string, bool)
}

var errEmpty = errors.New("it is empty")

// decode reads one text.
func (v *value) decode(text []byte, names resolver) (protoreflect.Value, error) {
	if !v.preserve {
		text = bytes.Trim(text, whiteSpace)
	}
	switch v.kind {
	case textValue:
		return protoreflect.ValueOfString(string(text)), nil
	case base64Value:
		return decodeBase64(text)
	case hexValue:
		out := make([]byte, hex.DecodedLen(len(text)))
		_, err := hex.Decode(out, text)
		return protoreflect.ValueOfBytes(out), err
	}
	if len(text) == 0 {
		return protoreflect.Value{}, errEmpty
	}
	switch v.kind {
	case boolValue:
		return decodeBool(text)
	case numberValue:
		return decodeNumber(text, 1)
	case integerValue:
		return decodeNumber(text, 0)
	case dateValue:
		date, err := decodeDate(string(text))
		return protoreflect.ValueOfString(date), err
	case timestampValue:
		moment, err := decodeTimestamp(string(text), v.zone)
		if err != nil {
			return protoreflect.Value{}, err
		}
		return protoreflect.ValueOfMessage(timestamppb.New(moment).ProtoReflect()), nil
	case qnameValue:
		return decodeQName(string(text), names)
	default:
		return v.decodeBinaryNumber(string(text))
	}
}

func (v *value) decodeBinaryNumber(text string) (protoreflect.Value, error) {
	switch v.kind {
	case int32Value:
		n, err := strconv.ParseInt(text, 10, 32)
		return protoreflect.ValueOfInt32(int32(n)), plain(err)
	case int64Value:
		n, err := strconv.ParseInt(text, 10, 64)
		return protoreflect.ValueOfInt64(n), plain(err)
	case uint32Value:
		n, err := strconv.ParseUint(trimPlus(text), 10, 32)
		return protoreflect.ValueOfUint32(uint32(n)), plain(err)
	case uint64Value:
		n, err := strconv.ParseUint(trimPlus(text), 10, 64)
		return protoreflect.ValueOfUint64(n), plain(err)
	case floatValue:
		n, err := decodeFloat(text, 32)
		return protoreflect.ValueOfFloat32(float32(n)), err
	default:
		n, err := decodeFloat(text, 64)
		return protoreflect.ValueOfFloat64(n), err
	}
}

func trimPlus(text string) string {
	if len(text) > 1 && text[0] == '+' {
		return text[1:]
	}
	return text
}

// plain takes the text itself out of a number's error: it may be personal.
func plain(err error) error {
	if err == nil {
		return nil
	}
	var number *strconv.NumError
	if errors.As(err, &number) {
		return number.Err
	}
	return err
}

func decodeFloat(text string, bits int) (float64, error) {
	switch text {
	case "INF", "+INF":
		return math.Inf(1), nil
	case "-INF":
		return math.Inf(-1), nil
	case "NaN":
		return math.NaN(), nil
	}
	for i := range len(text) {
		if c := text[i]; (c < '0' || c > '9') && c != '+' && c != '-' && c != '.' && c != 'e' && c != 'E' {
			return 0, strconv.ErrSyntax
		}
	}
	n, err := strconv.ParseFloat(text, bits)
	return n, plain(err)
}

func decodeBool(text []byte) (protoreflect.Value, error) {
	switch string(text) {
	case "true", "1", "True", "TRUE":
		return protoreflect.ValueOfBool(true), nil
	case "false", "0", "False", "FALSE":
		return protoreflect.ValueOfBool(false), nil
	}
	return protoreflect.Value{}, errors.New("it is neither true nor false")
}

// decodeNumber keeps an exact number as it is written, with so many decimal points at most.
func decodeNumber(text []byte, maxPoints int) (protoreflect.Value, error) {
	digits, points := 0, 0
	for i, c := range text {
		switch {
		case c >= '0' && c <= '9':
			digits++
		case c == '.':
			points++
		case (c == '+' || c == '-') && i == 0:
		default:
			return protoreflect.Value{}, strconv.ErrSyntax
		}
	}
	if digits == 0 || points > maxPoints {
		return protoreflect.Value{}, strconv.ErrSyntax
	}
	return protoreflect.ValueOfString(string(text)), nil
}

// decodeBase64 accepts line breaks and missing padding. Padding within, as of two texts one behind the other, is an error.
func decodeBase64(text []byte) (protoreflect.Value, error) {
	compact := make([]byte, 0, len(text))
	for _, c := range text {
		if c != ' ' && c != '\t' && c != '\n' && c != '\r' {
			compact = append(compact, c)
		}
	}
	compact = bytes.TrimRight(compact, "=")
	out := make([]byte, base64.RawStdEncoding.DecodedLen(len(compact)))
	n, err := base64.RawStdEncoding.Decode(out, compact)
	if err != nil {
		return protoreflect.Value{}, errors.New("it is not base64")
	}
	return protoreflect.ValueOfBytes(out[:n]), nil
}

// decodeQName spells a QName as {namespace}local, which means the same everywhere.
func decodeQName(text string, names resolver) (protoreflect.Value, error) {
	prefix, local := "", text
	for i := range len(text) {
		if text[i] == ':' {
			prefix, local = text[:i], text[i+1:]
			break
		}
	}
	space, ok := names.Lookup(prefix)
	if !ok {
		return protoreflect.Value{}, errors.New("its prefix is bound to no namespace")
	}
	return protoreflect.ValueOfString(xsd.Name{Space: space, Local: local}.String()), nil
}
