package rest

import (
	"slices"
	"strings"

	"github.com/grpc-ecosystem/grpc-gateway/v2/utilities"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// maxFlat is how many levels of nested fields are listed as parameters.
const maxFlat = 4

// A Parameter is a field of the request that path or query gives.
type Parameter struct {
	// Name is what callers write: JSON names joined by dots.
	Name string
	// Field is what it sets.
	Field protoreflect.FieldDescriptor
	// Pattern is what a variable of several segments looks like (files/**), and empty for any other parameter.
	Pattern string
}

// PathParameters returns the variables of the path, in order.
func (r Route) PathParameters() []Parameter {
	var parameters []Parameter
	for _, v := range r.template.variables {
		field, err := fieldAt(r.Method.Input(), v.path)
		if err != nil {
			continue // newRoute refused it
		}
		p := Parameter{Name: jsonPath(r.Method.Input(), v.path), Field: field}
		if v.multi(r.template) {
			p.Pattern = join(r.template.segments[v.first:v.last])
		}
		parameters = append(parameters, p)
	}
	return parameters
}

// QueryParameters returns what the query may hold, in order of the request's fields: all that path and body do not give. The fields of a
// message are parameters of their own, down to maxFlat levels and until a message comes round again: deeper ones are taken, but not listed.
func (r Route) QueryParameters() []Parameter {
	if r.Body == "*" {
		return nil
	}
	return flatten(r.Method.Input(), nil, []protoreflect.MessageDescriptor{r.Method.Input()}, r.given())
}

func flatten(message protoreflect.MessageDescriptor, path []string, within []protoreflect.MessageDescriptor, given *utilities.DoubleArray) []Parameter {
	var parameters []Parameter
	fields := message.Fields()
	for i := range fields.Len() {
		field := fields.Get(i)
		here := append(slices.Clone(path), string(field.Name()))
		switch {
		case given.HasCommonPrefix(here):
		case isParameter(field):
			parameters = append(parameters, Parameter{Name: jsonPath(message, string(field.Name())), Field: field})
		case isMessage(field) && !hasOwnJSON(field.Message()) && !slices.Contains(within, field.Message()) && len(within) < maxFlat:
			for _, nested := range flatten(field.Message(), here, append(slices.Clone(within), field.Message()), given) {
				nested.Name = field.JSONName() + "." + nested.Name
				parameters = append(parameters, nested)
			}
		}
	}
	return parameters
}

// given holds the proto paths of what path and body give.
func (r Route) given() *utilities.DoubleArray {
	var paths [][]string
	for _, v := range r.template.variables {
		paths = append(paths, strings.Split(protoPath(r.Method.Input(), v.path), "."))
	}
	if r.Body != "" && r.Body != "*" {
		paths = append(paths, []string{r.Body})
	}
	return utilities.NewDoubleArray(paths)
}

// isParameter reports whether text can give the field's value.
func isParameter(field protoreflect.FieldDescriptor) bool {
	switch {
	case field.IsMap():
		return false
	case field.Message() == nil:
		return true
	case !hasOwnJSON(field.Message()):
		return false
	}
	switch field.Message().Name() {
	case "Any", "Struct", "Value", "ListValue":
		return false
	default:
		return true
	}
}
