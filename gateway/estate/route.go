package estate

import (
	"errors"
	"fmt"
	"strings"

	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/postern-gateway/postern/gateway/diagnostic"
)

// reservedPath is what the gateway publishes in every version beside the contract.
const reservedPath = "openapi.json"

// A route is one google.api.http rule of a contract method, or one of its additional bindings.
type route struct {
	api    *API
	method protoreflect.MethodDescriptor
	rule   *annotations.HttpRule
	// option is the path of the rule in the file's source locations.
	option protoreflect.SourcePath

	verb     string // GET; the kind of a custom rule
	template string
	// field is the rule's field that holds the template.
	field protoreflect.FieldNumber
}

// checkRoutes holds the rules of a contract against its messages and against each other.
func (r *reader) checkRoutes(api *API) {
	taken := make(map[string]*route)
	for _, service := range api.Services {
		for i := range service.Methods().Len() {
			for _, route := range routesOf(api, service.Methods().Get(i)) {
				parsed := r.checkRoute(route)
				if parsed == nil {
					continue
				}
				key := route.verb + " " + parsed.shape
				if other := taken[key]; other != nil {
					r.found.Add(clashOf(route, other), clashOf(other, route))
					continue
				}
				taken[key] = route
			}
		}
	}
}

// clashOf says at one route that another answers the same requests.
func clashOf(route, other *route) diagnostic.Diagnostic {
	place := other.at(0, "")
	return route.at(0, "%s %s is also the route of %s (%s:%d)", route.verb, route.template, other.method.Name(), place.File, place.Line)
}

// routesOf returns the rules of a method; none if it is offered over gRPC only.
func routesOf(api *API, method protoreflect.MethodDescriptor) []*route {
	rule, ok := proto.GetExtension(method.Options(), annotations.E_Http).(*annotations.HttpRule)
	if !ok || rule == nil {
		return nil
	}
	location := method.ParentFile().SourceLocations().ByDescriptor(method)
	option := append(append(protoreflect.SourcePath{}, location.Path...), 4, int32(annotations.E_Http.TypeDescriptor().Number())) // MethodDescriptorProto.options
	routes := []*route{newRoute(api, method, rule, option)}
	for i, additional := range rule.GetAdditionalBindings() {
		path := append(append(protoreflect.SourcePath{}, option...), 11, int32(i)) // HttpRule.additional_bindings
		routes = append(routes, newRoute(api, method, additional, path))
	}
	return routes
}

func newRoute(api *API, method protoreflect.MethodDescriptor, rule *annotations.HttpRule, option protoreflect.SourcePath) *route {
	r := &route{api: api, method: method, rule: rule, option: option}
	switch pattern := rule.GetPattern().(type) {
	case *annotations.HttpRule_Get:
		r.verb, r.template, r.field = "GET", pattern.Get, 2
	case *annotations.HttpRule_Put:
		r.verb, r.template, r.field = "PUT", pattern.Put, 3
	case *annotations.HttpRule_Post:
		r.verb, r.template, r.field = "POST", pattern.Post, 4
	case *annotations.HttpRule_Delete:
		r.verb, r.template, r.field = "DELETE", pattern.Delete, 5
	case *annotations.HttpRule_Patch:
		r.verb, r.template, r.field = "PATCH", pattern.Patch, 6
	case *annotations.HttpRule_Custom:
		r.verb, r.template, r.field = pattern.Custom.GetKind(), pattern.Custom.GetPath(), 8
	}
	return r
}

// at makes a diagnostic at a field of the rule, or, with 0, at its template.
func (r *route) at(field protoreflect.FieldNumber, format string, arguments ...any) diagnostic.Diagnostic {
	if field == 0 {
		field = r.field
	}
	locations := r.method.ParentFile().SourceLocations()
	path := append(append(protoreflect.SourcePath{}, r.option...), int32(field))
	for ; len(path) > 0; path = path[:len(path)-1] {
		if location := locations.ByPath(path); location.Path != nil {
			return atLocation(r.text(), location, format, arguments...)
		}
	}
	return r.text().Whole(format, arguments...)
}

// within makes a diagnostic at a byte of the template.
func (r *route) within(offset int, format string, arguments ...any) diagnostic.Diagnostic {
	found := r.at(0, format, arguments...)
	for line := found.Line; line > 0 && line < found.Line+3; line++ {
		content, from := r.text().Line(line), 0
		if line == found.Line {
			from = len(string([]rune(content)[:min(found.Column-1, len([]rune(content)))]))
		}
		for _, quote := range []string{`"`, `'`} {
			if start := strings.Index(content[from:], quote+r.template+quote); start >= 0 {
				column := len([]rune(content[:from+start+1+min(offset, len(r.template))])) + 1
				return r.text().At(line, column, "%s", found.Message)
			}
		}
	}
	return found
}

func (r *route) text() *diagnostic.Text { return r.api.texts[r.method.ParentFile().Path()] }

// checkRoute returns the route's template, or nil if it has none that can be read.
func (r *reader) checkRoute(route *route) *template {
	if route.template == "" || route.verb == "" {
		r.found.Add(route.at(0, "the rule of %s names no path", route.method.Name()).Accepting(`get: "` + prefixOf(route.api) + `...", or post, put, patch, delete`))
		return nil
	}
	parsed, err := parseTemplate(route.template)
	var wrong *templateError
	if errors.As(err, &wrong) {
		r.found.Add(route.within(wrong.offset, "this is not a path template: %s", wrong.text))
		return nil
	}
	if !strings.HasPrefix(route.template, prefixOf(route.api)) {
		r.found.Add(route.within(0, "the paths of this contract begin with %s", prefixOf(route.api)).Accepting(fmt.Sprintf("%q", prefixOf(route.api)+"...")))
	}
	if parsed.shape == prefixOf(route.api)+reservedPath {
		r.found.Add(route.within(0, "here the gateway itself publishes the OpenAPI document of this version"))
	}
	r.checkVariables(route, parsed)
	r.checkBody(route)
	if len(route.rule.GetAdditionalBindings()) > 0 && route.isAdditional() {
		r.found.Add(route.at(11, "an additional binding cannot have additional bindings"))
	}
	return parsed
}

func (r *route) isAdditional() bool {
	main, ok := proto.GetExtension(r.method.Options(), annotations.E_Http).(*annotations.HttpRule)
	return ok && main != r.rule
}

func prefixOf(api *API) string { return "/" + api.Name + "/" + api.Version + "/" }

// checkVariables checks that what is taken from the path has a place in the request.
func (r *reader) checkVariables(route *route, parsed *template) {
	seen := make(map[string]bool)
	for _, variable := range parsed.variables {
		if seen[variable.path] {
			r.found.Add(route.within(variable.offset, "{%s} is here twice", variable.path))
			continue
		}
		seen[variable.path] = true
		if problem, accepted := checkVariable(route.method.Input(), variable.path); problem != "" {
			r.found.Add(route.within(variable.offset, "{%s}: %s", variable.path, problem).Accepting(accepted))
		}
	}
}

// checkVariable says what is wrong with a field path, and what the message has instead.
func checkVariable(message protoreflect.MessageDescriptor, path string) (problem, accepted string) {
	names := strings.Split(path, ".")
	for i, name := range names {
		field := message.Fields().ByName(protoreflect.Name(name))
		switch {
		case field == nil:
			return missingField(message, name), strings.Join(fieldNames(message), ", ")
		case field.IsList() || field.IsMap():
			return fmt.Sprintf("%s holds more than one value", name), "a field that holds one scalar"
		case i == len(names)-1 && field.Message() != nil:
			return fmt.Sprintf("%s is a message", name), "a field that holds one scalar, such as " + path + "." + firstField(field.Message())
		case i < len(names)-1 && field.Message() == nil:
			return fmt.Sprintf("%s is a scalar and has no fields", name), ""
		}
		message = field.Message()
	}
	return "", ""
}

func missingField(message protoreflect.MessageDescriptor, name string) string {
	problem := fmt.Sprintf("%s has no field %q", message.Name(), name)
	if meant := nearest(name, fieldNames(message)); meant != "" {
		problem += fmt.Sprintf("; did you mean %q?", meant)
	}
	return problem
}

func firstField(message protoreflect.MessageDescriptor) string {
	if message.Fields().Len() == 0 {
		return "..."
	}
	return string(message.Fields().Get(0).Name())
}

// HttpRule.body and HttpRule.response_body.
const (
	ruleBody         = 7
	ruleResponseBody = 12
)

func (r *reader) checkBody(route *route) {
	input, output := route.method.Input(), route.method.Output()
	switch body := route.rule.GetBody(); {
	case body == "":
	case route.verb == "GET":
		r.found.Add(route.at(ruleBody, "a GET request has no body").Accepting("query parameters, which need no rule"))
	case body != "*" && input.Fields().ByName(protoreflect.Name(body)) == nil:
		r.found.Add(route.at(ruleBody, "body: %s", missingField(input, body)).Accepting("*, " + strings.Join(fieldNames(input), ", ")))
	}
	if body := route.rule.GetResponseBody(); body != "" && output.Fields().ByName(protoreflect.Name(body)) == nil {
		r.found.Add(route.at(ruleResponseBody, "response_body: %s", missingField(output, body)).Accepting(strings.Join(fieldNames(output), ", ")))
	}
}
