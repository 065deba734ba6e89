package contract

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/parser"

	"github.com/postern-gateway/postern/gateway/diagnostic"
	"github.com/postern-gateway/postern/gateway/estate"
)

// An expression is one CEL expression, checked and ready to be evaluated.
type expression struct {
	place   string // where it stands in the binding
	tree    *ast.AST
	output  *cel.Type
	program cel.Program
	reads   map[string]bool // the variables that it reads
	loops   bool
}

// evaluate returns the expression's value. An error says where the expression stands.
func (e *expression) evaluate(ctx context.Context, variables cel.Activation) (ref.Val, error) {
	var value ref.Val
	var err error
	if e.loops {
		value, _, err = e.program.ContextEval(ctx, variables)
	} else {
		value, _, err = e.program.Eval(variables)
	}
	if err != nil {
		return nil, fmt.Errorf("evaluating %s: %w", e.place, err)
	}
	return value, nil
}

// A scope is what the expressions of one kind in one method may see.
type scope struct {
	env       *cel.Env
	source    *estate.Source
	variables []string
	found     *diagnostic.List
}

// compile checks the text at a place. It returns nil after a mistake, which it has reported.
func (s *scope) compile(place, text string) *expression {
	if strings.TrimSpace(text) == "" {
		s.found.Add(s.source.At(place, "an expression is missing").Accepting(`a CEL expression; the empty text is written '""'`))
		return nil
	}
	checked, issues := s.env.Compile(text)
	if issues.Err() != nil {
		for _, issue := range issues.Errors() {
			s.report(place, text, issue)
		}
		return nil
	}
	e := &expression{place: place, tree: checked.NativeRep(), output: checked.OutputType(), reads: make(map[string]bool)}
	references := references{known: s.variables, reads: e.reads}
	references.walk(e.tree.Expr())
	e.loops = references.loops
	var options []cel.ProgramOption
	if e.loops {
		options = append(options, cel.CostLimit(maxEvaluationCost), cel.InterruptCheckFrequency(interruptFrequency))
	}
	program, err := s.env.Program(checked, options...)
	if err != nil {
		s.found.Add(s.source.At(place, "%v", err))
		return nil
	}
	e.program = program
	return e
}

// report locates what CEL found.
func (s *scope) report(place, text string, issue *cel.Error) {
	line, column := max(issue.Location.Line(), 1), max(issue.Location.Column(), 0)+1
	message := strings.Join(strings.Fields(issue.Message), " ")
	message, _, _ = strings.Cut(message, " (in container '")
	found := s.source.InValue(place, line, column, "%s", message)
	switch {
	case strings.HasPrefix(message, "undefined field"):
		found = found.Accepting(s.fieldsAround(text, issue.ExprID))
	case strings.HasPrefix(message, "undeclared reference"):
		found = found.Accepting(strings.Join(s.variables, ", ") + ", messages and functions")
	}
	s.found.Add(found)
}

// fieldsAround lists the fields that could stand in place of an unknown one: those of what the expression of this
// number selects from. It returns "" where that cannot be told, as within a macro.
func (s *scope) fieldsAround(text string, id int64) string {
	parsed, issues := s.env.Parse(text)
	if issues.Err() != nil {
		return ""
	}
	tree := parsed.NativeRep()
	operand := operandOf(tree.Expr(), id)
	if operand == nil {
		return ""
	}
	around, err := parser.Unparse(operand, tree.SourceInfo())
	if err != nil {
		return ""
	}
	typed, issues := s.env.Compile(around)
	if issues.Err() != nil {
		return ""
	}
	message, _ := unwrapOptional(typed.OutputType())
	names, _ := s.env.CELTypeProvider().FindStructFieldNames(message.TypeName())
	slices.Sort(names)
	return strings.Join(names, ", ")
}
