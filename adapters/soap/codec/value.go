package codec

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"strconv"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/postern-gateway/postern/adapters/soap/xsd"
)

// A value reads and writes the text of a simple type.
type value struct {
	kind valueKind
	// item is set for a list; the rest is that of the item then.
	item *value
	// preserve keeps white space around the text.
	preserve bool
	zone     *time.Location
	// zoneless is true for a dateTime whose pattern allows no zone: it is sent as the local time in zone.
	zoneless bool
}

type valueKind uint8

const (
	textValue valueKind = iota + 1
	boolValue
	int32Value
	int64Value
	uint32Value
	uint64Value
	floatValue
	doubleValue
	numberValue  // an exact number that is text
	integerValue // one without a fraction
	dateValue
	timestampValue
	base64Value
	hexValue
	qnameValue
)

var valueKinds = map[string]valueKind{
	"boolean": boolValue, "byte": int32Value, "short": int32Value, "int": int32Value, "long": int64Value,
	"unsignedByte": uint32Value, "unsignedShort": uint32Value, "unsignedInt": uint32Value, "unsignedLong": uint64Value,
	"float": floatValue, "double": doubleValue, "decimal": numberValue, "integer": integerValue, "nonNegativeInteger": integerValue,
	"positiveInteger": integerValue, "nonPositiveInteger": integerValue, "negativeInteger": integerValue, "date": dateValue,
	"dateTime": timestampValue, "base64Binary": base64Value, "hexBinary": hexValue, "QName": qnameValue, "NOTATION": qnameValue,
}

// value makes the plan of a simple type.
func (m *Mapper) value(v *xsd.Value) *value {
	if v.Item != nil {
		item := v.Item
		if item.Item != nil {
			item = &xsd.Value{Builtin: "string"}
		}
		return &value{item: m.value(item)}
	}
	kind, ok := valueKinds[v.Builtin]
	if !ok {
		kind = textValue
	}
	return &value{kind: kind, preserve: preserves(v), zone: m.zone, zoneless: kind == timestampValue && forbidsZone(v.Patterns)}
}

// preserves reports whether white space around the text belongs to the value (XML Schema part 2 section 4.3.6).
func preserves(v *xsd.Value) bool {
	return v.WhiteSpace != "collapse" && (v.Builtin == "string" || v.Builtin == "normalizedString" || v.Builtin == "anySimpleType")
}

const whiteSpace = " \t\r\n"

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

// encode appends the text of a value. An error says what is wrong with it.
func (v *value) encode(w *Writer, pv protoreflect.Value) error {
	switch v.kind {
	case boolValue:
		w.buffer = strconv.AppendBool(w.buffer, pv.Bool())
	case int32Value, int64Value:
		w.buffer = strconv.AppendInt(w.buffer, pv.Int(), 10)
	case uint32Value, uint64Value:
		w.buffer = strconv.AppendUint(w.buffer, pv.Uint(), 10)
	case floatValue:
		w.buffer = appendFloat(w.buffer, pv.Float(), 32)
	case doubleValue:
		w.buffer = appendFloat(w.buffer, pv.Float(), 64)
	case timestampValue:
		moment, err := momentOf(pv.Message())
		if err != nil {
			return err
		}
		w.buffer = appendTimestamp(w.buffer, moment, v.zone, v.zoneless)
	case base64Value:
		w.buffer = base64.StdEncoding.AppendEncode(w.buffer, pv.Bytes())
	case hexValue:
		from := len(w.buffer)
		w.buffer = hex.AppendEncode(w.buffer, pv.Bytes())
		copy(w.buffer[from:], bytes.ToUpper(w.buffer[from:]))
	case qnameValue:
		return w.qname(pv.String())
	case numberValue, integerValue, dateValue:
		if pv.String() == "" {
			return errEmpty
		}
		return w.escape(pv.String())
	default:
		return w.escape(pv.String())
	}
	return nil
}

func appendFloat(out []byte, n float64, bits int) []byte {
	switch {
	case math.IsNaN(n):
		return append(out, "NaN"...)
	case math.IsInf(n, 1):
		return append(out, "INF"...)
	case math.IsInf(n, -1):
		return append(out, "-INF"...)
	}
	return strconv.AppendFloat(out, n, 'G', -1, bits)
}

// momentOf reads any message of type Timestamp, generated or dynamic.
func momentOf(m protoreflect.Message) (time.Time, error) {
	fields := m.Descriptor().Fields()
	seconds, nanos := fields.ByNumber(1), fields.ByNumber(2)
	if seconds == nil || nanos == nil {
		return time.Time{}, fmt.Errorf("%s is no Timestamp", proto.MessageName(m.Interface()))
	}
	moment := time.Unix(m.Get(seconds).Int(), m.Get(nanos).Int())
	if year := moment.UTC().Year(); year < 1 || year > 9999 {
		return time.Time{}, errRange
	}
	return moment, nil
}
