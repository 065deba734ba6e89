package postgres

import (
	"context"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
	"google.golang.org/grpc/codes"

	"github.com/postern-gateway/postern/adapters/database/dialect"
)

var (
	_ dialect.Caller = (*database)(nil)
	_ dialect.Caller = tx{}
)

// Call calls a routine in a transaction of its own.
func (d *database) Call(ctx context.Context, call dialect.Call, each func(int, []dialect.Value) error) (values []dialect.Value, err error) {
	err = d.within(ctx, pgx.TxOptions{AccessMode: accessOf(call.Mode)}, func(on pgx.Tx) (err error) {
		values, err = d.call(ctx, on, call, each)
		return err
	})
	return values, err
}

// Call calls a routine in the transaction.
func (t tx) Call(ctx context.Context, call dialect.Call, each func(int, []dialect.Value) error) ([]dialect.Value, error) {
	return t.database.call(ctx, t.on, call, each)
}

// call runs the statement that calls the routine, and then reads the cursors that it left open.
func (d *database) call(ctx context.Context, on pgx.Tx, call dialect.Call, each func(int, []dialect.Value) error) ([]dialect.Value, error) {
	statement, err := calling(call)
	if err != nil {
		return nil, err
	}
	var values []dialect.Value
	var cursors []string
	_, err = d.run(ctx, on, statement, func(row []dialect.Value) error {
		if call.Routine.Rows != nil {
			if each == nil {
				return nil
			}
			return each(0, row)
		}
		for i, value := range row {
			switch {
			case statement.Columns[i].Native != cursorType:
				value.Text = append([]byte(nil), value.Text...) // the row is good for this call only
				values = append(values, value)
			case !value.Null:
				cursors = append(cursors, string(value.Text))
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for i, cursor := range cursors {
		if err := d.fetch(ctx, on, call, i, cursor, each); err != nil {
			return nil, err
		}
	}
	return values, nil
}

// cursorType is what the catalogue calls cursors.
const cursorType = "refcursor"

// cursorColumn is a cursor that a function returns.
var cursorColumn = &dialect.Column{Name: resultName, Native: cursorType}

// calling is the statement that calls a routine: a procedure by CALL, which answers what is out or in-out; a function among tables, whose columns then are all that
// it returns, under names that were read from the catalogue.
func calling(call dialect.Call) (dialect.Statement, error) {
	routine := call.Routine
	statement := dialect.Statement{Mode: call.Mode, Label: call.Label}
	list, arguments, err := argumentList(call)
	if err != nil {
		return statement, err
	}
	statement.Arguments = arguments
	name := pgx.Identifier{routine.Schema, routine.Name}.Sanitize() + "(" + list + ")"
	for _, parameter := range routine.Parameters {
		if parameter.Out {
			statement.Columns = append(statement.Columns, parameter.Column)
		}
	}
	if !routine.Function {
		statement.Text = "CALL " + name
		return statement, nil
	}
	switch {
	case routine.Rows != nil:
		statement.Columns = routine.Rows
	case routine.Returns != nil:
		statement.Columns = []*dialect.Column{routine.Returns}
	case len(statement.Columns) == 0 && routine.ResultSets:
		statement.Columns = []*dialect.Column{cursorColumn}
	case len(statement.Columns) == 0: // void
		statement.Text = "SELECT FROM " + name
		return statement, nil
	}
	columns := make([]string, len(statement.Columns))
	for i, column := range statement.Columns {
		columns[i] = pgx.Identifier{column.Name}.Sanitize()
	}
	names := strings.Join(columns, ", ")
	statement.Text = "SELECT " + names + " FROM " + name + " AS called(" + names + ")"
	return statement, nil
}

// argumentList gives each parameter its value, cast to its type, which tells overloaded routines apart. Those behind one that takes its default are given by name.
func argumentList(call dialect.Call) (string, []dialect.Argument, error) {
	var list []string
	var arguments []dialect.Argument
	next, byName := 0, false
	for i, parameter := range call.Routine.Parameters {
		if !parameter.In && call.Routine.Function {
			continue
		}
		value := "NULL" // of a procedure's parameter that is out
		switch {
		case parameter.Cursor:
			value = "NULL::" + cursorType // which has it named by the server
		case parameter.In:
			argument := call.Arguments[next]
			if next++; argument.Default {
				byName = true
				continue
			}
			arguments = append(arguments, argument)
			value = "$" + strconv.Itoa(len(arguments)) + "::" + parameter.Native
		}
		if byName {
			if parameter.Name == strconv.Itoa(i+1) {
				return "", nil, &dialect.Fault{Code: codes.InvalidArgument, Reason: dialect.NotNullViolation, Columns: []string{missing(call)}}
			}
			value = pgx.Identifier{parameter.Name}.Sanitize() + " => " + value
		}
		list = append(list, value)
	}
	return strings.Join(list, ", "), arguments, nil
}

// missing is the first parameter that takes its default.
func missing(call dialect.Call) string {
	next := 0
	for _, parameter := range call.Routine.Parameters {
		if !parameter.In || parameter.Cursor {
			continue
		}
		if call.Arguments[next].Default {
			return parameter.Name
		}
		next++
	}
	return ""
}

// fetch reads all rows of a cursor. Its columns are known only now, and may be others at the next call, so that the statement is not kept.
func (d *database) fetch(ctx context.Context, on pgx.Tx, call dialect.Call, result int, cursor string, each func(int, []dialect.Value) error) error {
	text := "FETCH ALL FROM " + pgx.Identifier{cursor}.Sanitize()
	prepared, err := on.Conn().PgConn().Prepare(ctx, "", text, nil)
	if err != nil {
		return fault(err)
	}
	wanted := make([]typed, len(prepared.Fields))
	for i, field := range prepared.Fields {
		wanted[i] = typed{name: field.Name, oid: field.DataTypeOID, modifier: field.TypeModifier}
	}
	actual, err := resolve(ctx, on, wanted)
	if err != nil {
		return fault(err)
	}
	columns, err := dialect.Reconcile(call.Results, result, actual)
	if err != nil {
		return err
	}
	rows, err := on.Query(dialect.WithLabel(ctx, call.Label), text, pgx.QueryExecModeDescribeExec, formats(columns))
	if err != nil {
		return fault(err)
	}
	_, err = d.read(ctx, rows, columns, func(row []dialect.Value) error {
		if each == nil {
			return nil
		}
		return each(result, row)
	})
	return err
}

// accessOf is what a transaction of the mode may do.
func accessOf(mode dialect.Mode) pgx.TxAccessMode {
	if mode == dialect.Write {
		return pgx.ReadWrite
	}
	return pgx.ReadOnly
}
