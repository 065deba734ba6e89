package resilience

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/postern-gateway/postern/adapters"
)

// Reasons of refused calls.
const (
	// ReasonOpen is the reason of a call that the open breaker refused.
	ReasonOpen = "CIRCUIT_OPEN"
	// ReasonBusy is the reason of a call above the limit on calls under way.
	ReasonBusy = "BACKEND_BUSY"
)

// errTimeout is the cause of a call that used up the back end's time, as opposed to the caller's.
var errTimeout = errors.New("the back end's timeout has passed")

// A Guard stands before one back end. All its methods may be called concurrently.
type Guard struct {
	settings Settings
	breaker  *breaker
	slots    chan struct{}
	inFlight atomic.Int32
}

// NewGuard makes the guard of the back end of this name. changed, if not nil, hears of each change of the breaker's state and of
// what caused it: "failures" or "slowness". It must not call the guard.
func NewGuard(name string, settings Settings, changed func(cause string, to State)) *Guard {
	if changed == nil {
		changed = func(string, State) {}
	}
	return &Guard{
		settings: settings,
		breaker:  newBreaker(name, settings, changed),
		slots:    make(chan struct{}, settings.MaxConcurrent),
	}
}

// Timeout returns the time that a call may take.
func (g *Guard) Timeout() time.Duration { return g.settings.Timeout }

// Status is what can be seen of a guard.
type Status struct {
	State State
	// Calls that ended in the present window, and of these the failed and the slow ones.
	Calls, Failures, Slow uint32
	// ChangedAt is when the state last changed, and Cause what opened the breaker: "failures" or "slowness"; empty while it is closed.
	ChangedAt time.Time
	Cause     string
	// RetryAt is when a call is let through again; zero unless the breaker is open.
	RetryAt time.Time
	// InFlight are the calls under way.
	InFlight int32
}

// Status returns the present state.
func (g *Guard) Status() Status {
	failures, slowness := g.breaker.failures.Counts(), g.breaker.slowness.Counts()
	status := Status{
		State:    g.breaker.state(),
		Calls:    failures.TotalSuccesses + failures.TotalFailures,
		Failures: failures.TotalFailures,
		Slow:     slowness.TotalFailures,
		InFlight: g.inFlight.Load(),
	}
	g.breaker.mu.Lock()
	defer g.breaker.mu.Unlock()
	status.ChangedAt, status.Cause = g.breaker.changedAt, g.breaker.cause
	if status.State == Open {
		status.RetryAt = status.ChangedAt.Add(g.settings.OpenFor)
	}
	return status
}

// CallStream is [Guard.Call] for a method that streams its replies. A stream is one call from its first reply to its last. The time that send takes
// is the reader's: it says nothing about the back end, and neither does a call that ends because its reader took none of it.
func (g *Guard) CallStream(ctx context.Context, send func(proto.Message) error, next func(context.Context, func(proto.Message) error) error) error {
	var reader reader
	return g.call(ctx, &reader, func(ctx context.Context) error {
		return next(ctx, func(reply proto.Message) error {
			started := time.Now()
			err := send(reply)
			reader.took += time.Since(started)
			reader.left = reader.left || err != nil
			return err
		})
	})
}

// reader is what a caller does with the replies that are sent.
type reader struct {
	took time.Duration
	left bool
}

// Call makes a call if breaker and bulkhead let it through, in this order: what the breaker refuses takes no slot. next has the back end's timeout.
func (g *Guard) Call(ctx context.Context, next func(context.Context) error) error {
	return g.call(ctx, &reader{}, next)
}

func (g *Guard) call(ctx context.Context, reader *reader, next func(context.Context) error) error {
	done, ok := g.breaker.allow()
	if !ok {
		return &adapters.Error{
			Code: codes.Unavailable, Reason: ReasonOpen, RetryAfter: g.breaker.retryAfter(), Unsent: true,
			Message: "The system behind this has been failing and is left alone for a while. Try again later.",
		}
	}
	select {
	case g.slots <- struct{}{}:
		defer func() { <-g.slots }()
	default:
		done(errUncounted)
		return &adapters.Error{
			Code: codes.Unavailable, Reason: ReasonBusy, RetryAfter: time.Second, Unsent: true,
			Message: "Too many calls to the system behind this are under way. Try again later.",
		}
	}
	g.inFlight.Add(1)
	defer g.inFlight.Add(-1)

	limited, cancel := g.limit(ctx)
	defer cancel()
	outcome := errUncounted // of a handler that panics
	defer func() { done(outcome) }()

	started := time.Now()
	err := next(limited)
	if !reader.left {
		outcome = g.judge(limited, err, time.Since(started)-reader.took)
	}
	return err
}

// limit gives the call the back end's time, unless its caller gives it less anyway.
func (g *Guard) limit(ctx context.Context) (context.Context, context.CancelFunc) {
	if at, ok := ctx.Deadline(); ok && time.Until(at) < g.settings.Timeout {
		return ctx, func() {}
	}
	return context.WithTimeoutCause(ctx, g.settings.Timeout, errTimeout)
}

// judge says what a call tells about the back end's health.
func (g *Guard) judge(ctx context.Context, err error, took time.Duration) error {
	slow := took > g.settings.SlowAfter
	var known *adapters.Error
	switch code := codeOf(err); {
	case code == codes.Unavailable, code == codes.ResourceExhausted, errors.As(err, &known) && known.Ill:
		if slow {
			return errors.Join(errIll, errSlow)
		}
		return errIll
	case code == codes.DeadlineExceeded:
		if errors.Is(context.Cause(ctx), errTimeout) || slow {
			return errors.Join(errIll, errSlow)
		}
		return errUncounted
	case code == codes.Canceled:
		return errUncounted
	case slow:
		return errSlow
	default:
		return nil
	}
}

// codeOf is the code of an error, also of a bare context error.
func codeOf(err error) codes.Code {
	code := status.Code(err)
	if ended := adapters.FromContext(err); code == codes.Unknown && ended != nil {
		return ended.Code
	}
	return code
}
