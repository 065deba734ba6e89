package resilience

import (
	"time"

	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

// Settings are the bounds of one back end, as proto/postern/config/v1 describes them.
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

// NewSettings reads a configuration in which nothing is left out.
func NewSettings(complete *configv1.Resilience) Settings {
	breaker := complete.GetBreaker()
	return Settings{
		Timeout:       complete.GetTimeout().AsDuration(),
		MaxConcurrent: int(complete.GetMaxConcurrent()),
		Window:        breaker.GetWindow().AsDuration(),
		MinimumCalls:  int(breaker.GetMinimumCalls()),
		FailureRate:   breaker.GetFailureRate(),
		SlowAfter:     breaker.GetSlowAfter().AsDuration(),
		SlowRate:      breaker.GetSlowRate(),
		OpenFor:       breaker.GetOpenFor().AsDuration(),
	}
}
