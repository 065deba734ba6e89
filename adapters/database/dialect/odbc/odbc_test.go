package odbc

import (
	"context"
	"database/sql/driver"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	tracenoop "go.opentelemetry.io/otel/trace/noop"
	"google.golang.org/grpc/codes"

	"github.com/postern-gateway/postern/adapters/database/dialect"
	"github.com/postern-gateway/postern/adapters/database/scripttest"
)

// A failure is an error with a record of ODBC.
type failure struct{ one record }

func (f failure) Error() string     { return f.one.message }
func (f failure) records() []record { return []record{f.one} }

func testOptions() dialect.Options {
	return dialect.Options{Address: "odbc:DSN=housing", PoolSize: 2, Backend: "housing", TracerProvider: tracenoop.NewTracerProvider(), MeterProvider: metricnoop.NewMeterProvider()}
}

func answer(when string, columns int, rows ...[]driver.Value) scripttest.Answer {
	return scripttest.Answer{When: when, Results: []scripttest.Result{{Columns: scripttest.Names(make([]string, columns)...), Rows: rows}}}
}

// scripted opens a database on a script whose server is the make.
func scripted(t *testing.T, name string, answers ...scripttest.Answer) (*database, *scripttest.Script) {
	t.Helper()
	script := &scripttest.Script{}
	for _, made := range makes() {
		if made.name == name {
			answers = append(answers, answer(made.probe, 1, []driver.Value{"HOUSING "}))
			if made.quoted != "" {
				answers = append(answers, answer(made.quoted, 1, []driver.Value{int64(1)}))
			}
			break
		}
		answers = append(answers, scripttest.Answer{When: made.probe, Err: failure{record{"42S02", -204, "no such name"}}})
	}
	script.Answers = append(answers, scripttest.Answer{When: "ISOLATION"})
	options := testOptions()
	location, err := time.LoadLocation("Europe/London")
	if err != nil {
		t.Fatal(err)
	}
	options.Location = location
	opened, err := open(t.Context(), script, options, makes())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(opened.Close)
	if opened.name != name {
		t.Fatalf("the server is taken for %s, and not %s", opened.name, name)
	}
	return opened, script
}

func faultOf(t *testing.T, err error) *dialect.Fault {
	t.Helper()
	var known *dialect.Fault
	if !errors.As(err, &known) {
		t.Fatalf("the error is %v", err)
	}
	return known
}

func TestOpen(t *testing.T) {
	t.Parallel()
	for _, made := range makes() {
		scripted(t, made.name)
	}
	for name, answers := range map[string][]scripttest.Answer{
		dialect.BadAddress:     {{Err: failure{record{"42S02", -204, "no such name"}}}},
		dialect.AccessDenied:   {{Err: failure{record{"28000", -30082, "wrong password"}}}},
		dialect.ConnectionLost: {{Err: io.EOF}},
	} {
		_, err := open(t.Context(), &scripttest.Script{Answers: answers}, testOptions(), makes())
		if got := faultOf(t, err); got.Reason != name {
			t.Errorf("%s: the fault is %+v", name, got)
		}
	}
	for _, change := range []func(*dialect.Options){func(o *dialect.Options) { o.Address = "odbc:x" }, func(o *dialect.Options) { o.Role = "clerk" }} {
		options := testOptions()
		change(&options)
		_, err := Engine{}.Open(t.Context(), options)
		if got := faultOf(t, err); got.Reason != dialect.BadAddress {
			t.Errorf("the fault is %+v", got)
		}
	}
}

// TestQuotes refuses an Informix that takes names in quotes for texts.
func TestQuotes(t *testing.T) {
	t.Parallel()
	made := informix()
	script := &scripttest.Script{Answers: []scripttest.Answer{answer(made.probe, 1, []driver.Value{"me"}), answer(made.quoted, 1, []driver.Value{"tabid"})}}
	_, err := open(t.Context(), script, testOptions(), []*dbms{made})
	if got := faultOf(t, err); !strings.Contains(got.Detail, "DELIMIDENT=Y") {
		t.Errorf("the fault is %+v", got)
	}
}

func TestInspect(t *testing.T) {
	t.Parallel()
	const h, tn = "HOUSING", "TENANCIES"
	d, script := scripted(t, "db2",
		answer("FROM SYSCAT.TABLES\n", 4, []driver.Value{h, tn, "N", "Who lives where."}, []driver.Value{h, "LIVE", "Y", nil}),
		answer("FROM SYSCAT.COLUMNS", 11,
			[]driver.Value{h, tn, "ID", "INTEGER", "4 ", "0", "N", "N", "Y", "Y", nil}, []driver.Value{h, tn, "CODE", "CHARACTER", "4", "0", "N", "N", "N", "N", "The code."},
			[]driver.Value{h, tn, "RENT", "DECIMAL", "10", "2", "N", "Y", "N", "N", nil}, []driver.Value{h, tn, "RAW", "VARCHAR", "8", "0", "Y", "Y", "N", "N", nil},
			[]driver.Value{h, tn, "RATE", "DECFLOAT", "16", "0", "N", "Y", "N", "N", nil}),
		answer("FROM SYSCAT.TABCONST", 5, []driver.Value{h, tn, "PK", "P", "ID"}, []driver.Value{h, tn, "UX", "U", "CODE"}, []driver.Value{h, tn, "UX", "U", "RENT"}),
		answer("FROM SYSCAT.REFERENCES", 7, []driver.Value{h, tn, "FK", "CODE", "REF", "CODES", "CODE"}),
		answer("FROM SYSCAT.CHECKS", 4, []driver.Value{h, tn, "CK", "RENT > 0"}))
	got, err := d.Inspect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := &dialect.Schema{
		Tables: []*dialect.Table{
			{
				Schema: h, Name: tn, Comment: "Who lives where.", Key: []string{"ID"},
				Columns: []*dialect.Column{
					{Name: "ID", Kind: dialect.Int32, Native: "INTEGER", Default: true, Generated: true},
					{Name: "CODE", Kind: dialect.Text, Native: "CHARACTER", Length: 4, Padded: true, Comment: "The code."},
					{Name: "RENT", Kind: dialect.Decimal, Native: "DECIMAL", Precision: 10, Scale: 2, Nullable: true},
					{Name: "RAW", Kind: dialect.Bytes, Native: "VARCHAR", Nullable: true},
				},
				Constraints: []dialect.Constraint{
					{Name: "PK", Columns: []string{"ID"}, Unique: true}, {Name: "UX", Columns: []string{"CODE", "RENT"}, Unique: true}, {Name: "CK", Check: "RENT > 0"},
				},
				ForeignKeys: []dialect.ForeignKey{{Name: "FK", Columns: []string{"CODE"}, Schema: "REF", Table: "CODES", References: []string{"CODE"}}},
			},
			{Schema: h, Name: "LIVE", View: true},
		},
		Skipped: []string{"TENANCIES.RATE is of the type DECFLOAT, which cannot be told, and is left out."},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the schema differs (-want +got):\n%s", diff)
	}
	if log := script.Log(); log[len(log)-1] != "SET CURRENT ISOLATION = RESET" || log[len(log)-2] != "commit" {
		t.Errorf("it ended with %q", log[len(log)-2:])
	}
}

// TestInformixTypes holds numbers and lengths as syscolumns has them.
func TestInformixTypes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		length int
		want   *dialect.Column
	}{
		{"262", 4, &dialect.Column{Kind: dialect.Int32, Native: "SERIAL", Default: true}},
		{"5", 10*256 + 2, &dialect.Column{Kind: dialect.Decimal, Native: "DECIMAL", Precision: 10, Scale: 2}},
		{"5", 16*256 + 255, nil}, {"0", 4, &dialect.Column{Kind: dialect.Text, Native: "CHAR", Length: 4, Padded: true}},
		{"13", 5*256 + 40, &dialect.Column{Kind: dialect.Text, Native: "VARCHAR", Length: 40}},
		{"10", 19*256 + 0x0F, &dialect.Column{Kind: dialect.LocalTimestamp, Native: "DATETIME"}}, // YEAR TO FRACTION(5)
		{"10", 14*256 + 0x0A, &dialect.Column{Kind: dialect.LocalTimestamp, Native: "DATETIME"}}, // YEAR TO SECOND
		{"10", 6*256 + 0x6A, &dialect.Column{Kind: dialect.Time, Native: "DATETIME"}},            // HOUR TO SECOND
		{"14", 0, nil},
	} {
		if diff := cmp.Diff(c.want, informixColumn("", typed{name: c.name, length: c.length})); diff != "" {
			t.Errorf("%s %d (-want +got):\n%s", c.name, c.length, diff)
		}
	}
}

// TestValues reads what the driver tells, and holds what it is given.
func TestValues(t *testing.T) {
	t.Parallel()
	moment := time.Date(2026, 7, 1, 11, 0, 0, 500000000, time.UTC) // noon in London, where it is summer
	d, script := scripted(t, "db2", answer("SELECT five", 5, []driver.Value{[]byte("-.50"), int32(7), []byte("2026-07-01-12.00.00.500000"), nil, 2.5}),
		scripttest.Answer{When: "UPDATE", Affected: 1})
	columns := []*dialect.Column{{Kind: dialect.Decimal}, {Kind: dialect.Int64}, {Kind: dialect.LocalTimestamp}, {Kind: dialect.Text}, {Kind: dialect.Decimal}}
	var got []dialect.Value
	if _, err := d.Query(t.Context(), dialect.Statement{Text: "SELECT five", Columns: columns}, func(row []dialect.Value) error { got = append(got, row...); return nil }); err != nil {
		t.Fatal(err)
	}
	if got[4].Unreadable == nil {
		t.Error("a float is told as a decimal")
	}
	got[2].Time = got[2].Time.UTC()
	if diff := cmp.Diff([]dialect.Value{{Text: []byte("-0.50")}, {Int: 7}, {Time: moment}, {Null: true}}, got[:4]); diff != "" {
		t.Errorf("the values differ (-want +got):\n%s", diff)
	}
	count, err := d.Query(t.Context(), dialect.Statement{
		Text: `UPDATE t SET a = ?, "b?" = '?', c = ?, d = ?`, Mode: dialect.Write,
		Arguments: []dialect.Argument{{Kind: dialect.Decimal, Value: "12.505"}, {Kind: dialect.Int64, Value: int64(5)}, {Kind: dialect.LocalTimestamp, Value: moment}},
	}, nil)
	if err != nil || count != 1 {
		t.Fatal(count, err)
	}
	want := []string{
		"begin 0", "SET CURRENT ISOLATION = CS",
		`UPDATE t SET a = DECFLOAT(CAST(? AS VARCHAR(60))), "b?" = '?', c = ?, d = CAST(CAST(? AS VARCHAR(32)) AS TIMESTAMP) | string 12.505 | int64 5 | string 2026-07-01 12:00:00.500000`,
		"commit", "SET CURRENT ISOLATION = RESET",
	}
	if diff := cmp.Diff(want, script.Log()[2:]); diff != "" {
		t.Errorf("said (-want +got):\n%s", diff)
	}
}

// TestWrites holds that a write is sent once, and that what only reads cannot write.
func TestWrites(t *testing.T) {
	t.Parallel()
	d, script := scripted(t, "db2i", scripttest.Answer{When: "UPDATE", Err: driver.ErrBadConn})
	_, err := d.Query(t.Context(), dialect.Statement{Text: "UPDATE", Mode: dialect.Write}, nil)
	if got := faultOf(t, err); got.Reason != dialect.ConnectionLost || got.Unsent {
		t.Errorf("the fault is %+v", got)
	}
	if diff := cmp.Diff([]string{"begin 0", "SET TRANSACTION ISOLATION LEVEL READ COMMITTED", "UPDATE", "rollback"}, script.Log()[2:]); diff != "" {
		t.Errorf("said (-want +got):\n%s", diff)
	}
	for _, text := range []string{"DELETE FROM t", "SELECT * FROM FINAL TABLE (INSERT INTO t VALUES (1))", "SELECT NEXT VALUE FOR s FROM t"} {
		if _, err := d.Query(t.Context(), dialect.Statement{Text: text, Mode: dialect.ReadOnly}, nil); faultOf(t, err).Reason != dialect.NotWritable {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		one  record
		want dialect.Fault
	}{
		{record{"23505", -803, `SQL0803N  One or more values ... identified by "2" constrains table`}, dialect.Fault{Code: codes.AlreadyExists, Reason: dialect.UniqueViolation}},
		{record{"23503", -530, `SQL0530N  The insert or update value of the FOREIGN KEY "H.T.FK_CODE" is not equal`}, dialect.Fault{Code: codes.FailedPrecondition, Reason: dialect.ForeignKeyViolation, Constraint: "FK_CODE"}},
		{record{"23513", -545, `SQL0545N  The requested operation is not allowed because a row does not satisfy the check constraint "H.T.CK".`}, dialect.Fault{Code: codes.InvalidArgument, Reason: dialect.CheckViolation, Constraint: "CK"}},
		{record{"40001", -911, "SQL0911N"}, dialect.Fault{Code: codes.Aborted, Reason: dialect.Deadlock}},
		{record{"23000", -268, "Unique constraint (informix.u1) violated."}, dialect.Fault{Code: codes.AlreadyExists, Reason: dialect.UniqueViolation, Constraint: "u1"}},
		{record{"22001", -433, "too long"}, dialect.Fault{Code: codes.InvalidArgument, Reason: dialect.TooLong}},
		{record{"08001", -30081, "SQL30081N"}, dialect.Fault{Code: codes.Unavailable, Reason: dialect.ConnectionLost}},
		{record{"IM002", 0, "Data source name not found"}, dialect.Fault{Code: codes.InvalidArgument, Reason: dialect.BadAddress}},
		{record{"HY000", -1, "?"}, dialect.Fault{Code: codes.Internal, Reason: dialect.Unknown}},
	} {
		got := faultOf(t, fault(failure{c.one}))
		if got.Code != c.want.Code || got.Reason != c.want.Reason || got.Constraint != c.want.Constraint || got.Detail != c.one.message {
			t.Errorf("%+v is %+v", c.one, got)
		}
	}
	if err := fault(context.Canceled); !errors.Is(err, context.Canceled) || fault(nil) != nil {
		t.Errorf("a caller that is gone is %v", err)
	}
}
