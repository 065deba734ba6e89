package listing

import (
	"errors"
	"fmt"
	"strings"

	"go.einride.tech/aip/filtering"
	expr "google.golang.org/genproto/googleapis/api/expr/v1alpha1"
)

// MaxFilter is the longest filter in bytes.
const MaxFilter = 4096

// maxConditions is how many conditions a filter may have, those made of others included. Past a thousand, SQLite gives up.
const maxConditions = 500

// An Expression is a filter that has been read: an [All], [Any], [Not], [Comparison], [Presence], [Contains], [Matches] or [Has].
type Expression interface{ expression() }

// All holds where all of its parts do.
type All []Expression

// Any holds where one of its parts does.
type Any []Expression

// Not holds where its part certainly does not.
type Not struct{ Expression Expression }

// A Comparison holds where the field has a value, and the value compares so with Value, which fits the field's kind.
type Comparison struct {
	Field    *Field
	Operator Operator
	Value    any
}

// Presence holds where the field has a value, or where it has none.
type Presence struct {
	Field   *Field
	Present bool
}

// Contains holds where the field's text contains the other.
type Contains struct {
	Field *Field
	Text  string
}

// Has holds where one of the values of a repeated field equals Value, which fits the field's kind, or the value of a [Dynamic] one, be it that or a list with it. It does not where there is no
// value.
type Has struct {
	Field *Field
	Value any
}

func (All) expression()        {}
func (Any) expression()        {}
func (Not) expression()        {}
func (Comparison) expression() {}
func (Presence) expression()   {}
func (Contains) expression()   {}
func (Has) expression()        {}

// An Operator compares two values.
type Operator int

// The operators.
const (
	Equal Operator = iota + 1
	NotEqual
	Less
	LessOrEqual
	Greater
	GreaterOrEqual
)

// Holds reports whether the comparison holds of a value that compares so with the filter's: less than 0 if it is less, 0 if they are equal.
func (o Operator) Holds(order int) bool {
	switch o {
	case Equal:
		return order == 0
	case NotEqual:
		return order != 0
	case Less:
		return order < 0
	case LessOrEqual:
		return order <= 0
	case Greater:
		return order > 0
	default:
		return order >= 0
	}
}

// operators are the comparisons by the parser's name for them.
var operators = map[string]Operator{
	filtering.FunctionEquals:        Equal,
	filtering.FunctionNotEquals:     NotEqual,
	filtering.FunctionLessThan:      Less,
	filtering.FunctionLessEquals:    LessOrEqual,
	filtering.FunctionGreaterThan:   Greater,
	filtering.FunctionGreaterEquals: GreaterOrEqual,
}

// ParseFilter reads a filter. The error says, in words for the caller, what is wrong. An empty filter is nil.
func ParseFilter(text string, fields Fields) (Expression, error) {
	if len(text) > MaxFilter {
		return nil, fmt.Errorf("a filter has at most %d characters", MaxFilter)
	}
	if strings.TrimSpace(text) == "" {
		return nil, nil //nolint:nilnil // as documented
	}
	text = escapeStars(text)
	var parser filtering.Parser
	parser.Init(text)
	parsed, err := parser.Parse()
	if err != nil {
		return nil, errors.New("this is no filter as AIP-160 has it, such as: status = \"open\" AND amount > 10")
	}
	r := &reader{fields: fields, source: source{text: text, positions: parsed.GetSourceInfo().GetPositions()}}
	return r.condition(parsed.GetExpr())
}

type reader struct {
	fields Fields
	source source
	count  int // of conditions so far
}

func (r *reader) condition(e *expr.Expr) (Expression, error) {
	if r.count++; r.count > maxConditions {
		return nil, fmt.Errorf("a filter has at most %d conditions", maxConditions)
	}
	if name, ok := fieldName(e); ok {
		return r.truth(name)
	}
	call := e.GetCallExpr()
	if call == nil {
		return nil, errors.New("a filter compares fields; a value alone, as in searching all fields, is not offered")
	}
	arguments := call.GetArgs()
	switch name := call.GetFunction(); {
	case name == filtering.FunctionAnd || name == filtering.FunctionFuzzyAnd:
		parts, err := r.conditions(arguments)
		return All(parts), err
	case name == filtering.FunctionOr:
		parts, err := r.conditions(arguments)
		return Any(parts), err
	case name == filtering.FunctionNot && len(arguments) == 1:
		inner, err := r.condition(arguments[0])
		return Not{inner}, err
	case name == filtering.FunctionHas && len(arguments) == 2:
		return r.has(arguments[0], arguments[1])
	case operators[name] != 0 && len(arguments) == 2:
		return r.comparison(operators[name], arguments[0], arguments[1])
	default:
		return nil, fmt.Errorf("there is no function %s to filter with", quoted(call.GetFunction()))
	}
}

func (r *reader) conditions(parts []*expr.Expr) ([]Expression, error) {
	out := make([]Expression, len(parts))
	for i, part := range parts {
		var err error
		if out[i], err = r.condition(part); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// truth is a boolean field that stands alone.
func (r *reader) truth(name string) (Expression, error) {
	field, err := r.field(name)
	if err != nil {
		return nil, err
	}
	if field.Kind == Dynamic {
		field = field.as(Bool)
	}
	if field.Kind != Bool {
		return nil, fmt.Errorf("%s is not a boolean; compare it with something", quoted(name))
	}
	return Comparison{Field: field, Operator: Equal, Value: true}, nil
}

func (r *reader) comparison(operator Operator, left, right *expr.Expr) (Expression, error) {
	name, ok := fieldName(left)
	if !ok {
		return nil, errors.New("the left side of a comparison is a field")
	}
	field, err := r.field(name)
	if err != nil {
		return nil, err
	}
	if field.Kind == Dynamic && !isNull(right) {
		field = r.source.typed(field, right)
	}
	equality := operator == Equal || operator == NotEqual
	switch {
	case isNull(right) && equality:
		return Presence{Field: field, Present: operator == NotEqual}, nil
	case isNull(right):
		return nil, fmt.Errorf("%s can be = null or != null, and neither less nor greater", quoted(name))
	case field.Kind == Opaque:
		return nil, fmt.Errorf("%s cannot be compared with a value, only with null", quoted(name))
	case field.Repeated:
		return nil, fmt.Errorf("%s is a list; ask for one that has a value by %s:value", quoted(name), field.JSONName)
	case field.Kind == Bool && !equality:
		return nil, fmt.Errorf("%s is true or false, and neither less nor greater", quoted(name))
	case field.Unordered && !equality:
		return nil, fmt.Errorf("%s can be equal or not, and neither less nor greater", quoted(name))
	}
	if parts, ok := r.source.pattern(right); ok && equality && field.Kind == Text {
		if operator == NotEqual {
			return Not{Matches{Field: field, Parts: parts}}, nil
		}
		return Matches{Field: field, Parts: parts}, nil
	}
	value, err := r.source.literal(field, right)
	if err != nil {
		return nil, fmt.Errorf("%s %w", quoted(name), err)
	}
	return Comparison{Field: field, Operator: operator, Value: value}, nil
}

func (r *reader) has(left, right *expr.Expr) (Expression, error) {
	name, ok := fieldName(left)
	if !ok {
		return nil, errors.New("the left side of : is a field")
	}
	field, err := r.field(name)
	if err != nil {
		return nil, err
	}
	text, isText := right.GetConstExpr().GetConstantKind().(*expr.Constant_StringValue)
	switch {
	case isText && text.StringValue == "*":
		return Presence{Field: field, Present: true}, nil
	case field.Kind == Dynamic && !isNull(right):
		field = r.source.typed(field, right)
		fallthrough
	case field.Repeated && field.Kind != Opaque && !isNull(right):
		value, err := r.source.literal(field, right)
		if err != nil {
			return nil, fmt.Errorf("%s %w", quoted(name), err)
		}
		return Has{Field: field, Value: value}, nil
	case field.Kind != Text:
		return r.comparison(Equal, left, right)
	case !isText:
		return nil, fmt.Errorf("%s is text; put what it is to contain in quotes", quoted(name))
	default:
		return Contains{Field: field, Text: text.StringValue}, nil
	}
}

func (r *reader) field(name string) (*Field, error) {
	if field := r.fields(name); field != nil {
		return field, nil
	}
	return nil, fmt.Errorf("there is no field %s to filter by", quoted(name))
}

// fieldName returns the name of a field, which a path with points is too.
func fieldName(e *expr.Expr) (string, bool) {
	switch kind := e.GetExprKind().(type) {
	case *expr.Expr_IdentExpr:
		return kind.IdentExpr.GetName(), true
	case *expr.Expr_SelectExpr:
		operand, ok := fieldName(kind.SelectExpr.GetOperand())
		return operand + "." + kind.SelectExpr.GetField(), ok
	default:
		return "", false
	}
}

func isNull(e *expr.Expr) bool {
	return e.GetIdentExpr().GetName() == "null"
}

// quoted shows a piece of the filter, cut where it is long.
func quoted(text string) string {
	const enough = 64
	if runes := []rune(text); len(runes) > enough {
		text = string(runes[:enough]) + "..."
	}
	return fmt.Sprintf("%q", text)
}
