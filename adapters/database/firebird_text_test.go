package database_test

import (
	"fmt"
	"testing"

	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

// TestFirebirdEncoding reads and writes columns without a character set, whose bytes the settings explain.
func TestFirebirdEncoding(t *testing.T) {
	t.Parallel()
	running := startFirebird(t)
	settings := firebirdSettings(t, running.DSN(running.Database(t, `CREATE TABLE notes (id INTEGER NOT NULL PRIMARY KEY, note VARCHAR(40) CHARACTER SET NONE, code CHAR(6) CHARACTER SET NONE); COMMIT;
		INSERT INTO notes VALUES (1, x'80209FE9', x'8031'); COMMIT;`), ""))
	allWritable(settings)
	settings.TextEncoding = "windows-1252"
	s := &subject{backend: mustOpen(t, settings, t.TempDir())}
	s.want(t, "GetNote", `{"id": 1}`, `{"id": 1, "note": "€ Ÿé", "code": "€1    "}`)
	s.want(t, "CreateNote", `{"id": 2, "note": "é €", "code": "€"}`, `{"id": 2, "note": "é €", "code": "€     "}`)
	for filter, want := range map[string]int{`note = "€ Ÿé"`: 1, `note:"€"`: 2, `code = "€1"`: 1, `note > "é"`: 1, fmt.Sprintf("note = %q", "€ and more than the forty characters of the column"): 0} {
		if rows := s.list(t, "ListNotes", "notes", map[string]any{"filter": filter}); len(rows) != want {
			t.Errorf("%s: %v", filter, rows)
		}
	}
	settings.Columns = []*configv1.DatabaseColumn{{Name: "NOTES.NOTE", TextEncoding: "windows-1252"}}
	wantMistakes(t, settings, `columns[0].text_encoding: NOTES.NOTE has no character set; the text_encoding of the whole back end says what its bytes are`)
}
