package database_test

import (
	"strings"
	"testing"

	"github.com/postern-gateway/postern/adapters/database/sqltext"
	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

func createFirebird(t testing.TB, statements string) (*configv1.DatabaseBackend, string, string) {
	t.Helper()
	running, err := firebirdServer()
	if err != nil {
		t.Fatal(err)
	}
	address := running.DSN(running.Database(t, inFirebird(statements)), "")
	return firebirdSettings(t, address), "firebirdsql", address
}

// apart are the tests of all engines that an engine is left out of, each with the reason.
var apart = map[string]map[string]string{
	"firebird": {
		"TestCandidateKeys":                 "it tells names in capitals: TestConformanceFirebird and the descriptors hold its keys",
		"TestChoiceOfTables":                "a pattern that begins with a star fits its names in capitals only",
		"TestColumnMistakes":                "mistakes tell names in capitals",
		"TestConfigurationMistakes":         "mistakes tell names in capitals",
		"TestCreate":                        "it keeps four digits of a second, and 18 of a NUMERIC: TestFirebird writes such",
		"TestDocuments":                     "it knows no JSON",
		"TestImport":                        "it lists names in capitals",
		"TestPartialUniqueIndexesAreNoKeys": "it has partial indexes since version 5",
		"TestQueries":                       "a statement returns one row of those that it wrote, before version 5: TestQueryHeads",
		"TestQueryMistakes":                 "its messages are of several lines: TestQueryMistakesFirebird",
		"TestSessionMistakes":               "it takes any variable: a session's are RDB$SET_CONTEXT's",
	},
}

// firebirdHousing is the test schema with its rows.
func firebirdHousing(t testing.TB) string {
	t.Helper()
	return inFirebird(read(t, "firebird.sql") + read(t, "rows.sql"))
}

// firebirdWords spells in Firebird's way what the other engines take in the statements of the tests: a transaction that begins, a time with its offset, and reserved words for columns.
var firebirdWords = strings.NewReplacer("BEGIN;", "", "+00:00'", "'", "+00'", "'", "log (entry, at)", `log (entry, "AT")`, " count int", ` "COUNT" int`, ", count)", `, "COUNT")`)

// inFirebird makes of each INSERT of several rows one of each row, since Firebird takes no more.
func inFirebird(statements string) string {
	statements = strings.TrimRight(statements, "; \n\t") // isql takes an empty one for a mistake
	var out, statement strings.Builder
	for _, token := range sqltext.Scan(firebirdWords.Replace(statements), sqltext.Options{}) {
		statement.WriteString(token.Text)
		if token.Is(";") {
			out.WriteString(singleRows(statement.String()))
			statement.Reset()
		}
	}
	return out.String() + singleRows(statement.String()) + ";"
}

func singleRows(statement string) string {
	head, rows, found := strings.Cut(statement, " VALUES")
	if !found || !strings.HasPrefix(strings.TrimSpace(head), "INSERT") {
		return statement
	}
	var out strings.Builder
	depth := 0
	for _, token := range sqltext.Scan(rows, sqltext.Options{}) {
		switch {
		case token.Is("("):
			if depth++; depth == 1 {
				out.WriteString(head + " VALUES ")
			}
		case token.Is(")"):
			depth--
		case depth == 0 && token.Is(","):
			out.WriteString(";\n")
			continue
		}
		out.WriteString(token.Text)
	}
	return out.String()
}
