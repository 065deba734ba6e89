package main

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/postern-gateway/postern/adapters/database/postgrestest"
	"github.com/postern-gateway/postern/adapters/database/servertest"
)

// ran runs a command to its end. It returns what it printed, and its exit code.
func ran(t *testing.T, arguments ...string) (output string, code int) {
	t.Helper()
	printed, err := exec.CommandContext(t.Context(), "postern", arguments...).CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	if exit != nil {
		code = exit.ExitCode()
	}
	return string(printed), code
}

const drifting = `CREATE TABLE parcels (id integer NOT NULL PRIMARY KEY, label varchar(20), secret_note varchar(20)); INSERT INTO parcels VALUES (1, 'one', 'n');`

// TestSchemaDrift drops a column under a gateway that runs: callers are told, check reports it, and reading the estate again adopts it.
func TestSchemaDrift(t *testing.T) {
	t.Parallel()
	for _, engine := range []engineOfSamples{postgresSamples(t), mariaSamples(t), sqliteSamples()} {
		t.Run(string(engine.engine), func(t *testing.T) {
			settings, driver, address := engine.create(t, drifting)
			settings = "kind: database\npublish: {}\n" + settings + "\n"
			dir := t.TempDir()
			writeBackend(t, dir, "post", settings)
			if output, code := ran(t, "check", dir, "--connect"); code != 0 {
				t.Fatalf("%d: %s", code, output)
			}
			gateway := start(t, "serve", dir)
			base := "http://" + gateway.rest + "/post/v1/parcels"
			wantParcels(t, base, `"label":"one","secretNote":"n"}`)
			execIn(t, driver, address, "ALTER TABLE parcels DROP COLUMN secret_note")
			for _, path := range []string{"", "/1", ":stream"} {
				got := get(t, base+path)
				if got.status != 500 || got.at("code") != "SCHEMA_CHANGED" || strings.Contains(got.body, "secret_note") || strings.Contains(got.body, "SELECT") {
					t.Errorf("%s is answered %d: %s", path, got.status, got.body)
				}
			}
			wantParcels(t, base+"?fields=label", `{"parcels":[{"label":"one"}]`)
			lock := filepath.Join(dir, "backends", "post.lock")
			before, err := os.ReadFile(lock)
			if err != nil {
				t.Fatal(err)
			}
			apart := t.TempDir() // what check writes into the estate, the gateway adopts
			if err := os.CopyFS(apart, os.DirFS(dir)); err != nil {
				t.Fatal(err)
			}
			output, code := ran(t, "check", apart, "--connect")
			if code != 1 || !strings.Contains(output, "secret_note") || !strings.Contains(output, "post: drift: ") {
				t.Errorf("check says %d: %s", code, output)
			}
			if now, err := os.ReadFile(lock); err != nil || string(now) != string(before) {
				t.Errorf("the estate in service was changed: %v", err)
			}
			writeBackend(t, dir, "post", settings+"# Read it again.\n")
			eventually(t, "a row without the column", func() bool {
				got := get(t, base+"/1")
				return got.status == 200 && got.fields["label"] == "one" && got.fields["secretNote"] == nil
			})
		})
	}
}

func wantParcels(t *testing.T, url, part string) {
	t.Helper()
	if got := get(t, url); got.status != 200 || !strings.Contains(got.body, part) {
		t.Errorf("%s is answered %d: %s", url, got.status, got.body)
	}
}

func execIn(t *testing.T, driver, address, statement string) {
	t.Helper()
	db, err := sql.Open(driver, address)
	if err != nil {
		t.Fatal(err)
	}
	_, err = db.ExecContext(context.WithoutCancel(t.Context()), statement)
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
}

// TestDatabaseDownAtStart starts a gateway whose database is away: its methods are there from the lock file, and answer once it comes, and again when it has gone and come.
func TestDatabaseDownAtStart(t *testing.T) {
	t.Parallel()
	server, err := postgrestest.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	stopLater(t, server.Stop)
	proxy, err := servertest.StartProxy(server.Address())
	if err != nil {
		t.Fatal(err)
	}
	stopLater(t, proxy.Close)
	dir := t.TempDir()
	writeBackend(t, dir, "post", "kind: database\npublish: {}\n"+secretDSN(t, server.DSN(server.Database(t, drifting), proxy.Address()))+"\n")
	if output, code := ran(t, "check", dir, "--connect"); code != 0 {
		t.Fatalf("%d: %s", code, output)
	}
	proxy.Down()
	gateway := start(t, "serve", dir)
	row := "http://" + gateway.rest + "/post/v1/parcels/1"
	for range 2 {
		got := get(t, row)
		if got.status != 503 || got.at("retryable") != true || strings.Contains(got.body, "127.0.0.1:") {
			t.Errorf("while the database is down: %d: %s", got.status, got.body)
		}
		proxy.Up(server.Address())
		eventually(t, "an answer", func() bool { return get(t, row).status == 200 })
		proxy.Down()
	}
}

// TestQueriesAdded adds a named query beside a lock file: a check that asks no database says that it is left out, until one that asks has locked it.
func TestQueriesAdded(t *testing.T) {
	t.Parallel()
	settings, _, _ := sqliteSamples().create(t, drifting)
	dir := t.TempDir()
	settings = "kind: database\npublish: {}\n" + settings + "\n"
	writeBackend(t, dir, "post", settings)
	if output, code := ran(t, "check", dir, "--connect"); code != 0 {
		t.Fatalf("%d: %s", code, output)
	}
	write := func(head string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, "backends", "labels.sql"), []byte("\n  -- "+head+"\nSELECT label FROM parcels ORDER BY id;\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("name: AllLabels :many")
	writeBackend(t, dir, "post", settings+"queries: [labels.sql]\n")
	const note = "post: note: backends/labels.sql:2:3: the query AllLabels is not in the lock file, so it is left out here; `postern check --connect` adds it\n"
	if output, code := ran(t, "check", dir); code != 0 || !strings.Contains(output, note) || strings.Contains(output, "/post/v1/allLabels") {
		t.Errorf("before it is locked, check says %d: %s", code, output)
	}
	if output, code := ran(t, "check", dir, "--connect"); code != 1 || !strings.Contains(output, "post: drift: method AllLabels was added") {
		t.Errorf("check --connect says %d: %s", code, output)
	}
	if output, code := ran(t, "check", dir); code != 0 || strings.Contains(output, "note:") || !strings.Contains(output, "/post/v1/allLabels") {
		t.Errorf("after it is locked, check says %d: %s", code, output)
	}
	write("name: AllLabels :all")
	if output, code := ran(t, "check", dir); code != 1 || !strings.Contains(output, "backends/labels.sql:2:3: behind the name AllLabels stands what it answers") {
		t.Errorf("of a head that is wrong, check says %d: %s", code, output)
	}
}
