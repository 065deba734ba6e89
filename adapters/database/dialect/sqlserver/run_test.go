package sqlserver

import (
	"context"
	"database/sql/driver"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	mssql "github.com/microsoft/go-mssqldb"

	"github.com/postern-gateway/postern/adapters/database/dialect"
	"github.com/postern-gateway/postern/adapters/database/scripttest"
)

func contained(text, part string) bool { return strings.Contains(text, part) }

func faultOf(t *testing.T, err error) *dialect.Fault {
	t.Helper()
	var known *dialect.Fault
	if !errors.As(err, &known) {
		t.Fatalf("the error is %v", err)
	}
	return known
}

// TestValues goes through the values that the driver tells and takes.
func TestValues(t *testing.T) {
	t.Parallel()
	wire := []struct {
		native, name string
		raw          driver.Value
		want         dialect.Value
		cursor       string
		back         any
	}{
		{"bit", "BIT", true, dialect.Value{Int: 1}, "ltrue", true},
		{"tinyint", "TINYINT", int64(255), dialect.Value{Int: 255}, "i255", int64(255)},
		{"decimal(9,0)", "DECIMAL", []byte("-7"), dialect.Value{Int: -7}, "d-7", "-7"},
		{"decimal(38,10)", "DECIMAL", []byte("12345678901234567890.1234567890"), dialect.Value{Text: []byte("12345678901234567890.1234567890")}, "d12345678901234567890.1234567890", "12345678901234567890.1234567890"},
		{"money", "MONEY", []byte("12.5000"), dialect.Value{Text: []byte("12.5000")}, "d12.5000", "12.5000"},
		{"float", "FLOAT", 0.1, dialect.Value{Float: 0.1}, "r0.1", 0.1},
		{"nvarchar(10)", "NVARCHAR", "żółw", dialect.Value{Text: []byte("żółw")}, "tżółw", "żółw"},
		{"varbinary(8)", "VARBINARY", []byte{1, 2}, dialect.Value{Text: []byte{1, 2}}, "bAQI", []byte{1, 2}},
		{
			"uniqueidentifier", "UNIQUEIDENTIFIER", []byte{0x67, 0x45, 0x3e, 0x12, 0x9b, 0xe8, 0xd3, 0x12, 0xa4, 0x56, 0x42, 0x66, 0x14, 0x17, 0x40, 0},
			dialect.Value{Text: []byte("123e4567-e89b-12d3-a456-426614174000")}, "t123e4567-e89b-12d3-a456-426614174000", "123e4567-e89b-12d3-a456-426614174000",
		},
		{"date", "DATE", time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC), dialect.Value{Text: []byte("0001-01-01")}, "t0001-01-01", "0001-01-01"},
		{"time(7)", "TIME", time.Date(1, 1, 1, 23, 59, 59, 999999900, time.UTC), dialect.Value{Text: []byte("23:59:59.9999999")}, "t23:59:59.9999999", "23:59:59.9999999"},
		{
			"datetime", "DATETIME", time.Date(2026, 7, 1, 12, 0, 0, 3333333, time.UTC), // noon in London, where it is summer
			dialect.Value{Time: time.Date(2026, 7, 1, 11, 0, 0, 3333333, time.UTC)}, "t2026-07-01T12:00:00.003", "2026-07-01T12:00:00.003",
		},
		{
			"datetimeoffset(7)", "DATETIMEOFFSET", time.Date(2026, 7, 1, 12, 0, 0, 100, time.FixedZone("", 7200)),
			dialect.Value{Time: time.Date(2026, 7, 1, 10, 0, 0, 100, time.UTC)}, "t2026-07-01T12:00:00.0000001+02:00", "2026-07-01T12:00:00.0000001+02:00",
		},
		{"xml", "XML", "<a/>", dialect.Value{Text: []byte("<a/>")}, "t<a/>", "<a/>"},
	}
	location, err := time.LoadLocation("Europe/London")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range wire {
		r := reader{column: column("c", c.native, ""), location: location, wire: c.name}
		var got dialect.Value
		dialect.ReadValue(&got, r.column, c.raw, r.value)
		got.Time = got.Time.UTC()
		c.want.Time = c.want.Time.UTC()
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.native, diff)
		}
		spelt, err := cursor(c.name, c.raw)
		if err != nil || string(spelt) != c.cursor {
			t.Errorf("%s: the cursor is %q, %v", c.native, spelt, err)
		}
		back, err := uncursor(c.cursor)
		if err != nil || !cmp.Equal(back, c.back) {
			t.Errorf("%s: the cursor comes back as %v, %v", c.native, back, err)
		}
	}
	var null dialect.Value
	dialect.ReadValue(&null, column("c", "int", ""), nil, (&reader{}).value)
	if !null.Null {
		t.Error("NULL is not NULL")
	}
	for _, spelt := range []string{"", "x", "iA", "b*"} {
		if _, err := uncursor(spelt); err == nil {
			t.Errorf("%q is taken for a cursor", spelt)
		}
	}
}

// TestBind holds the arguments that the driver is given: typed NULLs, decimals that are cast with all their digits, and moments.
func TestBind(t *testing.T) {
	t.Parallel()
	d, script := scripted(t, scripttest.Answer{When: "UPDATE", Affected: 1})
	moment := time.Date(2026, 7, 1, 11, 0, 0, 5, time.UTC)
	count, err := d.Query(t.Context(), dialect.Statement{
		Text: "UPDATE [t@p1] SET a = @p1, b = '@p1', c = @p2, d = @p3, e = @p4, f = @p5, g = @p10", Mode: dialect.Write,
		Arguments: []dialect.Argument{
			{Kind: dialect.Decimal, Value: "12.505"}, {Kind: dialect.Bytes}, {Kind: dialect.LocalTimestamp, Value: moment},
			{Kind: dialect.Timestamp, Value: moment}, {Kind: dialect.Cursor, Value: "d1.50"},
		},
	}, nil)
	if err != nil || count != 1 {
		t.Fatal(count, err)
	}
	want := "SET XACT_ABORT ON; UPDATE [t@p1] SET a = CAST(@p1 AS decimal(38,3)), b = '@p1', c = @p2, d = @p3, e = @p4, f = CAST(@p5 AS decimal(38,2)), g = @p10" +
		" | string 12.505 | []uint8 [] | civil.DateTime 2026-07-01T12:00:00.000000005 | time.Time 2026-07-01 11:00:00.000000005 +0000 UTC | string 1.50"
	if got := script.Log()[2]; got != want {
		t.Errorf("said:\n%s\nwant:\n%s", got, want)
	}
}

// TestTransactions holds what is begun, said and ended for each mode.
func TestTransactions(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		transaction dialect.Transaction
		want        []string
	}{
		"write": {dialect.Transaction{Mode: dialect.Write}, []string{"begin 2", "SELECT 1", "commit"}},
		"snapshot of reads": {
			dialect.Transaction{Isolation: dialect.RepeatableRead}, []string{"begin 5", "SELECT 1", "commit"},
		},
		"repeatable writes": {
			dialect.Transaction{Mode: dialect.Write, Isolation: dialect.RepeatableRead}, []string{"begin 4", "SELECT 1", "commit"},
		},
		"read-only is taken back, and serializable": {
			dialect.Transaction{Mode: dialect.ReadOnly, Isolation: dialect.Serializable}, []string{"begin 6", "SELECT 1", "rollback"},
		},
		"variables": {
			dialect.Transaction{Mode: dialect.Write, Variables: []dialect.Variable{{Name: "tenant", Value: "o'hara"}}},
			[]string{"begin 2", "EXEC sp_set_session_context @key = @p1, @value = @p2 | string tenant | string o'hara", "SELECT 1", "commit"},
		},
	} {
		d, script := scripted(t, answer("SELECT 1", []scripttest.Column{{Name: "", Type: "INT"}}, []driver.Value{int64(1)}))
		err := d.Run(t.Context(), c.transaction, func(on dialect.Tx) error {
			_, err := on.Query(t.Context(), dialect.Statement{Text: "SELECT 1", Columns: []*dialect.Column{{Kind: dialect.Int64}}}, nil)
			return err
		})
		if err != nil {
			t.Fatal(name, err)
		}
		if diff := cmp.Diff(c.want, script.Log()[1:]); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// TestFailedWrite raises an error of the server behind the rows of a batch, where the driver tells it, and takes the transaction back.
func TestFailedWrite(t *testing.T) {
	t.Parallel()
	failure := mssql.Error{Number: 3621, Message: "The statement has been terminated.", All: []mssql.Error{
		{Number: 2627, Class: 14, Message: "Violation of UNIQUE KEY constraint 'UX_code'. Cannot insert duplicate key in object 'dbo.tenancies'. The duplicate key value is (A)."},
		{Number: 3621, Message: "The statement has been terminated."},
	}}
	d, script := scripted(t, scripttest.Answer{When: "INSERT", Results: []scripttest.Result{{Columns: []scripttest.Column{{Name: "id", Type: "INT"}}, Err: failure}}})
	_, err := d.Query(t.Context(), dialect.Statement{Text: "INSERT", Columns: []*dialect.Column{{Name: "id", Kind: dialect.Int32}}, Mode: dialect.Write}, nil)
	if got := faultOf(t, err); got.Reason != dialect.UniqueViolation || got.Constraint != "UX_code" || got.Table != "tenancies" {
		t.Errorf("the fault is %+v", got)
	}
	if log := script.Log(); log[len(log)-1] != "rollback" {
		t.Errorf("it ended with %q", log[len(log)-1])
	}
}

func TestCancelled(t *testing.T) {
	t.Parallel()
	d, _ := scripted(t, scripttest.Answer{When: "WAITFOR", Hangs: true})
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	_, err := d.Query(ctx, dialect.Statement{Text: "WAITFOR", Columns: []*dialect.Column{{Kind: dialect.Int64}}}, nil)
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the error is %v", err)
	}
}

// TestBrokenWrite holds that what may have reached the server is not sent again, though the driver says that the connection was bad.
func TestBrokenWrite(t *testing.T) {
	t.Parallel()
	d, script := scripted(t, scripttest.Answer{When: "UPDATE", Err: driver.ErrBadConn})
	_, err := d.Query(t.Context(), dialect.Statement{Text: "UPDATE", Mode: dialect.Write}, nil)
	if got := faultOf(t, err); got.Reason != dialect.ConnectionLost || got.Unsent {
		t.Errorf("the fault is %+v", got)
	}
	if diff := cmp.Diff([]string{"begin 2", "SET XACT_ABORT ON; UPDATE", "rollback"}, script.Log()[1:]); diff != "" {
		t.Errorf("said (-want +got):\n%s", diff)
	}
}
