package registry

import (
	"fmt"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/postern-gateway/postern/adapters"
)

// A Method is one method in force, with the handler that answers it, complete with all that the gateway wraps around it.
type Method struct {
	// Owner is who offers it: a back end's name, or a contract's API and version.
	Owner string
	// Descriptor describes it.
	Descriptor protoreflect.MethodDescriptor
	// Input makes its request messages.
	Input protoreflect.MessageType
	// Unary or Stream answers it, as in [adapters.Method].
	Unary  adapters.UnaryHandler
	Stream adapters.StreamHandler

	isDynamic bool // whether its requests are dynamic messages
}

// FullName returns the name by which gRPC calls a method: /package.Service/Method.
func FullName(method protoreflect.MethodDescriptor) string {
	return "/" + string(method.Parent().FullName()) + "/" + string(method.Name())
}

// A Wrap puts what holds for every call around a method's handler.
type Wrap func(Method) Method

// A Registry is the services in force, with their handlers. It never changes.
type Registry struct {
	*Catalog
	methods map[string]*Method
}

// New makes the registry of the catalogue's services: services holds, for each owner, all its services with their handlers. A service or
// method of the catalogue without a handler is an error. wrap is put around every method.
func New(catalog *Catalog, services map[string][]adapters.Service, wrap Wrap) (*Registry, error) {
	r := &Registry{Catalog: catalog, methods: make(map[string]*Method)}
	for owner, offered := range services {
		for _, service := range offered {
			if err := r.add(owner, service, wrap); err != nil {
				return nil, err
			}
		}
	}
	for _, declaration := range catalog.Services() {
		methods := declaration.Service.Methods()
		for i := range methods.Len() {
			if _, ok := r.methods[FullName(methods.Get(i))]; !ok {
				return nil, fmt.Errorf("%s: nothing answers %s", declaration.Owner, methods.Get(i).FullName())
			}
		}
	}
	return r, nil
}

func (r *Registry) add(owner string, service adapters.Service, wrap Wrap) error {
	for _, offered := range service.Methods {
		descriptor := service.Descriptor.Methods().ByName(offered.Name)
		if descriptor == nil {
			return fmt.Errorf("%s: service %s has no method %s", owner, service.Descriptor.FullName(), offered.Name)
		}
		if err := checkHandler(descriptor, offered); err != nil {
			return fmt.Errorf("%s: %w", owner, err)
		}
		method := Method{Owner: owner, Descriptor: descriptor, Input: offered.Input, Unary: offered.Unary, Stream: offered.Stream}
		if method.Input == nil {
			method.Input = dynamicpb.NewMessageType(descriptor.Input())
		}
		name := FullName(descriptor)
		if _, taken := r.methods[name]; taken {
			return fmt.Errorf("%s: two handlers answer %s", owner, descriptor.FullName())
		}
		method = wrap(method)
		method.isDynamic = isDynamic(method.Input)
		r.methods[name] = &method
	}
	return nil
}

func checkHandler(descriptor protoreflect.MethodDescriptor, offered adapters.Method) error {
	switch {
	case descriptor.IsStreamingClient():
		return fmt.Errorf("method %s streams requests, which is not supported", descriptor.FullName())
	case descriptor.IsStreamingServer() && (offered.Stream == nil || offered.Unary != nil):
		return fmt.Errorf("method %s streams its replies, and needs a stream handler only", descriptor.FullName())
	case !descriptor.IsStreamingServer() && (offered.Unary == nil || offered.Stream != nil):
		return fmt.Errorf("method %s gives one reply, and needs a unary handler only", descriptor.FullName())
	default:
		return nil
	}
}

// Method returns the method of the full name /package.Service/Method.
func (r *Registry) Method(fullName string) (*Method, bool) {
	method, ok := r.methods[fullName]
	return method, ok
}
