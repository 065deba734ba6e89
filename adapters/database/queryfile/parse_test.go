package queryfile_test

import (
	"strconv"
	"strings"
	"testing"

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
	got, mistakes := queryfile.Parse(text, dollar)
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
			Text:    "SELECT a, sum(b) AS total \nFROM t WHERE b > $1 AND c = $2 AND d = ':least' AND e = $1",
		},
		{
			Name: "Forget", Result: queryfile.Exec, Writes: true, Offset: strings.Index(text, "-- name: Forget"),
			Parameters: []*queryfile.Parameter{{Name: "ä", Offset: strings.Index(text, ":ä")}},
			Text:       "DELETE FROM t WHERE a = $1",
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

func FuzzParse(f *testing.F) {
	f.Add(text)
	f.Add("-- name: A :one")
	f.Add("-- param: a b\n-- name: A :one\n-- param: a text\n-- param: a text\nSELECT :a;;x")
	f.Add("-- name: A :many\n-- returns: b decimal(3,9)\n/*")
	f.Fuzz(func(t *testing.T, text string) {
		queries, mistakes := queryfile.Parse(text, dollar)
		for _, query := range queries {
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
