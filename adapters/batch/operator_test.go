package batch_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/postern-gateway/postern/adapters"
	adminv1 "github.com/postern-gateway/postern/proto/postern/admin/v1"
)

func operatorOf(t testing.TB, backend adapters.Backend) adminv1.BatchServiceServer {
	t.Helper()
	operated, ok := backend.(adapters.Operated)
	if !ok {
		t.Fatalf("a %T answers no operators", backend)
	}
	return operated.Operator()
}

func runsOf(t testing.TB, backend adapters.Backend, of string) []*adminv1.Run {
	t.Helper()
	response, err := operatorOf(t, backend).ListRuns(t.Context(), &adminv1.ListRunsRequest{Of: of})
	if err != nil {
		t.Fatal(err)
	}
	return response.GetRuns()
}

func TestOperatorSeesRuns(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	backend := s.open(t, settings)
	drain(t, backend)
	s.write(t, "in/CLAIMS.1", extractOf("20261120", twoClaims...))
	drain(t, backend)
	s.write(t, "in/CLAIMS.2", extractOf("20261121", twoClaims...)[:100])
	drain(t, backend)
	s.write(t, "in/ACK.1", bytes.Repeat([]byte{0x40}, 40))
	drain(t, backend)

	var got []string
	for _, run := range runsOf(t, backend, "") {
		got = append(got, fmt.Sprintf("%s %s %d %s %d/%d", run.GetOf(), run.GetFile(), run.GetSize(), run.GetOutcome(), run.GetRejects(), run.GetRecords()))
		if run.GetStartedAt() == nil || run.GetDuration().AsDuration() < 0 || (run.GetReason() == "") != (run.GetOutcome() == "served") {
			t.Errorf("the run %v", run)
		}
	}
	want := []string{"changes ACK.1 40 refused 0/0", "claims CLAIMS.2 100 refused 0/0", "claims CLAIMS.1 240 served 0/2"}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("runs %q, want %q", got, want)
	}
	if runs := runsOf(t, backend, "claims"); len(runs) != 2 || !runs[1].GetAsOf().AsTime().Equal(londonMidnight(t, "20261120")) {
		t.Errorf("runs of claims: %v", runs)
	}
	page, err := operatorOf(t, backend).ListRuns(t.Context(), &adminv1.ListRunsRequest{PageSize: 2})
	if err != nil || len(page.GetRuns()) != 2 {
		t.Fatalf("%v, %v", page, err)
	}
	page, err = operatorOf(t, backend).ListRuns(t.Context(), &adminv1.ListRunsRequest{PageSize: 2, PageToken: page.GetNextPageToken()})
	if err != nil || len(page.GetRuns()) != 1 || page.GetRuns()[0].GetFile() != "CLAIMS.1" || page.GetNextPageToken() != "" {
		t.Errorf("the second page: %v, %v", page, err)
	}
	if _, err := operatorOf(t, backend).ListRuns(t.Context(), &adminv1.ListRunsRequest{Of: "others"}); status.Code(err) != codes.NotFound {
		t.Errorf("of what is not there: %v", err)
	}
}

func TestOperatorSeesExtracts(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	backend := s.open(t, settings)
	show := func() *adminv1.Extract {
		response, err := operatorOf(t, backend).ListExtracts(t.Context(), &adminv1.ListExtractsRequest{})
		if err != nil || len(response.GetExtracts()) != 1 {
			t.Fatalf("%v, %v", response, err)
		}
		return response.GetExtracts()[0]
	}
	if got := show(); got.GetFreshness() != adminv1.Freshness_FRESHNESS_EMPTY || got.GetInForce() != nil || got.GetDetail() == "" {
		t.Errorf("before the first file: %v", got)
	}
	s.write(t, "in/CLAIMS.1", extractOf("20261120", twoClaims...))
	drain(t, backend)
	got := show()
	if got.GetFreshness() != adminv1.Freshness_FRESHNESS_LOADED || got.GetInForce().GetRecords() != 2 || got.GetInForce().GetFile() != "CLAIMS.1" ||
		!got.GetInForce().GetAsOf().AsTime().Equal(londonMidnight(t, "20261120")) || got.GetAge().AsDuration() <= 0 || got.GetDetail() != "" || len(got.GetSnapshots()) != 1 {
		t.Errorf("with a file: %v", got)
	}
}

func TestOperatorSeesRejects(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	claims := manyClaims(10)
	claims[4].born, claims[7].born = "19611332", "x"
	content := extractOf("20261120", claims...)
	s.write(t, "in/CLAIMS.1", content)
	backend := s.open(t, settings)
	drain(t, backend)
	runs := runsOf(t, backend, "claims")
	if len(runs) != 1 || runs[0].GetRejects() != 2 {
		t.Fatalf("runs %v", runs)
	}
	rejects := func(request *adminv1.ListRejectsRequest) *adminv1.ListRejectsResponse {
		request.Run = runs[0].GetId()
		response, err := operatorOf(t, backend).ListRejects(t.Context(), request)
		if err != nil {
			t.Fatal(err)
		}
		return response
	}
	all := rejects(&adminv1.ListRejectsRequest{}).GetRejects()
	if len(all) != 2 || all[0].GetRecord() != 6 || all[0].GetOffset() != 300 || all[0].GetReason() == "" || all[0].GetData() != nil || all[1].GetRecord() != 9 {
		t.Errorf("rejects %v", all)
	}
	page := rejects(&adminv1.ListRejectsRequest{PageSize: 1, WithData: true})
	if len(page.GetRejects()) != 1 || !bytes.Equal(page.GetRejects()[0].GetData(), content[300:360]) {
		t.Errorf("the first page: %v", page)
	}
	page = rejects(&adminv1.ListRejectsRequest{PageSize: 1, PageToken: page.GetNextPageToken()})
	if len(page.GetRejects()) != 1 || page.GetRejects()[0].GetRecord() != 9 || page.GetNextPageToken() != "" {
		t.Errorf("the second page: %v", page)
	}
	kept, err := filepath.Glob(filepath.Join(s.data, "quarantine", "claims", "*"))
	if err != nil || len(kept) != 1 {
		t.Fatalf("the quarantine has %v, %v", kept, err)
	}
	if info, err := os.Stat(kept[0]); err != nil || info.Mode() != 0o600 {
		t.Errorf("the rejects are not protected: %v, %v", info.Mode(), err)
	}
	if err := os.Remove(kept[0]); err != nil {
		t.Fatal(err)
	}
	if _, err := operatorOf(t, backend).ListRejects(t.Context(), &adminv1.ListRejectsRequest{Run: runs[0].GetId()}); status.Code(err) != codes.FailedPrecondition {
		t.Errorf("rejects that another gateway keeps: %v", err)
	}
	if _, err := operatorOf(t, backend).ListRejects(t.Context(), &adminv1.ListRejectsRequest{Run: "none"}); status.Code(err) != codes.NotFound {
		t.Errorf("rejects of no run: %v", err)
	}
}

// Runs are forgotten past a bound, and the rejects of a forgotten run with it. That of the file in force stays.
func TestOldRunsAreForgotten(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	backend := s.open(t, settings)
	claims := manyClaims(3)
	claims[1].born = "x"
	s.write(t, "in/CLAIMS.0", extractOf("20200101", claims...))
	drain(t, backend)
	if kept, err := filepath.Glob(filepath.Join(s.data, "quarantine", "claims", "*")); err != nil || len(kept) != 1 {
		t.Fatalf("the quarantine has %v, %v", kept, err)
	}
	s.write(t, "in/CLAIMS.1", extractOf("20200102", manyClaims(3)...))
	drain(t, backend)
	for i := range 205 {
		s.write(t, fmt.Sprintf("in/CLAIMS.%d", i+2), []byte("x"))
	}
	drain(t, backend)
	page, err := operatorOf(t, backend).ListRuns(t.Context(), &adminv1.ListRunsRequest{PageSize: 1000})
	if err != nil || len(page.GetRuns()) != 201 || page.GetRuns()[200].GetFile() != "CLAIMS.1" {
		t.Errorf("%d runs, %v; want 200 and that of CLAIMS.1", len(page.GetRuns()), err)
	}
	if kept, err := filepath.Glob(filepath.Join(s.data, "quarantine", "claims", "*")); err != nil || len(kept) != 0 {
		t.Errorf("the quarantine still has %v, %v", kept, err)
	}
}

func TestOperatorSeesSubmissions(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	backend := s.open(t, settings)
	show := func() *adminv1.Submission {
		response, err := operatorOf(t, backend).ListSubmissions(t.Context(), &adminv1.ListSubmissionsRequest{})
		if err != nil || len(response.GetSubmissions()) != 1 {
			t.Fatalf("%v, %v", response, err)
		}
		return response.GetSubmissions()[0]
	}
	for range 2 {
		submit(t, backend, aChange)
	}
	if got := show(); got.GetQueued() != 2 || got.GetOldestQueuedAt() == nil || got.GetUnanswered() != 0 || got.GetOldestUnansweredAt() != nil {
		t.Errorf("in the queue: %v", got)
	}
	drain(t, backend)
	submit(t, backend, aChange)
	if got := show(); got.GetQueued() != 1 || got.GetUnanswered() != 2 || got.GetOldestUnansweredAt() == nil || len(got.GetFiles()) != 0 || got.GetDetail() != "" {
		t.Errorf("delivered: %v", got)
	}
}
