package resilience_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/gateway/resilience"
	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

func settings() resilience.Settings {
	return resilience.NewSettings(&configv1.Resilience{
		Timeout:       durationpb.New(4 * time.Second),
		MaxConcurrent: proto.Uint32(2),
		Breaker: &configv1.Breaker{
			Window:       durationpb.New(30 * time.Second),
			MinimumCalls: proto.Uint32(4),
			FailureRate:  proto.Float64(0.5),
			SlowAfter:    durationpb.New(time.Second),
			SlowRate:     proto.Float64(0.8),
			OpenFor:      durationpb.New(10 * time.Second),
		},
	})
}

// answer makes a call that takes a while and then ends with err.
func answer(took time.Duration, err error) func(context.Context) error {
	return func(ctx context.Context) error {
		select {
		case <-time.After(took):
			return err
		case <-ctx.Done():
			return adapters.FromContext(ctx.Err())
		}
	}
}

func call(g *resilience.Guard, next func(context.Context) error) error {
	return g.Call(context.Background(), next)
}

// A reader that takes its time, or leaves, says nothing about the back end.
func TestSlowReadersOpenNoBreaker(t *testing.T) {
	t.Parallel()
	left := errors.New("the reader has left")
	synctest.Test(t, func(t *testing.T) {
		g := resilience.NewGuard("legacy", settings(), nil)
		for i := range 10 {
			var end error
			if i%2 == 1 {
				end = left
			}
			err := g.CallStream(t.Context(), func(proto.Message) error {
				<-time.After(3 * time.Second) // the clock of the bubble
				return end
			}, func(_ context.Context, send func(proto.Message) error) error { return send(nil) })
			if !errors.Is(err, end) {
				t.Errorf("got %v, want %v", err, end)
			}
		}
		if status := g.Status(); status.State != resilience.Closed || status.Slow != 0 || status.Failures != 0 {
			t.Errorf("after slow readers: %+v", status)
		}
	})
}

func TestBreakerOpensAndRecovers(t *testing.T) {
	t.Parallel()
	unavailable := &adapters.Error{Code: codes.Unavailable}
	synctest.Test(t, func(t *testing.T) {
		var changes []string
		g := resilience.NewGuard("legacy", settings(), func(cause string, to resilience.State) {
			changes = append(changes, fmt.Sprint(cause, " ", to))
		})
		for range 2 {
			if err := call(g, answer(0, nil)); err != nil {
				t.Fatal(err)
			}
		}
		for range 2 {
			if err := call(g, answer(0, unavailable)); !errors.Is(err, unavailable) {
				t.Fatalf("got %v, want the handler's error", err)
			}
		}
		if s := g.Status(); s.State != resilience.Open || s.Cause != "failures" || time.Until(s.RetryAt) != 10*time.Second {
			t.Fatalf("2 of 4 calls failed at a rate of 0.5, and the breaker is %+v", s)
		}
		<-time.After(3 * time.Second) // the clock of the bubble
		var refused *adapters.Error
		if err := call(g, answer(0, nil)); !errors.As(err, &refused) || refused.Reason != resilience.ReasonOpen {
			t.Fatalf("got %v, want a refusal", err)
		}
		if refused.Code != codes.Unavailable || !refused.Unsent || refused.RetryAfter != 7*time.Second {
			t.Errorf("refusal %+v, want UNAVAILABLE, unsent, with the 7s that are left", refused)
		}

		<-time.After(8 * time.Second) // the clock of the bubble
		if s := g.Status(); s.State != resilience.HalfOpen {
			t.Fatalf("after its time the breaker is %v", s.State)
		}
		if err := call(g, answer(0, nil)); err != nil {
			t.Fatal(err)
		}
		if s := g.Status(); s.State != resilience.Closed || s.InFlight != 0 || s.Cause != "" || !s.RetryAt.IsZero() {
			t.Errorf("after a good call the status is %+v", s)
		}
		want := []string{"failures open", "failures half_open", "failures closed"}
		if fmt.Sprint(changes) != fmt.Sprint(want) {
			t.Errorf("changes %v, want %v", changes, want)
		}
	})
}

func TestWhatCounts(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name           string
		took           time.Duration
		err            error
		wantCalls      uint32
		failures, slow uint32
		opens          bool
	}{
		{"good", 0, nil, 4, 0, 0, false},
		{"good but slow", 2 * time.Second, nil, 0, 0, 0, true},
		{"not found", 0, &adapters.Error{Code: codes.NotFound}, 4, 0, 0, false},
		{"caller's mistake", 0, &adapters.Error{Code: codes.InvalidArgument}, 4, 0, 0, false},
		{"a fault of ours", 0, errors.New("unexpected"), 4, 0, 0, false},
		{"caller left", 0, context.Canceled, 0, 0, 0, false},
		{"caller's own deadline", 0, context.DeadlineExceeded, 0, 0, 0, false},
		{"back end's timeout", time.Minute, nil, 0, 0, 0, true},
		{"overloaded", 0, &adapters.Error{Code: codes.ResourceExhausted}, 0, 0, 0, true},
		{"unreadable", 0, &adapters.Error{Code: codes.DataLoss}, 4, 0, 0, false},
		{"an error page, wrapped", 0, fmt.Errorf("reading: %w", &adapters.Error{Code: codes.DataLoss, Ill: true}), 0, 0, 0, true},
		{"unavailable, wrapped", 0, fmt.Errorf("reading: %w", &adapters.Error{Code: codes.Unavailable}), 0, 0, 0, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				g := resilience.NewGuard("legacy", settings(), nil)
				for range 4 {
					_ = call(g, answer(test.took, test.err))
				}
				s := g.Status()
				if opened := s.State == resilience.Open; opened != test.opens {
					t.Fatalf("open: %v, want %v (%+v)", opened, test.opens, s)
				}
				if !test.opens && (s.Calls != test.wantCalls || s.Failures != test.failures || s.Slow != test.slow) {
					t.Errorf("status %+v, want %d calls, %d failures, %d slow", s, test.wantCalls, test.failures, test.slow)
				}
			})
		})
	}
}

func TestBulkhead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := resilience.NewGuard("legacy", settings(), nil)
		ctx, cancel := context.WithCancel(t.Context())
		for range 2 {
			go func() {
				_ = g.Call(ctx, func(ctx context.Context) error {
					<-ctx.Done()
					return ctx.Err()
				})
			}()
		}
		synctest.Wait()
		if got := g.Status().InFlight; got != 2 {
			t.Fatalf("%d calls under way, want 2", got)
		}
		var refused *adapters.Error
		if err := call(g, answer(0, nil)); !errors.As(err, &refused) || refused.Reason != resilience.ReasonBusy || !refused.Unsent {
			t.Errorf("a third call: %v, want a refusal", err)
		}
		cancel()
		synctest.Wait()
		if err := call(g, answer(0, nil)); err != nil {
			t.Errorf("with free slots again: %v", err)
		}
		if s := g.Status(); s.Calls != 1 || s.Failures != 0 {
			t.Errorf("refused and cancelled calls were counted: %+v", s)
		}
	})
}

func TestPanicReturnsItsSlot(t *testing.T) {
	t.Parallel()
	g := resilience.NewGuard("legacy", settings(), nil)
	func() {
		defer func() { _ = recover() }()
		_ = call(g, func(context.Context) error { panic("handler") })
	}()
	if s := g.Status(); s.InFlight != 0 || s.Calls != 0 {
		t.Errorf("status after a panic: %+v", s)
	}
}

func BenchmarkGuard(b *testing.B) {
	g := resilience.NewGuard("legacy", settings(), nil)
	next := func(context.Context) error { return nil }
	b.ReportAllocs()
	for b.Loop() {
		if err := g.Call(b.Context(), next); err != nil {
			b.Fatal(err)
		}
	}
}
