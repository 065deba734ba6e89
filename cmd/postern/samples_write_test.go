package main

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/postern-gateway/postern/adapters/database/sampletest"
)

// holdWrites changes rows of every table over REST, and sees in SQL what became of them.
func holdWrites(t *testing.T, s *sample) {
	for _, table := range s.schema.Tables {
		if len(table.Key) == 0 {
			continue
		}
		rows := s.truth(t, table, "ORDER BY "+keyOrder(table))
		s.holdUpdates(t, table, rows[0], rows[len(rows)-1])
		if !s.referredTo(table) {
			s.holdReplaced(t, table, s.truth(t, table, "ORDER BY "+keyOrder(table))[len(rows)/2])
		}
	}
	if s.schema.Name == "sakila" {
		s.holdPagesOfChanging(t)
	}
}

func (s *sample) referredTo(table *sampletest.Table) bool {
	for _, other := range s.schema.Tables {
		for _, key := range other.ForeignKeys {
			if key.Table == table.Name {
				return true
			}
		}
	}
	return false
}

// holdUpdates gives each field of a row the value that another row has, one after the other, then takes it away where it may be.
func (s *sample) holdUpdates(t *testing.T, table *sampletest.Table, row, other map[string]any) {
	t.Helper()
	path := s.base + keyPath(table, row)
	unique := make(map[string]bool)
	for _, names := range append([][]string{table.Key}, table.Uniques...) {
		for _, name := range names {
			unique[name] = true
		}
	}
	now := without(row)
	for i := range table.Columns[:min(len(table.Columns), 20)] {
		column := &table.Columns[i]
		if unique[column.Name] {
			continue
		}
		field := column.JSONName()
		if value, ok := other[field]; ok {
			now[field] = value
			s.wantRow(t, table, now, 200, send(t, http.MethodPatch, path, body(t, map[string]any{field: value})))
		}
		if column.Null {
			delete(now, field)
			s.wantRow(t, table, now, 200, send(t, http.MethodPatch, path+"?updateMask="+url.QueryEscape(field), "{}"))
		}
	}
}

// wantRow wants a row in the answer, and in SQL.
func (s *sample) wantRow(t *testing.T, table *sampletest.Table, want map[string]any, status int, got answer) {
	t.Helper()
	if got.status != status {
		t.Fatalf("%s: %d: %s", keyPath(table, want), got.status, got.body)
	}
	if diff := cmp.Diff(want, floats(t, table, decodeNumbers(t, got.body))); diff != "" {
		t.Errorf("%s (-want +REST):\n%s", keyPath(table, want), diff)
	}
	s.wantStored(t, table, want, 1)
}

// wantStored wants a row so many times in SQL.
func (s *sample) wantStored(t *testing.T, table *sampletest.Table, want map[string]any, times int) {
	t.Helper()
	found := 0
	for _, row := range s.truth(t, table, "") {
		if keyPath(table, row) != keyPath(table, want) {
			continue
		}
		found++
		if diff := cmp.Diff(want, row); diff != "" {
			t.Errorf("%s (-want +SQL):\n%s", keyPath(table, want), diff)
		}
	}
	if found != times {
		t.Errorf("%s is there %d times", keyPath(table, want), found)
	}
}

// holdReplaced deletes a row and creates it again.
func (s *sample) holdReplaced(t *testing.T, table *sampletest.Table, row map[string]any) {
	t.Helper()
	path := s.base + keyPath(table, row)
	if got := send(t, http.MethodDelete, path, ""); got.status != 204 {
		t.Fatalf("deleting %s: %d: %s", path, got.status, got.body)
	}
	s.wantStored(t, table, row, 0)
	if got := get(t, path); got.status != 404 {
		t.Errorf("what is deleted is answered %d: %s", got.status, got.body)
	}
	if got := send(t, http.MethodDelete, path, ""); got.status != 404 {
		t.Errorf("deleting it again is answered %d: %s", got.status, got.body)
	}
	s.wantRow(t, table, row, 201, send(t, http.MethodPost, s.base+table.PathName(), body(t, row)))
	if got := send(t, http.MethodPost, s.base+table.PathName(), body(t, row)); got.status != 409 || got.at("code") != "UNIQUE_VIOLATION" {
		t.Errorf("creating it again is answered %d: %s", got.status, got.body)
	}
}

// holdPagesOfChanging reads pages while rows before and behind the page come and go: none is told twice, and none that stays is missed.
func (s *sample) holdPagesOfChanging(t *testing.T) {
	t.Helper()
	table := s.schema.Table("film")
	stays := s.truth(t, table, `WHERE "film_id" BETWEEN 1 AND 110`)
	seen := make(map[string]int)
	query := url.Values{"pageSize": {"9"}, "orderBy": {"rating desc, title"}}
	for n := 0; ; n++ {
		got := get(t, s.base+"film?"+query.Encode())
		read := decodePage(t, table, got.body)
		for _, row := range read.rows {
			seen[spelled(t, row)]++
		}
		if read.token == "" {
			break
		}
		query.Set("pageToken", read.token)
		if n < 10 {
			s.exec(t, `DELETE FROM "film" WHERE "film_id" = `+s.engine.Literal(sampletest.Integer, 111+n))
			s.exec(t, `INSERT INTO "film" ("film_id", "title", "language_code", "rating") VALUES (`+s.engine.Literal(sampletest.Integer, 1000+n)+`, 'new', 'en', 'PG')`)
		}
	}
	for row, times := range seen {
		if times != 1 {
			t.Errorf("told %d times: %s", times, row)
		}
	}
	for _, row := range stays {
		if seen[spelled(t, row)] != 1 {
			t.Errorf("missed: %s", spelled(t, row))
		}
	}
}
