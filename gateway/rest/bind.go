package rest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"github.com/grpc-ecosystem/grpc-gateway/v2/utilities"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/postern-gateway/postern/adapters"
)

// readBody reads the body if the route has one, and refuses one that the route has no use for. An empty object is no body.
func (e *endpoint) readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	if r.ContentLength == 0 && e.Body == "" {
		return nil, nil
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, e.maxBody))
	if err != nil {
		return nil, bodyError(r, err, e.maxBody)
	}
	empty := len(bytes.TrimSpace(body)) == 0
	if e.Body == "" {
		if empty || string(bytes.TrimSpace(body)) == "{}" {
			return nil, nil
		}
		return nil, adapters.Errorf(codes.InvalidArgument, "BODY_NOT_EXPECTED", "%s %s takes no body.", e.Verb, e.Path)
	}
	if !empty {
		return body, checkContentType(r)
	}
	if e.Body == "*" && len(e.pathed) == e.Method.Input().Fields().Len() {
		return []byte("{}"), nil // all that could be said is in the path
	}
	return nil, adapters.Errorf(codes.InvalidArgument, "BODY_MISSING", "A JSON body is needed.")
}

func bodyError(r *http.Request, err error, limit int64) error {
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return httpError(http.StatusRequestEntityTooLarge, codes.InvalidArgument, "BODY_TOO_LARGE", fmt.Sprintf("The body is larger than %d bytes.", limit))
	case r.Context().Err() != nil:
		return r.Context().Err()
	default:
		return adapters.Errorf(codes.InvalidArgument, "BODY_INCOMPLETE", "The body ended too early: %w", err)
	}
}

// A binding is a request message in the making, with the mistakes found so far.
type binding struct {
	endpoint   *endpoint
	message    proto.Message
	violations []adapters.Violation
}

// bind makes the request message of body, path and query. All mistakes are reported at once.
func (e *endpoint) bind(body []byte, variables []string, query string) (proto.Message, error) {
	b := &binding{endpoint: e, message: e.input.New().Interface()}
	if len(body) > 0 {
		if err := b.bindBody(body); err != nil {
			return nil, err
		}
	}
	b.bindPath(variables)
	if err := b.bindQuery(query); err != nil {
		return nil, err
	}
	if len(b.violations) > 0 {
		return nil, &adapters.Error{Code: codes.InvalidArgument, Violations: b.violations}
	}
	if e.mask != nil && !b.message.ProtoReflect().Has(e.mask) {
		return b.message, b.maskFromBody(body)
	}
	return b.message, nil
}

func (b *binding) refuse(field, format string, arguments ...any) {
	b.violations = append(b.violations, adapters.Violation{Field: field, Description: fmt.Sprintf(format, arguments...)})
}

func (b *binding) bindBody(body []byte) error {
	if err := syntaxError(body); err != nil {
		return err
	}
	err := b.decode(body)
	if err == nil {
		return nil
	}
	b.violations = b.endpoint.explain(body)
	if len(b.violations) == 0 {
		return adapters.Errorf(codes.InvalidArgument, "", "The body does not fit the request: %w", err)
	}
	b.message = b.endpoint.input.New().Interface() // path and query are checked all the same
	return nil
}

func (b *binding) decode(body []byte) error {
	field := b.endpoint.body
	switch {
	case field == nil:
		return b.endpoint.codec.Unmarshal(body, b.message)
	case isMessage(field):
		return b.endpoint.codec.Unmarshal(body, b.message.ProtoReflect().Mutable(field).Message().Interface())
	default:
		return b.endpoint.codec.Unmarshal(enclose(field, body), b.message)
	}
}

// enclose makes a valid JSON value the only member of an object.
func enclose(field protoreflect.FieldDescriptor, value []byte) []byte {
	return slices.Concat([]byte(`{"`+field.JSONName()+`":`), value, []byte("}"))
}

// syntaxError says where a body stops being one JSON value in UTF-8.
func syntaxError(body []byte) error {
	var value json.RawMessage
	err := json.Unmarshal(body, &value)
	if err == nil {
		if utf8.Valid(body) {
			return nil
		}
		return adapters.Errorf(codes.InvalidArgument, "MALFORMED_BODY", "The body is not valid UTF-8.")
	}
	line, column := 1, 1
	var at *json.SyntaxError
	if errors.As(err, &at) {
		before := body[:min(max(int(at.Offset)-1, 0), len(body))]
		line += bytes.Count(before, []byte("\n"))
		column = utf8.RuneCount(before[bytes.LastIndexByte(before, '\n')+1:]) + 1
	}
	return adapters.Errorf(codes.InvalidArgument, "MALFORMED_BODY", "The body is not one valid JSON value: it goes wrong at line %d, column %d: %w", line, column, err)
}

// bindPath sets what the path says. A body that says something else is refused.
func (b *binding) bindPath(variables []string) {
	for _, v := range b.endpoint.pathed {
		value, err := unescape(variables[v.number], v.multi)
		if err != nil {
			b.refuse(v.name, "is malformed in the path")
			continue
		}
		parent := b.parent(v.path)
		before, given := parent.Get(v.field), parent.Has(v.field)
		if description := setField(b.message, parent, v.path, v.field, []string{value}); description != "" {
			b.refuse(v.name, "%s", description)
			continue
		}
		if given && !before.Equal(parent.Get(v.field)) {
			b.refuse(v.name, "is one value in the path and another in the body")
		}
	}
}

// unescape resolves the escapes of a value. One that may hold several segments keeps its escaped slashes (google/api/http.proto).
func unescape(value string, multi bool) (string, error) {
	if multi {
		value = strings.ReplaceAll(value, "%2F", "%252F")
	}
	return url.PathUnescape(value)
}

func (b *binding) bindQuery(query string) error {
	if query == "" {
		return nil
	}
	values, err := url.ParseQuery(query)
	if err != nil {
		return adapters.Errorf(codes.InvalidArgument, "MALFORMED_QUERY", "The query string is malformed: %w", err)
	}
	names := make([]string, 0, len(values))
	for name := range values {
		names = append(names, name)
	}
	slices.Sort(names)
	seen := make(map[string]bool, len(names))
	for _, name := range names {
		b.bindParameter(name, values[name], seen)
	}
	return nil
}

func (b *binding) bindParameter(name string, values []string, seen map[string]bool) {
	descriptor := b.endpoint.input.Descriptor()
	if b.endpoint.Body == "*" {
		b.refuse(name, "is not known: everything is given in path and body")
		return
	}
	field, err := fieldAt(descriptor, name)
	path := protoPath(descriptor, name)
	switch {
	case err != nil:
		b.refuse(name, "is not a parameter%s", suggest(name, b.endpoint.queryNames))
		return
	case b.endpoint.elsewhere.HasCommonPrefix(strings.Split(path, ".")):
		b.refuse(name, "is given in path or body, not in the query")
		return
	case !isParameter(field):
		b.refuse(name, "cannot be given in the query")
		return
	case seen[path] || len(values) > 1 && !field.IsList():
		b.refuse(name, "is given more than once")
		return
	}
	seen[path] = true
	if description := setField(b.message, b.parent(path), path, field, values); description != "" {
		b.refuse(name, "%s", description)
	}
}

// parent returns the message that holds the last field of a path, and makes it if it is not there.
func (b *binding) parent(path string) protoreflect.Message {
	message := b.message.ProtoReflect()
	for {
		name, rest, nested := strings.Cut(path, ".")
		if !nested {
			return message
		}
		message = message.Mutable(message.Descriptor().Fields().ByName(protoreflect.Name(name))).Message()
		path = rest
	}
}

// setField sets the field at path, in the message parent, from text. It returns what is wrong with the text, or "".
func setField(message proto.Message, parent protoreflect.Message, path string, field protoreflect.FieldDescriptor, values []string) string {
	for _, value := range values {
		if !utf8.ValidString(value) {
			return "is not valid UTF-8"
		}
	}
	if other := chosen(parent, field); other != nil {
		return "cannot be given together with " + other.JSONName()
	}
	switch {
	case field.Enum() != nil:
		return setEnum(parent, field, values)
	case field.Message() == nil:
		return setScalar(parent, field, values)
	case isFieldMask(field):
		return setFieldMask(parent, field, strings.Split(values[0], ","))
	}
	if err := runtime.PopulateQueryParameters(message, url.Values{path: values}, utilities.NewDoubleArray(nil)); err != nil {
		return "wants " + wanted(field)
	}
	return ""
}

// chosen returns the other field that is set in the same choice.
func chosen(parent protoreflect.Message, field protoreflect.FieldDescriptor) protoreflect.FieldDescriptor {
	choice := field.ContainingOneof()
	if choice == nil || choice.IsSynthetic() {
		return nil
	}
	if set := parent.WhichOneof(choice); set != nil && set != field {
		return set
	}
	return nil
}

// setEnum stands in for grpc-gateway's, which only knows the enumerations that are linked into the program.
func setEnum(parent protoreflect.Message, field protoreflect.FieldDescriptor, values []string) string {
	for _, text := range values {
		value := field.Enum().Values().ByName(protoreflect.Name(text))
		if value == nil {
			return "wants " + wanted(field)
		}
		if field.IsList() {
			parent.Mutable(field).List().Append(protoreflect.ValueOfEnum(value.Number()))
		} else {
			parent.Set(field, protoreflect.ValueOfEnum(value.Number()))
		}
	}
	return ""
}

// setFieldMask stands in for grpc-gateway's, which takes paths as they are: callers spell them in JSON names.
func setFieldMask(parent protoreflect.Message, field protoreflect.FieldDescriptor, paths []string) string {
	mask := parent.Mutable(field).Message()
	list := mask.Mutable(mask.Descriptor().Fields().ByName("paths")).List()
	for _, path := range paths {
		list.Append(protoreflect.ValueOfString(snakeCase(strings.TrimSpace(path))))
	}
	return ""
}

// snakeCase spells a path as the proto3 JSON mapping of FieldMask does: rentAmount is rent_amount.
func snakeCase(path string) string {
	var b strings.Builder
	for _, r := range path {
		if r >= 'A' && r <= 'Z' {
			b.WriteByte('_')
			r += 'a' - 'A'
		}
		b.WriteRune(r)
	}
	return b.String()
}

// maskFromBody names the fields that the body of a PATCH holds, as grpc-gateway does, but for those that the path names too.
func (b *binding) maskFromBody(body []byte) error {
	reflected := b.message.ProtoReflect()
	mask, err := runtime.FieldMaskFromRequestBody(bytes.NewReader(body), reflected.Get(b.endpoint.body).Message().Interface())
	if err != nil {
		return adapters.Errorf(codes.InvalidArgument, "", "The body does not fit the request: %w", err)
	}
	slices.Sort(mask.GetPaths())
	list := reflected.Mutable(b.endpoint.mask).Message()
	paths := list.Mutable(list.Descriptor().Fields().ByName("paths")).List()
	for _, path := range mask.GetPaths() {
		if b.endpoint.isPathed(string(b.endpoint.body.Name()) + "." + path) {
			continue
		}
		paths.Append(protoreflect.ValueOfString(path))
	}
	return nil
}

// isPathed reports whether a variable of the path gives the field.
func (e *endpoint) isPathed(protoPath string) bool {
	return slices.ContainsFunc(e.pathed, func(v boundVariable) bool { return v.path == protoPath })
}

func isFieldMask(field protoreflect.FieldDescriptor) bool {
	return field != nil && isMessage(field) && field.Message().FullName() == "google.protobuf.FieldMask"
}

// isMessage reports whether the field holds one message.
func isMessage(field protoreflect.FieldDescriptor) bool {
	return field.Message() != nil && !field.IsList() && !field.IsMap()
}
