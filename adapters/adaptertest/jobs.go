package adaptertest

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/postern-gateway/postern/adapters"
)

// jobPrefix is where the jobs are among the records of their store.
const jobPrefix = "adaptertest/job/"

// NewJobs returns work over a store, whose jobs are done one after another until the test ends. One that fails is tried again soon.
func NewJobs(t testing.TB, store adapters.Store) adapters.Jobs {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	j := &jobs{store: store, handlers: make(map[string]adapters.JobHandler)}
	var running sync.WaitGroup
	running.Go(func() { j.run(ctx) })
	t.Cleanup(func() {
		cancel()
		running.Wait()
	})
	return j
}

type jobs struct {
	store adapters.Store

	mu       sync.Mutex
	handlers map[string]adapters.JobHandler
}

// Handle implements [adapters.Jobs].
func (j *jobs) Handle(_ context.Context, kind string, do adapters.JobHandler) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.handlers[kind] = do
	return nil
}

// Add implements [adapters.Jobs].
func (j *jobs) Add(tx adapters.Tx, job adapters.Job) error {
	key := jobPrefix + job.Kind + "/" + job.Key
	if _, there, err := tx.Get(key); there || err != nil {
		return err
	}
	job.Added = time.Now()
	return putJob(tx, key, job)
}

func putJob(tx adapters.Tx, key string, job adapters.Job) error {
	text, err := json.Marshal(job)
	return errors.Join(err, tx.Put(key, text))
}

func (j *jobs) run(ctx context.Context) {
	ticker := time.NewTicker(10 * time.Millisecond)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		for key, job := range j.due(ctx) {
			j.do(ctx, key, job)
		}
	}
}

// due are the jobs that may be done now, by key.
func (j *jobs) due(ctx context.Context) map[string]adapters.Job {
	found := make(map[string]adapters.Job)
	_ = j.store.View(ctx, func(tx adapters.Tx) error { // it is asked again soon
		for record, err := range tx.Scan(jobPrefix, "") {
			var job adapters.Job
			if err := errors.Join(err, json.Unmarshal(record.Value, &job)); err != nil {
				return err
			}
			if !job.At.After(time.Now()) {
				found[record.Key] = job
			}
		}
		return nil
	})
	return found
}

// do does a job, and forgets it once it is done.
func (j *jobs) do(ctx context.Context, key string, job adapters.Job) {
	j.mu.Lock()
	handler := j.handlers[job.Kind]
	j.mu.Unlock()
	if handler == nil {
		return
	}
	job.Attempt++
	err := handler(ctx, job)
	if ctx.Err() != nil {
		return
	}
	var later *adapters.Later
	if errors.As(err, &later) {
		job.At, job.Attempt = time.Now().Add(later.Pause), job.Attempt-1
	}
	_ = j.store.Update(ctx, func(tx adapters.Tx) error { // or else it is done again, which its contract allows
		if err != nil && !errors.Is(err, adapters.ErrGiveUp) {
			return putJob(tx, key, job)
		}
		return tx.Delete(key)
	})
}
