package resilience

import (
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

// Settings are the bounds of one back end. The zero value is not useful: see [NewSettings].
type Settings struct {
	Timeout       time.Duration
	MaxConcurrent int
	Window        time.Duration
	MinimumCalls  int
	FailureRate   float64
	SlowAfter     time.Duration
	SlowRate      float64
	OpenFor       time.Duration
}

// NewSettings joins what the back end says, what the estate's defaults say, and the built-in defaults that the
// configuration documents, in this order.
func NewSettings(backend, defaults *configv1.Resilience) Settings {
	s := Settings{
		Timeout:       10 * time.Second,
		MaxConcurrent: 64,
		Window:        30 * time.Second,
		MinimumCalls:  5,
		FailureRate:   0.5,
		SlowAfter:     5 * time.Second,
		SlowRate:      0.8,
		OpenFor:       10 * time.Second,
	}
	s.apply(defaults)
	s.apply(backend)
	return s
}

func (s *Settings) apply(r *configv1.Resilience) {
	breaker := r.GetBreaker()
	setDuration(&s.Timeout, r.GetTimeout())
	setDuration(&s.Window, breaker.GetWindow())
	setDuration(&s.SlowAfter, breaker.GetSlowAfter())
	setDuration(&s.OpenFor, breaker.GetOpenFor())
	if r != nil && r.MaxConcurrent != nil {
		s.MaxConcurrent = int(r.GetMaxConcurrent())
	}
	if breaker == nil {
		return
	}
	if breaker.MinimumCalls != nil {
		s.MinimumCalls = int(breaker.GetMinimumCalls())
	}
	if breaker.FailureRate != nil {
		s.FailureRate = breaker.GetFailureRate()
	}
	if breaker.SlowRate != nil {
		s.SlowRate = breaker.GetSlowRate()
	}
}

func setDuration(to *time.Duration, from *durationpb.Duration) {
	if from != nil {
		*to = from.AsDuration()
	}
}
