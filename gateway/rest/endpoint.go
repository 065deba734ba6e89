package rest

import (
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/grpc-ecosystem/grpc-gateway/v2/utilities"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/gateway/condition"
	"github.com/postern-gateway/postern/gateway/idempotency"
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
	// conditional is true if the method looks at the conditions of a write.
	conditional bool
	// hasKey is true if a call may have an idempotency key.
	hasKey bool
	// isEmpty and isOperation say of which kind the reply is.
	isEmpty, isOperation bool
	// operations is the route that reads a long-running operation, or nil.
	operations *Route
	// changed is the last time that was told as that of the last change.
	changed atomic.Pointer[moment]

	conn    grpc.ClientConnInterface
	codec   *codec
	maxBody int64
	logger  *slog.Logger
}

// A moment is a time as headers spell it (RFC 9110 section 5.6.7).
type moment struct {
	at   time.Time
	text string
}

// lastModified spells a time. Answers from the same data have the same one, so it is mostly known.
func (e *endpoint) lastModified(at time.Time) string {
	if known := e.changed.Load(); known != nil && known.at.Equal(at) {
		return known.text
	}
	made := &moment{at: at, text: at.UTC().Format(http.TimeFormat)}
	e.changed.Store(made)
	return made.text
}

// A boundVariable is a variable of the path and the field that it sets.
type boundVariable struct {
	// number is its place among the variables of the template, path the field's path in proto names, and name the same in JSON names.
	number     int
	path, name string
	field      protoreflect.FieldDescriptor
	multi      bool
}

func newEndpoint(published Published, route Route, options Options, codec *codec) *endpoint {
	input, output := route.Method.Input(), route.Method.Output()
	e := &endpoint{
		Route:       route,
		fullName:    route.FullName(),
		pattern:     route.Verb + " " + route.Path,
		input:       dynamicpb.NewMessageType(input),
		body:        input.Fields().ByName(protoreflect.Name(route.Body)),
		response:    output.Fields().ByName(protoreflect.Name(route.ResponseBody)),
		idempotent:  isIdempotent(route.Method),
		conditional: published.Conditional[route.Method.FullName()],
		hasKey:      route.TakesKey(),
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
	request, err := e.accept(x, r, variables)
	switch {
	case err != nil:
		x.problem(r, err)
	case e.Method.IsStreamingServer():
		e.serveStream(x, r, request)
	default:
		e.serveUnary(x, r, request)
	}
}

// accept reads what the headers say, and then the request.
func (e *endpoint) accept(x *exchange, r *http.Request, variables []string) (proto.Message, error) {
	if e.Verb != http.MethodGet {
		conditions, there, err := condition.Read(r.Header.Values, e.conditional)
		if err != nil {
			return nil, err
		}
		if there {
			x.conditions = &conditions
		}
	}
	if values := r.Header[idempotency.Header]; len(values) > 0 && e.hasKey {
		key, err := idempotency.ParseKey(values)
		if err != nil {
			return nil, err
		}
		x.key = key
	}
	return e.request(x, r, variables)
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
	switch {
	case e.isOperation:
		e.follow(x, reply)
	case x.reply.Accepted:
		x.status = http.StatusAccepted
	case e.created != nil:
		x.status = http.StatusCreated
		x.locate(e.created.of(reply))
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
		x.locate(e.operations.operationPath(message.Get(name).String()))
	}
}

// operationRoute finds the route that reads an operation by one variable.
func operationRoute(routes []Route) *Route {
	for i, route := range routes {
		reads := route.Verb == http.MethodGet && route.Method.Output().FullName() == operationName && !route.Method.IsStreamingServer()
		if reads && len(route.template.variables) == 1 {
			return &routes[i]
		}
	}
	return nil
}

// operationPath is the address of the operation of this name. A variable of one segment stands for what follows the last slash: operations/7 is
// read at /operations/{id} as /operations/7.
func (r Route) operationPath(name string) string {
	if v := r.template.variables[0]; !v.multi(r.template) {
		name = name[strings.LastIndexByte(name, '/')+1:]
	}
	return r.fill([]string{name})
}
