package firebird

import (
	"context"
	"slices"
	"strings"

	"github.com/postern-gateway/postern/adapters/database/dialect"
	"github.com/postern-gateway/postern/adapters/database/sqltext"
)

// readKeys reads primary keys, unique constraints and references, column by column.
func (i *inspection) readKeys(ctx context.Context) error {
	var owner, name, kind, column, target, reference, last string
	return i.each(ctx, `SELECT k.RDB$RELATION_NAME, k.RDB$CONSTRAINT_NAME, k.RDB$CONSTRAINT_TYPE, s.RDB$FIELD_NAME, COALESCE(o.RDB$RELATION_NAME, ''), COALESCE(os.RDB$FIELD_NAME, '')
		FROM RDB$RELATION_CONSTRAINTS k
		JOIN RDB$INDEX_SEGMENTS s ON s.RDB$INDEX_NAME = k.RDB$INDEX_NAME
		LEFT JOIN RDB$REF_CONSTRAINTS r ON r.RDB$CONSTRAINT_NAME = k.RDB$CONSTRAINT_NAME
		LEFT JOIN RDB$RELATION_CONSTRAINTS o ON o.RDB$CONSTRAINT_NAME = r.RDB$CONST_NAME_UQ
		LEFT JOIN RDB$INDEX_SEGMENTS os ON os.RDB$INDEX_NAME = o.RDB$INDEX_NAME AND os.RDB$FIELD_POSITION = s.RDB$FIELD_POSITION
		WHERE k.RDB$CONSTRAINT_TYPE IN ('PRIMARY KEY', 'UNIQUE', 'FOREIGN KEY')
		ORDER BY k.RDB$RELATION_NAME, k.RDB$CONSTRAINT_NAME, s.RDB$FIELD_POSITION`, []any{&owner, &name, &kind, &column, &target, &reference}, func() {
		table, ok := i.tables[owner]
		if !ok {
			return
		}
		first := owner+"\x00"+name != last
		last = owner + "\x00" + name
		if kind == "FOREIGN KEY" {
			if first {
				table.ForeignKeys = append(table.ForeignKeys, dialect.ForeignKey{Name: name, Table: target})
			}
			key := &table.ForeignKeys[len(table.ForeignKeys)-1]
			key.Columns, key.References = append(key.Columns, column), append(key.References, reference)
			return
		}
		if kind == "PRIMARY KEY" {
			table.Key = append(table.Key, column)
		}
		addUnique(table, name, column, first)
	})
}

func addUnique(table *dialect.Table, name, column string, first bool) {
	if first {
		table.Constraints = append(table.Constraints, dialect.Constraint{Name: name, Unique: true})
	}
	unique := &table.Constraints[len(table.Constraints)-1]
	unique.Columns = append(unique.Columns, column)
}

// readIndexes reads the unique indexes that no constraint stands for.
func (i *inspection) readIndexes(ctx context.Context) error {
	var owner, name, column, last string
	return i.each(ctx, `SELECT x.RDB$RELATION_NAME, x.RDB$INDEX_NAME, s.RDB$FIELD_NAME
		FROM RDB$INDICES x JOIN RDB$INDEX_SEGMENTS s ON s.RDB$INDEX_NAME = x.RDB$INDEX_NAME
		WHERE x.RDB$UNIQUE_FLAG = 1 AND COALESCE(x.RDB$INDEX_INACTIVE, 0) = 0 AND COALESCE(x.RDB$SYSTEM_FLAG, 0) = 0
			AND NOT EXISTS (SELECT 1 FROM RDB$RELATION_CONSTRAINTS k WHERE k.RDB$INDEX_NAME = x.RDB$INDEX_NAME)
		ORDER BY x.RDB$RELATION_NAME, x.RDB$INDEX_NAME, s.RDB$FIELD_POSITION`, []any{&owner, &name, &column}, func() {
		if table, ok := i.tables[owner]; ok {
			addUnique(table, name, column, name != last)
			last = name
		}
	})
}

// readChecks reads check constraints, of which the server keeps the text with the trigger that holds them.
func (i *inspection) readChecks(ctx context.Context) error {
	var owner, name, source string
	return i.each(ctx, `SELECT k.RDB$RELATION_NAME, k.RDB$CONSTRAINT_NAME, CAST(SUBSTRING(t.RDB$TRIGGER_SOURCE FROM 1 FOR 4000) AS VARCHAR(4000) CHARACTER SET UTF8)
		FROM RDB$RELATION_CONSTRAINTS k
		JOIN RDB$CHECK_CONSTRAINTS c ON c.RDB$CONSTRAINT_NAME = k.RDB$CONSTRAINT_NAME
		JOIN RDB$TRIGGERS t ON t.RDB$TRIGGER_NAME = c.RDB$TRIGGER_NAME
		WHERE k.RDB$CONSTRAINT_TYPE = 'CHECK' AND t.RDB$TRIGGER_TYPE = 1 AND t.RDB$TRIGGER_SOURCE IS NOT NULL
		ORDER BY k.RDB$RELATION_NAME, k.RDB$CONSTRAINT_NAME`, []any{&owner, &name, &source}, func() {
		if table, ok := i.tables[owner]; ok {
			table.Constraints = append(table.Constraints, dialect.Constraint{Name: name, Check: folded(source, "")})
		}
	})
}

// domainCheck is the check of a domain as one of the column. A fault names the column and no constraint.
func domainCheck(column, source string) dialect.Constraint {
	return dialect.Constraint{Check: folded(source, quote(column))}
}

// folded returns the condition of CHECK (condition) with its names as the catalogue has them, which is in capitals where they are not in quotes, and
// with the column for VALUE where one is given.
func folded(source, column string) string {
	tokens := sqltext.Scan(source, sqltext.Options{})
	for len(tokens) > 0 && (tokens[0].Kind == sqltext.Space || tokens[0].Kind == sqltext.Comment || tokens[0].Is("CHECK")) {
		tokens = tokens[1:]
	}
	var out strings.Builder
	for _, token := range tokens {
		switch {
		case token.Kind != sqltext.Word:
			out.WriteString(token.Text)
		case column != "" && token.Is("VALUE"):
			out.WriteString(column)
		default:
			out.WriteString(strings.ToUpper(token.Text))
		}
	}
	return strings.TrimSpace(out.String())
}

// checked returns the columns that a check is known to be about.
func checked(expression string, table *dialect.Table) []string {
	var columns []string
	for _, bound := range sqltext.ParseCheck(expression, sqltext.Options{}) {
		if table.Column(bound.Column) != nil && !slices.Contains(columns, bound.Column) {
			columns = append(columns, bound.Column)
		}
	}
	return columns
}
