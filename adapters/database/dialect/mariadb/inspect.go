package mariadb

import (
	"context"
	"database/sql"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/postern-gateway/postern/adapters/database/dialect"
	"github.com/postern-gateway/postern/adapters/database/sqltext"
)

// Inspect reads the catalogue through one statement for each sort of thing. The catalogue is outside of transactions.
func (d *database) Inspect(ctx context.Context) (*dialect.Schema, error) {
	reading := &inspection{database: d, tables: make(map[string]*dialect.Table)}
	steps := []func(context.Context) error{reading.readTables, reading.readColumns, reading.readIndexes, reading.readForeignKeys, reading.readRoutines}
	if d.server.checks() {
		steps = append(steps, reading.readChecks)
	}
	for _, step := range steps {
		if err := step(ctx); err != nil {
			return nil, fault(err)
		}
	}
	return &reading.found, nil
}

// An inspection is one reading of the catalogue.
type inspection struct {
	database *database
	found    dialect.Schema
	tables   map[string]*dialect.Table // by schema and name
}

// table returns a table by its schema and name, or nil.
func (i *inspection) table(schema, name string) *dialect.Table { return i.tables[schema+"\x00"+name] }

// each runs a query of the schemas' names, which %s stands for, and calls row once for each row with targets filled in.
func (i *inspection) each(ctx context.Context, query string, targets []any, row func()) error {
	query, arguments := dialect.WithSchemas(query, i.database.schemas, func(int) string { return "?" })
	return dialect.EachRow(ctx, i.database.pool, query, arguments, targets, row)
}

func (i *inspection) readTables(ctx context.Context) error {
	var schema, name, kind, comment string
	return i.each(ctx, `SELECT t.TABLE_SCHEMA, t.TABLE_NAME, t.TABLE_TYPE, COALESCE(t.TABLE_COMMENT, '')
		FROM information_schema.TABLES t WHERE t.TABLE_SCHEMA IN (%s) ORDER BY FIELD(t.TABLE_SCHEMA, %s), BINARY t.TABLE_NAME`,
		[]any{&schema, &name, &kind, &comment}, func() {
			table := &dialect.Table{Schema: schema, Name: name, Comment: comment}
			switch kind {
			case "BASE TABLE", "SYSTEM VERSIONED":
			case "VIEW":
				table.View, table.Comment = true, "" // it is "VIEW"
			default:
				i.found.Skipped = append(i.found.Skipped, fmt.Sprintf("%s is a %s, which is no table.", name, strings.ToLower(kind)))
				return
			}
			i.tables[schema+"\x00"+name] = table
			i.found.Tables = append(i.found.Tables, table)
		})
}

func (i *inspection) readColumns(ctx context.Context) error {
	var (
		schema, owner, name, comment string
		fallback, collation          sql.NullString
		nullable, extra, privileges  string
		of                           native
		length, precision, scale     sql.NullInt64
	)
	targets := []any{&schema, &owner, &name, &fallback, &nullable, &of.base, &length, &precision, &scale, &collation, &of.full, &extra, &privileges, &comment}
	err := i.each(ctx, `SELECT TABLE_SCHEMA, TABLE_NAME, COLUMN_NAME, COLUMN_DEFAULT, IS_NULLABLE, LOWER(DATA_TYPE), CHARACTER_MAXIMUM_LENGTH, NUMERIC_PRECISION, NUMERIC_SCALE,
			COLLATION_NAME, COLUMN_TYPE, UPPER(EXTRA), LOWER(PRIVILEGES), COLUMN_COMMENT
		FROM information_schema.COLUMNS WHERE TABLE_SCHEMA IN (%s) ORDER BY TABLE_SCHEMA, TABLE_NAME, ORDINAL_POSITION`, targets, func() {
		table := i.table(schema, owner)
		if table == nil || !strings.Contains(privileges, "select") {
			return
		}
		of.length, of.precision, of.scale, of.collation = length.Int64, precision.Int64, scale.Int64, collation.String
		column := columnOf(name, of)
		column.Comment, column.Nullable = comment, nullable == "YES"
		// MariaDB says NULL in words for a column whose default that is.
		column.Default = fallback.Valid && fallback.String != "NULL" || strings.Contains(extra, "AUTO_INCREMENT") || strings.Contains(extra, "DEFAULT_GENERATED")
		column.Generated = strings.Contains(extra, "VIRTUAL GENERATED") || strings.Contains(extra, "STORED GENERATED")
		table.Columns = append(table.Columns, column)
	})
	i.found.Tables = slices.DeleteFunc(i.found.Tables, func(table *dialect.Table) bool {
		if len(table.Columns) == 0 {
			delete(i.tables, table.Schema+"\x00"+table.Name)
			i.found.Skipped = append(i.found.Skipped, fmt.Sprintf("%s has no column that may be read, or is a view of what is not there any more.", table.Name))
		}
		return len(table.Columns) == 0
	})
	return err
}

const primaryKey = "PRIMARY"

func (i *inspection) readIndexes(ctx context.Context) error {
	var (
		schema, owner, name string
		column              sql.NullString
		last                *dialect.Table
	)
	err := i.each(ctx, `SELECT TABLE_SCHEMA, TABLE_NAME, INDEX_NAME, COLUMN_NAME FROM information_schema.STATISTICS
		WHERE TABLE_SCHEMA IN (%s) AND NON_UNIQUE = 0 ORDER BY TABLE_SCHEMA, TABLE_NAME, INDEX_NAME, SEQ_IN_INDEX`,
		[]any{&schema, &owner, &name, &column}, func() {
			table := i.table(schema, owner)
			if table == nil {
				return
			}
			n := len(table.Constraints)
			if table != last || n == 0 || table.Constraints[n-1].Name != name {
				table.Constraints = append(table.Constraints, dialect.Constraint{Name: name, Unique: true})
				n = len(table.Constraints)
			}
			last = table
			table.Constraints[n-1].Columns = append(table.Constraints[n-1].Columns, column.String) // "" for an expression
		})
	for _, table := range i.found.Tables {
		finishIndexes(table)
	}
	return err
}

// finishIndexes takes the primary key. An index over an expression is kept for its name alone, since it tells no two rows apart by their columns.
func finishIndexes(table *dialect.Table) {
	for n := range table.Constraints {
		constraint := &table.Constraints[n]
		if slices.Contains(constraint.Columns, "") {
			constraint.Unique = false
			constraint.Columns = slices.DeleteFunc(constraint.Columns, func(name string) bool { return name == "" })
		}
		if constraint.Name == primaryKey {
			table.Key = constraint.Columns
		}
	}
}

func (i *inspection) readForeignKeys(ctx context.Context) error {
	var schema, owner, name, column, targetSchema, target, reference string
	return i.each(ctx, `SELECT TABLE_SCHEMA, TABLE_NAME, CONSTRAINT_NAME, COLUMN_NAME, REFERENCED_TABLE_SCHEMA, REFERENCED_TABLE_NAME, REFERENCED_COLUMN_NAME
		FROM information_schema.KEY_COLUMN_USAGE WHERE TABLE_SCHEMA IN (%s) AND REFERENCED_TABLE_NAME IS NOT NULL
		ORDER BY TABLE_SCHEMA, TABLE_NAME, CONSTRAINT_NAME, ORDINAL_POSITION`,
		[]any{&schema, &owner, &name, &column, &targetSchema, &target, &reference}, func() {
			table := i.table(schema, owner)
			if table == nil {
				return
			}
			n := len(table.ForeignKeys)
			if n == 0 || table.ForeignKeys[n-1].Name != name {
				table.ForeignKeys = append(table.ForeignKeys, dialect.ForeignKey{Name: name, Schema: targetSchema, Table: target})
				n = len(table.ForeignKeys)
			}
			key := &table.ForeignKeys[n-1]
			key.Columns, key.References = append(key.Columns, column), append(key.References, reference)
		})
}

// readChecks reads the check constraints, whose table MySQL tells elsewhere.
func (i *inspection) readChecks(ctx context.Context) error {
	query := `SELECT CONSTRAINT_SCHEMA, TABLE_NAME, CONSTRAINT_NAME, CHECK_CLAUSE FROM information_schema.CHECK_CONSTRAINTS
		WHERE CONSTRAINT_SCHEMA IN (%s) ORDER BY CONSTRAINT_SCHEMA, TABLE_NAME, CONSTRAINT_NAME`
	if !i.database.server.mariaDB {
		query = mysqlChecksQuery
	}
	var schema, owner, name, clause string
	return i.each(ctx, query, []any{&schema, &owner, &name, &clause}, func() {
		table := i.table(schema, owner)
		if table == nil {
			return
		}
		check := constraintOf(table, name, clause)
		if column := jsonColumn(check.Check); column != "" && table.Column(column) != nil && table.Column(column).Kind == dialect.Text {
			table.Column(column).Kind = dialect.JSON // which is how MariaDB makes a column that is declared as JSON
			table.Column(column).Native = "json"
		}
		table.Constraints = append(table.Constraints, check)
	})
}

const mysqlChecksQuery = `SELECT c.CONSTRAINT_SCHEMA, t.TABLE_NAME, c.CONSTRAINT_NAME, c.CHECK_CLAUSE FROM information_schema.CHECK_CONSTRAINTS c
		JOIN information_schema.TABLE_CONSTRAINTS t ON t.CONSTRAINT_SCHEMA = c.CONSTRAINT_SCHEMA AND t.CONSTRAINT_NAME = c.CONSTRAINT_NAME AND t.CONSTRAINT_TYPE = 'CHECK'
		WHERE c.CONSTRAINT_SCHEMA IN (%s) AND t.ENFORCED = 'YES' ORDER BY c.CONSTRAINT_SCHEMA, t.TABLE_NAME, c.CONSTRAINT_NAME`

// constraintOf makes a constraint of a check. Where its text has a backslash that is part of a value, no rule is made of it: how to read it depends on the
// server's modes.
func constraintOf(table *dialect.Table, name, clause string) dialect.Constraint {
	clause = withoutCharsets(clause)
	check := dialect.Constraint{Name: name, Check: clause}
	for _, token := range sqltext.Scan(clause, sqltext.Options{}) {
		if token.Kind == sqltext.QuotedName && table.Column(token.Value()) != nil && !slices.Contains(check.Columns, token.Value()) {
			check.Columns = append(check.Columns, token.Value())
		}
	}
	if strings.Contains(clause, `\`) {
		check.Check = ""
	}
	return check
}

// withoutCharsets reads a text that MySQL spells as _utf8mb4\'text\'.
func withoutCharsets(clause string) string {
	if !strings.Contains(clause, `\'`) {
		return clause
	}
	var out strings.Builder
	for n, part := range strings.Split(clause, `\'`) {
		if n > 0 {
			out.WriteString("'")
		}
		if n%2 == 0 { // outside of a text, before the next of which stands its character set
			part = charset.ReplaceAllString(part, "$1")
		}
		out.WriteString(part)
	}
	return out.String()
}

// charset is a character set that stands before a text.
var charset = regexp.MustCompile(`(^|[ (,=<>])_[a-z0-9]+$`)

// jsonColumn returns the column of json_valid(`column`), or "".
func jsonColumn(check string) string {
	inner, ok := strings.CutPrefix(strings.ToLower(check), "json_valid(`")
	if !ok || !strings.HasSuffix(inner, "`)") || strings.Count(inner, "`") != 1 {
		return ""
	}
	return check[len("json_valid(`") : len(check)-len("`)")]
}
