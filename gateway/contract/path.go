package contract

import (
	"slices"
	"strings"

	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// A path is an expression that only selects: request.address.postcode. It is followed on the messages themselves, without CEL, and
// keeps what is absent absent.
type path struct {
	root   string
	fields []protoreflect.FieldDescriptor // at least one
}

// pathOf returns the path that an expression is, if it is one. root returns the message that a variable holds, or nil.
func pathOf(e ast.Expr, root func(name string) protoreflect.MessageDescriptor) (*path, bool) {
	var names []string
	for e.Kind() != ast.IdentKind {
		operand, name, ok := selection(e)
		if !ok {
			return nil, false
		}
		names = append(names, name)
		e = operand
	}
	slices.Reverse(names)
	p := &path{root: strings.TrimPrefix(e.AsIdent(), ".")}
	message := root(p.root)
	for _, name := range names {
		if message == nil || strings.HasPrefix(string(message.FullName()), "google.protobuf.") {
			return nil, false // CEL sees these as maps, lists and scalars
		}
		field := message.Fields().ByName(protoreflect.Name(name))
		if field == nil {
			return nil, false
		}
		p.fields = append(p.fields, field)
		message = nil
		if !field.IsList() && !field.IsMap() {
			message = field.Message()
		}
	}
	return p, len(p.fields) > 0
}

// soleField returns the field of the method's request that an expression is made from, as a caller writes it: address.lines. It returns "" if the
// expression reads anything else, or another field.
func (m *methodCompiler) soleField(e *expression) string {
	if len(e.reads) != 1 || !e.reads[requestVariable] {
		return ""
	}
	sole := ""
	for _, variable := range ast.MatchDescendants(ast.NavigateAST(e.tree), ast.KindMatcher(ast.IdentKind)) {
		if strings.TrimPrefix(variable.AsIdent(), ".") != requestVariable {
			continue
		}
		field := fieldBehind(variable, m.made.descriptor.Input())
		if field == "" || sole != "" && field != sole {
			return ""
		}
		sole = field
	}
	return sole
}

// fieldBehind returns the field that is selected from a variable, as far into the message as fields go.
func fieldBehind(variable ast.NavigableExpr, message protoreflect.MessageDescriptor) string {
	p := &path{}
	for at, ok := variable.Parent(); ok; at, ok = at.Parent() {
		name, selects := selectedName(at)
		if !selects || message == nil || strings.HasPrefix(string(message.FullName()), "google.protobuf.") {
			break
		}
		field := message.Fields().ByName(protoreflect.Name(name))
		if field == nil {
			break
		}
		p.fields = append(p.fields, field)
		message = nil
		if !field.IsList() && !field.IsMap() {
			message = field.Message()
		}
	}
	return p.jsonName()
}

// selectedName is the name in e.name, e.?name and has(e.name).
func selectedName(e ast.Expr) (string, bool) {
	if e.Kind() == ast.SelectKind {
		return e.AsSelect().FieldName(), true
	}
	_, name, ok := selection(e)
	return name, ok
}

// selection takes e.name and e.?name apart.
func selection(e ast.Expr) (operand ast.Expr, name string, ok bool) {
	switch {
	case e.Kind() == ast.SelectKind && !e.AsSelect().IsTestOnly():
		return e.AsSelect().Operand(), e.AsSelect().FieldName(), true
	case e.Kind() == ast.CallKind && e.AsCall().FunctionName() == operators.OptSelect:
		name, ok = literalText(e.AsCall().Args()[1])
		return e.AsCall().Args()[0], name, ok
	default:
		return nil, "", false
	}
}

// follow returns the message that holds the path's last field, and that field as the message itself describes it. It returns
// false where the path ends in something absent.
func (p *path) follow(root proto.Message) (protoreflect.Message, protoreflect.FieldDescriptor, bool) {
	message := root.ProtoReflect()
	for i, field := range p.fields {
		field = in(message, field)
		if field == nil || field.HasPresence() && !message.Has(field) {
			return nil, nil, false
		}
		if i == len(p.fields)-1 {
			return message, field, true
		}
		message = message.Get(field).Message()
	}
	return nil, nil, false
}

// in returns a field as a message describes it, which may be of another Go type, with a descriptor of its own.
func in(message protoreflect.Message, field protoreflect.FieldDescriptor) protoreflect.FieldDescriptor {
	if message.Descriptor() == field.ContainingMessage() {
		return field
	}
	return message.Descriptor().Fields().ByNumber(field.Number())
}

// last is the field that the path leads to.
func (p *path) last() protoreflect.FieldDescriptor { return p.fields[len(p.fields)-1] }

// jsonName is the path as a caller writes it, without its root.
func (p *path) jsonName() string {
	names := make([]string, len(p.fields))
	for i, field := range p.fields {
		names[i] = field.JSONName()
	}
	return strings.Join(names, ".")
}

// sameShape reports whether the values of one field can stand in the other as they are.
func sameShape(a, b protoreflect.FieldDescriptor) bool {
	if a.Kind() != b.Kind() || a.IsList() != b.IsList() || a.IsMap() != b.IsMap() {
		return false
	}
	if a.IsMap() {
		return sameShape(a.MapKey(), b.MapKey()) && sameShape(a.MapValue(), b.MapValue())
	}
	return a.Message() == nil || a.Message().FullName() == b.Message().FullName()
}

// copyField copies a field of the same shape. Messages within are shared: nobody changes them any more.
func copyField(to protoreflect.Message, target protoreflect.FieldDescriptor, value protoreflect.Value) {
	switch {
	case target.IsList():
		if list := value.List(); list.Len() > 0 {
			copied := to.Mutable(target).List()
			for i := range list.Len() {
				copied.Append(list.Get(i))
			}
		}
	case target.IsMap():
		if entries := value.Map(); entries.Len() > 0 {
			copied := to.Mutable(target).Map()
			entries.Range(func(key protoreflect.MapKey, entry protoreflect.Value) bool {
				copied.Set(key, entry)
				return true
			})
		}
	default:
		to.Set(target, value)
	}
}
