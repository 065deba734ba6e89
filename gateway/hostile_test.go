package gateway_test

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/adapters/memory"
	"github.com/postern-gateway/postern/gateway"
)

// dial connects to the gateway's gRPC listener.
func dial(t *testing.T, served running) *grpc.ClientConn {
	t.Helper()
	conn, err := grpc.NewClient(served.GRPC(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// odd is the memory adapter whose GetItem returns what it is told to.
type odd struct {
	memory.Adapter
	reply proto.Message
}

func (o odd) Open(ctx context.Context, config adapters.Config, options adapters.Options) (adapters.Backend, error) {
	opened, err := o.Adapter.Open(ctx, config, options)
	return oddBackend{opened, o.reply}, err
}

type oddBackend struct {
	adapters.Backend
	reply proto.Message
}

func (b oddBackend) Services() []adapters.Service {
	services := b.Backend.Services()
	services[0].Methods[0].Unary = func(context.Context, proto.Message) (proto.Message, error) { return b.reply, nil }
	return services
}

// explosive is a message that cannot be written.
type explosive struct{ emptypb.Empty }

func (*explosive) ProtoReflect() protoreflect.Message { panic("password=hunter2") }

func TestRepliesThatAreNone(t *testing.T) {
	t.Parallel()
	for name, reply := range map[string]proto.Message{"nothing": nil, "a panic": &explosive{}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			served := serve(t, lockedEstate(t), odd{reply: reply})
			err := dial(t, served).Invoke(t.Context(), "/items.v1.ItemsService/GetItem", wrapperspb.String("a"), &emptypb.Empty{})
			if status.Code(err) != codes.Internal || strings.Contains(err.Error(), "hunter2") {
				t.Errorf("over gRPC: %v, want an internal error that says nothing", err)
			}
			got := request(t, "GET", "http://"+served.REST()+"/items/v1/items/a", "")
			if got.status != 500 || strings.Contains(got.body, "hunter2") {
				t.Errorf("over REST: %d %s, want an internal error that says nothing", got.status, got.body)
			}
		})
	}
}

func TestGRPCRefusesWhatItCannotRead(t *testing.T) {
	t.Parallel()
	dir := lockedEstate(t)
	writeFile(t, filepath.Join(dir, "gateway.yaml"), "limits: {max_request_bytes: 1024}\n")
	conn := dial(t, serve(t, dir, memory.Adapter{}))
	tests := []struct {
		name, method string
		request      proto.Message
		code         codes.Code
		reason       string
	}{
		{"too large", "/items.v1.ItemsService/GetItem", wrapperspb.String(strings.Repeat("x", 2000)), codes.ResourceExhausted, ""},
		{"no UTF-8", "/items.v1.ItemsService/GetItem", wrapperspb.Bytes([]byte("\xff")), codes.Internal, ""},
		{"no such method", "/items.v1.ItemsService/Nope", &emptypb.Empty{}, codes.Unimplemented, "METHOD_NOT_FOUND"},
	}
	for _, test := range tests {
		err := conn.Invoke(t.Context(), test.method, test.request, &emptypb.Empty{})
		if status.Code(err) != test.code || !strings.Contains(fmt.Sprint(status.Convert(err).Details()), test.reason) {
			t.Errorf("%s: %v with %v, want %v and %s", test.name, err, status.Convert(err).Details(), test.code, test.reason)
		}
	}
}

// A caller who does not read his stream is cut off at the deadline. Until then he holds a place, but does not make the back end look ill.
func TestAStreamThatNobodyReadsEnds(t *testing.T) {
	t.Parallel()
	dir := lockedEstate(t)
	var items strings.Builder
	for i := range 3000 {
		fmt.Fprintf(&items, "  - {id: i%05d, title: %s, amount: 1}\n", i, strings.Repeat("x", 200))
	}
	replaceIn(t, filepath.Join(dir, "backends", "items.yaml"), "items:\n", "items:\n"+items.String())
	writeFile(t, filepath.Join(dir, "gateway.yaml"), "limits: {max_timeout: 0.5s}\n")
	served := serve(t, dir, memory.Adapter{})
	stream, err := dial(t, served).NewStream(t.Context(), &grpc.StreamDesc{ServerStreams: true}, "/items.v1.ItemsService/StreamItems")
	if err != nil {
		t.Fatal(err)
	}
	if err := stream.SendMsg(&emptypb.Empty{}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "a call under way", func() bool { return served.Backends()[0].GetInFlight() == 1 })
	eventually(t, "its end", func() bool { return served.Backends()[0].GetInFlight() == 0 })
	if breaker := served.Backends()[0].GetBreaker(); breaker.GetFailures() != 0 || breaker.GetSlow() != 0 {
		t.Errorf("the breaker has counted %v", breaker)
	}
	for err == nil {
		err = stream.RecvMsg(&emptypb.Empty{})
	}
	if status.Code(err) != codes.DeadlineExceeded {
		t.Errorf("the stream ended with %v, want DeadlineExceeded", err)
	}
}

func TestPathsAreNotLogged(t *testing.T) {
	t.Parallel()
	logs := &safeBuffer{}
	served := serveLogging(t, logs, lockedEstate(t), memory.Adapter{})
	if got := request(t, "GET", "http://"+served.REST()+"/items/v1/items/C000001", ""); got.status != 404 {
		t.Errorf("status %d", got.status)
	}
	eventually(t, "the access log", func() bool { return strings.Contains(logs.String(), `"route":"/items/v1/items/{id}"`) })
	if strings.Contains(logs.String(), "C000001") {
		t.Errorf("the log names a person: %s", logs)
	}
}

func TestServingThatEndsBeforeItBegins(t *testing.T) {
	t.Parallel()
	g, err := gateway.Open(t.Context(), gateway.Options{
		Estate: lockedEstate(t), Adapters: []adapters.Adapter{memory.Adapter{}}, Telemetry: record(t),
		REST: "127.0.0.1:0", GRPC: "127.0.0.1:0", Admin: "127.0.0.1:0",
	})
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	for range 5 {
		server, err := g.Listen(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := server.Serve(ctx); err != nil {
			t.Errorf("got %v, want a graceful end", err)
		}
	}
}

// A caller who watches the health of the gateway does not hold up its end.
func TestWatchersOfHealthAreLetGo(t *testing.T) {
	t.Parallel()
	g, err := gateway.Open(t.Context(), gateway.Options{
		Estate: lockedEstate(t), Adapters: []adapters.Adapter{memory.Adapter{}}, Telemetry: record(t),
		REST: "127.0.0.1:0", GRPC: "127.0.0.1:0", Admin: "127.0.0.1:0",
	})
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	server, err := g.Listen(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- server.Serve(ctx) }()
	watching, err := healthpb.NewHealthClient(dial(t, running{g, server})).Watch(t.Context(), &healthpb.HealthCheckRequest{})
	if err != nil {
		t.Fatal(err)
	}
	if health, err := watching.Recv(); err != nil || health.GetStatus() != healthpb.HealthCheckResponse_SERVING {
		t.Errorf("health %v, %v", health, err)
	}
	stop()
	if err := <-served; err != nil {
		t.Errorf("got %v, want a graceful end", err)
	}
}
