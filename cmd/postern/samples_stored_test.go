package main

import (
	"database/sql"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/postern-gateway/postern/adapters/database/sampletest"
)

// A storedCase is rows whose stored form needs care, in one engine.
type storedCase struct {
	name       string
	engine     sampletest.Engine
	statements string
	// settings are lines of the back end's YAML.
	settings string
	hold     func(t *testing.T, base string, db *sql.DB)
}

const (
	zeroDates = `SET SESSION sql_mode = 'ANSI_QUOTES,ALLOW_INVALID_DATES'; CREATE TABLE days (id int PRIMARY KEY, d date, t datetime(3), s timestamp NULL);
		INSERT INTO days VALUES (1, '0000-00-00', '0000-00-00 00:00:00', '0000-00-00 00:00:00'), (2, '2026-00-15', '2026-01-00 10:00:00.5', NULL), (3, '2026-01-15', '2026-01-15 10:00:00.5', '2026-01-15 10:00:00')`
	longNumbers = `CREATE TABLE numbers (id int PRIMARY KEY, whole decimal(65,0), parts decimal(65,30), small decimal(38,%d));
		INSERT INTO numbers VALUES (1, 99999999999999999999999999999999999999999999999999999999999999999, -12345678901234567890123456789012345.123456789012345678901234567891, 0.12345678901234567890123456789012345678),
		(2, 99999999999999999999999999999999999999999999999999999999999999998, -12345678901234567890123456789012345.123456789012345678901234567892, 0.12345678901234567890123456789012345679)`
)

func storedCases() []storedCase {
	cases := []storedCase{
		{"zerodates", sampletest.MariaDB, zeroDates, "", func(t *testing.T, base string, _ *sql.DB) {
			t.Helper()
			wantGet(t, base+"days/1", 200, `{"id":1}`)
			wantGet(t, base+"days/2", 200, `{"id":2}`)
			wantGet(t, base+"days/3", 200, `{"id":3,"d":"2026-01-15","t":"2026-01-15T10:00:00.500Z","s":"2026-01-15T10:00:00Z"}`)
		}},
		{"unreadabledates", sampletest.MariaDB, zeroDates, "zero_dates: unreadable", func(t *testing.T, base string, _ *sql.DB) {
			t.Helper()
			for id := 1; id <= 2; id++ {
				if got := get(t, fmt.Sprint(base, "days/", id)); got.status < 500 || got.at("code") != "VALUE_UNREADABLE" {
					t.Errorf("day %d: %d: %s", id, got.status, got.body)
				}
			}
			wantGet(t, base+"days/3", 200, `{"id":3,"d":"2026-01-15","t":"2026-01-15T10:00:00.500Z","s":"2026-01-15T10:00:00Z"}`)
		}},
		{"cp1252", sampletest.MariaDB, `CREATE TABLE notes (id int PRIMARY KEY, note varchar(40)) CHARACTER SET latin1; INSERT INTO notes VALUES (1, x'80209FE9')`, "", holdNote("€ Ÿé", "80209FE9")},
		{"utf8inlatin1", sampletest.MariaDB, `CREATE TABLE notes (id int PRIMARY KEY, note varchar(40)) CHARACTER SET latin1; INSERT INTO notes VALUES (1, x'E282AC20C581C3B364C5BA')`,
			"text_encoding: utf-8", holdNote("€ Łódź", "E282AC20C581C3B364C5BA")},
		{"longnumbers", sampletest.MariaDB, fmt.Sprintf(longNumbers, 38), "tables: [{name: \"*\", write: true}]", holdLongNumbers},
		{"longnumbers", sampletest.Postgres, fmt.Sprintf(longNumbers, 38), "tables: [{name: \"*\", write: true}]", holdLongNumbers},
	}
	for _, engine := range []sampletest.Engine{sampletest.Postgres, sampletest.MariaDB, sampletest.SQLite, sampletest.Firebird} {
		schema := &sampletest.Schema{Tables: []*sampletest.Table{{
			Name: "notes", Key: []string{"id"}, Columns: []sampletest.Column{
				{Name: "id", Kind: sampletest.Integer}, {Name: "code", Kind: sampletest.Char, Length: 5, Null: true}, {Name: "body", Kind: sampletest.Text, Null: true}, {Name: "day", Kind: sampletest.Date, Null: true},
				{Name: "at", Kind: sampletest.Timestamp, Null: true},
			},
			Rows: []sampletest.Row{{1, "ab", nil, nil, nil}},
		}}}
		cases = append(cases, storedCase{"notes", engine, schema.Statements(engine), "tables: [{name: \"*\", write: true}]\ncolumns: [{name: \"*.code\", trim: true}]", func(t *testing.T, base string, db *sql.DB) {
			t.Helper()
			wantGet(t, base+"notes/1", 200, `{"id":1,"code":"ab"}`)
			holdLongText(t, base, db)
			holdNoDays(t, base)
		}})
	}
	return cases
}

// TestStoredForms holds over REST what is stored in forms that are easily misread: dates that are none, bytes of other encodings, blanks at the end, very long numbers and texts.
func TestStoredForms(t *testing.T) {
	t.Parallel()
	engines := make(map[sampletest.Engine]engineOfSamples)
	for _, engine := range enginesOfSamples(t) {
		engines[engine.engine] = engine
	}
	dir := t.TempDir()
	cases := storedCases()
	databases := make([]*sql.DB, len(cases))
	for i, test := range cases {
		settings, driver, address := engines[test.engine].create(t, test.statements)
		writeBackend(t, dir, test.name+"-"+string(test.engine), "kind: database\npublish: {}\n"+settings+"\n"+test.settings+"\n")
		db, err := sql.Open(driver, address)
		if err != nil {
			t.Fatal(err)
		}
		stopLater(t, db.Close)
		databases[i] = db
	}
	gateway := start(t, "serve", dir)
	for i, test := range cases {
		t.Run(test.name+"/"+string(test.engine), func(t *testing.T) {
			test.hold(t, "http://"+gateway.rest+"/"+test.name+"-"+string(test.engine)+"/v1/", databases[i])
		})
	}
}

// wantGet wants an answer with this JSON.
func wantGet(t *testing.T, address string, status int, want string) {
	t.Helper()
	got := get(t, address)
	if got.status != status {
		t.Fatalf("%s: %d: %s", address, got.status, got.body)
	}
	if diff := cmp.Diff(decodeNumbers(t, want), decodeNumbers(t, got.body)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", address, diff)
	}
}

// holdNote wants a text, by its key and by filters, and the bytes that it is stored as.
func holdNote(text, stored string) func(*testing.T, string, *sql.DB) {
	return func(t *testing.T, base string, db *sql.DB) {
		t.Helper()
		wantGet(t, base+"notes/1", 200, `{"id":1,"note":"`+text+`"}`)
		for _, filter := range []string{`note = "` + text + `"`, `note:"` + string([]rune(text)[1:]) + `"`} {
			wantGet(t, base+"notes?filter="+url.QueryEscape(filter), 200, `{"notes":[{"id":1,"note":"`+text+`"}],"nextPageToken":""}`)
		}
		var hex string
		if err := db.QueryRowContext(t.Context(), "SELECT HEX(note) FROM notes").Scan(&hex); err != nil || hex != stored {
			t.Errorf("stored %s, %v", hex, err)
		}
	}
}

// holdLongNumbers goes through decimals of 65 and 38 digits: by key, in order from page to page, by filters, and written.
func holdLongNumbers(t *testing.T, base string, db *sql.DB) {
	t.Helper()
	const (
		nines = "9999999999999999999999999999999999999999999999999999999999999999"
		parts = "-12345678901234567890123456789012345.12345678901234567890123456789"
		small = "0.1234567890123456789012345678901234567"
	)
	row := func(id int, last, lastPart, lastSmall string) string {
		return fmt.Sprintf(`{"id":%d,"whole":"%s%s","parts":"%s%s","small":"%s%s"}`, id, nines, last, parts, lastPart, small, lastSmall)
	}
	first, second := row(1, "9", "1", "8"), row(2, "8", "2", "9")
	wantGet(t, base+"numbers/1", 200, first)
	for order, want := range map[string][]string{"whole": {second, first}, "parts": {second, first}, "small": {first, second}, "whole desc": {first, second}} {
		got := get(t, base+"numbers?pageSize=1&orderBy="+url.QueryEscape(order))
		token, _ := got.at("nextPageToken").(string)
		if got.status != 200 || !strings.Contains(got.body, want[0][:8]) {
			t.Errorf("by %s: %d: %s", order, got.status, got.body)
		}
		wantGet(t, base+"numbers?pageSize=1&orderBy="+url.QueryEscape(order)+"&pageToken="+url.QueryEscape(token), 200, `{"numbers":[`+want[1]+`],"nextPageToken":""}`)
	}
	for filter, want := range map[string]string{
		`whole = "` + nines + `9"`: first, `whole < "` + nines + `9"`: second, "whole > " + nines + "8.5": first, "parts > " + parts + "2": first, "parts = " + parts + "2": second,
		"parts < " + parts + "15": second, "small > " + small + "8": second, "small <= " + small + "85": first,
	} {
		wantGet(t, base+"numbers?filter="+url.QueryEscape(filter), 200, `{"numbers":[`+want+`],"nextPageToken":""}`)
	}
	created := row(3, "7", "3", "7")
	if got := send(t, "POST", base+"numbers", created); got.status != 201 {
		t.Fatalf("%d: %s", got.status, got.body)
	}
	wantGet(t, base+"numbers/3", 200, created)
	var whole string
	if err := db.QueryRowContext(t.Context(), "SELECT CAST(whole AS char(65)) FROM numbers WHERE id = 3").Scan(&whole); err != nil || whole != nines+"7" {
		t.Errorf("stored %s, %v", whole, err)
	}
}

// holdLongText writes and reads a text of a megabyte.
func holdLongText(t *testing.T, base string, db *sql.DB) {
	t.Helper()
	long := strings.Repeat("Łódź 😀 it's \\ ", 1<<20/21+1)
	if got := send(t, "POST", base+"notes", body(t, map[string]any{"id": 2, "body": long})); got.status != 201 {
		t.Fatalf("%d: %.300s", got.status, got.body)
	}
	if got := get(t, base+"notes/2"); got.status != 200 || got.at("body") != long {
		t.Errorf("%d: %d bytes of %d", got.status, len(got.body), len(long))
	}
	var stored string
	if err := db.QueryRowContext(t.Context(), `SELECT "body" FROM "notes" WHERE "id" = 2`).Scan(&stored); err != nil || stored != long {
		t.Errorf("stored %d bytes of %d, %v", len(stored), len(long), err)
	}
}

// holdNoDays sends days that there are not.
func holdNoDays(t *testing.T, base string) {
	t.Helper()
	for field, values := range map[string][]string{"day": {"2026-02-30", "2026-13-01", "0000-00-00", "2026-00-15", "soon", "20260131", "2026-01-31T00:00:00Z"}, "at": {"2026-02-30T00:00:00Z", "soon"}} {
		for _, value := range values {
			sent := body(t, map[string]any{"id": 9, field: value})
			got := send(t, "POST", base+"notes", sent)
			if violations, _ := got.at("violations").([]any); got.status != 400 || field == "day" && (len(violations) != 1 || !strings.Contains(fmt.Sprint(violations), "field:"+field+"]") && !strings.Contains(fmt.Sprint(violations), "field:"+field+" ")) {
				t.Errorf("%s: %d: %s", sent, got.status, got.body)
			}
			if got := send(t, "PATCH", base+"notes/1", body(t, map[string]any{field: value})); got.status != 400 {
				t.Errorf("changing to %s: %d: %s", sent, got.status, got.body)
			}
		}
	}
	if got := get(t, base+"notes/9"); got.status != 404 {
		t.Errorf("what was refused is there: %s", got.body)
	}
}
