package wirejson

import (
	"encoding/json"
	"sync/atomic"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// maxDense is up to which number fields are found by indexing.
const maxDense = 1 << 10

// A table is what is known of a message type.
type table struct {
	descriptor protoreflect.MessageDescriptor
	fields     []field // in order of declaration
	// dense and sparse give the position of a field, and one more, by its number. dense holds the small numbers.
	dense  []uint16
	sparse map[protowire.Number]int
	// choices holds the positions of the fields of each oneof.
	choices [][]int
	// special writes the message if its JSON is not an object of its fields.
	special func(e *encoder, t *table, data []byte) error
	// foreign is true if the message is left to protojson.
	foreign bool
}

// A field is what is known of a field.
type field struct {
	descriptor protoreflect.FieldDescriptor
	number     protowire.Number
	kind       protoreflect.Kind
	wire       protowire.Type // of one value
	shape      shape
	packable   bool   // whether several values may come in one piece
	choice     int    // number of the oneof that it belongs to, and one more
	name       []byte // "name":
	// empty is what is written where the field is not there: 0, "", []. Nil if it is left out then.
	empty []byte
	// zero is a value that was not sent, within a map: 0, "".
	zero []byte
	// enum holds the names of the values. It is nil for google.protobuf.NullValue.
	enum map[protoreflect.EnumNumber][]byte
	// key and value are those of a map.
	key, value *field
	// nested is the type of a message, once it has been met.
	nested atomic.Pointer[table]
}

// A shape is how many values a field has.
type shape uint8

const (
	single shape = iota
	list
	mapping
)

func newTable(descriptor protoreflect.MessageDescriptor) *table {
	descriptors := descriptor.Fields()
	t := &table{
		descriptor: descriptor,
		fields:     make([]field, descriptors.Len()),
		choices:    make([][]int, descriptor.Oneofs().Len()),
		special:    special(descriptor.FullName()),
		foreign:    isForeign(descriptor),
	}
	for i := range t.fields {
		f := &t.fields[i]
		f.describe(descriptors.Get(i))
		if f.choice > 0 {
			t.choices[f.choice-1] = append(t.choices[f.choice-1], i)
		}
		t.index(f.number, i)
	}
	return t
}

func (t *table) index(number protowire.Number, position int) {
	if number >= maxDense {
		if t.sparse == nil {
			t.sparse = make(map[protowire.Number]int)
		}
		t.sparse[number] = position + 1
		return
	}
	for int(number) >= len(t.dense) {
		t.dense = append(t.dense, 0)
	}
	t.dense[number] = uint16(position + 1) //nolint:gosec // there are no more fields than numbers below maxDense
}

// position returns where a field stands in the table, or -1 for a number that the type does not know.
func (t *table) position(number protowire.Number) int {
	if int(number) < len(t.dense) {
		return int(t.dense[number]) - 1
	}
	return t.sparse[number] - 1
}

func (f *field) describe(descriptor protoreflect.FieldDescriptor) {
	f.descriptor = descriptor
	f.number, f.kind = descriptor.Number(), descriptor.Kind()
	f.wire = wireTypes[f.kind]
	f.name = append(quoted(descriptor.JSONName()), ':')
	if f.kind == protoreflect.EnumKind {
		f.enum = enumTexts(descriptor.Enum())
	}
	f.zero = f.zeroText()
	if choice := descriptor.ContainingOneof(); choice != nil {
		f.choice = choice.Index() + 1
	}
	switch {
	case descriptor.IsMap():
		f.shape, f.empty = mapping, []byte("{}")
		f.key, f.value = new(field), new(field)
		f.key.describe(descriptor.MapKey())
		f.value.describe(descriptor.MapValue())
	case descriptor.IsList():
		f.shape, f.empty = list, []byte("[]")
		f.packable = f.wire != protowire.BytesType
	case !descriptor.HasPresence():
		f.empty = f.zero
	}
}

// zeroText is the JSON of a scalar's default in proto3. A message has none.
func (f *field) zeroText() []byte {
	switch f.kind {
	case protoreflect.MessageKind, protoreflect.GroupKind:
		return nil
	case protoreflect.BoolKind:
		return []byte("false")
	case protoreflect.StringKind, protoreflect.BytesKind:
		return []byte(`""`)
	case protoreflect.Int64Kind, protoreflect.Sint64Kind, protoreflect.Sfixed64Kind, protoreflect.Uint64Kind, protoreflect.Fixed64Kind:
		return []byte(`"0"`)
	case protoreflect.EnumKind:
		if f.enum == nil {
			return []byte("null")
		}
		return f.enum[0]
	default:
		return []byte("0")
	}
}

func enumTexts(enum protoreflect.EnumDescriptor) map[protoreflect.EnumNumber][]byte {
	if enum.FullName() == "google.protobuf.NullValue" {
		return nil
	}
	texts := make(map[protoreflect.EnumNumber][]byte, enum.Values().Len())
	for i := range enum.Values().Len() {
		value := enum.Values().Get(i)
		texts[value.Number()] = quoted(string(enum.Values().ByNumber(value.Number()).Name())) // of several names for one number, the first
	}
	return texts
}

// quoted spells a name of the schema, which has no characters that JSON escapes.
func quoted(name string) []byte {
	text, _ := json.Marshal(name) // a string never fails
	return text
}

// isForeign reports whether a message has what the tables do not describe.
func isForeign(descriptor protoreflect.MessageDescriptor) bool {
	if descriptor.ExtensionRanges().Len() > 0 || descriptor.RequiredNumbers().Len() > 0 || descriptor.FullName() == "google.protobuf.FieldMask" {
		return true
	}
	for i := range descriptor.Fields().Len() {
		field := descriptor.Fields().Get(i)
		value := field
		if field.IsMap() {
			value = field.MapValue()
		}
		if value.Kind() == protoreflect.GroupKind || value.Enum() != nil && value.Enum().IsClosed() || field.HasDefault() {
			return true
		}
	}
	return false
}

var wireTypes = map[protoreflect.Kind]protowire.Type{
	protoreflect.BoolKind: protowire.VarintType, protoreflect.EnumKind: protowire.VarintType,
	protoreflect.Int32Kind: protowire.VarintType, protoreflect.Sint32Kind: protowire.VarintType, protoreflect.Uint32Kind: protowire.VarintType,
	protoreflect.Int64Kind: protowire.VarintType, protoreflect.Sint64Kind: protowire.VarintType, protoreflect.Uint64Kind: protowire.VarintType,
	protoreflect.Sfixed32Kind: protowire.Fixed32Type, protoreflect.Fixed32Kind: protowire.Fixed32Type, protoreflect.FloatKind: protowire.Fixed32Type,
	protoreflect.Sfixed64Kind: protowire.Fixed64Type, protoreflect.Fixed64Kind: protowire.Fixed64Type, protoreflect.DoubleKind: protowire.Fixed64Type,
	protoreflect.StringKind: protowire.BytesType, protoreflect.BytesKind: protowire.BytesType, protoreflect.MessageKind: protowire.BytesType,
	protoreflect.GroupKind: protowire.StartGroupType,
}
