package codec

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"
	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/timestamppb"
	"pgregory.net/rapid"
)

// A generator makes messages at random, by what their descriptors and rules say alone, as a caller would.
type generator struct {
	random *rand.Rand
	// richness is the share of optional fields that are filled: 0 makes the smallest message, 1 a full one.
	richness float64
	patterns map[string]*rapid.Generator[string]
	ids      int
	// substituted is true for a message that stands in for another one.
	substituted bool
}

func newGenerator(seed uint64, richness float64) *generator {
	return &generator{random: rand.New(rand.NewPCG(seed, 7)), richness: richness, patterns: make(map[string]*rapid.Generator[string])}
}

const generatedDepth = 6

func (g *generator) message(descriptor protoreflect.MessageDescriptor, depth int) *dynamicpb.Message {
	out := dynamicpb.NewMessage(descriptor)
	chosen := make(map[protoreflect.FullName]protoreflect.Name)
	for i := range descriptor.Oneofs().Len() {
		oneof := descriptor.Oneofs().Get(i)
		rules, _ := proto.GetExtension(oneof.Options(), validate.E_Oneof).(*validate.OneofRules)
		again := oneof.Name() == "derived" && g.substituted // the type that is meant stands for both in the XML
		if !oneof.IsSynthetic() && (rules.GetRequired() || !again && g.wants(depth)) {
			chosen[oneof.FullName()] = oneof.Fields().Get(g.random.IntN(oneof.Fields().Len())).Name()
		}
	}
	g.substituted = false
	derived := false
	for i := range descriptor.Fields().Len() {
		field := descriptor.Fields().Get(i)
		if oneof := field.ContainingOneof(); oneof != nil && !oneof.IsSynthetic() && oneof.Name() == "derived" && chosen[oneof.FullName()] == field.Name() {
			derived = true // what else there is would not be sent
		}
	}
	for i := range descriptor.Fields().Len() {
		field := descriptor.Fields().Get(i)
		oneof := field.ContainingOneof()
		chooses := oneof != nil && !oneof.IsSynthetic()
		switch {
		case field.Name() == "nil_fields", field.Name() == "dimensions", derived && !(chooses && oneof.Name() == "derived"):
		case chooses:
			if chosen[oneof.FullName()] == field.Name() {
				g.substituted = oneof.Name() == "derived"
				g.field(out, field, depth)
			}
		default:
			if rulesOf(field).GetRequired() || field.IsList() && rulesOf(field).GetRepeated().GetMinItems() > 0 || g.wants(depth) {
				g.field(out, field, depth)
			}
		}
	}
	return out
}

func (g *generator) wants(depth int) bool {
	return depth < generatedDepth && g.random.Float64() < g.richness
}

func rulesOf(field protoreflect.FieldDescriptor) *validate.FieldRules {
	rules, _ := proto.GetExtension(field.Options(), validate.E_Field).(*validate.FieldRules)
	return rules
}

func (g *generator) field(out *dynamicpb.Message, field protoreflect.FieldDescriptor, depth int) {
	rules := rulesOf(field)
	if !field.IsList() {
		out.Set(field, g.value(field, rules, depth))
		return
	}
	low := int(rules.GetRepeated().GetMinItems())
	high := low + 2
	if limit := rules.GetRepeated().GetMaxItems(); limit > 0 {
		high = min(high, int(limit))
	}
	list := out.Mutable(field).List()
	for range max(low+g.random.IntN(high-low+1), 1) {
		list.Append(g.value(field, rules.GetRepeated().GetItems(), depth))
	}
}

func (g *generator) value(field protoreflect.FieldDescriptor, rules *validate.FieldRules, depth int) protoreflect.Value {
	switch field.Kind() {
	case protoreflect.BoolKind:
		if r := rules.GetBool(); r != nil && r.Const != nil {
			return protoreflect.ValueOfBool(r.GetConst())
		}
		return protoreflect.ValueOfBool(g.random.IntN(2) == 0)
	case protoreflect.Int32Kind:
		r := rules.GetInt32()
		if r == nil {
			r = &validate.Int32Rules{}
		}
		if in := r.GetIn(); len(in) > 0 {
			return protoreflect.ValueOfInt32(in[g.random.IntN(len(in))])
		}
		return protoreflect.ValueOfInt32(int32(g.within(r.GetGte(), r.GreaterThan != nil, r.GetLte(), r.LessThan != nil)))
	case protoreflect.Int64Kind:
		r := rules.GetInt64()
		if r == nil {
			r = &validate.Int64Rules{}
		}
		if in := r.GetIn(); len(in) > 0 {
			return protoreflect.ValueOfInt64(in[g.random.IntN(len(in))])
		}
		return protoreflect.ValueOfInt64(g.within64(r.GetGte(), r.GreaterThan != nil, r.GetLte(), r.LessThan != nil))
	case protoreflect.Uint32Kind:
		r := rules.GetUint32()
		if r == nil {
			r = &validate.UInt32Rules{}
		}
		if in := r.GetIn(); len(in) > 0 {
			return protoreflect.ValueOfUint32(in[g.random.IntN(len(in))])
		}
		return protoreflect.ValueOfUint32(uint32(g.within64(int64(r.GetGte()), true, int64(r.GetLte()), r.LessThan != nil)))
	case protoreflect.Uint64Kind:
		return protoreflect.ValueOfUint64(g.random.Uint64())
	case protoreflect.FloatKind:
		return protoreflect.ValueOfFloat32(float32(g.floating(float64(rules.GetFloat().GetGte()), float64(rules.GetFloat().GetLte()))))
	case protoreflect.DoubleKind:
		return protoreflect.ValueOfFloat64(g.floating(rules.GetDouble().GetGte(), rules.GetDouble().GetLte()))
	case protoreflect.BytesKind:
		r := rules.GetBytes()
		return protoreflect.ValueOfBytes([]byte(strings.Repeat("x", int(max(r.GetMinLen(), min(r.GetMaxLen(), 3))))))
	case protoreflect.MessageKind:
		return g.nested(field.Message(), depth)
	default:
		return protoreflect.ValueOfString(g.text(rules.GetString()))
	}
}

func (g *generator) nested(descriptor protoreflect.MessageDescriptor, depth int) protoreflect.Value {
	switch descriptor.FullName() {
	case "google.protobuf.Timestamp":
		return restated(timestamppb.New(time.Unix(g.random.Int64N(2e9), 0)), descriptor)
	case "google.protobuf.Value":
		return restated(g.free(), descriptor)
	case "google.protobuf.Struct":
		return restated(&structpb.Struct{Fields: map[string]*structpb.Value{"{urn:foreign}thing": structpb.NewStringValue("x")}}, descriptor)
	}
	return protoreflect.ValueOfMessage(g.message(descriptor, depth+1))
}

// free is text, or an object whose children have names that no schema knows, or text between them.
func (g *generator) free() *structpb.Value {
	text := structpb.NewStringValue("free")
	child := &structpb.Struct{Fields: map[string]*structpb.Value{"{urn:foreign}b": text}}
	switch g.random.IntN(3) {
	case 0:
		child.Fields["@{urn:foreign}k"] = text
		child.Fields["{urn:foreign}c"] = structpb.NewListValue(&structpb.ListValue{Values: []*structpb.Value{text, text}})
		return structpb.NewStructValue(child)
	case 1:
		content := &structpb.ListValue{Values: []*structpb.Value{structpb.NewStructValue(child), text, structpb.NewStructValue(child)}}
		return structpb.NewStructValue(&structpb.Struct{Fields: map[string]*structpb.Value{contentKey: structpb.NewListValue(content)}})
	}
	return text
}

func restated(message proto.Message, descriptor protoreflect.MessageDescriptor) protoreflect.Value {
	out := dynamicpb.NewMessage(descriptor)
	data, err := proto.Marshal(message)
	if err == nil {
		err = proto.Unmarshal(data, out)
	}
	if err != nil {
		panic(err) // a test's own message
	}
	return protoreflect.ValueOfMessage(out)
}

func (g *generator) within(low int32, hasLow bool, high int32, hasHigh bool) int64 {
	return g.within64(int64(low), hasLow, int64(high), hasHigh)
}

func (g *generator) within64(low int64, hasLow bool, high int64, hasHigh bool) int64 {
	switch {
	case !hasLow && !hasHigh:
		return g.random.Int64N(2000) - 1000
	case !hasLow:
		low = high - 100
	case !hasHigh:
		high = low + 100
	}
	if span := high - low + 1; span > 0 {
		return low + g.random.Int64N(span)
	}
	return low
}

func (g *generator) floating(low, high float64) float64 {
	if low == 0 && high == 0 {
		high = 100
	}
	if high < low {
		high = low + 1
	}
	return low + (high-low)*g.random.Float64()
}

// text is one of the allowed values, or fits the pattern, or is the example, or has a fitting length.
func (g *generator) text(rules *validate.StringRules) string {
	if rules == nil {
		rules = &validate.StringRules{}
	}
	if in := rules.GetIn(); len(in) > 0 {
		return in[g.random.IntN(len(in))]
	}
	if rules.GetPattern() == ncName {
		g.ids++
		return fmt.Sprintf("id%d", g.ids) // an ID stands once in a document
	}
	if examples := rules.GetExample(); len(examples) > 0 {
		return examples[0]
	}
	if pattern := rules.GetPattern(); pattern != "" {
		known := g.patterns[pattern]
		if known == nil {
			known = rapid.StringMatching(pattern)
			g.patterns[pattern] = known
		}
		for range 50 {
			text := known.Example(g.random.Int())
			if n := uint64(len([]rune(text))); n >= rules.GetMinLen() && (rules.MaxLen == nil || n <= rules.GetMaxLen()) {
				return text
			}
		}
		panic(fmt.Sprintf("no text fits %v", rules))
	}
	length := max(rules.GetMinLen(), 3)
	if rules.MaxLen != nil {
		length = min(length, rules.GetMaxLen())
	}
	return strings.Repeat("a", int(length))
}
