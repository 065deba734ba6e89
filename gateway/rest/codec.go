package rest

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
)

const (
	jsonType   = "application/json"
	streamType = "application/x-ndjson"
)

// maxDepth is how deep the messages of a request may be nested.
const maxDepth = 100

// A Resolver finds what a google.protobuf.Any holds.
type Resolver interface {
	protoregistry.MessageTypeResolver
	protoregistry.ExtensionTypeResolver
}

// codec is the proto3 JSON mapping as callers see it, behind the interface of grpc-gateway.
type codec struct {
	marshal   protojson.MarshalOptions
	unmarshal protojson.UnmarshalOptions
}

var (
	_ runtime.Marshaler         = codec{}
	_ runtime.StreamContentType = codec{}
	_ runtime.Delimited         = codec{}
)

func newCodec(resolver Resolver) codec {
	return codec{
		marshal:   protojson.MarshalOptions{EmitDefaultValues: true, Resolver: resolver},
		unmarshal: protojson.UnmarshalOptions{Resolver: resolver, RecursionLimit: maxDepth},
	}
}

// Marshal writes a message, a [part] of one, or an item of a stream as grpc-gateway wraps it.
func (c codec) Marshal(v any) ([]byte, error) {
	switch v := v.(type) {
	case part:
		return c.marshalPart(v)
	case proto.Message:
		return c.marshalMessage(v)
	case map[string]any:
		item, err := c.Marshal(v["result"])
		if err != nil {
			return nil, err
		}
		return json.Marshal(map[string]json.RawMessage{"result": item})
	default:
		return nil, fmt.Errorf("a %T is no message", v)
	}
}

// marshalMessage writes a message without white space. protojson puts some in, differently in each build, so that nobody relies on its bytes; callers do,
// who compare, hash or document answers.
func (c codec) marshalMessage(message proto.Message) ([]byte, error) {
	data, err := c.marshal.Marshal(message)
	if err != nil {
		return nil, err
	}
	return compact(data), nil
}

// compact takes the spaces between the tokens out of valid JSON, in place.
func compact(data []byte) []byte {
	kept := data[:0]
	for len(data) > 0 {
		switch data[0] {
		case ' ':
			data = data[1:]
		case '"':
			end := stringEnd(data)
			kept = append(kept, data[:end]...)
			data = data[end:]
		default:
			kept = append(kept, data[0])
			data = data[1:]
		}
	}
	return kept
}

// stringEnd is where the string ends that valid JSON begins with.
func stringEnd(data []byte) int {
	for i := 1; i < len(data); i++ {
		switch data[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(data)
}

// Unmarshal reads exactly one message.
func (c codec) Unmarshal(data []byte, v any) error {
	message, ok := v.(proto.Message)
	if !ok {
		return fmt.Errorf("a %T is no message", v)
	}
	return c.unmarshal.Unmarshal(data, message)
}

// NewDecoder returns a decoder of one message that takes all there is to read.
func (c codec) NewDecoder(r io.Reader) runtime.Decoder {
	return runtime.DecoderFunc(func(v any) error {
		data, err := io.ReadAll(r)
		if err != nil {
			return err
		}
		return c.Unmarshal(data, v)
	})
}

// NewEncoder returns an encoder that writes messages one to a line.
func (c codec) NewEncoder(w io.Writer) runtime.Encoder {
	return runtime.EncoderFunc(func(v any) error {
		data, err := c.Marshal(v)
		if err != nil {
			return err
		}
		_, err = w.Write(append(data, c.Delimiter()...))
		return err
	})
}

// ContentType returns the media type of one reply.
func (codec) ContentType(any) string { return jsonType }

// StreamContentType returns the media type of a stream of replies.
func (codec) StreamContentType(any) string { return streamType }

// Delimiter separates the replies of a stream.
func (codec) Delimiter() []byte { return []byte("\n") }

// A part is a reply of which only one field is the answer (response_body of google.api.http).
type part struct {
	proto.Message
	field protoreflect.FieldDescriptor
}

// XXX_ResponseBody tells grpc-gateway what to write.
func (p part) XXX_ResponseBody() any { return p } //nolint:staticcheck // the name that grpc-gateway calls

// marshalPart writes the field's value as it stands in the JSON of a message that has only this field.
func (c codec) marshalPart(p part) ([]byte, error) {
	source := p.ProtoReflect()
	if field := p.field; field.Message() != nil && !field.IsList() && !field.IsMap() {
		return c.marshalMessage(source.Get(field).Message().Interface())
	}
	alone := source.New()
	if source.Has(p.field) {
		alone.Set(p.field, source.Get(p.field))
	}
	data, err := c.marshalMessage(alone.Interface())
	if err != nil {
		return nil, err
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(data, &fields); err != nil {
		return nil, err
	}
	if value, ok := fields[p.field.JSONName()]; ok {
		return value, nil
	}
	return []byte("null"), nil
}
