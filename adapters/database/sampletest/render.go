package sampletest

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
)

// An Engine is how statements are spelled.
type Engine string

// The engines.
const (
	Postgres Engine = "postgres"
	MariaDB  Engine = "mariadb"
	SQLite   Engine = "sqlite"
	Firebird Engine = "firebird"
)

// types are those of each engine. A %d stands for the length, and a second for the scale.
var types = map[Engine]map[Kind]string{
	Postgres: {
		Small: "smallint", Integer: "integer", Big: "bigint", Decimal: "numeric(%d,%d)", Double: "double precision", Bool: "boolean", Char: "char(%d)",
		Varchar: "varchar(%d)", Text: "text", Bytes: "bytea", Date: "date", Timestamp: "timestamp",
	},
	MariaDB: {
		Small: "smallint", Integer: "int", Big: "bigint", Decimal: "decimal(%d,%d)", Double: "double", Bool: "boolean", Char: "char(%d)",
		Varchar: "varchar(%d)", Text: "longtext", Bytes: "longblob", Date: "date", Timestamp: "datetime(6)",
	},
	SQLite: {
		Small: "SMALLINT", Integer: "INT4", Big: "BIGINT", Decimal: "NUMERIC(%d,%d)", Double: "DOUBLE", Bool: "BOOLEAN", Char: "CHAR(%d)",
		Varchar: "VARCHAR(%d)", Text: "TEXT", Bytes: "BLOB", Date: "DATE", Timestamp: "TIMESTAMP",
	},
	Firebird: {
		Small: "SMALLINT", Integer: "INTEGER", Big: "BIGINT", Decimal: "NUMERIC(%d,%d)", Double: "DOUBLE PRECISION", Bool: "BOOLEAN", Char: "CHAR(%d)",
		Varchar: "VARCHAR(%d)", Text: "BLOB SUB_TYPE TEXT", Bytes: "BLOB", Date: "DATE", Timestamp: "TIMESTAMP",
	},
}

// begin and commit are around the rows, where statements are no transaction of themselves.
var (
	begin  = map[Engine]string{MariaDB: "START TRANSACTION;\n", SQLite: "BEGIN;\n", Firebird: "COMMIT;\n"}
	commit = map[Engine]string{MariaDB: "COMMIT;\n", SQLite: "COMMIT;\n", Firebird: "COMMIT;\n"}
)

// Quote spells a name.
func Quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

func quoteAll(names []string) string {
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = Quote(name)
	}
	return strings.Join(quoted, ", ")
}

// Statements make the schema and fill it.
func (s *Schema) Statements(engine Engine) string {
	var b strings.Builder
	for _, table := range s.Tables {
		if table.View != "" {
			fmt.Fprintf(&b, "CREATE VIEW %s AS %s;\n", Quote(table.Name), table.View)
			continue
		}
		s.create(&b, engine, table)
	}
	b.WriteString(begin[engine])
	for _, table := range s.Tables {
		for _, row := range table.Rows {
			fmt.Fprintf(&b, "INSERT INTO %s VALUES (%s);\n", Quote(table.Name), engine.literals(table, row))
		}
	}
	b.WriteString(commit[engine])
	if engine != SQLite { // which has them in the tables, and takes those that lead in a circle
		for _, table := range s.Tables {
			for i := range table.ForeignKeys {
				fmt.Fprintf(&b, "ALTER TABLE %s ADD %s;\n", Quote(table.Name), s.reference(&table.ForeignKeys[i]))
			}
		}
	}
	return b.String()
}

func (s *Schema) create(b *strings.Builder, engine Engine, table *Table) {
	var parts []string
	for i := range table.Columns {
		parts = append(parts, engine.define(&table.Columns[i]))
	}
	if len(table.Key) > 0 {
		parts = append(parts, "PRIMARY KEY ("+quoteAll(table.Key)+")")
	}
	for _, unique := range table.Uniques {
		parts = append(parts, "UNIQUE ("+quoteAll(unique)+")")
	}
	for i := range table.ForeignKeys {
		if engine == SQLite {
			parts = append(parts, s.reference(&table.ForeignKeys[i]))
		}
	}
	fmt.Fprintf(b, "CREATE TABLE %s (\n\t%s\n);\n", Quote(table.Name), strings.Join(parts, ",\n\t"))
}

func (s *Schema) reference(key *ForeignKey) string {
	return fmt.Sprintf("FOREIGN KEY (%s) REFERENCES %s (%s)", quoteAll(key.Columns), Quote(key.Table), quoteAll(s.Table(key.Table).Key))
}

func (e Engine) define(column *Column) string {
	name := types[e][column.Kind]
	switch strings.Count(name, "%d") {
	case 1:
		name = fmt.Sprintf(name, column.Length)
	case 2:
		name = fmt.Sprintf(name, column.Length, column.Scale)
	}
	definition := Quote(column.Name) + " " + name
	if column.Default != "" {
		definition += " DEFAULT " + column.Default
	}
	if !column.Null {
		definition += " NOT NULL"
	}
	if len(column.Values) > 0 {
		values := make([]string, len(column.Values))
		for i, value := range column.Values {
			values[i] = e.Literal(Varchar, value)
		}
		definition += fmt.Sprintf(" CHECK (%s IN (%s))", Quote(column.Name), strings.Join(values, ", "))
	}
	return definition
}

func (e Engine) literals(table *Table, row Row) string {
	parts := make([]string, len(row))
	for i, value := range row {
		parts[i] = e.Literal(table.Columns[i].Kind, value)
	}
	return strings.Join(parts, ", ")
}

// Literal spells a value.
func (e Engine) Literal(kind Kind, value any) string {
	switch v := value.(type) {
	case nil:
		return "NULL"
	case bool:
		return strings.ToUpper(strconv.FormatBool(v))
	case int:
		return strconv.Itoa(v)
	case float64:
		return strconv.FormatFloat(v, 'e', -1, 64)
	case []byte:
		if e == Postgres {
			return `'\x` + hex.EncodeToString(v) + "'"
		}
		return "x'" + hex.EncodeToString(v) + "'"
	default:
		text := fmt.Sprint(v)
		if kind == Decimal {
			return text
		}
		if e == MariaDB {
			text = strings.ReplaceAll(text, `\`, `\\`)
		}
		return "'" + strings.ReplaceAll(text, "'", "''") + "'"
	}
}
