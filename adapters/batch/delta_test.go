package batch_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/postern-gateway/postern/adapters"
)

const deltaSettings = `delta: {pattern: "LEDGER.D*", action: ACTION, insert: [A], update: [C], delete: [D]}`

// changes puts a file of changes, or a full one, into the inbox; later ones are newer.
func (s *site) changes(t testing.TB, name string, number int, accounts ...account) {
	t.Helper()
	s.write(t, name, []byte(ledgerOf(fmt.Sprint(20261100+number), number, accounts...)))
	s.age(t, name, time.Hour-time.Duration(number)*time.Minute)
	if err := os.Rename(filepath.Join(s.dir, name), filepath.Join(s.dir, "in", name)); err != nil { // at once, as it is to stay
		t.Fatal(err)
	}
}

func checkAccounts(t testing.TB, backend adapters.Backend, want string) {
	t.Helper()
	if got := accountsOf(t, backend); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestDelta(t *testing.T) {
	t.Parallel()
	s := newLedger(t)
	backend := s.open(t, withLedger(deltaSettings))
	s.changes(t, "LEDGER.F1", 1, account{"", 1, "DOYLE", 100}, account{"", 2, "MBEKI", 200}, account{"", 3, "OKAFOR", 300})
	drain(t, backend)
	s.changes(t, "LEDGER.D2", 2,
		account{"C", 1, "DOYLE", 150}, account{"D", 2, "", 0}, account{"A", 4, "NEW", 400},
		account{"C", 4, "NEWER", 401},                         // what has just been put in
		account{"D", 3, "", 0}, account{"A", 3, "AGAIN", 333}) // out and in
	drain(t, backend)
	checkAccounts(t, backend, "1:DOYLE:1.50 3:AGAIN:3.33 4:NEWER:4.01")
	s.changes(t, "LEDGER.D3", 3, account{"A", 2, "BACK", 2}, account{"D", 4, "", 0}, account{"C", 1, "DOYLE", 175})
	drain(t, backend)
	checkAccounts(t, backend, "1:DOYLE:1.75 2:BACK:0.02 3:AGAIN:3.33")
	if text := s.quarantined(t, "accounts"); text != "" {
		t.Errorf("quarantine: %s", text)
	}
	if got := served(t, backend); got != "DOYLE" {
		t.Errorf("%s is first", got)
	}
	closeBackend(t, backend)
	backend = s.open(t, withLedger(deltaSettings)) // nothing is made twice
	drain(t, backend)
	checkAccounts(t, backend, "1:DOYLE:1.75 2:BACK:0.02 3:AGAIN:3.33")
	s.changes(t, "LEDGER.F4", 4, account{"", 9, "ALL", 9})
	drain(t, backend)
	checkAccounts(t, backend, "9:ALL:0.09")
}

func TestDeltaThatDoesNotFit(t *testing.T) {
	t.Parallel()
	s := newLedger(t)
	backend := s.open(t, withLedger(deltaSettings))
	s.changes(t, "LEDGER.F1", 1, account{"", 1, "DOYLE", 100}, account{"", 2, "MBEKI", 200})
	s.changes(t, "LEDGER.D2", 2,
		account{"A", 1, "TWICE", 1}, account{"C", 7, "NONE", 1}, account{"X", 2, "WHAT", 1},
		account{"C", 2, "MBEKI", 222}, account{"A", 3, "THREE", 3}, account{"C", 1, "DOYLE", 111}, account{"D", 3, "", 0}, account{"A", 5, "FIVE", 5})
	drain(t, backend)
	checkAccounts(t, backend, "1:DOYLE:1.11 2:MBEKI:2.22 5:FIVE:0.05")
	text := s.quarantined(t, "accounts")
	for _, want := range []string{
		`{"record":4,"offset":68,"reason":"its ACTION says nothing that is known"`,
		`{"record":2,"reason":"it is to be put in, and there is a record of its key"`,
		`{"record":3,"reason":"it is to be changed or taken out, and there is no record of its key"`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the quarantine does not hold %s:\n%s", want, text)
		}
	}
	if n := strings.Count(text, "\n"); n != 3 {
		t.Errorf("%d rejects, want 3:\n%s", n, text)
	}
	s.changes(t, "LEDGER.D3", 3, account{"D", 77, "", 0}, account{"D", 78, "", 0}, account{"D", 5, "", 0})
	drain(t, backend)
	checkSays(t, backend, "2 of 3 records are bad")
	checkAccounts(t, backend, "1:DOYLE:1.11 2:MBEKI:2.22 5:FIVE:0.05")
}

// With upsert, put in and change are the same.
func TestDeltaUpsert(t *testing.T) {
	t.Parallel()
	s := newLedger(t)
	backend := s.open(t, withLedger(strings.Replace(deltaSettings, "}", ", upsert: true}", 1)))
	s.changes(t, "LEDGER.F1", 1, account{"", 1, "DOYLE", 100})
	s.changes(t, "LEDGER.D2", 2, account{"A", 1, "DOYLE", 101}, account{"C", 2, "TWO", 2})
	drain(t, backend)
	checkAccounts(t, backend, "1:DOYLE:1.01 2:TWO:0.02")
}

// Changes wait for what they are made to, whatever the order in which files come.
func TestDeltaWaits(t *testing.T) {
	t.Parallel()
	s := newLedger(t)
	backend := s.open(t, withLedger(deltaSettings))
	s.changes(t, "LEDGER.D2", 2, account{"C", 1, "TWO", 2})
	drain(t, backend)
	checkSays(t, backend, "no extract has been read")
	s.changes(t, "LEDGER.D4", 4, account{"C", 1, "FOUR", 4})
	s.changes(t, "LEDGER.F1", 1, account{"", 1, "ONE", 1})
	drain(t, backend)
	checkAccounts(t, backend, "1:TWO:0.02")
	checkSays(t, backend, "its number is 4, and the one that was read before has 2")
	s.changes(t, "LEDGER.D3", 3, account{"C", 1, "THREE", 3}, account{"A", 3, "THREE", 3})
	s.age(t, "in/LEDGER.D3", time.Second) // it comes last
	drain(t, backend)
	checkAccounts(t, backend, "1:FOUR:0.04 3:THREE:0.03")
	checkSays(t, backend, "")
}

// Without numbers, the same changes under another name are still known.
func TestDeltaTwice(t *testing.T) {
	t.Parallel()
	s := newLedger(t)
	config := strings.Replace(withLedger(strings.Replace(deltaSettings, "}", ", upsert: true}", 1)), ", sequence: FILE-NUMBER", "", 1)
	backend := s.open(t, config)
	s.changes(t, "LEDGER.F1", 1, account{"", 1, "ONE", 1})
	s.changes(t, "LEDGER.D2", 2, account{"D", 1, "", 0}, account{"A", 2, "TWO", 2})
	drain(t, backend)
	s.changes(t, "LEDGER.D3", 3, account{"A", 1, "THREE", 3})
	drain(t, backend)
	content, err := os.ReadFile(filepath.Join(s.dir, "in", "LEDGER.D3"))
	if err != nil {
		t.Fatal(err)
	}
	s.changes(t, "LEDGER.D4", 4, account{"D", 1, "", 0})
	drain(t, backend)
	s.write(t, "in/LEDGER.D5", []byte(strings.Replace(string(content), "H20261103", "H20261103", 1)))
	drain(t, backend)
	checkAccounts(t, backend, "2:TWO:0.02")
}

func TestDeltaSettings(t *testing.T) {
	t.Parallel()
	s := newLedger(t)
	for setting, want := range map[string]string{
		`delta: {action: ACTIONS, insert: [A]}`:                "extracts[0].delta.action: there is no field ACTIONS",
		`delta: {action: ACTION}`:                              "extracts[0].delta.action: no value of ACTION means anything",
		`delta: {action: ACTION, insert: [A], delete: [D, A]}`: "extracts[0].delta.delete[1]: the value \"A\" has another meaning already",
		`delta: {action: ACTION, insert: [A], pattern: "["}`:   "extracts[0].delta.pattern: the pattern",
	} {
		if err := openError(t, s, withLedger(setting)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", setting, err, want)
		}
	}
}

// The names of files of changes may hold dates; a name whose date is none is that of a full extract.
func TestDeltaByDate(t *testing.T) {
	t.Parallel()
	s := newLedger(t)
	backend := s.open(t, withLedger(strings.Replace(deltaSettings, "LEDGER.D*", "LEDGER.{date:yyyymmdd}", 1)))
	s.changes(t, "LEDGER.20261399", 1, account{"", 1, "DOYLE", 100}, account{"", 2, "MBEKI", 200})
	drain(t, backend)
	s.changes(t, "LEDGER.20261102", 2, account{"C", 2, "MBEKI", 250})
	drain(t, backend)
	checkAccounts(t, backend, "1:DOYLE:1.00 2:MBEKI:2.50")
}

// However often a file changes the same record, each change is looked at a fixed number of times: were they compared with each other, this would take minutes.
func TestManyChangesOfOneRecord(t *testing.T) {
	t.Parallel()
	const many = 60_000
	s := newLedger(t)
	backend := s.open(t, withLedger(deltaSettings))
	s.changes(t, "LEDGER.F1", 1, account{"", 1, "OLD", 1})
	drain(t, backend)
	changes := []account{{"A", 2, "NEW", 0}}
	for i := range int64(many) {
		changes = append(changes, account{"C", 1, "FIRST", i}, account{"C", 2, "SECOND", i})
	}
	s.changes(t, "LEDGER.D2", 2, changes...)
	drain(t, backend)
	checkAccounts(t, backend, "1:FIRST:599.99 2:SECOND:599.99")
}
