package wirejson_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"
	"google.golang.org/protobuf/types/known/anypb"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/fieldmaskpb"
	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/postern-gateway/postern/adapters/wire"
	"github.com/postern-gateway/postern/gateway/wirejson"
)

// expected is what protojson writes, without white space.
func expected(message proto.Message) ([]byte, error) {
	text, err := protojson.MarshalOptions{EmitDefaultValues: true}.Marshal(message)
	if err != nil {
		return nil, err
	}
	var raw json.RawMessage = text
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	err = encoder.Encode(raw)
	// encoding/json spells these two its own way
	spelled := strings.NewReplacer(`\u2028`, "\u2028", `\u2029`, "\u2029").Replace(strings.TrimSuffix(b.String(), "\n"))
	return []byte(spelled), err
}

// hold holds the codec against protojson, for wire bytes and for the message that they are.
func hold(t *testing.T, codec *wirejson.Codec, descriptor protoreflect.MessageDescriptor, data []byte) {
	t.Helper()
	message := dynamicpb.NewMessage(descriptor)
	if err := unmarshal(data, message); err != nil {
		_, _ = codec.Append(nil, wire.NewMessage(descriptor, data)) // need not find what is wrong, but must live
		return
	}
	want, wantErr := expected(message)
	for _, subject := range []proto.Message{wire.NewMessage(descriptor, data), message} {
		got, err := codec.Append(nil, subject)
		if (err == nil) != (wantErr == nil) {
			t.Fatalf("%T of %x: got error %v, want %v", subject, data, err, wantErr)
		}
		if err == nil && !bytes.Equal(got, want) {
			t.Fatalf("%T of %x: got\n%s, want\n%s", subject, data, got, want)
		}
	}
}

// unmarshal is proto.Unmarshal, which panics on a map key of the wrong wire type where messages are dynamic.
func unmarshal(data []byte, message proto.Message) (err error) {
	defer func() {
		if reason := recover(); reason != nil {
			err = fmt.Errorf("reading: %v", reason)
		}
	}()
	return proto.Unmarshal(data, message)
}

func TestCodecWritesWhatProtojsonWrites(t *testing.T) {
	t.Parallel()
	for seed := range uint64(500) {
		w := newWorld(t, seed)
		codec := wirejson.New(nil)
		for i := range w.messages.Len() {
			message := w.message(w.messages.Get(i), 3).Interface()
			data, err := proto.MarshalOptions{AllowPartial: true}.Marshal(message)
			if err != nil {
				t.Fatal(err)
			}
			hold(t, codec, w.messages.Get(i), data)
			// Two messages one behind the other are one: lists grow, messages merge, the last scalar counts.
			other, err := proto.Marshal(w.message(w.messages.Get(i), 3).Interface())
			if err != nil {
				t.Fatal(err)
			}
			hold(t, codec, w.messages.Get(i), slices.Concat(data, other))
		}
	}
}

// FuzzCodec reads any bytes as messages of random types.
func FuzzCodec(f *testing.F) {
	for seed := range uint64(20) {
		w := newWorld(f, seed)
		data, err := proto.Marshal(w.message(w.messages.Get(0), 3).Interface())
		if err != nil {
			f.Fatal(err)
		}
		f.Add(seed, data)
	}
	f.Fuzz(func(t *testing.T, seed uint64, data []byte) {
		hold(t, wirejson.New(nil), newWorld(t, seed).messages.Get(0), data)
	})
}

// Types that no adapter mirrors are left to protojson, and generated messages are read like all others.
func TestForeignAndGeneratedMessages(t *testing.T) {
	t.Parallel()
	packed, err := anypb.New(&fieldmaskpb.FieldMask{Paths: []string{"a_b"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, message := range []proto.Message{
		&descriptorpb.FileDescriptorProto{Name: proto.String("a.proto"), Options: &descriptorpb.FileOptions{Deprecated: proto.Bool(true)}},
		&fieldmaskpb.FieldMask{Paths: []string{"a_b.c", "d"}}, packed, &emptypb.Empty{}, &anypb.Any{},
		&timestamppb.Timestamp{Seconds: -62135596800}, &durationpb.Duration{Nanos: -1_000_000}, &durationpb.Duration{Seconds: -3, Nanos: -500_000_000},
		structpb.NewStringValue("a b"), structpb.NewNullValue(),
	} {
		want, err := expected(message)
		if err != nil {
			t.Fatal(err)
		}
		got, err := wirejson.New(nil).Append([]byte("> "), message)
		if err != nil || string(got) != "> "+string(want) {
			t.Errorf("got %s, %v, want %s", got, err, want)
		}
	}
}

func TestMistakes(t *testing.T) {
	t.Parallel()
	deep := []byte{}
	for range 10_001 {
		deep = protowire.AppendBytes(protowire.AppendTag(nil, 6, protowire.BytesType), protowire.AppendBytes(protowire.AppendTag(nil, 1, protowire.BytesType), deep))
		if len(deep) > 1<<20 { // lengths grow with the depth
			break
		}
	}
	value := (&structpb.Value{}).ProtoReflect().Descriptor()
	for _, row := range []struct {
		name       string
		descriptor protoreflect.MessageDescriptor
		data       []byte
		want       string
	}{
		{"no UTF-8", value, []byte{0x1A, 1, 0xFF}, "invalid UTF-8"},
		{"a value of nothing", value, nil, "holds nothing"},
		{"not a number", value, append([]byte{0x11}, 0, 0, 0, 0, 0, 0, 0xF8, 0x7F), "no number"},
		{"too deep", value, deep, "nested too deeply"},
		{"cut off", value, []byte{0x1A, 5, 'a'}, "are no google.protobuf.Value"},
		{"a time out of range", (&timestamppb.Timestamp{}).ProtoReflect().Descriptor(), []byte{0x10, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1}, "out of range"},
		{"a duration of two signs", (&durationpb.Duration{}).ProtoReflect().Descriptor(), []byte{0x08, 1, 0x10, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1}, "out of range"},
		{"an Any of no type", (&anypb.Any{}).ProtoReflect().Descriptor(), []byte{0x12, 1, 'a'}, "no type"},
		{"an Any of an unknown type", (&anypb.Any{}).ProtoReflect().Descriptor(), []byte{0x0A, 1, 'a'}, "not found"},
	} {
		_, err := wirejson.New(nil).Append(nil, wire.NewMessage(row.descriptor, row.data))
		if err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s: got %v, want %q", row.name, err, row.want)
		}
	}
}

func TestAppendField(t *testing.T) {
	t.Parallel()
	descriptor, err := protoregistry.GlobalFiles.FindDescriptorByName("google.protobuf.Value")
	if err != nil {
		t.Fatal(err)
	}
	fields := descriptor.(protoreflect.MessageDescriptor).Fields()
	codec := wirejson.New(nil)
	for _, row := range []struct {
		message proto.Message
		field   protoreflect.FieldDescriptor
		want    string
	}{
		{structpb.NewStringValue("a"), fields.ByName("string_value"), `"a"`},
		{structpb.NewBoolValue(true), fields.ByName("string_value"), `null`},
		{structpb.NewBoolValue(true), fields.ByName("struct_value"), `{}`},
		{&structpb.ListValue{}, (&structpb.ListValue{}).ProtoReflect().Descriptor().Fields().Get(0), `[]`},
		{&structpb.Struct{}, (&structpb.Struct{}).ProtoReflect().Descriptor().Fields().Get(0), `{}`},
		{&timestamppb.Timestamp{}, (&timestamppb.Timestamp{}).ProtoReflect().Descriptor().Fields().Get(0), `"0"`},
	} {
		got, err := codec.AppendField(nil, row.message, row.field)
		if err != nil || string(got) != row.want {
			t.Errorf("%v: got %s, %v, want %s", row.message, got, err, row.want)
		}
	}
	name := (&descriptorpb.EnumValueOptions{}).ProtoReflect().Descriptor().Fields().ByName("deprecated") // of a type with extensions
	for want, message := range map[string]proto.Message{"null": &descriptorpb.EnumValueOptions{}, "true": &descriptorpb.EnumValueOptions{Deprecated: proto.Bool(true)}} {
		if got, err := codec.AppendField(nil, message, name); err != nil || string(got) != want {
			t.Errorf("got %s, %v, want %s", got, err, want)
		}
	}
}
