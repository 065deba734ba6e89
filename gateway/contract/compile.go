package contract

import (
	"fmt"
	"log/slog"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/gateway/diagnostic"
	"github.com/postern-gateway/postern/gateway/estate"
	"github.com/postern-gateway/postern/gateway/registry"
	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

// Compile makes the services of one API of the estate, complete with handlers: bound methods call conn, the others are
// mocked. The catalogue holds all services of this load, those of the API itself included. The services are not to be used if there
// is any diagnostic. Cycles between contracts are found by [Cycles].
//
// The logger is told why optional steps were not answered.
func Compile(api *estate.API, catalog *registry.Catalog, conn grpc.ClientConnInterface, logger *slog.Logger) ([]adapters.Service, diagnostic.List) {
	environment, err := newEnvironment(catalog, api.Services)
	if err != nil {
		return nil, diagnostic.List{{Message: fmt.Sprintf("%s: %v", owner(api), err)}}
	}
	c := &compiler{api: api, catalog: catalog, conn: conn, logger: logger, environment: environment}
	bindings := c.bindings()
	services := make([]adapters.Service, len(api.Services))
	for i, service := range api.Services {
		services[i] = adapters.Service{Descriptor: service, Methods: c.methods(service, bindings)}
	}
	return services, c.found
}

// A compiler compiles one API.
type compiler struct {
	api         *estate.API
	catalog     *registry.Catalog
	conn        grpc.ClientConnInterface
	logger      *slog.Logger
	environment *environment
	found       diagnostic.List
}

// A boundMethod is a method as the binding has it.
type boundMethod struct {
	binding *configv1.MethodBinding
	place   string // methods["GetCitizen"]
}

// bindings finds the methods that the binding names.
func (c *compiler) bindings() map[protoreflect.Name]boundMethod {
	bound := make(map[protoreflect.Name]boundMethod)
	for key, binding := range c.api.Binding.GetMethods() {
		place := fmt.Sprintf("methods[%q]", key)
		if c.api.Method(protoreflect.Name(key)) == nil {
			c.found.Add(c.api.BindingSource.AtKey(place, "%s has no method %s", owner(c.api), key))
			continue
		}
		bound[protoreflect.Name(key)] = boundMethod{binding: binding, place: place}
	}
	return bound
}

// owner is the name under which the catalogue knows the API: citizen/v1.
func owner(api *estate.API) string { return api.Name + "/" + api.Version }

// methods compiles the methods of one service.
func (c *compiler) methods(service protoreflect.ServiceDescriptor, bindings map[protoreflect.Name]boundMethod) []adapters.Method {
	methods := make([]adapters.Method, service.Methods().Len())
	for i := range methods {
		descriptor := service.Methods().Get(i)
		bound := bindings[descriptor.Name()]
		examples := c.examples(descriptor, bound)
		if isMocked(bound.binding) {
			methods[i] = mocked(descriptor, examples)
			continue
		}
		methods[i] = adapters.Method{Name: descriptor.Name()}
		if descriptor.IsStreamingClient() || descriptor.IsStreamingServer() {
			c.found.Add(c.api.BindingSource.AtKey(bound.place, "%s streams, and only methods with one request and one reply can be bound", descriptor.Name()))
			continue
		}
		if method := c.method(descriptor, bound); method != nil {
			methods[i].Unary = method.answer
		}
	}
	return methods
}

// isMocked reports whether a binding leaves the answer to the mock.
func isMocked(binding *configv1.MethodBinding) bool {
	return len(binding.GetSteps()) == 0 && len(binding.GetResponse()) == 0 && binding.GetReturn() == "" && len(binding.GetErrors()) == 0
}
