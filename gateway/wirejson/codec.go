package wirejson

import (
	"encoding/json"
	"fmt"
	"sync"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/postern-gateway/postern/adapters/wire"
)

// maxDepth is how deep messages may be nested. It is protobuf's own limit for reading.
const maxDepth = 10_000

// maxKept is how large the buffers are that are kept for the next message, in bytes.
const maxKept = 64 << 10

// A Resolver finds what a google.protobuf.Any holds.
type Resolver interface {
	protoregistry.MessageTypeResolver
	protoregistry.ExtensionTypeResolver
}

// A Codec writes messages as JSON. It may be used by several goroutines.
type Codec struct {
	resolver Resolver
	tables   sync.Map // protoreflect.MessageDescriptor to *table
	encoders sync.Pool
}

// New returns a codec. The resolver finds what a google.protobuf.Any holds; nil means what is linked into the program.
func New(resolver Resolver) *Codec {
	if resolver == nil {
		resolver = protoregistry.GlobalTypes
	}
	c := &Codec{resolver: resolver}
	c.encoders.New = func() any { return &encoder{codec: c} }
	return c
}

// Append appends the JSON of a message. After an error the result is not to be used: the message holds text that is no UTF-8, a time that JSON cannot spell, an Any
// that cannot be resolved, or bytes that are no message of its type.
func (c *Codec) Append(out []byte, message proto.Message) ([]byte, error) {
	return c.append(out, message, nil)
}

// AppendField appends the JSON of one field of a message, as it stands in the message's own JSON; null where the field has presence and is not set, and
// {} where it is a message.
func (c *Codec) AppendField(out []byte, message proto.Message, field protoreflect.FieldDescriptor) ([]byte, error) {
	return c.append(out, message, field)
}

func (c *Codec) append(out []byte, message proto.Message, field protoreflect.FieldDescriptor) ([]byte, error) {
	e, _ := c.encoders.Get().(*encoder)
	defer e.release()
	descriptor, data, err := e.bytesOf(message)
	if err != nil {
		return nil, err
	}
	e.out = out
	if field == nil {
		err = e.message(c.table(descriptor), data)
	} else {
		err = e.part(c.table(descriptor), data, field.Number())
	}
	out, e.out = e.out, nil
	return out, err
}

// bytesOf returns the wire bytes of a message. They are good until the encoder is released.
func (e *encoder) bytesOf(message proto.Message) (protoreflect.MessageDescriptor, []byte, error) {
	if kept, ok := message.(*wire.Message); ok {
		return kept.Descriptor(), kept.Bytes(), nil
	}
	// Types with required fields are foreign, and checked there.
	data, err := proto.MarshalOptions{AllowPartial: true}.MarshalAppend(e.wire[:0], message)
	if err != nil {
		return nil, nil, err
	}
	e.wire = data
	return message.ProtoReflect().Descriptor(), data, nil
}

// table returns the table of a type, and makes it at the first call.
func (c *Codec) table(descriptor protoreflect.MessageDescriptor) *table {
	if known, ok := c.tables.Load(descriptor); ok {
		return known.(*table) //nolint:forcetypeassert // there is nothing else in it
	}
	made, _ := c.tables.LoadOrStore(descriptor, newTable(descriptor))
	return made.(*table) //nolint:forcetypeassert // as above
}

// foreign writes a message that the tables do not describe.
func (e *encoder) foreign(descriptor protoreflect.MessageDescriptor, data []byte) error {
	message := dynamicpb.NewMessage(descriptor)
	if err := (proto.UnmarshalOptions{Resolver: e.codec.resolver}).Unmarshal(data, message); err != nil {
		return fmt.Errorf("reading a %s: %w", descriptor.FullName(), err)
	}
	text, err := protojson.MarshalOptions{EmitDefaultValues: true, Resolver: e.codec.resolver}.Marshal(message)
	if err != nil {
		return fmt.Errorf("writing a %s: %w", descriptor.FullName(), err)
	}
	e.out = appendCompact(e.out, text)
	return nil
}

// foreignPart writes one field of such a message.
func (e *encoder) foreignPart(t *table, data []byte, name string) error {
	start := len(e.out)
	if err := e.foreign(t.descriptor, data); err != nil {
		return err
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(e.out[start:], &members); err != nil {
		return err
	}
	value, ok := members[name]
	if !ok {
		value = json.RawMessage("null")
	}
	e.out = append(e.out[:start], value...)
	return nil
}

// appendCompact appends valid JSON without the spaces between its tokens.
func appendCompact(out, text []byte) []byte {
	quoted := false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == ' ' && !quoted:
			continue
		case c == '"':
			quoted = !quoted
		case c == '\\':
			out = append(out, c)
			i++
		}
		out = append(out, text[i])
	}
	return out
}
