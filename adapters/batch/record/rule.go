package record

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
)

// maxRuleCost bounds what one evaluation of a rule may cost, in the units of cel-go.
const maxRuleCost = 10_000

// A rule is a compiled expression over fields of a record.
type rule struct {
	program cel.Program
	fields  map[string]*Field // by the names of the variables
}

// rule compiles one of Options.Rules.
func (c *compiler) rule(option string, wanted Rule) {
	f, err := c.layout.Lookup(wanted.Field)
	if err != nil {
		c.fail(option+".field", "%v", err)
		return
	}
	if !c.isAlternative(f) {
		c.fail(option+".field", "%s neither redefines a field nor is redefined", wanted.Field)
		return
	}
	compiled, err := c.compileRule(wanted.Expression, func(other *Field) bool { return other.Index < f.Index })
	if err != nil {
		c.fail(option+".expression", "%v", err)
		return
	}
	for _, used := range compiled.fields {
		c.remember(used)
	}
	f.rule = compiled
}

// exactDigits is how many digits a decimal has at most that is the same number as a float and a literal of it are, so that expressions compare it as a number.
const exactDigits = 15

// variable is the name of a field in an expression.
func variable(name string) string { return strings.ReplaceAll(name, "-", "_") }

// compileRule compiles an expression over the fields that are offered.
func (c *compiler) compileRule(expression string, offered func(*Field) bool) (*rule, error) {
	compiled := &rule{fields: make(map[string]*Field)}
	options := []cel.EnvOption{}
	for _, f := range c.layout.all {
		name := variable(f.Name)
		if f.codec == nil || f.Repeated || f.skipped || f.whole != nil || !offered(f) || compiled.fields[name] != nil {
			continue
		}
		compiled.fields[name] = f
		options = append(options, cel.Variable(name, cel.DynType))
	}
	environment, err := cel.NewEnv(options...)
	if err != nil {
		return nil, fmt.Errorf("preparing the expression: %w", err)
	}
	ast, issues := environment.Compile(expression)
	if issues.Err() != nil {
		return nil, issues.Err()
	}
	for name := range compiled.fields {
		if !strings.Contains(expression, name) {
			delete(compiled.fields, name)
		}
	}
	compiled.program, err = environment.Program(ast, cel.CostLimit(maxRuleCost))
	if err != nil {
		return nil, fmt.Errorf("preparing the expression: %w", err)
	}
	return compiled, nil
}

// An Expression computes a whole number of fields that stand at a fixed place.
type Expression struct {
	layout *Layout
	rule   *rule
}

// Expression compiles a CEL expression. Its variables are the fields, with - in names written as _.
func (l *Layout) Expression(text string) (*Expression, error) {
	c := &compiler{layout: l}
	compiled, err := c.compileRule(text, (*Field).IsFixed)
	if err != nil {
		return nil, err
	}
	return &Expression{layout: l, rule: compiled}, nil
}

// Evaluate computes the number of one record.
func (e *Expression) Evaluate(record []byte) (int64, error) {
	variables := make(map[string]any, len(e.rule.fields))
	for name, f := range e.rule.fields {
		var value Value
		if err := e.layout.Extract(record, f, &value); err != nil {
			return 0, err
		}
		variables[name] = f.celValue(&value)
		if text, ok := variables[name].(types.String); ok {
			if n, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64); err == nil {
				variables[name] = types.Int(n) // digits in a PIC X
			}
		}
	}
	result, _, err := e.rule.program.Eval(variables)
	if err != nil {
		return 0, fmt.Errorf("evaluating the expression: %w", err)
	}
	n, ok := result.Value().(int64)
	if !ok {
		return 0, errors.New("the expression gives no whole number")
	}
	return n, nil
}

// rules says whether the rule holds for the present record.
func (d *Decoder) rules(r *rule) (bool, error) {
	result, err := d.evaluate(r)
	if err != nil {
		return false, err
	}
	there, ok := result.Value().(bool)
	if !ok {
		return false, errors.New("has a rule that is neither true nor false")
	}
	return there, nil
}

func (d *Decoder) evaluate(r *rule) (ref.Val, error) {
	variables := make(map[string]any, len(r.fields))
	for name, f := range r.fields {
		variables[name] = d.celValue(f)
	}
	result, _, err := r.program.Eval(variables)
	if err != nil {
		return nil, fmt.Errorf("has a rule that cannot be evaluated: %w", err)
	}
	return result, nil
}

// celValue is the value of a field that has been passed: null if it is absent.
func (d *Decoder) celValue(f *Field) ref.Val {
	p := d.places[f.slot]
	var value Value
	if p.end > len(d.raw) || p.end == p.start || f.codec.decode(d.raw[p.start:p.end], &value) != nil || value.Null {
		return types.NullValue
	}
	return f.celValue(&value)
}

func (f *Field) celValue(value *Value) ref.Val {
	if value.Null {
		return types.NullValue
	}
	switch f.Type {
	case Integer, Time:
		return types.Int(value.Integer)
	case Boolean:
		return types.Bool(value.Integer != 0)
	case Float32, Float64:
		return types.Double(value.Float)
	case Decimal:
		if n, err := strconv.ParseFloat(string(value.Text), 64); err == nil && f.Digits <= exactDigits {
			return types.Double(n)
		}
		return types.String(value.Text)
	case Bytes:
		return types.Bytes(value.Text)
	default:
		return types.String(value.Text)
	}
}
