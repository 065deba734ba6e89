package gateway

import (
	"errors"
	"net/http"
	"slices"
	"sync"
	"time"

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

// generation is one complete state of what the gateway serves: an estate as it was read, with its back ends as they were then. It never changes;
// when a back end comes in or the directory changes, a new one takes its place in one step.
type generation struct {
	estate    *estate.Estate
	backEnds  []*backEnd
	conn      *registry.Conn // calls the methods of this generation
	registry  *registry.Registry
	published []rest.Published
	// conditional are the methods that look at the conditions of a write.
	conditional map[protoreflect.FullName]bool
	rest        http.Handler

	use sync.RWMutex // read-locked by every call under way, and locked for good once the last has ended
}

// maxTimeout is the longest that a call may take.
func (n *generation) maxTimeout() time.Duration {
	return n.estate.Gateway.GetLimits().GetMaxTimeout().AsDuration()
}

// maxExchange is the longest that a request may take with its call, from its header to the last byte of the answer.
func (n *generation) maxExchange() time.Duration { return n.maxTimeout() + transferTime }

// build makes the generation of an estate with its back ends as they are now. It changes nothing.
func (g *Gateway) build(read *estate.Estate, backEnds []*backEnd) (*generation, error) {
	next := &generation{estate: read, backEnds: backEnds, conn: &registry.Conn{}}
	services := make(map[string][]adapters.Service)
	guards := make(map[string]*resilience.Guard)
	for _, b := range backEnds {
		offered, isOpen := b.services()
		if isOpen {
			guards[b.declared.Name] = b.guard
		}
		services[b.declared.Name] = offered
	}
	catalog, err := registry.NewCatalog(declarations(read, services))
	if err != nil {
		return nil, err
	}
	chain, err := newChain(g.telemetry, read.Gateway, g.keeper, guards)
	if err != nil {
		return nil, err
	}
	chain.traits = callerTraits(backEnds)
	if err := next.compile(catalog, chain, services); err != nil {
		return nil, err
	}
	if next.registry, err = registry.New(catalog, services, chain.wrap); err != nil {
		return nil, err
	}
	next.conn.Use(next.registry)
	next.conditional = conditional(read, catalog)
	next.published = next.publications()
	next.rest, err = next.restHandler(g.telemetry.Logger)
	return next, err
}

// callerTraits are what any open back end reads of callers, each once and in order. A contract's call may reach several.
func callerTraits(backEnds []*backEnd) adapters.CallerTraits {
	var all adapters.CallerTraits
	for _, b := range backEnds {
		if reader, ok := b.current().(adapters.CallerReader); ok {
			read := reader.CallerTraits()
			all.Claims, all.Headers = append(all.Claims, read.Claims...), append(all.Headers, read.Headers...)
		}
	}
	for _, names := range []*[]string{&all.Claims, &all.Headers} {
		slices.Sort(*names)
		*names = slices.Compact(*names)
	}
	return all
}

// declarations lists the mirrored services and those of the contracts.
func declarations(read *estate.Estate, mirrored map[string][]adapters.Service) []registry.Declaration {
	var all []registry.Declaration
	for name, offered := range mirrored {
		for _, service := range offered {
			all = append(all, registry.Declaration{Owner: name, Service: service.Descriptor})
		}
	}
	for _, api := range read.APIs {
		for _, service := range api.Services {
			all = append(all, registry.Declaration{Owner: owner(api), Service: service})
		}
	}
	return all
}

// conditional finds the methods, of back ends and of contracts, that look at the conditions of a write.
func conditional(read *estate.Estate, catalog *registry.Catalog) map[protoreflect.FullName]bool {
	found := contract.Conditional(read.APIs, catalog)
	for _, declaration := range catalog.Services() {
		for i := range declaration.Service.Methods().Len() {
			if method := declaration.Service.Methods().Get(i); registry.IsConditional(method) && !declaration.IsContract() {
				found[method.FullName()] = true
			}
		}
	}
	return found
}

// owner is the name under which a contract's methods are called.
func owner(api *estate.API) string { return api.Name + "/" + api.Version }

// compile adds the contracts' services to those of the back ends. All mistakes in all contracts are found at once.
func (n *generation) compile(catalog *registry.Catalog, chain *chain, services map[string][]adapters.Service) error {
	var found diagnostic.List
	for _, api := range n.estate.APIs {
		compiled, mistakes := contract.Compile(api, catalog, n.conn, chain.logger)
		found.Add(mistakes...)
		found.Add(checkRules(api, chain.validator)...)
		services[owner(api)] = compiled
	}
	found.Add(contract.Cycles(n.estate.APIs, catalog)...)
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
