package registry_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/adapters/mirror"
	"github.com/postern-gateway/postern/gateway/registry"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// describe makes a service Echo of the back end, with a unary method Say and a stream Repeat, both of StringValue.
func describe(t *testing.T, backend string, services ...string) []protoreflect.ServiceDescriptor {
	t.Helper()
	file := mirror.NewFile(backend)
	text := mirror.External((*wrapperspb.StringValue)(nil))
	for _, name := range services {
		service := file.Service(name, "")
		service.Method(mirror.Method{Original: "Say", Input: text, Output: text})
		service.Method(mirror.Method{Original: "Repeat", Input: text, Output: text, Stream: true})
	}
	linked, err := file.Build()
	if err != nil {
		t.Fatal(err)
	}
	var all []protoreflect.ServiceDescriptor
	for i := range linked.Services().Len() {
		all = append(all, linked.Services().Get(i))
	}
	return all
}

// echo answers with what it was given, in the type that it was given.
func echo(descriptor protoreflect.ServiceDescriptor, input protoreflect.MessageType) adapters.Service {
	return adapters.Service{Descriptor: descriptor, Methods: []adapters.Method{
		{Name: "Say", Input: input, Unary: func(_ context.Context, request proto.Message) (proto.Message, error) { return request, nil }},
		{Name: "Repeat", Input: input, Stream: func(_ context.Context, request proto.Message, send func(proto.Message) error) error {
			return errors.Join(send(request), send(request))
		}},
	}}
}

func asIs(method registry.Method) registry.Method { return method }

func connect(t *testing.T, input protoreflect.MessageType) *registry.Conn {
	t.Helper()
	descriptor := describe(t, "legacy", "Echo")[0]
	catalog, err := registry.NewCatalog([]registry.Declaration{{Owner: "legacy", Service: descriptor}})
	if err != nil {
		t.Fatal(err)
	}
	methods, err := registry.New(catalog, map[string][]adapters.Service{"legacy": {echo(descriptor, input)}}, asIs)
	if err != nil {
		t.Fatal(err)
	}
	conn := &registry.Conn{}
	conn.Use(methods)
	return conn
}

func TestFind(t *testing.T) {
	t.Parallel()
	var declarations []registry.Declaration
	for _, service := range append(describe(t, "two", "First", "Second"), describe(t, "one", "Echo")...) {
		declarations = append(declarations, registry.Declaration{Owner: strings.TrimSuffix(string(service.ParentFile().Package()), ".v1"), Service: service})
	}
	catalog, err := registry.NewCatalog(declarations)
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct{ owner, method, want, wantError string }{
		{"one", "Say", "one.v1.Echo.Say", ""},
		{"two", "Second.Say", "two.v1.Second.Say", ""},
		{"two", "Say", "", "two has several methods Say: write First.Say"},
		{"one", "Shout", "", "one has no method Shout; it has Say, Repeat"},
		{"three", "Say", "", "there is no back end or contract three; there are one, two"},
	}
	for _, test := range tests {
		method, err := catalog.Find(test.owner, test.method)
		if test.wantError != "" {
			if err == nil || err.Error() != test.wantError {
				t.Errorf("Find(%s, %s): %v, want %s", test.owner, test.method, err, test.wantError)
			}
			continue
		}
		if err != nil || string(method.FullName()) != test.want {
			t.Errorf("Find(%s, %s) = %v, %v, want %s", test.owner, test.method, method, err, test.want)
		}
	}
}

func TestCatalogRefusesTheSameNameTwice(t *testing.T) {
	t.Parallel()
	_, err := registry.NewCatalog([]registry.Declaration{
		{Owner: "a", Service: describe(t, "legacy", "Echo")[0]},
		{Owner: "b", Service: describe(t, "legacy", "Echo")[0]},
	})
	if err == nil || !strings.Contains(err.Error(), "legacy.v1.Echo") {
		t.Errorf("got %v, want an error that names the service", err)
	}
}

func TestCatalogResolves(t *testing.T) {
	t.Parallel()
	service := describe(t, "legacy", "Echo")[0]
	catalog, err := registry.NewCatalog([]registry.Declaration{{Owner: "legacy", Service: service}})
	if err != nil {
		t.Fatal(err)
	}
	if found, err := catalog.FindDescriptorByName("legacy.v1.Echo.Say"); err != nil || found != service.Methods().ByName("Say") {
		t.Errorf("FindDescriptorByName: %v, %v", found, err)
	}
	if found, err := catalog.FindFileByPath(service.ParentFile().Path()); err != nil || found != service.ParentFile() {
		t.Errorf("FindFileByPath: %v, %v", found, err)
	}
	if found, err := catalog.FindMessageByURL("type.googleapis.com/google.protobuf.StringValue"); err != nil || found.Descriptor().FullName() != "google.protobuf.StringValue" {
		t.Errorf("FindMessageByURL: %v, %v", found, err)
	}
}

func TestNewWantsAHandlerForEachMethod(t *testing.T) {
	t.Parallel()
	descriptor := describe(t, "legacy", "Echo")[0]
	catalog, err := registry.NewCatalog([]registry.Declaration{{Owner: "legacy", Service: descriptor}})
	if err != nil {
		t.Fatal(err)
	}
	whole := echo(descriptor, nil)
	tests := []struct {
		name     string
		services []adapters.Service
		want     string
	}{
		{"none", nil, "nothing answers legacy.v1.Echo"},
		{"one missing", []adapters.Service{{Descriptor: descriptor, Methods: whole.Methods[:1]}}, "nothing answers legacy.v1.Echo.Repeat"},
		{"twice", []adapters.Service{whole, whole}, "two handlers answer legacy.v1.Echo.Say"},
		{"wrong kind", []adapters.Service{{Descriptor: descriptor, Methods: []adapters.Method{{Name: "Repeat", Unary: whole.Methods[0].Unary}}}}, "needs a stream handler"},
		{"unknown", []adapters.Service{{Descriptor: descriptor, Methods: []adapters.Method{{Name: "Shout", Unary: whole.Methods[0].Unary}}}}, "has no method Shout"},
	}
	for _, test := range tests {
		_, err := registry.New(catalog, map[string][]adapters.Service{"legacy": test.services}, asIs)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want %s", test.name, err, test.want)
		}
	}
}

func TestConnPassesMessagesAsTheyAre(t *testing.T) {
	t.Parallel()
	conn := connect(t, nil)
	request := dynamicpb.NewMessage((&wrapperspb.StringValue{}).ProtoReflect().Descriptor())
	reply, err := registry.Call(t.Context(), conn, "/legacy.v1.Echo/Say", request)
	if err != nil {
		t.Fatal(err)
	}
	if reply != proto.Message(request) {
		t.Error("the handler's own message was not passed on")
	}
}

func TestConnConvertsWhereTypesDiffer(t *testing.T) {
	t.Parallel()
	conn := connect(t, (&wrapperspb.StringValue{}).ProtoReflect().Type())
	request := dynamicpb.NewMessage((&wrapperspb.StringValue{}).ProtoReflect().Descriptor())
	request.Set(request.Descriptor().Fields().ByName("value"), protoreflect.ValueOfString("hello"))
	reply := &wrapperspb.StringValue{}
	if err := conn.Invoke(t.Context(), "/legacy.v1.Echo/Say", request, reply); err != nil {
		t.Fatal(err)
	}
	if reply.GetValue() != "hello" {
		t.Errorf("reply %q, want hello", reply.GetValue())
	}
}

func TestConnStreams(t *testing.T) {
	t.Parallel()
	conn := connect(t, nil)
	stream, err := conn.NewStream(t.Context(), &grpc.StreamDesc{ServerStreams: true}, "/legacy.v1.Echo/Repeat")
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(stream.SendMsg(wrapperspb.String("again")), stream.CloseSend()); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		reply := &wrapperspb.StringValue{}
		if err := stream.RecvMsg(reply); err != nil || reply.GetValue() != "again" {
			t.Errorf("received %q, %v", reply.GetValue(), err)
		}
	}
	if err := stream.RecvMsg(&wrapperspb.StringValue{}); !errors.Is(err, io.EOF) {
		t.Errorf("after the last reply: %v, want io.EOF", err)
	}
}

// A caller that stops reading ends its context, and the handler ends too: goleak sees to it.
func TestConnLetsGoOfAStream(t *testing.T) {
	t.Parallel()
	conn := connect(t, nil)
	ctx, cancel := context.WithCancel(t.Context())
	stream, err := conn.NewStream(ctx, &grpc.StreamDesc{ServerStreams: true}, "/legacy.v1.Echo/Repeat")
	if err != nil {
		t.Fatal(err)
	}
	if err := stream.SendMsg(wrapperspb.String("again")); err != nil {
		t.Fatal(err)
	}
	cancel()
}

// Nothing may close a back end while one of its handlers runs, so whoever stops early waits for it.
func TestStopWaitsForTheHandler(t *testing.T) {
	t.Parallel()
	descriptor := describe(t, "legacy", "Echo")[0]
	catalog, err := registry.NewCatalog([]registry.Declaration{{Owner: "legacy", Service: descriptor}})
	if err != nil {
		t.Fatal(err)
	}
	var ended atomic.Bool
	service := echo(descriptor, nil)
	for i := range service.Methods {
		if service.Methods[i].Stream != nil {
			service.Methods[i].Stream = func(ctx context.Context, request proto.Message, send func(proto.Message) error) error {
				defer ended.Store(true)
				if err := send(request); err != nil {
					return err
				}
				<-ctx.Done()
				<-time.After(20 * time.Millisecond) // what it still has to put away
				return ctx.Err()
			}
		}
	}
	methods, err := registry.New(catalog, map[string][]adapters.Service{"legacy": {service}}, asIs)
	if err != nil {
		t.Fatal(err)
	}
	conn := &registry.Conn{}
	conn.Use(methods)
	receive, stop, err := registry.StartStream(t.Context(), conn, "/legacy.v1.Echo/Repeat", wrapperspb.String("once"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := receive(); err != nil {
		t.Error(err)
	}
	stop()
	if !ended.Load() {
		t.Error("the handler still runs")
	}
}

func TestConnRefuses(t *testing.T) {
	t.Parallel()
	conn := connect(t, nil)
	tests := []struct {
		method  string
		request any
		want    codes.Code
	}{
		{"/legacy.v1.Echo/Shout", wrapperspb.String(""), codes.Unimplemented},
		{"/legacy.v1.Echo/Repeat", wrapperspb.String(""), codes.Unimplemented},
		{"/legacy.v1.Echo/Say", "text", codes.Internal},
	}
	for _, test := range tests {
		var reply proto.Message
		if err := conn.Invoke(t.Context(), test.method, test.request, &reply); status.Code(err) != test.want {
			t.Errorf("%s: %v, want %v", test.method, err, test.want)
		}
	}
	var reply proto.Message
	if err := (&registry.Conn{}).Invoke(t.Context(), "/legacy.v1.Echo/Say", wrapperspb.String(""), &reply); status.Code(err) != codes.Unavailable {
		t.Errorf("before there is a registry: %v", err)
	}
}
