package sqlserver

import (
	"context"
	"slices"

	"github.com/postern-gateway/postern/adapters/database/dialect"
	"github.com/postern-gateway/postern/adapters/database/sqltext"
)

// readKeys reads primary keys, unique constraints and unique indexes, all of which are indexes here. One with a filter is unique for some rows only.
func (i *inspection) readKeys(ctx context.Context) error {
	var (
		id, index, last, lastIndex int64
		name, column               string
		primary                    bool
	)
	return i.each(ctx, `SELECT x.object_id, x.index_id, x.name, x.is_primary_key, c.name
FROM sys.indexes x JOIN sys.objects o ON o.object_id = x.object_id JOIN sys.schemas s ON s.schema_id = o.schema_id
JOIN sys.index_columns k ON k.object_id = x.object_id AND k.index_id = x.index_id AND k.is_included_column = 0 AND k.key_ordinal > 0
JOIN sys.columns c ON c.object_id = k.object_id AND c.column_id = k.column_id
WHERE x.is_unique = 1 AND x.has_filter = 0 AND x.is_disabled = 0 AND o.type IN ('U', 'V') AND o.is_ms_shipped = 0 AND s.name IN (%s)
ORDER BY x.object_id, x.index_id, k.key_ordinal`, []any{&id, &index, &name, &primary, &column}, func() {
		table, ok := i.tables[id]
		if !ok {
			return
		}
		if primary {
			table.Key = append(table.Key, column)
		}
		if id != last || index != lastIndex {
			table.Constraints = append(table.Constraints, dialect.Constraint{Name: name, Unique: true})
		}
		last, lastIndex = id, index
		unique := &table.Constraints[len(table.Constraints)-1]
		unique.Columns = append(unique.Columns, column)
	})
}

func (i *inspection) readReferences(ctx context.Context) error {
	var (
		id, key, last                              int64
		name, column, schema, target, targetColumn string
	)
	return i.each(ctx, `SELECT f.parent_object_id, f.object_id, f.name, c.name, ts.name, t.name, tc.name
FROM sys.foreign_keys f JOIN sys.schemas s ON s.schema_id = f.schema_id
JOIN sys.foreign_key_columns k ON k.constraint_object_id = f.object_id
JOIN sys.columns c ON c.object_id = k.parent_object_id AND c.column_id = k.parent_column_id
JOIN sys.objects t ON t.object_id = f.referenced_object_id JOIN sys.schemas ts ON ts.schema_id = t.schema_id
JOIN sys.columns tc ON tc.object_id = k.referenced_object_id AND tc.column_id = k.referenced_column_id
WHERE f.is_disabled = 0 AND s.name IN (%s)
ORDER BY f.parent_object_id, f.name, k.constraint_column_id`, []any{&id, &key, &name, &column, &schema, &target, &targetColumn}, func() {
		table, ok := i.tables[id]
		if !ok {
			return
		}
		if key != last {
			table.ForeignKeys = append(table.ForeignKeys, dialect.ForeignKey{Name: name, Schema: schema, Table: target})
		}
		last = key
		reference := &table.ForeignKeys[len(table.ForeignKeys)-1]
		reference.Columns, reference.References = append(reference.Columns, column), append(reference.References, targetColumn)
	})
}

func (i *inspection) readChecks(ctx context.Context) error {
	var (
		id                 int64
		name, check, owner string
	)
	return i.each(ctx, `SELECT k.parent_object_id, k.name, COALESCE(k.definition, ''), COALESCE(c.name, '')
FROM sys.check_constraints k JOIN sys.schemas s ON s.schema_id = k.schema_id
LEFT JOIN sys.columns c ON c.object_id = k.parent_object_id AND c.column_id = k.parent_column_id
WHERE k.is_disabled = 0 AND s.name IN (%s)
ORDER BY k.parent_object_id, k.name`, []any{&id, &name, &check, &owner}, func() {
		if table, ok := i.tables[id]; ok {
			table.Constraints = append(table.Constraints, dialect.Constraint{Name: name, Check: check, Columns: checked(check, owner, table)})
		}
	})
}

// checked returns the columns that a check is known to be about: the one that it was declared with, or those whose values it bounds.
func checked(expression, owner string, table *dialect.Table) []string {
	if owner != "" {
		return []string{owner}
	}
	var columns []string
	for _, bound := range sqltext.ParseCheck(expression, sqltext.Options{Brackets: true}) {
		if table.Column(bound.Column) != nil && !slices.Contains(columns, bound.Column) {
			columns = append(columns, bound.Column)
		}
	}
	return columns
}
