package gateway

import (
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// rulesNumber is the field number of the extensions of buf/validate/validate.proto, the same in all options.
const rulesNumber = 1159

// ruled is what is known of messages: whether there is a rule on them, on what they hold, or on what that holds. Each message is looked at once, for methods of
// large services reach the same messages again and again.
type ruled map[protoreflect.MessageDescriptor]bool

// has reports whether requests of a type need to be held against rules.
func (r ruled) has(message protoreflect.MessageDescriptor) bool {
	if _, known := r[message]; !known {
		r.search(message)
	}
	return r[message]
}

// search finds out about a message and all that it reaches. Messages may hold each other in circles, so it goes from the rules to those that reach them.
func (r ruled) search(message protoreflect.MessageDescriptor) {
	holders := make(map[protoreflect.MessageDescriptor][]protoreflect.MessageDescriptor)
	var found []protoreflect.MessageDescriptor
	r[message] = false
	for waiting := []protoreflect.MessageDescriptor{message}; len(waiting) > 0; {
		current := waiting[len(waiting)-1]
		waiting = waiting[:len(waiting)-1]
		if r[current] = hasOwnRules(current); r[current] {
			found = append(found, current)
		}
		for i := range current.Fields().Len() {
			held := valueMessage(current.Fields().Get(i))
			if held == nil {
				continue
			}
			has, known := r[held]
			switch {
			case !known:
				r[held] = false
				waiting = append(waiting, held)
				fallthrough
			case !has:
				holders[held] = append(holders[held], current)
			case !r[current]:
				r[current] = true
				found = append(found, current)
			}
		}
	}
	for len(found) > 0 {
		current := found[len(found)-1]
		found = found[:len(found)-1]
		for _, holder := range holders[current] {
			if !r[holder] {
				r[holder] = true
				found = append(found, holder)
			}
		}
	}
}

// hasOwnRules reports whether there is a rule on a message, its choices or its fields.
func hasOwnRules(message protoreflect.MessageDescriptor) bool {
	if isRuled(message) {
		return true
	}
	for i := range message.Oneofs().Len() {
		if isRuled(message.Oneofs().Get(i)) {
			return true
		}
	}
	for i := range message.Fields().Len() {
		if isRuled(message.Fields().Get(i)) {
			return true
		}
	}
	return false
}

// isRuled reports whether the options of a descriptor hold rules, in whatever Go type they are held.
func isRuled(descriptor protoreflect.Descriptor) bool {
	options := descriptor.Options()
	if !options.ProtoReflect().IsValid() {
		return false // there are none
	}
	wire, err := proto.Marshal(options)
	for err == nil && len(wire) > 0 {
		number, _, size := protowire.ConsumeField(wire)
		if size < 0 || number == rulesNumber {
			return true
		}
		wire = wire[size:]
	}
	return err != nil
}
