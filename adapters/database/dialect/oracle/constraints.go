package oracle

import (
	"context"
	"database/sql"
	"slices"
	"strings"

	"github.com/postern-gateway/postern/adapters/database/dialect"
	"github.com/postern-gateway/postern/adapters/database/sqltext"
)

// readConstraints reads keys, unique and check constraints and references, column by column. NOT NULL is a check here too, which the column tells already.
func (i *inspection) readConstraints(ctx context.Context) error {
	var (
		owner, of, name, kind, column, last           string
		check, targetOwner, targetTable, targetColumn sql.NullString
	)
	targets := []any{&owner, &of, &name, &kind, &column, &check, &targetOwner, &targetTable, &targetColumn}
	return i.each(ctx, `SELECT k.owner, k.table_name, k.constraint_name, k.constraint_type, c.column_name, k.search_condition_vc, r.owner, r.table_name, r.column_name
FROM all_constraints k
JOIN all_cons_columns c ON c.owner = k.owner AND c.constraint_name = k.constraint_name AND c.table_name = k.table_name
LEFT JOIN all_cons_columns r ON r.owner = k.r_owner AND r.constraint_name = k.r_constraint_name AND r.position = c.position
WHERE k.constraint_type IN ('P', 'U', 'R', 'C') AND k.status = 'ENABLED' AND k.owner IN (%s)
ORDER BY k.owner, k.table_name, k.constraint_name, c.position`, targets, func() {
		table := i.table(owner, of)
		if table == nil || kind == "C" && strings.HasSuffix(check.String, "IS NOT NULL") {
			return
		}
		first := owner+"\x00"+name != last
		last = owner + "\x00" + name
		if kind == "R" {
			if first {
				table.ForeignKeys = append(table.ForeignKeys, dialect.ForeignKey{Name: name, Schema: targetOwner.String, Table: targetTable.String})
			}
			key := &table.ForeignKeys[len(table.ForeignKeys)-1]
			key.Columns, key.References = append(key.Columns, column), append(key.References, targetColumn.String)
			return
		}
		if kind == "P" {
			table.Key = append(table.Key, column)
		}
		if first {
			table.Constraints = append(table.Constraints, dialect.Constraint{Name: name, Unique: kind != "C", Check: folded(check.String)})
		}
		of := &table.Constraints[len(table.Constraints)-1]
		of.Columns = append(of.Columns, column)
	})
}

// readIndexes reads the unique indexes that no constraint stands for. One of expressions is unique for something else than its columns.
func (i *inspection) readIndexes(ctx context.Context) error {
	var owner, of, name, column, last string
	return i.each(ctx, `SELECT x.table_owner, x.table_name, x.index_name, c.column_name
FROM all_indexes x JOIN all_ind_columns c ON c.index_owner = x.owner AND c.index_name = x.index_name
WHERE x.uniqueness = 'UNIQUE' AND x.index_type IN ('NORMAL', 'NORMAL/REV') AND x.table_owner IN (%s)
	AND NOT EXISTS (SELECT 1 FROM all_constraints k WHERE k.owner = x.table_owner AND k.table_name = x.table_name AND k.index_name = x.index_name)
ORDER BY x.table_owner, x.table_name, x.index_name, c.column_position`, []any{&owner, &of, &name, &column}, func() {
		table := i.table(owner, of)
		if table == nil {
			return
		}
		if name != last || !slices.ContainsFunc(table.Constraints, func(c dialect.Constraint) bool { return c.Name == name }) {
			table.Constraints = append(table.Constraints, dialect.Constraint{Name: name, Unique: true})
		}
		last = name
		unique := &table.Constraints[len(table.Constraints)-1]
		unique.Columns = append(unique.Columns, column)
	})
}

// folded returns a condition with its names as the catalogue has them, which is in capitals where they are not in quotes.
func folded(condition string) string {
	var out strings.Builder
	for _, token := range sqltext.Scan(condition, sqltext.Options{}) {
		if token.Kind == sqltext.Word {
			token.Text = strings.ToUpper(token.Text)
		}
		out.WriteString(token.Text)
	}
	return strings.TrimSpace(out.String())
}
