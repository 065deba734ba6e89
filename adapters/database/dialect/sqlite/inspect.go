package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"github.com/postern-gateway/postern/adapters/database/dialect"
	"github.com/postern-gateway/postern/adapters/database/sqltext"
)

// Inspect reads the catalogue through one statement for each sort of thing, in one transaction.
func (d *database) Inspect(ctx context.Context) (*dialect.Schema, error) {
	if d.schema != mainSchema {
		return &dialect.Schema{}, nil // nothing is attached
	}
	tx, err := d.reading.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return nil, fault(err)
	}
	defer func() { _ = tx.Rollback() }() // it only reads
	inspection := &inspection{tx: tx, schema: d.schema, tables: make(map[string]*table)}
	for _, step := range []func(context.Context) error{inspection.readTables, inspection.readColumns, inspection.readIndexes, inspection.readForeignKeys} {
		if err := step(ctx); err != nil {
			return nil, fault(err)
		}
	}
	return inspection.finish(), nil
}

// An inspection is one reading of the catalogue.
type inspection struct {
	tx     *sql.Tx
	schema string
	names  []string
	tables map[string]*table
}

type table struct {
	dialect.Table
	definition   string
	withoutRowID bool
}

// each runs a query about the schema, and calls row once for each row with targets filled in.
func (i *inspection) each(ctx context.Context, query string, targets []any, row func()) error {
	return dialect.EachRow(ctx, i.tx, query, []any{i.schema}, targets, row)
}

func (i *inspection) readTables(ctx context.Context) error {
	query := fmt.Sprintf(`SELECT l.name, l.type, l.wr, coalesce(m.sql, '')
		FROM pragma_table_list l JOIN %s.sqlite_schema m ON m.name = l.name
		WHERE l.schema = ?1 AND l.type IN ('table', 'view', 'virtual') AND l.name NOT LIKE 'sqlite\_%%' ESCAPE '\' ORDER BY l.name`, quote(i.schema))
	var (
		name, kind, definition string
		withoutRowID           bool
	)
	return i.each(ctx, query, []any{&name, &kind, &withoutRowID, &definition}, func() {
		i.names = append(i.names, name)
		i.tables[name] = &table{Table: dialect.Table{Name: name, View: kind == "view"}, withoutRowID: withoutRowID, definition: definition}
	})
}

// The values of `hidden` (PRAGMA table_xinfo) that make a column generated.
const (
	hiddenVirtual   = 1
	generatedInRead = 2
	generatedStored = 3
)

func (i *inspection) readColumns(ctx context.Context) error {
	keys := make(map[string]map[int]string)
	query := `SELECT l.name, c.name, c.type, c."notnull", c.dflt_value IS NOT NULL, c.pk, c.hidden
		FROM pragma_table_list l JOIN pragma_table_xinfo(l.name, l.schema) c WHERE l.schema = ?1 ORDER BY l.name, c.cid`
	var (
		owner, name, native string
		notNull, hasDefault bool
		key, hidden         int
	)
	err := i.each(ctx, query, []any{&owner, &name, &native, &notNull, &hasDefault, &key, &hidden}, func() {
		t, ok := i.tables[owner]
		if !ok || hidden == hiddenVirtual {
			return
		}
		column := declared(name, native)
		column.Nullable, column.Default = !notNull, hasDefault
		column.Generated = hidden == generatedInRead || hidden == generatedStored
		t.Columns = append(t.Columns, column)
		if key > 0 {
			if keys[owner] == nil {
				keys[owner] = make(map[int]string)
			}
			keys[owner][key] = name
		}
	})
	for owner, key := range keys {
		t := i.tables[owner]
		for position := 1; position <= len(key); position++ {
			t.Key = append(t.Key, key[position])
		}
		markRowID(t)
	}
	return err
}

// markRowID knows the INTEGER PRIMARY KEY, which SQLite numbers by itself and which is never NULL (CREATE TABLE, section 5).
func markRowID(t *table) {
	if len(t.Key) != 1 || t.withoutRowID {
		return
	}
	if column := t.Column(t.Key[0]); column != nil && strings.EqualFold(column.Native, "INTEGER") {
		column.Default, column.Nullable = true, false
	}
}

func (i *inspection) readIndexes(ctx context.Context) error {
	query := `SELECT l.name, x.name, c.name, NOT EXISTS (SELECT 1 FROM pragma_index_info(x.name, l.schema) e WHERE e.name IS NULL)
		FROM pragma_table_list l JOIN pragma_index_list(l.name, l.schema) x JOIN pragma_index_info(x.name, l.schema) c
		WHERE l.schema = ?1 AND l.type = 'table' AND x."unique" AND NOT x.partial AND c.name IS NOT NULL ORDER BY l.name, x.name, c.seqno`
	var (
		owner, index, column string
		whole                bool // no expression is among its parts
	)
	return i.each(ctx, query, []any{&owner, &index, &column, &whole}, func() {
		t, ok := i.tables[owner]
		if !ok {
			return
		}
		if n := len(t.Constraints); n > 0 && t.Constraints[n-1].Name == index {
			t.Constraints[n-1].Columns = append(t.Constraints[n-1].Columns, column)
			return
		}
		t.Constraints = append(t.Constraints, dialect.Constraint{Name: index, Columns: []string{column}, Unique: whole})
	})
}

func (i *inspection) readForeignKeys(ctx context.Context) error {
	query := `SELECT l.name, f.id, f."table", f."from", coalesce(f."to", '')
		FROM pragma_table_list l JOIN pragma_foreign_key_list(l.name, l.schema) f WHERE l.schema = ?1 ORDER BY l.name, f.id, f.seq`
	var (
		owner, target, from, to string
		id                      int
	)
	last := ""
	return i.each(ctx, query, []any{&owner, &id, &target, &from, &to}, func() {
		t, ok := i.tables[owner]
		if !ok {
			return
		}
		if this := fmt.Sprintf("%s %d", owner, id); this != last {
			last = this
			t.ForeignKeys = append(t.ForeignKeys, dialect.ForeignKey{Table: target})
		}
		key := &t.ForeignKeys[len(t.ForeignKeys)-1]
		key.Columns = append(key.Columns, from)
		if to != "" {
			key.References = append(key.References, to)
		}
	})
}

// finish adds what follows from the rest.
func (i *inspection) finish() *dialect.Schema {
	schema := &dialect.Schema{}
	for _, name := range i.names {
		t := i.tables[name]
		if !t.View {
			defined := define(t.definition)
			t.Constraints = append(t.Constraints, defined.checks...)
			for _, column := range t.Columns {
				column.Unbound = defined.collated
			}
			t.Locator = locator(t)
		}
		completeReferences(t, i.tables)
		schema.Tables = append(schema.Tables, &t.Table)
	}
	return schema
}

// locator is a name of the row id that no column has taken.
func locator(t *table) string {
	if t.withoutRowID {
		return ""
	}
	for _, name := range []string{"rowid", "_rowid_", "oid"} {
		taken := slices.ContainsFunc(t.Columns, func(c *dialect.Column) bool { return strings.EqualFold(c.Name, name) })
		if !taken {
			return name
		}
	}
	return ""
}

// completeReferences names the key of the other table where the foreign key leaves it out.
func completeReferences(t *table, tables map[string]*table) {
	for n := range t.ForeignKeys {
		if key := &t.ForeignKeys[n]; len(key.References) == 0 && tables[key.Table] != nil {
			key.References = tables[key.Table].Key
		}
	}
}

// bracketed is how SQLite's own text is scanned.
var bracketed = sqltext.Options{Brackets: true}
