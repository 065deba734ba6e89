package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/postern-gateway/postern/adapters/database/dialect"
)

// Inspect reads the catalogue in one transaction, so that what it sees fits together.
func (d *database) Inspect(ctx context.Context) (*dialect.Schema, error) {
	inspection := &inspection{schemas: d.schemas, tables: make(map[uint32]*dialect.Table)}
	options := pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}
	err := pgx.BeginTxFunc(ctx, d.pool, options, func(tx pgx.Tx) error {
		inspection.tx = tx
		for _, step := range []func(context.Context) error{inspection.readTables, inspection.readColumns, inspection.readConstraints, inspection.readIndexes, inspection.readRoutines} {
			if err := step(ctx); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, fault(err)
	}
	return &inspection.found, nil
}

// An inspection is one reading of the catalogue.
type inspection struct {
	tx      pgx.Tx
	schemas []string
	found   dialect.Schema
	tables  map[uint32]*dialect.Table
}

// each runs a query of the schemas' names, and calls row once for each row with targets filled in.
func (i *inspection) each(ctx context.Context, query string, targets []any, row func() error) error {
	rows, err := i.tx.Query(ctx, query, i.schemas)
	if err != nil {
		return err
	}
	_, err = pgx.ForEachRow(rows, targets, row)
	return err
}

// readTables reads tables, views and what looks like them; partitions are part of their table.
func (i *inspection) readTables(ctx context.Context) error {
	var (
		oid                   uint32
		schema, name, comment string
		view, plain           bool
	)
	return i.each(ctx, `SELECT c.oid, n.nspname::text, c.relname::text, coalesce(pg_catalog.obj_description(c.oid, 'pg_class'), ''), c.relkind IN ('v', 'm'), c.relkind = 'r'
		FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
		WHERE n.nspname = ANY($1) AND c.relkind IN ('r', 'p', 'f', 'v', 'm') AND NOT c.relispartition
			AND pg_catalog.has_table_privilege(c.oid, 'SELECT')
		ORDER BY array_position($1, n.nspname::text), c.relname COLLATE "C"`, []any{&oid, &schema, &name, &comment, &view, &plain}, func() error {
		table := &dialect.Table{Schema: schema, Name: name, Comment: comment, View: view}
		if plain { // in others, the parts have row ids of their own
			table.Locator = "ctid"
		}
		i.tables[oid] = table
		i.found.Tables = append(i.found.Tables, table)
		return nil
	})
}

func (i *inspection) readColumns(ctx context.Context) error {
	var (
		owner                                               uint32
		number                                              int
		name, comment                                       string
		of                                                  described
		checks                                              []string
		notNull, hasDefault, identity, generated, inexactly bool
	)
	targets := append([]any{&owner, &number, &name, &comment, &of.native, &of.modifier}, of.targets()...)
	targets = append(targets, &notNull, &hasDefault, &identity, &generated, &inexactly, &checks)
	return i.each(ctx, describing(domains+`SELECT a.attrelid, a.attnum, a.attname::text, coalesce(pg_catalog.col_description(a.attrelid, a.attnum), ''),
			pg_catalog.format_type(a.atttypid, a.atttypmod), coalesce(b.modifier, a.atttypmod), {described},
			a.attnotnull OR coalesce(b.required, false), a.atthasdef OR a.attidentity <> '', a.attidentity = 'a', a.attgenerated <> '',
			NOT coalesce(l.collisdeterministic, true),
			(SELECT pg_catalog.array_agg(DISTINCT pg_catalog.pg_get_expr(k.conbin, 0)) FROM domains d JOIN pg_catalog.pg_constraint k ON k.contypid IN (d.oid, d.base) AND k.contype = 'c'
				WHERE d.oid = a.atttypid)
		FROM pg_catalog.pg_attribute a
		JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
		JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
		LEFT JOIN beneath b ON b.oid = a.atttypid
		JOIN pg_catalog.pg_type t ON t.oid = coalesce(b.base, a.atttypid)
		LEFT JOIN pg_catalog.pg_collation l ON l.oid = a.attcollation`+items+`
		WHERE n.nspname = ANY($1) AND a.attnum > 0 AND NOT a.attisdropped
		ORDER BY a.attrelid, a.attnum`), targets, func() error {
		table, ok := i.tables[owner]
		if !ok {
			return nil
		}
		added := of.column(name)
		added.Number, added.Comment, added.Nullable, added.Default = number, comment, !notNull, hasDefault
		added.Generated = identity || generated
		added.Unbound = added.Unbound || inexactly || of.base == "citext"
		added.Checks = checks
		if of.oid == moneyOID {
			added.Kind = dialect.Decimal // as which it is selected, and stored
		}
		table.Columns = append(table.Columns, added)
		of.values, of.itemValues, checks = nil, nil, nil
		return nil
	})
}

func (i *inspection) readConstraints(ctx context.Context) error {
	var (
		owner                  uint32
		name, kind, definition string
		schema, target         string
		columns, references    []string
	)
	targets := []any{&owner, &name, &kind, &definition, &columns, &schema, &target, &references}
	return i.each(ctx, `SELECT k.conrelid, k.conname::text, k.contype::text,
			CASE WHEN k.contype = 'c' THEN pg_catalog.pg_get_expr(k.conbin, k.conrelid) ELSE '' END,
			(SELECT pg_catalog.array_agg(a.attname::text ORDER BY u.position) FROM unnest(k.conkey) WITH ORDINALITY AS u(number, position)
				JOIN pg_catalog.pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.number),
			coalesce(rn.nspname::text, ''), coalesce(r.relname::text, ''),
			(SELECT pg_catalog.array_agg(a.attname::text ORDER BY u.position) FROM unnest(k.confkey) WITH ORDINALITY AS u(number, position)
				JOIN pg_catalog.pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = u.number)
		FROM pg_catalog.pg_constraint k
		JOIN pg_catalog.pg_class c ON c.oid = k.conrelid
		JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
		LEFT JOIN pg_catalog.pg_class r ON r.oid = k.confrelid
		LEFT JOIN pg_catalog.pg_namespace rn ON rn.oid = r.relnamespace
		WHERE n.nspname = ANY($1) AND k.contype IN ('p', 'u', 'f', 'c')
		ORDER BY k.conrelid, k.conname`, targets, func() error {
		table, ok := i.tables[owner]
		if !ok {
			return nil
		}
		switch kind {
		case "p":
			table.Key = columns
			table.Constraints = append(table.Constraints, dialect.Constraint{Name: name, Columns: columns, Unique: true})
		case "u":
			table.Constraints = append(table.Constraints, dialect.Constraint{Name: name, Columns: columns, Unique: true})
		case "c":
			table.Constraints = append(table.Constraints, dialect.Constraint{Name: name, Columns: columns, Check: definition})
		case "f":
			table.ForeignKeys = append(table.ForeignKeys, dialect.ForeignKey{Name: name, Columns: columns, Schema: schema, Table: target, References: references})
		}
		columns, references = nil, nil
		return nil
	})
}

// readIndexes reads the unique indexes that no constraint stands for.
func (i *inspection) readIndexes(ctx context.Context) error {
	var (
		owner   uint32
		name    string
		whole   bool // it tells any two rows apart, and not only some of them, or by expressions
		columns []string
	)
	return i.each(ctx, `SELECT x.indrelid, c.relname::text, x.indpred IS NULL AND x.indexprs IS NULL,
			(SELECT pg_catalog.array_agg(a.attname::text ORDER BY u.position) FROM unnest(x.indkey) WITH ORDINALITY AS u(number, position)
				JOIN pg_catalog.pg_attribute a ON a.attrelid = x.indrelid AND a.attnum = u.number WHERE u.position <= x.indnkeyatts)
		FROM pg_catalog.pg_index x
		JOIN pg_catalog.pg_class c ON c.oid = x.indexrelid
		JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
		WHERE n.nspname = ANY($1) AND x.indisunique AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint k WHERE k.conindid = x.indexrelid AND k.conrelid = x.indrelid)
		ORDER BY x.indrelid, c.relname`, []any{&owner, &name, &whole, &columns}, func() error {
		if table, ok := i.tables[owner]; ok {
			table.Constraints = append(table.Constraints, dialect.Constraint{Name: name, Columns: columns, Unique: whole})
		}
		columns = nil
		return nil
	})
}
