package estate

import (
	"fmt"

	"buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate"
	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
)

// Drift says in words how the services of a back end differ from those of its lock file: one sentence for each
// difference that a caller or a binding can see, in the order of the declarations. Comments do not count.
func Drift(locked, current []protoreflect.ServiceDescriptor) []string {
	d := &drift{seen: make(map[protoreflect.FullName]bool)}
	now := make(map[protoreflect.FullName]protoreflect.ServiceDescriptor)
	for _, service := range current {
		now[service.FullName()] = service
	}
	for _, was := range locked {
		is, ok := now[was.FullName()]
		if !ok {
			d.say("service %s is gone", was.Name())
			continue
		}
		delete(now, was.FullName())
		d.service(was, is)
	}
	for _, service := range current {
		if now[service.FullName()] != nil {
			d.say("service %s was added", service.Name())
		}
	}
	return d.sentences
}

// A drift is a comparison under way.
type drift struct {
	sentences []string
	seen      map[protoreflect.FullName]bool // messages and enums that have been compared
}

func (d *drift) say(format string, arguments ...any) {
	d.sentences = append(d.sentences, fmt.Sprintf(format, arguments...))
}

func (d *drift) service(was, is protoreflect.ServiceDescriptor) {
	for i := range was.Methods().Len() {
		method := was.Methods().Get(i)
		if now := is.Methods().ByName(method.Name()); now != nil {
			d.method(method, now)
		} else {
			d.say("method %s is gone", method.Name())
		}
	}
	for i := range is.Methods().Len() {
		if method := is.Methods().Get(i); was.Methods().ByName(method.Name()) == nil {
			d.say("method %s was added", method.Name())
		}
	}
}

func (d *drift) method(was, is protoreflect.MethodDescriptor) {
	if was.IsStreamingServer() != is.IsStreamingServer() {
		d.say("method %s: the reply changed from %s to %s", was.Name(), replyKind(was), replyKind(is))
	}
	if from, to := idempotency(was), idempotency(is); from != to {
		d.say("method %s: idempotency_level changed from %s to %s", was.Name(), from, to)
	}
	if !proto.Equal(routeOf(was), routeOf(is)) {
		d.say("method %s: its default route changed from %s to %s", was.Name(), routeText(was), routeText(is))
	}
	d.compareMessages("request", was.Name(), was.Input(), is.Input())
	d.compareMessages("reply", was.Name(), was.Output(), is.Output())
}

func (d *drift) compareMessages(role string, method protoreflect.Name, was, is protoreflect.MessageDescriptor) {
	if was.FullName() != is.FullName() {
		d.say("method %s: its %s changed from %s to %s", method, role, was.Name(), is.Name())
		return
	}
	d.message(was, is)
}

// message compares two messages of one name, and those that they hold.
func (d *drift) message(was, is protoreflect.MessageDescriptor) {
	if d.seen[was.FullName()] {
		return
	}
	d.seen[was.FullName()] = true
	for i := range was.Fields().Len() {
		field := was.Fields().Get(i)
		if now := is.Fields().ByName(field.Name()); now != nil {
			d.field(was.Name(), field, now)
		} else {
			d.say("message %s: field %s is gone", was.Name(), field.Name())
		}
	}
	for i := range is.Fields().Len() {
		if field := is.Fields().Get(i); was.Fields().ByName(field.Name()) == nil {
			d.say("message %s: field %s was added", was.Name(), field.Name())
		}
	}
}

func (d *drift) field(message protoreflect.Name, was, is protoreflect.FieldDescriptor) {
	changed := func(what, from, to string) {
		if from != to {
			d.say("message %s: field %s changed%s from %s to %s", message, was.Name(), what, from, to)
		}
	}
	changed("", typeText(was), typeText(is))
	changed(" its number", fmt.Sprint(was.Number()), fmt.Sprint(is.Number()))
	changed(" its JSON name", was.JSONName(), is.JSONName())
	changed("", presenceText(was), presenceText(is))
	changed(" its choice", oneofText(was), oneofText(is))
	if !proto.Equal(rulesOf(was), rulesOf(is)) {
		d.say("message %s: what field %s accepts changed", message, was.Name())
	}
	if was.IsMap() && is.IsMap() {
		was, is = was.MapValue(), is.MapValue()
	}
	switch {
	case was.Message() != nil && is.Message() != nil && was.Message().FullName() == is.Message().FullName():
		d.message(was.Message(), is.Message())
	case was.Enum() != nil && is.Enum() != nil && was.Enum().FullName() == is.Enum().FullName():
		d.enum(was.Enum(), is.Enum())
	}
}

func (d *drift) enum(was, is protoreflect.EnumDescriptor) {
	if d.seen[was.FullName()] {
		return
	}
	d.seen[was.FullName()] = true
	for i := range was.Values().Len() {
		value := was.Values().Get(i)
		switch now := is.Values().ByName(value.Name()); {
		case now == nil:
			d.say("enum %s: value %s is gone", was.Name(), value.Name())
		case now.Number() != value.Number():
			d.say("enum %s: value %s changed its number from %d to %d", was.Name(), value.Name(), value.Number(), now.Number())
		}
	}
	for i := range is.Values().Len() {
		if value := is.Values().Get(i); was.Values().ByName(value.Name()) == nil {
			d.say("enum %s: value %s was added", was.Name(), value.Name())
		}
	}
}

func typeText(field protoreflect.FieldDescriptor) string {
	text := field.Kind().String()
	switch {
	case field.IsMap():
		return "map<" + typeText(field.MapKey()) + ", " + typeText(field.MapValue()) + ">"
	case field.Message() != nil:
		text = string(field.Message().FullName())
	case field.Enum() != nil:
		text = string(field.Enum().FullName())
	}
	if field.IsList() {
		return "list of " + text
	}
	return text
}

func presenceText(field protoreflect.FieldDescriptor) string {
	if field.HasPresence() {
		return "optional"
	}
	return "always there"
}

func oneofText(field protoreflect.FieldDescriptor) string {
	if oneof := field.ContainingOneof(); oneof != nil && !oneof.IsSynthetic() {
		return string(oneof.Name())
	}
	return "none"
}

func replyKind(method protoreflect.MethodDescriptor) string {
	if method.IsStreamingServer() {
		return "a stream"
	}
	return "one message"
}

func rulesOf(field protoreflect.FieldDescriptor) *validate.FieldRules {
	rules, _ := proto.GetExtension(field.Options(), validate.E_Field).(*validate.FieldRules)
	return rules
}

func routeOf(method protoreflect.MethodDescriptor) *annotations.HttpRule {
	rule, _ := proto.GetExtension(method.Options(), annotations.E_Http).(*annotations.HttpRule)
	return rule
}

func routeText(method protoreflect.MethodDescriptor) string {
	rule := routeOf(method)
	if rule == nil {
		return "none"
	}
	r := newRoute(nil, method, rule, nil)
	return r.verb + " " + r.template
}

func idempotency(method protoreflect.MethodDescriptor) descriptorpb.MethodOptions_IdempotencyLevel {
	options, _ := method.Options().(*descriptorpb.MethodOptions)
	return options.GetIdempotencyLevel()
}
