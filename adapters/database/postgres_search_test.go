package database_test

import (
	"fmt"
	"testing"
)

// TestPostgresSearch holds that texts of all types and collations can be searched.
func TestPostgresSearch(t *testing.T) {
	t.Parallel()
	s := engines()[0].open(t, `CREATE EXTENSION citext; CREATE COLLATION folded (provider = icu, locale = 'und-u-ks-level2', deterministic = false); CREATE TYPE mood AS ENUM ('happy', 'sad');
		CREATE TABLE notes (id int PRIMARY KEY, folded text COLLATE folded, mixed citext, mood mood, padded char(6));
		INSERT INTO notes VALUES (1, 'Abc', 'Abc', 'happy', 'ab'), (2, 'xyz', 'xyz', 'sad', 'ba  c'), (3, NULL, NULL, NULL, NULL)`, nil)
	for filter, want := range map[string]string{
		`folded = "abc"`: "[1]", `folded = "Ab*"`: "[1]", `folded = "ab*"`: "[]", `folded:"bc"`: "[1]", `folded != "A*"`: "[2]",
		`mixed = "abc"`: "[1]", `mixed = "ab*"`: "[1]", `mixed:"bc"`: "[1]", `mixed != "A*"`: "[2]",
		`mood = "hap*"`: "[1]", `mood:"a"`: "[1 2]", `padded = "*b"`: "[1]", `padded = "ba *"`: "[2]", `padded:"a"`: "[1 2]",
	} {
		var got []any
		for _, row := range s.list(t, "ListNotes", "notes", map[string]any{"filter": filter, "fields": "id"}) {
			got = append(got, row["id"])
		}
		if fmt.Sprint(got) != want {
			t.Errorf("%s: %v, want %s", filter, got, want)
		}
	}
}
