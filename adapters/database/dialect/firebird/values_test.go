package firebird

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/charmap"
	"google.golang.org/grpc/codes"

	"github.com/postern-gateway/postern/adapters/database/dialect"
)

const edges = `
	CREATE TABLE edges (
		id BIGINT PRIMARY KEY, small SMALLINT, n84 NUMERIC(8,4), n18 NUMERIC(18,18), wide NUMERIC(18,0), tenth DECIMAL(4,1), flag BOOLEAN, single FLOAT, twice DOUBLE PRECISION,
		"DAY" DATE, clock TIME, "AT" TIMESTAMP, padded CHAR(4), latin VARCHAR(10) CHARACTER SET ISO8859_1, win CHAR(4) CHARACTER SET WIN1252,
		raw CHAR(3) CHARACTER SET OCTETS, note BLOB SUB_TYPE TEXT, winnote BLOB SUB_TYPE TEXT CHARACTER SET WIN1252, photo BLOB);
	COMMIT;
	INSERT INTO edges VALUES (9223372036854775807, -32768, -9999.9999, 0.000000000000000001, 999999999999999999, 0.1, TRUE, 1.5, 1e300,
		'0001-01-01', '23:59:59.9999', '9999-12-31 23:59:59.9999', 'Łó', 'é', '€', x'00ff41', 'Łódź', '€ é', x'0001ff');
	INSERT INTO edges (id) VALUES (-9223372036854775807);
	COMMIT;
`

// table returns a table of a database.
func table(t *testing.T, on *database, name string) *dialect.Table {
	t.Helper()
	schema, err := on.Inspect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, table := range schema.Tables {
		if table.Name == name {
			return table
		}
	}
	t.Fatalf("there is no table %s", name)
	return nil
}

// selecting makes the statement that reads a whole table as the adapter does.
func selecting(of *dialect.Table, rest dialect.Fragment) dialect.Statement {
	builder := dialect.NewBuilder(Engine{}.Syntax())
	builder.SQL("SELECT ").Outputs(of.Columns).SQL(" FROM ").Table(of).SQL(rest)
	return dialect.Statement{Text: builder.Text(), Columns: of.Columns}
}

// TestValues reads the edges of the types, and writes what it has read into another row.
func TestValues(t *testing.T) {
	t.Parallel()
	on := open(t, edges, nil)
	of := table(t, on, "EDGES")
	want := []string{"9223372036854775807", "-32768", "-9999.9999", "0.000000000000000001", "999999999999999999", "0.1", "1", "1.5", "1e+300",
		"0001-01-01", "23:59:59.9999", "9999-12-31T23:59:59.9999Z", "Łó  ", "é", "€   ", "\x00\xffA", "Łódź", "€ é", "\x00\x01\xff"}
	if diff := cmp.Diff([][]string{want}, collect(t, on, selecting(of, " WHERE id > 0"))); diff != "" {
		t.Errorf("what is there (-want +got):\n%s", diff)
	}
	builder := dialect.NewBuilder(Engine{}.Syntax())
	builder.SQL("UPDATE ").Table(of).SQL(" SET ")
	given := []any{nil, int64(-32768), "-9999.9999", "0.000000000000000001", int64(999999999999999999), "0.1", true, 1.5, 1e300,
		"0001-01-01", "23:59:59.9999", time.Date(9999, 12, 31, 23, 59, 59, 999900000, time.UTC), "Łó  ", "é", "€   ", []byte("\x00\xffA"), "Łódź", "€ é", []byte("\x00\x01\xff")}
	for i, column := range of.Columns[1:] {
		if i > 0 {
			builder.SQL(", ")
		}
		builder.Name(column.Name).SQL(" = ", builder.Parameter(column.Kind, given[i+1]))
	}
	builder.SQL(" WHERE id < 0 RETURNING ").Outputs(of.Columns)
	want[0] = "-9223372036854775807"
	written := dialect.Statement{Text: builder.Text(), Arguments: builder.Arguments(), Columns: of.Columns, Mode: dialect.Write}
	if diff := cmp.Diff([][]string{want}, collect(t, on, written)); diff != "" {
		t.Errorf("what was returned (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([][]string{want}, collect(t, on, selecting(of, " WHERE id < 0"))); diff != "" {
		t.Errorf("what was written (-want +got):\n%s", diff)
	}
}

// TestEncoding reads and writes columns of which the server knows no character set.
func TestEncoding(t *testing.T) {
	t.Parallel()
	on := open(t, `CREATE TABLE old (id INTEGER PRIMARY KEY, a VARCHAR(10) CHARACTER SET NONE, b BLOB SUB_TYPE TEXT CHARACTER SET NONE);
		COMMIT; INSERT INTO old VALUES (1, x'80e9', x'80e9'); COMMIT;`, func(o *dialect.Options) { o.Encoding = charmap.Windows1252 })
	of := table(t, on, "OLD")
	insert := dialect.Statement{Text: "INSERT INTO old VALUES (2, ?, ?)", Mode: dialect.Write,
		Arguments: []dialect.Argument{{Kind: dialect.Text, Value: "€é"}, {Kind: dialect.Text, Value: "€é"}}}
	if _, err := on.Query(t.Context(), insert, nil); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([][]string{{"1", "€é", "€é"}, {"2", "€é", "€é"}}, collect(t, on, selecting(of, " ORDER BY id"))); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
	hex := dialect.Statement{Text: "SELECT CAST(a AS VARCHAR(10) CHARACTER SET OCTETS) FROM old", Columns: []*dialect.Column{{Name: "A", Kind: dialect.Bytes}}}
	if diff := cmp.Diff([][]string{{"\x80\xe9"}, {"\x80\xe9"}}, collect(t, on, hex)); diff != "" {
		t.Errorf("bytes (-want +got):\n%s", diff)
	}
	insert.Arguments[0].Value = "Ł"
	var refused *dialect.Fault
	if _, err := on.Query(t.Context(), insert, nil); !errors.As(err, &refused) || refused.Reason != dialect.ValueRejected {
		t.Errorf("a character that the encoding lacks: %v", err)
	}
}

func TestDecimal(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		"5E-8": "0.00000005", "-1.25E-7": "-0.000000125", "1E+3": "1000.00", "1.234E+2": "123.40", "12": "12.00", "-0.05": "-0.05", "0.00": "0.00", "1.5E+1": "15.00",
	} {
		if got, err := decimal(given, 2); err != nil || string(got) != want {
			t.Errorf("%s became %s, want %s (%v)", given, got, want, err)
		}
	}
	for _, given := range []string{"NaN", "Infinity", "sNaN", "1E+9999999", "", "1E"} {
		if got, err := decimal(given, 2); err == nil && given != "1E" {
			t.Errorf("%q became %s", given, got)
		}
	}
}

// TestDescribe types statements that nobody runs.
func TestDescribe(t *testing.T) {
	t.Parallel()
	on := open(t, edges, nil)
	got, err := on.Describe(t.Context(), dialect.Statement{Text: "SELECT id, n84, flag, \"DAY\", \"AT\", win, raw, note, photo, 'x' || small AS label FROM edges WHERE id = ?"})
	if err != nil {
		t.Fatal(err)
	}
	var kinds []dialect.Kind
	var names []string
	for _, column := range got.Columns {
		kinds, names = append(kinds, column.Kind), append(names, column.Name)
	}
	want := []dialect.Kind{dialect.Int64, dialect.Decimal, dialect.Bool, dialect.Date, dialect.LocalTimestamp, dialect.Text, dialect.Bytes, dialect.Text, dialect.Bytes, dialect.Text}
	if diff := cmp.Diff(want, kinds); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff("ID N84 FLAG DAY AT WIN RAW NOTE PHOTO LABEL", strings.Join(names, " ")); diff != "" {
		t.Error(diff)
	}
	_, err = on.Describe(t.Context(), dialect.Statement{Text: "SELECT id,\n  absent FROM edges"})
	var fault *dialect.Fault
	if !errors.As(err, &fault) || fault.Position != 14 || fault.Token != "ABSENT" {
		t.Errorf("%+v", fault)
	}
}

const routines = `
	SET TERM ^;
	CREATE PROCEDURE upto (n INTEGER) RETURNS (i INTEGER, label VARCHAR(10)) AS BEGIN i = 1; WHILE (i <= n) DO BEGIN label = 'n' || i; SUSPEND; i = i + 1; END END^
	CREATE PROCEDURE twice (n INTEGER, s VARCHAR(10)) RETURNS (m BIGINT, t VARCHAR(20)) AS BEGIN m = n * 2; t = s || s; END^
	CREATE FUNCTION half (n NUMERIC(9,2)) RETURNS NUMERIC(9,2) AS BEGIN RETURN n / 2; END^
	CREATE PROCEDURE forever RETURNS (n BIGINT) AS BEGIN n = 0; WHILE (n >= 0) DO n = n + 1; SUSPEND; END^
	SET TERM ;^
	COMMIT;
`

// TestRoutines calls each sort of routine.
func TestRoutines(t *testing.T) {
	t.Parallel()
	on := open(t, routines, nil)
	schema, err := on.Inspect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	byName := make(map[string]*dialect.Routine)
	for _, routine := range schema.Routines {
		byName[routine.Name] = routine
	}
	var rows []string
	returned, err := on.Call(t.Context(), dialect.Call{Routine: byName["UPTO"], Arguments: []dialect.Argument{{Kind: dialect.Int32, Value: int64(2)}}}, func(_ int, row []dialect.Value) error {
		rows = append(rows, tell(row[0], dialect.Int32)+tell(row[1], dialect.Text))
		return nil
	})
	if err != nil || len(returned) != 0 || strings.Join(rows, " ") != "1n1 2n2" {
		t.Errorf("rows %q, returned %v: %v", rows, returned, err)
	}
	arguments := []dialect.Argument{{Kind: dialect.Int32, Value: int64(21)}, {Kind: dialect.Text, Value: "ab"}}
	returned, err = on.Call(t.Context(), dialect.Call{Routine: byName["TWICE"], Arguments: arguments, Mode: dialect.Write}, nil)
	if err != nil || len(returned) != 2 || returned[0].Int != 42 || string(returned[1].Text) != "abab" {
		t.Errorf("returned %v: %v", returned, err)
	}
	returned, err = on.Call(t.Context(), dialect.Call{Routine: byName["HALF"], Arguments: []dialect.Argument{{Kind: dialect.Decimal, Value: "3.10"}}}, nil)
	if err != nil || len(returned) != 1 || string(returned[0].Text) != "1.55" {
		t.Errorf("returned %v: %v", returned, err)
	}
}

// TestCancellation gives a statement up that would never end, and goes on with the same pool.
func TestCancellation(t *testing.T) {
	t.Parallel()
	on := open(t, routines, nil)
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	number := []*dialect.Column{{Name: "N", Kind: dialect.Int64}}
	started := time.Now()
	if _, err := on.Query(ctx, dialect.Statement{Text: "SELECT n FROM forever", Columns: number}, nil); err == nil || ctx.Err() == nil {
		t.Errorf("it ended: %v", err)
	}
	if took := time.Since(started); took > 10*time.Second {
		t.Errorf("it took %v", took)
	}
	if diff := cmp.Diff([][]string{{"1"}}, collect(t, on, dialect.Statement{Text: "SELECT 1 FROM RDB$DATABASE", Columns: number})); diff != "" {
		t.Error(diff)
	}
}

// TestConflict has two transactions change one row.
func TestConflict(t *testing.T) {
	t.Parallel()
	on := open(t, things, nil)
	change := dialect.Statement{Text: "UPDATE t SET c = 2 WHERE id = 1", Mode: dialect.Write}
	err := on.Run(t.Context(), dialect.Transaction{Mode: dialect.Write, Isolation: dialect.RepeatableRead}, func(late dialect.Tx) error {
		if _, err := late.Query(t.Context(), dialect.Statement{Text: "SELECT 1 FROM t", Columns: []*dialect.Column{{Kind: dialect.Int32}}}, nil); err != nil {
			return err
		}
		if _, err := on.Query(t.Context(), change, nil); err != nil {
			return err
		}
		_, err := late.Query(t.Context(), change, nil)
		return err
	})
	var fault *dialect.Fault
	if !errors.As(err, &fault) || fault.Code != codes.Aborted || fault.Reason != dialect.SerializationFailed {
		t.Errorf("%v", err)
	}
}

// TestVariables holds that a variable of a transaction is gone behind it.
func TestVariables(t *testing.T) {
	t.Parallel()
	on := open(t, "", func(o *dialect.Options) { o.Variables = []dialect.Variable{{Name: "APP", Value: "postern"}} })
	read := dialect.Statement{Text: "SELECT RDB$GET_CONTEXT('USER_SESSION', 'APP'), RDB$GET_CONTEXT('USER_TRANSACTION', 'WHO') FROM RDB$DATABASE",
		Columns: []*dialect.Column{{Name: "A", Kind: dialect.Text}, {Name: "B", Kind: dialect.Text}}}
	var seen string
	err := on.Run(t.Context(), dialect.Transaction{Variables: []dialect.Variable{{Name: "WHO", Value: "o'neil"}}}, func(tx dialect.Tx) error {
		_, err := tx.Query(t.Context(), read, func(row []dialect.Value) error {
			seen = string(row[0].Text) + " " + string(row[1].Text)
			return nil
		})
		return err
	})
	if err != nil || seen != "postern o'neil" {
		t.Errorf("%q: %v", seen, err)
	}
	if diff := cmp.Diff([][]string{{"postern", "NULL"}}, collect(t, on, read)); diff != "" {
		t.Error(diff)
	}
}
