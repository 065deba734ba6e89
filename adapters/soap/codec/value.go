package codec

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"math"
	"strconv"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/postern-gateway/postern/adapters/soap/xsd"
)

// A value reads and writes the text of a simple type.
type value struct {
	kind valueKind
	// item is set for a list; the rest is that of the item then.
	item *value
	// shortest and longest are how many items a list has; 0 for no limit.
	shortest, longest int
	// preserve keeps white space around the text.
	preserve bool
	zone     *time.Location
	// zoneless is true for a dateTime whose pattern allows no zone: it is sent as the local time in zone.
	zoneless bool
	// limits hold for the text of a value, nil for none, and moments for a dateTime.
	limits  *limits
	moments []momentBound
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
	swaRefValue // the address of an attachment (Attachments Profile 1.0 section 4.4), as a data URL that holds its content
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
		out := &value{item: m.value(item)}
		if v.MinLength != nil {
			out.shortest = *v.MinLength
		}
		if v.MaxLength != nil {
			out.longest = *v.MaxLength
		}
		return out
	}
	kind, ok := valueKinds[v.Builtin]
	if !ok {
		kind = textValue
	}
	out := &value{kind: kind, preserve: preserves(v), zone: m.zone, limits: limitsOf(v)}
	if kind == timestampValue {
		out.zoneless, out.moments = forbidsZone(v.Patterns), momentBounds(v)
	}
	return out
}

// preserves reports whether white space around the text belongs to the value (XML Schema part 2 section 4.3.6).
func preserves(v *xsd.Value) bool {
	return v.WhiteSpace != "collapse" && (v.Builtin == "string" || v.Builtin == "normalizedString" || v.Builtin == "anySimpleType")
}

const whiteSpace = " \t\r\n"

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
		if err := checkMoment(v.moments, moment, v.zone, v.zoneless); err != nil {
			return err
		}
		w.buffer = appendTimestamp(w.buffer, moment, v.zone, v.zoneless)
	case base64Value:
		if w.include(pv.Bytes()) {
			return nil
		}
		w.buffer = base64.StdEncoding.AppendEncode(w.buffer, pv.Bytes())
	case swaRefValue:
		return w.reference(pv.String())
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
		return v.text(w, pv.String())
	default:
		return v.text(w, pv.String())
	}
	return nil
}

func (v *value) text(w *Writer, text string) error {
	if err := v.limits.check(text); err != nil {
		return err
	}
	return w.escape(text)
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
