package sampletest

import (
	"strings"
	"testing"
)

// TestStatements holds that a schema is the same each time that it is made, and that every engine spells all of it.
func TestStatements(t *testing.T) {
	t.Parallel()
	again := All()
	for i, schema := range All() {
		rows := 0
		for _, table := range schema.Tables {
			rows += len(table.Rows)
		}
		for _, engine := range []Engine{Postgres, MariaDB, SQLite, Firebird} {
			statements := schema.Statements(engine)
			if again[i].Statements(engine) != statements {
				t.Errorf("%s differs when it is made again", schema.Name)
			}
			if made := strings.Count(statements, "\nINSERT INTO "); made != rows || rows < 200 {
				t.Errorf("%s of %s inserts %d of %d rows", schema.Name, engine, made, rows)
			}
		}
	}
}

func TestMoments(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"2026-01-31 10:00:00": "2026-01-31T10:00:00Z", "0001-01-01 00:00:00.5": "0001-01-01T00:00:00.500Z",
		"9999-12-31 23:59:59.123400": "9999-12-31T23:59:59.123400Z", "2026-01-31 10:00:00.000000001": "2026-01-31T10:00:00.000000001Z",
	} {
		if got, err := moment(text, text); err != nil || got != want {
			t.Errorf("%s is %v, %v; want %s", text, got, err, want)
		}
	}
}
