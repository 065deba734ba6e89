package batch_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/adapters/batch"
	adminv1 "github.com/postern-gateway/postern/proto/postern/admin/v1"
)

// place puts a ledger of one account into the inbox, whose owner says which it is, so many minutes ago.
func (s *site) place(t testing.TB, name, date string, number int, owner string, minutes int) {
	t.Helper()
	s.write(t, "in/"+name, []byte(ledgerOf(date, number, account{"", 1, owner, 1})))
	s.age(t, "in/"+name, time.Duration(minutes)*time.Minute)
}

func served(t testing.TB, backend adapters.Backend) string {
	t.Helper()
	_, owner, _ := strings.Cut(accountsOf(t, backend), ":")
	owner, _, _ = strings.Cut(owner, ":")
	return owner
}

// What becomes of files that come in the wrong order.
func TestOutOfSequence(t *testing.T) {
	t.Parallel()
	for policy, want := range map[string][]string{
		"accept": {"ONE", "THREE", "THREE", "FOUR"}, // the second is older by then
		"hold":   {"ONE", "ONE", "THREE", "FOUR"},
		"refuse": {"ONE", "ONE", "TWO", "TWO"}, // the third has been refused, so the fourth is not the next
	} {
		t.Run(policy, func(t *testing.T) {
			t.Parallel()
			s := newLedger(t)
			backend := s.open(t, withLedger("out_of_sequence: "+policy))
			for i, file := range []struct {
				date   string
				number int
				owner  string
			}{{"20261120", 1, "ONE"}, {"20261122", 3, "THREE"}, {"20261121", 2, "TWO"}, {"20261123", 4, "FOUR"}} {
				s.place(t, "LEDGER."+file.owner, file.date, file.number, file.owner, 60-i)
				drain(t, backend)
				if got := served(t, backend); got != want[i] {
					t.Errorf("after file %d, %s is served, want %s", file.number, got, want[i])
				}
				switch {
				case policy == "hold" && i == 1:
					checkSays(t, backend, "its number is 3, and the one that was read before has 1")
				case policy == "refuse" && i == 1:
					checkSays(t, backend, "its number is 3, and the one that was read before has 1")
				case policy == "hold", policy == "accept":
					checkSays(t, backend, "")
				}
			}
		})
	}
}

// A number that has been read makes a duplicate, whatever the content, also after a restart.
func TestNumberThatHasBeenRead(t *testing.T) {
	t.Parallel()
	s := newLedger(t)
	backend := s.open(t, ledgerSettings)
	s.place(t, "LEDGER.1", "20261120", 1, "ONE", 50)
	drain(t, backend)
	s.place(t, "LEDGER.2", "20261121", 2, "TWO", 40)
	drain(t, backend)
	closeBackend(t, backend)
	backend = s.open(t, ledgerSettings)
	s.place(t, "LEDGER.3", "20261122", 2, "AGAIN", 30)
	drain(t, backend)
	if got := served(t, backend); got != "TWO" {
		t.Errorf("%s is served, want TWO", got)
	}
	checkSays(t, backend, "")
	s.place(t, "LEDGER.4", "20261122", 3, "THREE", 20)
	drain(t, backend)
	if got := served(t, backend); got != "THREE" {
		t.Errorf("%s is served, want THREE", got)
	}
}

// Behind the highest number that its field has room for, a file begins again, and is the next even if its date is the same.
func TestNumbersBeginAgain(t *testing.T) {
	t.Parallel()
	s := newLedger(t)
	backend := s.open(t, withLedger("out_of_sequence: hold"))
	for i, number := range []int{9998, 9999, 1, 2} {
		s.place(t, fmt.Sprint("LEDGER.", i), "20261120", number, fmt.Sprint("N", number), 60-i)
		drain(t, backend)
		if got, want := served(t, backend), fmt.Sprint("N", number); got != want {
			t.Errorf("%s is served, want %s", got, want)
		}
	}
}

// A gateway with a disk of its own reads what another has read, even once that has put it into the archive.
func TestEachGatewayHasItsSnapshot(t *testing.T) {
	t.Parallel()
	s := newLedger(t)
	config := strings.Replace(ledgerSettings, `pattern: "LEDGER.*"`, `pattern: "LEDGER.*", after: archive`, 1)
	first := s.open(t, config)
	options := s.options(t)
	options.DataDir = t.TempDir()
	for i, owner := range []string{"ONE", "TWO"} {
		s.place(t, "LEDGER.SAME", fmt.Sprint(20261120+i), i+1, owner, 60-i)
		drain(t, first)
		if _, err := os.Stat(filepath.Join(s.dir, "in", "LEDGER.SAME")); err == nil {
			t.Fatal("the file was not archived")
		}
		second, err := batch.Adapter{}.Open(t.Context(), parse(t, config), options)
		if err != nil {
			t.Fatal(err)
		}
		drain(t, second)
		if got := served(t, second); got != owner {
			t.Errorf("%s is served, want %s", got, owner)
		}
		checkSays(t, second, "")
		closeBackend(t, second)
	}
	if err := os.RemoveAll(filepath.Join(s.dir, "in", "archive")); err != nil {
		t.Fatal(err)
	}
	options.DataDir = t.TempDir()
	third, err := batch.Adapter{}.Open(t.Context(), parse(t, config), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeBackend(t, third) })
	drain(t, third)
	checkSays(t, third, "LEDGER.SAME was read by another gateway, and is neither in the inbox nor in the archive")
}

// Operators see which files wait, for which numbers, and what was taken though it was not the next.
func TestOperatorSeesWhatIsOutOfSequence(t *testing.T) {
	t.Parallel()
	shown := func(backend adapters.Backend) (*adminv1.Extract, string) {
		response, err := operatorOf(t, backend).ListExtracts(t.Context(), &adminv1.ListExtractsRequest{})
		if err != nil {
			t.Fatal(err)
		}
		x := response.GetExtracts()[0]
		held := ""
		for _, file := range x.GetHeld() {
			held += fmt.Sprintf("%s %d %v: %s\n", file.GetFile(), file.GetNumber(), file.GetModifiedAt() != nil, file.GetReason())
		}
		return x, held
	}
	s := newLedger(t)
	backend := s.open(t, withLedger("out_of_sequence: hold"))
	s.changes(t, "LEDGER.A", 1, account{"", 1, "ONE", 1})
	drain(t, backend)
	s.changes(t, "LEDGER.C", 4, account{"", 1, "FOUR", 1})
	s.changes(t, "LEDGER.B", 3, account{"", 1, "THREE", 1})
	drain(t, backend)
	want := "LEDGER.B 3 true: its number is 3, and the one that was read before has 1: those between have not come\n" +
		"LEDGER.C 4 true: its number is 4, and the one that was read before has 1: those between have not come\n"
	x, held := shown(backend)
	if held != want || x.GetInForce().GetNumber() != 1 || x.GetInForce().Number == nil {
		t.Errorf("number %v is in force, and held are\n%swant\n%s", x.GetInForce().Number, held, want)
	}
	if runs := runsOf(t, backend, "accounts"); len(runs) != 3 || runs[0].GetOutcome() != "held" || runs[2].GetNumber() != 1 || runs[2].GetOutOfSequence() {
		t.Errorf("runs %v", runs)
	}
	s.changes(t, "LEDGER.D", 2, account{"", 1, "TWO", 1})
	drain(t, backend)
	if x, held := shown(backend); held != "" || x.GetInForce().GetNumber() != 4 {
		t.Errorf("number %v is in force, and held are %q", x.GetInForce().Number, held)
	}

	taken := newLedger(t)
	backend = taken.open(t, withLedger("out_of_sequence: accept"))
	taken.changes(t, "LEDGER.A", 1, account{"", 1, "ONE", 1})
	drain(t, backend)
	taken.changes(t, "LEDGER.C", 3, account{"", 1, "THREE", 1})
	drain(t, backend)
	if runs := runsOf(t, backend, "accounts"); len(runs) != 2 || !runs[0].GetOutOfSequence() || runs[0].GetNumber() != 3 {
		t.Errorf("runs %v", runs)
	}
}
