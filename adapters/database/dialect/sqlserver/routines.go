package sqlserver

import (
	"context"
	"strings"

	"github.com/postern-gateway/postern/adapters/database/dialect"
	"github.com/postern-gateway/postern/adapters/database/sqltext"
)

// returnCode is the name of what every procedure returns.
const returnCode = "return_code"

// readRoutines reads procedures and functions. A function cannot write; of a procedure nobody says what it does.
func (i *inspection) readRoutines(ctx context.Context) error {
	var (
		id                                      int64
		schema, name, kind, comment, definition string
	)
	err := i.each(ctx, `SELECT o.object_id, s.name, o.name, RTRIM(o.type), COALESCE(CAST(e.value AS nvarchar(4000)), ''), COALESCE(m.definition, '')
FROM sys.objects o JOIN sys.schemas s ON s.schema_id = o.schema_id
LEFT JOIN sys.extended_properties e ON e.class = 1 AND e.major_id = o.object_id AND e.minor_id = 0 AND e.name = 'MS_Description'
LEFT JOIN sys.sql_modules m ON m.object_id = o.object_id
WHERE o.type IN ('P', 'PC', 'FN', 'FS', 'IF', 'TF', 'FT') AND o.is_ms_shipped = 0 AND s.name IN (%s)
ORDER BY s.name, o.name`, []any{&id, &schema, &name, &kind, &comment, &definition}, func() {
		routine := i.rowsOf(id)
		i.defaults[routine] = defaulted(definition)
		routine.Schema, routine.Name, routine.Comment = schema, name, comment
		if strings.HasPrefix(kind, "P") {
			routine.ResultSets = true
			routine.Returns = &dialect.Column{Name: returnCode, Kind: dialect.Int32, Native: "int"}
		} else {
			routine.Function, routine.ReadsOnly = true, true
		}
		i.found.Routines = append(i.found.Routines, routine)
	})
	return err
}

// defaulted are the parameters, in small letters, that the definition of a routine gives a default. The catalogue tells it only of the server's own code. A parameter
// is followed by AS or its type, and the last one by the AS that the body starts with.
func defaulted(definition string) map[string]bool {
	found := make(map[string]bool)
	var parameter, last string
	for _, token := range sqltext.Scan(definition, sqltext.Options{Brackets: true}) {
		switch {
		case token.Kind == sqltext.Space, token.Kind == sqltext.Comment:
			continue
		case last == "@": // a name is two tokens
			parameter = "@" + strings.ToLower(token.Text)
			last = parameter
			continue
		case token.Is("="):
			found[parameter] = true
		case token.Is("AS") && last != parameter || token.Is("RETURNS"):
			return found
		}
		last = token.Text
	}
	return found
}

// readParameters reads the parameters, and what a function returns, which is the one of number 0. A parameter that goes out goes in too.
func (i *inspection) readParameters(ctx context.Context) error {
	var (
		id                               int64
		number, length, precision, scale int
		name, base                       string
		out, isTable                     bool
	)
	unfit := make(map[*dialect.Routine]bool)
	err := i.each(ctx, `SELECT p.object_id, p.parameter_id, p.name, COALESCE(b.name, t.name), p.max_length, p.precision, p.scale, p.is_output, t.is_table_type
FROM sys.parameters p JOIN sys.objects o ON o.object_id = p.object_id JOIN sys.schemas s ON s.schema_id = o.schema_id
JOIN sys.types t ON t.user_type_id = p.user_type_id LEFT JOIN sys.types b ON b.user_type_id = p.system_type_id
WHERE o.type IN ('P', 'PC', 'FN', 'FS', 'IF', 'TF', 'FT') AND o.is_ms_shipped = 0 AND s.name IN (%s)
ORDER BY p.object_id, p.parameter_id`, []any{&id, &number, &name, &base, &length, &precision, &scale, &out, &isTable}, func() {
		routine, ok := i.routines[id]
		if !ok {
			return
		}
		parameter := column(strings.TrimPrefix(name, "@"), spelled(base, length, precision, scale), "")
		parameter.Nullable = true
		switch {
		case isTable:
			unfit[routine] = true
		case number == 0:
			parameter.Name = "returned"
			routine.Returns = parameter
		default:
			parameter.Default = !out && i.defaults[routine][strings.ToLower(name)] // what it puts out could not be had from one left out
			routine.Parameters = append(routine.Parameters, dialect.Parameter{Column: parameter, In: true, Out: out})
		}
	})
	if err != nil {
		return err
	}
	kept := i.found.Routines[:0]
	for _, routine := range i.found.Routines {
		if unfit[routine] {
			i.found.Skipped = append(i.found.Skipped, routine.Name+" takes a table, which no value can be given for.")
			continue
		}
		kept = append(kept, routine)
	}
	i.found.Routines = kept
	return nil
}
