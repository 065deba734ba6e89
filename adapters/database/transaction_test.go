package database_test

import (
	"testing"

	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

// TestSessionMistakes holds that settings of sessions which the engine would not heed are told when the back end is opened: who relies on row-level security must not
// believe to have it.
func TestSessionMistakes(t *testing.T) {
	t.Parallel()
	forEachEngine(t, func(t *testing.T, e engine) {
		settings, _, _ := e.create(t, "CREATE TABLE parts (id int PRIMARY KEY)")
		if e.name == "sqlite" {
			settings.Session = &configv1.DatabaseSession{Claims: map[string]string{"app.user": "sub"}}
			wantMistakes(t, settings, "session.claims: the database does not take the setting app.user: SQLite has neither roles nor settings of sessions")
			for _, session := range []*configv1.DatabaseSession{{Role: "clerk"}, {Variables: map[string]string{"a": "b"}}} {
				settings.Session = session
				wantMistakes(t, settings, "session: SQLite has neither roles nor settings of sessions")
			}
			return
		}
		why := map[string]string{"postgres": `unrecognized configuration parameter "nothing"`, "mariadb": "Unknown system variable 'nothing'"}[e.name]
		settings.Session = &configv1.DatabaseSession{TraceVariable: "nothing"}
		wantMistakes(t, settings, "session.trace_variable: the database does not take the setting nothing: "+why)
		known := map[string]string{"postgres": "app.user", "mariadb": "@user"}[e.name]
		settings.Session = &configv1.DatabaseSession{Claims: map[string]string{known: "sub"}, Headers: map[string]string{known: "X-User"}}
		wantMistakes(t, settings, "session.headers: session.claims sets "+known+" already")
	})
}
