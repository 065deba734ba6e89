package odbc

import (
	"context"
	"database/sql"
	"strings"

	"github.com/postern-gateway/postern/adapters/database/dialect"
)

// Inspect reads the catalogue in one transaction, through one statement for each sort of thing.
func (d *database) Inspect(ctx context.Context) (*dialect.Schema, error) {
	i := &inspection{dbms: d.dbms, schemas: d.schemas, tables: make(map[string]*dialect.Table)}
	err := d.Run(ctx, dialect.Transaction{}, func(on dialect.Tx) error {
		i.on = on.(tx).on //nolint:forcetypeassert // as Run gives it
		for _, step := range []func(context.Context) error{i.readTables, i.readColumns, i.readKeys, i.readReferences, i.readChecks} {
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

// An inspection is one reading of the catalogue. Tables are found by schema and name.
type inspection struct {
	*dbms
	on      *sql.Tx
	schemas []string
	found   dialect.Schema
	tables  map[string]*dialect.Table
}

func (i *inspection) table(schema, name string) *dialect.Table { return i.tables[schema+"\x00"+name] }

// each runs a query about things of the schemas, which %s in it stands for, and calls row once for each row of texts, NULL among them as "". An empty query has no rows.
func (i *inspection) each(ctx context.Context, query string, row func(values []string)) error {
	if query == "" {
		return nil
	}
	query, arguments := dialect.WithSchemas(query, i.schemas, func(int) string { return i.casts[dialect.Text] })
	rows, err := i.on.QueryContext(ctx, query, arguments...)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }() // Err has told by then
	names, err := rows.Columns()
	if err != nil {
		return err
	}
	cells := make([]sql.NullString, len(names))
	targets := make([]any, len(names))
	for n := range cells {
		targets[n] = &cells[n]
	}
	return dialect.ScanEach(rows, targets, fault, func() error {
		values := make([]string, len(cells))
		for n, cell := range cells {
			values[n] = strings.TrimRight(cell.String, " ")
		}
		row(values)
		return nil
	})
}

// readTables reads schema, name, Y for a view, and comment.
func (i *inspection) readTables(ctx context.Context) error {
	return i.each(ctx, i.catalogue.tables, func(v []string) {
		table := &dialect.Table{Schema: v[0], Name: v[1], View: v[2] == "Y", Comment: v[3]}
		if !table.View {
			table.Locator = i.locator
		}
		i.tables[v[0]+"\x00"+v[1]] = table
		i.found.Tables = append(i.found.Tables, table)
	})
}

// readColumns reads schema, table, name, type, length, scale, Y for bytes, Y for nullable, Y for a default, Y for generated, and comment.
func (i *inspection) readColumns(ctx context.Context) error {
	return i.each(ctx, i.catalogue.columns, func(v []string) {
		table := i.table(v[0], v[1])
		if table == nil {
			return
		}
		made := i.column(v[2], typed{name: v[3], length: number(v[4]), scale: number(v[5]), bits: v[6] == "Y"})
		if made == nil {
			i.found.Skipped = append(i.found.Skipped, v[1]+"."+v[2]+" is of the type "+v[3]+", which cannot be told, and is left out.")
			return
		}
		made.Nullable, made.Generated, made.Comment = v[7] == "Y", v[9] == "Y", v[10]
		made.Default = v[8] == "Y" || made.Default
		table.Columns = append(table.Columns, made)
	})
}

// readKeys reads schema, table, constraint, P or U, and column.
func (i *inspection) readKeys(ctx context.Context) error {
	last := ""
	return i.each(ctx, i.catalogue.keys, func(v []string) {
		table := i.table(v[0], v[1])
		if table == nil {
			return
		}
		if v[3] == "P" {
			table.Key = append(table.Key, v[4])
		}
		if this := strings.Join(v[:3], "\x00"); this != last {
			table.Constraints = append(table.Constraints, dialect.Constraint{Name: v[2], Unique: true})
			last = this
		}
		unique := &table.Constraints[len(table.Constraints)-1]
		unique.Columns = append(unique.Columns, v[4])
	})
}

// readReferences reads schema, table, constraint, column, and schema, table and column that it refers to.
func (i *inspection) readReferences(ctx context.Context) error {
	last := ""
	return i.each(ctx, i.catalogue.references, func(v []string) {
		table := i.table(v[0], v[1])
		if table == nil {
			return
		}
		if this := strings.Join(v[:3], "\x00"); this != last {
			table.ForeignKeys = append(table.ForeignKeys, dialect.ForeignKey{Name: v[2], Schema: v[4], Table: v[5]})
			last = this
		}
		key := &table.ForeignKeys[len(table.ForeignKeys)-1]
		key.Columns, key.References = append(key.Columns, v[3]), append(key.References, v[6])
	})
}

// readChecks reads schema, table, constraint and condition.
func (i *inspection) readChecks(ctx context.Context) error {
	return i.each(ctx, i.catalogue.checks, func(v []string) {
		if table := i.table(v[0], v[1]); table != nil {
			table.Constraints = append(table.Constraints, dialect.Constraint{Name: v[2], Check: v[3]})
		}
	})
}
