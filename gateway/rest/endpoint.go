package rest

import (
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/grpc-ecosystem/grpc-gateway/v2/utilities"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/gateway/registry"
)

// The messages of google.protobuf and google.longrunning that have a meaning in HTTP.
const (
	emptyName     protoreflect.FullName = "google.protobuf.Empty"
	operationName protoreflect.FullName = "google.longrunning.Operation"
)

// An endpoint answers one route.
type endpoint struct {
	Route
	fullName  string
	pattern   string // GET /api/v1/things/{id}, as http.Request has it
	input     protoreflect.MessageType
	pathed    []boundVariable
	body      protoreflect.FieldDescriptor // nil where the body is the whole message, or nothing
	response  protoreflect.FieldDescriptor // nil where the reply is the whole message
	mask      protoreflect.FieldDescriptor // update_mask, where PATCH fills it from the body
	elsewhere *utilities.DoubleArray       // what path and body give, and the query may not
	// queryNames are what the query may hold.
	queryNames []string
	// idempotent is true if the method may be called twice with the effect of one call.
	idempotent bool
	// isEmpty and isOperation say of which kind the reply is.
	isEmpty, isOperation bool
	// operations is the route that reads a long-running operation, or nil.
	operations *Route

	conn    grpc.ClientConnInterface
	codec   *codec
	maxBody int64
	logger  *slog.Logger
}

// A boundVariable is a variable of the path and the field that it sets.
type boundVariable struct {
	// number is its place among the variables of the template, path the field's path in proto names, and name the same in JSON names.
	number     int
	path, name string
	field      protoreflect.FieldDescriptor
	multi      bool
}

func newEndpoint(route Route, options Options, codec *codec) *endpoint {
	input, output := route.Method.Input(), route.Method.Output()
	e := &endpoint{
		Route:       route,
		fullName:    route.FullName(),
		pattern:     route.Verb + " " + route.Path,
		input:       dynamicpb.NewMessageType(input),
		body:        input.Fields().ByName(protoreflect.Name(route.Body)),
		response:    output.Fields().ByName(protoreflect.Name(route.ResponseBody)),
		idempotent:  isIdempotent(route.Method),
		isEmpty:     output.FullName() == emptyName,
		isOperation: output.FullName() == operationName,
		logger:      options.Logger,
		conn:        options.Conn,
		codec:       codec,
		maxBody:     options.MaxBody,
	}
	if mask := input.Fields().ByName("update_mask"); route.Verb == http.MethodPatch && e.body != nil && isMessage(e.body) && isFieldMask(mask) {
		e.mask = mask
	}
	for i, v := range route.template.variables {
		if field, err := fieldAt(input, v.path); err == nil {
			e.pathed = append(e.pathed, boundVariable{
				number: i, path: protoPath(input, v.path), name: jsonPath(input, v.path), field: field, multi: v.multi(route.template),
			})
		}
	}
	e.elsewhere = route.given()
	for _, p := range route.QueryParameters() {
		e.queryNames = append(e.queryNames, p.Name)
	}
	return e
}

func isIdempotent(method protoreflect.MethodDescriptor) bool {
	options, ok := method.Options().(*descriptorpb.MethodOptions)
	return ok && options.GetIdempotencyLevel() != descriptorpb.MethodOptions_IDEMPOTENCY_UNKNOWN
}

// serve answers a request. variables are what those of the template stand for, in order and as they were sent.
func (e *endpoint) serve(x *exchange, r *http.Request, variables []string) {
	x.endpoint = e
	r.Pattern = e.pattern
	if e.Verb != http.MethodGet && isConditional(r.Header) {
		x.problem(r, errConditional)
		return
	}
	request, err := e.request(x, r, variables)
	switch {
	case err != nil:
		x.problem(r, err)
	case e.Method.IsStreamingServer():
		e.serveStream(x, r, request)
	default:
		e.serveUnary(x, r, request)
	}
}

// errConditional answers a write that is only to be done under a condition: one that is not looked at must not be taken for one that holds.
var errConditional = httpError(http.StatusNotImplemented, codes.Unimplemented, "CONDITION_NOT_SUPPORTED",
	"If-Match and If-Unmodified-Since are not supported for writes. Nothing has been done.")

// isConditional reports whether the request names a state that it is for (RFC 9110 sections 13.1.1 and 13.1.4).
func isConditional(header http.Header) bool {
	return header.Get("If-Match") != "" || header.Get("If-Unmodified-Since") != ""
}

func (e *endpoint) request(w http.ResponseWriter, r *http.Request, variables []string) (proto.Message, error) {
	mediaType := jsonType
	if e.Method.IsStreamingServer() {
		mediaType = streamType
	}
	if err := checkAccept(r, mediaType); err != nil {
		return nil, err
	}
	body, err := e.readBody(w, r)
	if err != nil {
		return nil, err
	}
	return e.bind(body, variables, r.URL.RawQuery)
}

func (e *endpoint) serveUnary(x *exchange, r *http.Request, request proto.Message) {
	reply, err := registry.Call(x.context(r), e.conn, e.fullName, request)
	if err == nil && reply == nil {
		err = errors.New("the handler returned neither reply nor error")
	}
	if err != nil {
		x.problem(r, e.asSent(err))
		return
	}
	if x.notModified() {
		x.describe()
		x.WriteHeader(http.StatusNotModified)
		return
	}
	if e.isEmpty {
		x.describe()
		x.WriteHeader(http.StatusNoContent)
		return
	}
	e.write(x, r, reply)
}

// write writes the answer.
func (e *endpoint) write(x *exchange, r *http.Request, reply proto.Message) {
	written := e.codec.buffer()
	defer e.codec.release(written)
	data, err := e.codec.appendAnswer(written.data, reply, e.answered(reply))
	if err != nil {
		e.logger.ErrorContext(r.Context(), "writing an answer", "method", e.fullName, "error", err)
		x.problem(r, err)
		return
	}
	written.data = data
	x.describe()
	if e.isOperation {
		e.follow(x, reply)
	}
	header := x.Header()
	header["Content-Type"] = jsonTypes
	x.set(header, "Content-Length", 2, strconv.Itoa(len(data)))
	_, _ = x.Write(data) // the caller has gone; there is nobody to tell
}

var jsonTypes = []string{jsonType}

// asSent names the fields of an error's violations as the caller sent them: where the body is one field of the request, that field's name is
// no part of it.
func (e *endpoint) asSent(err error) error {
	var known *adapters.Error
	if e.body == nil || !errors.As(err, &known) || len(known.Violations) == 0 {
		return err
	}
	sent := *known
	sent.Violations = slices.Clone(known.Violations)
	for i := range sent.Violations {
		sent.Violations[i].Field = strings.TrimPrefix(sent.Violations[i].Field, e.body.JSONName()+".")
	}
	return &sent
}

// answered is the field of the reply that the caller sees, or nil for all of it. The reply may be of another descriptor for the same type, if its handler
// is generated code.
func (e *endpoint) answered(reply proto.Message) protoreflect.FieldDescriptor {
	if e.response == nil {
		return nil
	}
	return reply.ProtoReflect().Descriptor().Fields().ByNumber(e.response.Number())
}

// follow makes the answer for an operation that is not done 202, with the operation's address.
func (e *endpoint) follow(x *exchange, reply proto.Message) {
	message := reply.ProtoReflect()
	fields := message.Descriptor().Fields()
	done, name := fields.ByName("done"), fields.ByName("name")
	if done == nil || name == nil || message.Get(done).Bool() {
		return
	}
	x.status = http.StatusAccepted
	if e.operations != nil {
		x.Header().Set("Location", e.operations.operationPath(message.Get(name).String()))
	}
}

// operationRoute finds the route that reads an operation by one variable.
func operationRoute(routes []Route) *Route {
	for i, route := range routes {
		if route.Verb == http.MethodGet && route.Method.Output().FullName() == operationName && len(route.template.variables) == 1 {
			return &routes[i]
		}
	}
	return nil
}

// operationPath is the address of the operation of this name. A variable of one segment stands for what follows the last slash: operations/7 is
// read at /operations/{id} as /operations/7.
func (r Route) operationPath(name string) string {
	v := r.template.variables[0]
	value := escapeSegments(name)
	if !v.multi(r.template) {
		value = url.PathEscape(name[strings.LastIndexByte(name, '/')+1:])
	}
	path := "/" + join(r.template.segments[:v.first]) + "/" + value
	if rest := r.template.segments[v.last:]; len(rest) > 0 {
		path += "/" + join(rest)
	}
	if r.template.verb != "" {
		path += ":" + r.template.verb
	}
	return path
}

func escapeSegments(name string) string {
	segments := strings.Split(name, "/")
	for i, s := range segments {
		segments[i] = url.PathEscape(s)
	}
	return strings.Join(segments, "/")
}
