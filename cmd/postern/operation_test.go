package main

import (
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/postern-gateway/postern/adapters/soap"
)

// ambiguous has two services that share an operation, one overload, and two operations that differ in case.
const ambiguous = `
name: "b/v1/b.proto" package: "b.v1" syntax: "proto3"
message_type { name: "One" field { name: "id" json_name: "id" number: 1 type: TYPE_STRING label: LABEL_OPTIONAL } }
message_type { name: "Two" field { name: "code" json_name: "code" number: 1 type: TYPE_STRING label: LABEL_OPTIONAL } }
service { name: "A"
  method { name: "GetItem" input_type: ".b.v1.One" output_type: ".b.v1.One" }
  method { name: "GetItem2" input_type: ".b.v1.Two" output_type: ".b.v1.One" }
  method { name: "Tell" input_type: ".b.v1.One" output_type: ".b.v1.One" }
  method { name: "Tell2" input_type: ".b.v1.Two" output_type: ".b.v1.One" }
  method { name: "IsVariableAvailable" input_type: ".b.v1.One" output_type: ".b.v1.One" }
}
service { name: "B" method { name: "GetItem" input_type: ".b.v1.One" output_type: ".b.v1.One" } }
service { name: "C" method { name: "Dotted" input_type: ".b.v1.One" output_type: ".b.v1.One" } }`

func TestChooseByRequest(t *testing.T) {
	t.Parallel()
	described := &descriptorpb.FileDescriptorProto{}
	if err := prototext.Unmarshal([]byte(ambiguous), described); err != nil {
		t.Fatal(err)
	}
	file, err := protodesc.NewFile(described, nil)
	if err != nil {
		t.Fatal(err)
	}
	var services []protoreflect.ServiceDescriptor
	for i := range file.Services().Len() {
		services = append(services, file.Services().Get(i))
	}
	all := candidates(services, &soap.Report{Operations: []soap.ReportedOperation{
		{Service: "S", Port: "PA", Operation: "getItem", Method: "b.v1.A.GetItem"},
		{Service: "S", Port: "PA", Operation: "GetItem", Method: "b.v1.A.GetItem2"},
		{Service: "S", Port: "PA", Operation: "tell", Method: "b.v1.A.Tell"},
		{Service: "S", Port: "PA", Operation: "tell", Method: "b.v1.A.Tell2"},
		{Service: "S", Port: "PA", Operation: "is_variable_available", Method: "b.v1.A.IsVariableAvailable"},
		{Service: "Other", Port: "PB", Operation: "getItem", Method: "b.v1.B.GetItem"},
		{Service: "Other", Port: "P.C", Operation: "do.it", Method: "b.v1.C.Dotted"},
	}})
	for _, test := range []struct{ name, data, want, says string }{
		{name: "getItem", data: `{}`, want: "b.v1.A.GetItem"}, // in two places, and alike
		{name: "PB.getItem", data: `{}`, want: "b.v1.B.GetItem"},
		{name: "Other.PB.getItem", data: `{}`, want: "b.v1.B.GetItem"},
		{name: "B.GetItem", data: `{}`, want: "b.v1.B.GetItem"},
		{name: "GetItem", data: `{}`, want: "b.v1.A.GetItem2"}, // the WSDL's own spelling goes before the mirrored one
		{name: "is_variable_available", data: `{}`, want: "b.v1.A.IsVariableAvailable"},
		{name: "IsVariableAvailable", data: `{}`, want: "b.v1.A.IsVariableAvailable"},
		{name: "isvariableavailable", data: `{}`, want: "b.v1.A.IsVariableAvailable"},
		{name: "do.it", data: `{}`, want: "b.v1.C.Dotted"},
		{name: "P.C.do.it", data: `{}`, want: "b.v1.C.Dotted"},
		{name: "tell", data: `{"code": "x"}`, want: "b.v1.A.Tell2"},
		{name: "Tell", data: `{}`, want: "b.v1.A.Tell"},
		{name: "tell", data: `{}`, says: "back/A.Tell\n  back/A.Tell2"},
		{name: "nothing", data: `{}`, says: "it has getItem, GetItem, tell, is_variable_available, do.it"},
		{name: "do.it", data: `{"ide": "x"}`, says: "INVALID_ARGUMENT|is not"},
	} {
		method, request, err := chooseByRequest(all, "back", test.name, []byte(test.data), dynamicpb.NewTypes(nil))
		switch {
		case test.says != "":
			if err == nil || !slices.ContainsFunc(strings.Split(test.says, "|"), func(s string) bool { return strings.Contains(err.Error(), s) }) {
				t.Errorf("%s %s: the error is %v", test.name, test.data, err)
			}
		case err != nil:
			t.Errorf("%s %s: %v", test.name, test.data, err)
		case string(method.FullName()) != test.want || request.ProtoReflect().Descriptor() != method.Input():
			t.Errorf("%s %s: %s, want %s", test.name, test.data, method.FullName(), test.want)
		}
	}
}
