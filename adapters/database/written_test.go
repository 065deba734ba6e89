package database_test

import (
	"strings"
	"testing"

	"google.golang.org/grpc/codes"

	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

// TestWithoutReturning writes as with MySQL, which returns no rows from what it writes: they are read behind it.
func TestWithoutReturning(t *testing.T) {
	t.Parallel()
	running, err := mariaServer()
	if err != nil {
		t.Fatal(err)
	}
	name := running.Database(t, `CREATE TABLE parts (id bigint AUTO_INCREMENT PRIMARY KEY, name varchar(10) NOT NULL, state varchar(10) NOT NULL DEFAULT 'new');
		CREATE TABLE pairs (a int, b int, v varchar(10) DEFAULT 'x', PRIMARY KEY (a, b)); CREATE TABLE notes (text varchar(10), more varchar(10) DEFAULT 'y')`)
	address := strings.Replace(running.URL(name, ""), "mariadb:", "mysql:", 1)
	settings := &configv1.DatabaseBackend{Kind: "database", Address: &configv1.DatabaseBackend_Dsn{Dsn: secretFile(t, address)}}
	allWritable(settings)
	s := &subject{backend: mustOpen(t, settings, t.TempDir())}
	s.want(t, "CreatePart", `{"name": "nut"}`, `{"id": "1", "name": "nut", "state": "new"}`)
	s.want(t, "CreatePart", `{"id": "7", "name": "bolt"}`, `{"id": "7", "name": "bolt", "state": "new"}`)
	s.want(t, "CreatePart", `{"name": "screw"}`, `{"id": "8", "name": "screw", "state": "new"}`)
	s.want(t, "UpdatePart", `{"id": "7", "part": {"state": "old"}}`, `{"id": "7", "name": "bolt", "state": "old"}`)
	s.want(t, "UpdatePart", `{"id": "7", "part": {"state": "old"}}`, `{"id": "7", "name": "bolt", "state": "old"}`) // found, though it changes nothing
	s.want(t, "CreatePair", `{"a": 1, "b": 2}`, `{"a": 1, "b": 2, "v": "x"}`)
	s.want(t, "CreateNote", `{"text": "t"}`, `{"text": "t"}`) // which nothing names
	s.want(t, "DeletePart", `{"id": "7"}`, `{}`)
	if got := s.refused(t, "UpdatePart", `{"id": "7", "part": {"state": "old"}}`); got.Code != codes.NotFound {
		t.Errorf("changing what is not there: %+v", got)
	}
	if got := s.refused(t, "CreatePart", `{"id": "8", "name": "x"}`); got.Code != codes.AlreadyExists || len(got.Violations) != 1 || got.Violations[0].Field != "id" {
		t.Errorf("a key that is taken: %+v", got)
	}
}

// TestSessionSettings holds that the settings of sessions and of zero dates reach the engine.
func TestSessionSettings(t *testing.T) {
	t.Parallel()
	zero := "SET sql_mode = ''; CREATE TABLE old (id int PRIMARY KEY, d date NOT NULL); INSERT INTO old VALUES (1, '0000-00-00')"
	s := engines()[2].open(t, zero, withQueries(t, "-- name: Tenant :one\n-- returns: tenant text\nSELECT @tenant AS tenant"))
	s.want(t, "GetOld", `{"id": 1}`, `{"id": 1}`)
	s = engines()[2].open(t, zero, func(settings *configv1.DatabaseBackend) {
		settings.ZeroDates = "unreadable"
		settings.Session = &configv1.DatabaseSession{Variables: map[string]string{"@tenant": "17"}}
		withQueries(t, "-- name: Tenant :one\n-- returns: tenant text\nSELECT @tenant AS tenant")(settings)
	})
	s.want(t, "Tenant", `{}`, `{"tenant": "17"}`)
	if got := s.refused(t, "GetOld", `{"id": 1}`); got.Reason != "VALUE_UNREADABLE" {
		t.Errorf("a date that is none: %+v", got)
	}
}
