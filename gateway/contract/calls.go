package contract

import (
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/postern-gateway/postern/gateway/diagnostic"
	"github.com/postern-gateway/postern/gateway/estate"
	"github.com/postern-gateway/postern/gateway/registry"
)

// Cycles finds contract methods that call one another in a circle. Each circle is reported once, at the step that closes it.
func Cycles(apis []*estate.API, catalog *registry.Catalog) diagnostic.List {
	s := &callSearch{catalog: catalog, methods: make(map[protoreflect.FullName]contractMethod), closed: make(map[protoreflect.FullName]bool)}
	for _, api := range apis {
		for _, service := range api.Services {
			for i := range service.Methods().Len() {
				method := service.Methods().Get(i)
				s.methods[method.FullName()] = contractMethod{api: api, name: method.Name()}
			}
		}
	}
	for _, api := range apis {
		for _, service := range api.Services {
			for i := range service.Methods().Len() {
				s.visit(service.Methods().Get(i).FullName())
			}
		}
	}
	return s.found
}

// A contractMethod is a method, and the API that it is of.
type contractMethod struct {
	api  *estate.API
	name protoreflect.Name
}

// A callSearch follows the calls between contract methods, depth first.
type callSearch struct {
	catalog *registry.Catalog
	methods map[protoreflect.FullName]contractMethod
	way     []protoreflect.FullName // from the first caller to the method that is looked at
	closed  map[protoreflect.FullName]bool
	found   diagnostic.List
}

func (s *callSearch) visit(caller protoreflect.FullName) {
	if s.closed[caller] {
		return
	}
	s.way = append(s.way, caller)
	method := s.methods[caller]
	for i, step := range method.api.Binding.GetMethods()[string(method.name)].GetSteps() {
		called, err := findCall(s.catalog, step.GetCall())
		if err != nil || s.methods[called.FullName()].api == nil {
			continue // a mistake that Compile reports, or a back end, which calls nobody
		}
		if at := slices.Index(s.way, called.FullName()); at >= 0 {
			place := fmt.Sprintf("methods[%q].steps[%d].call", method.name, i)
			s.found.Add(method.api.BindingSource.At(place, "contract methods call one another in a circle: %s", s.describe(append(slices.Clone(s.way[at:]), called.FullName()))))
			continue
		}
		s.visit(called.FullName())
	}
	s.way = s.way[:len(s.way)-1]
	s.closed[caller] = true
}

func (s *callSearch) describe(methods []protoreflect.FullName) string {
	names := make([]string, len(methods))
	for i, method := range methods {
		names[i] = owner(s.methods[method].api) + "/" + string(method.Name())
	}
	return strings.Join(names, " calls ")
}
