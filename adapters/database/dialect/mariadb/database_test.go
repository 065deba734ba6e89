package mariadb

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"

	"github.com/postern-gateway/postern/adapters/database/dialect"
)

// one column of a kind, as results have it.
func result(name string, kind dialect.Kind) []*dialect.Column {
	return []*dialect.Column{{Name: name, Kind: kind, Native: "test"}}
}

type querier interface {
	Query(ctx context.Context, statement dialect.Statement, each func([]dialect.Value) error) (int64, error)
}

// texts are the rows of a query that returns one text.
func texts(t testing.TB, on querier, query string, arguments ...dialect.Argument) []string {
	t.Helper()
	var found []string
	_, err := on.Query(t.Context(), dialect.Statement{Text: query, Columns: result("x", dialect.Text), Arguments: arguments}, func(values []dialect.Value) error {
		found = append(found, string(values[0].Text))
		return nil
	})
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return found
}

func write(t testing.TB, on querier, text string, arguments ...dialect.Argument) int64 {
	t.Helper()
	count, err := on.Query(t.Context(), dialect.Statement{Text: text, Arguments: arguments, Mode: dialect.Write}, nil)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return count
}

// TestCursors pages by each type that orders, one row at a time, and wants every row once. The second column has values that doubles cannot tell apart, the texts a
// collation that takes many for equal.
func TestCursors(t *testing.T) {
	t.Parallel()
	for native, literals := range map[string][]string{
		"decimal(30,5)":                         {"12345678901234567890.00001", "12345678901234567890.00002", "12345678901234567890.00003", "-0.1"},
		"bigint":                                {"9007199254740993", "9007199254740992", "-1"},
		"bigint unsigned":                       {"18446744073709551615", "18446744073709551614", "0"},
		"float":                                 {"0.1", "0.2", "16777215", "-1e30"},
		"double":                                {"0.1", "0.30000000000000004", "0.3"},
		"bit(40)":                               {"b'1000000000000000000000000000000000000000'", "b'1'", "b'10'"},
		"date":                                  {"'0000-00-00'", "'2024-02-29'", "'2024-00-00'"},
		"datetime(6)":                           {"'2024-02-29 12:00:00.000001'", "'2024-02-29 12:00:00.000002'"},
		"time":                                  {"'-838:59:59'", "'100:00:00'", "'99:00:00'"},
		"year":                                  {"1999", "2001"},
		"enum('z','a','m')":                     {"'z'", "'a'", "'m'"},
		"set('z','a','m')":                      {"'z,a'", "'a'", "'z,a,m'"},
		"varchar(9) collate utf8mb4_general_ci": {"'a'", "'A '", "'b'", "'B'", "'ä'"},
		"varchar(9) character set latin1":       {"'a'", "'Ä'", "'é'"},
		"varbinary(9)":                          {"0xFF", "0x00", "0x80FF"},
		"uuid":                                  {"'123e4567-e89b-12d3-a456-426614174000'", "'023e4567-e89b-12d3-b456-426614174000'"},
	} {
		t.Run(native, func(t *testing.T) {
			t.Parallel()
			statements := "CREATE TABLE t (id int AUTO_INCREMENT PRIMARY KEY, v " + native + " NOT NULL);"
			for _, literal := range literals {
				statements += "INSERT INTO t (v) VALUES (" + literal + ");"
			}
			d := openWith(t, statements, nil)
			table := tableOf(t, d, "t")
			syntax := Engine{}.Syntax()
			compared := syntax.Compared(table.Column("v"), "`v`")
			all := texts(t, d, "SELECT id FROM t ORDER BY "+compared+", id")
			for _, descending := range []bool{false, true} {
				want := slices.Clone(all)
				order, operator := "", " > "
				if descending {
					order, operator = " DESC", " < "
					slices.Reverse(want)
				}
				columns := []*dialect.Column{{Name: "id", Kind: dialect.Int32}, {Name: "c", Kind: dialect.Cursor}}
				var got []string
				where, arguments := "", []dialect.Argument(nil)
				for range len(all) + 1 {
					last := ""
					query := "SELECT id, " + syntax.Output(columns[1], compared) + " FROM t" + where + " ORDER BY " + compared + order + ", id" + order + " LIMIT 1"
					_, err := d.Query(t.Context(), dialect.Statement{Text: query, Columns: columns, Arguments: arguments}, func(values []dialect.Value) error {
						last = string(values[1].Text)
						got = append(got, strconv.FormatInt(values[0].Int, 10))
						return nil
					})
					if err != nil {
						t.Fatal(err)
					}
					if last == "" {
						break
					}
					id, err := strconv.ParseInt(got[len(got)-1], 10, 64)
					if err != nil {
						t.Fatal(err)
					}
					where = " WHERE (" + compared + operator + "?1 OR " + compared + " = ?1 AND id" + operator + "?2)"
					arguments = []dialect.Argument{{Kind: dialect.Cursor, Value: last}, {Kind: dialect.Int32, Value: id}}
				}
				if !slices.Equal(got, want) {
					t.Errorf("paged %v, want %v", got, want)
				}
			}
		})
	}
}

// TestDecimalsCompareExactly holds that a filter tells decimals apart that are one as doubles.
func TestDecimalsCompareExactly(t *testing.T) {
	t.Parallel()
	d := openWith(t, "CREATE TABLE t (v decimal(30,5)); INSERT INTO t VALUES (12345678901234567890.00001), (12345678901234567890.00002)", nil)
	builder := dialect.NewBuilder(Engine{}.Syntax())
	column := tableOf(t, d, "t").Column("v")
	builder.SQL("SELECT v FROM t WHERE ", builder.Compared(column), " = ", builder.ComparedParameter(column, "12345678901234567890.00002"))
	if got := texts(t, d, builder.Text(), builder.Arguments()...); !slices.Equal(got, []string{"12345678901234567890.00002"}) {
		t.Errorf("found %v", got)
	}
}

// TestContains holds that what contains a text is found case and all, whatever the collation.
func TestContains(t *testing.T) {
	t.Parallel()
	d := openWith(t, "CREATE TABLE t (v varchar(20) COLLATE utf8mb4_general_ci, l varchar(20) CHARACTER SET latin1); INSERT INTO t VALUES ('Mill Lane', 'Zoë'), ('mill lane', 'zoe')", nil)
	syntax := Engine{}.Syntax()
	for part, want := range map[string][]string{"Mill": {"Mill Lane"}, "lane": {"mill lane"}, "%": nil, "Ł": nil} {
		if got := texts(t, d, "SELECT v FROM t WHERE "+syntax.Contains(nil, "v", "?1"), dialect.Argument{Kind: dialect.Text, Value: part}); !slices.Equal(got, want) {
			t.Errorf("%s is in %v", part, got)
		}
	}
	if got := texts(t, d, "SELECT l FROM t WHERE "+syntax.Contains(nil, "l", "?1"), dialect.Argument{Kind: dialect.Text, Value: "oë"}); !slices.Equal(got, []string{"Zoë"}) {
		t.Errorf("found %v", got)
	}
}

// TestSession holds what a session begins with, and that a transaction's variables are gone behind it.
func TestSession(t *testing.T) {
	t.Parallel()
	d := openWith(t, "CREATE TABLE t (a int)", func(options *dialect.Options) {
		options.PoolSize = 1
		options.Variables = []dialect.Variable{{Name: "innodb_lock_wait_timeout", Value: "7"}, {Name: "@tenant", Value: "nobody"}}
	})
	const asked = "SELECT CONCAT_WS(' ', @@time_zone, @@character_set_client, @@innodb_lock_wait_timeout, @tenant, @@tx_isolation, FIND_IN_SET('STRICT_ALL_TABLES', @@sql_mode) > 0)"
	base := []string{"+00:00 utf8mb4 7 nobody REPEATABLE-READ 1"}
	if got := texts(t, d, asked); !slices.Equal(got, base) {
		t.Errorf("the session has %q", got)
	}
	failing := errors.New("stop")
	for _, ending := range []error{nil, failing} {
		transaction := dialect.Transaction{Mode: dialect.Write, Isolation: dialect.Serializable, Variables: []dialect.Variable{{Name: "@tenant", Value: "17"}, {Name: "innodb_lock_wait_timeout", Value: "3"}}}
		err := d.Run(t.Context(), transaction, func(on dialect.Tx) error {
			if got := texts(t, on, "SELECT CONCAT_WS(' ', @@innodb_lock_wait_timeout, @tenant)"); !slices.Equal(got, []string{"3 17"}) {
				t.Errorf("the transaction has %q", got)
			}
			write(t, on, "INSERT INTO t VALUES (1)")
			return ending
		})
		if !errors.Is(err, ending) {
			t.Errorf("Run: %v, want %v", err, ending)
		}
		if got := texts(t, d, asked); !slices.Equal(got, base) {
			t.Errorf("the session has %q behind the transaction", got)
		}
	}
	if got := texts(t, d, "SELECT COUNT(*) FROM t"); !slices.Equal(got, []string{"1"}) {
		t.Errorf("%v rows, want those of the transaction that was not taken back", got)
	}
}

// TestReadOnly holds that the server keeps a statement from writing that is to read.
func TestReadOnly(t *testing.T) {
	t.Parallel()
	d := openWith(t, "CREATE TABLE t (a int)", nil)
	_, err := d.Query(t.Context(), dialect.Statement{Text: "INSERT INTO t VALUES (1) RETURNING a", Columns: result("a", dialect.Int32), Mode: dialect.ReadOnly}, nil)
	var refused *dialect.Fault
	if !errors.As(err, &refused) || refused.Code != codes.PermissionDenied {
		t.Errorf("writing: %v", err)
	}
	if count := write(t, d, "INSERT INTO t VALUES (?1), (?1)", dialect.Argument{Kind: dialect.Int32, Value: int64(2)}); count != 2 {
		t.Errorf("%d rows", count)
	}
	if count := write(t, d, "UPDATE t SET a = 2"); count != 2 {
		t.Errorf("%d rows were found, want those too that stayed as they were", count)
	}
}

// TestGivenUp holds that the server stops what nobody waits for any more, and that the pool goes on.
func TestGivenUp(t *testing.T) {
	t.Parallel()
	d := openWith(t, "CREATE TABLE t (a int)", func(options *dialect.Options) { options.PoolSize = 1 })
	mark := "given up " + strconv.FormatInt(time.Now().UnixNano(), 36)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	server, err := running()
	if err != nil {
		t.Fatal(err)
	}
	watching := openWith(t, "", nil)
	isRunning := func() bool {
		return texts(t, watching, "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE INFO LIKE ?1 AND INFO NOT LIKE '%PROCESSLIST%'",
			dialect.Argument{Kind: dialect.Text, Value: "%" + mark + "%"})[0] != "0"
	}
	done := make(chan error)
	go func() {
		_, err := d.Query(ctx, dialect.Statement{Text: "SELECT SLEEP(600) AS a /* " + mark + " */", Columns: result("a", dialect.Int64)}, nil)
		done <- err
	}()
	eventually(t, isRunning)
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("the call ended with %v", err)
	}
	eventually(t, func() bool { return !isRunning() })
	if got := texts(t, d, "SELECT 'well'"); !slices.Equal(got, []string{"well"}) {
		t.Errorf("the next call on %s found %v", server.Address(), got)
	}
}

// TestGivenUpByTheReader holds that a result without end is stopped where its reader stops.
func TestGivenUpByTheReader(t *testing.T) {
	t.Parallel()
	d := openWith(t, "", func(options *dialect.Options) { options.PoolSize = 1 })
	enough := errors.New("enough")
	count := 0
	_, err := d.Query(t.Context(), dialect.Statement{Text: "SELECT seq FROM seq_1_to_1000000000000", Columns: result("seq", dialect.Int64)}, func(values []dialect.Value) error {
		if count++; values[0].Int == 1000 {
			return enough
		}
		return nil
	})
	if !errors.Is(err, enough) || count != 1000 {
		t.Errorf("read %d rows: %v", count, err)
	}
	if got := texts(t, d, "SELECT 'well'"); !slices.Equal(got, []string{"well"}) {
		t.Errorf("the next call found %v", got)
	}
}

// TestDeadlock holds that the loser of two transactions is told so.
func TestDeadlock(t *testing.T) {
	t.Parallel()
	d := openWith(t, "CREATE TABLE t (id int PRIMARY KEY, n int); INSERT INTO t VALUES (1, 0), (2, 0)", nil)
	first, second := make(chan struct{}), make(chan struct{})
	run := func(mine, other int, ready chan struct{}, await chan struct{}, ended chan error) {
		ended <- d.Run(t.Context(), dialect.Transaction{Mode: dialect.Write}, func(on dialect.Tx) error {
			if _, err := on.Query(t.Context(), dialect.Statement{Text: fmt.Sprintf("UPDATE t SET n = n + 1 WHERE id = %d", mine), Mode: dialect.Write}, nil); err != nil {
				return err
			}
			close(ready)
			<-await
			_, err := on.Query(t.Context(), dialect.Statement{Text: fmt.Sprintf("UPDATE t SET n = n + 1 WHERE id = %d", other), Mode: dialect.Write}, nil)
			return err
		})
	}
	ended := make(chan error, 2)
	go run(1, 2, first, second, ended)
	go run(2, 1, second, first, ended)
	var failed []error
	for range 2 {
		if err := <-ended; err != nil {
			failed = append(failed, err)
		}
	}
	var lost *dialect.Fault
	if len(failed) != 1 || !errors.As(failed[0], &lost) || lost.Reason != dialect.Deadlock || lost.Code != codes.Aborted {
		t.Errorf("ended with %v", failed)
	}
}

// TestDescribe has the server tell the columns of a query, and where a mistake lies.
func TestDescribe(t *testing.T) {
	t.Parallel()
	d := openWith(t, "CREATE TABLE t (a int unsigned, b decimal(20,5), c varchar(9), d datetime, e enum('x'), f float)", nil)
	description, err := d.Describe(t.Context(), dialect.Statement{Text: "SELECT *, COUNT(*) AS n, ?1 AS p FROM t WHERE a = ?1", Mode: dialect.ReadOnly})
	if err != nil {
		t.Fatal(err)
	}
	want := []*dialect.Column{
		{Name: "a", Kind: dialect.Uint32, Native: "int unsigned", Nullable: true},
		{Name: "b", Kind: dialect.Decimal, Native: "decimal", Precision: 20, Scale: 5, Nullable: true},
		{Name: "c", Kind: dialect.Text, Native: "varchar", Nullable: true},
		{Name: "d", Kind: dialect.LocalTimestamp, Native: "datetime", Nullable: true},
		{Name: "e", Kind: dialect.Text, Native: "enum", Nullable: true},
		{Name: "f", Kind: dialect.Float, Native: "float", Nullable: true},
		{Name: "n", Kind: dialect.Int64, Native: "bigint", Nullable: true},
	}
	if diff := cmp.Diff(want, description.Columns[:len(want)]); diff != "" {
		t.Errorf("columns (-want +got):\n%s", diff)
	}
	for text, token := range map[string]string{"SELECT a\nFROM t WHERE c = 'ß' AND a = ?1 AND AND b = ?1": "AND b", "SELECT a FROM t WHERE nix = 1": ""} {
		_, err := d.Describe(t.Context(), dialect.Statement{Text: text, Mode: dialect.ReadOnly})
		var mistake *dialect.Fault
		if !errors.As(err, &mistake) {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if token != "" && !strings.HasPrefix(string([]rune(text)[mistake.Position-1:]), token) {
			t.Errorf("%s: at %d, %s", text, mistake.Position, mistake.Detail)
		}
	}
}

// eventually waits until the condition holds.
func eventually(t testing.TB, condition func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for !condition() {
		select {
		case <-ctx.Done():
			t.Fatal("the condition did not come true")
		case <-ticker.C:
		}
	}
}
