package rest

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"unicode"

	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"

	"github.com/postern-gateway/postern/gateway/idempotency"
	"github.com/postern-gateway/postern/gateway/registry"
)

// Published is one version of one API as it is offered over REST, and what people should know of it.
type Published struct {
	// API and Version are the first two segments of every path: citizen, v1. Together they are unique.
	API, Version string
	// Services are the services whose methods are published.
	Services []protoreflect.ServiceDescriptor
	// Contract is true for a contract, whose google.api.http rules are absolute and say all that is published. It is false for a back end that
	// is published as it is: its rules are relative to /{api}/{version}, and methods without one get a default route.
	Contract bool
	// Title and Description are for the API's document and the catalogue. Without a title it is named by API and version.
	Title, Description string
	// Owner answers for the API: a team, an address. May be empty.
	Owner string
	// Lifecycle is draft, active or deprecated. Empty means active.
	Lifecycle string
	// Mocked names the methods that are answered with made-up replies.
	Mocked map[protoreflect.FullName]bool
	// Conditional names the methods that look at the conditions of a write (If-Match, If-Unmodified-Since). The others are not called under any.
	Conditional map[protoreflect.FullName]bool
	// Examples are replies as callers see them, in JSON, for the API's document.
	Examples map[protoreflect.FullName]json.RawMessage
}

// Name returns API/VERSION.
func (p Published) Name() string { return p.API + "/" + p.Version }

// Prefix returns what every path of the API starts with: /API/VERSION.
func (p Published) Prefix() string { return "/" + p.Name() }

// A Route is one verb and path, and the method that answers it.
type Route struct {
	// Verb is the HTTP method: GET.
	Verb string
	// Path is the template as callers read it, with JSON names: /housing/v1/tenancies/{tenancyId}.
	Path string
	// Method answers it.
	Method protoreflect.MethodDescriptor
	// Template is the path with proto field names, as in google.api.http.
	Template string
	// Body is "*", a field of the request, or empty, and ResponseBody a field of the reply, or empty, as in google.api.http.
	Body, ResponseBody string

	template template
	created  *location // nil unless it is a create
}

// Creates reports whether the route makes a resource that another route of the API reads: it is answered 201, with the resource's address in Location.
func (r Route) Creates() bool { return r.created != nil }

// TakesKey reports whether calls by the route may have an idempotency key: POST and PATCH, of methods that are not idempotent by themselves.
func (r Route) TakesKey() bool {
	return (r.Verb == http.MethodPost || r.Verb == http.MethodPatch) && idempotency.Applies(r.Method)
}

// FullName returns the name by which gRPC calls the method.
func (r Route) FullName() string { return registry.FullName(r.Method) }

// A RouteError is a method that cannot be published.
type RouteError struct {
	// API is the name of the [Published].
	API string
	// Method is the full name of the method.
	Method protoreflect.FullName
	// Message says why.
	Message string
}

// Error returns "citizen/v1: citizen.v1.Citizens.Get: message".
func (e *RouteError) Error() string {
	return e.API + ": " + string(e.Method) + ": " + e.Message
}

// Routes returns the routes of an API version in the order of its services and methods. The error joins a [RouteError] for every
// method that cannot be published: a bad path, an unknown field, a path that another method has.
func Routes(published Published) ([]Route, error) {
	var routes []Route
	var mistakes []error
	for method := range published.methods() {
		rule := published.rule(method)
		if rule == nil {
			continue
		}
		for _, binding := range append([]*annotations.HttpRule{rule}, rule.GetAdditionalBindings()...) {
			route, wrong := newRoute(published, method, binding)
			for _, mistake := range wrong {
				mistakes = append(mistakes, &RouteError{API: published.Name(), Method: method.FullName(), Message: mistake.Error()})
			}
			if len(wrong) == 0 {
				routes = append(routes, route)
			}
		}
	}
	for i := range routes {
		routes[i].created = createdAt(routes[i], routes)
	}
	return routes, errors.Join(append(mistakes, clashes(published, routes)...)...)
}

func clashes(published Published, routes []Route) []error {
	var mistakes []error
	first := make(map[string]Route)
	for _, route := range routes {
		key := route.Verb + " " + route.template.shape()
		earlier, taken := first[key]
		if !taken {
			first[key] = route
			continue
		}
		mistakes = append(mistakes, &RouteError{API: published.Name(), Method: route.Method.FullName(),
			Message: fmt.Sprintf("%s %s is %s of %s already", route.Verb, route.Path, earlier.Path, earlier.Method.FullName())})
	}
	return mistakes
}

// rule returns the google.api.http rule under which the method is published, with absolute paths, or nil if the method is
// not published over REST.
func (p Published) rule(method protoreflect.MethodDescriptor) *annotations.HttpRule {
	declared := registry.Rule(method)
	switch {
	case p.Contract:
		return declared
	case method.IsStreamingClient():
		return nil
	case declared == nil:
		return p.defaultRule(method)
	}
	absolute := proto.CloneOf(declared)
	p.makeAbsolute(absolute)
	for _, binding := range absolute.GetAdditionalBindings() {
		p.makeAbsolute(binding)
	}
	return absolute
}

func (p Published) makeAbsolute(rule *annotations.HttpRule) {
	verb, path := verbAndPath(rule)
	setVerbAndPath(rule, verb, p.Prefix()+path)
}

// defaultRule is POST /{api}/{version}/{methodName}, and also GET where the method only reads and its request holds only scalars.
func (p Published) defaultRule(method protoreflect.MethodDescriptor) *annotations.HttpRule {
	path := p.Prefix() + "/" + p.defaultName(method)
	rule := &annotations.HttpRule{Pattern: &annotations.HttpRule_Post{Post: path}, Body: "*"}
	if readsOnly(method) && holdsOnlyScalars(method.Input()) {
		rule.AdditionalBindings = []*annotations.HttpRule{{Pattern: &annotations.HttpRule_Get{Get: path}}}
	}
	return rule
}

// defaultName is the method's name in lowerCamelCase, after its service's name where another service has a method of that name.
func (p Published) defaultName(method protoreflect.MethodDescriptor) string {
	name := lowerCamel(string(method.Name()))
	for other := range p.methods() {
		if other.Parent() != method.Parent() && lowerCamel(string(other.Name())) == name {
			return lowerCamel(string(method.Parent().Name())) + "/" + name
		}
	}
	return name
}

func (p Published) methods() func(yield func(protoreflect.MethodDescriptor) bool) {
	return func(yield func(protoreflect.MethodDescriptor) bool) {
		for _, service := range p.Services {
			for i := range service.Methods().Len() {
				if !yield(service.Methods().Get(i)) {
					return
				}
			}
		}
	}
}

// newRoute reads one rule of a method, and checks it against the method's messages. It returns all that is wrong.
func newRoute(published Published, method protoreflect.MethodDescriptor, rule *annotations.HttpRule) (Route, []error) {
	verb, path := verbAndPath(rule)
	route := Route{Verb: verb, Method: method, Template: path, Body: rule.GetBody(), ResponseBody: rule.GetResponseBody()}
	if !slices.Contains(verbs, verb) {
		return route, []error{fmt.Errorf("the verb is one of %s", strings.Join(verbs, ", "))}
	}
	if method.IsStreamingClient() {
		return route, []error{errors.New("a method that streams its requests cannot be published over REST")}
	}
	parsed, err := parseTemplate(path)
	if err != nil {
		return route, []error{err}
	}
	route.template = parsed
	route.Path = parsed.String(func(fieldPath string) string { return jsonPath(method.Input(), fieldPath) })
	return route, slices.Concat(route.checkPrefix(published), route.checkVariables(), route.checkBodies())
}

// verbs are the HTTP methods that a route may have. HEAD is answered by GET routes.
var verbs = []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete}

func (r Route) checkPrefix(published Published) []error {
	segments := r.template.segments
	if len(segments) < 3 || segments[0].literal != published.API || segments[1].literal != published.Version {
		return []error{fmt.Errorf("path %q: it starts with %s/", r.Template, published.Prefix())}
	}
	if reserved(segments[2].literal) {
		return []error{fmt.Errorf("path %q: %s/%s is the gateway's own", r.Template, published.Prefix(), segments[2].literal)}
	}
	return nil
}

func (r Route) checkVariables() []error {
	var mistakes []error
	seen := make(map[string]bool)
	for _, v := range r.template.variables {
		field, err := fieldAt(r.Method.Input(), v.path)
		path := protoPath(r.Method.Input(), v.path)
		switch {
		case err != nil:
			mistakes = append(mistakes, fmt.Errorf("path %q: %w", r.Template, err))
		case field.IsList() || field.IsMap() || field.Message() != nil:
			mistakes = append(mistakes, fmt.Errorf("path %q: %s is not a single scalar", r.Template, v.path))
		case seen[path]:
			mistakes = append(mistakes, fmt.Errorf("path %q: %s stands twice", r.Template, v.path))
		case r.Body == path:
			mistakes = append(mistakes, fmt.Errorf("path %q: %s is the body", r.Template, v.path))
		}
		seen[path] = true
	}
	return mistakes
}

func (r Route) checkBodies() []error {
	var mistakes []error
	if r.Body != "" && (r.Verb == http.MethodGet || r.Verb == http.MethodDelete) {
		mistakes = append(mistakes, fmt.Errorf("%s takes no body", r.Verb))
	}
	if r.Body != "" && r.Body != "*" && r.Method.Input().Fields().ByName(protoreflect.Name(r.Body)) == nil {
		mistakes = append(mistakes, fmt.Errorf("body: %s has no field %s", r.Method.Input().FullName(), r.Body))
	}
	if r.ResponseBody != "" && r.Method.Output().Fields().ByName(protoreflect.Name(r.ResponseBody)) == nil {
		mistakes = append(mistakes, fmt.Errorf("response_body: %s has no field %s", r.Method.Output().FullName(), r.ResponseBody))
	}
	return mistakes
}

func verbAndPath(rule *annotations.HttpRule) (verb, path string) {
	switch pattern := rule.GetPattern().(type) {
	case *annotations.HttpRule_Get:
		return http.MethodGet, pattern.Get
	case *annotations.HttpRule_Put:
		return http.MethodPut, pattern.Put
	case *annotations.HttpRule_Post:
		return http.MethodPost, pattern.Post
	case *annotations.HttpRule_Delete:
		return http.MethodDelete, pattern.Delete
	case *annotations.HttpRule_Patch:
		return http.MethodPatch, pattern.Patch
	case *annotations.HttpRule_Custom:
		return pattern.Custom.GetKind(), pattern.Custom.GetPath()
	default:
		return "", ""
	}
}

func setVerbAndPath(rule *annotations.HttpRule, verb, path string) {
	switch verb {
	case http.MethodGet:
		rule.Pattern = &annotations.HttpRule_Get{Get: path}
	case http.MethodPut:
		rule.Pattern = &annotations.HttpRule_Put{Put: path}
	case http.MethodPost:
		rule.Pattern = &annotations.HttpRule_Post{Post: path}
	case http.MethodDelete:
		rule.Pattern = &annotations.HttpRule_Delete{Delete: path}
	case http.MethodPatch:
		rule.Pattern = &annotations.HttpRule_Patch{Patch: path}
	default:
		rule.Pattern = &annotations.HttpRule_Custom{Custom: &annotations.CustomHttpPattern{Kind: verb, Path: path}}
	}
}

// readsOnly reports whether the method is declared to have no side effects.
func readsOnly(method protoreflect.MethodDescriptor) bool {
	options, ok := method.Options().(*descriptorpb.MethodOptions)
	return ok && options.GetIdempotencyLevel() == descriptorpb.MethodOptions_NO_SIDE_EFFECTS
}

// holdsOnlyScalars reports whether every field can be a query parameter.
func holdsOnlyScalars(message protoreflect.MessageDescriptor) bool {
	for i := range message.Fields().Len() {
		if field := message.Fields().Get(i); field.Message() != nil {
			return false
		}
	}
	return true
}

// lowerCamel spells an UpperCamelCase name in lowerCamelCase: GetAccount is getAccount and URLLookup is urlLookup.
func lowerCamel(name string) string {
	runes := []rune(name)
	for i, r := range runes {
		if !unicode.IsUpper(r) || i > 0 && i+1 < len(runes) && unicode.IsLower(runes[i+1]) {
			break
		}
		runes[i] = unicode.ToLower(r)
	}
	return string(runes)
}
