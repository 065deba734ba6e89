package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	_ "github.com/jackc/pgx/v5/stdlib" // the other way to the same rows; the other drivers come with the adapter

	"github.com/postern-gateway/postern/adapters/database/firebirdtest"
	"github.com/postern-gateway/postern/adapters/database/mariadbtest"
	"github.com/postern-gateway/postern/adapters/database/postgrestest"
	"github.com/postern-gateway/postern/adapters/database/sampletest"
)

// A sample is a sample schema in one engine, published by a gateway.
type sample struct {
	engine sampletest.Engine
	schema *sampletest.Schema
	sql    *sql.DB
	// base is the address under which its tables are published.
	base string
}

// An engineOfSamples makes databases for as long as a test runs.
type engineOfSamples struct {
	engine sampletest.Engine
	// create makes a database of the statements, and returns its settings as YAML, and the driver and address of the other way to it.
	create func(t *testing.T, statements string) (settings, driver, address string)
}

// enginesOfSamples starts the servers, which stop after all that the caller starts later.
func enginesOfSamples(t *testing.T) []engineOfSamples {
	t.Helper()
	return []engineOfSamples{postgresSamples(t), mariaSamples(t), sqliteSamples(), firebirdSamples(t)}
}

func sqliteSamples() engineOfSamples {
	return engineOfSamples{sampletest.SQLite, func(t *testing.T, statements string) (string, string, string) {
		t.Helper()
		file := filepath.Join(t.TempDir(), "sample.db")
		db, err := sql.Open("sqlite", file)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := db.ExecContext(t.Context(), "PRAGMA journal_mode=WAL;"+statements); err != nil {
			t.Fatal(err)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		return "path: " + file, "sqlite", file
	}}
}

func postgresSamples(t *testing.T) engineOfSamples {
	t.Helper()
	server, err := postgrestest.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	stopLater(t, server.Stop)
	return engineOfSamples{sampletest.Postgres, func(t *testing.T, statements string) (string, string, string) {
		t.Helper()
		name, schema := server.Schema(t, statements)
		return "schema: " + schema + "\n" + secretDSN(t, server.DSN(name, "")), "pgx", server.DSN(name, "") + "&search_path=" + schema
	}}
}

func mariaSamples(t *testing.T) engineOfSamples {
	t.Helper()
	server, err := mariadbtest.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	stopLater(t, server.Stop)
	return engineOfSamples{sampletest.MariaDB, func(t *testing.T, statements string) (string, string, string) {
		t.Helper()
		name := server.Database(t, statements)
		return secretDSN(t, server.URL(name, "")), "mysql", server.DSN(name)
	}}
}

func firebirdSamples(t *testing.T) engineOfSamples {
	t.Helper()
	server, err := firebirdtest.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	stopLater(t, server.Stop)
	return engineOfSamples{sampletest.Firebird, func(t *testing.T, statements string) (string, string, string) {
		t.Helper()
		dsn := server.DSN(server.Database(t, statements), "")
		return secretDSN(t, dsn), "firebirdsql", strings.TrimPrefix(dsn, "firebird://")
	}}
}

func stopLater(t *testing.T, stop func() error) {
	t.Helper()
	t.Cleanup(func() {
		if err := stop(); err != nil {
			t.Error(err)
		}
	})
}

// secretDSN puts an address where a configuration can refer to it.
func secretDSN(t *testing.T, dsn string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "dsn")
	if err := os.WriteFile(file, []byte(dsn+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return "dsn: {file: " + file + "}"
}

// publishSamples makes all samples in all engines and starts a gateway that publishes them as they are, for writing too.
func publishSamples(t *testing.T) []*sample {
	t.Helper()
	dir := t.TempDir()
	var samples []*sample
	for _, engine := range enginesOfSamples(t) {
		for _, schema := range sampletest.All() {
			settings, driver, address := engine.create(t, schema.Statements(engine.engine))
			name := string(engine.engine) + "-" + schema.Name
			writeBackend(t, dir, name, "kind: database\npublish: {}\n"+settings+"\ntables: [{name: \"*\", write: true}]\nmax_rows: 5000\n")
			db, err := sql.Open(driver, address)
			if err != nil {
				t.Fatal(err)
			}
			stopLater(t, db.Close)
			samples = append(samples, &sample{engine: engine.engine, schema: schema, sql: db, base: "/" + name + "/v1/"})
		}
	}
	gateway := start(t, "serve", dir)
	for _, s := range samples {
		s.base = "http://" + gateway.rest + s.base
	}
	return samples
}

func writeBackend(t *testing.T, dir, name, settings string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Join(dir, "backends"), 0o750); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "backends", name+".yaml"), []byte(settings), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestSamples holds what the gateway answers over REST about each sample schema, in each engine, against what SQL answers.
func TestSamples(t *testing.T) {
	t.Parallel()
	samples := publishSamples(t)
	for _, test := range []struct {
		name string
		hold func(*testing.T, *sample)
	}{
		{"loaded", holdLoaded}, {"lists", holdLists}, {"rows", holdRows}, {"streams", holdStreams}, {"related", holdRelated}, {"filters", holdFilters}, {"writes", holdWrites}, {"refusals", holdRefusals},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, s := range samples {
				t.Run(string(s.engine)+"/"+s.schema.Name, func(t *testing.T) {
					t.Parallel()
					test.hold(t, s)
				})
			}
		})
	}
}

// truth is what SQL answers about the table, behind the words FROM table.
func (s *sample) truth(t *testing.T, table *sampletest.Table, rest string) []map[string]any {
	t.Helper()
	names := make([]string, len(table.Columns))
	for i, column := range table.Columns {
		names[i] = sampletest.Quote(column.Name)
	}
	ctx := context.WithoutCancel(t.Context())
	rows, err := s.engine.Query(ctx, s.sql, table.Columns, "SELECT "+strings.Join(names, ", ")+" FROM "+sampletest.Quote(table.Name)+" "+rest)
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// list reads all pages. The rows are as [sampletest.Engine.Query] has them.
func (s *sample) list(t *testing.T, table *sampletest.Table, path string, query url.Values) []map[string]any {
	t.Helper()
	var rows []map[string]any
	asked := s.base + path
	for token := ""; ; {
		if token != "" {
			query.Set("pageToken", token)
		}
		got := get(t, asked+"?"+query.Encode())
		if got.status != 200 {
			t.Fatalf("%s?%s: %d: %s", path, query.Encode(), got.status, got.body)
		}
		page := decodePage(t, table, got.body)
		rows = append(rows, page.rows...)
		if page.token == "" {
			return rows
		}
		token = page.token
	}
}

// A page is one answer of a list.
type page struct {
	rows  []map[string]any
	token string
}

func decodePage(t *testing.T, table *sampletest.Table, body string) page {
	t.Helper()
	object := decodeNumbers(t, body)
	listed, _ := object[table.PathName()].([]any)
	var out page
	out.token, _ = object["nextPageToken"].(string)
	for _, row := range listed {
		out.rows = append(out.rows, floats(t, table, row))
	}
	return out
}

func decodeNumbers(t *testing.T, body string) map[string]any {
	t.Helper()
	decoder := json.NewDecoder(strings.NewReader(body))
	decoder.UseNumber()
	var object map[string]any
	if err := decoder.Decode(&object); err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	return object
}

// floats makes a row's numbers what the truth has: a float64 of a double, however many digits it is spelled with.
func floats(t *testing.T, table *sampletest.Table, row any) map[string]any {
	t.Helper()
	object, _ := row.(map[string]any)
	for _, column := range table.Columns {
		number, ok := object[column.JSONName()].(json.Number)
		if !ok || column.Kind != sampletest.Double {
			continue
		}
		value, err := number.Float64()
		if err != nil {
			t.Fatal(err)
		}
		object[column.JSONName()] = value
	}
	return object
}

// same compares rows in order, and shows the first that differs.
func same(t *testing.T, about string, want, got []map[string]any) {
	t.Helper()
	if len(want) != len(got) {
		t.Errorf("%s: %d rows, want %d", about, len(got), len(want))
		return
	}
	for i := range want {
		if diff := difference(want[i], got[i]); diff != "" {
			t.Errorf("%s: row %d (-SQL +REST):\n%s", about, i, diff)
			return
		}
	}
}

// difference is "" for equal rows, as nearly all are: telling where others differ costs much more.
func difference(want, got map[string]any) string {
	if reflect.DeepEqual(want, got) {
		return ""
	}
	return cmp.Diff(want, got)
}

// sameSet compares rows in any order.
func sameSet(t *testing.T, about string, want, got []map[string]any) {
	t.Helper()
	same(t, about, sorted(t, want), sorted(t, got))
}

func sorted(t *testing.T, rows []map[string]any) []map[string]any {
	t.Helper()
	type spelledRow struct {
		text string
		row  map[string]any
	}
	all := make([]spelledRow, len(rows))
	for i, row := range rows {
		all[i] = spelledRow{spelled(t, row), row}
	}
	slices.SortFunc(all, func(a, b spelledRow) int { return strings.Compare(a.text, b.text) })
	out := make([]map[string]any, len(all))
	for i, one := range all {
		out[i] = one.row
	}
	return out
}

// spelled is a row as one text, the members in order of their names.
func spelled(t *testing.T, row any) string {
	t.Helper()
	text, err := json.Marshal(row)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// keyPath is the path of a row.
func keyPath(table *sampletest.Table, row map[string]any) string {
	path := table.PathName()
	for _, name := range table.Key {
		path += "/" + url.PathEscape(fmt.Sprint(row[table.Column(name).JSONName()]))
	}
	return path
}
