package database_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/trace"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/postern-gateway/postern/adapters"
	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

// secured has rows that only their owners see, and that tell who wrote them, at which desk and in which trace.
const secured = `CREATE TABLE cases (id int PRIMARY KEY, owner text NOT NULL, note text,
		desk text DEFAULT current_setting('app.desk', true), trace text DEFAULT current_setting('application_name'));
	CREATE TABLE visits (id int PRIMARY KEY, case_id int NOT NULL REFERENCES cases, owner text NOT NULL);
	INSERT INTO cases (id, owner, note) VALUES (1, 'ann', 'a'), (2, 'ann', 'b'), (3, 'bob', 'c'), (4, 'bob', 'd'), (5, 'bob', 'e');
	INSERT INTO visits (id, case_id, owner) VALUES (1, 1, 'ann'), (2, 1, 'bob'), (3, 3, 'bob');
	ALTER TABLE cases ENABLE ROW LEVEL SECURITY;
	ALTER TABLE visits ENABLE ROW LEVEL SECURITY;
	CREATE POLICY own ON cases USING (owner = current_setting('app.user', true));
	CREATE POLICY own ON visits USING (owner = current_setting('app.user', true));`

const securedQueries = `-- name: CountCases :one
SELECT count(*) AS n FROM cases;

-- name: NoteAll :exec
-- writes
UPDATE cases SET note = :note;
`

// openSecured opens a back end that acts as a role without any right but those that are granted, for its callers.
func openSecured(t *testing.T, pool uint32) *subject {
	t.Helper()
	e := engines()[0]
	role := "postern_clerk_" + strings.ToLower(rand.Text())
	running, err := server()
	if err != nil {
		t.Fatal(err)
	}
	var schema string
	s := e.open(t, secured, func(settings *configv1.DatabaseBackend) {
		schema = settings.GetSchema()
		running.Schema(t, fmt.Sprintf("CREATE ROLE %s; GRANT USAGE ON SCHEMA %q TO %s; GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA %q TO %s",
			role, schema, role, schema, role))
		allWritable(settings)
		withQueries(t, securedQueries)(settings)
		settings.PoolSize = &pool
		settings.Session = &configv1.DatabaseSession{
			Role: role, Claims: map[string]string{"app.user": "sub"}, Headers: map[string]string{"app.desk": "X-Desk"}, TraceVariable: "application_name",
		}
	})
	t.Cleanup(func() {
		if _, err := s.sql.ExecContext(context.Background(), "DROP OWNED BY "+role+"; DROP ROLE "+role); err != nil {
			t.Error(err)
		}
	})
	return s
}

// as is the context of a call by somebody; nobody has no claims.
func as(ctx context.Context, name string) context.Context {
	if name == "" {
		return ctx
	}
	return adapters.WithCaller(ctx, adapters.Caller{Claims: map[string]string{"sub": name}, Header: http.Header{"X-Desk": {"desk of " + name}}.Values})
}

// told makes a call, and returns its reply as compact JSON, or the code of its error.
func (s *subject) told(ctx context.Context, t testing.TB, method protoreflect.Name, request string) string {
	t.Helper()
	reply, _, err := s.callIn(ctx, t, method, request)
	if err != nil {
		got := refusalOf(t, err)
		return got.Code.String()
	}
	return compact(t, reply)
}

func compact(t testing.TB, message proto.Message) string {
	t.Helper()
	encoded, err := protojson.Marshal(message)
	if err != nil {
		t.Fatal(err)
	}
	return strings.NewReplacer(" ", "", `"`, "").Replace(string(encoded))
}

func TestRowLevelSecurity(t *testing.T) {
	t.Parallel()
	s := openSecured(t, 1) // so that all take turns with the same session
	want := adapters.CallerTraits{Claims: []string{"sub"}, Headers: []string{"X-Desk"}}
	if diff := cmp.Diff(want, s.backend.(adapters.CallerReader).CallerTraits()); diff != "" { //nolint:forcetypeassert // as it is declared
		t.Errorf("what is read of callers differs (-want +got):\n%s", diff)
	}
	rows := map[string]string{"ann": "{id:1},{id:2}", "bob": "{id:3},{id:4},{id:5}", "": ""}
	own := map[string]string{"ann": "1", "bob": "3", "": "1"}
	other := map[string]string{"ann": "3", "bob": "1", "": "3"}
	for range 2 {
		for _, name := range []string{"ann", "bob", "", "ann"} {
			ctx := as(t.Context(), name)
			want := func(method protoreflect.Name, request, want string) {
				t.Helper()
				if got := s.told(ctx, t, method, request); got != want {
					t.Errorf("%q: %s %s: %s, want %s", name, method, request, got, want)
				}
			}
			listed := "{cases:[" + rows[name] + "]}"
			if rows[name] == "" {
				listed = "{}"
			}
			want("ListCases", `{"fields": "id"}`, listed)
			want("ListCases", `{"fields": "id", "includeTotalSize": true, "filter": "id = 99"}`, "{totalSize:0}")
			want("CountCases", `{}`, fmt.Sprintf("{n:%d}", strings.Count(rows[name], "id")))
			want("GetCase", `{"id": `+other[name]+`, "fields": "id"}`, codes.NotFound.String())
			want("GetCase", `{"id": `+other[name]+`}`, codes.NotFound.String())
			want("ListCaseVisits", `{"id": `+other[name]+`, "fields": "id", "filter": "id != 2"}`, codes.NotFound.String())
			want("UpdateCase", `{"id": `+other[name]+`, "case": {"note": "stolen"}}`, codes.NotFound.String())
			want("DeleteCase", `{"id": `+other[name]+`}`, codes.NotFound.String())
			want("CreateCase", `{"id": 77, "owner": "somebody else"}`, codes.PermissionDenied.String())
			if name != "" {
				want("GetCase", `{"id": `+own[name]+`, "fields": "id"}`, "{id:"+own[name]+"}")
				want("GetCase", `{"id": `+own[name]+`, "fields": "id", "expand": "visits"}`, map[string]string{"ann": "{id:1,visits:{visits:[{id:1,caseId:1,owner:ann}]}}", "bob": "{id:3,visits:{visits:[{id:3,caseId:3,owner:bob}]}}"}[name])
				want("ListVisits", `{"fields": "id", "expand": "case", "filter": "id = 2"}`, map[string]string{"ann": "{}", "bob": "{visits:[{id:2}]}"}[name]) // a case of somebody else's
				want("NoteAll", `{"note": "`+name+`"}`, fmt.Sprintf("{rowsAffected:%d}", strings.Count(rows[name], "id")))
			}
			var streamed []string
			if err := s.stream(ctx, t, "StreamCases", `{"fields": "id", "orderBy": "id"}`, func(message proto.Message) error {
				streamed = append(streamed, compact(t, message))
				return nil
			}); err != nil || strings.Join(streamed, ",") != rows[name] {
				t.Errorf("%q: streamed %v (%v)", name, streamed, err)
			}
		}
	}
	wantRows(t, "the notes", []string{"o", "n"}, []map[string]any{{"o": "ann", "n": "ann"}, {"o": "ann", "n": "ann"}, {"o": "bob", "n": "bob"}, {"o": "bob", "n": "bob"}, {"o": "bob", "n": "bob"}},
		s.truth(t, "SELECT owner, note FROM cases ORDER BY id"))
}

// TestCallersInTurn holds that of many callers at once on few sessions each writes as itself, in its own trace, and that nothing of it stays in the session.
func TestCallersInTurn(t *testing.T) {
	t.Parallel()
	s := openSecured(t, 3)
	var callers sync.WaitGroup
	for i := range 40 {
		callers.Go(func() {
			name := fmt.Sprintf("caller %d", i)
			id := trace.TraceID{15: byte(i + 1)}
			ctx := trace.ContextWithSpanContext(as(t.Context(), name), trace.NewSpanContext(trace.SpanContextConfig{TraceID: id, SpanID: trace.SpanID{1}, TraceFlags: trace.FlagsSampled}))
			want := strings.ReplaceAll(fmt.Sprintf("{id:%d,owner:%s,desk:desk of %s,trace:%s}", 100+i, name, name, id), " ", "")
			if got := s.told(ctx, t, "CreateCase", fmt.Sprintf(`{"id": %d, "owner": %q}`, 100+i, name)); got != want {
				t.Errorf("%s, want %s", got, want)
			}
			if got := s.told(ctx, t, "CountCases", `{}`); got != "{n:1}" {
				t.Errorf("%s sees %s", name, got)
			}
			if got := s.told(t.Context(), t, "CountCases", `{}`); got != "{n:0}" {
				t.Errorf("nobody sees %s", got)
			}
		})
	}
	callers.Wait()
	wantRows(t, "who wrote what", []string{"n"}, []map[string]any{{"n": 40}},
		s.truth(t, "SELECT count(DISTINCT trace) FROM cases WHERE id >= 100 AND desk = 'desk of ' || owner AND trace = lpad(to_hex(id - 99), 32, '0')"))
}

// TestSessionOfMariaDB holds that variables are each caller's own there too, and that those of nobody are empty.
func TestSessionOfMariaDB(t *testing.T) {
	t.Parallel()
	pool := uint32(1)
	s := engines()[2].open(t, `CREATE TABLE cases (id int PRIMARY KEY, owner varchar(40), trace varchar(40));
		CREATE TRIGGER owned BEFORE INSERT ON cases FOR EACH ROW SET NEW.owner = @user, NEW.trace = @trace`, func(settings *configv1.DatabaseBackend) {
		allWritable(settings)
		withQueries(t, "-- name: Who :one\n-- returns: who text\n-- returns: trace text\nSELECT @user AS who, @trace AS trace")(settings)
		settings.PoolSize = &pool
		settings.Session = &configv1.DatabaseSession{Claims: map[string]string{"@user": "sub"}, TraceVariable: "@trace"}
	})
	traced := trace.ContextWithSpanContext(t.Context(), trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1}, SpanID: trace.SpanID{1}}))
	for i, test := range []struct {
		ctx              context.Context
		row, name, trace string
	}{
		{as(traced, "ann"), "{id:%d,owner:ann,trace:" + trace.TraceID{1}.String() + "}", "ann", ",trace:" + trace.TraceID{1}.String()},
		{as(t.Context(), "bob"), "{id:%d,owner:bob}", "bob", ""},
		{t.Context(), "{id:%d,owner:}", "", ""},
	} {
		if got, want := s.told(test.ctx, t, "CreateCase", fmt.Sprintf(`{"id": %d}`, i)), fmt.Sprintf(test.row, i); got != want {
			t.Errorf("%s, want %s", got, want)
		}
		if got, want := s.told(test.ctx, t, "Who", `{}`), "{who:"+test.name+test.trace+"}"; got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}
