package gateway

import (
	"errors"
	"net/http"

	"buf.build/go/protovalidate"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/gateway/contract"
	"github.com/postern-gateway/postern/gateway/diagnostic"
	"github.com/postern-gateway/postern/gateway/estate"
	"github.com/postern-gateway/postern/gateway/registry"
	"github.com/postern-gateway/postern/gateway/resilience"
	"github.com/postern-gateway/postern/gateway/rest"
)

// generation is one complete state of what the gateway serves. It never changes; when a back end comes in, a new one takes its place in one step.
type generation struct {
	registry  *registry.Registry
	published []rest.Published
	rest      http.Handler
}

// build makes the generation of the back ends as they are now. It changes nothing.
func (g *Gateway) build() (*generation, error) {
	services := make(map[string][]adapters.Service)
	guards := make(map[string]*resilience.Guard)
	var declarations []registry.Declaration
	for _, b := range g.backEnds {
		offered, isOpen := b.services()
		if isOpen {
			guards[b.declared.Name] = b.guard
		}
		services[b.declared.Name] = offered
		for _, service := range offered {
			declarations = append(declarations, registry.Declaration{Owner: b.declared.Name, Service: service.Descriptor})
		}
	}
	for _, api := range g.estate.APIs {
		for _, service := range api.Services {
			declarations = append(declarations, registry.Declaration{Owner: owner(api), Service: service})
		}
	}
	catalog, err := registry.NewCatalog(declarations)
	if err != nil {
		return nil, err
	}
	chain, err := newChain(g.telemetry, g.estate.Gateway.GetLimits().GetMaxTimeout().AsDuration(), guards)
	if err != nil {
		return nil, err
	}
	if err := g.compile(catalog, chain.validator, services); err != nil {
		return nil, err
	}
	methods, err := registry.New(catalog, services, chain.wrap)
	if err != nil {
		return nil, err
	}
	next := &generation{registry: methods, published: g.publications(methods)}
	next.rest, err = g.restHandler(methods, next.published)
	return next, err
}

// owner is the name under which a contract's methods are called.
func owner(api *estate.API) string { return api.Name + "/" + api.Version }

// compile adds the contracts' services to those of the back ends. All mistakes in all contracts are found at once.
func (g *Gateway) compile(catalog *registry.Catalog, validator *validator, services map[string][]adapters.Service) error {
	var found diagnostic.List
	for _, api := range g.estate.APIs {
		compiled, mistakes := contract.Compile(api, catalog, &g.conn, g.telemetry.Logger)
		found.Add(mistakes...)
		found.Add(checkRules(api, validator)...)
		services[owner(api)] = compiled
	}
	found.Add(contract.Cycles(g.estate.APIs, catalog)...)
	return found.Err()
}

// checkRules compiles the buf.validate rules of a contract's requests, so that a rule that does not compile is a mistake
// at load, and not an internal error at the first call.
func checkRules(api *estate.API, validator *validator) diagnostic.List {
	var found diagnostic.List
	checked := make(map[protoreflect.FullName]bool)
	for _, service := range api.Services {
		for i := range service.Methods().Len() {
			input := service.Methods().Get(i).Input()
			if checked[input.FullName()] {
				continue
			}
			checked[input.FullName()] = true
			var broken *protovalidate.CompilationError
			if err := validator.rules.Validate(dynamicpb.NewMessage(input)); errors.As(err, &broken) {
				found.Add(api.At(input, "its buf.validate rules do not compile: %v", broken))
			}
		}
	}
	return found
}
