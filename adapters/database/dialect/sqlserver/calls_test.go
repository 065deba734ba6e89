package sqlserver

import (
	"database/sql/driver"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/postern-gateway/postern/adapters/database/dialect"
	"github.com/postern-gateway/postern/adapters/database/scripttest"
)

// TestProcedure calls a procedure with two result sets, a parameter that goes in and out, and a return code.
func TestProcedure(t *testing.T) {
	t.Parallel()
	d, script := scripted(t, scripttest.Answer{When: "EXEC @postern_code", Results: []scripttest.Result{
		{Columns: []scripttest.Column{{Name: "id", Type: "INT"}}, Rows: [][]driver.Value{{int64(1)}, {int64(2)}}},
		{Columns: []scripttest.Column{{Name: "said", Type: "NVARCHAR"}}, Rows: [][]driver.Value{{"done"}}},
		{Columns: []scripttest.Column{{Name: lastResult, Type: "DECIMAL"}, {Name: "", Type: "INT"}}, Rows: [][]driver.Value{{[]byte("9.50"), int64(4)}}},
	}})
	routine := &dialect.Routine{
		Schema: "dbo", Name: "raise", ResultSets: true, Returns: &dialect.Column{Name: returnCode, Kind: dialect.Int32, Native: "int"},
		Parameters: []dialect.Parameter{
			{Column: column("who", "nvarchar(40)", ""), In: true}, {Column: column("by", "decimal(10,2)", ""), In: true, Out: true},
		},
	}
	var rows []string
	got, err := d.Call(t.Context(), dialect.Call{
		Routine: routine, Mode: dialect.Write, Results: [][]*dialect.Column{{{Name: "ID", Kind: dialect.Int64}}, {{Name: "said", Kind: dialect.Text}}}, Arguments: []dialect.Argument{{Kind: dialect.Text, Value: "Ann"}, {Kind: dialect.Decimal, Value: "4.75"}},
	}, func(result int, row []dialect.Value) error {
		rows = append(rows, fmt.Sprintf("%d: %d %s", result, row[0].Int, row[0].Text))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"0: 1 ", "0: 2 ", "1: 0 done"}, rows); diff != "" {
		t.Errorf("the rows differ (-want +got):\n%s", diff)
	}
	if len(got) != 2 || string(got[0].Text) != "9.50" || got[1].Int != 4 {
		t.Errorf("it returned %+v", got)
	}
	want := []string{
		"begin 2",
		"SET NOCOUNT ON; DECLARE @postern_code int, @postern_out2 decimal(10,2) = CAST(@p2 AS decimal(38,2)); EXEC @postern_code = [dbo].[raise] @who = @p1, @by = @postern_out2 OUTPUT;" +
			" SELECT @postern_out2 AS [postern: returned], @postern_code | string Ann | string 4.75",
		"commit",
	}
	if diff := cmp.Diff(want, script.Log()[1:]); diff != "" {
		t.Errorf("said (-want +got):\n%s", diff)
	}
}

func TestFunctions(t *testing.T) {
	t.Parallel()
	d, script := scripted(t,
		answer("SELECT [dbo].[tax](@p1)", []scripttest.Column{{Name: "", Type: "MONEY"}}, []driver.Value{[]byte("1.2500")}),
		answer("FROM [dbo].[near]()", []scripttest.Column{{Name: "place", Type: "NVARCHAR"}}, []driver.Value{"/1/"}, []driver.Value{"/2/"}))
	tax := &dialect.Routine{Schema: "dbo", Name: "tax", Function: true, Returns: column("returned", "money", ""), Parameters: []dialect.Parameter{{Column: column("of", "int", ""), In: true}}}
	got, err := d.Call(t.Context(), dialect.Call{Routine: tax, Mode: dialect.ReadOnly, Arguments: []dialect.Argument{{Kind: dialect.Int32, Value: int64(5)}}}, nil)
	if err != nil || len(got) != 1 || string(got[0].Text) != "1.2500" {
		t.Errorf("it returned %+v, %v", got, err)
	}
	near := &dialect.Routine{Schema: "dbo", Name: "near", Function: true, Rows: []*dialect.Column{column("place", "hierarchyid", "")}}
	count := 0
	if _, err := d.Call(t.Context(), dialect.Call{Routine: near}, func(int, []dialect.Value) error { count++; return nil }); err != nil || count != 2 {
		t.Error(count, err)
	}
	if said := script.Log()[5]; said != "SELECT [place].ToString() FROM [dbo].[near]()" {
		t.Errorf("said %s", said)
	}
}

// TestDefaults leaves out what takes its default, and has a function take it by its word.
func TestDefaults(t *testing.T) {
	t.Parallel()
	d, script := scripted(t,
		answer("EXEC @postern_code", []scripttest.Column{{Name: lastResult, Type: "INT"}}, []driver.Value{int64(0)}),
		answer("SELECT [dbo].[tax]", []scripttest.Column{{Name: "", Type: "MONEY"}}, []driver.Value{[]byte("1.2500")}))
	given := []dialect.Parameter{{Column: column("of", "int", ""), In: true}, {Column: column("rate", "int", ""), In: true}}
	arguments := []dialect.Argument{{Kind: dialect.Int32, Value: int64(5)}, {Kind: dialect.Int32, Default: true}}
	for _, routine := range []*dialect.Routine{
		{Schema: "dbo", Name: "raise", Returns: column(returnCode, "int", ""), Parameters: given},
		{Schema: "dbo", Name: "tax", Function: true, Returns: column("returned", "money", ""), Parameters: given},
	} {
		if _, err := d.Call(t.Context(), dialect.Call{Routine: routine, Mode: dialect.Write, Arguments: arguments}, nil); err != nil {
			t.Fatal(err)
		}
	}
	log := script.Log()
	if !contained(log[2], "EXEC @postern_code = [dbo].[raise] @of = @p1; SELECT") || !contained(log[5], "SELECT [dbo].[tax](@p1, DEFAULT)") {
		t.Errorf("said %q", log)
	}
	definition := "CREATE PROC raise @by AS decimal(5,2) = 1.5, -- @not int = 1\n @Who nvarchar(9), @[odd] int=NULL OUTPUT AS BEGIN DECLARE @x int = 1 END"
	if diff := cmp.Diff(map[string]bool{"@by": true, "@[odd]": true}, defaulted(definition)); diff != "" {
		t.Errorf("defaults (-want +got):\n%s", diff)
	}
}

// TestUndeclaredResult refuses a result set that nobody declared, and takes the call back.
func TestUndeclaredResult(t *testing.T) {
	t.Parallel()
	d, script := scripted(t, answer("EXEC @postern_code", []scripttest.Column{{Name: "id", Type: "INT"}}, []driver.Value{int64(1)}))
	routine := &dialect.Routine{Schema: "dbo", Name: "raise", ResultSets: true, Returns: column(returnCode, "int", "")}
	_, err := d.Call(t.Context(), dialect.Call{Routine: routine, Mode: dialect.Write}, nil)
	if got := faultOf(t, err); got.Reason != dialect.ResultMismatch {
		t.Errorf("the fault is %+v", got)
	}
	if log := script.Log(); log[len(log)-1] != "rollback" {
		t.Errorf("it ended with %q", log[len(log)-1])
	}
}
