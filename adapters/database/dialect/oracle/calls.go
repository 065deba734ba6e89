package oracle

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"strings"
	"time"

	goora "github.com/sijms/go-ora/v2"

	"github.com/postern-gateway/postern/adapters/database/dialect"
)

var (
	_ dialect.Caller = (*database)(nil)
	_ dialect.Caller = tx{}
)

// Call calls a routine in a transaction of its own.
func (d *database) Call(ctx context.Context, call dialect.Call, each func(int, []dialect.Value) error) (values []dialect.Value, err error) {
	err = d.Run(ctx, dialect.Transaction{Mode: call.Mode}, func(on dialect.Tx) (err error) {
		values, err = on.(tx).Call(ctx, call, each) //nolint:forcetypeassert // as Run gives it
		return err
	})
	if err != nil {
		return nil, err
	}
	return values, nil
}

// Call calls a routine in the transaction, and reads the cursors that it opened.
func (t tx) Call(ctx context.Context, call dialect.Call, each func(int, []dialect.Value) error) ([]dialect.Value, error) {
	ctx = dialect.WithLabel(ctx, call.Label)
	block, err := t.database.blockOf(call)
	if err != nil {
		return nil, err
	}
	if _, err := t.on.ExecContext(ctx, block.text(call.Routine), block.arguments...); err != nil {
		return nil, fault(err)
	}
	for result, cursor := range block.cursors {
		if err := t.result(ctx, cursor, call.Results, result, each); err != nil {
			return nil, err
		}
	}
	values := make([]dialect.Value, len(block.outs))
	for i, out := range block.outs {
		r := reader{column: out.column, location: t.database.location}
		if raw, err := out.raw(); err != nil {
			values[i].Unreadable = err
		} else {
			dialect.ReadValue(&values[i], out.column, raw, r.value)
		}
	}
	return values, nil
}

// result passes on the rows of a cursor, whose columns are as they were declared.
func (t tx) result(ctx context.Context, cursor *goora.RefCursor, declared [][]*dialect.Column, result int, each func(int, []dialect.Value) error) (err error) {
	rows, err := t.database.rowsOf(ctx, t.on, cursor)
	if err != nil {
		return fault(err)
	}
	defer func() { err = dialect.CloseRows(rows, err, fault) }()
	types, err := rows.ColumnTypes()
	if err != nil {
		return fault(err)
	}
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

// A block is PL/SQL that calls a routine. Values go through variables of the parameters' own types, so that the call means the right one of overloaded routines.
type block struct {
	declared, before, given, behind []string
	arguments                       []any
	cursors                         []*goora.RefCursor
	outs                            []*outValue
}

// blockOf makes the block. Placeholders are numbered as they come: those of declarations, of the call, and behind it.
func (d *database) blockOf(call dialect.Call) (*block, error) {
	b := &block{}
	next := 0
	for i, parameter := range call.Routine.Parameters {
		if parameter.Cursor {
			continue
		}
		variable := "postern_" + strconv.Itoa(i+1)
		declaration := variable + " " + localType(parameter.Column)
		if parameter.In {
			argument := call.Arguments[next]
			next++
			if argument.Default {
				continue
			}
			value, err := d.given(argument)
			if err != nil {
				return nil, err
			}
			declaration += " := " + initial(parameter.Column, b.bind(value))
		}
		b.declared = append(b.declared, declaration)
		b.given = append(b.given, quote(parameter.Name)+" => "+variable)
		if parameter.Out {
			b.outs = append(b.outs, &outValue{column: parameter.Column, variable: variable})
		}
	}
	if call.Routine.Returns != nil {
		b.declared = append(b.declared, "postern_returned "+localType(call.Routine.Returns))
		b.before = []string{"postern_returned := "}
		b.outs = append(b.outs, &outValue{column: call.Routine.Returns, variable: "postern_returned"})
	}
	b.bindCursors(call.Routine)
	for _, out := range b.outs {
		text, target := out.target()
		b.behind = append(b.behind, " "+b.bind(target)+" := "+text+";")
	}
	return b, nil
}

// bindCursors binds what the routine opens. One that it returns is the first that the call mentions, and is in front of the others.
func (b *block) bindCursors(routine *dialect.Routine) {
	for _, parameter := range routine.Parameters {
		if !parameter.Cursor {
			continue
		}
		cursor := &goora.RefCursor{}
		b.cursors = append(b.cursors, cursor)
		place := b.bind(sql.Out{Dest: cursor})
		if parameter.Name == returnedCursor {
			b.before = []string{place, " := "}
			continue
		}
		b.given = append(b.given, quote(parameter.Name)+" => "+place)
	}
}

// bind takes an argument and returns its placeholder.
func (b *block) bind(argument any) string {
	b.arguments = append(b.arguments, argument)
	return ":" + strconv.Itoa(len(b.arguments))
}

func (b *block) text(routine *dialect.Routine) string {
	var out strings.Builder
	if len(b.declared) > 0 {
		out.WriteString("DECLARE " + strings.Join(b.declared, "; ") + "; ")
	}
	out.WriteString("BEGIN " + strings.Join(b.before, "") + quote(routine.Schema))
	for part := range strings.SplitSeq(routine.Name, ".") {
		out.WriteString("." + quote(part))
	}
	if len(b.given) > 0 {
		out.WriteString("(" + strings.Join(b.given, ", ") + ")")
	}
	out.WriteString(";" + strings.Join(b.behind, "") + " END;")
	return out.String()
}

// given is what the driver is given for a parameter. It knows no booleans.
func (d *database) given(argument dialect.Argument) (any, error) {
	if truth, ok := argument.Value.(bool); ok {
		if truth {
			return int64(1), nil
		}
		return int64(0), nil
	}
	return d.argument(argument)
}

// initial is what a variable starts with.
func initial(column *dialect.Column, place string) string {
	switch {
	case column.Kind == dialect.Bool:
		return "CASE " + place + " WHEN 1 THEN TRUE WHEN 0 THEN FALSE END"
	case strings.HasPrefix(column.Native, "INTERVAL DAY"):
		return "TO_DSINTERVAL(" + place + ")"
	case strings.HasPrefix(column.Native, "INTERVAL YEAR"):
		return "TO_YMINTERVAL(" + place + ")"
	default:
		return place
	}
}

// mostOut is how many bytes a variable of PL/SQL holds.
const mostOut = 32767

// An outValue is a value that comes out: as text, or as the bytes or the LOB that it is.
type outValue struct {
	column   *dialect.Column
	variable string
	text     sql.NullString
	bytes    []byte
	clob     goora.Clob
	blob     goora.Blob
}

// target is the expression of what comes out, and where the driver is to put it.
func (o *outValue) target() (expression string, target any) {
	v := o.variable
	switch base, _, _ := strings.Cut(o.column.Native, "("); base {
	case "CLOB", "NCLOB":
		return v, sql.Out{Dest: &o.clob}
	case "BLOB":
		return v, sql.Out{Dest: &o.blob}
	case "RAW":
		return v, goora.Out{Dest: &o.bytes, Size: mostOut}
	case "NUMBER", "FLOAT":
		v = "TO_CHAR(" + v + ", 'TM9')"
	case "DATE":
		v = "TO_CHAR(" + v + `, 'YYYY-MM-DD"T"HH24:MI:SS')`
	default:
		v = o.spelled()
	}
	return v, goora.Out{Dest: &o.text, Size: mostOut}
}

func (o *outValue) spelled() string {
	switch o.column.Kind {
	case dialect.Bool:
		return "CASE WHEN " + o.variable + " THEN 'true' WHEN NOT " + o.variable + " THEN 'false' END"
	case dialect.LocalTimestamp:
		return "TO_CHAR(" + o.variable + `, 'YYYY-MM-DD"T"HH24:MI:SS.FF9')`
	case dialect.Timestamp:
		return "TO_CHAR(SYS_EXTRACT_UTC(" + o.variable + `), 'YYYY-MM-DD"T"HH24:MI:SS.FF9')`
	case dialect.Text:
		return o.variable
	default:
		return "TO_CHAR(" + o.variable + ")"
	}
}

// raw is what came out as the driver tells it in rows, which [reader] reads. An empty text is NULL.
func (o *outValue) raw() (any, error) {
	switch {
	case o.clob.Valid:
		return o.clob.String, nil
	case o.blob.Valid:
		return o.blob.Data, nil
	case len(o.bytes) > 0:
		return o.bytes, nil
	case !o.text.Valid || o.text.String == "":
		return nil, nil
	}
	switch o.column.Kind {
	case dialect.Bool:
		return o.text.String == "true", nil
	case dialect.Timestamp, dialect.LocalTimestamp:
		moment, err := time.Parse(clockLayout, o.text.String)
		if err != nil {
			return nil, fmt.Errorf("reading %s: %w", o.column.Name, err)
		}
		return moment, nil
	case dialect.Decimal:
		return pointed(o.text.String), nil
	default:
		return o.text.String, nil
	}
}

// pointed puts the zero before a point that Oracle leaves out.
func pointed(number string) string {
	if rest, negative := strings.CutPrefix(number, "-"); negative {
		return "-" + pointed(rest)
	}
	if strings.HasPrefix(number, ".") {
		return "0" + number
	}
	return number
}
