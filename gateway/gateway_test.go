package gateway_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"

	"go.uber.org/goleak"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	reflectionpb "google.golang.org/grpc/reflection/grpc_reflection_v1"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/adapters/memory"
	"github.com/postern-gateway/postern/gateway"
	"github.com/postern-gateway/postern/gateway/telemetry"
)

func TestMain(m *testing.M) {
	if part := os.Getenv(benchmarkPart); part != "" {
		serveBenchmark(part)
		return
	}
	if estate := os.Getenv(crashPart); estate != "" {
		serveCrashing(estate)
		return
	}
	goleak.VerifyTestMain(m)
}

// running is a gateway that serves, and what its callers know of it.
type running struct {
	*gateway.Gateway
	*gateway.Server
}

// serve serves a copy of an estate until the test ends, on free ports.
func serve(t *testing.T, dir string, known ...adapters.Adapter) running {
	t.Helper()
	return serveLogging(t, t.Output(), dir, known...)
}

// serveLogging does so with its log written to logs.
func serveLogging(t *testing.T, logs io.Writer, dir string, known ...adapters.Adapter) running {
	t.Helper()
	recording, err := telemetry.Start(t.Context(), telemetry.Options{Logs: logs})
	if err != nil {
		t.Fatal(err)
	}
	options := gateway.Options{
		Estate: dir, Adapters: known, Telemetry: recording,
		REST: "127.0.0.1:0", GRPC: "127.0.0.1:0", Admin: "127.0.0.1:0",
	}
	g, err := gateway.Open(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	server, err := g.Listen(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- server.Serve(ctx) }()
	t.Cleanup(func() {
		http.DefaultClient.CloseIdleConnections()
		stop()
		if err := errors.Join(<-served, g.Close(), recording.Shutdown(context.Background())); err != nil {
			t.Error(err)
		}
	})
	return running{g, server}
}

// answer is what a REST caller gets.
type answer struct {
	status int
	header http.Header
	body   string
}

func (a answer) field(t *testing.T, name string) any {
	t.Helper()
	var fields map[string]any
	if err := json.Unmarshal([]byte(a.body), &fields); err != nil {
		t.Fatalf("%v in %s", err, a.body)
	}
	return fields[name]
}

func request(t *testing.T, method, url, body string, header ...string) answer {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{response.StatusCode, response.Header, compact(string(text))}
}

// compact takes the white space out of JSON, which protojson varies from build to build.
func compact(text string) string {
	var out bytes.Buffer
	for line := range strings.Lines(text) {
		if json.Compact(&out, []byte(line)) != nil {
			return text
		}
		if strings.HasSuffix(line, "\n") {
			out.WriteByte('\n')
		}
	}
	return out.String()
}

func TestREST(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	copyEstate(t, "testdata/estate", dir)
	base := "http://" + serve(t, dir, memory.Adapter{}).REST()
	tests := []struct {
		name, method, path, body string
		status                   int
		want                     string // whole body, or for a problem its code
	}{
		{"mirrored", "GET", "/items/v1/items/c", "", 200, `{"id":"c","title":"third","amount":"9007199254740993"}`},
		{"list", "GET", "/items/v1/items?pageSize=1", "", 200, `{"items":[{"id":"a","title":"first","amount":"12"}],"nextPageToken":"a"}`},
		{"stream", "GET", "/items/v1/items:stream", "", 200, `{"result":{"id":"a","title":"first","amount":"12"}}
{"result":{"id":"b","title":"second","amount":"-7"}}
{"result":{"id":"c","title":"third","amount":"9007199254740993"}}
`},
		{"bound", "GET", "/shop/v1/articles/b", "", 200, `{"articleId":"b","name":"second"}`},
		{"bound and missing", "GET", "/shop/v1/articles/zzz", "", 404, "ITEM_NOT_FOUND"},
		{"broken rule", "GET", "/shop/v1/articles/toolong", "", 400, "INVALID_ARGUMENT"},
		{"unknown path", "GET", "/shop/v2/articles/a", "", 404, "ROUTE_NOT_FOUND"},
		{"exists", "POST", "/items/v1/items", `{"id":"a"}`, 409, "ITEM_EXISTS"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := request(t, test.method, base+test.path, test.body)
			if got.status != test.status {
				t.Errorf("status %d, want %d", got.status, test.status)
			}
			if test.status == 200 {
				if got.body != test.want {
					t.Errorf("body %s, want %s", got.body, test.want)
				}
				return
			}
			if code := got.field(t, "code"); code != test.want || got.header.Get("Content-Type") != "application/problem+json" {
				t.Errorf("code %v as %s, want %s", code, got.header.Get("Content-Type"), test.want)
			}
		})
	}
}

func TestViolationsNameFieldsAsCallersKnowThem(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	copyEstate(t, "testdata/estate", dir)
	base := "http://" + serve(t, dir, memory.Adapter{}).REST()
	got := request(t, "GET", base+"/shop/v1/articles/toolong", "")
	if !strings.Contains(got.body, `"violations":[{"field":"articleId","description":"must be at most 3 characters"}]`) {
		t.Errorf("answer %s", got.body)
	}
}

func TestMocksAreMarked(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	copyEstate(t, "testdata/estate", dir)
	base := "http://" + serve(t, dir, memory.Adapter{}).REST()
	mocked, bound := request(t, "GET", base+"/shop/v1/offers/x", ""), request(t, "GET", base+"/shop/v1/articles/a", "")
	if mocked.body != `{"articleId":"o1","name":"an offer"}` || mocked.header.Get("Postern-Mock") != "true" {
		t.Errorf("the mock answers %s with %v", mocked.body, mocked.header)
	}
	if bound.header.Get("Postern-Mock") != "" {
		t.Error("an answer of a back end is marked as a mock")
	}
}

func TestGRPC(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	copyEstate(t, "testdata/estate", dir)
	served := serve(t, dir, memory.Adapter{})
	conn, err := grpc.NewClient(served.GRPC(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()

	find, err := served.Registry().Find("items", "GetItem")
	if err != nil {
		t.Fatal(err)
	}
	method, _ := served.Registry().Method("/" + string(find.Parent().FullName()) + "/GetItem")
	request, reply := method.Input.New(), method.Input.New().Interface()
	request.Set(find.Input().Fields().ByName("id"), valueOf("b"))
	// Request and reply are of different types, but both have the id as field 1.
	if err := conn.Invoke(t.Context(), "/items.v1.ItemsService/GetItem", request.Interface(), reply); err != nil {
		t.Fatal(err)
	}
	if got := reply.ProtoReflect().Get(find.Input().Fields().ByName("id")).String(); got != "b" {
		t.Errorf("item %q, want b", got)
	}

	health, err := healthpb.NewHealthClient(conn).Check(t.Context(), &healthpb.HealthCheckRequest{Service: "items.v1.ItemsService"})
	if err != nil || health.GetStatus() != healthpb.HealthCheckResponse_SERVING {
		t.Errorf("health %v, %v", health, err)
	}

	stream, err := reflectionpb.NewServerReflectionClient(conn).ServerReflectionInfo(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := stream.Send(&reflectionpb.ServerReflectionRequest{MessageRequest: &reflectionpb.ServerReflectionRequest_ListServices{}}); err != nil {
		t.Fatal(err)
	}
	listed, err := stream.Recv()
	if err != nil {
		t.Fatal(err)
	}
	names := make(map[string]bool)
	for _, service := range listed.GetListServicesResponse().GetService() {
		names[service.GetName()] = true
	}
	for _, want := range []string{"items.v1.ItemsService", "shop.v1.Shop", "grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection"} {
		if !names[want] {
			t.Errorf("reflection does not list %s: %v", want, names)
		}
	}
}
