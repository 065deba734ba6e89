package oracle

import (
	"database/sql"
	"database/sql/driver"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	goora "github.com/sijms/go-ora/v2"

	"github.com/postern-gateway/postern/adapters/database/dialect"
	"github.com/postern-gateway/postern/adapters/database/scripttest"
)

// TestValues goes through the values that the driver tells.
func TestValues(t *testing.T) {
	t.Parallel()
	location, err := time.LoadLocation("Europe/London")
	if err != nil {
		t.Fatal(err)
	}
	noon := time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC) // on the clock
	for _, c := range []struct {
		of     typed
		wire   string
		raw    driver.Value
		want   dialect.Value
		cursor string
	}{
		{typed{name: "NUMBER", precision: 9}, "NUMBER", "-7", dialect.Value{Int: -7}, "t-7"},
		{typed{name: "NUMBER", precision: 18}, "NUMBER", "999999999999999999", dialect.Value{Int: 999999999999999999}, "t999999999999999999"},
		{typed{name: "NUMBER", precision: -1, scale: -1}, "NUMBER", "0.1", dialect.Value{Text: []byte("0.1")}, "t0.1"},
		{typed{name: "NUMBER", precision: 38, scale: 10}, "NUMBER", "1234567890123456789012345678.0123456789", dialect.Value{Text: []byte("1234567890123456789012345678.0123456789")}, "t1234567890123456789012345678.0123456789"},
		{typed{name: "BINARY_DOUBLE"}, "IBDouble", 0.1, dialect.Value{Float: 0.1}, "r0.1"},
		{typed{name: "VARCHAR2", characters: 10}, "NCHAR", "żółw", dialect.Value{Text: []byte("żółw")}, "tżółw"},
		{typed{name: "RAW"}, "RAW", []byte{1, 2}, dialect.Value{Text: []byte{1, 2}}, "bAQI"},
		{typed{name: "DATE"}, "DATE", noon, dialect.Value{Time: noon.Add(-time.Hour)}, "m2026-07-01T12:00:00"},
		{typed{name: "TIMESTAMP(6) WITH TIME ZONE"}, "TimeStampDTY", noon, dialect.Value{Time: noon}, "m2026-07-01T12:00:00"}, // as output brings it
		{typed{name: "TIMESTAMP(6) WITH TIME ZONE"}, "TimeStampTZ_DTY", noon.In(location), dialect.Value{Time: noon}, "z2026-07-01T12:00:00Z"},
		{typed{name: "INTERVAL DAY(2) TO SECOND(6)"}, "NCHAR", "-02 10:20:03.050000", dialect.Value{Text: []byte("-P2DT10H20M3.05S")}, "t-02 10:20:03.050000"},
		{typed{name: "INTERVAL YEAR(2) TO MONTH"}, "NCHAR", "+01-00", dialect.Value{Text: []byte("P1Y0M")}, "t+01-00"},
	} {
		r := reader{column: column("C", c.of), location: location, zoned: zoned[c.wire]}
		var got dialect.Value
		dialect.ReadValue(&got, r.column, c.raw, r.value)
		got.Time, c.want.Time = got.Time.UTC(), c.want.Time.UTC()
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.of.name, diff)
		}
		if spelt, err := r.cursor(c.raw); err != nil || string(spelt) != c.cursor {
			t.Errorf("%s: the cursor is %q, %v", c.of.name, spelt, err)
		}
		if _, err := uncursor(c.cursor); err != nil {
			t.Errorf("%s: the cursor does not come back: %v", c.of.name, err)
		}
	}
	if got := column("C", typed{name: "NUMBER", precision: 5, scale: -2}); got.Kind != dialect.Int32 || got.Native != "NUMBER(5,-2)" {
		t.Errorf("NUMBER(5,-2) is %+v", got)
	}
	if got := column("C", typed{name: "NUMBER", precision: 2, scale: 5}); got.Kind != dialect.Decimal || got.Precision != 5 || got.Scale != 5 {
		t.Errorf("NUMBER(2,5) is %+v", got)
	}
}

// TestWrite holds a row that comes back through a cursor, and the arguments that the driver is given.
func TestWrite(t *testing.T) {
	t.Parallel()
	d, script := scripted(t,
		scripttest.Answer{When: rowBlock, Do: func(arguments []driver.NamedValue) error {
			out, ok := arguments[len(arguments)-1].Value.(sql.Out)
			if _, isCursor := out.Dest.(*goora.RefCursor); !ok || !isCursor {
				return errors.New("the last argument is no cursor")
			}
			if _, isClob := arguments[1].Value.(goora.Clob); !isClob {
				return errors.New("a long text is no CLOB")
			}
			if moment, isClock := arguments[2].Value.(goora.TimeStamp); !isClock || time.Time(moment).Hour() != 12 {
				return errors.New("a moment is not what the clock shows")
			}
			return nil
		}},
		answer("the cursor", []scripttest.Column{{Name: "ID", Type: "NUMBER"}}, []driver.Value{"5"}))
	var got int64
	count, err := d.Query(t.Context(), dialect.Statement{
		Text: rowBlock + "INSERT", Mode: dialect.Write, Columns: []*dialect.Column{{Name: "ID", Kind: dialect.Int64}},
		Arguments: []dialect.Argument{
			{Kind: dialect.Decimal, Value: "12.50"}, {Kind: dialect.Text, Value: strings.Repeat("a", 4001)},
			{Kind: dialect.LocalTimestamp, Value: time.Date(2026, 7, 1, 11, 0, 0, 0, time.UTC)},
		},
	}, func(row []dialect.Value) error { got = row[0].Int; return nil })
	if err != nil || count != 1 || got != 5 {
		t.Fatal(count, got, err)
	}
	if log := script.Log(); log[len(log)-1] != "commit" {
		t.Errorf("it ended with %q", log[len(log)-1])
	}
}

// TestTransactions holds what is begun, said, set back and ended for each mode.
func TestTransactions(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		transaction dialect.Transaction
		want        []string
	}{
		"write":     {dialect.Transaction{Mode: dialect.Write}, []string{"begin 0", "SELECT 1", "commit"}},
		"snapshot":  {dialect.Transaction{Isolation: dialect.RepeatableRead}, []string{"begin 0", "SET TRANSACTION READ ONLY", "SELECT 1", "commit"}},
		"read-only": {dialect.Transaction{Mode: dialect.ReadOnly}, []string{"begin 0", "SET TRANSACTION READ ONLY", "SELECT 1", "commit"}},
		"serializable": {
			dialect.Transaction{Mode: dialect.Write, Isolation: dialect.Serializable},
			[]string{"begin 0", "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE", "SELECT 1", "commit"},
		},
		"variables": {
			dialect.Transaction{Mode: dialect.Write, Variables: []dialect.Variable{{Name: "CLIENT_IDENTIFIER", Value: "ann"}, {Name: "app.tenant", Value: "7"}}},
			[]string{
				"begin 0", "BEGIN DBMS_SESSION.SET_IDENTIFIER(:1); END; | string ann", "BEGIN DBMS_SESSION.SET_CONTEXT(:1, :2, :3); END; | string app | string tenant | string 7",
				"SELECT 1", "commit", "BEGIN DBMS_SESSION.SET_IDENTIFIER(:1); END; | string gateway",
				"BEGIN DBMS_SESSION.CLEAR_CONTEXT(:1, NULL, :2); END; | string app | string tenant",
			},
		},
	} {
		d, script := scripted(t, answer("SELECT 1", []scripttest.Column{{Name: "1", Type: "NUMBER"}}, []driver.Value{"1"}))
		opened := len(script.Log())
		err := d.Run(t.Context(), c.transaction, func(on dialect.Tx) error {
			_, err := on.Query(t.Context(), dialect.Statement{Text: "SELECT 1", Columns: []*dialect.Column{{Kind: dialect.Int64}}}, nil)
			return err
		})
		if err != nil {
			t.Fatal(name, err)
		}
		if diff := cmp.Diff(c.want, script.Log()[opened:]); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
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
	sent := 0
	for _, said := range script.Log() {
		if said == "UPDATE" {
			sent++
		}
	}
	if sent != 1 {
		t.Errorf("it was sent %d times", sent)
	}
}

func TestReadOnly(t *testing.T) {
	t.Parallel()
	d, _ := scripted(t)
	for _, text := range []string{"DROP TABLE T", "/* SELECT */ DELETE FROM T", "BEGIN RAISE; END;", ""} {
		if _, err := d.Query(t.Context(), dialect.Statement{Text: text, Mode: dialect.ReadOnly}, nil); faultOf(t, err).Reason != dialect.NotWritable {
			t.Errorf("%s: %v", text, err)
		}
		if _, err := d.Describe(t.Context(), dialect.Statement{Text: text, Mode: dialect.ReadOnly}); faultOf(t, err).Reason != dialect.NotWritable {
			t.Errorf("%s: %v", text, err)
		}
	}
}
