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

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/adapters/database/dialect"
	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

// TestRoleOfClaim holds that a caller acts in the role that a claim names, and is let in nowhere without the claim, or with one that names no role of his.
func TestRoleOfClaim(t *testing.T) {
	t.Parallel()
	running, err := server()
	if err != nil {
		t.Fatal(err)
	}
	name := running.Database(t, `CREATE TABLE cases (id int PRIMARY KEY, owner text DEFAULT current_user); INSERT INTO cases VALUES (1, 'x')`)
	clerk := "postern_clerk_" + strings.ToLower(rand.Text()[:10])
	db, err := sql.Open("pgx", running.DSN(name, ""))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	s := &subject{sql: db}
	login, other := clerk+"_login", clerk+"_other"
	s.exec(t, fmt.Sprintf("CREATE ROLE %s; CREATE ROLE %s; CREATE ROLE %s LOGIN NOINHERIT; GRANT %s TO %s; GRANT SELECT, INSERT ON cases TO %s; GRANT SELECT ON cases TO %s",
		clerk, other, login, clerk, login, clerk, login)) // who logs in must see what is to be offered
	t.Cleanup(func() {
		if _, err := s.sql.ExecContext(context.WithoutCancel(t.Context()), fmt.Sprintf("DROP OWNED BY %[1]s, %[2]s; DROP ROLE %[1]s, %[2]s, %[3]s", clerk, login, other)); err != nil {
			t.Error(err)
		}
	})
	address, err := url.Parse(running.DSN(name, ""))
	if err != nil {
		t.Fatal(err)
	}
	address.User = url.User(login)
	settings := postgresSettings(t, address.String(), "")
	allWritable(settings)
	settings.Session = &configv1.DatabaseSession{Claims: map[string]string{"role": "db_role"}}
	s.backend = mustOpen(t, settings, t.TempDir())
	as := func(claims map[string]string) context.Context {
		return adapters.WithCaller(t.Context(), adapters.Caller{Claims: claims})
	}
	if _, _, err := s.callIn(as(map[string]string{"db_role": clerk}), t, "GetCase", `{"id": 1}`); err != nil {
		t.Errorf("with a role: %v", err)
	}
	if got, want := s.told(as(map[string]string{"db_role": clerk}), t, "CreateCase", `{"id": 2}`), "{id:2,owner:"+clerk+"}"; got != want {
		t.Errorf("with a role: %s, want %s", got, want)
	}
	for what, claims := range map[string]map[string]string{"without the claim": nil, "with a role that there is not": {"db_role": "nobody's"}, "with another's role": {"db_role": other}} {
		for method, request := range map[protoreflect.Name]string{"GetCase": `{"id": 1}`, "CreateCase": `{"id": 3}`} {
			_, _, err := s.callIn(as(claims), t, method, request)
			if got := refusalOf(t, err); got.Code != codes.PermissionDenied || got.Reason != dialect.AccessDenied || len(got.Violations) > 0 {
				t.Errorf("%s %s: %+v: %v", method, what, got, err)
			}
		}
	}
}
