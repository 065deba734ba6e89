package database_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/adapters/database"
	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

const headedQueries = `
-- name: Chosen :many
-- param: ids integer[] -- Whose.
-- param: tenures text[]
-- param: least decimal(8,2) default 80 -- From which rent on.
-- returns: tenancy_id int32
SELECT tenancy_id FROM tenancies
WHERE tenancy_id IN (:ids) AND tenure NOT IN (:tenures) AND weekly_rent >= :least AND weekly_rent < :least + 1000 ORDER BY tenancy_id;

-- name: Pages :many
-- paged: by weekly_rent desc, tenancy_id
-- param: ids integer[]
-- returns: tenancy_id int32
SELECT tenancy_id, weekly_rent FROM tenancies WHERE tenancy_id IN (:ids);

-- name: ByFurniture :many
-- paged: by furnished, tenancy_id desc
-- param: tenure text default 'secure'
-- param: other text default 'licence'
-- returns: tenancy_id int32
-- returns: furnished boolean
SELECT tenancy_id, furnished FROM tenancies WHERE tenure = :tenure OR tenure = :other OR :tenure = 'all' ;

-- name: Lines :stream
-- param: tenancy_id integer nullable
-- returns: line_no int32
SELECT line_no, amount FROM rent_lines WHERE tenancy_id = :tenancy_id ORDER BY line_no
`

// queryEngines are those whose queries are the same.
func queryEngines() []routineEngine {
	var out []routineEngine
	for _, e := range engines() {
		out = append(out, routineEngine{name: e.name, open: func(t *testing.T, change func(*configv1.DatabaseBackend)) *subject {
			t.Helper()
			return e.openHousing(t, change)
		}})
	}
	return out
}

// TestQueryHeads goes through what the heads of queries can say: lists, defaults, pages and streams.
func TestQueryHeads(t *testing.T) {
	t.Parallel()
	for _, e := range queryEngines() {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			text := headedQueries
			if e.name == "firebird" { // which takes a parameter's type from what it is compared with
				text = strings.ReplaceAll(text, ":tenure = 'all'", "CAST(:tenure AS VARCHAR(20)) = 'all'")
				text = strings.ReplaceAll(text, ":least + 1000", "CAST(:least AS NUMERIC(8,2)) + 1000")
			}
			s := e.open(t, withQueries(t, text))
			for request, want := range map[string]string{
				`{"ids": ["1", "2", "3", "4"]}`:                                           "1 2 4",
				`{"ids": ["1", "2", "3", "4", "4", "99"], "least": "75.05"}`:              "1 2 3 4",
				`{"ids": ["4", "1", "3"], "tenures": ["licence", "'; --"], "least": "0"}`: "1 4",
				`{"ids": ["1", "2"], "tenures": ["secure", "introductory"]}`:              "",
				`{"least": "0"}`:                    "",
				`{"ids": ["2"], "least": "110.00"}`: "2",
			} {
				if got := s.ids(t, "Chosen", request); got != want {
					t.Errorf("%s: %s, want %s", request, got, want)
				}
			}
			for size := range 5 {
				if got := s.paged(t, "Pages", `"ids": ["1", "2", "3", "4"]`, size+1); got != "2 4 1 3" {
					t.Errorf("pages of %d: %s", size+1, got)
				}
				want := map[string]string{"postgres": "1 4 3", "sqlite": "3 1 4", "mariadb": "3 1 4", "firebird": "3 1 4"}[e.name] // NULL comes last in PostgreSQL
				if got := s.paged(t, "ByFurniture", `"tenure": "secure"`, size+1); got != want {
					t.Errorf("pages of %d by what may be NULL: %s, want %s", size+1, got, want)
				}
				if got := s.paged(t, "ByFurniture", `"other": "introductory"`, size+1); got != "1 4 2" {
					t.Errorf("pages of %d with another parameter: %s", size+1, got)
				}
			}
			token := s.token(t, "Pages", `{"ids": ["1", "2", "3"], "pageSize": 1}`)
			for _, request := range []string{`{"ids": ["1", "2"], "pageSize": 1, "pageToken": %q}`, `{"ids": ["1", "2", "3"], "pageSize": 1, "pageToken": "%s."}`} {
				if got := s.refused(t, "Pages", fmt.Sprintf(request, token)); got.Code != codes.InvalidArgument || got.Reason != "INVALID_PAGE_TOKEN" {
					t.Errorf("a token of another query, or altered: %+v", got)
				}
			}
			var lines []string
			err := s.stream(t.Context(), t, "Lines", `{"tenancyId": "1"}`, func(row proto.Message) error {
				line, err := protojson.Marshal(row)
				lines = append(lines, strings.ReplaceAll(string(line), " ", ""))
				return err
			})
			if diff := cmp.Diff([]string{`{"lineNo":1,"amount":"92.50"}`, `{"lineNo":2,"amount":"-0.05"}`, `{"lineNo":3,"amount":"0.00"}`}, lines); err != nil || diff != "" {
				t.Errorf("%v %s", err, diff)
			}
			gone := errors.New("the caller has gone")
			if err := s.stream(t.Context(), t, "Lines", `{"tenancyId": "1"}`, func(proto.Message) error { return gone }); !errors.Is(err, gone) {
				t.Errorf("%v", err)
			}
			s.routes(t, map[protoreflect.Name]string{"Chosen": "GET /chosen", "Lines": "GET /lines:stream"})
		})
	}
}

// ids calls a query and joins the ids of its rows.
func (s *subject) ids(t *testing.T, name protoreflect.Name, request string) string {
	t.Helper()
	reply, err := s.call(t, name, request)
	if err != nil {
		t.Fatalf("%s %s: %v", name, request, err)
	}
	var out []string
	rows := reply.ProtoReflect().Get(reply.ProtoReflect().Descriptor().Fields().ByName("rows")).List()
	for i := range rows.Len() {
		row := rows.Get(i).Message()
		out = append(out, row.Get(row.Descriptor().Fields().ByName("tenancy_id")).String())
	}
	return strings.Join(out, " ")
}

// token is that of the page behind the one asked for.
func (s *subject) token(t *testing.T, name protoreflect.Name, request string) string {
	t.Helper()
	reply, err := s.call(t, name, request)
	if err != nil {
		t.Fatalf("%s %s: %v", name, request, err)
	}
	return reply.ProtoReflect().Get(reply.ProtoReflect().Descriptor().Fields().ByName("next_page_token")).String()
}

// paged joins the ids of all pages.
func (s *subject) paged(t *testing.T, name protoreflect.Name, request string, size int) string {
	t.Helper()
	var out []string
	token := ""
	for range 10 {
		page := fmt.Sprintf(`{%s, "pageSize": %d, "pageToken": %q}`, request, size, token)
		if ids := s.ids(t, name, page); ids != "" {
			out = append(out, ids)
		}
		if token = s.token(t, name, page); token == "" {
			return strings.Join(out, " ")
		}
	}
	return "without end"
}

// TestQueryHeadMistakes prints the findings of heads that do not fit their query.
func TestQueryHeadMistakes(t *testing.T) {
	t.Parallel()
	base, _, _ := createPostgres(t, read(t, "postgres.sql"))
	for head, want := range map[string]string{
		"-- name: A :many\n-- paged: by x\nSELECT tenancy_id FROM tenancies":                                        "rent.sql:2:1: the query has no column x to order its pages by; it has tenancy_id",
		"-- name: A :many\n-- paged: by d\nSELECT details AS d FROM \"Repair Orders\"":                              "rent.sql:2:1: the values of d have no order",
		"-- name: A :many\n-- param: b date default 31.1.2026\nSELECT tenancy_id FROM tenancies WHERE started = :b": `rent.sql:2:1: the default "31.1.2026" of :b is no value of its type`,
	} {
		settings := proto.CloneOf(base)
		withQueries(t, head)(settings)
		_, err := database.Adapter{}.Open(t.Context(), settings, options(t.TempDir()))
		var mistakes *adapters.ConfigError
		if !errors.As(err, &mistakes) || !strings.HasSuffix(mistakes.Error(), want) {
			t.Errorf("Open: %v\nwant %s", err, want)
		}
	}
}

// TestQueryTimeout holds that a query which sets a bound is given up when it is reached, at the server too.
func TestQueryTimeout(t *testing.T) {
	t.Parallel()
	s := engines()[0].openHousing(t, withQueries(t, "-- name: Slow :one\n-- timeout: 200ms\n-- returns: done text\nSELECT pg_sleep(20)::text AS done"))
	_, _, err := s.callIn(context.WithoutCancel(t.Context()), t, "Slow", `{}`)
	if got := refusalOf(t, err); got.Code != codes.DeadlineExceeded {
		t.Errorf("%+v", got)
	}
	eventually(t, func() bool {
		var running int
		if err := s.sql.QueryRowContext(t.Context(), "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%pg_sleep(20)%' AND pid <> pg_backend_pid()").Scan(&running); err != nil {
			t.Fatal(err)
		}
		return running == 0
	})
}

// TestQueryMistakesFirebird prints the findings of what Firebird refuses.
func TestQueryMistakesFirebird(t *testing.T) {
	t.Parallel()
	running := startFirebird(t)
	base := firebirdSettings(t, running.DSN(running.Database(t, firebirdHousing(t)), ""))
	for _, test := range []struct{ name, text, place, want string }{
		{"syntax", "-- name: A :many\nSELECT tenancy_id\nFORM tenancies", "rent.sql:3:6:", "Token unknown"},
		{"column", "-- name: A :many\n-- param: id integer\nSELECT tenancy_id FROM tenancies\nWHERE tenancy_id = :id AND nonsense = 1", "rent.sql:4:28:", "NONSENSE"},
		{"table", "-- name: A :many\nSELECT a\n  FROM nowhere", "rent.sql:3:8:", "NOWHERE"},
		{"type", "-- name: A :many\nSELECT tenancy_id FROM tenancies\nWHERE note = :note", "rent.sql:3:14:", "cannot tell the type of :note"},
	} {
		settings := proto.CloneOf(base)
		withQueries(t, test.text)(settings)
		_, err := database.Adapter{}.Open(t.Context(), settings, options(t.TempDir()))
		var mistakes *adapters.ConfigError
		if !errors.As(err, &mistakes) || !strings.Contains(err.Error(), test.place) || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %s ... %s", test.name, err, test.place, test.want)
		}
	}
}

// TestQueryMayNotWriteByRoutine holds that the engine keeps a query from writing through a routine that it calls.
func TestQueryMayNotWriteByRoutine(t *testing.T) {
	t.Parallel()
	t.Run("mariadb", func(t *testing.T) { // which finds it out when it describes the query
		t.Parallel()
		settings, _, _ := createMariaDB(t, read(t, "routines/mariadb.sql"))
		withQueries(t, "-- name: Sly :many\nSELECT sly_function() AS n")(settings)
		_, err := database.Adapter{}.Open(t.Context(), settings, options(t.TempDir()))
		if err == nil || !strings.Contains(err.Error(), "rent.sql:2:1: the database refuses the query Sly: Cannot execute statement in a READ ONLY transaction") {
			t.Errorf("Open: %v", err)
		}
	})
	for _, e := range routineEngines() {
		if e.name == "mariadb" {
			continue
		}
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			text := "-- name: Sly :many\n-- returns: n int32\nSELECT sly() AS n"
			if e.name == "firebird" {
				text += " FROM RDB$DATABASE"
			}
			s := e.open(t, func(settings *configv1.DatabaseBackend) { withQueries(t, text)(settings) })
			if got := s.refused(t, "Sly", `{}`); got.Code != codes.PermissionDenied {
				t.Errorf("%+v, want PERMISSION_DENIED", got)
			}
			s.want(t, "GetAccount", `{"id": 1, "fields": "balance"}`, `{"balance": "100.10"}`)
		})
	}
}

// TestQueryListsOfEveryType holds that lists of each type reach the database as they are.
func TestQueryListsOfEveryType(t *testing.T) {
	t.Parallel()
	const query = `
-- name: By%[1]s :many
-- param: list %[2]s[]
-- returns: tenancy_id int32
SELECT tenancy_id FROM tenancies WHERE %[3]s IN (:list) ORDER BY tenancy_id;
`
	types := []struct{ name, declared, column, list, want string }{
		{"Rents", "decimal", "weekly_rent", `"110", "92.50", "0.1"`, "1 2 4"},
		{"Days", "date", "started", `"2011-04-01", "2020-02-29"`, "1 3"},
		{"Notes", "text", "note", `"", "quoted 'text' and 100%", "a,b", "\"", "{}", "\\"`, "2 3"},
		{"Rooms", "int16", "bedrooms", `0, 3`, "2 4"},
		{"Furnished", "boolean", "furnished", `true`, "2 4"},
		{"Moments", "localtimestamp", "viewed", `"2025-05-02T10:30:00.25Z"`, "2"},
	}
	var text strings.Builder
	for _, each := range types {
		fmt.Fprintf(&text, query, each.name, each.declared, each.column)
	}
	forEachEngine(t, func(t *testing.T, e engine) {
		s := e.openHousing(t, withQueries(t, text.String()))
		for _, each := range types {
			if got := s.ids(t, protoreflect.Name("By"+each.name), `{"list": [`+each.list+`]}`); got != each.want {
				t.Errorf("%s: %s, want %s", each.name, got, each.want)
			}
		}
	})
}
