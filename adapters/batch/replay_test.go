package batch_test

import (
	"fmt"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/postern-gateway/postern/adapters"
	adminv1 "github.com/postern-gateway/postern/proto/postern/admin/v1"
)

// withRejects serves ten claims of which the fifth and the eighth are bad: records 6 and 9 of the file. It returns the run, too.
func withRejects(t *testing.T, yaml string) (*site, adapters.Backend, *adminv1.Run) {
	t.Helper()
	s := newSite(t)
	claims := manyClaims(10)
	claims[4].born, claims[7].born = "19611332", "x"
	s.write(t, "in/CLAIMS.1", extractOf("20261120", claims...))
	backend := s.open(t, yaml)
	drain(t, backend)
	return s, backend, runsOf(t, backend, "claims")[0]
}

func replay(t *testing.T, backend adapters.Backend, run string, records ...*adminv1.Correction) (*adminv1.Run, error) {
	t.Helper()
	response, err := operatorOf(t, backend).ReplayRejects(t.Context(), &adminv1.ReplayRejectsRequest{Run: run, Records: records})
	return response.GetRun(), err
}

func claimsServed(t *testing.T, backend adapters.Backend) int {
	t.Helper()
	refs, _ := list(t, backend, `{}`)
	return len(refs)
}

func TestReplayOfCorrectedRecords(t *testing.T) {
	t.Parallel()
	s, backend, run := withRejects(t, settings)
	mended := manyClaims(10)[4]
	mended.surname = "Mended"

	replayed, err := replay(t, backend, run.GetId(), &adminv1.Correction{Record: 6, Data: mended.record()}, &adminv1.Correction{Record: 9})
	if err != nil || replayed.GetOutcome() != "replayed" || replayed.GetRecords() != 2 || replayed.GetRejects() != 1 || replayed.GetFile() != "CLAIMS.1" {
		t.Fatalf("%v, %v; want 1 of 2 still bad", replayed, err)
	}
	if n := claimsServed(t, backend); n != 9 {
		t.Errorf("%d records are served, want 9", n)
	}
	got, _, err := call(t, backend, "GetClaim", fmt.Sprintf(`{"claimRef": %q}`, mended.ref))
	if err != nil {
		t.Fatal(err)
	}
	if text, err := proto.Marshal(got); err != nil || !strings.Contains(string(text), "Mended") {
		t.Errorf("the corrected record: %q, %v", text, err)
	}
	if refs, _ := list(t, backend, `{"surname": "Mended"}`); len(refs) != 1 {
		t.Errorf("by its surname there are %v", refs)
	}

	// Again, it is there already; and what is still bad can be mended from the new run.
	again, err := replay(t, backend, run.GetId(), &adminv1.Correction{Record: 6, Data: mended.record()})
	if err != nil || again.GetRejects() != 1 || claimsServed(t, backend) != 9 {
		t.Errorf("replayed again: %v, %v, %d records", again, err, claimsServed(t, backend))
	}
	other := manyClaims(10)[7]
	if last, err := replay(t, backend, replayed.GetId(), &adminv1.Correction{Record: 9, Data: other.record()}); err != nil || last.GetRejects() != 0 || claimsServed(t, backend) != 10 {
		t.Errorf("the rest: %v, %v, %d records", last, err, claimsServed(t, backend))
	}

	// It outlives the process, and the file in the inbox does not undo it.
	closeBackend(t, backend)
	backend = s.open(t, settings)
	drain(t, backend)
	if n := claimsServed(t, backend); n != 10 {
		t.Errorf("after a restart %d records are served, want 10", n)
	}
	if runs := runsOf(t, backend, "claims"); len(runs) != 4 || runs[3].GetOutcome() != "served" {
		t.Errorf("runs %v", runs)
	}
}

func TestReplayUnderOtherSettings(t *testing.T) {
	t.Parallel()
	s, backend, run := withRejects(t, settings)
	closeBackend(t, backend)
	backend = s.open(t, strings.Replace(settings, ", BORN: yyyymmdd", "", 1))
	drain(t, backend)
	if n := claimsServed(t, backend); n != 10 { // the layout of an index has changed, so the file is read anew
		t.Fatalf("%d records are served", n)
	}
	if _, err := replay(t, backend, run.GetId()); status.Code(err) != codes.OK && status.Code(err) != codes.FailedPrecondition {
		t.Errorf("a run of before: %v", err)
	}
}

func TestReplayIsRefused(t *testing.T) {
	t.Parallel()
	s, backend, run := withRejects(t, settings)
	if _, err := replay(t, backend, run.GetId(), &adminv1.Correction{Record: 7}); status.Code(err) != codes.InvalidArgument || !strings.Contains(fmt.Sprint(err), "[7]") {
		t.Errorf("a record that is no reject: %v", err)
	}
	short, err := replay(t, backend, run.GetId(), &adminv1.Correction{Record: 6, Data: []byte("short")})
	if err != nil || short.GetRejects() != 1 || claimsServed(t, backend) != 8 {
		t.Errorf("a record that is too short: %v, %v", short, err)
	}
	if _, err := replay(t, backend, "none"); status.Code(err) != codes.NotFound {
		t.Errorf("of no run: %v", err)
	}
	s.write(t, "in/CLAIMS.2", extractOf("20261121", twoClaims...))
	drain(t, backend)
	if _, err := replay(t, backend, run.GetId()); status.Code(err) != codes.FailedPrecondition {
		t.Errorf("of a file that is in force no longer: %v", err)
	}
	if runs := runsOf(t, backend, "claims"); runs[0].GetFile() == "CLAIMS.2" {
		if _, err := replay(t, backend, runs[0].GetId()); status.Code(err) != codes.FailedPrecondition {
			t.Errorf("of a run without rejects: %v", err)
		}
	}
	if n := claimsServed(t, backend); n != 2 {
		t.Errorf("%d records are served, want 2", n)
	}
}

func TestOperatorRollsBack(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	yaml := strings.Replace(settings, "    max_bad_share: 0.4\n", "    max_bad_share: 0.4\n    keep: 3\n", 1)
	backend := s.open(t, yaml)
	for i, claims := range [][]claim{manyClaims(1), manyClaims(2), manyClaims(3)} {
		s.write(t, fmt.Sprintf("in/CLAIMS.%d", i+1), extractOf(fmt.Sprintf("2026112%d", i), claims...))
		drain(t, backend)
	}
	rollBack := func(to string) *adminv1.Extract {
		response, err := operatorOf(t, backend).RollBackExtract(t.Context(), &adminv1.RollBackExtractRequest{Extract: "claims", Snapshot: to})
		if err != nil {
			t.Fatal(err)
		}
		return response.GetExtract()
	}
	if got := rollBack(""); !got.GetRolledBack() || got.GetInForce().GetFile() != "CLAIMS.2" || len(got.GetSnapshots()) != 3 || claimsServed(t, backend) != 2 {
		t.Errorf("one back: %v, %d records", got, claimsServed(t, backend))
	}
	if got := rollBack(""); got.GetInForce().GetFile() != "CLAIMS.1" || got.GetInForce().GetRecords() != 1 || claimsServed(t, backend) != 1 {
		t.Errorf("two back: %v, %d records", got, claimsServed(t, backend))
	}
	_, err := operatorOf(t, backend).RollBackExtract(t.Context(), &adminv1.RollBackExtractRequest{Extract: "claims"})
	if status.Code(err) != codes.FailedPrecondition {
		t.Errorf("three back: %v", err)
	}
	if got := rollBack("newest"); got.GetRolledBack() || got.GetInForce().GetFile() != "CLAIMS.3" || claimsServed(t, backend) != 3 {
		t.Errorf("forward: %v, %d records", got, claimsServed(t, backend))
	}
	if got := rollBack(rollBack("").GetSnapshots()[2].GetName()); got.GetInForce().GetFile() != "CLAIMS.1" {
		t.Errorf("by name: %v", got)
	}
	for _, request := range []*adminv1.RollBackExtractRequest{{Extract: "claims", Snapshot: "none"}, {Extract: "others"}} {
		if _, err := operatorOf(t, backend).RollBackExtract(t.Context(), request); status.Code(err) != codes.NotFound {
			t.Errorf("%v: %v", request, err)
		}
	}
}
