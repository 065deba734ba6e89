package adapters

import (
	"context"
	"errors"
	"time"
)

// Jobs is work that is done even if the process ends first, by whichever of the gateways on one [Store] comes to it.
type Jobs interface {
	// Handle says how jobs of a kind are done, and has them handed out from then on. An adapter calls it in Open, once for each kind, when it is ready for them. Before the gateway calls
	// Close, it ends the jobs under way and waits for them. The context bounds this call only.
	Handle(ctx context.Context, kind string, do JobHandler) error
	// Add queues a job of a kind that is handled, in a transaction of the back end's [Store]: it is there exactly if the transaction commits. While a job of the same kind and key
	// is not done, another is not added.
	Add(tx Tx, job Job) error
}

// A Job is one piece of work.
type Job struct {
	// Kind says what sort of work it is, and Key tells it from others of its kind.
	Kind, Key string
	// Payload is what the handler needs to know.
	Payload []byte
	// At is when it is due; zero is at once.
	At time.Time
	// Added is when it was queued, and Attempt how often it has been handed out, this time included. Add looks at neither.
	Added   time.Time
	Attempt int
}

// A JobHandler does a job. The same job may be handed out again, if the process ended before it was known to be done, but never to two at once as long as each takes
// less than [JobTime] and no gateway stands still for seconds. After an error it is handed out again, with pauses that grow from a second to an hour, unless the error wraps [ErrGiveUp] or is a [Later].
type JobHandler func(ctx context.Context, job Job) error

// JobTime is how long a job may take; its context ends then.
const JobTime = 10 * time.Minute

// ErrGiveUp is wrapped by the error of a job that is not to be tried again.
var ErrGiveUp = errors.New("given up")

// A Later is the error of a job that is to be handed out again after a pause of its own. It does not count as an attempt.
type Later struct {
	// Pause is how long after.
	Pause time.Duration
	// Cause is what went wrong; nil if the job is only not yet due.
	Cause error
}

// Error says what went wrong.
func (l *Later) Error() string {
	if l.Cause == nil {
		return "later"
	}
	return l.Cause.Error()
}

// Unwrap returns the cause.
func (l *Later) Unwrap() error { return l.Cause }
