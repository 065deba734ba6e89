package jobs

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"sync"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/rivermigrate"
	"github.com/riverqueue/river/rivertype"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/gateway/store"
)

const (
	// lookEvery is how often River looks for jobs where nothing tells it of new ones.
	lookEvery = 250 * time.Millisecond
	// rescueAfter is when a job counts as abandoned even if its process still lives.
	rescueAfter = adapters.JobTime + time.Minute
	// keepDone is how long jobs that are done or given up are kept to be looked at.
	keepDone = 24 * time.Hour
)

// A queue is River on one engine.
type queue interface {
	add(tx adapters.Tx, space string, job adapters.Job) error
	stop(ctx context.Context) error
}

// arguments are those of every job in River's eyes. What is unique tells jobs apart.
type arguments struct {
	Space   string `json:"space" river:"unique"`
	Name    string `json:"kind" river:"unique"`
	Key     string `json:"key" river:"unique"`
	Payload []byte `json:"payload,omitempty"`
}

// Kind implements [river.JobArgs].
func (arguments) Kind() string { return "postern" }

// A worker does jobs for River.
type worker struct {
	river.WorkerDefaults[arguments]
	jobs *Jobs
}

// Work implements [river.Worker].
func (w *worker) Work(ctx context.Context, job *river.Job[arguments]) error {
	return w.jobs.work(ctx, job)
}

// NextRetry implements [river.Worker].
func (w *worker) NextRetry(job *river.Job[arguments]) time.Time {
	return time.Now().Add(pause(job.Attempt))
}

// Timeout implements [river.Worker].
func (w *worker) Timeout(*river.Job[arguments]) time.Duration { return adapters.JobTime }

// riverQueue is a queue over transactions of type T.
type riverQueue[T any] struct {
	client *river.Client[T]
	native func(any) (T, bool)
	pulse  *pulse
	still  context.CancelFunc // ends the beats
	beats  sync.WaitGroup
}

// warnings hands on what River has to say if it is a warning at least: its everyday news are nobody's.
type warnings struct{ slog.Handler }

// Enabled implements [slog.Handler].
func (w warnings) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelWarn && w.Handler.Enabled(ctx, level)
}

// WithAttrs implements [slog.Handler].
func (w warnings) WithAttrs(attributes []slog.Attr) slog.Handler {
	return warnings{w.Handler.WithAttrs(attributes)}
}

// WithGroup implements [slog.Handler].
func (w warnings) WithGroup(name string) slog.Handler { return warnings{w.Handler.WithGroup(name)} }

// newQueue makes River's tables where they are missing, and has it running.
func newQueue[T any](ctx context.Context, jobs *Jobs, driver riverdriver.Driver[T], native func(any) (T, bool)) (queue, error) {
	q := &riverQueue[T]{native: native}
	logger := slog.New(warnings{jobs.logger.Handler()})
	migrator, err := rivermigrate.New(driver, &rivermigrate.Config{Logger: logger})
	if err != nil {
		return nil, err
	}
	for more := true; more; {
		if more, err = q.migrate(ctx, jobs.store, migrator); err != nil {
			return nil, fmt.Errorf("making the tables of jobs: %w", err)
		}
	}
	id := rand.Text()
	q.pulse = newPulse(id, jobs, driver, native)
	if err := q.pulse.beat(ctx); err != nil {
		return nil, err
	}
	known := river.NewWorkers()
	river.AddWorker(known, &worker{jobs: jobs})
	q.client, err = river.NewClient(driver, &river.Config{
		ID: id, Queues: map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: workers}}, Workers: known, Logger: logger,
		FetchPollInterval: lookEvery, JobTimeout: adapters.JobTime, RescueStuckJobsAfter: rescueAfter, MaxAttempts: math.MaxInt16,
		CompletedJobRetentionPeriod: time.Minute, CancelledJobRetentionPeriod: keepDone, DiscardedJobRetentionPeriod: keepDone,
	})
	if err != nil {
		return nil, err
	}
	if err := q.client.Start(context.WithoutCancel(ctx)); err != nil {
		return nil, err
	}
	var beating context.Context
	beating, q.still = context.WithCancel(context.WithoutCancel(ctx)) //nolint:gosec // stop ends it
	q.beats.Go(func() { q.pulse.run(beating) })
	return q, nil
}

// migrate takes one step towards River's present tables, and returns whether there may be more. It is a transaction of the store, so that of several gateways that start
// at once only one takes it; and steps have transactions of their own, because PostgreSQL uses no value of an enumeration in the transaction that added it.
func (q *riverQueue[T]) migrate(ctx context.Context, kept *store.Store, migrator *rivermigrate.Migrator[T]) (more bool, err error) {
	err = kept.Space("jobs").Update(ctx, func(tx adapters.Tx) error {
		within, _ := q.native(store.NativeTx(tx))
		result, err := migrator.MigrateTx(ctx, within, rivermigrate.DirectionUp, &rivermigrate.MigrateOpts{MaxSteps: 1}) //nolint:staticcheck // deprecated because several steps do not fit into one
		more = err == nil && len(result.Versions) > 0
		return err
	})
	return more, err
}

func (q *riverQueue[T]) add(tx adapters.Tx, space string, job adapters.Job) error {
	within, ok := q.native(store.NativeTx(tx))
	if !ok {
		return errors.New("the transaction is not of the gateway's store")
	}
	_, err := q.client.InsertTx(context.Background(), within, arguments{Space: space, Name: job.Kind, Key: job.Key, Payload: job.Payload}, &river.InsertOpts{
		ScheduledAt: job.At, UniqueOpts: river.UniqueOpts{ByArgs: true, ByState: unfinished()},
	})
	return err
}

// unfinished are the states in which a job keeps others of its key out.
func unfinished() []rivertype.JobState {
	return []rivertype.JobState{
		rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRetryable, rivertype.JobStateRunning, rivertype.JobStateScheduled,
	}
}

func (q *riverQueue[T]) stop(ctx context.Context) error {
	err := q.client.StopAndCancel(ctx)
	q.still()
	q.beats.Wait()
	return errors.Join(err, q.pulse.end(ctx))
}
