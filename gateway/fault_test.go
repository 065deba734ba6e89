package gateway_test

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/adapters/memory"
	"github.com/postern-gateway/postern/gateway"
	"github.com/postern-gateway/postern/gateway/telemetry"
)

// legacy is the memory adapter with a switch: what happens to calls, and whether it can be reached when it is opened.
type legacy struct {
	memory.Adapter
	unreachable *atomic.Bool
	call        *atomic.Pointer[func(context.Context) error] // before each call; nil is well
	check       *atomic.Pointer[func(context.Context) error] // in place of each check; nil is well
}

func newLegacy() legacy {
	return legacy{unreachable: &atomic.Bool{}, call: &atomic.Pointer[func(context.Context) error]{}, check: &atomic.Pointer[func(context.Context) error]{}}
}

func (l legacy) Open(ctx context.Context, config adapters.Config, options adapters.Options) (adapters.Backend, error) {
	if l.unreachable.Load() {
		return nil, &adapters.Error{Code: codes.Unavailable, Cause: errors.New("dialling legacy.internal:1234: refused")}
	}
	opened, err := l.Adapter.Open(ctx, config, options)
	if err != nil {
		return nil, err
	}
	return switched{opened, l}, nil
}

type switched struct {
	adapters.Backend
	legacy legacy
}

// CallerTraits implements [adapters.CallerReader].
func (switched) CallerTraits() adapters.CallerTraits {
	return adapters.CallerTraits{Headers: []string{"X-Tenant"}}
}

func (s switched) Services() []adapters.Service {
	services := s.Backend.Services()
	for i := range services[0].Methods {
		method := &services[0].Methods[i]
		if next := method.Unary; next != nil {
			method.Unary = func(ctx context.Context, request proto.Message) (proto.Message, error) {
				if before := s.legacy.call.Load(); before != nil {
					if err := (*before)(ctx); err != nil {
						return nil, err
					}
				}
				return next(ctx, request)
			}
		}
	}
	return services
}

// Check implements [adapters.Checker].
func (s switched) Check(ctx context.Context) error {
	if instead := s.legacy.check.Load(); instead != nil {
		return (*instead)(ctx)
	}
	return nil
}

// do sets what happens before each call.
func (l legacy) do(before func(context.Context) error) { l.call.Store(&before) }

// lockedEstate is the test estate with its lock file written.
func lockedEstate(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	copyEstate(t, "testdata/estate", dir)
	recording := record(t)
	if _, err := gateway.Describe(t.Context(), gateway.Options{Estate: dir, Adapters: []adapters.Adapter{memory.Adapter{}}, Telemetry: recording}, true); err != nil {
		t.Fatal(err)
	}
	return dir
}

func record(t *testing.T) *telemetry.Telemetry {
	t.Helper()
	recording, err := telemetry.Start(t.Context(), telemetry.Options{Logs: t.Output()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = recording.Shutdown(context.Background()) })
	return recording
}

// eventually asks until the answer satisfies, for at most half a minute.
func eventually(t *testing.T, what string, ask func() bool) {
	t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	for !ask() {
		if time.Now().After(deadline) {
			t.Fatalf("%s did not come about", what)
		}
		<-time.After(20 * time.Millisecond)
	}
}

func TestABackEndThatIsMissingAtStartComesIn(t *testing.T) {
	t.Parallel()
	system := newLegacy()
	system.unreachable.Store(true)
	served := serve(t, lockedEstate(t), system)
	base, admin := "http://"+served.REST(), "http://"+served.Admin()

	for _, path := range []string{"/items/v1/items/a", "/shop/v1/articles/a"} {
		got := request(t, "GET", base+path, "")
		if got.status != 503 || got.field(t, "code") != gateway.ReasonUnavailable || got.header.Get("Retry-After") != "5" || got.field(t, "retryable") != true {
			t.Errorf("%s answers %d %s with %v", path, got.status, got.body, got.header)
		}
		if strings.Contains(got.body, "legacy.internal") {
			t.Errorf("the answer names a host: %s", got.body)
		}
	}
	if got := request(t, "GET", base+"/shop/v1/offers/x", ""); got.status != 200 {
		t.Errorf("what needs no back end answers %d", got.status)
	}
	if got := request(t, "GET", admin+"/readyz", ""); got.status != 200 || got.body != `{"status":"degraded","missing":["items"]}`+"\n" {
		t.Errorf("/readyz is %d %s", got.status, got.body)
	}
	if got := request(t, "GET", admin+"/admin/v1/backends", ""); !strings.Contains(got.body, "BACKEND_STATE_UNAVAILABLE") || !strings.Contains(got.body, "legacy.internal:1234") {
		t.Errorf("/admin/v1/backends is %s", got.body)
	}

	system.unreachable.Store(false)
	eventually(t, "an answer of the back end", func() bool { return request(t, "GET", base+"/shop/v1/articles/a", "").status == 200 })
	if got := request(t, "GET", admin+"/readyz", ""); got.body != `{"status":"ready"}`+"\n" {
		t.Errorf("/readyz is %s", got.body)
	}
}

func TestABackEndWithNeitherLockNorLegacySystemIsAMistake(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	copyEstate(t, "testdata/estate", dir)
	system := newLegacy()
	system.unreachable.Store(true)
	_, err := gateway.Open(t.Context(), gateway.Options{Estate: dir, Adapters: []adapters.Adapter{system}, Telemetry: record(t)})
	if err == nil || !strings.HasPrefix(err.Error(), "backends/items.yaml:1:1: ") || !strings.Contains(err.Error(), "items.lock") {
		t.Errorf("got %v, want a mistake in backends/items.yaml", err)
	}
}

func TestBreakerOpensAndIsSeen(t *testing.T) {
	t.Parallel()
	dir := lockedEstate(t)
	replaceIn(t, filepath.Join(dir, "backends", "items.yaml"), "timeout: 20s", "breaker: {minimum_calls: 3, open_for: 0.3s}")
	system := newLegacy()
	served := serve(t, dir, system)
	base, admin := "http://"+served.REST(), "http://"+served.Admin()

	system.do(func(context.Context) error { return &adapters.Error{Code: codes.Unavailable} })
	for range 3 {
		if got := request(t, "GET", base+"/items/v1/items/a", ""); got.field(t, "code") != "UNAVAILABLE" {
			t.Errorf("a failing back end answers %s", got.body)
		}
	}
	refused := request(t, "GET", base+"/items/v1/items/a", "")
	if refused.status != 503 || refused.field(t, "code") != "CIRCUIT_OPEN" || refused.header.Get("Retry-After") == "" {
		t.Errorf("behind an open breaker: %d %s", refused.status, refused.body)
	}
	if got := request(t, "GET", admin+"/admin/v1/backends", ""); !strings.Contains(got.body, "BREAKER_STATE_OPEN") {
		t.Errorf("/admin/v1/backends is %s", got.body)
	}
	if got := request(t, "GET", admin+"/metrics", ""); !strings.Contains(got.body, "postern_backend_breaker_state") {
		t.Error("the breaker is not among the metrics")
	}

	system.call.Store(nil)
	eventually(t, "a closed breaker", func() bool { return request(t, "GET", base+"/items/v1/items/a", "").status == 200 })
	if got := request(t, "GET", admin+"/admin/v1/backends", ""); !strings.Contains(got.body, "BREAKER_STATE_CLOSED") {
		t.Errorf("/admin/v1/backends is %s", got.body)
	}
}

func TestAnIllBackEndIsSeenThoughNobodyCallsIt(t *testing.T) {
	t.Parallel()
	system := newLegacy()
	check := func(context.Context) error { panic("legacy.internal has gone away") } // not even that stops the gateway
	system.check.Store(&check)
	admin := "http://" + serve(t, lockedEstate(t), system).Admin()
	eventually(t, "the first check", func() bool {
		return request(t, "GET", admin+"/readyz", "").body == `{"status":"degraded","failing":["items"]}`+"\n"
	})
	if got := request(t, "GET", admin+"/admin/v1/backends", ""); !strings.Contains(got.body, "BACKEND_STATE_FAILING") || !strings.Contains(got.body, "legacy.internal has gone away") {
		t.Errorf("/admin/v1/backends is %s", got.body)
	}
}

func TestAPanicIsAnInternalErrorThatSaysNothing(t *testing.T) {
	t.Parallel()
	system := newLegacy()
	served := serve(t, lockedEstate(t), system)
	system.do(func(context.Context) error { panic("password=hunter2") })
	got := request(t, "GET", "http://"+served.REST()+"/items/v1/items/a", "")
	if got.status != 500 || got.field(t, "code") != "INTERNAL" || strings.Contains(got.body, "hunter2") {
		t.Errorf("a panic is answered with %d %s", got.status, got.body)
	}
	system.call.Store(nil)
	if got := request(t, "GET", "http://"+served.REST()+"/items/v1/items/a", ""); got.status != 200 {
		t.Errorf("after a panic: %d %s", got.status, got.body)
	}
}

func TestATimeoutIs504(t *testing.T) {
	t.Parallel()
	dir := lockedEstate(t)
	replaceIn(t, filepath.Join(dir, "backends", "items.yaml"), "timeout: 20s", "timeout: 0.05s")
	system := newLegacy()
	served := serve(t, dir, system)
	system.do(func(ctx context.Context) error {
		<-ctx.Done()
		return ctx.Err()
	})
	got := request(t, "GET", "http://"+served.REST()+"/items/v1/items/a", "")
	if got.status != 504 || got.field(t, "code") != "DEADLINE_EXCEEDED" {
		t.Errorf("a back end that does not answer: %d %s", got.status, got.body)
	}
}

func TestShutdownFinishesWhatIsUnderWay(t *testing.T) {
	t.Parallel()
	system := newLegacy()
	recording := record(t)
	g, err := gateway.Open(t.Context(), gateway.Options{
		Estate: lockedEstate(t), Adapters: []adapters.Adapter{system}, Telemetry: recording,
		REST: "127.0.0.1:0", GRPC: "127.0.0.1:0", Admin: "127.0.0.1:0",
	})
	if err != nil {
		t.Fatal(err)
	}
	server, err := g.Listen(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	arrived, release := make(chan struct{}), make(chan struct{})
	system.do(func(context.Context) error {
		close(arrived)
		<-release
		return nil
	})
	ctx, stop := context.WithCancel(t.Context())
	served, answered := make(chan error, 1), make(chan int, 1)
	go func() { served <- server.Serve(ctx) }()
	go func() { answered <- request(t, "GET", "http://"+server.REST()+"/items/v1/items/a", "").status }()
	<-arrived
	stop()
	eventually(t, "the stop", func() bool { return !g.Ready() })
	close(release)
	if status := <-answered; status != 200 {
		t.Errorf("the call under way was answered with %d", status)
	}
	http.DefaultClient.CloseIdleConnections()
	if err := errors.Join(<-served, g.Close()); err != nil {
		t.Error(err)
	}
}

func TestAPortInUse(t *testing.T) {
	t.Parallel()
	dir := lockedEstate(t)
	first := serve(t, dir, memory.Adapter{})
	g, err := gateway.Open(t.Context(), gateway.Options{
		Estate: lockedEstate(t), Adapters: []adapters.Adapter{memory.Adapter{}}, Telemetry: record(t),
		REST: "127.0.0.1:0", GRPC: first.GRPC(), Admin: "127.0.0.1:0",
	})
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	if _, err := g.Listen(t.Context()); err == nil || !strings.Contains(err.Error(), "listening for gRPC: ") || !strings.Contains(err.Error(), first.GRPC()) {
		t.Errorf("got %v, want an error that names listener and address", err)
	}
}

func replaceIn(t *testing.T, path, old, replacement string) {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(content), old) {
		t.Fatalf("%s does not hold %q", path, old)
	}
	if err := os.WriteFile(path, []byte(strings.Replace(string(content), old, replacement, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
}
