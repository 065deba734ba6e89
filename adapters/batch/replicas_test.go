package batch_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/adapters/batch"
	adminv1 "github.com/postern-gateway/postern/proto/postern/admin/v1"
)

// replica opens another gateway on the site's store, with a disk of its own.
func (s *site) replica(t *testing.T, yaml string) adapters.Backend {
	t.Helper()
	options := s.options(t)
	options.DataDir = t.TempDir()
	backend, err := batch.Adapter{}.Open(t.Context(), parse(t, yaml), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeBackend(t, backend) })
	return backend
}

// What one gateway replays, the others serve too: those that run, and one that starts later; and each replay once, though both replay the same file.
func TestReplaysReachEveryGateway(t *testing.T) {
	t.Parallel()
	s, first, run := withRejects(t, settings)
	second := s.replica(t, settings)
	drain(t, second)
	mended := manyClaims(10)
	mended[4].surname, mended[7].surname = "Fifth", "Eighth"
	if _, err := replay(t, first, run.GetId(), &adminv1.Correction{Record: 6, Data: mended[4].record()}); err != nil {
		t.Fatal(err)
	}
	drain(t, second)
	if n := claimsServed(t, second); n != 9 {
		t.Fatalf("the other gateway serves %d records, want 9", n)
	}
	var own *adminv1.Run // of the second gateway, which has rejects of its own
	for _, one := range runsOf(t, second, "claims") {
		if one.GetOutcome() == "served" && one.GetId() != run.GetId() {
			own = one
		}
	}
	if _, err := replay(t, second, own.GetId(), &adminv1.Correction{Record: 9, Data: mended[7].record()}); err != nil {
		t.Fatal(err)
	}
	drain(t, first)
	third := s.replica(t, settings)
	drain(t, third)
	for i, backend := range []adapters.Backend{first, second, third} {
		for range 2 {
			drain(t, backend)
		}
		fifth, _ := list(t, backend, `{"surname": "Fifth"}`)
		eighth, _ := list(t, backend, `{"surname": "Eighth"}`)
		if n := claimsServed(t, backend); n != 10 || len(fifth) != 1 || len(eighth) != 1 {
			t.Errorf("gateway %d serves %d records, %v and %v", i+1, n, fifth, eighth)
		}
		if runs := runsOf(t, backend, "claims"); len(runs) != 5 { // each has read the file, and two have replayed
			t.Errorf("gateway %d sees the runs %v", i+1, runs)
		}
	}
}

// Rejects of a file of changes are changes: they are made as they say.
func TestReplayOfChanges(t *testing.T) {
	t.Parallel()
	s := newLedger(t)
	backend, config := s.open(t, withLedger(deltaSettings)), withLedger(deltaSettings)
	other := s.replica(t, config)
	s.changes(t, "LEDGER.F1", 1, account{"", 1, "ONE", 100}, account{"", 2, "TWO", 200})
	drain(t, backend)
	drain(t, other)
	s.changes(t, "LEDGER.D2", 2, account{"A", 3, "THREE", 300}, account{"C", 8, "EIGHT", 800}, account{"A", 4, "FOUR", 400})
	drain(t, backend)
	drain(t, other)
	checkAccounts(t, backend, "1:ONE:1.00 2:TWO:2.00 3:THREE:3.00 4:FOUR:4.00")
	rejects, run := []*adminv1.Reject(nil), runsOf(t, backend, "accounts")[0]
	for _, one := range runsOf(t, backend, "accounts") { // the last two are of the changes; this gateway has the rejects of one
		response, err := operatorOf(t, backend).ListRejects(t.Context(), &adminv1.ListRejectsRequest{Run: one.GetId(), WithData: true})
		if err == nil && len(response.GetRejects()) > 0 {
			rejects, run = response.GetRejects(), one
		}
	}
	if len(rejects) != 1 || rejects[0].GetRecord() != 3 || run.GetFile() != "LEDGER.D2" {
		t.Fatalf("rejects %v of %v", rejects, run)
	}
	corrected := []byte(strings.Replace(string(rejects[0].GetData()), "000008EIGHT", "000002EIGHT", 1))
	replayed, err := replay(t, backend, run.GetId(), &adminv1.Correction{Record: 3, Data: corrected})
	if err != nil || replayed.GetRejects() != 0 || replayed.GetRecords() != 1 {
		t.Fatalf("%v, %v", replayed, err)
	}
	drain(t, other)
	s.changes(t, "LEDGER.D3", 3, account{"D", 1, "", 0})
	for _, gateway := range []adapters.Backend{backend, other} {
		drain(t, gateway)
		checkAccounts(t, gateway, "2:EIGHT:8.00 3:THREE:3.00 4:FOUR:4.00")
	}
	if _, err := replay(t, backend, run.GetId()); status.Code(err) != codes.FailedPrecondition {
		t.Errorf("rejects of changes that others have been made behind: %v", err)
	}
}

// A rollback holds for all gateways of a store.
func TestRollbackReachesEveryGateway(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	yaml := strings.Replace(settings, "    max_bad_share: 0.4\n", "    max_bad_share: 0.4\n    keep: 3\n", 1)
	first, second := s.open(t, yaml), s.replica(t, yaml)
	for i := range 2 {
		s.write(t, fmt.Sprintf("in/CLAIMS.%d", i+1), extractOf(fmt.Sprintf("2026112%d", i), manyClaims(i+1)...))
		drain(t, first)
		drain(t, second)
	}
	for i, to := range []string{"", "newest"} {
		if _, err := operatorOf(t, first).RollBackExtract(t.Context(), &adminv1.RollBackExtractRequest{Extract: "claims", Snapshot: to}); err != nil {
			t.Fatal(err)
		}
		drain(t, second)
		if n := claimsServed(t, second); n != i+1 {
			t.Errorf("after a rollback to %q the other gateway serves %d records, want %d", to, n, i+1)
		}
	}
}

// A file that is to be deleted stays until every gateway has read it.
func TestDeletedWhenEveryGatewayHasIt(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	config := strings.Replace(settings, `pattern: "CLAIMS.*"}`, `pattern: "CLAIMS.*", after: delete}`, 1)
	first, second := s.open(t, config), s.replica(t, config)
	drain(t, first)
	drain(t, second)
	for i, date := range []string{"20261120", "20261121"} {
		name := filepath.Join(s.dir, "in", "CLAIMS.SAME")
		s.write(t, "CLAIMS.SAME", extractOf(date, manyClaims(i+1)...))
		reader, other := first, second
		if i == 1 {
			reader, other = second, first
		}
		if err := os.Rename(filepath.Join(s.dir, "CLAIMS.SAME"), name); err != nil {
			t.Fatal(err)
		}
		drain(t, reader)
		drain(t, other)
		drain(t, reader)
		if _, err := os.Stat(name); err == nil {
			t.Error("the file is still there, though both have read it")
		}
		for _, gateway := range []adapters.Backend{first, second} {
			if n := claimsServed(t, gateway); n != i+1 {
				t.Errorf("%d records are served, want %d", n, i+1)
			}
			if err := tryCheck(t, gateway); err != nil && status.Code(err) != codes.OK {
				t.Errorf("Check: %v", err)
			}
		}
	}
}

// Of several gateways that read an acknowledgement at once, one closes the operations.
func TestAcknowledgementIsReadOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	all := []adapters.Backend{s.open(t, settings), s.replica(t, settings), s.replica(t, settings)}
	const files = 10
	var names []string
	for i := range files {
		sent := submit(t, all[0], aChange)
		drain(t, all[0])
		s.write(t, fmt.Sprintf("ACK.%d", i), answers(fmt.Sprint(i+1), "OK"))
		if err := os.Rename(filepath.Join(s.dir, fmt.Sprintf("ACK.%d", i)), filepath.Join(s.dir, "in", fmt.Sprintf("ACK.%d", i))); err != nil {
			t.Fatal(err)
		}
		var reading sync.WaitGroup
		for _, backend := range all {
			reading.Go(func() { drain(t, backend) })
		}
		reading.Wait()
		names = append(names, sent.GetName())
	}
	for _, name := range names {
		if _, metadata := operation(t, all[1], name); metadata["state"] != "ACKNOWLEDGED" {
			t.Errorf("%s: state %v, want ACKNOWLEDGED", name, metadata["state"])
		}
	}
	times := make(map[string]int)
	for _, run := range runsOf(t, all[2], "changes") {
		times[run.GetFile()+" "+run.GetOutcome()]++
	}
	for i := range files {
		if n := times[fmt.Sprintf("ACK.%d read", i)]; n != 1 {
			t.Errorf("ACK.%d was read %d times", i, n)
		}
	}
	if archived, err := filepath.Glob(filepath.Join(s.dir, "in", "archive", "ACK.*")); err != nil || len(archived) != files {
		t.Errorf("the archive has %v (%v)", archived, err)
	}
}
