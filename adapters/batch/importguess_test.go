package batch_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/postern-gateway/postern/adapters/batch"
)

// What an import proposes in comments is served once the comments are taken away: header, trailer with count and total, and dates.
func TestImportProposesWhatTheDataSays(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.write(t, "CLAIMS.1", extractOf("20261120", manyClaims(30)...))
	result, err := batch.Import(t.Context(), batch.ImportOptions{
		Copybook: filepath.Join(s.dir, "claims.cpy"), Data: filepath.Join(s.dir, "CLAIMS.1"), Record: "CLAIM-RECORD", Into: filepath.Join(s.dir, "estate"), Name: "claims",
	})
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(result.Config)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"\n      # formats: {BORN: yyyymmdd, RUN-DATE: yyyymmdd}\n",
		"\n    # header: {record: CLAIM-HEADER, when: {field: REC-TYPE, equals: \"H\"}, date: RUN-DATE}\n",
		"\n    # trailer: {record: CLAIM-TRAILER, when: {field: REC-TYPE, equals: \"T\"}, count: CLAIM-COUNT, totals: [{of: AMOUNT, equals: TOTAL-AMOUNT}]}\n",
	} {
		if !strings.Contains(string(text), want) {
			t.Errorf("the configuration lacks %q:\n%s", want, text)
		}
	}
	followed := regexp.MustCompile(`# (formats|header|trailer):`).ReplaceAllString(string(text), "$1:")
	opened := *s
	opened.dir = filepath.Dir(result.Config)
	backend := opened.open(t, followed)
	drain(t, backend)
	if refs, _ := list(t, backend, `{"pageSize": 100}`); len(refs) != 30 {
		t.Errorf("%d claims are served, want 30", len(refs))
	}
	if _, header, err := call(t, backend, "ListClaims", `{}`); err != nil || header.AsOf.Format("2006-01-02") != "2026-11-20" {
		t.Errorf("the data is as of %v (%v), want the header's date", header.AsOf, err)
	}
}

// A file without header, trailer and dates proposes none.
func TestImportProposesNothingElse(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.write(t, "B.1", []byte("0001 9912345\n0002 9912346\n0003 2026123\n0004 1234567\n"))
	s.write(t, "b.cpy", []byte("       01 B.\n          05 NO PIC 9(4).\n          05 FILLER PIC X.\n          05 TEXT PIC X(8).\n       01 B-HEADER.\n          05 KIND PIC X.\n"))
	result, err := batch.Import(t.Context(), batch.ImportOptions{Copybook: filepath.Join(s.dir, "b.cpy"), Data: filepath.Join(s.dir, "B.1"), Into: filepath.Join(s.dir, "estate"), Name: "b"})
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(result.Config)
	if err != nil {
		t.Fatal(err)
	}
	for _, wrong := range []string{"are dates", "B-HEADER", "likely"} {
		if strings.Contains(string(text), wrong) {
			t.Errorf("the configuration says %q:\n%s", wrong, text)
		}
	}
}
