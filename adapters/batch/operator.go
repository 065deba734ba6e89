package batch

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strconv"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/adapters/listing"
	adminv1 "github.com/postern-gateway/postern/proto/postern/admin/v1"
)

// Bounds of the pages that operators ask for.
const (
	defaultOperatorPage = 100
	maxOperatorPage     = 1000
)

// operator answers operators.
type operator struct {
	adminv1.UnimplementedBatchServiceServer
	backend *backend
}

var _ adapters.Operated = (*backend)(nil)

// Operator implements [adapters.Operated].
func (b *backend) Operator() adminv1.BatchServiceServer { return operator{backend: b} }

// ListExtracts implements [adminv1.BatchServiceServer].
func (o operator) ListExtracts(context.Context, *adminv1.ListExtractsRequest) (*adminv1.ListExtractsResponse, error) {
	response := &adminv1.ListExtractsResponse{}
	for _, x := range o.backend.extracts {
		response.Extracts = append(response.Extracts, x.show())
	}
	return response, nil
}

// show is what operators see of an extract.
func (x *extract) show() *adminv1.Extract {
	shown := &adminv1.Extract{Name: x.config.GetPlural(), Freshness: adminv1.Freshness_FRESHNESS_EMPTY}
	if err := x.check(); err != nil {
		shown.Detail = err.Error()
	}
	x.mu.Lock()
	shown.Held = x.waiting
	x.mu.Unlock()
	current, err := x.acquire()
	if err != nil {
		x.showMissing(shown)
		return shown
	}
	defer x.release(current)
	shown.Freshness = adminv1.Freshness_FRESHNESS_LOADED
	x.showPunctuality(shown)
	shown.Age = durationpb.New(time.Since(current.Info().AsOf).Truncate(time.Second))
	for _, kept := range x.keptSnapshots() {
		one := &adminv1.Snapshot{Name: kept.Name, AsOf: moment(kept.AsOf), File: kept.Source, Records: kept.Live, InForce: kept.InForce, Number: kept.Number}
		shown.Snapshots = append(shown.Snapshots, one)
		if kept.InForce {
			shown.InForce = one
		}
		shown.RolledBack = shown.GetRolledBack() || kept.RolledBack
	}
	return shown
}

// showPunctuality holds what is in force against the calendar, if there is one.
func (x *extract) showPunctuality(shown *adminv1.Extract) {
	if x.expected == nil {
		return
	}
	shown.Freshness = adminv1.Freshness_FRESHNESS_CURRENT
	if x.showMissing(shown) {
		shown.Freshness = adminv1.Freshness_FRESHNESS_LATE
	}
}

// showMissing tells of the files that were due and have not come, and whether there are any.
func (x *extract) showMissing(shown *adminv1.Extract) bool {
	for _, due := range x.missingFiles() {
		shown.Missing = append(shown.Missing, due.Format(time.DateOnly))
	}
	last := len(shown.GetMissing()) - 1
	if last < 0 {
		return false
	}
	shown.Due, shown.Missing = shown.GetMissing()[last], shown.GetMissing()[:last]
	return true
}

// showHeld is what operators see of the files that wait. The caller is the worker.
func (x *extract) showHeld() []*adminv1.HeldFile {
	held := slices.SortedFunc(maps.Values(x.held), func(a, b *fileRecord) int {
		if a.Number != nil && b.Number != nil {
			return cmp.Or(cmp.Compare(*a.Number, *b.Number), cmp.Compare(a.Name, b.Name))
		}
		return cmp.Or(a.ModTime.Compare(b.ModTime), cmp.Compare(a.Name, b.Name))
	})
	shown := make([]*adminv1.HeldFile, len(held))
	for i, r := range held {
		shown[i] = &adminv1.HeldFile{File: r.Name, Number: r.Number, ModifiedAt: moment(r.ModTime), Reason: r.Reason}
	}
	return shown
}

// A source is an inbox, and what operators call what is read from it.
type source struct {
	name    string
	inbox   *inbox
	extract *extract // nil for acknowledgements
}

// show is what operators see of a run.
func (s source) show(r *fileRecord) *adminv1.Run {
	run := s.inbox.show(r, s.name)
	if s.extract == nil {
		return run
	}
	if late := s.extract.lateness(r); late > 0 {
		run.Late = durationpb.New(late)
	}
	return run
}

// sources returns the inboxes of this name, or all if it is empty.
func (b *backend) sources(name string) ([]source, error) {
	var found []source
	for _, x := range b.extracts {
		found = append(found, source{x.config.GetPlural(), &x.inbox, x})
	}
	for _, s := range b.submissions {
		found = append(found, source{s.config.GetName(), &s.ack.inbox, nil})
	}
	if name == "" {
		return found, nil
	}
	found = slices.DeleteFunc(found, func(s source) bool { return s.name != name })
	if len(found) == 0 {
		return nil, adapters.Errorf(codes.NotFound, "", "there is no extract or kind of submission %q", name)
	}
	return found, nil
}

// ListRuns implements [adminv1.BatchServiceServer].
func (o operator) ListRuns(ctx context.Context, request *adminv1.ListRunsRequest) (*adminv1.ListRunsResponse, error) {
	size, err := operatorPage(request.GetPageSize())
	if err != nil {
		return nil, err
	}
	sources, err := o.backend.sources(request.GetOf())
	if err != nil {
		return nil, err
	}
	var all []*adminv1.Run
	for _, s := range sources {
		runs, err := s.inbox.runs(ctx)
		if err != nil {
			return nil, shape(err)
		}
		for _, r := range runs {
			if run := s.show(r); request.GetPageToken() == "" || run.GetId() < request.GetPageToken() {
				all = append(all, run)
			}
		}
	}
	slices.SortFunc(all, func(a, b *adminv1.Run) int {
		if a.GetId() > b.GetId() {
			return -1
		}
		return 1 // no two are the same
	})
	response := &adminv1.ListRunsResponse{Runs: all}
	if len(all) > size {
		response.Runs = all[:size]
		response.NextPageToken = all[size-1].GetId()
	}
	return response, nil
}

// operatorPage is how many are on a page.
func operatorPage(asked int32) (int, error) {
	switch {
	case asked == 0:
		return defaultOperatorPage, nil
	case asked < 0 || asked > maxOperatorPage:
		return 0, &adapters.Error{Code: codes.InvalidArgument, Violations: []adapters.Violation{{Field: "pageSize", Description: "a page has 1 to 1000"}}}
	default:
		return int(asked), nil
	}
}

// findRun finds a run by its id.
func (b *backend) findRun(ctx context.Context, id string) (source, *fileRecord, error) {
	sources, err := b.sources("")
	if err != nil {
		return source{}, nil, err
	}
	for _, s := range sources {
		if r, err := s.inbox.run(ctx, id); err != nil || r != nil {
			return s, r, shape(err)
		}
	}
	return source{}, nil, adapters.Errorf(codes.NotFound, "", "there is no run %q", id)
}

// ListRejects implements [adminv1.BatchServiceServer].
func (o operator) ListRejects(ctx context.Context, request *adminv1.ListRejectsRequest) (*adminv1.ListRejectsResponse, error) {
	size, err := operatorPage(request.GetPageSize())
	if err != nil {
		return nil, err
	}
	skip := 0
	if token := request.GetPageToken(); token != "" {
		if skip, err = strconv.Atoi(token); err != nil || skip < 0 {
			return nil, listing.InvalidToken(listing.ErrToken)
		}
	}
	s, run, err := o.backend.findRun(ctx, request.GetRun())
	if err != nil {
		return nil, err
	}
	response := &adminv1.ListRejectsResponse{}
	if s.extract == nil || run.Bad == 0 {
		return response, nil
	}
	seen := 0
	err = s.extract.readRejects(request.GetRun(), func(one reject) bool {
		if seen++; seen <= skip {
			return true
		}
		if len(response.GetRejects()) == size {
			response.NextPageToken = strconv.Itoa(seen - 1)
			return false
		}
		shown := &adminv1.Reject{Record: one.Record, Offset: one.Offset, Reason: one.Reason}
		if request.GetWithData() {
			shown.Data = one.Data
		}
		response.Rejects = append(response.Rejects, shown)
		return true
	})
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errRejectsElsewhere
	}
	return response, shape(err)
}

// ReplayRejects implements [adminv1.BatchServiceServer].
func (o operator) ReplayRejects(ctx context.Context, request *adminv1.ReplayRejectsRequest) (*adminv1.ReplayRejectsResponse, error) {
	s, run, err := o.backend.findRun(ctx, request.GetRun())
	if err != nil {
		return nil, err
	}
	if s.extract == nil {
		return nil, adapters.Errorf(codes.FailedPrecondition, "NO_REJECTS", "an acknowledgement is used as a whole or not at all, and has no rejects")
	}
	if run.Bad == 0 {
		return nil, adapters.Errorf(codes.FailedPrecondition, "NO_REJECTS", "this run has no rejects")
	}
	corrections := make(map[int64][]byte)
	for i, one := range request.GetRecords() {
		if _, twice := corrections[one.GetRecord()]; twice {
			return nil, &adapters.Error{Code: codes.InvalidArgument, Violations: []adapters.Violation{
				{Field: fmt.Sprintf("records[%d].record", i), Description: "this record is named before"},
			}}
		}
		corrections[one.GetRecord()] = one.GetData()
	}
	replayed, err := s.extract.replay(ctx, run, corrections)
	if err != nil {
		return nil, shape(err)
	}
	return &adminv1.ReplayRejectsResponse{Run: s.show(replayed)}, nil
}

// newestSnapshot asks RollBackExtract to go forward.
const newestSnapshot = "newest"

// RollBackExtract implements [adminv1.BatchServiceServer].
func (o operator) RollBackExtract(ctx context.Context, request *adminv1.RollBackExtractRequest) (*adminv1.RollBackExtractResponse, error) {
	at := slices.IndexFunc(o.backend.extracts, func(x *extract) bool { return x.config.GetPlural() == request.GetExtract() })
	if at < 0 {
		return nil, adapters.Errorf(codes.NotFound, "", "there is no extract %q", request.GetExtract())
	}
	x := o.backend.extracts[at]
	name, err := x.snapshotNamed(request.GetSnapshot())
	if err != nil {
		return nil, err
	}
	if err := x.rollBack(ctx, name); err != nil {
		return nil, shape(err)
	}
	return &adminv1.RollBackExtractResponse{Extract: x.show()}, nil
}

// snapshotNamed is the snapshot that a request means.
func (x *extract) snapshotNamed(name string) (string, error) {
	kept := x.keptSnapshots()
	at := slices.IndexFunc(kept, func(k keptSnapshot) bool { return k.InForce })
	switch {
	case name == newestSnapshot && len(kept) > 0:
		return kept[0].Name, nil
	case name != "":
		return name, nil
	case at < 0 || at == len(kept)-1:
		return "", adapters.Errorf(codes.FailedPrecondition, "NO_SNAPSHOT_BEFORE", "no snapshot before the one in force is kept")
	default:
		return kept[at+1].Name, nil
	}
}

// ListSubmissions implements [adminv1.BatchServiceServer].
func (o operator) ListSubmissions(ctx context.Context, _ *adminv1.ListSubmissionsRequest) (*adminv1.ListSubmissionsResponse, error) {
	response := &adminv1.ListSubmissionsResponse{}
	for _, s := range o.backend.submissions {
		shown, err := s.backlog(ctx)
		if err != nil {
			return nil, shape(err)
		}
		response.Submissions = append(response.Submissions, shown)
	}
	return response, nil
}
