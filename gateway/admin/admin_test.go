package admin_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protojson"

	"github.com/postern-gateway/postern/gateway/admin"
	adminv1 "github.com/postern-gateway/postern/proto/postern/admin/v1"
)

type state struct {
	backends []*adminv1.Backend
	ready    bool
}

func (s state) Backends() []*adminv1.Backend { return s.backends }
func (s state) Ready() bool                  { return s.ready }

func get(t *testing.T, s state, path string) *httptest.ResponseRecorder {
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
	handler.ServeHTTP(recorder, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
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
