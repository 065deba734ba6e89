package adaptertest

import (
	"context"
	"log/slog"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	tracenoop "go.opentelemetry.io/otel/trace/noop"
	"go.uber.org/goleak"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/postern-gateway/postern/adapters"
)

// callTimeout bounds what the suite waits for. A sound adapter needs a fraction of it.
const callTimeout = 20 * time.Second

// A Subject is an adapter, and what the suite must know to try it.
type Subject struct {
	// Adapter is the adapter under test.
	Adapter adapters.Adapter
	// Config returns a valid configuration of a legacy system that is up. It may start one; t.Cleanup ends it.
	Config func(t *testing.T) adapters.Config
	// Dir is where relative paths in the configuration start.
	Dir string
	// Ready waits until a back end that reads its data in the background can answer. Nil means at once.
	Ready func(ctx context.Context, backend adapters.Backend) error
	// Read is a call of a read-only method that succeeds, with its reply.
	Read Call
	// Missing is a call that is answered with NOT_FOUND.
	Missing Call
	// Conditional, if the adapter has a method that writes under conditions, is how to try it: a read of one resource, and two writes of it.
	Conditional *Conditional
	// Accepted, if the adapter has a method that answers with an operation, is how to try it.
	Accepted *Accepted
	// Secrets are texts that must be in no public error: host names, user names, SQL, paths.
	Secrets []string
	// Network, if the legacy system is reached by TCP, lets the suite stand in between.
	Network *Network
	// Waivers are guarantees that the adapter cannot show, by the name of the sub-test, each with a reason.
	Waivers map[string]string
}

// A Call is one call of a unary method, in JSON.
type Call struct {
	// Method is the method's name.
	Method protoreflect.Name
	// Request is its request.
	Request string
	// Reply is what it answers.
	Reply string
}

// Run tries every guarantee of the contract as a sub-test. It counts goroutines, so nothing may run beside it: the calling test is not
// parallel.
func Run(t *testing.T, subject Subject) {
	t.Helper()
	guarantees := []struct {
		name  string
		check func(*testing.T, Subject)
	}{
		{"descriptors are complete", checkDescriptors},
		{"read answers", checkRead},
		{"reads run concurrently", checkConcurrency},
		{"missing is NOT_FOUND", checkMissing},
		{"a call given up is CANCELLED", checkCanceled},
		{"a deadline is kept", checkDeadline},
		{"opening can be given up", checkOpenCanceled},
		{"writes are conditional", checkConditional},
		{"what is accepted is kept", checkAccepted},
		{"closing leaves nothing", checkClose},
		{"describing leaves nothing", checkDescribeOnly},
		{"the request is not changed", checkRequest},
		{"back ends are independent", checkIndependence},
		{"a refused connection is UNAVAILABLE", checkRefused},
		{"a hanging legacy system does not hold the caller", checkHang},
		{"a connection cut in the reply is an error", checkCut},
	}
	for _, guarantee := range guarantees {
		t.Run(guarantee.name, func(t *testing.T) {
			if reason, waived := subject.Waivers[guarantee.name]; waived {
				t.Logf("waived: %s", reason)
				return
			}
			guarantee.check(t, subject)
		})
	}
}

// open opens a back end that the test's end closes.
func open(t *testing.T, subject Subject, config adapters.Config) adapters.Backend {
	t.Helper()
	return openWith(t, subject, config, options(t, subject))
}

// openWith is open for a back end that shares its store with another.
func openWith(t *testing.T, subject Subject, config adapters.Config, settings adapters.Options) adapters.Backend {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), callTimeout)
	defer cancel()
	backend, err := subject.Adapter.Open(ctx, config, settings)
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	t.Cleanup(func() {
		if err := backend.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	if subject.Ready != nil {
		if err := subject.Ready(ctx, backend); err != nil {
			t.Fatalf("Ready: %v", err)
		}
	}
	return backend
}

func options(t *testing.T, subject Subject) adapters.Options {
	t.Helper()
	store := NewStore()
	return adapters.Options{
		Name:           "under-test",
		Dir:            subject.Dir,
		DataDir:        t.TempDir(),
		Store:          store,
		Jobs:           NewJobs(t, store),
		Logger:         slog.New(slog.DiscardHandler),
		TracerProvider: tracenoop.NewTracerProvider(),
		MeterProvider:  metricnoop.NewMeterProvider(),
	}
}

// find returns a method of the back end with its descriptor.
func find(t *testing.T, backend adapters.Backend, name protoreflect.Name) (adapters.Method, protoreflect.MethodDescriptor) {
	t.Helper()
	for _, service := range backend.Services() {
		for _, method := range service.Methods {
			if method.Name == name {
				return method, service.Descriptor.Methods().ByName(name)
			}
		}
	}
	t.Fatalf("the back end has no method %s", name)
	return adapters.Method{}, nil
}

// call makes one call as the gateway would, and returns the reply and the descriptor of its type.
func call(ctx context.Context, t *testing.T, backend adapters.Backend, c Call) (proto.Message, protoreflect.MessageDescriptor, error) {
	t.Helper()
	_, descriptor := find(t, backend, c.Method)
	reply, err := answer(ctx, t, backend, c, &adapters.Reply{})
	return reply, descriptor.Output(), err
}

// answer makes one call, and notes what its answer says beside its message.
func answer(ctx context.Context, t *testing.T, backend adapters.Backend, c Call, said *adapters.Reply) (proto.Message, error) {
	t.Helper()
	method, descriptor := find(t, backend, c.Method)
	request := newMessage(method.Input, descriptor.Input())
	if err := protojson.Unmarshal([]byte(c.Request), request); err != nil {
		t.Fatalf("request of %s: %v", c.Method, err)
	}
	return method.Unary(adapters.WithReply(ctx, said), request)
}

func newMessage(of protoreflect.MessageType, descriptor protoreflect.MessageDescriptor) proto.Message {
	if of == nil {
		of = dynamicpb.NewMessageType(descriptor)
	}
	return of.New().Interface()
}

func wantReply(t *testing.T, reply proto.Message, descriptor protoreflect.MessageDescriptor, want string) {
	t.Helper()
	wanted := dynamicpb.NewMessage(descriptor)
	if err := protojson.Unmarshal([]byte(want), wanted); err != nil {
		t.Fatalf("wanted reply: %v", err)
	}
	if got := reply.ProtoReflect().Descriptor().FullName(); got != descriptor.FullName() {
		t.Fatalf("reply is a %s, want %s", got, descriptor.FullName())
	}
	if diff := cmp.Diff(proto.Message(wanted), reply, protocmp.Transform()); diff != "" {
		t.Errorf("reply differs (-want +got):\n%s", diff)
	}
}

// wantCode checks the code of an error as the caller sees it, and that nothing leaks into its public part.
func wantCode(t *testing.T, subject Subject, err error, want ...codes.Code) {
	t.Helper()
	if err == nil {
		t.Fatalf("the call succeeded, want %v", want)
	}
	public := status.Convert(err)
	matched := false
	for _, code := range want {
		matched = matched || public.Code() == code
	}
	if !matched {
		t.Errorf("code %v, want %v (error: %v)", public.Code(), want, err)
	}
	for _, secret := range subject.Secrets {
		if strings.Contains(public.Proto().String(), secret) {
			t.Errorf("the public error holds %q: %v", secret, public.Proto())
		}
	}
}

func checkDescriptors(t *testing.T, subject Subject) {
	backend := open(t, subject, subject.Config(t))
	services := backend.Services()
	if len(services) == 0 {
		t.Fatal("the back end offers no service")
	}
	for _, service := range services {
		file := service.Descriptor.ParentFile()
		if want := protoreflect.FullName(adapters.PackageName("under-test")); file.Package() != want {
			t.Errorf("%s is in package %s, want %s", service.Descriptor.FullName(), file.Package(), want)
		}
		if _, err := protoregistry.GlobalFiles.FindFileByPath(file.Path()); err == nil {
			t.Errorf("%s is registered globally", file.Path())
		}
		if _, err := protodesc.NewFile(protodesc.ToFileDescriptorProto(file), protoregistry.GlobalFiles); err != nil {
			t.Errorf("%s does not link again, so no lock can hold it: %v", file.Path(), err)
		}
		seen := make(map[protoreflect.Name]bool)
		for _, method := range service.Methods {
			descriptor := service.Descriptor.Methods().ByName(method.Name)
			if descriptor == nil || seen[method.Name] {
				t.Errorf("method %s is not in the descriptor, or is there twice", method.Name)
				continue
			}
			seen[method.Name] = true
			if (method.Unary != nil) == (method.Stream != nil) || (method.Stream != nil) != descriptor.IsStreamingServer() {
				t.Errorf("method %s does not have the handler that its descriptor asks for", method.Name)
			}
		}
		if len(seen) != service.Descriptor.Methods().Len() {
			t.Errorf("%s describes %d methods, and %d are answered", service.Descriptor.FullName(), service.Descriptor.Methods().Len(), len(seen))
		}
	}
	if again := backend.Services(); len(again) != len(services) || again[0].Descriptor != services[0].Descriptor {
		t.Error("Services does not return the same at every call")
	}
}

func checkRead(t *testing.T, subject Subject) {
	backend := open(t, subject, subject.Config(t))
	reply, descriptor, err := call(t.Context(), t, backend, subject.Read)
	if err != nil {
		t.Fatal(err)
	}
	wantReply(t, reply, descriptor, subject.Read.Reply)
	if checker, ok := backend.(adapters.Checker); ok {
		if err := checker.Check(t.Context()); err != nil {
			t.Errorf("Check of a back end that answers: %v", err)
		}
	}
}

func checkConcurrency(t *testing.T, subject Subject) {
	backend := open(t, subject, subject.Config(t))
	var group sync.WaitGroup
	for range 16 {
		group.Go(func() {
			for range 8 {
				reply, descriptor, err := call(t.Context(), t, backend, subject.Read)
				if err != nil {
					t.Error(err)
					return
				}
				wantReply(t, reply, descriptor, subject.Read.Reply)
			}
		})
	}
	group.Wait()
}

func checkMissing(t *testing.T, subject Subject) {
	backend := open(t, subject, subject.Config(t))
	_, _, err := call(t.Context(), t, backend, subject.Missing)
	wantCode(t, subject, err, codes.NotFound)
}

func checkCanceled(t *testing.T, subject Subject) {
	backend := open(t, subject, subject.Config(t))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, _, err := call(ctx, t, backend, subject.Read)
	wantCode(t, subject, err, codes.Canceled)
}

func checkDeadline(t *testing.T, subject Subject) {
	backend := open(t, subject, subject.Config(t))
	ctx, cancel := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
	defer cancel()
	_, _, err := call(ctx, t, backend, subject.Read)
	wantCode(t, subject, err, codes.DeadlineExceeded)
}

func checkOpenCanceled(t *testing.T, subject Subject) {
	config, lent := subject.Config(t), options(t, subject)
	running := goleak.IgnoreCurrent()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	backend, err := subject.Adapter.Open(ctx, config, lent)
	if err == nil {
		if closing := backend.Close(); closing != nil {
			t.Errorf("Close: %v", closing)
		}
		t.Error("Open succeeded with a context that had ended")
	}
	goleak.VerifyNone(t, running)
}

func checkClose(t *testing.T, subject Subject) {
	config, lent := subject.Config(t), options(t, subject)
	running := goleak.IgnoreCurrent()
	backend, err := subject.Adapter.Open(t.Context(), config, lent)
	if err != nil {
		t.Fatal(err)
	}
	if subject.Ready != nil {
		if err := subject.Ready(t.Context(), backend); err != nil {
			t.Fatalf("Ready: %v", err)
		}
	}
	if _, _, err := call(t.Context(), t, backend, subject.Read); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := backend.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	}
	goleak.VerifyNone(t, running)
}

// checkDescribeOnly opens a back end as a check or an import does.
func checkDescribeOnly(t *testing.T, subject Subject) {
	config, described := subject.Config(t), options(t, subject)
	running := goleak.IgnoreCurrent()
	described.DescribeOnly, described.Jobs = true, nil
	backend, err := subject.Adapter.Open(t.Context(), config, described)
	if err != nil {
		t.Fatal(err)
	}
	find(t, backend, subject.Read.Method)
	if err := backend.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
	goleak.VerifyNone(t, running)
	if left, err := os.ReadDir(described.DataDir); err != nil || len(left) > 0 {
		t.Errorf("the data directory holds %v, %v", left, err)
	}
	err = described.Store.View(t.Context(), func(tx adapters.Tx) error {
		for record, err := range tx.Scan("", "") {
			if err != nil {
				return err
			}
			t.Errorf("the store holds %s", record.Key)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

func checkRequest(t *testing.T, subject Subject) {
	backend := open(t, subject, subject.Config(t))
	method, descriptor := find(t, backend, subject.Read.Method)
	request := newMessage(method.Input, descriptor.Input())
	if err := protojson.Unmarshal([]byte(subject.Read.Request), request); err != nil {
		t.Fatalf("request of %s: %v", subject.Read.Method, err)
	}
	before := proto.Clone(request)
	if _, err := method.Unary(adapters.WithReply(t.Context(), &adapters.Reply{}), request); err != nil {
		t.Fatal(err)
	}
	if !proto.Equal(before, request) {
		t.Errorf("the request was %v, and is %v", before, request)
	}
}

func checkIndependence(t *testing.T, subject Subject) {
	first := open(t, subject, subject.Config(t))
	second := open(t, subject, subject.Config(t))
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	reply, descriptor, err := call(t.Context(), t, second, subject.Read)
	if err != nil {
		t.Fatalf("after another back end was closed: %v", err)
	}
	wantReply(t, reply, descriptor, subject.Read.Reply)
}
