package batch

import (
	"fmt"
	"strings"
	"time"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"

	"github.com/postern-gateway/postern/adapters/batch/record"
	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

// maxCheckCost bounds what one check may cost, in the units of cel-go.
const maxCheckCost = 100_000

// A check is what must hold of a whole file.
type check struct {
	program cel.Program
	message string
}

// checks compiles the conditions on a whole file.
func (c *compiler) checks(field string, e *envelope, config []*configv1.BatchCheck) []check {
	if e == nil || len(config) == 0 {
		return nil
	}
	names := make(map[string]bool)
	for i, total := range e.totals {
		if names[total.name] {
			c.fail(fmt.Sprintf("%s.trailer.totals[%d].name", field, i), "another total has the name %s", total.name)
		}
		names[total.name] = true
	}
	environment, err := cel.NewEnv(e.variables()...)
	if err != nil {
		c.fail(field+".checks", "preparing the expressions: %v", err)
		return nil
	}
	var all []check
	for i, one := range config {
		at := fmt.Sprintf("%s.checks[%d].expression", field, i)
		ast, issues := environment.Compile(one.GetExpression())
		if issues.Err() != nil {
			c.fail(at, "%v", issues.Err())
			continue
		}
		if !ast.OutputType().IsExactType(cel.BoolType) {
			c.fail(at, "the expression is a %s, and has to be true or false", ast.OutputType())
			continue
		}
		program, err := environment.Program(ast, cel.CostLimit(maxCheckCost))
		if err != nil {
			c.fail(at, "%v", err)
			continue
		}
		all = append(all, check{program: program, message: one.GetMessage()})
	}
	return all
}

// variables are what the expressions can speak of: each is one variable whose name has a dot, so that a field that is not there is found at load.
func (e *envelope) variables() []cel.EnvOption {
	options := append(decimals(), cel.Variable("file.name", cel.StringType), cel.Variable("file.size", cel.IntType), cel.Variable("file.modified", cel.TimestampType),
		cel.Variable("file.records", cel.IntType), cel.Variable("file.rejects", cel.IntType))
	for _, side := range []struct {
		name string
		edge *edge
	}{{"header", e.header}, {"trailer", e.trailer}} {
		for name, f := range side.edge.fields() {
			options = append(options, cel.Variable(side.name+"."+name, celType(f)))
		}
	}
	for _, total := range e.totals {
		options = append(options, cel.Variable("totals."+celName(total.name), decimalType()))
	}
	return options
}

// celName spells a name so that it can stand in an expression.
func celName(name string) string { return strings.ReplaceAll(name, "-", "_") }

// fields are those of the record that can be read alone, by their names in expressions. Of several of one name, the first is meant.
func (e *edge) fields() map[string]*record.Field {
	found := make(map[string]*record.Field)
	var add func(fields []*record.Field)
	add = func(fields []*record.Field) {
		for _, f := range fields {
			if name := celName(f.Name); f.IsFixed() && !f.IsHidden() && !f.Repeated && found[name] == nil {
				found[name] = f
			}
			add(f.Children)
		}
	}
	if layout := e.layoutOrNil(); layout != nil {
		add(layout.Fields)
	}
	return found
}

func celType(f *record.Field) *cel.Type {
	switch f.Type {
	case record.Integer:
		return cel.IntType
	case record.Decimal:
		return decimalType()
	case record.Float32, record.Float64:
		return cel.DoubleType
	case record.Boolean:
		return cel.BoolType
	case record.Bytes:
		return cel.BytesType
	case record.Time:
		return cel.TimestampType
	default:
		return cel.StringType
	}
}

func celValue(f *record.Field, value *record.Value) any {
	switch {
	case value.Null:
		return types.NullValue
	case f.Type == record.Integer:
		return value.Integer
	case f.Type == record.Decimal:
		return exactOf(string(value.Text))
	case f.Type == record.Float32, f.Type == record.Float64:
		return value.Float
	case f.Type == record.Boolean:
		return value.Integer != 0
	case f.Type == record.Bytes:
		return append([]byte(nil), value.Text...)
	case f.Type == record.Time:
		return time.Unix(value.Integer, 0).UTC()
	default:
		return string(value.Text)
	}
}

// verify holds a file that has been read to the checks. The error is a [*fileError] if it does not pass.
func (s *scanner) verify(checks []check, file *fileRecord) error {
	if len(checks) == 0 {
		return nil
	}
	variables := map[string]any{
		"file.name": file.Name, "file.size": file.Size, "file.modified": file.ModTime, "file.records": file.Records, "file.rejects": file.Bad,
	}
	s.edgeValues(variables, "header.", s.envelope.header, s.header)
	s.edgeValues(variables, "trailer.", s.envelope.trailer, s.trailer)
	for i, total := range s.envelope.totals {
		variables["totals."+celName(total.name)] = exactOf(s.sums[i].lastText(total.digits))
	}
	for _, one := range checks {
		result, _, err := one.program.Eval(variables)
		if err != nil {
			return refuse("%s (it cannot be told: %v)", one.message, err)
		}
		if result != types.True {
			return refuse("%s", one.message)
		}
	}
	return nil
}

func (s *scanner) edgeValues(to map[string]any, prefix string, e *edge, data []byte) {
	for name, f := range e.fields() {
		if err := e.layout.Extract(data, f, &s.value); err != nil {
			to[prefix+name] = types.NullValue
			continue
		}
		to[prefix+name] = celValue(f, &s.value)
	}
}
