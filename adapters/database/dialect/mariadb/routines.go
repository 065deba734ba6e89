package mariadb

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

// readRoutines reads stored procedures and functions, and then their parameters. What a routine says of reading only is held by the transaction that it is called in.
func (i *inspection) readRoutines(ctx context.Context) error {
	routines := make(map[string]*dialect.Routine)
	var schema, name, kind, access, comment string
	err := i.each(ctx, `SELECT ROUTINE_SCHEMA, ROUTINE_NAME, ROUTINE_TYPE, SQL_DATA_ACCESS, ROUTINE_COMMENT FROM information_schema.ROUTINES
		WHERE ROUTINE_SCHEMA IN (%s) AND ROUTINE_TYPE IN ('PROCEDURE', 'FUNCTION') ORDER BY FIELD(ROUTINE_SCHEMA, %s), BINARY ROUTINE_NAME, ROUTINE_TYPE`,
		[]any{&schema, &name, &kind, &access, &comment}, func() {
			routine := &dialect.Routine{
				Schema: schema, Name: name, Comment: comment, Function: kind == "FUNCTION", ResultSets: kind == "PROCEDURE",
				ReadsOnly: access == "READS SQL DATA" || access == "NO SQL",
			}
			routines[kind+"\x00"+schema+"\x00"+name] = routine
			i.found.Routines = append(i.found.Routines, routine)
		})
	if err != nil {
		return err
	}
	var (
		position                   int
		mode, parameter, collation sql.NullString
		length, precision, scale   sql.NullInt64
		of                         native
	)
	return i.each(ctx, `SELECT SPECIFIC_SCHEMA, SPECIFIC_NAME, ROUTINE_TYPE, ORDINAL_POSITION, PARAMETER_MODE, PARAMETER_NAME, LOWER(DATA_TYPE),
			CHARACTER_MAXIMUM_LENGTH, NUMERIC_PRECISION, NUMERIC_SCALE, COLLATION_NAME, DTD_IDENTIFIER
		FROM information_schema.PARAMETERS WHERE SPECIFIC_SCHEMA IN (%s) ORDER BY SPECIFIC_SCHEMA, SPECIFIC_NAME, ROUTINE_TYPE, ORDINAL_POSITION`,
		[]any{&schema, &name, &kind, &position, &mode, &parameter, &of.base, &length, &precision, &scale, &collation, &of.full}, func() {
			routine := routines[kind+"\x00"+schema+"\x00"+name]
			if routine == nil {
				return
			}
			of.length, of.precision, of.scale, of.collation = length.Int64, precision.Int64, scale.Int64, collation.String
			column := columnOf(parameter.String, of)
			column.Nullable = true
			if position == 0 {
				routine.Returns = column
				return
			}
			routine.Parameters = append(routine.Parameters, dialect.Parameter{
				Column: column, In: mode.String != "OUT", Out: strings.HasSuffix(mode.String, "OUT"),
			})
		})
}

// Call calls a routine in a transaction of its own.
func (d *database) Call(ctx context.Context, call dialect.Call, each func(int, []dialect.Value) error) (values []dialect.Value, err error) {
	err = d.within(ctx, dialect.Transaction{Mode: call.Mode}, func(on *sql.Conn) (err error) {
		values, err = d.call(ctx, on, call, each)
		return err
	})
	return values, err
}

// Call calls a routine in the transaction.
func (t tx) Call(ctx context.Context, call dialect.Call, each func(int, []dialect.Value) error) ([]dialect.Value, error) {
	return t.database.call(ctx, t.on, call, each)
}

// call gives what goes in as parameters, and has what comes out put into variables of the session, which are read behind the call.
func (d *database) call(ctx context.Context, on *sql.Conn, call dialect.Call, each func(int, []dialect.Value) error) ([]dialect.Value, error) {
	ctx = dialect.WithLabel(ctx, call.Label)
	var places, before []string
	var given, initial []dialect.Argument
	var outs []*dialect.Column
	next := 0
	for n, parameter := range call.Routine.Parameters {
		if !parameter.Out {
			given = append(given, call.Arguments[next])
			places, next = append(places, "?"+strconv.Itoa(len(given))), next+1
			continue
		}
		variable := "@postern_out_" + strconv.Itoa(n+1)
		places, outs = append(places, variable), append(outs, parameter.Column)
		argument := dialect.Argument{Kind: parameter.Kind}
		if parameter.In {
			argument, next = call.Arguments[next], next+1
		}
		initial = append(initial, argument)
		before = append(before, variable+" = ?"+strconv.Itoa(len(initial)))
	}
	name := quote(call.Routine.Schema) + "." + quote(call.Routine.Name) + "(" + strings.Join(places, ", ") + ")"
	if call.Routine.Function {
		return d.values(ctx, on, "SELECT "+name, given, []*dialect.Column{call.Routine.Returns})
	}
	if len(before) > 0 {
		if _, err := d.run(ctx, on, dialect.Statement{Text: "SET " + strings.Join(before, ", "), Arguments: initial, Label: call.Label}, nil); err != nil {
			return nil, err
		}
	}
	if err := d.results(ctx, on, "CALL "+name, given, call.Results, each); err != nil || len(outs) == 0 {
		return nil, err
	}
	var reading []string
	for _, assignment := range before {
		variable, _, _ := strings.Cut(assignment, " ")
		reading = append(reading, variable)
	}
	return d.values(ctx, on, "SELECT "+strings.Join(reading, ", "), nil, outs)
}

// values runs a statement that returns one row, and keeps it.
func (d *database) values(ctx context.Context, on *sql.Conn, text string, arguments []dialect.Argument, columns []*dialect.Column) ([]dialect.Value, error) {
	var kept []dialect.Value
	label, _ := dialect.LabelFrom(ctx) // the call's
	_, err := d.run(ctx, on, dialect.Statement{Text: text, Arguments: arguments, Columns: columns, Label: label}, func(row []dialect.Value) error {
		kept = dialect.KeepRow(row)
		return nil
	})
	return kept, err
}

// results runs a CALL and passes on the rows of all result sets, whose columns are as they were declared.
func (d *database) results(ctx context.Context, on *sql.Conn, text string, given []dialect.Argument, declared [][]*dialect.Column, each func(int, []dialect.Value) error) error {
	text, arguments, err := d.reader.bind(text, given)
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	found, err := on.QueryContext(ctx, text, arguments...)
	if err != nil {
		stop()
		return fault(err)
	}
	defer func() { _ = found.Close() }() // Err has told by then
	defer stop()                         // first, so that the server sends no more of what nobody wants
	for result := 0; ; {
		types, err := found.ColumnTypes()
		if err != nil {
			return fault(err)
		}
		if len(types) > 0 { // else it is what the call did, and no result set
			if err := d.result(found, types, declared, result, each); err != nil {
				return err
			}
			result++
		}
		if !found.NextResultSet() {
			return fault(found.Err())
		}
	}
}

// result passes on the rows of one result set.
func (d *database) result(found *sql.Rows, types []*sql.ColumnType, declared [][]*dialect.Column, result int, each func(int, []dialect.Value) error) error {
	actual := make([]*dialect.Column, len(types))
	for i, columnType := range types {
		actual[i] = described(columnType)
	}
	columns, err := dialect.Reconcile(declared, result, actual)
	if err != nil {
		return err
	}
	_, err = d.reader.read(found, columns, func(row []dialect.Value) error {
		if each == nil {
			return nil
		}
		return each(result, row)
	})
	return err
}
