package contract

import (
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/postern-gateway/postern/gateway/estate"
	"github.com/postern-gateway/postern/gateway/registry"
	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

// Conditional finds the contract methods that write only under the conditions that they are called with: all that such a method writes is one step, which is
// always taken, and which calls a conditional method. The estate has no mistakes that [Compile] and [Cycles] report.
func Conditional(apis []*estate.API, catalog *registry.Catalog) map[protoreflect.FullName]bool {
	s := &conditionSearch{catalog: catalog, bindings: make(map[protoreflect.FullName]*configv1.MethodBinding), known: make(map[protoreflect.FullName]bool)}
	for _, api := range apis {
		for _, service := range api.Services {
			for i := range service.Methods().Len() {
				method := service.Methods().Get(i)
				s.bindings[method.FullName()] = api.Binding.GetMethods()[string(method.Name())]
			}
		}
	}
	for _, api := range apis {
		for _, service := range api.Services {
			for i := range service.Methods().Len() {
				s.isConditional(service.Methods().Get(i))
			}
		}
	}
	return s.known
}

// A conditionSearch follows the writing steps of contract methods down to the back ends.
type conditionSearch struct {
	catalog  *registry.Catalog
	bindings map[protoreflect.FullName]*configv1.MethodBinding
	known    map[protoreflect.FullName]bool
}

func (s *conditionSearch) isConditional(method protoreflect.MethodDescriptor) bool {
	binding, isContract := s.bindings[method.FullName()]
	if !isContract {
		return registry.IsConditional(method)
	}
	if known, ok := s.known[method.FullName()]; ok {
		return known
	}
	s.known[method.FullName()] = false // for a circle, which is reported elsewhere
	written := s.onlyWrite(binding)
	s.known[method.FullName()] = written != nil && s.isConditional(written)
	return s.known[method.FullName()]
}

// onlyWrite returns what the only writing step of a binding calls, or nil if there is none, there are several, or it may be left out or its failure passed over.
func (s *conditionSearch) onlyWrite(binding *configv1.MethodBinding) protoreflect.MethodDescriptor {
	var only protoreflect.MethodDescriptor
	for _, step := range binding.GetSteps() {
		called, err := findCall(s.catalog, step.GetCall())
		switch {
		case err != nil:
			return nil
		case registry.OnlyReads(called):
		case only != nil || step.GetOptional() || step.GetWhen() != "":
			return nil
		default:
			only = called
		}
	}
	return only
}
