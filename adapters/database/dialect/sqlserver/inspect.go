package sqlserver

import (
	"context"
	"database/sql"

	"github.com/postern-gateway/postern/adapters/database/dialect"
)

// Inspect reads the catalogue in one transaction, through one statement for each sort of thing.
func (d *database) Inspect(ctx context.Context) (*dialect.Schema, error) {
	i := &inspection{schemas: d.schemas, tables: make(map[int64]*dialect.Table), routines: make(map[int64]*dialect.Routine), defaults: make(map[*dialect.Routine]map[string]bool)}
	err := d.within(ctx, dialect.Transaction{}, func(on *sql.Tx) error {
		i.on = on
		for _, step := range []func(context.Context) error{
			i.readTables, i.readColumns, i.readKeys, i.readReferences, i.readChecks, i.readRoutines, i.readParameters,
		} {
			if err := step(ctx); err != nil {
				return fault(err)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return i.finish(), nil
}

// An inspection is one reading of the catalogue. Tables and routines are found by their object ids.
type inspection struct {
	on       *sql.Tx
	schemas  []string
	found    dialect.Schema
	tables   map[int64]*dialect.Table
	routines map[int64]*dialect.Routine
	// defaults are the parameters that have one.
	defaults map[*dialect.Routine]map[string]bool
}

// each runs a query about things of the schemas, which %s in it stands for, and calls row once for each row with targets filled in.
func (i *inspection) each(ctx context.Context, query string, targets []any, row func()) error {
	query, arguments := dialect.WithSchemas(query, i.schemas, Engine{}.Syntax().Placeholder)
	return dialect.EachRow(ctx, i.on, query, arguments, targets, row)
}

func (i *inspection) readTables(ctx context.Context) error {
	var (
		id                          int64
		schema, name, kind, comment string
	)
	return i.each(ctx, `SELECT o.object_id, s.name, o.name, RTRIM(o.type), COALESCE(CAST(e.value AS nvarchar(4000)), '')
FROM sys.objects o JOIN sys.schemas s ON s.schema_id = o.schema_id
LEFT JOIN sys.extended_properties e ON e.class = 1 AND e.major_id = o.object_id AND e.minor_id = 0 AND e.name = 'MS_Description'
WHERE o.type IN ('U', 'V') AND o.is_ms_shipped = 0 AND s.name IN (%s)
ORDER BY s.name, o.name`, []any{&id, &schema, &name, &kind, &comment}, func() {
		table := &dialect.Table{Schema: schema, Name: name, Comment: comment, View: kind == "V"}
		i.tables[id] = table
		i.found.Tables = append(i.found.Tables, table)
	})
}

// readColumns reads the columns of tables, of views, and of the rows that functions return. The type that another is an alias of is what counts; those of the
// server's own code have no such type but themselves.
func (i *inspection) readColumns(ctx context.Context) error {
	var (
		id                                                     int64
		number, length, precision, scale                       int
		name, base, collation, comment                         string
		nullable, identity, computed, hasDefault, always, hide bool
	)
	targets := []any{
		&id, &number, &name, &base, &length, &precision, &scale, &collation, &nullable, &identity, &computed, &hasDefault, &always, &hide, &comment,
	}
	return i.each(ctx, `SELECT c.object_id, c.column_id, c.name, COALESCE(b.name, t.name), c.max_length, c.precision, c.scale, COALESCE(c.collation_name, ''),
	c.is_nullable, c.is_identity, c.is_computed, CAST(IIF(c.default_object_id <> 0, 1, 0) AS bit), CAST(IIF(c.generated_always_type <> 0, 1, 0) AS bit), c.is_hidden,
	COALESCE(CAST(e.value AS nvarchar(4000)), '')
FROM sys.columns c JOIN sys.objects o ON o.object_id = c.object_id JOIN sys.schemas s ON s.schema_id = o.schema_id
JOIN sys.types t ON t.user_type_id = c.user_type_id LEFT JOIN sys.types b ON b.user_type_id = c.system_type_id
LEFT JOIN sys.extended_properties e ON e.class = 1 AND e.major_id = c.object_id AND e.minor_id = c.column_id AND e.name = 'MS_Description'
WHERE o.type IN ('U', 'V', 'IF', 'TF', 'FT') AND o.is_ms_shipped = 0 AND s.name IN (%s)
ORDER BY c.object_id, c.column_id`, targets, func() {
		added := column(name, spelled(base, length, precision, scale), collation)
		added.Comment, added.Nullable, added.Number = comment, nullable, number
		added.Default = identity || hasDefault
		added.Generated = added.Generated || identity || computed || always
		table, isTable := i.tables[id]
		switch {
		case hide: // the period of a temporal table, which only who asks for it by name sees
		case isTable:
			table.Columns = append(table.Columns, added)
		default:
			i.rowsOf(id).Rows = append(i.rowsOf(id).Rows, added)
		}
	})
}

// rowsOf is the function whose rows have a column. It is read before the function itself.
func (i *inspection) rowsOf(id int64) *dialect.Routine {
	if i.routines[id] == nil {
		i.routines[id] = &dialect.Routine{}
	}
	return i.routines[id]
}

// finish puts the tables in the order of the schemas asked for.
func (i *inspection) finish() *dialect.Schema {
	i.found.Sort(i.schemas)
	return &i.found
}
