package database_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/adapters/database/dialect"
	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

// contended are tables of which one writes another: who changes a source changes its tally too, and who changes either of two ends both, in opposite orders.
var contended = map[string]string{
	"postgres": `CREATE FUNCTION counted() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN UPDATE tallies SET n = n + 1 WHERE id = NEW.id; RETURN NEW; END $$;
		CREATE TRIGGER counts AFTER UPDATE ON sources FOR EACH ROW EXECUTE FUNCTION counted();
		CREATE FUNCTION up() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN UPDATE tallies SET n = n + 1 WHERE id = 7; UPDATE tallies SET n = n + 1 WHERE id = 8; RETURN NEW; END $$;
		CREATE FUNCTION down() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN UPDATE tallies SET n = n + 1 WHERE id = 8; UPDATE tallies SET n = n + 1 WHERE id = 7; RETURN NEW; END $$;
		CREATE TRIGGER goes AFTER UPDATE ON ups FOR EACH ROW EXECUTE FUNCTION up();
		CREATE TRIGGER goes AFTER UPDATE ON downs FOR EACH ROW EXECUTE FUNCTION down();`,
	"mariadb": `CREATE TRIGGER counts AFTER UPDATE ON sources FOR EACH ROW UPDATE tallies SET n = n + 1 WHERE id = NEW.id;
		CREATE TRIGGER goes AFTER UPDATE ON ups FOR EACH ROW BEGIN UPDATE tallies SET n = n + 1 WHERE id = 7; UPDATE tallies SET n = n + 1 WHERE id = 8; END;
		CREATE TRIGGER came AFTER UPDATE ON downs FOR EACH ROW BEGIN UPDATE tallies SET n = n + 1 WHERE id = 8; UPDATE tallies SET n = n + 1 WHERE id = 7; END;`,
}

const contendedTables = `CREATE TABLE sources (id int PRIMARY KEY, note varchar(20)); CREATE TABLE tallies (id int PRIMARY KEY, n int NOT NULL);
	CREATE TABLE ups (id int PRIMARY KEY, note varchar(20)); CREATE TABLE downs (id int PRIMARY KEY, note varchar(20));
	INSERT INTO sources (id) VALUES (1), (2), (3), (4), (5), (6), (7), (8); INSERT INTO tallies (id, n) VALUES (1, 0), (2, 0), (3, 0), (4, 0), (5, 0), (6, 0), (7, 0), (8, 0);
	INSERT INTO ups (id) SELECT id + 10 * k FROM sources CROSS JOIN (SELECT 0 AS k UNION SELECT 1 UNION SELECT 2) AS times;
	INSERT INTO downs (id) SELECT id FROM ups;`

func (e engine) openContended(t *testing.T, change func(*configv1.DatabaseBackend)) *subject {
	t.Helper()
	return e.open(t, contendedTables+contended[e.name], func(settings *configv1.DatabaseBackend) {
		allWritable(settings)
		if change != nil {
			change(settings)
		}
	})
}

// forEachServer runs a test on the engines where several write at once.
func forEachServer(t *testing.T, test func(t *testing.T, e engine)) {
	t.Helper()
	for _, e := range []engine{engines()[0], engines()[2]} {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			test(t, e)
		})
	}
}

// A rival is a transaction of somebody else.
type rival struct {
	*sql.Tx
	other *sql.DB
	// waiting finds the session that waits for it.
	waiting string
}

func newRival(t *testing.T, e engine, s *subject) *rival {
	t.Helper()
	tx, err := s.sql.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = tx.Rollback() }) // nothing after a commit
	own := map[string]string{"postgres": "SELECT pg_backend_pid()", "mariadb": "SELECT CONNECTION_ID()"}[e.name]
	var id int64
	if err := tx.QueryRowContext(t.Context(), own).Scan(&id); err != nil {
		t.Fatal(err)
	}
	waiting := map[string]string{
		"postgres": "SELECT pid FROM pg_stat_activity WHERE %d = ANY(pg_blocking_pids(pid))",
		// What InnoDB says of locks is not brought up to date for who asks often.
		"mariadb": "SELECT ID FROM information_schema.PROCESSLIST WHERE DB = DATABASE() AND COMMAND <> 'Sleep' AND TIME_MS > 100 AND ID NOT IN (CONNECTION_ID(), %d)",
	}[e.name]
	return &rival{Tx: tx, other: s.sql, waiting: fmt.Sprintf(waiting, id)}
}

func (r *rival) exec(t *testing.T, statement string) {
	t.Helper()
	if _, err := r.ExecContext(t.Context(), statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

// waiter waits until a session waits for the rival, and returns its number.
func (r *rival) waiter(t *testing.T) (id int64) {
	t.Helper()
	eventually(t, func() bool {
		err := r.other.QueryRowContext(t.Context(), r.waiting).Scan(&id)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			t.Error(err)
		}
		return err == nil
	})
	return id
}

// begin makes a call that will wait, and returns what ends it.
func (s *subject) begin(ctx context.Context, t *testing.T, method protoreflect.Name) (result func() error) {
	t.Helper()
	request := `{"id": 1, "source": {"note": "ours"}}`
	if method == "Note" {
		request = `{"id": 1}`
	}
	done := make(chan error, 1)
	go func() {
		_, _, err := s.callIn(ctx, t, method, request)
		done <- err
	}()
	return func() error { return <-done }
}

// wantRefused holds what callers are told of an error, and that they are told no more.
func wantRefused(t *testing.T, err error, code codes.Code, reason string) {
	t.Helper()
	if diff := cmp.Diff(refusal{Code: code, Reason: reason}, refusalOf(t, err)); diff != "" {
		t.Errorf("refusal differs (-want +got):\n%s\n%v", diff, err)
	}
	var known *adapters.Error
	if !errors.As(err, &known) {
		return
	}
	public := strings.ToLower(known.GRPCStatus().Proto().String())
	for _, word := range []string{"sources", "tallies", "update ", "select", "postern_test", "127.0.0.1", "sqlstate"} {
		if strings.Contains(public, word) {
			t.Errorf("the caller is told %s: %s", word, public)
		}
	}
}

func retries(n uint32) func(*configv1.DatabaseBackend) {
	return func(settings *configv1.DatabaseBackend) { settings.WriteRetries = &n }
}

// TestDeadlock holds that a write which the engine takes back for a deadlock is made again, once, or told as one to make again.
func TestDeadlock(t *testing.T) {
	t.Parallel()
	forEachServer(t, func(t *testing.T, e engine) {
		for i, method := range []protoreflect.Name{"UpdateSource", "Note", "UpdateSource"} { // a query too is made again
			n, want := []uint32{3, 3, 0}[i], []int{102, 102, 101}[i]
			s := e.openContended(t, func(settings *configv1.DatabaseBackend) {
				retries(n)(settings)
				if e.name == "postgres" { // which gives up who looks for a deadlock first: the other one must be waiting by then
					settings.Session = &configv1.DatabaseSession{Variables: map[string]string{"deadlock_timeout": "3s"}}
				}
				withQueries(t, "-- name: Note :exec\n-- writes\n-- param: id int32\nUPDATE sources SET note = 'ours' WHERE id = :id")(settings)
			})
			other := newRival(t, e, s)
			if e.name == "postgres" {
				other.exec(t, "SET LOCAL deadlock_timeout = '60s'")
			}
			other.exec(t, "UPDATE tallies SET n = n + 100") // of all rows, so that the other one is the cheaper to take back
			result := s.begin(t.Context(), t, method)
			other.waiter(t)
			other.exec(t, "UPDATE sources SET note = 'theirs' WHERE id = 1")
			if err := other.Commit(); err != nil {
				t.Fatal(err)
			}
			switch err := result(); {
			case n == 0:
				wantRefused(t, err, codes.Aborted, dialect.Deadlock)
			case err != nil:
				t.Errorf("after another try: %v", err)
			}
			wantRows(t, "how often it was applied", []string{"n"}, []map[string]any{{"n": want}}, s.truth(t, "SELECT n FROM tallies WHERE id = 1"))
		}
	})
}

// TestSerializationFailure does so for what serializable transactions refuse.
func TestSerializationFailure(t *testing.T) {
	t.Parallel()
	e := engines()[0]
	for n, want := range map[uint32]int{3: 2, 0: 1} {
		s := e.openContended(t, func(settings *configv1.DatabaseBackend) {
			retries(n)(settings)
			settings.Isolation = "serializable"
		})
		other := newRival(t, e, s)
		other.exec(t, "UPDATE sources SET note = 'theirs' WHERE id = 1")
		result := s.begin(t.Context(), t, "UpdateSource")
		other.waiter(t)
		if err := other.Commit(); err != nil {
			t.Fatal(err)
		}
		switch err := result(); {
		case n == 0:
			wantRefused(t, err, codes.Aborted, dialect.SerializationFailed)
		case err != nil:
			t.Errorf("after another try: %v", err)
		}
		wantRows(t, "how often it was applied", []string{"n"}, []map[string]any{{"n": want}}, s.truth(t, "SELECT n FROM tallies WHERE id = 1"))
	}
}

// TestManyMeet holds that of many writes that get in each other's way each is applied once or refused, however often it was tried.
func TestManyMeet(t *testing.T) {
	t.Parallel()
	forEachServer(t, func(t *testing.T, e engine) {
		s := e.openContended(t, func(settings *configv1.DatabaseBackend) {
			retries(6)(settings)
			if e.name == "postgres" {
				settings.Isolation = "serializable"
			}
		})
		var callers sync.WaitGroup
		var done atomic.Int64
		for i := range 20 {
			callers.Go(func() {
				table, id := "Up", 1+i/2%8+10*(i/16)
				if i%2 == 1 {
					table = "Down"
				}
				_, err := s.call(t, protoreflect.Name("Update"+table), fmt.Sprintf(`{"id": %d, %q: {"note": "%d"}}`, id, strings.ToLower(table), i))
				if err == nil {
					done.Add(1)
				} else if got := refusalOf(t, err); got.Code != codes.Aborted {
					t.Errorf("%+v", got)
				}
			})
		}
		callers.Wait()
		t.Logf("%d of 20 were applied", done.Load())
		if done.Load() < 10 {
			t.Errorf("only %d of 20 were applied", done.Load())
		}
		wantRows(t, "how often they were applied", []string{"n"}, []map[string]any{{"n": done.Load()}, {"n": done.Load()}}, s.truth(t, "SELECT n FROM tallies WHERE id IN (7, 8)"))
	})
}

// TestLostWhileWriting holds that a write whose session ends is refused and not made again.
func TestLostWhileWriting(t *testing.T) {
	t.Parallel()
	forEachServer(t, func(t *testing.T, e engine) {
		s := e.openContended(t, nil)
		other := newRival(t, e, s)
		other.exec(t, "UPDATE sources SET note = 'theirs' WHERE id = 1")
		result := s.begin(t.Context(), t, "UpdateSource")
		s.exec(t, fmt.Sprintf(map[string]string{"postgres": "SELECT pg_terminate_backend(%d)", "mariadb": "KILL %d"}[e.name], other.waiter(t)))
		wantRefused(t, result(), codes.Unavailable, dialect.ConnectionLost)
		if err := other.Rollback(); err != nil {
			t.Fatal(err)
		}
		wantRows(t, "nothing was applied", []string{"n"}, []map[string]any{{"n": 0}}, s.truth(t, "SELECT n FROM tallies WHERE id = 1"))
		if _, _, err := s.callIn(t.Context(), t, "UpdateSource", `{"id": 1, "source": {"note": "again"}}`); err != nil {
			t.Errorf("the call after it: %v", err)
		}
	})
}

// TestTimeouts holds what the limits of the engine and of the caller look like.
func TestTimeouts(t *testing.T) {
	t.Parallel()
	forEachServer(t, func(t *testing.T, e engine) {
		for _, test := range []struct {
			variables map[string]map[string]string
			deadline  time.Duration
			code      codes.Code
			reason    string
		}{
			{map[string]map[string]string{"postgres": {"statement_timeout": "300ms"}, "mariadb": {"max_statement_time": "0.3"}}, time.Minute, codes.DeadlineExceeded, dialect.StatementTimeout},
			{map[string]map[string]string{"postgres": {"lock_timeout": "300ms"}, "mariadb": {"innodb_lock_wait_timeout": "1"}}, time.Minute, codes.Aborted, dialect.LockTimeout},
			{nil, 300 * time.Millisecond, codes.DeadlineExceeded, ""},
		} {
			s := e.openContended(t, func(settings *configv1.DatabaseBackend) {
				settings.Session = &configv1.DatabaseSession{Variables: test.variables[e.name]}
			})
			other := newRival(t, e, s)
			other.exec(t, "UPDATE sources SET note = 'theirs' WHERE id = 1")
			ctx, cancel := context.WithTimeout(t.Context(), test.deadline)
			wantRefused(t, s.begin(ctx, t, "UpdateSource")(), test.code, test.reason)
			cancel()
			eventually(t, func() bool { // the server was told
				var id int64
				return errors.Is(s.sql.QueryRowContext(t.Context(), other.waiting).Scan(&id), sql.ErrNoRows)
			})
		}
	})
}
