package sample

import (
	"hash/fnv"
	"math/rand/v2"

	"buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate"
	"buf.build/go/protovalidate"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"
)

// Bounds on what is made.
const (
	maxDepth    = 8    // of messages within messages
	maxElements = 1000 // of a list or map
	maxText     = 4096 // characters of a string, bytes of bytes
	attempts    = 50   // at a value that fits its rules
)

// Reply makes a reply of the method to a request. reads says whether the method has no effects.
func Reply(method protoreflect.MethodDescriptor, request proto.Message, reads bool) proto.Message {
	hash := fnv.New64a()
	_, _ = hash.Write([]byte(method.FullName())) // never fails
	if wire, err := (proto.MarshalOptions{Deterministic: true}).Marshal(request); err == nil {
		_, _ = hash.Write(wire)
	}
	m := &maker{
		random:  rand.New(rand.NewPCG(hash.Sum64(), 1)), //nolint:gosec // the values must be repeatable, not secret
		request: request.ProtoReflect(),
		reads:   reads,
	}
	return m.message(method.Output(), nil).Interface()
}

// A maker makes one reply.
type maker struct {
	random  *rand.Rand
	request protoreflect.Message
	reads   bool
	within  []protoreflect.FullName // the messages that are being made, from the outside in
}

// message makes a message. rules are those of the field that it is for.
func (m *maker) message(descriptor protoreflect.MessageDescriptor, rules *validate.FieldRules) protoreflect.Message {
	if known := m.known(descriptor, rules); known != nil {
		return known
	}
	m.within = append(m.within, descriptor.FullName())
	defer func() { m.within = m.within[:len(m.within)-1] }()
	message := dynamicpb.NewMessage(descriptor)
	left := m.choices(descriptor)
	for i := range descriptor.Fields().Len() {
		field := descriptor.Fields().Get(i)
		if !left[field.Name()] {
			m.field(message, field)
		}
	}
	return message
}

// choices returns the fields that are left out, because another of their choice is set.
func (m *maker) choices(descriptor protoreflect.MessageDescriptor) map[protoreflect.Name]bool {
	left := make(map[protoreflect.Name]bool)
	for i := range descriptor.Oneofs().Len() {
		oneof := descriptor.Oneofs().Get(i)
		first := 0
		for first < oneof.Fields().Len()-1 && m.endless(oneof.Fields().Get(first)) {
			first++
		}
		for j := range oneof.Fields().Len() {
			left[oneof.Fields().Get(j).Name()] = j != first
		}
	}
	rules, err := protovalidate.ResolveMessageRules(descriptor)
	if err != nil {
		return left
	}
	for _, oneof := range rules.GetOneof() {
		for i, name := range oneof.GetFields() {
			if i > 0 {
				left[protoreflect.Name(name)] = true
			}
		}
	}
	return left
}

// endless reports whether a field leads back into a message that is being made, or too deep.
func (m *maker) endless(field protoreflect.FieldDescriptor) bool {
	message := field.Message()
	if field.IsMap() {
		message = field.MapValue().Message()
	}
	if message == nil {
		return false
	}
	if len(m.within) >= maxDepth {
		return true
	}
	for _, name := range m.within {
		if name == message.FullName() {
			return true
		}
	}
	return false
}

func (m *maker) field(message protoreflect.Message, field protoreflect.FieldDescriptor) {
	if field.Name() == "next_page_token" || m.endless(field) {
		return
	}
	rules, err := protovalidate.ResolveFieldRules(field)
	if err != nil { // rules that cannot be read cannot be kept
		rules = nil
	}
	switch {
	case field.IsMap():
		m.entries(message.Mutable(field).Map(), field, rules.GetMap())
	case field.IsList():
		m.elements(message.Mutable(field).List(), field, rules.GetRepeated())
	default:
		message.Set(field, m.value(field, rules))
	}
}

// value makes one value.
func (m *maker) value(field protoreflect.FieldDescriptor, rules *validate.FieldRules) protoreflect.Value {
	if field.Message() != nil {
		return protoreflect.ValueOfMessage(m.message(field.Message(), rules))
	}
	return m.scalar(field, rules)
}

// elements makes a list of one or two, or as many as its rules want.
func (m *maker) elements(list protoreflect.List, field protoreflect.FieldDescriptor, rules *validate.RepeatedRules) {
	count := m.count(rules.HasMinItems(), rules.GetMinItems(), rules.HasMaxItems(), rules.GetMaxItems())
	seen := make(map[string]bool)
	for attempt := 0; list.Len() < count && attempt < attempts*count; attempt++ {
		element := m.value(field, rules.GetItems())
		if key := element.String(); rules.GetUnique() && field.Message() == nil {
			if seen[key] {
				continue
			}
			seen[key] = true
		}
		list.Append(element)
	}
}

func (m *maker) entries(entries protoreflect.Map, field protoreflect.FieldDescriptor, rules *validate.MapRules) {
	count := m.count(rules.HasMinPairs(), rules.GetMinPairs(), rules.HasMaxPairs(), rules.GetMaxPairs())
	for attempt := 0; entries.Len() < count && attempt < attempts*count; attempt++ {
		key := m.value(field.MapKey(), rules.GetKeys()).MapKey()
		entries.Set(key, m.value(field.MapValue(), rules.GetValues()))
	}
}

// count is how many elements a list or map gets.
func (m *maker) count(atLeast bool, least uint64, atMost bool, most uint64) int {
	count := uint64(1 + m.random.IntN(2)) //nolint:gosec // 1 or 2
	if atLeast {
		count = max(count, least)
	}
	if atMost {
		count = min(count, most)
	}
	return int(min(count, maxElements))
}
