package contract

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"

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
}

// evaluate returns the expression's value. An error says where the expression stands.
func (e *expression) evaluate(ctx context.Context, variables cel.Activation) (ref.Val, error) {
	value, _, err := e.program.ContextEval(ctx, variables)
	if err != nil {
		return nil, fmt.Errorf("evaluating %s: %w", e.place, err)
	}
	return value, nil
}

// holds evaluates a condition.
func (e *expression) holds(ctx context.Context, variables cel.Activation) (bool, error) {
	value, err := e.evaluate(ctx, variables)
	if err != nil {
		return false, err
	}
	holds, ok := value.(types.Bool)
	if !ok {
		return false, fmt.Errorf("evaluating %s: a %s is no bool", e.place, value.Type().TypeName())
	}
	return bool(holds), nil
}

// A scope is what the expressions of one kind in one method may see.
type scope struct {
	env       *cel.Env
	source    *estate.Source
	variables []string
	found     *diagnostic.List
	// uses is shared by the scopes of a method.
	uses *uses
}

// uses is what the expressions of a method read, all together.
type uses struct {
	variables map[string]bool
	// unclear is true after a mistake: what that expression reads is not known.
	unclear bool
}

// compile checks the text at a place. It returns nil after a mistake, which it has reported.
func (s *scope) compile(place, text string) *expression {
	if strings.TrimSpace(text) == "" {
		s.uses.unclear = true
		s.found.Add(s.source.At(place, "an expression is missing").Accepting(`a CEL expression; the empty text is written '""'`))
		return nil
	}
	checked, issues := s.env.Compile(text)
	if issues.Err() != nil {
		s.uses.unclear = true
		for _, issue := range issues.Errors() {
			s.report(place, text, issue)
		}
		return nil
	}
	e := &expression{place: place, tree: checked.NativeRep(), output: checked.OutputType(), reads: make(map[string]bool)}
	references := references{known: s.variables, reads: e.reads}
	references.walk(e.tree.Expr())
	maps.Copy(s.uses.variables, e.reads)
	for _, use := range references.keysOf[asOfVariable] {
		s.key(e, text, use)
	}
	program, err := s.env.Program(checked, cel.CostLimit(maxEvaluationCost), cel.InterruptCheckFrequency(interruptFrequency))
	if err != nil {
		s.found.Add(s.source.At(place, "%v", err))
		return nil
	}
	e.program = program
	return e
}

// key checks a constant key by which as_of is read.
func (s *scope) key(e *expression, text string, use keyUse) {
	steps := slices.DeleteFunc(slices.Clone(s.variables), func(name string) bool { return slices.Contains(reserved, name) })
	if slices.Contains(steps, use.key) {
		return
	}
	at := e.tree.SourceInfo().GetStartLocation(use.id)
	line, column := point(text, at.Line(), at.Column()+1, use.key)
	s.found.Add(s.source.InValue(e.place, line, column, "there is no step %s", use.key).Accepting(strings.Join(steps, ", ")))
}

// report locates what CEL found.
func (s *scope) report(place, text string, issue *cel.Error) {
	message, accepted := strings.Join(strings.Fields(issue.Message), " "), ""
	message, _, _ = strings.Cut(message, " (in container '")
	name := ""
	if _, quoted, ok := strings.Cut(message, "'"); ok {
		name, _, _ = strings.Cut(quoted, "'")
	}
	switch {
	case strings.HasPrefix(message, "Syntax error") && name == "<EOF>":
		message, name = "the expression ends too soon", ""
	case strings.HasPrefix(message, "Syntax error"):
		message, _, _ = strings.Cut(message, " expecting ")
	case strings.HasPrefix(message, "undefined field"):
		accepted = s.fieldsAround(text, issue.ExprID)
	case strings.HasPrefix(message, "undeclared reference"):
		accepted = strings.Join(s.variables, ", ") + ", messages and functions"
	}
	line, column := point(text, max(issue.Location.Line(), 1), max(issue.Location.Column(), 0)+1, name)
	s.found.Add(s.source.InValue(place, line, column, "%s", message).Accepting(accepted))
}

// point moves a place of CEL's, which is often the dot or brace beside what is meant, to the name that is meant. Both count from
// 1. A place behind the text is moved to its end.
func point(text string, line, column int, name string) (int, int) {
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	if line > len(lines) {
		return len(lines), utf8.RuneCountInString(lines[len(lines)-1]) + 1
	}
	characters := []rune(lines[line-1])
	at := min(column-1, len(characters))
	for ahead := at; ahead < min(at+len(`["`)+1, len(characters)); ahead++ { // ., .? and ["
		if name != "" && strings.HasPrefix(string(characters[ahead:]), name) {
			return line, ahead + 1
		}
	}
	if behind := strings.LastIndex(string(characters[:at]), name); name != "" && behind >= 0 {
		return line, utf8.RuneCountInString(string(characters[:at])[:behind]) + 1
	}
	return line, column
}

// fieldsAround lists the fields that could stand in place of an unknown one: those of what the expression of this number
// selects from, or of the message that it makes. It returns "" where that cannot be told, as within a macro.
func (s *scope) fieldsAround(text string, id int64) string {
	parsed, issues := s.env.Parse(text)
	if issues.Err() != nil {
		return ""
	}
	around, ok := holderOf(parsed.NativeRep(), id)
	if !ok {
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

// describe spells a type for people.
func describe(t *cel.Type) string {
	return strings.ReplaceAll(cel.FormatCELType(t), "optional_type(", "optional(")
}
