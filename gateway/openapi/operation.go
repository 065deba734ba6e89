package openapi

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"

	"github.com/postern-gateway/postern/gateway/condition"
	"github.com/postern-gateway/postern/gateway/idempotency"
	"github.com/postern-gateway/postern/gateway/rest"
)

const (
	emptyName     protoreflect.FullName = "google.protobuf.Empty"
	operationName protoreflect.FullName = "google.longrunning.Operation"
)

// operation describes one route. variables are the names of the path's variables in this document.
func (w *writer) operation(route rest.Route, variables []string) *object {
	description := Comment(route.Method)
	mocked := w.published.Mocked[route.Method.FullName()]
	o := newObject(
		"operationId", w.operationID(route),
		"summary", Summary(route.Method),
		"description", describe(description, mocked),
		"tags", []any{string(route.Method.Parent().Name())},
		"parameters", w.parameters(route, variables),
	)
	if body := w.requestBody(route); body != nil {
		o.set("requestBody", body)
	}
	o.set("responses", w.responses(route))
	if isDeprecated(route.Method) || w.published.Lifecycle == "deprecated" {
		o.set("deprecated", true)
	}
	if mocked {
		o.set("x-postern-mock", true)
	}
	return o
}

func describe(description string, mocked bool) string {
	if !mocked {
		return description
	}
	return strings.TrimSpace(description + "\n\nNot connected yet: replies are made up, and have the header `Postern-Mock: true`.")
}

// operationID is the method's name in lowerCamelCase, with its verb for a further route, and a number where that is taken too.
func (w *writer) operationID(route rest.Route) string {
	name := lowerFirst(string(route.Method.Name()))
	if w.ids[name] {
		name += route.Verb[:1] + strings.ToLower(route.Verb[1:])
	}
	unique := name
	for i := 2; w.ids[unique]; i++ {
		unique = name + strconv.Itoa(i)
	}
	w.ids[unique] = true
	return unique
}

func lowerFirst(name string) string {
	first, size := utf8.DecodeRuneInString(name)
	return string(unicode.ToLower(first)) + name[size:]
}

// Summary returns the first sentence of what the .proto file says of something, without its full stop.
func Summary(descriptor protoreflect.Descriptor) string {
	text := strings.Join(strings.Fields(Comment(descriptor)), " ")
	if sentence, _, found := strings.Cut(text, ". "); found {
		return sentence
	}
	return strings.TrimSuffix(text, ".")
}

func isDeprecated(method protoreflect.MethodDescriptor) bool {
	options, ok := method.Options().(*descriptorpb.MethodOptions)
	return ok && options.GetDeprecated()
}

func (w *writer) parameters(route rest.Route, variables []string) []any {
	var parameters []any
	for i, p := range route.PathParameters() {
		o := w.parameter(p, "path", true)
		o.set("name", variables[i])
		if p.Pattern != "" {
			o.set("description", strings.TrimSpace(Comment(p.Field)+"\n\nMay hold slashes: "+p.Pattern))
		}
		parameters = append(parameters, o)
	}
	for _, p := range route.QueryParameters() {
		parameters = append(parameters, w.parameter(p, "query", w.schemas.requires(p.Field) && !strings.Contains(p.Name, ".")))
	}
	if hasKey(route) {
		parameters = append(parameters, headerParameter(idempotency.Header, "Makes the call once, however often it is sent with this key: later answers are the first one's, with the header `Idempotency-Replayed: true`. "+
			"A text of 1 to 255 visible characters of ASCII, such as a UUID, of the caller's own choice."))
	}
	if w.isConditional(route) {
		parameters = append(parameters, headerParameter(condition.IfMatch, "Write only if the resource is in one of these states: a list of entity tags, each as the ETag of a read has it, or `*` for any."),
			headerParameter(condition.IfUnmodifiedSince, "Write only if the resource has not changed since: a date of HTTP. Not looked at beside If-Match."))
	}
	return parameters
}

// isConditional reports whether the route writes under conditions.
func (w *writer) isConditional(route rest.Route) bool {
	return route.Verb != http.MethodGet && w.published.Conditional[route.Method.FullName()]
}

// hasKey reports whether a call by the route may have an idempotency key.
func hasKey(route rest.Route) bool {
	return route.TakesKey() && !route.Method.IsStreamingServer()
}

func headerParameter(name, description string) *object {
	return newObject("name", name, "in", "header", "description", description, "schema", newObject("type", "string"))
}

func (w *writer) parameter(p rest.Parameter, in string, required bool) *object {
	schema := w.schemas.property(p.Field)
	o := newObject("name", p.Name, "in", in, "description", schema.values["description"])
	schema.remove("description")
	if required {
		o.set("required", true)
	}
	if examples := schema.list("examples"); len(examples) > 0 {
		o.set("example", examples[0]) // which is what API references fill in
	}
	o.set("schema", schema)
	return o
}

func (w *writer) requestBody(route rest.Route) *object {
	input := route.Method.Input()
	body := input.Fields().ByName(protoreflect.Name(route.Body))
	var schema *object
	switch {
	case route.Body == "":
		return nil
	case body == nil: // "*"
		given := pathed(route, "")
		if len(given) == input.Fields().Len() {
			return nil
		}
		schema = w.schemas.without(input, given)
	case body.Message() != nil && !body.IsList() && !body.IsMap():
		schema = w.schemas.without(body.Message(), pathed(route, body.JSONName()+"."))
	default:
		schema = w.schemas.property(body)
	}
	content := newObject("application/json", newObject("schema", schema))
	if route.Verb == http.MethodPatch {
		if schema.object("properties") != nil {
			schema.remove("required") // a patch holds what is to be changed
		}
		content.set("application/merge-patch+json", newObject("schema", schema))
	}
	return newObject("required", true, "content", content)
}

// pathed returns the fields right below the prefix that the path gives, and the body need not.
func pathed(route rest.Route, prefix string) []string {
	var names []string
	for _, p := range route.PathParameters() {
		if name, under := strings.CutPrefix(p.Name, prefix); under && !strings.Contains(name, ".") {
			names = append(names, name)
		}
	}
	return names
}

func (w *writer) responses(route rest.Route) *object {
	responses := newObject()
	output := route.Method.Output()
	switch {
	case route.Method.IsStreamingServer():
		responses.set("200", w.response("The replies, one JSON object to a line.", "application/x-ndjson", newObject(
			"type", "object",
			"description", "One line: a reply, or the error that ended the stream.",
			"properties", newObject("result", w.replySchema(route), "error", newObject("$ref", schemaPrefix+"Problem")),
		)))
	case output.FullName() == emptyName:
		responses.set("204", newObject("description", "Done."))
	case output.FullName() == operationName:
		accepted := w.response("Accepted, and under way.", "application/json", w.replySchema(route))
		accepted.set("headers", locationHeader("Where the operation is read."))
		responses.set("200", w.response("The operation is done.", "application/json", w.replySchema(route)))
		responses.set("202", accepted)
	default:
		status, ok := "200", w.response("The reply.", "application/json", w.replySchema(route))
		w.addExample(route.Method, ok)
		if route.Creates() {
			status = "201"
			ok.set("description", "Created.")
			ok.set("headers", locationHeader("Where the resource is read."))
		}
		responses.set(status, ok)
	}
	if hasKey(route) {
		responses.set("409", newObject("$ref", "#/components/responses/Problem"))
		responses.set("422", newObject("$ref", "#/components/responses/Problem"))
	}
	if w.isConditional(route) {
		responses.set("412", newObject("$ref", "#/components/responses/Problem"))
	}
	responses.set("default", newObject("$ref", "#/components/responses/Problem"))
	return responses
}

func locationHeader(description string) *object {
	return newObject("Location", newObject("description", description, "schema", newObject("type", "string")))
}

func (w *writer) response(description, mediaType string, schema *object) *object {
	return newObject("description", description, "content", newObject(mediaType, newObject("schema", schema)))
}

func (w *writer) replySchema(route rest.Route) *object {
	output := route.Method.Output()
	if field := output.Fields().ByName(protoreflect.Name(route.ResponseBody)); field != nil {
		return w.schemas.property(field)
	}
	return ref(output.FullName())
}

// addExample shows the reply that the API's owner gave as an example.
func (w *writer) addExample(method protoreflect.MethodDescriptor, response *object) {
	example := w.published.Examples[method.FullName()]
	if len(example) == 0 || !json.Valid(example) {
		return
	}
	if value, err := parse(example); err == nil {
		response.object("content").object("application/json").set("example", value)
	}
}
