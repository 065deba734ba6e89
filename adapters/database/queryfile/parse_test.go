package queryfile_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/postern-gateway/postern/adapters/database/dialect"
	"github.com/postern-gateway/postern/adapters/database/queryfile"
)

func dollar(n int) string { return "$" + strconv.Itoa(n) }

const text = `-- A file about rent.

-- name: Arrears :many
-- Who is behind,
-- and by how much.
-- param: least decimal(8,2) nullable
-- returns: total decimal
SELECT a, sum(b) AS total -- :comment
FROM t WHERE b > :least AND c = :district AND d = ':least' AND e = :least;

/* between */
-- name: Forget :exec
DELETE FROM t WHERE a = :ä`

func TestParse(t *testing.T) {
	t.Parallel()
	got, mistakes := queryfile.Parse(text, queryfile.Options{Placeholder: dollar, Arrays: true})
	if len(mistakes) > 0 {
		t.Fatalf("mistakes: %v", mistakes)
	}
	want := []*queryfile.Query{
		{
			Name: "Arrears", Description: "Who is behind,\nand by how much.", Result: queryfile.Many, Offset: strings.Index(text, "-- name: Arrears"),
			Parameters: []*queryfile.Parameter{
				{Name: "least", Type: queryfile.Type{Kind: dialect.Decimal, Precision: 8, Scale: 2}, Declared: true, Nullable: true, Offset: strings.Index(text, "-- param: least")},
				{Name: "district", Offset: strings.Index(text, ":district")},
			},
			Returns: []queryfile.Declared{{Column: "total", Type: queryfile.Type{Kind: dialect.Decimal}, Offset: strings.Index(text, "-- returns")}},
			Uses:    []queryfile.Use{{Start: 44, End: 46}, {Parameter: 1, Start: 55, End: 57}, {Start: 83, End: 85}},
			Text:    "SELECT a, sum(b) AS total \nFROM t WHERE b > $1 AND c = $2 AND d = ':least' AND e = $1",
		},
		{
			Name: "Forget", Result: queryfile.Exec, Writes: true, Offset: strings.Index(text, "-- name: Forget"),
			Parameters: []*queryfile.Parameter{{Name: "ä", Offset: strings.Index(text, ":ä")}},
			Text:       "DELETE FROM t WHERE a = $1",
			Uses:       []queryfile.Use{{Start: 24, End: 26}},
		},
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(queryfile.Query{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, test := range []struct {
		character    int
		line, column int
	}{{1, 8, 1}, {11, 8, 11}, {28, 9, 1}, {45, 9, 18}, {48, 9, 25}} {
		line, column := queryfile.Position(text, got[0].Locate(test.character))
		if line != test.line || column != test.column {
			t.Errorf("character %d is at %d:%d, want %d:%d", test.character, line, column, test.line, test.column)
		}
	}
	if line, column := queryfile.Position(text, got[0].Find("sum")); line != 8 || column != 11 {
		t.Errorf("sum is at %d:%d", line, column)
	}
}

const heads = `-- name: Some :many
-- paged: by a desc, Order No
-- timeout: 1m30s
-- param: ids integer[] -- Whose.
-- param: kind text default 'it''s -- one' -- Which.
-- param: least decimal(8,2) default -0.50
-- returns: a int32 -- What.
SELECT a FROM t WHERE id in ( :ids ) AND NOT
  (b NOT /* really */ IN (:ids)) AND kind IN (:kind) AND c > :least

-- name: All :stream
SELECT 1`

// TestParseHeads reads what a head can say, and how lists are spelled.
func TestParseHeads(t *testing.T) {
	t.Parallel()
	queries, mistakes := queryfile.Parse(heads, queryfile.Options{Placeholder: dollar})
	if len(mistakes) > 0 {
		t.Fatal(mistakes)
	}
	line := func(text string) int { return strings.Index(heads, text) }
	want := &queryfile.Query{
		Name: "Some", Result: queryfile.Many, Timeout: 90 * time.Second,
		Paged: []queryfile.Sorted{{Column: "a", Descending: true, Offset: line("-- paged")}, {Column: "Order No", Offset: line("-- paged")}},
		Parameters: []*queryfile.Parameter{
			{Name: "ids", Type: queryfile.Type{Kind: dialect.Int64, List: true}, Declared: true, Description: "Whose.", Offset: line("-- param: ids")},
			{Name: "kind", Type: queryfile.Type{Kind: dialect.Text}, Declared: true, Default: "it's -- one", Defaulted: true, Description: "Which.", Offset: line("-- param: kind")},
			{Name: "least", Type: queryfile.Type{Kind: dialect.Decimal, Precision: 8, Scale: 2}, Declared: true, Default: "-0.50", Defaulted: true, Offset: line("-- param: least")},
		},
		Returns: []queryfile.Declared{{Column: "a", Type: queryfile.Type{Kind: dialect.Int32}, Description: "What.", Offset: line("-- returns")}},
		Text:    "SELECT a FROM t WHERE id IN ($1) AND NOT\n  (b NOT IN ($1)) AND kind IN ($2) AND c > $3",
	}
	if diff := cmp.Diff(want, queries[0], cmpopts.IgnoreUnexported(queryfile.Query{}), cmpopts.IgnoreFields(queryfile.Query{}, "Uses")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for i, parameter := range []int{0, 0, 1, 2} {
		use := queries[0].Uses[i]
		if use.Parameter != parameter || queries[0].Text[use.Start:use.End] != dollar(parameter+1) {
			t.Errorf("use %d is %+v", i, use)
		}
	}
	if queries[1].Result != queryfile.Stream {
		t.Errorf("%+v", queries[1])
	}
	queries, _ = queryfile.Parse(heads, queryfile.Options{Placeholder: dollar, Arrays: true})
	if want := "SELECT a FROM t WHERE id = ANY ($1) AND NOT\n  (b <> ALL ($1)) AND kind IN ($2) AND c > $3"; queries[0].Text != want {
		t.Errorf("with arrays: %q", queries[0].Text)
	}
	if line, column := queryfile.Position(heads, queries[0].Find("<> ALL")); line != 9 || column != 6 {
		t.Errorf("NOT IN is at %d:%d", line, column)
	}
}

// TestParseMistakes holds the place and the words of each mistake of a head.
func TestParseMistakes(t *testing.T) {
	t.Parallel()
	for head, want := range map[string]string{
		"-- name: A :one\n-- paged: by a\nSELECT 1":                 "2: only a query that answers :many and writes nothing has pages",
		"-- name: A :many\n-- writes\n-- paged: by a\nSELECT 1":     "3: only a query that answers :many and writes nothing has pages",
		"-- name: A :many\n-- paged: a\nSELECT 1":                   "2: pages are declared as -- paged: by COLUMN, COLUMN desc; together the columns tell any two rows apart",
		"-- name: A :many\n-- paged: by a, a desc\nSELECT 1":        "2: the column a orders the pages twice",
		"-- name: A :many\n-- paged: by a,\nSELECT 1":               "2: a column is missing in the list of those that pages are ordered by",
		"-- name: A :many\n-- timeout: soon\nSELECT 1":              `2: "soon" is no time that a query may take, such as 5s or 500ms`,
		"-- name: A :stream\n-- writes\nSELECT 1":                   "1: a query that answers :stream only reads",
		"-- name: A :many\n-- param: b text[] default x\nSELECT :b": "2: a list has no default; one that is left out is empty",
		"-- name: A :many\n-- param: b text[]\nSELECT\n  f(:b)":     "4: the list :b stands alone in the parentheses of IN: x IN (:b)",
		"-- name: A :many\n-- param: b text[][]\nSELECT :b":         `2: there is no type "text[][]"; there are ` + queryfile.TypeNames(),
		"-- name: A :many\n-- param: b\nSELECT :b":                  "2: a parameter is declared as -- param: NAME TYPE, with nullable behind it if it may be left out, or default VALUE, and -- DESCRIPTION at the end",
	} {
		_, mistakes := queryfile.Parse(head, queryfile.Options{Placeholder: dollar})
		if len(mistakes) == 0 {
			t.Errorf("%q has no mistake", head)
			continue
		}
		line, _ := queryfile.Position(head, mistakes[0].Offset)
		if got := strconv.Itoa(line) + ": " + mistakes[0].Message; got != want {
			t.Errorf("%q: %s, want %s", head, got, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(text)
	f.Add("-- name: A :one")
	f.Add("-- param: a b\n-- name: A :one\n-- param: a text\n-- param: a text\nSELECT :a;;x")
	f.Add("-- name: A :many\n-- returns: b decimal(3,9)\n/*")
	f.Add(heads)
	f.Fuzz(func(t *testing.T, text string) {
		queries, mistakes := queryfile.Parse(text, queryfile.Options{Placeholder: dollar, Arrays: true})
		for _, query := range queries {
			for _, use := range query.Uses {
				if use.Start >= use.End || use.End > len(query.Text) || query.Text[use.Start:use.End] != dollar(use.Parameter+1) {
					t.Errorf("%+v is no place of a parameter in %q", use, query.Text)
				}
			}
			for _, offset := range []int{query.Offset, query.Locate(1), query.Locate(1 << 20), query.Find(query.Name)} {
				if offset < 0 || offset > len(text)+1 {
					t.Errorf("offset %d of %d", offset, len(text))
				}
				queryfile.Position(text, offset)
			}
		}
		for _, mistake := range mistakes {
			queryfile.Position(text, mistake.Offset)
		}
	})
}
