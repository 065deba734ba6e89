package database_test

import (
	"cmp"

	"github.com/postern-gateway/postern/adapters/database/dialect"
)

// natives are what engines call the types of the sample's columns, where their spelling of a statement depends on it.
var natives = map[string]map[string]string{
	"postgres": {"notes": "text", "code": "character(4)", "amount": "numeric(10,2)"},
	"firebird": {"notes": "BLOB SUB_TYPE TEXT CHARACTER SET UTF8", "code": "CHAR(4) CHARACTER SET UTF8"},
	"mariadb":  {"notes": "longtext", "code": "char(4)", "amount": "decimal(10,2)"},
	"sqlserver": {
		"id": "bigint", "notes": "ntext COLLATE Latin1_General_CI_AS", "code": "char(4) COLLATE SQL_Latin1_General_CP1_CI_AS", "amount": "money", "entered": "datetime",
		"tenancy_id": "bigint", "place": "int",
	},
	"oracle": {
		"notes": "CLOB", "code": "CHAR(4)", "amount": "NUMBER(10,2)", "changed": "TIMESTAMP(6) WITH TIME ZONE", "entered": "DATE", "photo": "BLOB",
	},
	"db2":   {"code": "CHARACTER", "amount": "DECIMAL", "entered": "TIMESTAMP"},
	"db2i":  {"code": "CHAR", "amount": "DECIMAL", "entered": "TIMESTMP"},
	"mysql": {"notes": "longtext", "code": "char(4)", "amount": "decimal(10,2)"},
}

// locators tell the rows of a table without a key apart.
var locators = map[string]string{"postgres": "ctid", "sqlite": `"rowid"`, "firebird": "RDB$DB_KEY", "oracle": "ROWID"}

// sampleSchema is one of three tables: one whose key the engine gives, one with a key of two columns that refers to it, and one without a key.
func sampleSchema(engine string) *dialect.Schema {
	column := func(name string, kind dialect.Kind, change func(*dialect.Column)) *dialect.Column {
		made := &dialect.Column{Name: name, Kind: kind, Nullable: true, Native: cmp.Or(natives[engine][name], "sample")}
		if change != nil {
			change(made)
		}
		return made
	}
	keyed := func(c *dialect.Column) { c.Nullable = false }
	tenancies := &dialect.Table{Name: "tenancies", Key: []string{"id"}, Columns: []*dialect.Column{
		column("id", dialect.Int64, func(c *dialect.Column) { c.Nullable, c.Default = false, true }),
		column("code", dialect.Text, func(c *dialect.Column) { c.Length, c.Padded = 4, true }),
		column("name", dialect.Text, func(c *dialect.Column) { c.Length = 40 }),
		column("notes", dialect.Text, nil),
		column("amount", dialect.Decimal, func(c *dialect.Column) { c.Precision, c.Scale = 10, 2 }),
		column("due", dialect.Date, nil),
		column("changed", dialect.Timestamp, nil),
		column("entered", dialect.LocalTimestamp, nil),
		column("active", dialect.Bool, nil),
		column("photo", dialect.Bytes, nil),
	}}
	repairs := &dialect.Table{
		Name: "repairs", Key: []string{"tenancy_id", "place"},
		Columns: []*dialect.Column{column("tenancy_id", dialect.Int64, keyed), column("place", dialect.Int32, keyed), column("summary", dialect.Text, nil)},
		ForeignKeys: []dialect.ForeignKey{{
			Name: "repairs_tenancy", Columns: []string{"tenancy_id"}, Table: "tenancies", References: []string{"id"},
		}},
	}
	visits := &dialect.Table{Name: "visits", Locator: locators[engine], Columns: []*dialect.Column{column("said", dialect.Text, nil)}}
	return &dialect.Schema{Tables: []*dialect.Table{repairs, tenancies, visits}}
}
