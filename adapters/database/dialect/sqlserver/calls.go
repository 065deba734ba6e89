package sqlserver

import (
	"context"
	"database/sql"
	"strconv"
	"strings"

	"github.com/postern-gateway/postern/adapters/database/dialect"
)

var (
	_ dialect.Caller = (*database)(nil)
	_ dialect.Caller = tx{}
)

// Call calls a routine in a transaction of its own.
func (d *database) Call(ctx context.Context, call dialect.Call, each func(int, []dialect.Value) error) (values []dialect.Value, err error) {
	err = d.within(ctx, dialect.Transaction{Mode: call.Mode}, func(on *sql.Tx) (err error) {
		values, err = tx{d, on}.Call(ctx, call, each)
		return err
	})
	if err != nil {
		return nil, err
	}
	return values, nil
}

// Call calls a routine in the transaction: a function by SELECT, and a procedure by EXEC.
func (t tx) Call(ctx context.Context, call dialect.Call, each func(int, []dialect.Value) error) ([]dialect.Value, error) {
	if !call.Routine.Function {
		return t.execute(ctx, call, each)
	}
	text, columns := selecting(call)
	statement := dialect.Statement{Text: text, Arguments: call.Arguments, Columns: columns, Mode: call.Mode, Label: call.Label}
	if statement.Mode == dialect.ReadOnly {
		statement.Mode = dialect.Read // functions write nothing
	}
	if call.Routine.Rows != nil {
		_, err := t.Query(ctx, statement, func(row []dialect.Value) error {
			if each == nil {
				return nil
			}
			return each(0, row)
		})
		return nil, err
	}
	var returned []dialect.Value
	_, err := t.Query(ctx, statement, func(row []dialect.Value) error {
		returned = dialect.KeepRow(row)
		return nil
	})
	return returned, err
}

func nameOf(routine *dialect.Routine) string {
	return quote(routine.Schema) + "." + quote(routine.Name)
}

// selecting is the statement that calls a function, and the columns of its result.
func selecting(call dialect.Call) (string, []*dialect.Column) {
	routine := call.Routine
	places := make([]string, len(routine.Parameters))
	for i := range places {
		places[i] = "@p" + strconv.Itoa(i+1)
		if call.Arguments[i].Default {
			places[i] = "DEFAULT"
		}
	}
	called := nameOf(routine) + "(" + strings.Join(places, ", ") + ")"
	if routine.Rows == nil {
		return "SELECT " + called, []*dialect.Column{routine.Returns}
	}
	var outputs []string
	for _, column := range routine.Rows {
		outputs = append(outputs, output(column, quote(column.Name)))
	}
	return "SELECT " + strings.Join(outputs, ", ") + " FROM " + called, routine.Rows
}

// lastResult is the name of the first column of the result that the batch itself selects, behind those of the procedure.
const lastResult = "postern: returned"

// executing is the batch that calls a procedure. What goes out is kept in variables of the procedure's own types, and selected at the end together with the
// return code. What takes its default is left out.
func executing(call dialect.Call) (string, []*dialect.Column) {
	routine := call.Routine
	var batch strings.Builder
	batch.WriteString("SET NOCOUNT ON; DECLARE @postern_code int")
	var given, outs []string
	var columns []*dialect.Column
	for i, parameter := range routine.Parameters {
		if call.Arguments[i].Default {
			continue
		}
		place := "@p" + strconv.Itoa(i+1)
		if parameter.Out {
			variable := "@postern_out" + strconv.Itoa(i+1)
			batch.WriteString(", " + variable + " " + declared(parameter.Column) + " = " + place)
			place = variable + " OUTPUT"
			outs, columns = append(outs, variable), append(columns, parameter.Column)
		}
		given = append(given, "@"+parameter.Name+" = "+place)
	}
	outs, columns = append(outs, "@postern_code"), append(columns, routine.Returns)
	outs[0] += " AS " + quote(lastResult)
	batch.WriteString("; EXEC @postern_code = " + nameOf(routine))
	if len(given) > 0 {
		batch.WriteString(" " + strings.Join(given, ", "))
	}
	batch.WriteString("; SELECT " + strings.Join(outs, ", "))
	return batch.String(), columns
}

// execute calls a procedure, and passes on the rows of all its result sets, whose columns are as they were declared.
func (t tx) execute(ctx context.Context, call dialect.Call, each func(int, []dialect.Value) error) ([]dialect.Value, error) {
	text, returned := executing(call)
	text, arguments, err := t.database.bind(text, call.Arguments)
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(dialect.WithLabel(ctx, call.Label))
	defer stop() // so that the server sends no more of what nobody wants
	rows, err := t.on.QueryContext(ctx, text, arguments...)
	if err != nil {
		return nil, fault(err)
	}
	values, err := t.results(rows, returned, call.Results, each)
	if err != nil {
		stop()
	}
	return values, dialect.CloseRows(rows, err, fault)
}

func (t tx) results(rows *sql.Rows, returned []*dialect.Column, declared [][]*dialect.Column, each func(int, []dialect.Value) error) (values []dialect.Value, err error) {
	for result := 0; ; {
		types, err := rows.ColumnTypes()
		if err != nil {
			return nil, fault(err)
		}
		switch {
		case len(types) == 0: // what the call did, and no result set
		case types[0].Name() == lastResult:
			_, err = t.database.read(rows, returned, func(row []dialect.Value) error {
				values = dialect.KeepRow(row)
				return nil
			})
		default:
			err = t.result(rows, types, declared, result, each)
			result++
		}
		if err != nil {
			return nil, err
		}
		if !rows.NextResultSet() {
			return values, fault(rows.Err())
		}
	}
}

// result passes on the rows of one result set.
func (t tx) result(rows *sql.Rows, types []*sql.ColumnType, declared [][]*dialect.Column, result int, each func(int, []dialect.Value) error) error {
	columns, err := dialect.Reconcile(declared, result, describedResult(types))
	if err != nil {
		return err
	}
	_, err = t.database.read(rows, columns, func(row []dialect.Value) error {
		if each == nil {
			return nil
		}
		return each(result, row)
	})
	return err
}

// mostLength is that of a type which is not max.
const mostLength = 8000

// describedResult makes columns of what the driver says of a result.
func describedResult(types []*sql.ColumnType) []*dialect.Column {
	columns := make([]*dialect.Column, len(types))
	for i, one := range types {
		base := strings.ToLower(one.DatabaseTypeName())
		precision, scale, _ := one.DecimalSize()
		length, _ := one.Length()
		switch {
		case length > mostLength:
			length = -1
		case strings.HasPrefix(base, "n"):
			length *= 2 // since it is of characters
		}
		columns[i] = column(one.Name(), spelled(base, int(length), int(precision), int(scale)), "")
		columns[i].Nullable = true
	}
	return columns
}
