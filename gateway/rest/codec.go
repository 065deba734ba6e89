package rest

import (
	"sync"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"github.com/postern-gateway/postern/gateway/wirejson"
)

const (
	jsonType   = "application/json"
	streamType = "application/x-ndjson"
)

// maxDepth is how deep the messages of a request may be nested.
const maxDepth = 100

// maxKept is how large a buffer may be that is kept for the next answer, in bytes.
const maxKept = 256 << 10

// A Resolver finds what a google.protobuf.Any holds.
type Resolver interface {
	protoregistry.MessageTypeResolver
	protoregistry.ExtensionTypeResolver
}

// codec is the proto3 JSON mapping as callers see it.
type codec struct {
	json      *wirejson.Codec
	unmarshal protojson.UnmarshalOptions
	buffers   sync.Pool // of *buffer
}

// A buffer holds an answer, or a part of a stream, before it is sent.
type buffer struct{ data []byte }

func newCodec(resolver Resolver) *codec {
	c := &codec{
		json:      wirejson.New(resolver),
		unmarshal: protojson.UnmarshalOptions{Resolver: resolver, RecursionLimit: maxDepth},
	}
	c.buffers.New = func() any { return &buffer{} }
	return c
}

// buffer returns an empty buffer.
func (c *codec) buffer() *buffer {
	b, _ := c.buffers.Get().(*buffer)
	b.data = b.data[:0]
	return b
}

// release takes a buffer back.
func (c *codec) release(b *buffer) {
	if cap(b.data) <= maxKept {
		c.buffers.Put(b)
	}
}

// appendAnswer appends a reply, or the one field of it that is the answer (response_body of google.api.http).
func (c *codec) appendAnswer(out []byte, reply proto.Message, field protoreflect.FieldDescriptor) ([]byte, error) {
	if field == nil {
		return c.json.Append(out, reply)
	}
	return c.json.AppendField(out, reply, field)
}

// Unmarshal reads exactly one message.
func (c *codec) Unmarshal(data []byte, message proto.Message) error {
	return c.unmarshal.Unmarshal(data, message)
}
