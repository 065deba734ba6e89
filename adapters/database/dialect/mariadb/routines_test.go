package mariadb

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/postern-gateway/postern/adapters/database/dialect"
)

// TestRoutines reads procedures and functions, and calls them: what comes out, several result sets, and what a function returns.
func TestRoutines(t *testing.T) {
	t.Parallel()
	d := openWith(t, `CREATE TABLE t (a int, b varchar(9)); INSERT INTO t VALUES (1, 'one'), (2, 'two');
		CREATE PROCEDURE work(IN least int, INOUT total decimal(20,5), OUT label varchar(20)) COMMENT 'Works.'
		BEGIN
			INSERT INTO t VALUES (3, 'three');
			SELECT a, b FROM t WHERE a >= least ORDER BY a;
			SELECT COUNT(*) AS n FROM t;
			SET total = total + 0.00001, label = CONCAT('at least ', least);
		END;
		CREATE FUNCTION twice(v bigint unsigned) RETURNS bigint unsigned READS SQL DATA RETURN v * 2`, nil)
	schema, err := d.Inspect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	column := func(name string, kind dialect.Kind, native string) *dialect.Column {
		return &dialect.Column{Name: name, Kind: kind, Native: native, Nullable: true}
	}
	total, label := column("total", dialect.Decimal, "decimal(20,5)"), column("label", dialect.Text, "varchar(20)")
	total.Precision, total.Scale, label.Length = 20, 5, 20
	want := []*dialect.Routine{
		{Schema: d.schemas[0], Name: "twice", Function: true, ReadsOnly: true, Returns: column("", dialect.Uint64, "bigint(20) unsigned"),
			Parameters: []dialect.Parameter{{Column: column("v", dialect.Uint64, "bigint(20) unsigned"), In: true}}},
		{Schema: d.schemas[0], Name: "work", Comment: "Works.", ResultSets: true, Parameters: []dialect.Parameter{
			{Column: column("least", dialect.Int32, "int(11)"), In: true}, {Column: total, In: true, Out: true}, {Column: label, Out: true},
		}},
	}
	if diff := cmp.Diff(want, schema.Routines); diff != "" {
		t.Fatalf("routines (-want +got):\n%s", diff)
	}
	values, err := d.Call(t.Context(), dialect.Call{Routine: schema.Routines[0], Arguments: []dialect.Argument{{Kind: dialect.Uint64, Value: uint64(1 << 62)}}, Mode: dialect.ReadOnly}, nil)
	if err != nil || len(values) != 1 || uint64(values[0].Int) != 1<<63 {
		t.Errorf("the function returned %+v: %v", values, err)
	}
	var rows []string
	call := dialect.Call{Routine: schema.Routines[1], Mode: dialect.Write, Arguments: []dialect.Argument{{Kind: dialect.Int32, Value: int64(2)}, {Kind: dialect.Decimal, Value: "123456789012345.00001"}},
		Results: [][]*dialect.Column{{column("a", dialect.Int64, "declared"), column("B", dialect.Text, "declared")}, {column("n", dialect.Int64, "declared")}}}
	values, err = d.Call(t.Context(), call, func(result int, row []dialect.Value) error {
		text := ""
		if len(row) > 1 {
			text = string(row[1].Text)
		}
		rows = append(rows, fmt.Sprint(result, row[0].Int, text))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(rows, []string{"0 2two", "0 3three", "1 3"}) && !slices.Equal(rows, []string{"0 2 two", "0 3 three", "1 3 "}) {
		t.Errorf("rows %q", rows)
	}
	if len(values) != 2 || string(values[0].Text) != "123456789012345.00002" || string(values[1].Text) != "at least 2" {
		t.Errorf("came out %+v", values)
	}
	undeclared := call
	undeclared.Results = undeclared.Results[:1]
	var refused *dialect.Fault
	if _, err := d.Call(t.Context(), undeclared, nil); !errors.As(err, &refused) || refused.Reason != dialect.ResultMismatch {
		t.Errorf("a result set that is not declared: %v", err)
	}
	if _, err := d.Call(t.Context(), dialect.Call{Routine: schema.Routines[1], Mode: dialect.ReadOnly, Arguments: call.Arguments}, nil); err == nil {
		t.Error("a procedure wrote in a call that was to read")
	}
	if got := texts(t, d, "SELECT COUNT(*) FROM t"); !slices.Equal(got, []string{"3"}) {
		t.Errorf("%v rows", got)
	}
}
