package oracle

import (
	"context"
	"database/sql"

	"github.com/postern-gateway/postern/adapters/database/dialect"
)

// Inspect reads the catalogue in one read-only transaction, through one statement for each sort of thing.
func (d *database) Inspect(ctx context.Context) (*dialect.Schema, error) {
	i := &inspection{schemas: d.schemas, tables: make(map[string]*dialect.Table), unfit: make(map[*dialect.Routine]string)}
	err := d.Run(ctx, dialect.Transaction{Isolation: dialect.RepeatableRead}, func(on dialect.Tx) error {
		i.on = on.(tx).on //nolint:forcetypeassert // as Run gives it
		for _, step := range []func(context.Context) error{i.readTables, i.readColumns, i.readConstraints, i.readIndexes, i.readRoutines} {
			if err := step(ctx); err != nil {
				return fault(err)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	i.found.Sort(i.schemas)
	return &i.found, nil
}

// An inspection is one reading of the catalogue. Tables are found by owner and name.
type inspection struct {
	on      *sql.Tx
	schemas []string
	found   dialect.Schema
	tables  map[string]*dialect.Table
	// unfit says why a routine cannot be called.
	unfit map[*dialect.Routine]string
}

func (i *inspection) table(owner, name string) *dialect.Table { return i.tables[owner+"\x00"+name] }

// each runs a query about things of the schemas, which %s in it stands for, once, and calls row once for each row with targets filled in.
func (i *inspection) each(ctx context.Context, query string, targets []any, row func()) error {
	query, arguments := dialect.WithSchemas(query, i.schemas, Engine{}.Syntax().Placeholder)
	return dialect.EachRow(ctx, i.on, query, arguments, targets, row)
}

// readTables reads tables, materialized views among them, and views. Temporary tables are empty in each session, and rows of nested tables are part of others'.
func (i *inspection) readTables(ctx context.Context) error {
	var owner, name, kind string
	var comment sql.NullString
	return i.each(ctx, `SELECT o.owner, o.object_name, o.object_type, c.comments
FROM all_objects o LEFT JOIN all_tab_comments c ON c.owner = o.owner AND c.table_name = o.object_name
WHERE o.object_type IN ('TABLE', 'VIEW') AND o.temporary = 'N' AND o.secondary = 'N' AND o.object_name NOT LIKE 'BIN$%' AND o.owner IN (%s)
	AND NOT EXISTS (SELECT 1 FROM all_nested_tables n WHERE n.owner = o.owner AND n.table_name = o.object_name)
ORDER BY o.owner, o.object_name`, []any{&owner, &name, &kind, &comment}, func() {
		table := &dialect.Table{Schema: owner, Name: name, Comment: comment.String, View: kind == "VIEW"}
		if !table.View {
			table.Locator = "ROWID"
		}
		i.tables[owner+"\x00"+name] = table
		i.found.Tables = append(i.found.Tables, table)
	})
}

func (i *inspection) readColumns(ctx context.Context) error {
	var (
		owner, of, name, nullable, virtual string
		t                                  typed
		hasDefault                         int
		identity, comment                  sql.NullString
	)
	targets := []any{
		&owner, &of, &name, &t.name, &t.length, &t.characters, &t.precision, &t.scale, &nullable, &virtual, &hasDefault, &identity, &comment,
	}
	return i.each(ctx, `SELECT c.owner, c.table_name, c.column_name, c.data_type, c.data_length, NVL(c.char_length, 0), NVL(c.data_precision, -1), NVL(c.data_scale, CASE WHEN c.data_precision IS NULL THEN -1 ELSE 0 END),
	c.nullable, c.virtual_column, CASE WHEN c.default_length IS NULL THEN 0 ELSE 1 END, i.generation_type, m.comments
FROM all_tab_cols c
LEFT JOIN all_col_comments m ON m.owner = c.owner AND m.table_name = c.table_name AND m.column_name = c.column_name
LEFT JOIN all_tab_identity_cols i ON i.owner = c.owner AND i.table_name = c.table_name AND i.column_name = c.column_name
WHERE c.hidden_column = 'NO' AND c.owner IN (%s)
ORDER BY c.owner, c.table_name, c.column_id`, targets, func() {
		table := i.table(owner, of)
		if table == nil {
			return
		}
		if !readable(t) {
			i.found.Skipped = append(i.found.Skipped, of+"."+name+" is of the type "+t.name+", which cannot be told, and is left out.")
			return
		}
		added := column(name, t)
		added.Comment, added.Nullable = comment.String, nullable == "Y"
		added.Default = hasDefault == 1 || identity.Valid
		added.Generated = virtual == "YES" || identity.String == "ALWAYS"
		table.Columns = append(table.Columns, added)
	})
}
