package resilience

import (
	"errors"
	"sync"
	"time"

	"github.com/sony/gobreaker/v2"
)

// windowBuckets is how finely the window rolls.
const windowBuckets = 10

// State is what a breaker lets through.
type State int

// The states, from well to ill.
const (
	Closed State = iota
	HalfOpen
	Open
)

// String returns the state as metrics and logs spell it.
func (s State) String() string {
	return [...]string{"closed", "half_open", "open"}[s]
}

// Outcomes of a call, as a breaker hears of them. A call that ended well is nil.
var (
	errIll       = errors.New("the back end is ill")
	errSlow      = errors.New("the back end is slow")
	errUncounted = errors.New("the call says nothing about the back end")
)

// breaker opens on the rate of failures or of slow calls.
type breaker struct {
	failures, slowness *gobreaker.TwoStepCircuitBreaker[struct{}]
	openFor            time.Duration

	mu        sync.Mutex
	changedAt time.Time
	cause     string // of its not being closed
}

// newBreaker makes a closed breaker. changed hears of each change of state.
func newBreaker(name string, settings Settings, changed func(cause string, to State)) *breaker {
	b := &breaker{openFor: settings.OpenFor, changedAt: time.Now()}
	one := func(cause string, rate float64, counts error) *gobreaker.TwoStepCircuitBreaker[struct{}] {
		return gobreaker.NewTwoStepCircuitBreaker[struct{}](gobreaker.Settings{
			Name:         name + " " + cause,
			MaxRequests:  1,
			Interval:     settings.Window,
			BucketPeriod: settings.Window / windowBuckets,
			Timeout:      settings.OpenFor,
			ReadyToTrip: func(counts gobreaker.Counts) bool {
				ended := counts.TotalSuccesses + counts.TotalFailures
				return int(ended) >= settings.MinimumCalls && float64(counts.TotalFailures) >= rate*float64(ended)
			},
			IsSuccessful: func(err error) bool { return !errors.Is(err, counts) },
			IsExcluded:   func(err error) bool { return errors.Is(err, errUncounted) },
			OnStateChange: func(_ string, _, to gobreaker.State) {
				b.mu.Lock()
				b.changedAt = time.Now()
				switch {
				case to == gobreaker.StateOpen:
					b.cause = cause
				case to == gobreaker.StateClosed && b.cause == cause:
					b.cause = ""
				}
				b.mu.Unlock()
				changed(cause, stateOf(to))
			},
		})
	}
	b.failures = one("failures", settings.FailureRate, errIll)
	b.slowness = one("slowness", settings.SlowRate, errSlow)
	return b
}

// allow asks for leave to make a call. If it is given, done must be called once with the outcome: nil, one of the errors above, or
// several of them joined.
func (b *breaker) allow() (done func(error), ok bool) {
	first, err := b.failures.Allow()
	if err != nil {
		return nil, false
	}
	second, err := b.slowness.Allow()
	if err != nil {
		first(errUncounted)
		return nil, false
	}
	return func(outcome error) { first(outcome); second(outcome) }, true
}

// state is the worse of the two.
func (b *breaker) state() State {
	return max(stateOf(b.failures.State()), stateOf(b.slowness.State()))
}

// retryAfter is how long an open breaker stays open yet, a second at least.
func (b *breaker) retryAfter() time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	return max(time.Until(b.changedAt.Add(b.openFor)).Round(time.Second), time.Second)
}

func stateOf(state gobreaker.State) State {
	switch state {
	case gobreaker.StateOpen:
		return Open
	case gobreaker.StateHalfOpen:
		return HalfOpen
	default:
		return Closed
	}
}
