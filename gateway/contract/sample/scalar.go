package sample

import (
	"cmp"
	"math"
	"strings"

	"buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"buf.build/go/protovalidate"
)

// scalar makes a value that is no message.
func (m *maker) scalar(field protoreflect.FieldDescriptor, of *validate.FieldRules) protoreflect.Value {
	r := rulesOf(of)
	for _, value := range m.given(field, of, r) {
		if fits(field, r, value) {
			return value
		}
	}
	switch field.Kind() {
	case protoreflect.BoolKind:
		return protoreflect.ValueOfBool(r.allows(protoreflect.ValueOfBool(true)))
	case protoreflect.EnumKind:
		return m.enum(field.Enum(), r)
	case protoreflect.StringKind:
		return protoreflect.ValueOfString(m.text(field, r))
	case protoreflect.BytesKind:
		return protoreflect.ValueOfBytes(m.bytes(r))
	default:
		return m.number(field, r)
	}
}

// given returns the values that somebody has chosen for the field, the best first.
func (m *maker) given(field protoreflect.FieldDescriptor, of *validate.FieldRules, r rules) []protoreflect.Value {
	var values []protoreflect.Value
	if constant, ok := r.one("const"); ok {
		values = append(values, constant)
	}
	if echo, ok := m.echo(field, of, r); ok {
		values = append(values, echo)
	}
	values = append(values, m.shuffled(r.all("in"))...)
	values = append(values, m.shuffled(r.all("example"))...)
	if field.Kind() == protoreflect.EnumKind {
		for i, value := range values {
			if number, ok := value.Interface().(int32); ok {
				values[i] = protoreflect.ValueOfEnum(protoreflect.EnumNumber(number))
			}
		}
	}
	return values
}

func (m *maker) shuffled(values []protoreflect.Value) []protoreflect.Value {
	m.random.Shuffle(len(values), func(i, j int) { values[i], values[j] = values[j], values[i] })
	return values
}

// echo returns what the request holds in the field of the same name and type. Where the value must have a format that is not checked
// here, the request's field must demand the same.
func (m *maker) echo(field protoreflect.FieldDescriptor, of *validate.FieldRules, r rules) (protoreflect.Value, bool) {
	asked := m.request.Descriptor().Fields().ByName(field.Name())
	if asked == nil || asked.Kind() != field.Kind() || asked.IsList() || asked.IsMap() || !m.request.Has(asked) ||
		field.Enum() != nil && field.Enum().FullName() != asked.Enum().FullName() {
		return protoreflect.Value{}, false
	}
	if r.format() != "" {
		other, err := protovalidate.ResolveFieldRules(asked)
		if err != nil || !proto.Equal(other, of) {
			return protoreflect.Value{}, false
		}
	}
	return m.request.Get(asked), true
}

// fits reports whether the rules of a field accept a value.
func fits(field protoreflect.FieldDescriptor, r rules, value protoreflect.Value) bool {
	if !r.allows(value) {
		return false
	}
	switch v := value.Interface().(type) {
	case string:
		return fitsText(r, v)
	case []byte:
		return fitsText(r, string(v))
	case bool:
		return true
	case protoreflect.EnumNumber:
		return field.Enum().Values().ByNumber(v) != nil
	default:
		return fitsRange(r, value)
	}
}

// enum returns the first value that is not zero and allowed.
func (m *maker) enum(descriptor protoreflect.EnumDescriptor, r rules) protoreflect.Value {
	values := descriptor.Values()
	for i := range values.Len() {
		value := protoreflect.ValueOfEnum(values.Get(i).Number())
		if values.Get(i).Number() != 0 && r.allows(value) {
			return value
		}
	}
	return protoreflect.ValueOfEnum(values.Get(0).Number())
}

// bytes makes some bytes of the length that is wanted.
func (m *maker) bytes(r rules) []byte {
	switch r.format() {
	case "ip", "ipv4":
		return []byte{192, 0, 2, byte(1 + m.random.IntN(200))} //nolint:gosec // 1 to 200
	case "ipv6":
		return append([]byte{0x20, 0x01, 0x0d, 0xb8}, make([]byte, 12)...)
	case "uuid":
		return []byte(m.letters(16))
	}
	for attempt := range attempts {
		if made := m.fill(r, m.letters(8), attempt); fitsText(r, made) {
			return []byte(made)
		}
	}
	return []byte(m.fill(r, m.letters(8), 0))
}

// number makes a number within the bounds of the rules.
func (m *maker) number(field protoreflect.FieldDescriptor, r rules) protoreflect.Value {
	low, hasLow := bound(r, "gte", "gt")
	high, hasHigh := bound(r, "lte", "lt")
	candidates := []protoreflect.Value{numeric(field.Kind(), float64(1+m.random.IntN(100)))}
	if hasLow {
		candidates = append(candidates, shift(low, 0), shift(low, 1+m.random.IntN(10)), shift(low, 1))
	}
	if hasHigh {
		candidates = append(candidates, shift(high, 0), shift(high, -1))
	}
	if hasLow && hasHigh {
		candidates = append(candidates, middle(low, high))
	}
	for i := range attempts {
		candidates = append(candidates, numeric(field.Kind(), float64(i)))
	}
	if hasLow {
		for i := range attempts {
			candidates = append(candidates, shift(low, i))
		}
	}
	for _, candidate := range candidates {
		if r.allows(candidate) && fitsRange(r, candidate) {
			return candidate
		}
	}
	return candidates[0]
}

// bound returns the bound that one of the rules sets.
func bound(r rules, inclusive, exclusive protoreflect.Name) (protoreflect.Value, bool) {
	if value, ok := r.one(inclusive); ok {
		return value, true
	}
	return r.one(exclusive)
}

// fitsRange checks lt, lte, gt and gte. Where the lower bound is above the upper one, what lies between them is refused.
func fitsRange(r rules, value protoreflect.Value) bool {
	below, hasHigh := true, false
	if high, ok := r.one("lt"); ok {
		below, hasHigh = compare(value, high) < 0, true
	} else if high, ok := r.one("lte"); ok {
		below, hasHigh = compare(value, high) <= 0, true
	}
	above, hasLow := true, false
	if low, ok := r.one("gt"); ok {
		above, hasLow = compare(value, low) > 0, true
	} else if low, ok := r.one("gte"); ok {
		above, hasLow = compare(value, low) >= 0, true
	}
	if hasHigh && hasLow {
		low, _ := bound(r, "gte", "gt")
		high, _ := bound(r, "lte", "lt")
		if compare(low, high) > 0 {
			return below || above
		}
	}
	return below && above
}

func compare(a, b protoreflect.Value) int {
	switch x := a.Interface().(type) {
	case int32, int64:
		return cmp.Compare(a.Int(), b.Int())
	case uint32, uint64:
		return cmp.Compare(a.Uint(), b.Uint())
	case float32, float64:
		return cmp.Compare(a.Float(), b.Float())
	case string:
		return strings.Compare(x, b.String())
	default:
		return 0
	}
}

// numeric returns a small number as a value of the kind.
func numeric(kind protoreflect.Kind, number float64) protoreflect.Value {
	switch kind {
	case protoreflect.Int32Kind, protoreflect.Sint32Kind, protoreflect.Sfixed32Kind:
		return protoreflect.ValueOfInt32(int32(number))
	case protoreflect.Uint32Kind, protoreflect.Fixed32Kind:
		return protoreflect.ValueOfUint32(uint32(number))
	case protoreflect.Uint64Kind, protoreflect.Fixed64Kind:
		return protoreflect.ValueOfUint64(uint64(number))
	case protoreflect.FloatKind:
		return protoreflect.ValueOfFloat32(float32(number))
	case protoreflect.DoubleKind:
		return protoreflect.ValueOfFloat64(number)
	default:
		return protoreflect.ValueOfInt64(int64(number))
	}
}

// shift returns a number some steps away. One that overflows is caught by the bounds.
func shift(value protoreflect.Value, by int) protoreflect.Value {
	switch v := value.Interface().(type) {
	case int32:
		return protoreflect.ValueOfInt32(v + int32(by)) //nolint:gosec // a few steps
	case int64:
		return protoreflect.ValueOfInt64(v + int64(by))
	case uint32:
		return protoreflect.ValueOfUint32(v + uint32(by)) //nolint:gosec // a few steps
	case uint64:
		return protoreflect.ValueOfUint64(v + uint64(by)) //nolint:gosec // a few steps
	case float32:
		return protoreflect.ValueOfFloat32(v + float32(by))
	case float64:
		return protoreflect.ValueOfFloat64(v + float64(by))
	default:
		return value
	}
}

// middle returns the number between two.
func middle(low, high protoreflect.Value) protoreflect.Value {
	switch v := low.Interface().(type) {
	case float32:
		return protoreflect.ValueOfFloat32(v/2 + float32(high.Float())/2)
	case float64:
		return protoreflect.ValueOfFloat64(v/2 + high.Float()/2)
	case int32:
		return protoreflect.ValueOfInt32(int32((low.Int() + high.Int()) / 2)) //nolint:gosec // between two of them
	case int64:
		return protoreflect.ValueOfInt64(low.Int()/2 + high.Int()/2)
	case uint32:
		return protoreflect.ValueOfUint32(uint32((low.Uint() + high.Uint()) / 2)) //nolint:gosec // between two of them
	case uint64:
		return protoreflect.ValueOfUint64(low.Uint()/2 + high.Uint()/2)
	default:
		return protoreflect.ValueOfFloat64(math.NaN())
	}
}
