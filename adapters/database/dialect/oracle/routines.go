package oracle

import (
	"context"
	"database/sql"
	"strings"

	"github.com/postern-gateway/postern/adapters/database/dialect"
)

// returnedCursor is the name of the parameter that stands for the cursor which a function returns. No other is called by a number.
const returnedCursor = "0"

// refCursor is what the catalogue calls the type of a cursor.
const refCursor = "REF CURSOR"

// readRoutines reads procedures and functions, by themselves and in packages. Overloaded ones are told apart by their place in the package.
func (i *inspection) readRoutines(ctx context.Context) error {
	var (
		of                 key
		owner, name, kind  string
		procedure, special sql.NullString
	)
	routines := make(map[key]*dialect.Routine)
	err := i.each(ctx, `SELECT p.object_id, p.subprogram_id, p.owner, p.object_name, p.procedure_name, p.object_type,
	CASE WHEN p.aggregate = 'YES' THEN 'is an aggregate' WHEN p.pipelined = 'YES' THEN 'returns rows one by one' END
FROM all_procedures p
WHERE p.object_type IN ('PROCEDURE', 'FUNCTION', 'PACKAGE') AND p.subprogram_id > 0 AND p.owner IN (%s)
ORDER BY p.owner, p.object_name, p.procedure_name NULLS FIRST, p.subprogram_id`, []any{&of.object, &of.subprogram, &owner, &name, &procedure, &kind, &special}, func() {
		routine := &dialect.Routine{Schema: owner, Name: name, Function: kind == "FUNCTION"}
		if procedure.Valid {
			routine.Name += "." + procedure.String
		}
		i.found.Routines = append(i.found.Routines, routine)
		routines[of] = routine
		switch {
		case special.Valid:
			i.unfit[routine] = special.String
		case strings.Contains(name+procedure.String, "."):
			i.unfit[routine] = "has a dot in its name"
		}
	})
	if err != nil {
		return err
	}
	return i.readArguments(ctx, routines)
}

// A key tells routines apart.
type key struct {
	object     int64
	subprogram int
}

// readArguments reads the parameters, and what a function returns, which is the one at place 0.
func (i *inspection) readArguments(ctx context.Context, routines map[key]*dialect.Routine) error {
	var (
		of              key
		position        int
		name            sql.NullString
		mode, defaulted string
		t               typed
	)
	targets := []any{&of.object, &of.subprogram, &position, &name, &mode, &defaulted, &t.name, &t.characters, &t.precision, &t.scale}
	err := i.each(ctx, `SELECT a.object_id, a.subprogram_id, a.position, a.argument_name, a.in_out, a.defaulted, NVL(a.data_type, 'UNKNOWN'), NVL(a.char_length, 0),
	NVL(a.data_precision, -1), NVL(a.data_scale, CASE WHEN a.data_precision IS NULL THEN -1 ELSE 0 END)
FROM all_arguments a
WHERE a.data_level = 0 AND a.owner IN (%s)
ORDER BY a.object_id, a.subprogram_id, a.position`, targets, func() {
		routine := routines[of]
		if routine == nil {
			return
		}
		if position == 0 {
			routine.Function = true
		}
		parameter := dialect.Parameter{Column: argumentColumn(name.String, t), In: mode != "OUT", Out: mode != "IN", Cursor: t.name == refCursor}
		parameter.Default = defaulted == "Y" && !parameter.Out // what it puts out could not be had from one left out
		switch {
		case parameter.Cursor:
			routine.ResultSets = true
			parameter.In = false // whatever it was, it is opened anew
			if position == 0 {
				parameter.Name = returnedCursor
			}
			routine.Parameters = append(routine.Parameters, parameter)
		case localType(parameter.Column) == "":
			i.unfit[routine] = "has a parameter or result of the type " + t.name + ", which no value can be given for or told of"
		case position == 0:
			routine.Returns = parameter.Column
		default:
			routine.Parameters = append(routine.Parameters, parameter)
		}
	})
	if err != nil {
		return err
	}
	kept := i.found.Routines[:0]
	for _, routine := range i.found.Routines {
		if why := i.unfit[routine]; why != "" {
			i.found.Skipped = append(i.found.Skipped, routine.Name+" "+why+", and is left out.")
			continue
		}
		kept = append(kept, routine)
	}
	i.found.Routines = kept
	return nil
}

// argumentColumn makes a column of what a parameter is. PL/SQL has no lengths for them, and types of its own.
func argumentColumn(name string, t typed) *dialect.Column {
	switch t.name {
	case "PL/SQL BOOLEAN":
		t.name = "BOOLEAN"
	case "BINARY_INTEGER", "PLS_INTEGER":
		t = typed{name: "NUMBER", precision: 10, scale: 0}
	}
	out := column(name, t)
	out.Nullable = true
	if out.Kind == dialect.Text {
		out.Native, out.Padded = t.name, false
	}
	return out
}

// localType is the type of a variable that holds what a parameter of the column's type is given or gives; "" if there is none.
func localType(column *dialect.Column) string {
	base, _, _ := strings.Cut(column.Native, "(")
	switch base {
	case "VARCHAR2", "CHAR":
		return "VARCHAR2(32767)"
	case "NVARCHAR2", "NCHAR":
		return "NVARCHAR2(16383)"
	case "RAW":
		return "RAW(32767)"
	case "NUMBER", "FLOAT", "BINARY_FLOAT", "BINARY_DOUBLE", "DATE", "CLOB", "NCLOB", "BLOB", "BOOLEAN":
		return base
	case "TIMESTAMP":
		return "TIMESTAMP(9)" + strings.TrimLeft(strings.TrimPrefix(column.Native, "TIMESTAMP"), "()0123456789")
	case "INTERVAL DAY":
		return "INTERVAL DAY(9) TO SECOND(9)"
	case "INTERVAL YEAR":
		return "INTERVAL YEAR(9) TO MONTH"
	default:
		return ""
	}
}
