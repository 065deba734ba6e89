package jobs

import (
	"context"
	"fmt"
	"sync"

	"github.com/postern-gateway/postern/adapters"
)

// A Space is the work of one back end.
type Space struct {
	jobs *Jobs
	name string

	mu       sync.Mutex
	handlers map[string]adapters.JobHandler
	ctx      context.Context //nolint:containedctx // of the jobs under way, ended by Close; nil without handlers
	cancel   context.CancelFunc
	running  sync.WaitGroup
}

var _ adapters.Jobs = (*Space)(nil)

// Handle implements [adapters.Jobs].
func (s *Space) Handle(ctx context.Context, kind string, do adapters.JobHandler) error {
	s.mu.Lock()
	s.handlers[kind] = do
	if s.ctx == nil {
		s.ctx, s.cancel = context.WithCancel(context.WithoutCancel(ctx))
	}
	s.mu.Unlock()
	return s.jobs.enter(ctx, s)
}

// Add implements [adapters.Jobs].
func (s *Space) Add(tx adapters.Tx, job adapters.Job) error {
	s.jobs.mu.Lock()
	queue := s.jobs.queue
	s.jobs.mu.Unlock()
	if queue == nil {
		return fmt.Errorf("adding a job of the kind %q, which nobody handles", job.Kind)
	}
	if err := queue.add(tx, s.name, job); err != nil {
		return fmt.Errorf("adding a job: %w", err)
	}
	return nil
}

// Close hands out no more jobs, ends those under way, and waits for them. The space may be used again.
func (s *Space) Close() {
	s.jobs.leave(s)
	s.mu.Lock()
	if s.cancel != nil {
		s.cancel()
	}
	s.ctx, s.cancel = nil, nil
	clear(s.handlers)
	s.mu.Unlock()
	s.running.Wait()
}

// do hands a job to its handler. It returns false if there is none just now.
func (s *Space) do(ctx context.Context, job adapters.Job) (bool, error) {
	s.mu.Lock()
	handler, ended := s.handlers[job.Kind], s.ctx
	if handler == nil {
		s.mu.Unlock()
		return false, nil
	}
	s.running.Add(1)
	s.mu.Unlock()
	defer s.running.Done()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stop := context.AfterFunc(ended, cancel)
	defer stop()
	err := handler(ctx, job)
	if err != nil && ended.Err() != nil {
		return false, nil // it was interrupted, and counts as not tried
	}
	return true, err
}
