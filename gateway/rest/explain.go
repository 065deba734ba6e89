package rest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/postern-gateway/postern/adapters"
)

// maxViolations is how many mistakes are reported at once.
const maxViolations = 50

// explain finds what is wrong with a body of valid JSON that the codec refused. It reads the body once, in time linear to its length.
func (e *endpoint) explain(body []byte) []adapters.Violation {
	x := &explainer{body: body, decoder: json.NewDecoder(bytes.NewReader(body)), codec: e.codec}
	x.decoder.UseNumber()
	token, raw, err := x.next()
	if err != nil {
		return nil
	}
	if e.body == nil {
		x.message("", e.input.Descriptor(), token, 0)
	} else {
		x.value(e.body.JSONName(), e.body, token, raw, 0)
	}
	return x.violations
}

// An explainer walks a JSON value beside the descriptor that it should fit.
type explainer struct {
	body       []byte
	decoder    *json.Decoder
	codec      *codec
	violations []adapters.Violation
}

func (x *explainer) refuse(path, format string, arguments ...any) {
	if len(x.violations) < maxViolations {
		x.violations = append(x.violations, adapters.Violation{Field: path, Description: fmt.Sprintf(format, arguments...)})
	}
}

// next returns the next token and its text.
func (x *explainer) next() (json.Token, []byte, error) {
	start := x.decoder.InputOffset()
	token, err := x.decoder.Token()
	return token, x.text(start), err
}

// text is the body from start to where the decoder stands, without what separates values.
func (x *explainer) text(start int64) []byte {
	return bytes.TrimLeft(x.body[start:x.decoder.InputOffset()], " \t\r\n:,")
}

// skip reads to the end of the value that token starts, and returns the rest of its text.
func (x *explainer) skip(token json.Token) []byte {
	start := x.decoder.InputOffset()
	for depth := opens(token); depth > 0; {
		next, err := x.decoder.Token()
		if err != nil {
			return nil
		}
		depth += opens(next)
	}
	return x.body[start:x.decoder.InputOffset()]
}

func opens(token json.Token) int {
	switch token {
	case json.Delim('{'), json.Delim('['):
		return 1
	case json.Delim('}'), json.Delim(']'):
		return -1
	default:
		return 0
	}
}

// message checks the members of an object against the fields of a message.
func (x *explainer) message(path string, descriptor protoreflect.MessageDescriptor, token json.Token, depth int) {
	if token != json.Delim('{') {
		x.skip(token)
		x.refuse(path, "wants an object")
		return
	}
	if depth > maxDepth {
		x.skip(token)
		x.refuse(path, "is nested too deeply")
		return
	}
	o := &object{path: path, descriptor: descriptor, depth: depth, given: make(map[protoreflect.FullName]protoreflect.FieldDescriptor)}
	for x.decoder.More() {
		key, _, err := x.next()
		name, isName := key.(string)
		if err != nil || !isName {
			return
		}
		token, raw, err := x.next()
		if err != nil {
			return
		}
		x.member(o, name, token, raw)
	}
	_, _, _ = x.next() // the closing brace: the body is valid JSON
}

// An object is a message whose members are being read.
type object struct {
	path       string
	descriptor protoreflect.MessageDescriptor
	depth      int
	// given holds what was read, by the name of the field and of the choice that it belongs to.
	given map[protoreflect.FullName]protoreflect.FieldDescriptor
}

func (x *explainer) member(o *object, name string, token json.Token, raw []byte) {
	field := fieldNamed(o.descriptor, name)
	if field == nil {
		x.skip(token)
		x.refuse(under(o.path, strings.ToValidUTF8(shorten(name), "\uFFFD")), "is not known%s", suggest(name, jsonNames(o.descriptor)))
		return
	}
	path := under(o.path, field.JSONName())
	if o.given[field.FullName()] != nil {
		x.refuse(path, "is given more than once")
	}
	o.given[field.FullName()] = field
	if choice := field.ContainingOneof(); choice != nil && !choice.IsSynthetic() && token != nil {
		if other := o.given[choice.FullName()]; other != nil && other != field {
			x.refuse(path, "cannot be given together with %s", other.JSONName())
		}
		o.given[choice.FullName()] = field
	}
	x.value(path, field, token, raw, o.depth)
}

// value checks the value of a field, which may be a list or a map.
func (x *explainer) value(path string, field protoreflect.FieldDescriptor, token json.Token, raw []byte, depth int) {
	name := strconv.Quote(field.JSONName())
	switch {
	case token == nil && !isJSONValue(field): // null is as good as absent
	case field.IsList():
		x.list(path, field, token, depth, `{`+name+`:[`)
	case field.IsMap():
		x.mapping(path, field, token, depth, `{`+name+`:{`)
	default:
		x.single(path, field, field.Message(), token, raw, depth, `{`+name+`:`, `}`)
	}
}

func (x *explainer) list(path string, field protoreflect.FieldDescriptor, token json.Token, depth int, open string) {
	if token != json.Delim('[') {
		x.skip(token)
		x.refuse(path, "wants a list")
		return
	}
	for i := 0; x.decoder.More(); i++ {
		token, raw, err := x.next()
		if err != nil {
			return
		}
		x.single(fmt.Sprintf("%s[%d]", path, i), field, field.Message(), token, raw, depth, open, `]}`)
	}
	_, _, _ = x.next()
}

func (x *explainer) mapping(path string, field protoreflect.FieldDescriptor, token json.Token, depth int, open string) {
	if token != json.Delim('{') {
		x.skip(token)
		x.refuse(path, "wants an object")
		return
	}
	for x.decoder.More() {
		key, quoted, err := x.next()
		if err != nil {
			return
		}
		token, raw, err := x.next()
		if err != nil {
			return
		}
		at := fmt.Sprintf("%s[%q]", path, shorten(fmt.Sprint(key)))
		x.single(at, field, field.MapValue().Message(), token, raw, depth, open+string(quoted)+`:`, `}}`)
	}
	_, _, _ = x.next()
}

// single checks one value: a message member by member, anything else by decoding it alone in its field, between open and end.
func (x *explainer) single(path string, field protoreflect.FieldDescriptor, message protoreflect.MessageDescriptor, token json.Token, raw []byte, depth int, open, end string) {
	if message != nil && !hasOwnJSON(message) {
		x.message(path, message, token, depth+1)
		return
	}
	value := slices.Concat([]byte(open), raw, x.skip(token), []byte(end))
	if err := x.codec.Unmarshal(value, dynamicpb.NewMessage(field.ContainingMessage())); err != nil {
		x.refuse(path, "wants %s", wanted(field))
	}
}

// hasOwnJSON reports whether the message's JSON is not an object of its fields (the proto3 JSON mapping of google.protobuf).
func hasOwnJSON(message protoreflect.MessageDescriptor) bool {
	switch message.Name() {
	case "Any", "Timestamp", "Duration", "FieldMask", "Struct", "Value", "ListValue",
		"DoubleValue", "FloatValue", "Int64Value", "UInt64Value", "Int32Value", "UInt32Value", "BoolValue", "StringValue", "BytesValue":
		return message.ParentFile().Package() == "google.protobuf"
	default:
		return false
	}
}

// isJSONValue reports whether null is a value of the field.
func isJSONValue(field protoreflect.FieldDescriptor) bool {
	return isMessage(field) && field.Message().FullName() == "google.protobuf.Value"
}

func under(parent, name string) string {
	if parent == "" {
		return name
	}
	return parent + "." + name
}

func shorten(name string) string {
	if runes := []rune(name); len(runes) > 60 {
		return string(runes[:60]) + "…"
	}
	return name
}

// wanted says what text or JSON a field takes.
func wanted(field protoreflect.FieldDescriptor) string {
	if field.IsMap() {
		field = field.MapValue()
	}
	switch field.Kind() {
	case protoreflect.BoolKind:
		return "true or false"
	case protoreflect.Int32Kind, protoreflect.Sint32Kind, protoreflect.Sfixed32Kind:
		return "a whole number of at most 32 bits"
	case protoreflect.Uint32Kind, protoreflect.Fixed32Kind:
		return "a whole number of at most 32 bits, not negative"
	case protoreflect.Int64Kind, protoreflect.Sint64Kind, protoreflect.Sfixed64Kind:
		return "a whole number of at most 64 bits"
	case protoreflect.Uint64Kind, protoreflect.Fixed64Kind:
		return "a whole number of at most 64 bits, not negative"
	case protoreflect.FloatKind, protoreflect.DoubleKind:
		return "a number"
	case protoreflect.StringKind:
		return "a string"
	case protoreflect.BytesKind:
		return "bytes in base64"
	case protoreflect.EnumKind:
		return "one of " + enumNames(field.Enum())
	default:
		return wantedMessage(field.Message())
	}
}

func wantedMessage(message protoreflect.MessageDescriptor) string {
	switch message.FullName() {
	case "google.protobuf.Timestamp":
		return "a time such as 2026-01-31T09:30:00Z"
	case "google.protobuf.Duration":
		return "a duration such as 3.5s"
	case "google.protobuf.FieldMask":
		return "field names joined by commas"
	case "google.protobuf.Struct":
		return "an object"
	case "google.protobuf.ListValue":
		return "a list"
	case "google.protobuf.Any":
		return `an object with "@type"`
	}
	if value := message.Fields().ByName("value"); value != nil && hasOwnJSON(message) { // wrappers.proto
		return wanted(value)
	}
	return "a value of " + string(message.FullName())
}

func enumNames(enum protoreflect.EnumDescriptor) string {
	const most = 20
	var names []string
	for i := range min(enum.Values().Len(), most) {
		names = append(names, string(enum.Values().Get(i).Name()))
	}
	if enum.Values().Len() > most {
		names = append(names, "…")
	}
	return strings.Join(names, ", ")
}
