package registry

import (
	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"

	adapterv1 "github.com/postern-gateway/postern/proto/postern/adapter/v1"
)

// MethodOptions returns a method's options with those extensions that are linked into the program. They are read from their bytes, since a descriptor
// that was compiled at run time may hold them as another Go type than the linked one. It is never nil.
func MethodOptions(method protoreflect.MethodDescriptor) *descriptorpb.MethodOptions {
	options := &descriptorpb.MethodOptions{}
	wire, err := proto.Marshal(method.Options())
	if err != nil || proto.Unmarshal(wire, options) != nil {
		return &descriptorpb.MethodOptions{}
	}
	return options
}

// Rule returns the method's google.api.http option, or nil.
func Rule(method protoreflect.MethodDescriptor) *annotations.HttpRule {
	options := MethodOptions(method)
	if !proto.HasExtension(options, annotations.E_Http) {
		return nil
	}
	rule, _ := proto.GetExtension(options, annotations.E_Http).(*annotations.HttpRule)
	return rule
}

// OnlyReads reports whether a call of the method has no effects: its idempotency_level says so, or it is a GET.
func OnlyReads(method protoreflect.MethodDescriptor) bool {
	return MethodOptions(method).GetIdempotencyLevel() == descriptorpb.MethodOptions_NO_SIDE_EFFECTS || Rule(method).GetGet() != ""
}

// IsConditional reports whether the method's option postern.adapter.v1.conditional says that it looks at [adapters.Conditions].
func IsConditional(method protoreflect.MethodDescriptor) bool {
	conditional, _ := proto.GetExtension(MethodOptions(method), adapterv1.E_Conditional).(bool)
	return conditional
}
