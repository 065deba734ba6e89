package contract

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"buf.build/go/protovalidate"
	"cel.dev/cel-go/cel"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/postern-gateway/postern/gateway/diagnostic"
	"github.com/postern-gateway/postern/gateway/estate"
)

// A construction makes a message from one expression for each of its fields.
type construction struct {
	message     protoreflect.MessageDescriptor
	assignments []assignment
}

// An assignment gives one field its value.
type assignment struct {
	field protoreflect.FieldDescriptor
	// path is set if the expression is a plain path, straight if the field that it leads to has the same shape.
	path       *path
	straight   bool
	expression *expression
	// made is the field of the method's request that the value is made from, as a caller writes it; "" if it is not made from exactly one.
	made string
}

// construction compiles the expressions of a message's fields. place is where they stand in the binding: steps[0].request. Mistakes are
// reported, and their fields left out.
func (m *methodCompiler) construction(place string, message protoreflect.MessageDescriptor, expressions map[string]string, scope *scope) *construction {
	made := &construction{message: message}
	for _, name := range slices.Sorted(maps.Keys(expressions)) {
		at := fmt.Sprintf("%s[%q]", place, name)
		field := message.Fields().ByName(protoreflect.Name(name))
		if field == nil {
			m.found.Add(unknownField(scope.source.AtKey(at, "%s has no field %s", message.FullName(), name), message, name))
			continue
		}
		e := scope.compile(at, expressions[name])
		if e == nil || !m.fits(at, field, e, scope) {
			continue
		}
		a := assignment{field: field, expression: e, made: m.soleField(e)}
		if p, ok := pathOf(e.tree.Expr(), m.messageOf); ok {
			a.path = p
			a.straight = sameShape(p.last(), field)
			m.sameEnum(at, p.last(), field)
		}
		made.assignments = append(made.assignments, a)
	}
	m.required(place, message, expressions, scope.source)
	m.oneofs(made, scope.source)
	return made
}

// fits checks the type of an expression against its field.
func (m *methodCompiler) fits(at string, field protoreflect.FieldDescriptor, e *expression, scope *scope) bool {
	want, ok := m.environment.fieldType(field)
	if !ok {
		m.found.Add(scope.source.At(at, "the type of %s is not known", field.FullName()))
		return false
	}
	got, optional := unwrapOptional(e.output)
	if assignable(want, got) {
		return true
	}
	hint := describe(want)
	switch {
	case field.Enum() != nil:
		hint = "an int, as the values of the enumeration are: " + strings.Join(enumValues(field.Enum()), ", ")
	case optional:
		hint += " or optional of it"
	case want.Kind() == cel.StringKind:
		hint = "string; string(...) converts numbers, booleans and times"
	}
	m.found.Add(scope.source.InValue(at, 1, 1, "the expression is %s, the field %s is %s", describe(e.output), field.Name(), describe(want)).Accepting(hint))
	return false
}

// sameEnum reports a value of one enumeration that is copied to another: to CEL both are int, but a number rarely means the same in both.
func (m *methodCompiler) sameEnum(at string, from, to protoreflect.FieldDescriptor) {
	if from.IsMap() && to.IsMap() {
		from, to = from.MapValue(), to.MapValue()
	}
	if from.Enum() == nil || to.Enum() == nil || from.Enum().FullName() == to.Enum().FullName() {
		return
	}
	m.found.Add(m.api.BindingSource.InValue(at, 1, 1, "%s is another enumeration than %s", from.Enum().FullName(), to.Enum().FullName()).
		Accepting("an expression that says which value becomes which; int(...) if the numbers mean the same"))
}

// enumValues returns the names of an enumeration's values as CEL spells them.
func enumValues(enum protoreflect.EnumDescriptor) []string {
	names := make([]string, enum.Values().Len())
	for i := range names {
		names[i] = string(enum.FullName()) + "." + string(enum.Values().Get(i).Name())
	}
	return names
}

// required reports fields that the message demands and that get no value.
func (m *methodCompiler) required(place string, message protoreflect.MessageDescriptor, expressions map[string]string, source *estate.Source) {
	given := func(name string) bool { _, ok := expressions[name]; return ok }
	for i := range message.Fields().Len() {
		field := message.Fields().Get(i)
		rules, err := protovalidate.ResolveFieldRules(field)
		if err != nil { // rules that cannot be read demand nothing
			rules = nil
		}
		if !given(string(field.Name())) && (rules.GetRequired() || field.Cardinality() == protoreflect.Required) {
			m.found.Add(source.At(place, "%s requires the field %s", message.FullName(), field.Name()).
				Accepting(fmt.Sprintf("an expression for %s", field.Name())))
		}
	}
	for i := range message.Oneofs().Len() {
		oneof := message.Oneofs().Get(i)
		rules, err := protovalidate.ResolveOneofRules(oneof)
		if err != nil {
			rules = nil
		}
		if rules.GetRequired() && !slices.ContainsFunc(fieldNames(oneof.Fields()), given) {
			m.found.Add(source.At(place, "%s requires a field of %s", message.FullName(), oneof.Name()).
				Accepting(strings.Join(fieldNames(oneof.Fields()), ", ")))
		}
	}
}

// oneofs reports several fields of one choice that would always be set, each over the other.
func (m *methodCompiler) oneofs(made *construction, source *estate.Source) {
	always := make(map[protoreflect.Name]protoreflect.Name)
	for _, a := range made.assignments {
		oneof := a.field.ContainingOneof()
		if oneof == nil || oneof.IsSynthetic() || a.mayBeAbsent() {
			continue
		}
		if other, taken := always[oneof.Name()]; taken {
			m.found.Add(source.AtKey(a.expression.place, "%s and %s cannot both be set: they are of the choice %s", other, a.field.Name(), oneof.Name()).
				Accepting("one of them, or expressions that are optionals"))
			continue
		}
		always[oneof.Name()] = a.field.Name()
	}
}

// mayBeAbsent reports whether there are calls in which the field is left unset.
func (a *assignment) mayBeAbsent() bool {
	_, optional := unwrapOptional(a.expression.output)
	return optional || a.path != nil && slices.ContainsFunc(a.path.fields, protoreflect.FieldDescriptor.HasPresence)
}

// reads returns the variables that the construction reads.
func (c *construction) reads() map[string]bool {
	read := make(map[string]bool)
	for _, a := range c.assignments {
		maps.Copy(read, a.expression.reads)
	}
	return read
}

// build makes the message.
func (c *construction) build(ctx context.Context, run *run) (proto.Message, error) {
	message := dynamicpb.NewMessage(c.message)
	for i := range c.assignments {
		if err := c.assignments[i].assign(ctx, message, run); err != nil {
			return nil, err
		}
	}
	return message, nil
}

func (a *assignment) assign(ctx context.Context, message protoreflect.Message, run *run) error {
	if a.path != nil {
		root := run.message(a.path.root)
		if root == nil {
			return nil
		}
		holder, field, ok := a.path.follow(root)
		if !ok {
			return nil
		}
		if a.straight {
			copyField(message, a.field, holder.Get(field))
			return nil
		}
	}
	value, err := a.expression.evaluate(ctx, run)
	if err != nil {
		return err
	}
	if err := set(message, a.field, value); err != nil {
		return fmt.Errorf("evaluating %s: %w", a.expression.place, err)
	}
	return nil
}

func fieldNames(fields protoreflect.FieldDescriptors) []string {
	names := make([]string, fields.Len())
	for i := range names {
		names[i] = string(fields.Get(i).Name())
	}
	return names
}

// unknownField adds to a diagnostic which fields there are; for a JSON name, the proto name that was meant.
func unknownField(d diagnostic.Diagnostic, message protoreflect.MessageDescriptor, name string) diagnostic.Diagnostic {
	if field := message.Fields().ByJSONName(name); field != nil {
		return d.Accepting(string(field.Name()))
	}
	return d.Accepting(strings.Join(fieldNames(message.Fields()), ", "))
}
