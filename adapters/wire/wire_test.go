package wire_test

import (
	"bytes"
	"math"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/descriptorpb"

	"github.com/postern-gateway/postern/adapters/wire"
)

// A FileDescriptorProto is a message with nested messages that every program has.
func file() *descriptorpb.FileDescriptorProto {
	return &descriptorpb.FileDescriptorProto{
		Name: proto.String("a.proto"),
		MessageType: []*descriptorpb.DescriptorProto{
			{Name: proto.String("Short")},
			{Name: proto.String(strings.Repeat("L", 127)), Field: []*descriptorpb.FieldDescriptorProto{{Name: proto.String("f"), Number: proto.Int32(-7)}}},
			{Name: proto.String(strings.Repeat("V", 20000))},
		},
	}
}

func written() []byte {
	var w wire.Writer
	w.String(1, "a.proto")
	short := w.Open(4)
	w.BytesField(1, []byte("Short"))
	w.Close(short)
	long := w.Open(4)
	w.String(1, strings.Repeat("L", 127))
	field := w.Open(2)
	w.String(1, "f")
	w.Varint(3, uint64(math.MaxUint64-6)) // -7
	w.Close(field)
	w.Close(long)
	very := w.Open(4)
	w.String(1, strings.Repeat("V", 20000))
	w.Close(very)
	return w.Bytes()
}

func TestWriterWritesWhatProtoWrites(t *testing.T) {
	t.Parallel()
	want, err := proto.MarshalOptions{Deterministic: true}.Marshal(file())
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(written(), want) {
		t.Errorf("written %x, want %x", written(), want)
	}
}

func TestMessage(t *testing.T) {
	t.Parallel()
	descriptor := file().ProtoReflect().Descriptor()
	message := wire.NewMessage(descriptor, written())
	data, err := proto.Marshal(message)
	if err != nil || !bytes.Equal(data, written()) {
		t.Errorf("marshalled %x, %v", data, err)
	}
	if size := proto.Size(message); size != len(data) {
		t.Errorf("the size is %d of %d", size, len(data))
	}
	if !proto.Equal(file(), message) {
		t.Errorf("read as %v", message.ProtoReflect().Interface())
	}
	text, err := protojson.Marshal(message)
	if err != nil {
		t.Fatal(err)
	}
	back := &descriptorpb.FileDescriptorProto{}
	if err := protojson.Unmarshal(text, back); err != nil || !proto.Equal(file(), back) {
		t.Errorf("in JSON %s, %v", text, err)
	}
}

func TestMessageIsReadOnly(t *testing.T) {
	t.Parallel()
	message := wire.NewMessage(file().ProtoReflect().Descriptor(), written())
	name := message.Descriptor().Fields().ByName("name")
	proto.Clone(message).ProtoReflect().Clear(name)
	if got := message.ProtoReflect().Get(name).String(); got != "a.proto" {
		t.Errorf("after a change of its clone the name is %q", got)
	}
	defer func() {
		if recover() == nil {
			t.Error("it was changed")
		}
	}()
	message.ProtoReflect().Clear(name)
}

func TestMessageIsReadConcurrently(t *testing.T) {
	t.Parallel()
	message := wire.NewMessage(file().ProtoReflect().Descriptor(), written())
	name := message.Descriptor().Fields().ByName("name")
	for range 4 {
		t.Run("", func(t *testing.T) {
			t.Parallel()
			if got := message.ProtoReflect().Get(name).String(); got != "a.proto" {
				t.Errorf("the name is %q", got)
			}
		})
	}
}

func BenchmarkWriter(b *testing.B) {
	var w wire.Writer
	b.ReportAllocs()
	for b.Loop() {
		w.Truncate(0)
		outer := w.Open(4)
		for range 20 {
			inner := w.Open(2)
			w.String(1, "account")
			w.Varint(3, 12345)
			w.Close(inner)
		}
		w.Close(outer)
	}
}
