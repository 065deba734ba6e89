package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/postern-gateway/postern/adapters/soap"
	"github.com/postern-gateway/postern/gateway"
	"github.com/postern-gateway/postern/gateway/rest"
)

// A candidate is a method that a name on the command line may mean.
type candidate struct {
	method protoreflect.MethodDescriptor
	// operation, port and service are names in the WSDL; empty for other kinds of back ends.
	operation, port, service string
}

// spelled is how the command line names the method and no other of its back end.
func (c candidate) spelled(all []candidate) []string {
	own := string(c.method.Parent().Name()) + "." + string(c.method.Name())
	var out []string
	for _, name := range []string{c.service + "." + c.operation, c.port + "." + c.operation, own} {
		if c.operation == "" && name != own {
			continue
		}
		if found := match(all, name); len(found) == 1 && found[0].method == c.method && !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	return out
}

// candidates are all methods of a back end. report is nil where it does not come from a WSDL.
func candidates(services []protoreflect.ServiceDescriptor, report *soap.Report) []candidate {
	byName := make(map[protoreflect.FullName]soap.ReportedOperation)
	if report != nil {
		for _, o := range report.Operations {
			byName[protoreflect.FullName(o.Method)] = o
		}
	}
	var out []candidate
	for _, service := range services {
		for i := range service.Methods().Len() {
			method := service.Methods().Get(i)
			reported := byName[method.FullName()]
			out = append(out, candidate{method, reported.Operation, reported.Port, reported.Service})
		}
	}
	return out
}

// match returns the candidates of a name: those whose operation is spelled so in the WSDL; or else those whose method is; or else those of either whatever
// the case. A service or port may stand before it.
func match(all []candidate, name string) []candidate {
	spellings := []func(candidate) []string{
		func(c candidate) []string {
			if c.operation == "" {
				return nil
			}
			return []string{c.operation, c.port + "." + c.operation, c.service + "." + c.operation, c.service + "." + c.port + "." + c.operation}
		},
		func(c candidate) []string {
			service := c.method.Parent()
			return []string{string(c.method.Name()), string(service.Name()) + "." + string(c.method.Name()), string(c.method.FullName())}
		},
	}
	for _, equal := range []func(a, b string) bool{func(a, b string) bool { return a == b }, strings.EqualFold} {
		for _, spelled := range spellings {
			var found []candidate
			for _, c := range all {
				if slices.ContainsFunc(spelled(c), func(s string) bool { return equal(s, name) }) {
					found = append(found, c)
				}
			}
			if len(found) > 0 {
				return found
			}
		}
	}
	return nil
}

// choose finds the method that is meant. Of several operations of one name it is the one that fits, by the first of the tests that only one passes;
// where they are one operation in several places, it is the first.
func choose(all []candidate, owner, name string, tests ...func(protoreflect.MethodDescriptor) bool) (protoreflect.MethodDescriptor, error) {
	found := match(all, name)
	if len(found) == 0 {
		return nil, fmt.Errorf("%s has no operation %s; it has %s", owner, name, strings.Join(offered(all), ", "))
	}
	if len(found) == 1 || allAlike(found) {
		return found[0].method, nil
	}
	for _, fits := range tests {
		var fitting []candidate
		for _, c := range found {
			if fits(c.method) {
				fitting = append(fitting, c)
			}
		}
		if len(fitting) == 1 {
			return fitting[0].method, nil
		}
	}
	var names []string
	for _, c := range found {
		spelled := c.spelled(all)
		if len(spelled) == 0 {
			spelled = []string{string(c.method.FullName())}
		}
		names = append(names, "  "+owner+"/"+strings.Join(spelled, " or "+owner+"/"))
	}
	return nil, errors.New(owner + " has several operations " + name + ", and the data does not tell which is meant. Write\n" + strings.Join(names, "\n"))
}

// chooseByRequest finds the method that is meant, and makes its request of JSON.
func chooseByRequest(all []candidate, owner, name string, data []byte, types rest.Resolver) (protoreflect.MethodDescriptor, proto.Message, error) {
	read := func(method protoreflect.MethodDescriptor) (proto.Message, error) {
		return rest.ReadRequest(dynamicpb.NewMessageType(method.Input()), data, types)
	}
	readable := func(method protoreflect.MethodDescriptor) bool {
		_, err := read(method)
		return err == nil
	}
	valid := func(method protoreflect.MethodDescriptor) bool {
		request, err := read(method)
		return err == nil && gateway.Validate(request) == nil
	}
	method, err := choose(all, owner, name, readable, valid)
	if err != nil {
		return nil, nil, err
	}
	request, err := read(method)
	return method, request, err
}

// offered are the names of all operations.
func offered(all []candidate) []string {
	var out []string
	for _, c := range all {
		name := c.operation
		if name == "" {
			name = string(c.method.Name())
		}
		if !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	return out
}

// allAlike reports whether the methods are one operation, offered in several places.
func allAlike(found []candidate) bool {
	for _, c := range found[1:] {
		if c.operation != found[0].operation || c.service+c.port == found[0].service+found[0].port || !alike(c.method.Input(), found[0].method.Input()) {
			return false
		}
	}
	return true
}

// alike reports whether two messages have the same fields.
func alike(a, b protoreflect.MessageDescriptor) bool {
	if a.FullName() == b.FullName() {
		return true
	}
	if a.Fields().Len() != b.Fields().Len() {
		return false
	}
	for i := range a.Fields().Len() {
		x, y := a.Fields().Get(i), b.Fields().Get(i)
		if x.Name() != y.Name() || x.Kind() != y.Kind() || x.Cardinality() != y.Cardinality() {
			return false
		}
		if x.Message() != nil && x.Message().FullName() != y.Message().FullName() {
			return false
		}
	}
	return true
}
