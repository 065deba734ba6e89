package database_test

import (
	"context"
	"crypto/rand"
	"database/sql"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/postern-gateway/postern/adapters/database/dialect"
	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

// TestDenied holds that who may read and not write is told so, by each engine that has rights.
func TestDenied(t *testing.T) {
	t.Parallel()
	const table = "CREATE TABLE sources (id int PRIMARY KEY, note varchar(20)); INSERT INTO sources (id) VALUES (1);"
	account := "postern_" + strings.ToLower(rand.Text()[:20])
	open := map[string]func(t *testing.T) *subject{
		"postgres": func(t *testing.T) *subject {
			return engines()[0].open(t, table+fmt.Sprintf("CREATE ROLE %[1]s; GRANT SELECT ON sources TO %[1]s;", account), func(settings *configv1.DatabaseBackend) {
				running, err := server()
				if err != nil {
					t.Fatal(err)
				}
				running.Schema(t, fmt.Sprintf("GRANT USAGE ON SCHEMA %s TO %s", settings.GetSchema(), account))
				settings.Session = &configv1.DatabaseSession{Role: account}
				allWritable(settings)
			})
		},
		"mariadb": func(t *testing.T) *subject {
			var name string
			s := engines()[2].open(t, table, func(settings *configv1.DatabaseBackend) {
				running, err := mariaServer()
				if err != nil {
					t.Fatal(err)
				}
				name = running.Database(t, table+fmt.Sprintf("CREATE USER %[1]s@'%%'; GRANT SELECT ON sources TO %[1]s@'%%'", account))
				settings.Address = &configv1.DatabaseBackend_Dsn{Dsn: secretFile(t, strings.Replace(running.URL(name, ""), "root@", account+"@", 1))}
				allWritable(settings)
			})
			return s
		},
		"firebird": func(t *testing.T) *subject {
			running := startFirebird(t)
			name := running.Database(t, `CREATE TABLE SOURCES (ID INTEGER NOT NULL PRIMARY KEY, NOTE VARCHAR(20)); COMMIT; INSERT INTO SOURCES (ID) VALUES (1);
				CREATE ROLE READER; GRANT SELECT ON SOURCES TO ROLE READER; CREATE USER CLERK PASSWORD 'clerk'; GRANT READER TO CLERK; COMMIT;`)
			address, err := url.Parse(running.DSN(name, ""))
			if err != nil {
				t.Fatal(err)
			}
			address.User = url.UserPassword("CLERK", "clerk")
			settings := firebirdSettings(t, address.String())
			settings.Session = &configv1.DatabaseSession{Role: "READER"}
			allWritable(settings)
			return &subject{backend: mustOpen(t, settings, t.TempDir())}
		},
	}
	for name, open := range open {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t)
			t.Cleanup(func() {
				drop := map[string]string{"postgres": fmt.Sprintf("DROP OWNED BY %[1]s; DROP ROLE %[1]s", account), "mariadb": "DROP USER " + account}[name]
				if drop == "" {
					return
				}
				if _, err := s.sql.ExecContext(context.Background(), drop); err != nil {
					t.Error(err)
				}
			})
			s.want(t, "GetSource", `{"id": 1}`, `{"id": 1}`)
			for method, request := range map[string]string{"UpdateSource": `{"id": 1, "source": {"note": "x"}}`, "CreateSource": `{"id": 2}`, "DeleteSource": `{"id": 1}`} {
				_, err := s.call(t, protoreflect.Name(method), request)
				wantRefused(t, err, codes.PermissionDenied, dialect.AccessDenied)
			}
		})
	}
}

// TestFirebirdConflict holds that a write which Firebird takes back for another's is made again, or told as one to make again; and one whose session ends is neither.
func TestFirebirdConflict(t *testing.T) {
	t.Parallel()
	running := startFirebird(t)
	for _, test := range []struct {
		name    string
		retries uint32
		kill    bool
		want    int
	}{{"made again", 3, false, 2}, {"told", 0, false, 1}, {"lost", 3, true, 0}} {
		t.Run(test.name, func(t *testing.T) {
			name := running.Database(t, `CREATE TABLE SOURCES (ID INTEGER NOT NULL PRIMARY KEY, NOTE VARCHAR(20), HITS INTEGER DEFAULT 0); COMMIT; INSERT INTO SOURCES (ID) VALUES (1); COMMIT;
				SET TERM ^; CREATE TRIGGER COUNTS FOR SOURCES BEFORE UPDATE AS BEGIN NEW.HITS = OLD.HITS + 1; END^ SET TERM ;^`)
			settings := firebirdSettings(t, running.DSN(name, ""))
			retries(test.retries)(settings)
			settings.Isolation = "repeatable read"
			allWritable(settings)
			db, err := sql.Open("firebirdsql", running.DSN(name, ""))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = db.Close() })
			s := &subject{backend: mustOpen(t, settings, t.TempDir()), sql: db}
			other, err := db.BeginTx(t.Context(), nil)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := other.ExecContext(t.Context(), "UPDATE SOURCES SET NOTE = 'theirs' WHERE ID = 1"); err != nil {
				t.Fatal(err)
			}
			result := s.begin(t.Context(), t, "UpdateSource")
			var session int64
			eventually(t, func() bool {
				return db.QueryRowContext(t.Context(), "SELECT MON$ATTACHMENT_ID FROM MON$STATEMENTS WHERE MON$STATE = 1 AND MON$SQL_TEXT STARTING WITH 'UPDATE' AND MON$SQL_TEXT CONTAINING 'RETURNING'").Scan(&session) == nil
			})
			if test.kill {
				if _, err := db.ExecContext(t.Context(), "DELETE FROM MON$ATTACHMENTS WHERE MON$ATTACHMENT_ID = ?", session); err != nil {
					t.Fatal(err)
				}
				wantRefused(t, result(), codes.Unavailable, dialect.ConnectionLost)
				if err := other.Rollback(); err != nil {
					t.Fatal(err)
				}
			} else {
				if err := other.Commit(); err != nil {
					t.Fatal(err)
				}
				if err := result(); test.retries == 0 {
					wantRefused(t, err, codes.Aborted, dialect.SerializationFailed)
				} else if err != nil {
					t.Errorf("after another try: %v", err)
				}
			}
			var hits int
			if err := db.QueryRowContext(t.Context(), "SELECT HITS FROM SOURCES WHERE ID = 1").Scan(&hits); err != nil || hits != test.want {
				t.Errorf("applied %d times, want %d (%v)", hits, test.want, err)
			}
		})
	}
}
