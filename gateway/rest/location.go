package rest

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// A location is where that is read which a create has made (AIP-133): the GET route of the get method, and where its variables are in the reply.
type location struct {
	route     Route
	variables []fieldPath // in the order of the route's variables
}

// A fieldPath is a field within a message, and within those that it holds.
type fieldPath []protoreflect.FieldDescriptor

// createdAt finds where that is read which the route creates, or returns nil if it is no create. It is one only if nothing is left to guess: the method is CreateThing
// by POST, its service has a GetThing that answers the same message, and the reply has a field for every variable of a GET route of it.
func createdAt(route Route, routes []Route) *location {
	thing, isCreate := strings.CutPrefix(string(route.Method.Name()), "Create")
	if !isCreate || thing == "" || route.Verb != http.MethodPost || route.Method.IsStreamingServer() {
		return nil
	}
	for _, get := range routes {
		if get.Verb != http.MethodGet || get.Method.Parent() != route.Method.Parent() || string(get.Method.Name()) != "Get"+thing ||
			get.Method.Output().FullName() != route.Method.Output().FullName() || len(get.template.variables) == 0 {
			continue
		}
		if variables, ok := get.variablesIn(route.Method.Output()); ok {
			return &location{route: get, variables: variables}
		}
	}
	return nil
}

// variablesIn finds the fields of a message by which the route's variables can be filled: of the same path and kind.
func (r Route) variablesIn(message protoreflect.MessageDescriptor) ([]fieldPath, bool) {
	var paths []fieldPath
	for _, v := range r.template.variables {
		asked, err := fieldAt(r.Method.Input(), v.path)
		if err != nil {
			return nil, false
		}
		path := fieldPathOf(message, protoPath(r.Method.Input(), v.path))
		if path == nil {
			return nil, false
		}
		last := path[len(path)-1]
		if last.IsList() || last.Kind() != asked.Kind() || !isSegment(last.Kind()) {
			return nil, false
		}
		paths = append(paths, path)
	}
	return paths, true
}

// fieldPathOf follows proto names joined by dots. It returns nil if there is no such field.
func fieldPathOf(message protoreflect.MessageDescriptor, names string) fieldPath {
	var path fieldPath
	for name := range strings.SplitSeq(names, ".") {
		if message == nil {
			return nil
		}
		field := message.Fields().ByName(protoreflect.Name(name))
		if field == nil || field.IsMap() {
			return nil
		}
		path = append(path, field)
		message = field.Message()
	}
	return path
}

// isSegment reports whether values of a kind have one spelling that a path is read from.
func isSegment(kind protoreflect.Kind) bool {
	switch kind {
	case protoreflect.FloatKind, protoreflect.DoubleKind, protoreflect.EnumKind, protoreflect.MessageKind, protoreflect.GroupKind:
		return false
	default:
		return true
	}
}

// of returns the address of what the reply says was created, or "" where the reply leaves a part of it out.
func (l *location) of(reply proto.Message) string {
	values := make([]string, len(l.variables))
	for i, path := range l.variables {
		value, ok := path.in(reply.ProtoReflect())
		if !ok {
			return ""
		}
		values[i] = value
	}
	return l.route.fill(values)
}

// in returns the text of the field in a message, which may be of another descriptor for the same type, if its handler is generated code.
func (p fieldPath) in(message protoreflect.Message) (string, bool) {
	last := len(p) - 1
	for _, field := range p[:last] {
		if field = message.Descriptor().Fields().ByNumber(field.Number()); field == nil || !message.Has(field) {
			return "", false
		}
		message = message.Get(field).Message()
	}
	field := message.Descriptor().Fields().ByNumber(p[last].Number())
	if field == nil || field.HasPresence() && !message.Has(field) {
		return "", false
	}
	switch value := message.Get(field).Interface().(type) {
	case string:
		return value, true
	case []byte:
		return base64.URLEncoding.EncodeToString(value), true
	case bool:
		return strconv.FormatBool(value), true
	case int32:
		return strconv.FormatInt(int64(value), 10), true
	case int64:
		return strconv.FormatInt(value, 10), true
	case uint32:
		return strconv.FormatUint(uint64(value), 10), true
	case uint64:
		return strconv.FormatUint(value, 10), true
	default:
		return "", false
	}
}

// fill returns the path in which the variables have these values, percent-encoded, or "" if there is none: a value is empty, stands for another path (".."), or does not fit the
// segments that its variable is for.
func (r Route) fill(values []string) string {
	var path strings.Builder
	for i, segment := range r.template.segments {
		at := slices.IndexFunc(r.template.variables, func(v variable) bool { return v.first <= i && i < v.last })
		switch {
		case at < 0:
			path.WriteString("/" + segment.literal)
		case r.template.variables[at].first < i: // written already
		case r.template.variables[at].multi(r.template):
			path.WriteString("/" + escapeSegments(values[at]))
		default:
			path.WriteString("/" + escapeSegment(values[at]))
		}
	}
	if r.template.verb != "" {
		path.WriteString(":" + r.template.verb)
	}
	parts := split(path.String(), nil)
	misread := func(segment string) bool { return segment == "" || segment == "." || segment == ".." }
	if slices.ContainsFunc(parts.segments, misread) || !r.template.matches(parts) {
		return ""
	}
	return path.String()
}

func escapeSegments(name string) string {
	segments := strings.Split(name, "/")
	for i, s := range segments {
		segments[i] = escapeSegment(s)
	}
	return strings.Join(segments, "/")
}

// escapeSegment escapes a colon too: what follows one may be a custom verb.
func escapeSegment(text string) string {
	return strings.ReplaceAll(url.PathEscape(text), ":", "%3A")
}
