package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"

	"github.com/postern-gateway/postern/adapters/database/dialect"
)

// TestFaults has SQLite itself make each fault that a statement can make, since its error type cannot be made by others.
func TestFaults(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, statement string
		want            dialect.Fault
	}{
		{"unique", "INSERT INTO t VALUES (2, 'a', 'b', 1)", dialect.Fault{Code: codes.AlreadyExists, Reason: dialect.UniqueViolation, Table: "t", Columns: []string{"a", "b"}}},
		{"key", "INSERT INTO t VALUES (1, 'x', 'y', 1)", dialect.Fault{Code: codes.AlreadyExists, Reason: dialect.UniqueViolation, Table: "t", Columns: []string{"id"}}},
		{"reference", "INSERT INTO r VALUES (9)", dialect.Fault{Code: codes.FailedPrecondition, Reason: dialect.ForeignKeyViolation}},
		{"not null", "INSERT INTO t VALUES (3, NULL, 'y', 1)", dialect.Fault{Code: codes.InvalidArgument, Reason: dialect.NotNullViolation, Table: "t", Columns: []string{"a"}}},
		{"named check", "INSERT INTO t VALUES (3, 'x', 'y', 0)", dialect.Fault{Code: codes.InvalidArgument, Reason: dialect.CheckViolation, Constraint: "positive"}},
		{"nameless check", "INSERT INTO t VALUES (3, 'x', 'y', 11)", dialect.Fault{Code: codes.InvalidArgument, Reason: dialect.CheckViolation, Constraint: "n <= 10"}},
		{"strict type", "INSERT INTO s VALUES ('x')", dialect.Fault{Code: codes.InvalidArgument, Reason: dialect.ValueRejected}},
		{"mismatch", "INSERT INTO t VALUES ('x', 'x', 'y', 1)", dialect.Fault{Code: codes.InvalidArgument, Reason: dialect.ValueRejected}},
		{"syntax", "SELECT FROM t", dialect.Fault{Code: codes.Internal, Reason: dialect.Unknown, Token: "FROM"}},
		{"no column", "SELECT absent FROM t", dialect.Fault{Code: codes.Internal, Reason: dialect.SchemaChanged, Token: "absent"}},
		{"no column to set", "INSERT INTO t (absent) VALUES (1)", dialect.Fault{Code: codes.Internal, Reason: dialect.SchemaChanged, Token: "absent"}},
		{"no table", "SELECT 1 FROM absent", dialect.Fault{Code: codes.Internal, Reason: dialect.SchemaChanged, Token: "absent"}},
		{"read-only", "PRAGMA query_only(1); DELETE FROM t", dialect.Fault{Code: codes.PermissionDenied, Reason: dialect.NotWritable}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			db := openFile(t)
			_, err := db.ExecContext(t.Context(), test.statement)
			if err == nil {
				t.Fatal("it succeeded")
			}
			var got *dialect.Fault
			if !errors.As(fault(err), &got) {
				t.Fatal("it is no fault")
			}
			short := dialect.Fault{Code: got.Code, Reason: got.Reason, Table: got.Table, Columns: got.Columns, Constraint: got.Constraint, Token: got.Token}
			if diff := cmp.Diff(test.want, short); diff != "" {
				t.Errorf("%v (-want +got):\n%s", err, diff)
			}
		})
	}
}

// TestLocked holds that a file which another process writes is a conflict that may be tried again.
func TestLocked(t *testing.T) {
	t.Parallel()
	db := openFile(t)
	first, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := first.ExecContext(t.Context(), "BEGIN IMMEDIATE"); err != nil {
		t.Fatal(err)
	}
	_, err = db.ExecContext(t.Context(), "DELETE FROM t")
	var got *dialect.Fault
	if !errors.As(fault(err), &got) || got.Code != codes.Aborted || got.Reason != dialect.LockTimeout {
		t.Errorf("%+v", got)
	}
	if _, err := first.ExecContext(t.Context(), "ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
}

func openFile(t *testing.T) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(t.TempDir(), "faults.db")+"?_pragma=foreign_keys(1)")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	if _, err := db.ExecContext(t.Context(), `
		CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT NOT NULL, b TEXT, n INTEGER CHECK (n <= 10) CONSTRAINT positive CHECK (n > 0), UNIQUE (a, b));
		CREATE TABLE r (t_id INTEGER REFERENCES t);
		CREATE TABLE s (n INTEGER) STRICT;
		INSERT INTO t VALUES (1, 'a', 'b', 1)`); err != nil {
		t.Fatal(err)
	}
	return db
}

func TestFaultLeavesContextsAlone(t *testing.T) {
	t.Parallel()
	for _, ended := range []error{context.Canceled, context.DeadlineExceeded} {
		if got := fault(ended); !errors.Is(got, ended) {
			t.Errorf("%v became %v", ended, got)
		}
	}
}
