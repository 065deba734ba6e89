package database_test

import (
	"slices"
	"testing"

	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

// TestFirebirdNames holds that the settings name tables and columns as Firebird's SQL does: in any case, unless something is spelled so.
func TestFirebirdNames(t *testing.T) {
	t.Parallel()
	running := startFirebird(t)
	settings := firebirdSettings(t, running.DSN(running.Database(t, `CREATE TABLE tenancies (id INTEGER NOT NULL PRIMARY KEY, note VARCHAR(20), secret VARCHAR(9), row_version INTEGER);
		CREATE TABLE rent_lines (id INTEGER NOT NULL PRIMARY KEY); CREATE TABLE audit (id INTEGER NOT NULL PRIMARY KEY);
		CREATE TABLE LOG (big_id INTEGER NOT NULL PRIMARY KEY); CREATE TABLE "log" ("id" INTEGER NOT NULL PRIMARY KEY, ID INTEGER);
		CREATE VIEW dear (id, note) AS SELECT id, note FROM tenancies; COMMIT;
		INSERT INTO tenancies VALUES (1, 'x  ', 's', 7); INSERT INTO "log" VALUES (1, 2); COMMIT;`), ""))
	settings.Tables = []*configv1.DatabaseTable{
		{Name: "tenancies", Write: true, VersionColumn: "row_version"}, {Name: "dear", Key: []string{"id"}}, {Name: "log", Resource: "entries"}, {Name: "RENT_*"},
	}
	settings.Exclude = []string{"aud*"}
	settings.Columns = []*configv1.DatabaseColumn{{Name: "tenancies.secret", Exclude: true}, {Name: "*.note", Trim: true}, {Name: "log.id", Field: "own"}}
	s := &subject{backend: mustOpen(t, settings, t.TempDir())}
	s.want(t, "GetTenancy", `{"id": 1}`, `{"id": 1, "note": "x", "rowVersion": 7}`)
	s.want(t, "GetDear", `{"id": 1}`, `{"id": 1, "note": "x"}`)
	s.want(t, "GetEntry", `{"own": 1}`, `{"own": 1, "id": 2}`)
	if got := methodNames(s.backend); slices.Contains(got, "ListLog") || slices.Contains(got, "ListAudit") || !slices.Contains(got, "UpdateTenancy") || !slices.Contains(got, "GetRentLine") {
		t.Errorf("methods %v", got)
	}
	settings.Tables = append(settings.Tables, &configv1.DatabaseTable{Name: "nothing"})
	wantMistakes(t, settings, `tables[4].name: the schema has no table "nothing" that may be read; it has AUDIT, DEAR, LOG, RENT_LINES, TENANCIES, log`)
}
