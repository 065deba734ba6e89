package wirejson_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"
	"google.golang.org/protobuf/types/known/anypb"
	_ "google.golang.org/protobuf/types/known/emptypb" // this and the next are of wellKnownFiles
	_ "google.golang.org/protobuf/types/known/wrapperspb"
)

// wellKnown are the types of google.protobuf that fields may have.
var wellKnown = []string{"Any", "Timestamp", "Duration", "Struct", "Value", "ListValue", "Empty", "FieldMask",
	"DoubleValue", "FloatValue", "Int64Value", "UInt64Value", "Int32Value", "UInt32Value", "BoolValue", "StringValue", "BytesValue"}

var wellKnownFiles = []string{"any", "timestamp", "duration", "struct", "empty", "field_mask", "wrappers"}

// A world makes types and messages at random.
type world struct {
	*rand.Rand
	messages protoreflect.MessageDescriptors
}

// newWorld makes three message types that may hold one another.
func newWorld(t testing.TB, seed uint64) *world {
	t.Helper()
	w := &world{Rand: rand.New(rand.NewPCG(seed, 1))}
	file := &descriptorpb.FileDescriptorProto{
		Name: proto.String("random.proto"), Package: proto.String("random"), Syntax: proto.String("proto3"),
		EnumType: []*descriptorpb.EnumDescriptorProto{{
			Name: proto.String("Colour"), Options: &descriptorpb.EnumOptions{AllowAlias: proto.Bool(true)},
			Value: []*descriptorpb.EnumValueDescriptorProto{
				{Name: proto.String("COLOUR_NONE"), Number: proto.Int32(0)}, {Name: proto.String("COLOUR_RED"), Number: proto.Int32(1)},
				{Name: proto.String("COLOUR_CRIMSON"), Number: proto.Int32(1)}, {Name: proto.String("COLOUR_LOW"), Number: proto.Int32(-7)},
			},
		}},
	}
	for _, name := range wellKnownFiles {
		file.Dependency = append(file.Dependency, "google/protobuf/"+name+".proto")
	}
	for i := range 3 {
		file.MessageType = append(file.MessageType, w.messageType(fmt.Sprintf("M%d", i)))
	}
	w.messages = compiled(t, file)
	return w
}

// compiled returns the messages of a file.
func compiled(t testing.TB, file *descriptorpb.FileDescriptorProto) protoreflect.MessageDescriptors {
	t.Helper()
	made, err := protodesc.NewFile(file, protoregistry.GlobalFiles)
	if err != nil {
		t.Fatal(err)
	}
	return made.Messages()
}

func (w *world) messageType(name string) *descriptorpb.DescriptorProto {
	message := &descriptorpb.DescriptorProto{Name: proto.String(name)}
	if w.IntN(2) == 0 {
		message.OneofDecl = append(message.OneofDecl, &descriptorpb.OneofDescriptorProto{Name: proto.String("choice")})
	}
	numbers := w.Perm(20)
	for i := range 1 + w.IntN(12) {
		field := w.fieldType(fmt.Sprintf("a_field%d", i))
		field.Number = proto.Int32(int32(numbers[i] + 1))
		if w.IntN(10) == 0 {
			field.Number = proto.Int32(int32(1000*numbers[i] + 1020))
		}
		switch w.IntN(5) {
		case 0:
			field.Label = descriptorpb.FieldDescriptorProto_LABEL_REPEATED.Enum()
			if field.TypeName == nil && w.IntN(2) == 0 && field.GetType() != descriptorpb.FieldDescriptorProto_TYPE_STRING && field.GetType() != descriptorpb.FieldDescriptorProto_TYPE_BYTES {
				field.Options = &descriptorpb.FieldOptions{Packed: proto.Bool(false)}
			}
		case 1:
			message.NestedType = append(message.NestedType, w.entryType(field, name))
		case 2:
			if len(message.GetOneofDecl()) > 0 {
				field.OneofIndex = proto.Int32(0)
			}
		case 3:
			field.Proto3Optional = proto.Bool(true)
		}
		message.Field = append(message.Field, field)
	}
	w.closeOneofs(message)
	return message
}

// closeOneofs gives each optional field the oneof that the compiler would, and takes away the real one if it has no field.
func (w *world) closeOneofs(message *descriptorpb.DescriptorProto) {
	chosen := func(field *descriptorpb.FieldDescriptorProto) int {
		if field.OneofIndex != nil {
			return 1
		}
		return 0
	}
	slices.SortStableFunc(message.GetField(), func(a, b *descriptorpb.FieldDescriptorProto) int { return chosen(a) - chosen(b) }) // the compiler wants them together
	used := false
	for _, field := range message.GetField() {
		used = used || field.OneofIndex != nil
	}
	if !used {
		message.OneofDecl = nil
	}
	for _, field := range message.GetField() {
		if field.GetProto3Optional() {
			field.OneofIndex = proto.Int32(int32(len(message.GetOneofDecl())))
			message.OneofDecl = append(message.OneofDecl, &descriptorpb.OneofDescriptorProto{Name: proto.String("_" + field.GetName())})
		}
	}
}

// entryType makes the field a map, and returns the type of its entries.
func (w *world) entryType(field *descriptorpb.FieldDescriptorProto, parent string) *descriptorpb.DescriptorProto {
	keys := []descriptorpb.FieldDescriptorProto_Type{
		descriptorpb.FieldDescriptorProto_TYPE_STRING, descriptorpb.FieldDescriptorProto_TYPE_BOOL, descriptorpb.FieldDescriptorProto_TYPE_INT32,
		descriptorpb.FieldDescriptorProto_TYPE_SINT64, descriptorpb.FieldDescriptorProto_TYPE_UINT32, descriptorpb.FieldDescriptorProto_TYPE_FIXED64,
		descriptorpb.FieldDescriptorProto_TYPE_SFIXED32, descriptorpb.FieldDescriptorProto_TYPE_SINT32,
	}
	value := proto.CloneOf(field)
	value.Name, value.Number, value.JsonName, value.Label = proto.String("value"), proto.Int32(2), nil, descriptorpb.FieldDescriptorProto_LABEL_OPTIONAL.Enum()
	name := "AField" + field.GetName()[len("a_field"):] + "Entry"
	field.Type, field.TypeName = descriptorpb.FieldDescriptorProto_TYPE_MESSAGE.Enum(), proto.String(".random."+parent+"."+name)
	field.Label = descriptorpb.FieldDescriptorProto_LABEL_REPEATED.Enum()
	return &descriptorpb.DescriptorProto{
		Name: proto.String(name), Options: &descriptorpb.MessageOptions{MapEntry: proto.Bool(true)},
		Field: []*descriptorpb.FieldDescriptorProto{{
			Name: proto.String("key"), Number: proto.Int32(1), Type: keys[w.IntN(len(keys))].Enum(), Label: descriptorpb.FieldDescriptorProto_LABEL_OPTIONAL.Enum(),
		}, value},
	}
}

func (w *world) fieldType(name string) *descriptorpb.FieldDescriptorProto {
	field := &descriptorpb.FieldDescriptorProto{Name: proto.String(name), Label: descriptorpb.FieldDescriptorProto_LABEL_OPTIONAL.Enum()}
	kind := descriptorpb.FieldDescriptorProto_Type(1 + w.IntN(18))
	switch kind {
	case descriptorpb.FieldDescriptorProto_TYPE_GROUP, descriptorpb.FieldDescriptorProto_TYPE_MESSAGE:
		kind = descriptorpb.FieldDescriptorProto_TYPE_MESSAGE
		field.TypeName = proto.String(fmt.Sprintf(".random.M%d", w.IntN(3)))
		if w.IntN(2) == 0 {
			field.TypeName = proto.String(".google.protobuf." + wellKnown[w.IntN(len(wellKnown))])
		}
	case descriptorpb.FieldDescriptorProto_TYPE_ENUM:
		field.TypeName = proto.String(".random.Colour")
		if w.IntN(4) == 0 {
			field.TypeName = proto.String(".google.protobuf.NullValue")
		}
	}
	field.Type = kind.Enum()
	return field
}

// message makes a message that JSON can spell, most of the time.
func (w *world) message(descriptor protoreflect.MessageDescriptor, depth int) protoreflect.Message {
	message := dynamicpb.NewMessage(descriptor)
	fields := descriptor.Fields()
	switch descriptor.FullName() {
	case "google.protobuf.Timestamp", "google.protobuf.Duration":
		message.Set(fields.ByNumber(1), protoreflect.ValueOfInt64(w.Int64N(1<<37)))
		message.Set(fields.ByNumber(2), protoreflect.ValueOfInt32([]int32{0, 5, 1000, 120_000_000, 999_999_999, 3_000}[w.IntN(6)]))
		return message
	case "google.protobuf.FieldMask":
		message.Mutable(fields.ByNumber(1)).List().Append(protoreflect.ValueOfString("a_b.c"))
		return message
	case "google.protobuf.Any":
		return w.any(depth).ProtoReflect()
	case "google.protobuf.Value":
		field := fields.Get(w.IntN(fields.Len()))
		if depth <= 0 {
			field = fields.ByNumber(4)
		}
		if field.Message() != nil {
			message.Set(field, protoreflect.ValueOfMessage(w.message(field.Message(), depth-1)))
		} else {
			message.Set(field, w.scalar(field))
		}
		return message
	}
	for i := range fields.Len() {
		if field := fields.Get(i); w.IntN(3) > 0 {
			w.set(message, field, depth)
		}
	}
	return message
}

func (w *world) any(depth int) proto.Message {
	if w.IntN(4) == 0 || depth <= 0 {
		return &anypb.Any{}
	}
	name := protoreflect.FullName("google.protobuf." + wellKnown[w.IntN(len(wellKnown))])
	descriptor, err := protoregistry.GlobalFiles.FindDescriptorByName(name)
	if err != nil {
		panic(err)
	}
	held := w.message(descriptor.(protoreflect.MessageDescriptor), depth-1)
	packed, err := anypb.New(held.Interface())
	if err != nil {
		panic(err)
	}
	return packed
}

func (w *world) set(message *dynamicpb.Message, field protoreflect.FieldDescriptor, depth int) {
	value := func(of protoreflect.FieldDescriptor) protoreflect.Value {
		if of.Message() != nil {
			return protoreflect.ValueOfMessage(w.message(of.Message(), depth-1))
		}
		return w.scalar(of)
	}
	if depth <= 0 && (field.Message() != nil) {
		return
	}
	switch {
	case field.IsMap():
		for range w.IntN(5) {
			message.Mutable(field).Map().Set(w.scalar(field.MapKey()).MapKey(), value(field.MapValue()))
		}
	case field.IsList():
		for range w.IntN(5) {
			message.Mutable(field).List().Append(value(field))
		}
	default:
		message.Set(field, value(field))
	}
}

func (w *world) scalar(field protoreflect.FieldDescriptor) protoreflect.Value {
	bits := w.Uint64() >> w.IntN(64)
	if w.IntN(2) == 0 {
		bits = -bits
	}
	if w.IntN(5) == 0 {
		bits = 0
	}
	switch field.Kind() {
	case protoreflect.BoolKind:
		return protoreflect.ValueOfBool(bits&1 == 1)
	case protoreflect.EnumKind:
		return protoreflect.ValueOfEnum([]protoreflect.EnumNumber{0, 1, -7, 5}[bits%4])
	case protoreflect.Int32Kind, protoreflect.Sint32Kind, protoreflect.Sfixed32Kind:
		return protoreflect.ValueOfInt32(int32(bits))
	case protoreflect.Uint32Kind, protoreflect.Fixed32Kind:
		return protoreflect.ValueOfUint32(uint32(bits))
	case protoreflect.Int64Kind, protoreflect.Sint64Kind, protoreflect.Sfixed64Kind:
		return protoreflect.ValueOfInt64(int64(bits))
	case protoreflect.Uint64Kind, protoreflect.Fixed64Kind:
		return protoreflect.ValueOfUint64(bits)
	case protoreflect.FloatKind:
		return protoreflect.ValueOfFloat32([]float32{math.Float32frombits(uint32(bits)), 1.5, 1e21, 1e-7, float32(math.Inf(1)), float32(math.NaN()), float32(math.Copysign(0, -1))}[w.IntN(7)])
	case protoreflect.DoubleKind:
		return protoreflect.ValueOfFloat64([]float64{math.Float64frombits(bits), 0.1, 1e21, 1e-7, math.Inf(-1), math.NaN(), -12.25, math.Copysign(0, -1)}[w.IntN(8)])
	case protoreflect.BytesKind:
		return protoreflect.ValueOfBytes([]byte(w.string()))
	default:
		return protoreflect.ValueOfString(w.string())
	}
}

func (w *world) string() string {
	const alphabet = "ab \"\\/<>&\x00\x1f\x7f\n\t\r\b\f\u00e9\u2028\uFFFD\U0001F600"
	runes := []rune(alphabet)
	made := make([]rune, w.IntN(8))
	for i := range made {
		made[i] = runes[w.IntN(len(runes))]
	}
	return string(made)
}
