package contract

import (
	"slices"
	"strings"

	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/parser"
)

// references finds out what an expression reads.
type references struct {
	known  []string        // the variables there are
	reads  map[string]bool // those that are read
	bound  []string        // names that a macro gives to its elements here
	keysOf map[string][]keyUse
}

// A keyUse is a constant key by which a map variable is read.
type keyUse struct {
	key string
	id  int64
}

func (r *references) walk(e ast.Expr) {
	switch e.Kind() {
	case ast.IdentKind:
		r.ident(e.AsIdent())
	case ast.SelectKind:
		r.key(e.AsSelect().Operand(), e.AsSelect().FieldName(), e.ID())
		r.walk(e.AsSelect().Operand())
	case ast.CallKind:
		r.call(e.AsCall(), e.ID())
	case ast.ListKind:
		r.all(e.AsList().Elements())
	case ast.MapKind:
		for _, entry := range e.AsMap().Entries() {
			r.walk(entry.AsMapEntry().Key())
			r.walk(entry.AsMapEntry().Value())
		}
	case ast.StructKind:
		for _, entry := range e.AsStruct().Fields() {
			r.walk(entry.AsStructField().Value())
		}
	case ast.ComprehensionKind:
		r.comprehension(e.AsComprehension())
	}
}

func (r *references) all(expressions []ast.Expr) {
	for _, e := range expressions {
		r.walk(e)
	}
}

func (r *references) ident(name string) {
	absolute := strings.HasPrefix(name, ".")
	name = strings.TrimPrefix(name, ".")
	if slices.Contains(r.known, name) && (absolute || !slices.Contains(r.bound, name)) {
		r.reads[name] = true
	}
}

func (r *references) call(call ast.CallExpr, id int64) {
	if call.IsMemberFunction() {
		r.walk(call.Target())
	}
	arguments := call.Args()
	switch call.FunctionName() {
	case operators.Index, operators.OptIndex, operators.OptSelect:
		if key, ok := literalText(arguments[1]); ok {
			r.key(arguments[0], key, id)
		}
	}
	r.all(arguments)
}

// comprehension walks the parts of a macro, each with the names that it sees. cel.bind is one too, over an empty list.
func (r *references) comprehension(c ast.ComprehensionExpr) {
	r.walk(c.IterRange())
	r.walk(c.AccuInit())
	outer := r.bound
	r.bound = append(slices.Clone(outer), c.AccuVar())
	r.walk(c.Result())
	r.bound = append(r.bound, c.IterVar(), c.IterVar2())
	r.walk(c.LoopCondition())
	r.walk(c.LoopStep())
	r.bound = outer
}

// key notes that a variable is read by a constant key.
func (r *references) key(operand ast.Expr, key string, id int64) {
	if operand.Kind() != ast.IdentKind || slices.Contains(r.bound, operand.AsIdent()) {
		return
	}
	if r.keysOf == nil {
		r.keysOf = make(map[string][]keyUse)
	}
	name := strings.TrimPrefix(operand.AsIdent(), ".")
	r.keysOf[name] = append(r.keysOf[name], keyUse{key: key, id: id})
}

// holderOf returns, as CEL, what the selection of this number selects from, or an empty message of the type that has the field of this
// number.
func holderOf(tree *ast.AST, id int64) (string, bool) {
	var operand ast.Expr
	made := ""
	ast.PreOrderVisit(tree.Expr(), ast.NewExprVisitor(func(e ast.Expr) {
		selected, _, ok := selection(e)
		switch {
		case ok && e.ID() == id:
			operand = selected
		case e.Kind() == ast.StructKind && slices.ContainsFunc(e.AsStruct().Fields(), func(field ast.EntryExpr) bool { return field.ID() == id }):
			made = e.AsStruct().TypeName() + "{}"
		}
	}))
	if operand == nil {
		return made, made != ""
	}
	text, err := parser.Unparse(operand, tree.SourceInfo())
	return text, err == nil
}

// literalText returns the text of an expression that is a constant string.
func literalText(e ast.Expr) (string, bool) {
	if e.Kind() != ast.LiteralKind {
		return "", false
	}
	text, ok := e.AsLiteral().(types.String)
	return string(text), ok
}
