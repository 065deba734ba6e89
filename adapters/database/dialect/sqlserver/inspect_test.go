package sqlserver

import (
	"database/sql/driver"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/postern-gateway/postern/adapters/database/dialect"
	"github.com/postern-gateway/postern/adapters/database/scripttest"
)

func TestInspect(t *testing.T) {
	t.Parallel()
	columnNames := scripttest.Names("id", "number", "name", "base", "length", "precision", "scale", "collation", "nullable", "identity", "computed", "default", "always", "hidden", "comment")
	row := func(id, number int64, name, base string, length, precision, scale int64, collation string, flags ...bool) []driver.Value {
		out := []driver.Value{id, number, name, base, length, precision, scale, collation, false, false, false, false, false, false, ""}
		for i, flag := range flags {
			out[8+i] = flag
		}
		return out
	}
	d, script := scripted(t,
		answer("o.type IN ('U', 'V') AND o.is_ms_shipped = 0 AND s.name IN (@p1)\nORDER BY s.name, o.name", scripttest.Names("id", "schema", "name", "type", "comment"),
			[]driver.Value{int64(1), "dbo", "tenancies", "U", "Who lives where."}, []driver.Value{int64(2), "dbo", "current", "V", ""}),
		answer("FROM sys.columns c", columnNames,
			row(1, 1, "id", "int", 4, 10, 0, "", false, true),
			row(1, 2, "name", "nvarchar", 80, 0, 0, "Latin1_General_CI_AS", true),
			row(1, 3, "code", "char", 4, 0, 0, "SQL_Latin1_General_CP1_CS_AS"),
			row(1, 4, "rent", "decimal", 9, 10, 2, "", true, false, false, true),
			row(1, 6, "ver", "timestamp", 8, 0, 0, ""),
			row(1, 7, "notes", "nvarchar", -1, 0, 0, "Latin1_General_BIN2", true),
			row(1, 8, "whole", "varchar", 8, 0, 0, "", true, false, true),
			row(1, 9, "valid_from", "datetime2", 8, 27, 7, "", false, false, false, false, true, true),
			row(2, 1, "id", "int", 4, 10, 0, ""),
			row(9, 1, "place", "hierarchyid", 892, 0, 0, "", true)),
		answer("FROM sys.indexes x", scripttest.Names("id", "index", "name", "primary", "column"),
			[]driver.Value{int64(1), int64(1), "PK_tenancies", true, "id"}, []driver.Value{int64(1), int64(2), "UX_place", false, "code"},
			[]driver.Value{int64(1), int64(2), "UX_place", false, "name"}),
		answer("FROM sys.foreign_keys f", scripttest.Names("id", "key", "name", "column", "schema", "target", "targetColumn"),
			[]driver.Value{int64(1), int64(50), "FK_code", "code", "ref", "codes", "code"}),
		answer("FROM sys.check_constraints k", scripttest.Names("id", "name", "check", "column"),
			[]driver.Value{int64(1), "CK_rent", "([rent]>(0))", ""}, []driver.Value{int64(1), "CK_code", "([code]='A' OR [code]='B')", "code"}),
		answer("o.type IN ('P', 'PC', 'FN', 'FS', 'IF', 'TF', 'FT') AND o.is_ms_shipped = 0 AND s.name IN (@p1)\nORDER BY s.name", scripttest.Names("id", "schema", "name", "type", "comment", "definition"),
			[]driver.Value{int64(7), "dbo", "raise", "P", "Raises rents.", "CREATE PROC raise @by decimal(5,2) = 1, @count int = 0 OUTPUT AS SELECT 1"},
			[]driver.Value{int64(8), "dbo", "tax", "FN", "", ""},
			[]driver.Value{int64(9), "dbo", "near", "IF", "", ""}, []driver.Value{int64(10), "dbo", "load", "P", "", ""}),
		answer("FROM sys.parameters p", scripttest.Names("id", "number", "name", "base", "length", "precision", "scale", "out", "table"),
			[]driver.Value{int64(7), int64(1), "@by", "decimal", int64(5), int64(5), int64(2), false, false},
			[]driver.Value{int64(7), int64(2), "@count", "int", int64(4), int64(10), int64(0), true, false},
			[]driver.Value{int64(8), int64(0), "", "money", int64(8), int64(19), int64(4), true, false},
			[]driver.Value{int64(10), int64(1), "@rows", "rows_type", int64(-1), int64(0), int64(0), false, true}),
	)
	got, err := d.Inspect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := &dialect.Schema{
		Tables: []*dialect.Table{
			{
				Schema: "dbo", Name: "tenancies", Comment: "Who lives where.", Key: []string{"id"},
				Columns: []*dialect.Column{
					{Name: "id", Number: 1, Kind: dialect.Int32, Native: "int", Default: true, Generated: true},
					{Name: "name", Number: 2, Kind: dialect.Text, Native: "nvarchar(40) COLLATE Latin1_General_CI_AS", Length: 40, Nullable: true, Unbound: true},
					{Name: "code", Number: 3, Kind: dialect.Text, Native: "char(4) COLLATE SQL_Latin1_General_CP1_CS_AS", Length: 4, Padded: true},
					{Name: "rent", Number: 4, Kind: dialect.Decimal, Native: "decimal(10,2)", Precision: 10, Scale: 2, Nullable: true, Default: true},
					{Name: "ver", Number: 6, Kind: dialect.Bytes, Native: "binary(8)", Generated: true, Version: true},
					{Name: "notes", Number: 7, Kind: dialect.Text, Native: "nvarchar(max) COLLATE Latin1_General_BIN2", Nullable: true},
					{Name: "whole", Number: 8, Kind: dialect.Text, Native: "varchar(8)", Length: 8, Nullable: true, Generated: true},
				},
				Constraints: []dialect.Constraint{
					{Name: "PK_tenancies", Columns: []string{"id"}, Unique: true}, {Name: "UX_place", Columns: []string{"code", "name"}, Unique: true},
					{Name: "CK_rent", Columns: []string{"rent"}, Check: "([rent]>(0))"}, {Name: "CK_code", Columns: []string{"code"}, Check: "([code]='A' OR [code]='B')"},
				},
				ForeignKeys: []dialect.ForeignKey{{Name: "FK_code", Columns: []string{"code"}, Schema: "ref", Table: "codes", References: []string{"code"}}},
			},
			{Schema: "dbo", Name: "current", View: true, Columns: []*dialect.Column{{Name: "id", Number: 1, Kind: dialect.Int32, Native: "int"}}},
		},
		Routines: []*dialect.Routine{
			{
				Schema: "dbo", Name: "raise", Comment: "Raises rents.", ResultSets: true, Returns: &dialect.Column{Name: "return_code", Kind: dialect.Int32, Native: "int"},
				Parameters: []dialect.Parameter{
					{Column: &dialect.Column{Name: "by", Kind: dialect.Decimal, Native: "decimal(5,2)", Precision: 5, Scale: 2, Nullable: true, Default: true}, In: true},
					{Column: &dialect.Column{Name: "count", Kind: dialect.Int32, Native: "int", Nullable: true}, In: true, Out: true},
				},
			},
			{
				Schema: "dbo", Name: "tax", Function: true, ReadsOnly: true,
				Returns: &dialect.Column{Name: "returned", Kind: dialect.Decimal, Native: "money", Precision: 19, Scale: 4, Nullable: true},
			},
			{
				Schema: "dbo", Name: "near", Function: true, ReadsOnly: true,
				Rows: []*dialect.Column{{Name: "place", Number: 1, Kind: dialect.Opaque, Native: "hierarchyid", Nullable: true}},
			},
		},
		Skipped: []string{"load takes a table, which no value can be given for."},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the schema differs (-want +got):\n%s", diff)
	}
	if log := script.Log(); log[len(log)-1] != "commit" {
		t.Errorf("the inspection ended with %q", log[len(log)-1])
	}
}

func TestDescribe(t *testing.T) {
	t.Parallel()
	d, script := scripted(t,
		answer("sp_describe_undeclared_parameters", scripttest.Names("parameter_ordinal", "name", "suggested_system_type_id", "suggested_system_type_name"),
			[]driver.Value{int64(1), "@p2", int64(231), "nvarchar(40)"}, []driver.Value{int64(2), "@p1", int64(106), "decimal(10,2)"}),
		answer("dm_exec_describe_first_result_set", scripttest.Names("name", "type", "collation", "nullable", "number", "message"),
			[]driver.Value{"id", "int", "", false, int64(0), ""}, []driver.Value{"when", "datetime2(3)", "", true, int64(0), ""}),
	)
	got, err := d.Describe(t.Context(), dialect.Statement{
		Text: "SELECT id, [when] FROM t WHERE name = @p2 AND rent > @p1", Arguments: make([]dialect.Argument, 2), Mode: dialect.ReadOnly,
	})
	if err != nil {
		t.Fatal(err)
	}
	want := dialect.Description{
		Parameters: []*dialect.Column{
			{Name: "@p1", Kind: dialect.Decimal, Native: "decimal(10,2)", Precision: 10, Scale: 2}, {Name: "@p2", Kind: dialect.Text, Native: "nvarchar(40)", Length: 40},
		},
		Columns: []*dialect.Column{{Name: "id", Kind: dialect.Int32, Native: "int"}, {Name: "when", Kind: dialect.LocalTimestamp, Native: "datetime2(3)", Nullable: true}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the description differs (-want +got):\n%s", diff)
	}
	if said := script.Log()[len(script.Log())-1]; !contained(said, "@p1 decimal(10,2), @p2 nvarchar(40)") {
		t.Errorf("the parameters were declared as: %s", said)
	}
}

func TestDescribeMistake(t *testing.T) {
	t.Parallel()
	d, _ := scripted(t, answer("dm_exec_describe_first_result_set", scripttest.Names("name", "type", "collation", "nullable", "number", "message"),
		[]driver.Value{"", "", "", true, int64(207), "Invalid column name 'nmae'."}))
	_, err := d.Describe(t.Context(), dialect.Statement{Text: "SELECT nmae FROM t"})
	if got := faultOf(t, err); got.Token != "nmae" || got.Reason != dialect.SchemaChanged || got.Detail != "Invalid column name 'nmae'." {
		t.Errorf("the fault is %+v", got)
	}
	for _, writes := range []string{"DELETE FROM t", "SELECT * INTO u FROM t", "WITH a AS (SELECT 1 AS x) UPDATE t SET a = 1", "raise", "SELECT 1; EXEC raise", "SELECT next value  for dbo.numbers"} {
		_, err := d.Describe(t.Context(), dialect.Statement{Text: writes, Mode: dialect.ReadOnly})
		if got := faultOf(t, err); got.Reason != dialect.NotWritable {
			t.Errorf("%s: the fault is %+v", writes, got)
		}
	}
}
