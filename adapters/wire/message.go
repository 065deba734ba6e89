package wire

import (
	"fmt"
	"sync"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/runtime/protoiface"
	"google.golang.org/protobuf/types/dynamicpb"
)

// A Message is a message that is kept as its wire bytes. It can be read, also from several goroutines, and not changed.
type Message struct {
	descriptor protoreflect.MessageDescriptor
	data       []byte

	once   sync.Once
	parsed protoreflect.Message
}

var _ proto.Message = (*Message)(nil)

// NewMessage returns the message of this type that data holds (protobuf encoding, as [Writer] makes it). The caller gives data away, and vouches that
// it fits the type: fields of other wire types count as unknown, and bytes that are no fields at all are an error of the program.
func NewMessage(descriptor protoreflect.MessageDescriptor, data []byte) *Message {
	return &Message{descriptor: descriptor, data: data}
}

// Bytes returns the wire bytes. Nobody changes them.
func (m *Message) Bytes() []byte { return m.data }

// Descriptor returns the message's type.
func (m *Message) Descriptor() protoreflect.MessageDescriptor { return m.descriptor }

// ProtoReflect implements proto.Message. Looking at fields takes the bytes apart, once; marshalling does not.
func (m *Message) ProtoReflect() protoreflect.Message { return view{m} }

// tree takes the bytes apart at the first call.
func (m *Message) tree() protoreflect.Message {
	m.once.Do(func() {
		parsed := dynamicpb.NewMessage(m.descriptor)
		if err := (proto.UnmarshalOptions{AllowPartial: true}).Unmarshal(m.data, parsed); err != nil {
			panic(fmt.Sprintf("wire: the bytes are no %s: %v", m.descriptor.FullName(), err))
		}
		m.parsed = parsed
	})
	return m.parsed
}

// view is a [Message] by reflection.
type view struct{ m *Message }

// ProtoMethods has proto.Marshal and proto.Size take the bytes as they are.
func (v view) ProtoMethods() *protoiface.Methods { return &methods }

var methods = protoiface.Methods{
	Flags: protoiface.SupportMarshalDeterministic,
	Size: func(in protoiface.SizeInput) protoiface.SizeOutput {
		return protoiface.SizeOutput{Size: len(in.Message.(view).m.data)}
	},
	Marshal: func(in protoiface.MarshalInput) (protoiface.MarshalOutput, error) {
		return protoiface.MarshalOutput{Buf: append(in.Buf, in.Message.(view).m.data...)}, nil
	},
	CheckInitialized: func(protoiface.CheckInitializedInput) (protoiface.CheckInitializedOutput, error) {
		return protoiface.CheckInitializedOutput{}, nil // proto3 has no required fields
	},
}

func (v view) Interface() protoreflect.ProtoMessage                  { return v.m }
func (v view) Descriptor() protoreflect.MessageDescriptor            { return v.m.descriptor }
func (v view) Type() protoreflect.MessageType                        { return dynamicpb.NewMessageType(v.m.descriptor) }
func (v view) New() protoreflect.Message                             { return dynamicpb.NewMessage(v.m.descriptor) }
func (v view) IsValid() bool                                         { return true }
func (v view) Has(field protoreflect.FieldDescriptor) bool           { return v.m.tree().Has(field) }
func (v view) GetUnknown() protoreflect.RawFields                    { return v.m.tree().GetUnknown() }
func (v view) Get(f protoreflect.FieldDescriptor) protoreflect.Value { return v.m.tree().Get(f) }

func (v view) Range(visit func(protoreflect.FieldDescriptor, protoreflect.Value) bool) {
	v.m.tree().Range(visit)
}

func (v view) WhichOneof(oneof protoreflect.OneofDescriptor) protoreflect.FieldDescriptor {
	return v.m.tree().WhichOneof(oneof)
}

func (v view) NewField(field protoreflect.FieldDescriptor) protoreflect.Value {
	return v.m.tree().NewField(field)
}

const readOnly = "wire: a Message cannot be changed"

func (v view) Clear(protoreflect.FieldDescriptor)                      { panic(readOnly) }
func (v view) Set(protoreflect.FieldDescriptor, protoreflect.Value)    { panic(readOnly) }
func (v view) SetUnknown(protoreflect.RawFields)                       { panic(readOnly) }
func (v view) Mutable(protoreflect.FieldDescriptor) protoreflect.Value { panic(readOnly) }
