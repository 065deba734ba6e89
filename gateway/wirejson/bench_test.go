package wirejson_test

import (
	"testing"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/postern-gateway/postern/adapters/wire"
	"github.com/postern-gateway/postern/gateway/wirejson"
)

// rows is a list of 50 rows of ten columns, as a database has them.
func rows(b *testing.B) *dynamicpb.Message {
	b.Helper()
	descriptor := rowTypes(b)
	message := dynamicpb.NewMessage(descriptor)
	field := descriptor.Fields().Get(0)
	columns := field.Message().Fields()
	for range 50 {
		row := dynamicpb.NewMessage(field.Message())
		for i := range columns.Len() {
			if i%2 == 0 {
				row.Set(columns.Get(i), protoreflect.ValueOfString("Meadow Lane 17, Riverside"))
			} else {
				row.Set(columns.Get(i), protoreflect.ValueOfInt64(int64(1234567*i)))
			}
		}
		message.Mutable(field).List().Append(protoreflect.ValueOfMessage(row))
	}
	return message
}

// BenchmarkRows writes a list of 50 rows from wire bytes, from a dynamic message, and as protojson does.
func BenchmarkRows(b *testing.B) {
	dynamic := rows(b)
	data, err := proto.Marshal(dynamic)
	if err != nil {
		b.Fatal(err)
	}
	codec := wirejson.New(nil)
	for _, row := range []struct {
		name    string
		message proto.Message
	}{{"wire", wire.NewMessage(dynamic.Descriptor(), data)}, {"dynamic", dynamic}} {
		b.Run(row.name, func(b *testing.B) {
			var out []byte
			b.ReportAllocs()
			for b.Loop() {
				if out, err = codec.Append(out[:0], row.message); err != nil {
					b.Fatal(err)
				}
			}
			b.SetBytes(int64(len(out)))
		})
	}
	b.Run("protojson", func(b *testing.B) {
		var out []byte
		b.ReportAllocs()
		for b.Loop() {
			if out, err = (protojson.MarshalOptions{EmitDefaultValues: true}).MarshalAppend(out[:0], dynamic); err != nil {
				b.Fatal(err)
			}
		}
		b.SetBytes(int64(len(out)))
	})
}

func rowTypes(b *testing.B) protoreflect.MessageDescriptor {
	b.Helper()
	row := &descriptorpb.DescriptorProto{Name: proto.String("Row")}
	for i := range 10 {
		kind := descriptorpb.FieldDescriptorProto_TYPE_STRING
		if i%2 == 1 {
			kind = descriptorpb.FieldDescriptorProto_TYPE_INT64
		}
		row.Field = append(row.Field, &descriptorpb.FieldDescriptorProto{
			Name: proto.String("column_" + string(rune('a'+i))), Number: proto.Int32(int32(i + 1)), Type: kind.Enum(),
			Label: descriptorpb.FieldDescriptorProto_LABEL_OPTIONAL.Enum(), Proto3Optional: proto.Bool(true), OneofIndex: proto.Int32(int32(i)),
		})
		row.OneofDecl = append(row.OneofDecl, &descriptorpb.OneofDescriptorProto{Name: proto.String("_column_" + string(rune('a'+i)))})
	}
	page := &descriptorpb.DescriptorProto{Name: proto.String("Page"), Field: []*descriptorpb.FieldDescriptorProto{{
		Name: proto.String("rows"), Number: proto.Int32(1), Type: descriptorpb.FieldDescriptorProto_TYPE_MESSAGE.Enum(), TypeName: proto.String(".bench.Row"),
		Label: descriptorpb.FieldDescriptorProto_LABEL_REPEATED.Enum(),
	}}}
	return compiled(b, &descriptorpb.FileDescriptorProto{
		Name: proto.String("bench.proto"), Package: proto.String("bench"), Syntax: proto.String("proto3"), MessageType: []*descriptorpb.DescriptorProto{page, row},
	}).Get(0)
}
