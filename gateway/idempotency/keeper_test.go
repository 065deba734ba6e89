package idempotency_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/adapters/adaptertest"
	"github.com/postern-gateway/postern/gateway/fault"
	"github.com/postern-gateway/postern/gateway/idempotency"
)

// echo is a method from text to text.
func echo(t *testing.T) protoreflect.MethodDescriptor {
	t.Helper()
	file, err := protodesc.NewFile(&descriptorpb.FileDescriptorProto{
		Name: proto.String("echo.proto"), Package: proto.String("echo"), Dependency: []string{"google/protobuf/wrappers.proto"}, Syntax: proto.String("proto3"),
		Service: []*descriptorpb.ServiceDescriptorProto{{Name: proto.String("Echo"), Method: []*descriptorpb.MethodDescriptorProto{{
			Name: proto.String("Say"), InputType: proto.String(".google.protobuf.StringValue"), OutputType: proto.String(".google.protobuf.StringValue"),
		}}}},
	}, protoregistry.GlobalFiles)
	if err != nil {
		t.Fatal(err)
	}
	return file.Services().Get(0).Methods().Get(0)
}

// bench is a keeper under a clock that the test moves.
type bench struct {
	t      *testing.T
	store  adapters.Store
	keeper *idempotency.Keeper
	method protoreflect.MethodDescriptor
	now    atomic.Int64
	calls  atomic.Int32
}

func newBench(t *testing.T) *bench {
	t.Helper()
	b := &bench{t: t, store: adaptertest.NewStore(), method: echo(t)}
	b.now.Store(time.Date(2026, time.January, 31, 12, 0, 0, 0, time.UTC).UnixNano())
	b.keeper = idempotency.New(b.store, slog.New(slog.DiscardHandler), b.clock)
	return b
}

func (b *bench) clock() time.Time               { return time.Unix(0, b.now.Load()) }
func (b *bench) advance(duration time.Duration) { b.now.Add(int64(duration)) }

// do makes a call whose handler answers what answer does.
func (b *bench) do(ctx context.Context, key, text string, answer func() (proto.Message, error)) (string, *adapters.Reply, error) {
	said := &adapters.Reply{}
	call := idempotency.Call{
		Key: key, Method: b.method, Request: wrapperspb.String(text), Until: b.clock().Add(10 * time.Second), KeepFor: 24 * time.Hour, MaxReply: 100,
	}
	reply, err := b.keeper.Do(adapters.WithReply(ctx, said), call, func(ctx context.Context) (proto.Message, error) {
		b.calls.Add(1)
		adapters.ReplyFrom(ctx).ETag = "state"
		return answer()
	})
	if err != nil {
		return "", said, err
	}
	fields := reply.ProtoReflect().Descriptor().Fields()
	return reply.ProtoReflect().Get(fields.ByName("value")).String(), said, nil
}

func says(text string) func() (proto.Message, error) {
	return func() (proto.Message, error) { return wrapperspb.String(text), nil }
}

func failing(err error) func() (proto.Message, error) {
	return func() (proto.Message, error) { return nil, err }
}

func (b *bench) wantReason(err error, code codes.Code, reason string) {
	b.t.Helper()
	var known *adapters.Error
	if !errors.As(err, &known) || known.Code != code || known.Reason != reason {
		b.t.Errorf("the error is %v, want %v %s", err, code, reason)
	}
}

func (b *bench) wantCalls(want int32) {
	b.t.Helper()
	if got := b.calls.Load(); got != want {
		b.t.Errorf("%d calls were made, want %d", got, want)
	}
}

func TestReplay(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	first, said, err := b.do(t.Context(), "k", "x", says("one"))
	if err != nil || first != "one" || said.Replayed {
		t.Fatalf("the call: %q, %+v, %v", first, said, err)
	}
	again, said, err := b.do(t.Context(), "k", "x", says("two"))
	if err != nil || again != "one" || !said.Replayed || said.ETag != "state" {
		t.Errorf("repeated: %q, %+v, %v", again, said, err)
	}
	b.wantCalls(1)
	if other, said, err := b.do(t.Context(), "k2", "x", says("three")); err != nil || other != "three" || said.Replayed {
		t.Errorf("another key: %q, %+v, %v", other, said, err)
	}
}

func TestAnotherRequestIsRefused(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	if _, _, err := b.do(t.Context(), "k", "x", says("one")); err != nil {
		t.Fatal(err)
	}
	_, _, err := b.do(t.Context(), "k", "y", says("two"))
	b.wantReason(err, codes.InvalidArgument, idempotency.ReasonReused)
	_, _, err = b.do(adapters.WithConditions(t.Context(), adapters.Conditions{IfMatch: []string{"5"}}), "k", "x", says("two"))
	b.wantReason(err, codes.InvalidArgument, idempotency.ReasonReused)
	b.wantCalls(1)
}

// by is the context of a call by somebody.
func by(ctx context.Context, subject, authorization string) context.Context {
	caller := adapters.Caller{Header: func(name string) []string {
		if name == "Authorization" && authorization != "" {
			return []string{authorization}
		}
		return nil
	}}
	if subject != "" {
		caller.Claims = map[string]string{"sub": subject}
	}
	return adapters.WithCaller(ctx, caller)
}

func TestCallersDoNotSeeEachOther(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for _, subject := range []string{"alex", "sam"} {
		if got, said, err := b.do(by(t.Context(), subject, ""), "k", "x", says(subject)); err != nil || got != subject || said.Replayed {
			t.Errorf("%s: %q, %+v, %v", subject, got, said, err)
		}
	}
	if got, said, err := b.do(by(t.Context(), "alex", "a new token"), "k", "x", says("no")); err != nil || got != "alex" || !said.Replayed {
		t.Errorf("alex with a new token: %q, %+v, %v", got, said, err)
	}
	if _, _, err := b.do(by(t.Context(), "", "Basic one"), "k", "x", says("unknown")); err != nil {
		t.Fatal(err)
	}
	_, _, err := b.do(by(t.Context(), "", "Basic two"), "k", "x", says("no"))
	b.wantReason(err, codes.InvalidArgument, idempotency.ReasonReused)
	b.wantCalls(3)
}

func TestFailures(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		err   error
		frees bool
	}{
		{"refused", &adapters.Error{Code: codes.InvalidArgument}, true},
		{"missing", &adapters.Error{Code: codes.NotFound}, true},
		{"there already", &adapters.Error{Code: codes.AlreadyExists}, true},
		{"a condition", &adapters.Error{Code: codes.FailedPrecondition}, true},
		{"rolled back", &adapters.Error{Code: codes.Aborted}, true},
		{"an open breaker", &adapters.Error{Code: codes.Unavailable, Unsent: true}, true},
		{"a broken connection", &adapters.Error{Code: codes.Unavailable}, false},
		{"out of time", context.DeadlineExceeded, false},
		{"given up", context.Canceled, false},
		{"a mistake of ours", errors.New("odd"), false},
		{"an answer that cannot be read", &adapters.Error{Code: codes.DataLoss}, false},
		{"an error page", &adapters.Error{Code: codes.NotFound, Ill: true}, false},
		{"half done", &adapters.Error{Code: codes.NotFound, Partial: true}, false},
	}
	for _, test := range tests {
		b := newBench(t)
		if _, _, err := b.do(t.Context(), "k", "x", failing(test.err)); !errors.Is(err, test.err) {
			t.Errorf("%s: %v", test.name, err)
		}
		got, said, err := b.do(t.Context(), "k", "x", says("done"))
		if !test.frees {
			b.wantReason(err, codes.FailedPrecondition, idempotency.ReasonUnknown)
			b.wantCalls(1)
			continue
		}
		if err != nil || got != "done" || said.Replayed {
			t.Errorf("after %s: %q, %+v, %v", test.name, got, said, err)
		}
	}
}

func TestPanicLeavesAnUnknownOutcome(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	func() {
		defer func() { _ = recover() }()
		_, _, _ = b.do(t.Context(), "k", "x", func() (proto.Message, error) { panic("odd") })
	}()
	_, _, err := b.do(t.Context(), "k", "x", says("done"))
	b.wantReason(err, codes.FailedPrecondition, idempotency.ReasonUnknown)
	b.wantCalls(1)
}

// A caller who has left before the call is made has written nothing.
func TestCallerWhoHasLeft(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := b.do(ctx, "k", "x", says("no")); fault.Public(err).Code() != codes.Canceled {
		t.Errorf("the error is %v", err)
	}
	b.wantCalls(0)
	if got, _, err := b.do(t.Context(), "k", "x", says("done")); err != nil || got != "done" {
		t.Errorf("%q, %v", got, err)
	}
}

func TestDuplicatesAtOnce(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	var group sync.WaitGroup
	var answered, refused atomic.Int32
	for range 50 {
		group.Go(func() {
			got, _, err := b.do(context.Background(), "k", "x", says("one"))
			switch {
			case err == nil && got == "one":
				answered.Add(1)
			default:
				b.wantReason(err, codes.Aborted, idempotency.ReasonInUse)
				refused.Add(1)
			}
		})
	}
	group.Wait()
	b.wantCalls(1)
	if answered.Load() == 0 || answered.Load()+refused.Load() != 50 {
		t.Errorf("%d answered, %d refused", answered.Load(), refused.Load())
	}
}

// A process that dies leaves a running call behind: it is in use while it could still run, then unknown, and free once the key has expired.
func TestProcessThatIsGone(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	hung, release := make(chan struct{}), make(chan struct{})
	var group sync.WaitGroup
	group.Go(func() {
		_, _, _ = b.do(context.Background(), "k", "x", func() (proto.Message, error) {
			close(hung)
			<-release
			return nil, errors.New("gone")
		})
	})
	<-hung
	_, _, err := b.do(t.Context(), "k", "x", says("no"))
	b.wantReason(err, codes.Aborted, idempotency.ReasonInUse)
	if !fault.Retryable(err, false) {
		t.Error("a key in use is not retryable")
	}
	b.advance(10 * time.Second)
	_, _, err = b.do(t.Context(), "k", "x", says("no"))
	b.wantReason(err, codes.FailedPrecondition, idempotency.ReasonUnknown)
	b.wantCalls(1)
	b.advance(24 * time.Hour)
	if got, _, err := b.do(t.Context(), "k", "x", says("anew")); err != nil || got != "anew" {
		t.Errorf("after the key has expired: %q, %v", got, err)
	}
	close(release)
	group.Wait()
}

func TestLargeRepliesAreNotKept(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	large := strings.Repeat("x", 101)
	if got, _, err := b.do(t.Context(), "k", "x", says(large)); err != nil || got != large {
		t.Fatal(err)
	}
	_, _, err := b.do(t.Context(), "k", "x", says("no"))
	b.wantReason(err, codes.FailedPrecondition, idempotency.ReasonNotKept)
	b.wantCalls(1)
}

func TestSweep(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for i := range 450 {
		if _, _, err := b.do(t.Context(), strings.Repeat("k", 1+i%200)+strings.Repeat("l", i/200), "x", says("old")); err != nil {
			t.Fatal(err)
		}
	}
	b.advance(time.Hour)
	if _, _, err := b.do(t.Context(), "young", "x", says("young")); err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		pause time.Duration
		want  int // records, replies and expiries
	}{{22 * time.Hour, 3 * 451}, {time.Hour + 11*time.Second, 3}, {time.Hour, 0}} {
		b.advance(step.pause)
		if err := b.keeper.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := count(t, b.store); got != step.want {
			t.Errorf("after %v more, %d entries are kept, want %d", step.pause, got, step.want)
		}
	}
}

func count(t *testing.T, store adapters.Store) int {
	t.Helper()
	n := 0
	err := store.View(t.Context(), func(tx adapters.Tx) error {
		for _, err := range tx.Scan("", "") {
			if err != nil {
				return err
			}
			n++
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// deaf is a store that takes nothing.
type deaf struct{ adapters.Store }

func (deaf) Update(context.Context, func(adapters.Tx) error) error {
	return errors.New("the disk is full")
}

func TestStoreThatTakesNothing(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.keeper = idempotency.New(deaf{}, slog.New(slog.DiscardHandler), b.clock)
	_, _, err := b.do(t.Context(), "k", "x", says("no"))
	b.wantReason(err, codes.Unavailable, idempotency.ReasonStore)
	b.wantCalls(0)
	if !fault.Retryable(err, false) || strings.Contains(fault.Public(err).Message(), "disk") {
		t.Errorf("public error %v", fault.Public(err))
	}
}
