package contract

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"
	"google.golang.org/protobuf/types/known/structpb"
)

// An example is a request and its reply.
type example struct {
	request proto.Message // nil matches every request
	reply   proto.Message
}

// examples reads the examples of a method, and reports those that do not fit the contract.
func (c *compiler) examples(method protoreflect.MethodDescriptor, bound boundMethod) []example {
	var examples []example
	for i, binding := range bound.binding.GetExamples() {
		place := fmt.Sprintf("%s.examples[%d]", bound.place, i)
		found := len(c.found)
		var made example
		if binding.GetRequest() != nil {
			made.request = c.decode(place+".request", method.Input(), binding.GetRequest())
		}
		made.reply = c.decode(place+".response", method.Output(), binding.GetResponse())
		if len(c.found) == found {
			examples = append(examples, made)
		}
	}
	return examples
}

// decode reads the JSON of an example as a message. It returns nil after a mistake.
func (c *compiler) decode(place string, descriptor protoreflect.MessageDescriptor, content *structpb.Struct) proto.Message {
	known := len(c.found)
	c.fit(place, descriptor, content)
	if len(c.found) > known {
		return nil
	}
	message, ok := c.fromJSON(descriptor, content)
	if !ok {
		c.found.Add(c.api.BindingSource.At(place, "this is no %s", descriptor.FullName()))
		return nil
	}
	return message
}

func (c *compiler) fromJSON(descriptor protoreflect.MessageDescriptor, content *structpb.Struct) (proto.Message, bool) {
	text, err := protojson.Marshal(content)
	if err != nil {
		return nil, false
	}
	message := dynamicpb.NewMessage(descriptor)
	if err := (protojson.UnmarshalOptions{Resolver: c.catalog}).Unmarshal(text, message); err != nil {
		return nil, false // the text of the error has no place, and is not always the same
	}
	return message, true
}

// fit reports every key of an example that is no field, and every value that does not fit its field.
func (c *compiler) fit(place string, descriptor protoreflect.MessageDescriptor, content *structpb.Struct) {
	for _, key := range slices.Sorted(maps.Keys(content.GetFields())) {
		at, value := fmt.Sprintf("%s[%q]", place, key), content.GetFields()[key]
		field := descriptor.Fields().ByJSONName(key)
		if field == nil {
			field = descriptor.Fields().ByName(protoreflect.Name(key))
		}
		switch {
		case field == nil:
			c.found.Add(c.api.BindingSource.AtKey(at, "%s has no field %s", descriptor.FullName(), key).Accepting(jsonNames(descriptor)))
		case value.GetStructValue() != nil && isPlainMessage(field) && !field.IsList():
			c.fit(at, field.Message(), value.GetStructValue())
		case isPlainMessage(field) && field.IsList() && areObjects(value.GetListValue().GetValues()):
			for i, element := range value.GetListValue().GetValues() {
				c.fit(fmt.Sprintf("%s[%d]", at, i), field.Message(), element.GetStructValue())
			}
		default:
			if _, ok := c.fromJSON(descriptor, &structpb.Struct{Fields: map[string]*structpb.Value{key: value}}); !ok {
				c.found.Add(c.api.BindingSource.At(at, "this value does not fit the field %s", field.Name()).Accepting(jsonKind(field)))
			}
		}
	}
}

// areObjects reports whether there are values, and all are JSON objects.
func areObjects(values []*structpb.Value) bool {
	return len(values) > 0 && !slices.ContainsFunc(values, func(value *structpb.Value) bool { return value.GetStructValue() == nil })
}

// isPlainMessage reports whether the elements of a field are JSON objects with the fields of their message.
func isPlainMessage(field protoreflect.FieldDescriptor) bool {
	return field.Message() != nil && !field.IsMap() && field.Message().ParentFile().Package() != "google.protobuf"
}

func jsonNames(descriptor protoreflect.MessageDescriptor) string {
	names := make([]string, descriptor.Fields().Len())
	for i := range names {
		names[i] = descriptor.Fields().Get(i).JSONName()
	}
	return strings.Join(names, ", ")
}

// jsonKind says how a field is written in JSON.
func jsonKind(field protoreflect.FieldDescriptor) string {
	var kind string
	switch {
	case field.IsMap():
		return "an object with values of " + field.MapValue().Kind().String()
	case field.Enum() != nil:
		var names []string
		for i := range field.Enum().Values().Len() {
			names = append(names, string(field.Enum().Values().Get(i).Name()))
		}
		kind = strings.Join(names, ", ")
	case field.Message() != nil:
		kind = string(field.Message().FullName())
	default:
		kind = field.Kind().String()
	}
	if field.IsList() {
		return "a list of " + kind
	}
	return kind
}

// first returns the reply of the first example that the request matches.
func first(examples []example, request proto.Message) (proto.Message, bool) {
	for _, e := range examples {
		if e.request != nil && holds(request.ProtoReflect(), e.request.ProtoReflect()) {
			return e.reply, true
		}
	}
	for _, e := range examples {
		if e.request == nil {
			return e.reply, true
		}
	}
	return nil, false
}

// holds reports whether a message has all that is set in another, which may say less.
func holds(message, wanted protoreflect.Message) bool {
	all := true
	wanted.Range(func(field protoreflect.FieldDescriptor, value protoreflect.Value) bool {
		own := in(message, field)
		if own == nil {
			all = false
			return false
		}
		got := message.Get(own)
		if field.Message() != nil && !field.IsList() && !field.IsMap() {
			all = message.Has(own) && holds(got.Message(), value.Message())
		} else {
			all = message.Has(own) && got.Equal(value)
		}
		return all
	})
	return all
}
