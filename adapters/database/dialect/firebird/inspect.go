package firebird

import (
	"context"
	"database/sql"
	"slices"
	"strings"

	"github.com/postern-gateway/postern/adapters/database/dialect"
)

// Inspect reads the catalogue in one snapshot, through one statement for each sort of thing.
func (d *database) Inspect(ctx context.Context) (*dialect.Schema, error) {
	if len(d.schemas) > 0 {
		return &dialect.Schema{}, nil // Firebird has no schemas before version 6
	}
	inspection := &inspection{tables: make(map[string]*dialect.Table), routines: make(map[string]*dialect.Routine)}
	err := d.within(ctx, dialect.Transaction{Isolation: dialect.RepeatableRead}, func(on *sql.Tx) error {
		inspection.on = on
		for _, step := range []func(context.Context) error{
			inspection.readTables, inspection.readColumns, inspection.readKeys, inspection.readIndexes, inspection.readChecks, inspection.readRoutines, inspection.readParameters,
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
	return inspection.finish(), nil
}

// An inspection is one reading of the catalogue.
type inspection struct {
	on       *sql.Tx
	found    dialect.Schema
	tables   map[string]*dialect.Table
	routines map[string]*dialect.Routine
}

// each runs a query, and calls row once for each row with targets filled in.
func (i *inspection) each(ctx context.Context, query string, targets []any, row func()) error {
	return dialect.EachRow(ctx, i.on, query, nil, targets, row)
}

// described reads a comment, which is a BLOB, in the row itself.
func described(alias string) string {
	return "COALESCE(CAST(SUBSTRING(" + alias + ".RDB$DESCRIPTION FROM 1 FOR 2000) AS VARCHAR(2000) CHARACTER SET UTF8), '')"
}

// readTables reads tables and views. Temporary tables are empty in each session, and so are not worth offering.
func (i *inspection) readTables(ctx context.Context) error {
	var (
		name, comment string
		kind          int
	)
	return i.each(ctx, `SELECT r.RDB$RELATION_NAME, `+described("r")+`, COALESCE(r.RDB$RELATION_TYPE, CASE WHEN r.RDB$VIEW_BLR IS NULL THEN 0 ELSE 1 END)
		FROM RDB$RELATIONS r WHERE COALESCE(r.RDB$SYSTEM_FLAG, 0) = 0 ORDER BY 1`, []any{&name, &comment, &kind}, func() {
		switch kind {
		case 4, 5:
			i.found.Skipped = append(i.found.Skipped, name+" is a temporary table, whose rows belong to one session.")
			return
		}
		table := &dialect.Table{Name: name, Comment: comment, View: kind == 1}
		if kind == 0 { // not of a view, whose tables have several, nor of a file
			table.Locator = "RDB$DB_KEY"
		}
		i.tables[name] = table
		i.found.Tables = append(i.found.Tables, table)
	})
}

func (i *inspection) readColumns(ctx context.Context) error {
	var (
		owner, name, comment, collation, byDefault, check  string
		number                                             int
		t                                                  typed
		notNull, hasDefault, computed, identity, updatable bool
	)
	targets := append([]any{&owner, &name, &comment, &number, &collation, &byDefault, &check, &notNull, &hasDefault, &computed, &identity, &updatable}, t.targets()...)
	return i.each(ctx, `SELECT r.RDB$RELATION_NAME, r.RDB$FIELD_NAME, `+described("r")+`, r.RDB$FIELD_ID, COALESCE(co.RDB$COLLATION_NAME, ''),
			COALESCE(cs.RDB$DEFAULT_COLLATE_NAME, ''), COALESCE(CAST(SUBSTRING(f.RDB$VALIDATION_SOURCE FROM 1 FOR 4000) AS VARCHAR(4000) CHARACTER SET UTF8), ''),
			COALESCE(r.RDB$NULL_FLAG, 0) = 1 OR COALESCE(f.RDB$NULL_FLAG, 0) = 1, r.RDB$DEFAULT_SOURCE IS NOT NULL OR f.RDB$DEFAULT_SOURCE IS NOT NULL,
			f.RDB$COMPUTED_BLR IS NOT NULL, r.RDB$IDENTITY_TYPE IS NOT NULL, COALESCE(r.RDB$UPDATE_FLAG, 1) = 1, `+typedColumns+`
		FROM RDB$RELATION_FIELDS r
		JOIN RDB$RELATIONS o ON o.RDB$RELATION_NAME = r.RDB$RELATION_NAME
		JOIN RDB$FIELDS f ON f.RDB$FIELD_NAME = r.RDB$FIELD_SOURCE
		LEFT JOIN RDB$CHARACTER_SETS cs ON cs.RDB$CHARACTER_SET_ID = f.RDB$CHARACTER_SET_ID
		LEFT JOIN RDB$COLLATIONS co ON co.RDB$CHARACTER_SET_ID = f.RDB$CHARACTER_SET_ID AND co.RDB$COLLATION_ID = COALESCE(r.RDB$COLLATION_ID, f.RDB$COLLATION_ID)
		WHERE COALESCE(o.RDB$SYSTEM_FLAG, 0) = 0
		ORDER BY r.RDB$RELATION_NAME, r.RDB$FIELD_POSITION, r.RDB$FIELD_NAME`, targets, func() {
		table, ok := i.tables[owner]
		if !ok {
			return
		}
		added := column(name, t)
		added.Comment, added.Nullable, added.Default = comment, !notNull, hasDefault || identity
		added.Number = number + 1 // it is counted from 0, and stays what it is
		added.Generated = computed
		added.Unbound = added.Unbound || collation != byDefault
		table.Columns = append(table.Columns, added)
		if check != "" {
			table.Constraints = append(table.Constraints, domainCheck(name, check))
		}
	})
}

// finish adds what follows from the rest.
func (i *inspection) finish() *dialect.Schema {
	for _, table := range i.found.Tables {
		if len(table.Key) > 0 {
			for _, name := range table.Key {
				if column := table.Column(name); column != nil {
					column.Nullable = false
				}
			}
		}
		for n := range table.Constraints {
			if check := &table.Constraints[n]; check.Check != "" {
				check.Columns = checked(check.Check, table)
			}
		}
	}
	i.found.Routines = slices.DeleteFunc(i.found.Routines, func(r *dialect.Routine) bool {
		if !unfit(r) {
			return false
		}
		i.found.Skipped = append(i.found.Skipped, r.Name+" has a parameter of a type that no value can be given for.")
		return true
	})
	return &i.found
}

// unfit reports whether a routine takes an array.
func unfit(routine *dialect.Routine) bool {
	return slices.ContainsFunc(routine.Parameters, func(p dialect.Parameter) bool { return strings.HasSuffix(p.Native, "[]") })
}
