package batch_test

import (
	"os"
	"strings"
	"testing"

	"github.com/postern-gateway/postern/adapters"
	adminv1 "github.com/postern-gateway/postern/proto/postern/admin/v1"
)

// A crash, or a full disk of the store, comes between the snapshot and what is remembered of the file. The file counts once, as what it was, and is put away.
func TestCrashBehindTheSnapshot(t *testing.T) {
	t.Parallel()
	numbered := withLedger(deltaSettings)
	for name, config := range map[string]string{
		"numbered": numbered, "without numbers": strings.Replace(numbered, ", sequence: FILE-NUMBER", "", 1),
	} {
		for restarted, how := range map[bool]string{true: "restarted", false: "running on"} {
			t.Run(name+", "+how, func(t *testing.T) {
				t.Parallel()
				config := strings.Replace(config, `pattern: "LEDGER.*"`, `pattern: "LEDGER.*", after: archive`, 1)
				s := newLedger(t)
				crashing := newCrashingStore(s)
				backend := s.open(t, config)
				between := func() {
					t.Helper()
					crashing.poison.Store(`"outcome":"served"`)
					if err := tryDrain(t.Context(), backend); err == nil {
						t.Fatal("draining worked in spite of the crash")
					}
					crashing.poison.Store("")
					if restarted {
						closeBackend(t, backend)
						backend = s.open(t, config)
					}
					drain(t, backend)
				}
				s.changes(t, "LEDGER.F1", 1, account{"", 1, "DOYLE", 100}, account{"", 2, "MBEKI", 200})
				between()
				s.changes(t, "LEDGER.D2", 2, account{"A", 3, "OKAFOR", 300}, account{"D", 1, "", 0}, account{"C", 9, "NOBODY", 9})
				between()
				checkAccounts(t, backend, "2:MBEKI:2.00 3:OKAFOR:3.00")
				runs := runsOf(t, backend, "accounts")
				if len(runs) != 2 || runs[0].GetFile() != "LEDGER.D2" || runs[0].GetOutcome() != "served" || runs[0].GetRecords() != 3 || runs[0].GetRejects() != 1 || runs[1].GetOutcome() != "served" {
					t.Errorf("runs %v, want one of each file, both served", runs)
				}
				if rejects := rejectsOf(t, backend, runs[0].GetId()); len(rejects) != 1 || rejects[0].GetRecord() != 4 {
					t.Errorf("rejects %v, want the fourth record", rejects)
				}
				entries, err := os.ReadDir(s.dir + "/in")
				if err != nil || len(entries) != 1 || entries[0].Name() != "archive" {
					t.Errorf("the inbox holds %v (%v), want the archive alone", entries, err)
				}
				s.changes(t, "LEDGER.D3", 3, account{"C", 2, "MBEKI", 250})
				drain(t, backend)
				checkAccounts(t, backend, "2:MBEKI:2.50 3:OKAFOR:3.00")
			})
		}
	}
}

func rejectsOf(t *testing.T, backend adapters.Backend, run string) []*adminv1.Reject {
	t.Helper()
	response, err := operatorOf(t, backend).ListRejects(t.Context(), &adminv1.ListRejectsRequest{Run: run, WithData: true})
	if err != nil {
		t.Fatal(err)
	}
	return response.GetRejects()
}
