package firebird

import (
	"context"
	"database/sql"
	"strings"

	"google.golang.org/grpc/codes"

	"github.com/postern-gateway/postern/adapters/database/dialect"
)

// The values of RDB$PROCEDURE_TYPE: a procedure with SUSPEND is selected from.
const selectable = 1

// readRoutines reads procedures and functions, those of packages among them, except private and external ones of old.
func (i *inspection) readRoutines(ctx context.Context) error {
	var (
		unit, name, comment string
		function            bool
		kind                int
	)
	return i.each(ctx, `SELECT COALESCE(p.RDB$PACKAGE_NAME, ''), p.RDB$PROCEDURE_NAME, `+described("p")+`, FALSE, COALESCE(p.RDB$PROCEDURE_TYPE, 2)
			FROM RDB$PROCEDURES p WHERE COALESCE(p.RDB$SYSTEM_FLAG, 0) = 0 AND COALESCE(p.RDB$PRIVATE_FLAG, 0) = 0
		UNION ALL
		SELECT COALESCE(f.RDB$PACKAGE_NAME, ''), f.RDB$FUNCTION_NAME, `+described("f")+`, TRUE, 0
			FROM RDB$FUNCTIONS f WHERE COALESCE(f.RDB$SYSTEM_FLAG, 0) = 0 AND COALESCE(f.RDB$PRIVATE_FLAG, 0) = 0 AND COALESCE(f.RDB$LEGACY_FLAG, 0) = 0
		ORDER BY 1, 2`, []any{&unit, &name, &comment, &function, &kind}, func() {
		routine := &dialect.Routine{Name: name, Comment: comment, Function: function}
		if unit != "" {
			routine.Name = unit + "." + name
		}
		if kind == selectable {
			routine.Rows = []*dialect.Column{}
		}
		i.routines[routineKey(unit, name, function)] = routine
		i.found.Routines = append(i.found.Routines, routine)
	})
}

func routineKey(unit, name string, function bool) string {
	sort := "P"
	if function {
		sort = "F"
	}
	return sort + "\x00" + unit + "\x00" + name
}

// readParameters reads what routines take and give. What a function returns is its parameter of number 0, or of another where it is an old one.
func (i *inspection) readParameters(ctx context.Context) error {
	var (
		unit, owner, name, comment          string
		function, out, notNull, hasFallback bool
		number                              int
		t                                   typed
	)
	targets := append([]any{&function, &unit, &owner, &number, &out, &name, &comment, &notNull, &hasFallback}, t.targets()...)
	return i.each(ctx, `SELECT FALSE, COALESCE(p.RDB$PACKAGE_NAME, ''), p.RDB$PROCEDURE_NAME, p.RDB$PARAMETER_NUMBER, p.RDB$PARAMETER_TYPE = 1, p.RDB$PARAMETER_NAME, `+described("p")+`,
				COALESCE(p.RDB$NULL_FLAG, 0) = 1, p.RDB$DEFAULT_SOURCE IS NOT NULL, `+typedColumns+`
			FROM RDB$PROCEDURE_PARAMETERS p JOIN RDB$FIELDS f ON f.RDB$FIELD_NAME = p.RDB$FIELD_SOURCE
			LEFT JOIN RDB$CHARACTER_SETS cs ON cs.RDB$CHARACTER_SET_ID = f.RDB$CHARACTER_SET_ID
		UNION ALL
		SELECT TRUE, COALESCE(a.RDB$PACKAGE_NAME, ''), a.RDB$FUNCTION_NAME, a.RDB$ARGUMENT_POSITION, a.RDB$ARGUMENT_POSITION = o.RDB$RETURN_ARGUMENT, COALESCE(a.RDB$ARGUMENT_NAME, ''),
				`+described("a")+`, COALESCE(a.RDB$NULL_FLAG, 0) = 1, a.RDB$DEFAULT_SOURCE IS NOT NULL, `+typedColumns+`
			FROM RDB$FUNCTION_ARGUMENTS a JOIN RDB$FIELDS f ON f.RDB$FIELD_NAME = a.RDB$FIELD_SOURCE
			JOIN RDB$FUNCTIONS o ON o.RDB$FUNCTION_NAME = a.RDB$FUNCTION_NAME AND o.RDB$PACKAGE_NAME IS NOT DISTINCT FROM a.RDB$PACKAGE_NAME
			LEFT JOIN RDB$CHARACTER_SETS cs ON cs.RDB$CHARACTER_SET_ID = f.RDB$CHARACTER_SET_ID
		ORDER BY 1, 2, 3, 5, 4`, targets, func() {
		routine, ok := i.routines[routineKey(unit, owner, function)]
		if !ok {
			return
		}
		parameter := column(name, t)
		parameter.Comment, parameter.Nullable, parameter.Default = comment, !notNull, hasFallback
		switch {
		case out && function:
			routine.Returns = parameter
		case out && routine.Rows != nil:
			routine.Rows = append(routine.Rows, parameter)
		default:
			routine.Parameters = append(routine.Parameters, dialect.Parameter{Column: parameter, In: !out, Out: out})
		}
	})
}

var (
	_ dialect.Caller = (*database)(nil)
	_ dialect.Caller = tx{}
)

// Call calls a routine in a transaction of its own.
func (d *database) Call(ctx context.Context, call dialect.Call, each func(int, []dialect.Value) error) ([]dialect.Value, error) {
	var returned []dialect.Value
	err := d.within(ctx, dialect.Transaction{Mode: call.Mode}, func(on *sql.Tx) (err error) {
		returned, err = tx{d, on}.Call(ctx, call, each)
		return err
	})
	if err != nil {
		return nil, err
	}
	return returned, nil
}

// Call calls a routine in the transaction: a selectable procedure and a function by SELECT, any other by EXECUTE PROCEDURE.
func (t tx) Call(ctx context.Context, call dialect.Call, each func(int, []dialect.Value) error) ([]dialect.Value, error) {
	arguments, err := given(call)
	if err != nil {
		return nil, err
	}
	text, columns := calling(call.Routine, len(arguments))
	statement := dialect.Statement{Text: text, Arguments: arguments, Columns: columns, Mode: call.Mode, Label: call.Label}
	var returned []dialect.Value
	_, err = t.Query(ctx, statement, func(row []dialect.Value) error {
		if call.Routine.Rows == nil {
			returned = dialect.KeepRow(row)
			return nil
		}
		if each == nil {
			return nil
		}
		return each(0, row)
	})
	return returned, err
}

// given are the arguments without those at the end that take their defaults. There is no other way to leave one out.
func given(call dialect.Call) ([]dialect.Argument, error) {
	arguments := call.Arguments
	for len(arguments) > 0 && arguments[len(arguments)-1].Default {
		arguments = arguments[:len(arguments)-1]
	}
	next := 0
	for _, parameter := range call.Routine.Parameters {
		if !parameter.In {
			continue
		}
		if next < len(arguments) && arguments[next].Default {
			return nil, &dialect.Fault{Code: codes.InvalidArgument, Reason: dialect.NotNullViolation, Columns: []string{parameter.Name}}
		}
		next++
	}
	return arguments, nil
}

// calling is the statement that calls a routine, and the columns of its result.
func calling(routine *dialect.Routine, arguments int) (string, []*dialect.Column) {
	name := quote(routine.Name)
	if unit, member, found := strings.Cut(routine.Name, "."); found {
		name = quote(unit) + "." + quote(member)
	}
	list := strings.TrimSuffix(strings.Repeat("?, ", arguments), ", ")
	switch {
	case routine.Function:
		columns := []*dialect.Column{routine.Returns}
		return "SELECT " + output(routine.Returns, name+"("+list+")") + " FROM RDB$DATABASE", columns
	case routine.Rows != nil:
		var outputs []string
		for _, column := range routine.Rows {
			outputs = append(outputs, output(column, quote(column.Name)))
		}
		if list != "" {
			name += "(" + list + ")"
		}
		return "SELECT " + strings.Join(outputs, ", ") + " FROM " + name, routine.Rows
	default:
		var columns []*dialect.Column
		for _, parameter := range routine.Parameters {
			if parameter.Out {
				columns = append(columns, parameter.Column)
			}
		}
		if list != "" {
			list = " " + list
		}
		return "EXECUTE PROCEDURE " + name + list, columns
	}
}
