package batch

import (
	"context"
	"log/slog"
	"time"

	"github.com/postern-gateway/postern/adapters/batch/transport"
)

// A worker does one piece of work again and again: when it is woken, when it asked to, and at the latest after `poll`.
type worker struct {
	// pass does what there is to do. It returns how soon there will be more; 0 means whenever something happens. With force it
	// waits for nothing.
	pass   func(ctx context.Context, force bool) (time.Duration, error)
	poll   time.Duration
	logger *slog.Logger
	wake   chan struct{}
	turn   chan struct{} // holds one token, which whoever passes has taken
}

func newWorker(pass func(context.Context, bool) (time.Duration, error), poll time.Duration, logger *slog.Logger) *worker {
	w := &worker{pass: pass, poll: poll, logger: logger, wake: make(chan struct{}, 1), turn: make(chan struct{}, 1)}
	w.turn <- struct{}{}
	return w
}

// notify has the worker pass soon.
func (w *worker) notify() {
	select {
	case w.wake <- struct{}{}:
	default: // it will pass anyway
	}
}

// run works until ctx ends.
func (w *worker) run(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-w.wake:
		case <-timer.C:
		}
		next, err := w.once(ctx, false)
		if err != nil && ctx.Err() == nil {
			w.logger.ErrorContext(ctx, "batch work failed and will be tried again", "error", err)
		}
		if pause := transport.Pause(err); pause > 0 && (next <= 0 || pause < next) {
			next = pause // a server that was lost may be back before the next poll
		}
		if next <= 0 || next > w.poll {
			next = w.poll
		}
		timer.Reset(next)
	}
}

// once makes one pass, when no other is under way.
func (w *worker) once(ctx context.Context, force bool) (next time.Duration, err error) {
	err = w.exclusively(ctx, func() error {
		next, err = w.pass(ctx, force)
		return err
	})
	return next, err
}

// exclusively does something while no pass is under way.
func (w *worker) exclusively(ctx context.Context, do func() error) error {
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-w.turn:
	}
	defer func() { w.turn <- struct{}{} }()
	return do()
}
