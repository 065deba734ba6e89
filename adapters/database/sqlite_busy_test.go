package database_test

import (
	"testing"

	"google.golang.org/grpc/codes"

	"github.com/postern-gateway/postern/adapters/database/dialect"
)

// TestSQLiteBusyCommit holds that a commit which another's read stands in the way of, as it does outside of WAL, leaves no transaction behind in the connection that writes.
func TestSQLiteBusyCommit(t *testing.T) {
	t.Parallel()
	s := engines()[1].open(t, `PRAGMA journal_mode=DELETE; CREATE TABLE notes (id INTEGER PRIMARY KEY, note TEXT); INSERT INTO notes VALUES (1, 'x')`, allWritable)
	reader, err := s.sql.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	var n int
	if err := reader.QueryRowContext(t.Context(), "SELECT count(*) FROM notes").Scan(&n); err != nil {
		t.Fatal(err)
	}
	if _, err := s.call(t, "CreateNote", `{"id": "2", "note": "y"}`); err == nil {
		t.Fatal("the write went past a reader")
	} else if got := refusalOf(t, err); got.Code != codes.Aborted || got.Reason != dialect.LockTimeout {
		t.Errorf("%+v: %v", got, err)
	}
	if err := reader.Rollback(); err != nil {
		t.Fatal(err)
	}
	s.want(t, "CreateNote", `{"id": "3", "note": "z"}`, `{"id": "3", "note": "z"}`)
	if got := s.truth(t, "SELECT count(*), max(id) FROM notes"); got[0][0] != int64(2) || got[0][1] != int64(3) {
		t.Errorf("stored %v", got)
	}
}
