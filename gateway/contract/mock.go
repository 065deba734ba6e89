package contract

import (
	"context"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/gateway/contract/sample"
	"github.com/postern-gateway/postern/gateway/registry"
)

// Mock returns the services with every method answered by replies that are made from the schema, whoever offers them.
func Mock(descriptors ...protoreflect.ServiceDescriptor) []adapters.Service {
	services := make([]adapters.Service, len(descriptors))
	for i, descriptor := range descriptors {
		services[i].Descriptor = descriptor
		for j := range descriptor.Methods().Len() {
			services[i].Methods = append(services[i].Methods, mocked(descriptor.Methods().Get(j), nil))
		}
	}
	return services
}

// mocked answers a method without a back end. A method that streams its replies gives one.
func mocked(descriptor protoreflect.MethodDescriptor, examples []example) adapters.Method {
	reads := registry.OnlyReads(descriptor)
	answer := func(ctx context.Context, request proto.Message) proto.Message {
		adapters.ReplyFrom(ctx).Mock = true
		if reply, ok := first(examples, request); ok {
			return reply
		}
		return sample.Reply(descriptor, request, reads)
	}
	if !descriptor.IsStreamingServer() {
		return adapters.Method{
			Name: descriptor.Name(),
			Unary: func(ctx context.Context, request proto.Message) (proto.Message, error) {
				return answer(ctx, request), nil
			},
		}
	}
	return adapters.Method{
		Name: descriptor.Name(),
		Stream: func(ctx context.Context, request proto.Message, send func(proto.Message) error) error {
			return send(answer(ctx, request))
		},
	}
}
