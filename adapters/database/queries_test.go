package database_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/adapters/database"
	"github.com/postern-gateway/postern/adapters/database/queryfile"
	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

const goodQueries = `
-- name: RentByTenure :many
-- What the tenures bring in.
-- param: least decimal
-- returns: total decimal(10,2)
-- returns: homes integer
SELECT tenure, sum(weekly_rent) AS total, count(*) AS homes
FROM tenancies
WHERE weekly_rent >= :least AND note <> ':least' -- not :least
GROUP BY tenure ORDER BY tenure;

-- name: TenancyOf :one
-- param: citizen_id text
-- param: bedrooms integer nullable
-- returns: furnished boolean
SELECT t.tenancy_id, t.weekly_rent, t.started, t.viewed, t.furnished FROM tenancies t
WHERE t.citizen_id = :citizen_id AND (cast(:bedrooms AS integer) IS NULL OR t.bedrooms = :bedrooms);

-- name: raiseRents :exec
-- param: by decimal
-- param: tenure text
UPDATE tenancies SET weekly_rent = weekly_rent + :by WHERE tenure = :tenure;

-- name: EndTenancy :many
-- writes
-- param: tenancy_id integer
-- returns: line_no integer
-- returns: amount decimal(10,2)
DELETE FROM rent_lines WHERE tenancy_id = :tenancy_id RETURNING line_no, amount;

-- name: OpenAll :many
SELECT tenancy_id FROM tenancies WHERE tenancy_id < 3 ORDER BY 1
`

// withQueries writes the queries to a directory and has the settings name it.
func withQueries(t *testing.T, text string) func(*configv1.DatabaseBackend) {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "rent.sql"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return func(settings *configv1.DatabaseBackend) { settings.Queries = []string{dir} }
}

func TestQueries(t *testing.T) {
	t.Parallel()
	forEachEngine(t, func(t *testing.T, e engine) {
		s := e.openHousing(t, withQueries(t, goodQueries))
		s.want(t, "RentByTenure", `{"least": "80"}`, `{"rows": [{"tenure": "introductory", "total": "110.00", "homes": "1"}, {"tenure": "secure", "total": "110.00", "homes": "1"}]}`)
		s.want(t, "RentByTenure", `{"least": "5000"}`, `{}`)
		s.want(t, "TenancyOf", `{"citizenId": "C000002"}`, `{"tenancyId": `+map[string]string{"postgres": "2", "mariadb": "2", "firebird": "2", "sqlite": `"2"`}[e.name]+`, "weeklyRent": "110.00", "started": "2025-06-01", "viewed": "2025-05-02T10:30:00.250Z", "furnished": true}`)
		got := s.refused(t, "TenancyOf", `{"citizenId": "C000002", "bedrooms": "9"}`)
		if diff := cmp.Diff(refusal{Code: codes.NotFound, Reason: "NO_ROW"}, got); diff != "" {
			t.Error(diff)
		}
		s.want(t, "RaiseRents", `{"by": "0.10", "tenure": "secure"}`, `{"rowsAffected": "2"}`)
		wantRows(t, "rents", []string{"r"}, []map[string]any{{"r": "92.60"}, {"r": "110.10"}}, s.truth(t, "SELECT weekly_rent FROM tenancies WHERE tenure = 'secure' ORDER BY tenancy_id"))
		s.want(t, "EndTenancy", `{"tenancyId": "2"}`, `{"rows": [{"lineNo": "1", "amount": "110.00"}, {"lineNo": "2", "amount": "12345678.90"}]}`)
		wantRows(t, "lines", []string{"n"}, []map[string]any{{"n": 3}}, s.truth(t, "SELECT count(*) FROM rent_lines"))
	})
}

// TestQueryMayNotWrite holds that the engine keeps a query from writing that does not say that it does: PostgreSQL when it is called,
// SQLite when it is loaded.
func TestQueryMayNotWrite(t *testing.T) {
	t.Parallel()
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		s := engines()[0].openHousing(t, withQueries(t, "-- name: Sly :many\nWITH gone AS (DELETE FROM log RETURNING entry) SELECT entry FROM gone"))
		if got := s.refused(t, "Sly", `{}`); got.Code != codes.PermissionDenied {
			t.Errorf("%+v, want PERMISSION_DENIED", got)
		}
		wantRows(t, "log", []string{"n"}, []map[string]any{{"n": 4}}, s.truth(t, "SELECT count(*) FROM log"))
	})
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		settings, _, _ := createSQLite(t, read(t, "sqlite.sql"))
		withQueries(t, "-- name: Sly :many\n-- returns: entry text\nDELETE FROM log RETURNING entry")(settings)
		_, err := database.Adapter{}.Open(t.Context(), settings, options(t.TempDir()))
		if err == nil || !strings.Contains(err.Error(), "rent.sql:3:1: the database refuses the query Sly") {
			t.Errorf("Open: %v", err)
		}
	})
}

// TestQueryMistakes prints the findings of each mistake.
func TestQueryMistakes(t *testing.T) {
	t.Parallel()
	forEachEngine(t, func(t *testing.T, e engine) {
		base, _, address := e.create(t, read(t, e.name+".sql"))
		namespace := namespaceOf(address)
		for _, test := range []struct{ name, text, postgres, sqlite, mariadb string }{
			{"no head", "SELECT 1", `rent.sql:1:1: a query starts with a comment that names it: -- name: ListOpenCases :many`, "", ""},
			{"no result", "-- name: A\nSELECT 1", `rent.sql:1:1: behind the name A stands what it answers: :one, :many, :stream or :exec`, "", ""},
			{"bad name", "-- name: a-b :one\nSELECT 1", `rent.sql:1:1: "a-b" is no name for a query; it has letters, digits and underscores, and starts with a letter`, "", ""},
			{"no statement", "-- name: A :one\n", `rent.sql:1:1: the query A has no statement`, "", ""},
			{"two statements", "-- name: A :many\nSELECT tenancy_id FROM tenancies;\nDROP TABLE tenancies;", `rent.sql:3:1: a query is one statement; give the next one a name of its own: -- name: ...`, "", ""},
			{"unused parameter", "-- name: A :many\n-- param: b text\nSELECT tenancy_id FROM tenancies", `rent.sql:2:1: the statement has no parameter :b`, "", ""},
			{"bad type", "-- name: A :many\n-- param: b varchar\nSELECT tenancy_id FROM tenancies WHERE note = :b", `rent.sql:2:1: there is no type "varchar"; there are ` + queryfile.TypeNames(), "", ""},
			{"name twice", "-- name: A :many\nSELECT tenancy_id FROM tenancies;\n-- name: a :many\nSELECT tenancy_id FROM tenancies;", `rent.sql:3:1: there is a query a already, in rent.sql`, "", ""},
			{"syntax", "-- name: A :many\nSELECT tenancy_id\nFORM tenancies", `rent.sql:3:6: the database refuses the query A: syntax error at or near "tenancies"`, `rent.sql:3:6: the database refuses the query A: near "tenancies": syntax error (1)`, `rent.sql:3:6: the database refuses the query A: You have an error in your SQL syntax; check the manual that corresponds to your MariaDB server version for the right syntax to use near 'tenancies' at line 2`},
			{"column", "-- name: A :many\n-- param: id integer\nSELECT tenancy_id, ß FROM tenancies\nWHERE tenancy_id = :id AND nonsense = 1", `rent.sql:3:20: the database refuses the query A: column "ß" does not exist`, `rent.sql:3:20: the database refuses the query A: no such column: ß (1)`, `rent.sql:3:20: the database refuses the query A: Unknown column 'ß' in 'SELECT'`},
			{"table", "-- name: A :many\nSELECT a\n  FROM nowhere", `rent.sql:3:8: the database refuses the query A: relation "nowhere" does not exist`, `rent.sql:3:8: the database refuses the query A: no such table: nowhere (1)`, `rent.sql:3:8: the database refuses the query A: Table 'DATABASE.nowhere' doesn't exist`},
			{"returns", "-- name: A :many\n-- returns: b text\nSELECT tenancy_id FROM tenancies", `rent.sql:2:1: the query has no column b`, "", ""},
			{"column twice", "-- name: A :many\nSELECT t.note, s.note FROM tenancies t, tenancies s", `rent.sql:1:1: the query A has two columns note; give one of them another name with AS`, "", `rent.sql:2:10: the database refuses the query A: Duplicate column name 'note'`},
		} {
			t.Run(test.name, func(t *testing.T) {
				settings := proto.CloneOf(base)
				withQueries(t, test.text)(settings)
				_, err := database.Adapter{}.Open(t.Context(), settings, options(t.TempDir()))
				var mistakes *adapters.ConfigError
				if !errors.As(err, &mistakes) {
					t.Fatalf("Open: %v, want findings", err)
				}
				want := test.postgres
				if e.name == "sqlite" && test.sqlite != "" {
					want = test.sqlite
				}
				if e.name == "mariadb" && test.mariadb != "" {
					want = strings.Replace(test.mariadb, "DATABASE", namespace, 1)
				}
				got := strings.ReplaceAll(mistakes.Error(), settings.GetQueries()[0]+string(filepath.Separator), "")
				if got != want {
					t.Errorf("findings differ:\n%s\nwant\n%s", got, want)
				}
			})
		}
	})
}

func TestQueryTypesThatSQLiteCannotTell(t *testing.T) {
	t.Parallel()
	settings, _, _ := createSQLite(t, read(t, "sqlite.sql"))
	withQueries(t, "-- name: A :many\nSELECT count(*) AS n FROM tenancies\nWHERE note = :note")(settings)
	_, err := database.Adapter{}.Open(t.Context(), settings, options(t.TempDir()))
	if err == nil {
		t.Fatal("Open succeeded")
	}
	for _, want := range []string{"rent.sql:3:14: the database cannot tell the type of :note", "rent.sql:1:1: the database cannot tell the type of the column n"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%v\nlacks %q", err, want)
		}
	}
}

// TestTooManyRows holds that a result without end is given up as soon as it is too long, and that its connection serves the next call.
func TestTooManyRows(t *testing.T) {
	t.Parallel()
	s := engines()[0].open(t, "CREATE TABLE t (a int)", func(settings *configv1.DatabaseBackend) {
		size := uint32(1)
		settings.PoolSize = &size
		withQueries(t, "-- name: Numbers :many\nSELECT generate_series(1, 1000000000000) AS n\n\n-- name: Session :one\nSELECT pg_backend_pid() AS pid")(settings)
	})
	before, err := s.call(t, "Session", `{}`)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(refusal{Code: codes.OutOfRange, Reason: "TOO_MANY_ROWS"}, s.refused(t, "Numbers", `{}`)); diff != "" {
		t.Error(diff)
	}
	after, err := s.call(t, "Session", `{}`)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before, after, protocmp.Transform()); diff != "" {
		t.Errorf("the connection was thrown away:\n%s", diff)
	}
}
