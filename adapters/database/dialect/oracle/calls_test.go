package oracle

import (
	"database/sql"
	"database/sql/driver"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	goora "github.com/sijms/go-ora/v2"

	"github.com/postern-gateway/postern/adapters/database/dialect"
	"github.com/postern-gateway/postern/adapters/database/scripttest"
)

// fill puts texts where the driver would put what comes out.
func fill(texts ...string) func([]driver.NamedValue) error {
	return func(arguments []driver.NamedValue) error {
		for _, argument := range arguments {
			out, ok := argument.Value.(goora.Out)
			if !ok || len(texts) == 0 {
				continue
			}
			if target, isText := out.Dest.(*sql.NullString); isText {
				*target, texts = sql.NullString{String: texts[0], Valid: texts[0] != ""}, texts[1:]
			}
		}
		return nil
	}
}

// TestProcedure calls a procedure of a package with parameters of all directions, one that takes its default, and a cursor.
func TestProcedure(t *testing.T) {
	t.Parallel()
	d, script := scripted(t,
		scripttest.Answer{When: `"PAYROLL"."RAISE"`, Do: fill("-.5", "true", "2026-07-01T12:00:00", "")},
		answer("the cursor", []scripttest.Column{{Name: "ID", Type: "NUMBER"}}, []driver.Value{"5"}, []driver.Value{"6"}))
	argument := func(name string, of typed) *dialect.Column { return argumentColumn(name, of) }
	routine := &dialect.Routine{Schema: "HOUSING", Name: "PAYROLL.RAISE", ResultSets: true, Parameters: []dialect.Parameter{
		{Column: argument("WHO", typed{name: "VARCHAR2"}), In: true},
		{Column: argument("BY", typed{name: "NUMBER", precision: -1, scale: -1}), In: true, Out: true},
		{Column: argument("ROWS", typed{name: refCursor}), Out: true, Cursor: true},
		{Column: argument("WHY", typed{name: "VARCHAR2"}), In: true},
		{Column: argument("DONE", typed{name: "PL/SQL BOOLEAN"}), In: true, Out: true},
		{Column: argument("SINCE", typed{name: "DATE"}), Out: true},
		{Column: argument("NOTE", typed{name: "VARCHAR2"}), Out: true},
	}}
	var rows []int64
	got, err := d.Call(t.Context(), dialect.Call{
		Routine: routine, Mode: dialect.Write, Results: [][]*dialect.Column{{{Name: "id", Kind: dialect.Int64}}},
		Arguments: []dialect.Argument{{Kind: dialect.Text, Value: "Ann"}, {Kind: dialect.Decimal, Value: "4.75"}, {Default: true}, {Kind: dialect.Bool, Value: false}},
	}, func(result int, row []dialect.Value) error {
		rows = append(rows, row[0].Int+int64(100*result))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	since := time.Date(2026, 7, 1, 11, 0, 0, 0, time.UTC) // noon in London, where it is summer
	for i := range got {
		got[i].Time = got[i].Time.UTC()
	}
	want := []dialect.Value{{Text: []byte("-0.5")}, {Int: 1}, {Time: since}, {Null: true}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("it returned (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]int64{5, 6}, rows); diff != "" {
		t.Errorf("the rows differ (-want +got):\n%s", diff)
	}
	text := `DECLARE postern_1 VARCHAR2(32767) := :1; postern_2 NUMBER := :2; postern_5 BOOLEAN := CASE :3 WHEN 1 THEN TRUE WHEN 0 THEN FALSE END; postern_6 DATE; ` +
		`postern_7 VARCHAR2(32767); BEGIN "HOUSING"."PAYROLL"."RAISE"("WHO" => postern_1, "BY" => postern_2, "DONE" => postern_5, "SINCE" => postern_6, "NOTE" => postern_7, ` +
		`"ROWS" => :4); :5 := TO_CHAR(postern_2, 'TM9'); :6 := CASE WHEN postern_5 THEN 'true' WHEN NOT postern_5 THEN 'false' END; ` +
		`:7 := TO_CHAR(postern_6, 'YYYY-MM-DD"T"HH24:MI:SS'); :8 := postern_7; END; | string Ann | string 4.75 | int64 0`
	wantSaid(t, script, text, "commit")
}

// TestFunctions calls one that returns a value, and one that returns a cursor which nobody declared.
func TestFunctions(t *testing.T) {
	t.Parallel()
	d, script := scripted(t,
		scripttest.Answer{When: `"TAX"`, Do: fill("12")}, scripttest.Answer{When: `"FIND"`},
		answer("the cursor", []scripttest.Column{{Name: "ID", Type: "NUMBER"}}, []driver.Value{"5"}))
	tax := &dialect.Routine{Schema: "HOUSING", Name: "TAX", Function: true, Returns: argumentColumn("", typed{name: "PLS_INTEGER"})}
	got, err := d.Call(t.Context(), dialect.Call{Routine: tax, Mode: dialect.ReadOnly}, nil)
	if err != nil || len(got) != 1 || got[0].Int != 12 {
		t.Errorf("it returned %+v, %v", got, err)
	}
	wantSaid(t, script, `DECLARE postern_returned NUMBER; BEGIN postern_returned := "HOUSING"."TAX"; :1 := TO_CHAR(postern_returned, 'TM9'); END;`, "commit")
	find := &dialect.Routine{Schema: "HOUSING", Name: "FIND", Function: true, ResultSets: true, Parameters: []dialect.Parameter{
		{Column: argumentColumn(returnedCursor, typed{name: refCursor}), Out: true, Cursor: true},
	}}
	_, err = d.Call(t.Context(), dialect.Call{Routine: find, Mode: dialect.Write}, nil)
	if fault := faultOf(t, err); fault.Reason != dialect.ResultMismatch {
		t.Errorf("the fault is %+v", fault)
	}
	wantSaid(t, script, `BEGIN :1 := "HOUSING"."FIND"; END;`, "rollback")
}

// wantSaid looks for a statement among the last, with its arguments that are no places for what comes out, and for what ended the transaction.
func wantSaid(t *testing.T, script *scripttest.Script, text, end string) {
	t.Helper()
	log := script.Log()
	if log[len(log)-1] != end {
		t.Errorf("it ended with %q", log[len(log)-1])
	}
	for _, said := range log {
		if len(said) >= len(text) && said[:len(text)] == text {
			return
		}
	}
	t.Errorf("did not say:\n%s\nbut:\n%q", text, log)
}
