package filter

import (
	"fmt"

	"go.einride.tech/aip/filtering"
	expr "google.golang.org/genproto/googleapis/api/expr/v1alpha1"

	"github.com/postern-gateway/postern/adapters/database/dialect"
)

// MaxLength is the longest filter in bytes.
const MaxLength = 4096

// maxConditions is how many conditions a filter may have, those made of others included. Past a thousand, SQLite gives up.
const maxConditions = 500

// Columns finds the column of a field by the name that callers know; nil means that there is none.
type Columns func(field string) *dialect.Column

// Compile reads a filter and returns the condition, whose parameters it adds to the builder. The error says, in words for the caller, what
// is wrong.
func Compile(builder *dialect.Builder, text string, columns Columns) (dialect.Fragment, error) {
	if len(text) > MaxLength {
		return "", fmt.Errorf("a filter has at most %d characters", MaxLength)
	}
	var parser filtering.Parser
	parser.Init(text)
	parsed, err := parser.Parse()
	if err != nil {
		return "", fmt.Errorf("this is no filter as AIP-160 has it, such as: status = \"open\" AND amount > 10")
	}
	c := &compiler{builder: builder, columns: columns, source: source{text: text, positions: parsed.GetSourceInfo().GetPositions()}}
	return c.condition(parsed.GetExpr())
}

type compiler struct {
	builder *dialect.Builder
	columns Columns
	source  source
	count   int // of conditions so far
}

// operators are the comparisons by the parser's name for them.
var operators = map[string]dialect.Fragment{
	filtering.FunctionEquals:        " = ",
	filtering.FunctionNotEquals:     " <> ",
	filtering.FunctionLessThan:      " < ",
	filtering.FunctionLessEquals:    " <= ",
	filtering.FunctionGreaterThan:   " > ",
	filtering.FunctionGreaterEquals: " >= ",
}

func (c *compiler) condition(e *expr.Expr) (dialect.Fragment, error) {
	if c.count++; c.count > maxConditions {
		return "", fmt.Errorf("a filter has at most %d conditions", maxConditions)
	}
	if name, ok := fieldName(e); ok {
		return c.truth(name)
	}
	call := e.GetCallExpr()
	if call == nil {
		return "", fmt.Errorf("a filter compares fields; a value alone, as in searching all fields, is not offered")
	}
	arguments := call.GetArgs()
	switch name := call.GetFunction(); {
	case name == filtering.FunctionAnd || name == filtering.FunctionFuzzyAnd:
		return c.join(" AND ", arguments)
	case name == filtering.FunctionOr:
		return c.join(" OR ", arguments)
	case name == filtering.FunctionNot && len(arguments) == 1:
		inner, err := c.condition(arguments[0])
		if err != nil {
			return "", err
		}
		return "NOT (" + inner + ")", nil
	case name == filtering.FunctionHas && len(arguments) == 2:
		return c.has(arguments[0], arguments[1])
	case operators[name] != "" && len(arguments) == 2:
		return c.comparison(name, arguments[0], arguments[1])
	default:
		return "", fmt.Errorf("there is no function %s to filter with", quoted(call.GetFunction()))
	}
}

func (c *compiler) join(operator dialect.Fragment, parts []*expr.Expr) (dialect.Fragment, error) {
	var joined dialect.Fragment
	for i, part := range parts {
		condition, err := c.condition(part)
		if err != nil {
			return "", err
		}
		if i > 0 {
			joined += operator
		}
		joined += "(" + condition + ")"
	}
	return joined, nil
}

// truth is a boolean field that stands alone.
func (c *compiler) truth(name string) (dialect.Fragment, error) {
	column, err := c.column(name)
	if err != nil {
		return "", err
	}
	if column.Kind != dialect.Bool {
		return "", fmt.Errorf("%s is not a boolean; compare it with something", quoted(name))
	}
	return c.builder.Compared(column) + " = " + c.builder.ComparedParameter(column, true), nil
}

func (c *compiler) comparison(function string, left, right *expr.Expr) (dialect.Fragment, error) {
	name, ok := fieldName(left)
	if !ok {
		return "", fmt.Errorf("the left side of a comparison is a field")
	}
	column, err := c.column(name)
	if err != nil {
		return "", err
	}
	if isNull(right) {
		switch function {
		case filtering.FunctionEquals:
			return c.builder.Quoted(column.Name) + " IS NULL", nil
		case filtering.FunctionNotEquals:
			return c.builder.Quoted(column.Name) + " IS NOT NULL", nil
		default:
			return "", fmt.Errorf("%s can be = null or != null, and neither less nor greater", quoted(name))
		}
	}
	if !column.Kind.Ordered() || column.Kind == dialect.Bytes {
		return "", fmt.Errorf("%s cannot be compared with a value, only with null", quoted(name))
	}
	if column.Kind == dialect.Bool && function != filtering.FunctionEquals && function != filtering.FunctionNotEquals {
		return "", fmt.Errorf("%s is true or false, and neither less nor greater", quoted(name))
	}
	value, err := c.source.literal(column, right)
	if err != nil {
		return "", fmt.Errorf("%s %w", quoted(name), err)
	}
	return c.builder.Compared(column) + operators[function] + c.builder.ComparedParameter(column, value), nil
}

func (c *compiler) has(left, right *expr.Expr) (dialect.Fragment, error) {
	name, ok := fieldName(left)
	if !ok {
		return "", fmt.Errorf("the left side of : is a field")
	}
	column, err := c.column(name)
	if err != nil {
		return "", err
	}
	text, isText := right.GetConstExpr().GetConstantKind().(*expr.Constant_StringValue)
	switch {
	case isText && text.StringValue == "*":
		return c.builder.Quoted(column.Name) + " IS NOT NULL", nil
	case column.Kind != dialect.Text:
		return c.comparison(filtering.FunctionEquals, left, right)
	case !isText:
		return "", fmt.Errorf("%s is text; put what it is to contain in quotes", quoted(name))
	default:
		return c.builder.Contains(column, text.StringValue), nil
	}
}

func (c *compiler) column(name string) (*dialect.Column, error) {
	if column := c.columns(name); column != nil {
		return column, nil
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
