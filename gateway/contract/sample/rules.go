package sample

import (
	"slices"

	"buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// rules are the rules of one scalar type (StringRules, Int32Rules, ...), which have the same names in all of them
// (const, in, gte, ...). The zero value has no rules.
type rules struct {
	message protoreflect.Message
}

// rulesOf returns the rules of the type that a field's rules are for.
func rulesOf(field *validate.FieldRules) rules {
	if field == nil {
		return rules{}
	}
	message := field.ProtoReflect()
	set := message.WhichOneof(message.Descriptor().Oneofs().ByName("type"))
	if set == nil {
		return rules{}
	}
	return rules{message: message.Get(set).Message()}
}

// one returns the value of a rule, if it is set.
func (r rules) one(name protoreflect.Name) (protoreflect.Value, bool) {
	if r.message == nil {
		return protoreflect.Value{}, false
	}
	field := r.message.Descriptor().Fields().ByName(name)
	if field == nil || field.IsList() || !r.message.Has(field) {
		return protoreflect.Value{}, false
	}
	return r.message.Get(field), true
}

// all returns the values of a rule that is a list.
func (r rules) all(name protoreflect.Name) []protoreflect.Value {
	if r.message == nil {
		return nil
	}
	field := r.message.Descriptor().Fields().ByName(name)
	if field == nil || !field.IsList() {
		return nil
	}
	list := r.message.Get(field).List()
	values := make([]protoreflect.Value, list.Len())
	for i := range values {
		values[i] = list.Get(i)
	}
	return values
}

// length returns the value of a rule that is a length.
func (r rules) length(name protoreflect.Name) (uint64, bool) {
	value, ok := r.one(name)
	if !ok {
		return 0, false
	}
	return value.Uint(), true
}

// text returns the value of a rule that is a string or bytes, as a string.
func (r rules) text(name protoreflect.Name) (string, bool) {
	value, ok := r.one(name)
	if !ok {
		return "", false
	}
	if raw, isBytes := value.Interface().([]byte); isBytes {
		return string(raw), true
	}
	return value.String(), true
}

// format returns the name of the well-known format that the rules demand: email, uuid.
func (r rules) format() protoreflect.Name {
	if r.message == nil {
		return ""
	}
	oneof := r.message.Descriptor().Oneofs().ByName("well_known")
	if oneof == nil {
		return ""
	}
	set := r.message.WhichOneof(oneof)
	if set == nil || set.Kind() == protoreflect.BoolKind && !r.message.Get(set).Bool() {
		return ""
	}
	return set.Name()
}

// allows reports whether the rules that all types have (const, in, not_in) accept a value.
func (r rules) allows(value protoreflect.Value) bool {
	same := func(other protoreflect.Value) bool { return equal(value, other) }
	if constant, ok := r.one("const"); ok && !same(constant) {
		return false
	}
	if in := r.all("in"); len(in) > 0 && !slices.ContainsFunc(in, same) {
		return false
	}
	return !slices.ContainsFunc(r.all("not_in"), same)
}

// equal compares values of which one may be an enumeration's and the other its number.
func equal(a, b protoreflect.Value) bool {
	if number, ok := a.Interface().(protoreflect.EnumNumber); ok {
		a = protoreflect.ValueOfInt32(int32(number))
	}
	return a.Equal(b)
}
