package admin_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/encoding/protojson"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/gateway/admin"
	adminv1 "github.com/postern-gateway/postern/proto/postern/admin/v1"
)

type state struct {
	backends []*adminv1.Backend
	ready    bool
}

func (s state) Backends() []*adminv1.Backend { return s.backends }
func (s state) Ready() bool                  { return s.ready }

// Operate knows the back end claims, and one without files.
func (s state) Operate(ctx context.Context, backend string, do func(context.Context, adminv1.BatchServiceServer) error) error {
	if backend != "claims" {
		return adapters.Errorf(codes.NotFound, "", "the estate has no back end %q", backend)
	}
	return do(ctx, operator{})
}

// operator answers for claims.
type operator struct {
	adminv1.UnimplementedBatchServiceServer
}

func (operator) ListRejects(_ context.Context, request *adminv1.ListRejectsRequest) (*adminv1.ListRejectsResponse, error) {
	return &adminv1.ListRejectsResponse{Rejects: []*adminv1.Reject{{Record: 7, Reason: request.GetRun(), Data: []byte{0xc1}}}}, nil
}

func (operator) RollBackExtract(_ context.Context, request *adminv1.RollBackExtractRequest) (*adminv1.RollBackExtractResponse, error) {
	return nil, adapters.Errorf(codes.FailedPrecondition, "NOT_KEPT", "%s cannot go back: %w", request.GetExtract(), errors.New("no snapshot "+request.GetSnapshot()))
}

func get(t *testing.T, s state, path string) *httptest.ResponseRecorder {
	t.Helper()
	return ask(t, s, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
}

func ask(t *testing.T, s state, request *http.Request) *httptest.ResponseRecorder {
	t.Helper()
	handler, err := admin.NewHandler(t.Context(), admin.Options{
		State:    s,
		Metrics:  http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("metrics")) }),
		Handlers: map[string]http.Handler{"/extra": http.NotFoundHandler()},
	})
	if err != nil {
		t.Fatal(err)
	}
	recorder := httptest.NewRecorder()
	handler.ServeHTTP(recorder, request)
	return recorder
}

func TestHealth(t *testing.T) {
	t.Parallel()
	open := &adminv1.Backend{Name: "a", State: adminv1.BackendState_BACKEND_STATE_AVAILABLE}
	missing := &adminv1.Backend{Name: "b", State: adminv1.BackendState_BACKEND_STATE_UNAVAILABLE}
	failing := &adminv1.Backend{Name: "c", State: adminv1.BackendState_BACKEND_STATE_FAILING}
	tripped := &adminv1.Backend{
		Name: "d", State: adminv1.BackendState_BACKEND_STATE_AVAILABLE, Breaker: &adminv1.Breaker{State: adminv1.BreakerState_BREAKER_STATE_OPEN},
	}
	tests := []struct {
		path   string
		state  state
		status int
		want   string
	}{
		{"/livez", state{}, 200, `{"status":"live"}`},
		{"/readyz", state{[]*adminv1.Backend{open}, true}, 200, `{"status":"ready"}`},
		{"/readyz", state{[]*adminv1.Backend{open, missing}, true}, 200, `{"status":"degraded","missing":["b"]}`},
		{"/readyz", state{[]*adminv1.Backend{open, failing, tripped}, true}, 200, `{"status":"degraded","failing":["c","d"]}`},
		{"/readyz", state{[]*adminv1.Backend{open, missing}, false}, 503, `{"status":"stopping","missing":["b"]}`},
		{"/metrics", state{}, 200, "metrics"},
		{"/extra", state{}, 404, "404 page not found"},
	}
	for _, test := range tests {
		got := get(t, test.state, test.path)
		if got.Code != test.status || strings.TrimSpace(got.Body.String()) != test.want {
			t.Errorf("%s with %+v: %d %s, want %d %s", test.path, test.state, got.Code, got.Body, test.status, test.want)
		}
	}
}

func TestListBackends(t *testing.T) {
	t.Parallel()
	backend := &adminv1.Backend{
		Name: "a", Kind: "memory", State: adminv1.BackendState_BACKEND_STATE_AVAILABLE, Services: []string{"a.v1.ItemsService"},
		Breaker: &adminv1.Breaker{State: adminv1.BreakerState_BREAKER_STATE_HALF_OPEN, Calls: 3, Failures: 2, Slow: 1},
	}
	got := get(t, state{[]*adminv1.Backend{backend}, true}, "/admin/v1/backends")
	var response adminv1.ListBackendsResponse
	if err := protojson.Unmarshal(got.Body.Bytes(), &response); err != nil {
		t.Fatalf("%v in %s", err, got.Body)
	}
	if len(response.GetBackends()) != 1 || response.GetBackends()[0].String() != backend.String() {
		t.Errorf("got %v", response.GetBackends())
	}
	var fields map[string]any
	if err := json.Unmarshal(got.Body.Bytes(), &fields); err != nil || got.Code != 200 || got.Header().Get("Content-Type") != "application/json" {
		t.Errorf("%d %v: %s", got.Code, got.Header(), got.Body)
	}
}

func TestBatchService(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, method, path, body, site string
		status                         int
		want                           string
	}{
		{"passed on", http.MethodGet, "/admin/v1/backends/claims/runs/r1/rejects", "", "", 200, `"reason":"r1","data":"wQ=="`},
		{"the cause is there", http.MethodPost, "/admin/v1/backends/claims/extracts/open:rollBack", `{"snapshot": "s1"}`, "", 400, `NOT_KEPT: open cannot go back: no snapshot s1`},
		{"no such back end", http.MethodGet, "/admin/v1/backends/other/runs", "", "", 404, `the estate has no back end`},
		{"not offered", http.MethodGet, "/admin/v1/backends/claims/extracts", "", "", 501, `not implemented`},
		{"from a web page", http.MethodPost, "/admin/v1/backends/claims/extracts/open:rollBack", `{}`, "cross-site", 403, `cross-origin`},
	}
	for _, test := range tests {
		request := httptest.NewRequestWithContext(t.Context(), test.method, test.path, strings.NewReader(test.body))
		request.Header.Set("Sec-Fetch-Site", test.site)
		got := ask(t, state{}, request)
		body := got.Body
		var compact bytes.Buffer // protojson puts spaces at random
		if json.Compact(&compact, body.Bytes()) == nil {
			body = &compact
		}
		if got.Code != test.status || !strings.Contains(body.String(), test.want) {
			t.Errorf("%s: %d %s, want %d %s", test.name, got.Code, body, test.status, test.want)
		}
	}
}
