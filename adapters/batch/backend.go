package batch

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"sync"

	"github.com/fsnotify/fsnotify"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/adapters/batch/transport"
)

// backend is an open back end.
type backend struct {
	services    []adapters.Service
	extracts    []*extract
	submissions []*submissions
	workers     []*worker
	logger      *slog.Logger
	file        protoreflect.FileDescriptor // of the mirrored services
	gate        gate                        // of the jobs

	unobserve func() error // ends the metrics that are read; nil if there are none

	cancel  context.CancelCauseFunc // nil if the back end is only described
	watcher *fsnotify.Watcher       // nil where the system has none to give
	running sync.WaitGroup
	closing sync.Once
	closed  error
}

var (
	_ adapters.Backend = (*backend)(nil)
	_ adapters.Checker = (*backend)(nil)
	_ adapters.Drainer = (*backend)(nil)
)

// Services implements [adapters.Backend].
func (b *backend) Services() []adapters.Service { return b.services }

// start begins the work in the background.
func (b *backend) start() {
	ctx, cancel := context.WithCancelCause(context.Background())
	b.cancel = cancel
	for _, w := range b.workers {
		b.running.Go(func() { w.run(ctx) })
	}
	b.watch(ctx)
}

// watch wakes the workers when something changes in a directory. Where it cannot, because the directory is missing or on a network, the
// workers' own poll sees to it.
func (b *backend) watch(ctx context.Context) {
	watcher, err := fsnotify.NewWatcher()
	if err != nil {
		b.logger.Warn("directories are only polled", "error", err)
		return
	}
	b.watcher = watcher
	add := func(box *inbox) {
		local, ok := box.directory.(transport.Watchable)
		if !ok {
			return // a server tells of nothing
		}
		if err := watcher.Add(local.WatchPath()); err != nil {
			b.logger.Warn("a directory is only polled", "directory", local.WatchPath(), "error", err)
		}
	}
	for _, x := range b.extracts {
		add(&x.inbox)
	}
	for _, s := range b.submissions {
		add(&s.ack.inbox)
	}
	b.running.Go(func() { b.forward(ctx, watcher) })
}

// forward wakes every worker at each change: a pass that finds nothing new is cheap.
func (b *backend) forward(ctx context.Context, watcher *fsnotify.Watcher) {
	for {
		select {
		case <-ctx.Done():
			return
		case _, ok := <-watcher.Events:
			if !ok {
				return
			}
			for _, w := range b.workers {
				w.notify()
			}
		case err, ok := <-watcher.Errors:
			if !ok {
				return
			}
			b.logger.Warn("watching directories", "error", err)
		}
	}
}

// Drain implements [adapters.Drainer]: it reads every file that has arrived, and sends what waits without regard to its age. A server that is lost or does not answer holds up nothing
// that is not on it; the error is the first in order of the configuration. A file that is refused has been dealt with; Check speaks of it.
func (b *backend) Drain(ctx context.Context) error {
	errs := make([]error, len(b.workers))
	var passing sync.WaitGroup
	for i, w := range b.workers {
		passing.Go(func() { _, errs[i] = w.once(ctx, true) })
	}
	passing.Wait()
	return shape(cmp.Or(errs...))
}

// Check implements [adapters.Checker]. A back end that serves data, but could not use the newest file, says so.
func (b *backend) Check(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return shape(err)
	}
	if b.cancel == nil {
		return shape(b.checkDirectories(ctx))
	}
	for _, x := range b.extracts {
		if err := x.check(); err != nil {
			return shape(err)
		}
	}
	for _, s := range b.submissions {
		s.mu.Lock()
		err := cmp.Or(s.lastErr, s.undelivered, s.refused)
		s.mu.Unlock()
		if err != nil {
			return shape(err)
		}
	}
	return nil
}

// checkDirectories is all that can be said of a back end that is only described.
func (b *backend) checkDirectories(ctx context.Context) error {
	for _, x := range b.extracts {
		if _, _, err := x.inbox.list(ctx, true); err != nil {
			return err
		}
	}
	for _, s := range b.submissions {
		if _, _, err := s.ack.inbox.list(ctx, true); err != nil {
			return err
		}
	}
	return nil
}

// Close implements [adapters.Backend].
func (b *backend) Close() error {
	b.closing.Do(func() {
		if b.cancel != nil {
			b.cancel(errClosed)
		}
		if b.watcher != nil {
			b.closed = b.watcher.Close()
		}
		b.running.Wait()
		b.gate.close()
		for _, s := range b.submissions {
			s.webhook.close()
		}
		if b.unobserve != nil {
			b.closed = errors.Join(b.closed, b.unobserve())
		}
		for _, x := range b.extracts {
			b.closed = errors.Join(b.closed, x.close(), x.inbox.directory.Close())
		}
		for _, s := range b.submissions {
			b.closed = errors.Join(b.closed, s.directory.Close(), s.ack.inbox.directory.Close())
		}
	})
	err := b.closed
	b.closed = nil
	return err
}
