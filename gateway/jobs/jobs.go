package jobs

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/riverdriver/riversqlite"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/gateway/store"
)

const (
	// workers is how many jobs a gateway does at once.
	workers = 16
	// absent is how long a job is put off whose back end is not open.
	absent = 5 * time.Second
	// firstPause and longestPause are those between attempts.
	firstPause   = time.Second
	longestPause = time.Hour
)

// Jobs is all work of a gateway. Its methods may be called concurrently.
type Jobs struct {
	store  *store.Store
	logger *slog.Logger

	mu     sync.Mutex
	queue  queue // nil until the first back end has work
	spaces map[string]*Space
	closed bool
}

// New returns the work over a store, which stays the caller's.
func New(kept *store.Store, logger *slog.Logger) *Jobs {
	return &Jobs{store: kept, logger: logger, spaces: make(map[string]*Space)}
}

// Space returns the work of the back end of this name. The caller ends it with [Space.Close].
func (j *Jobs) Space(name string) *Space {
	return &Space{jobs: j, name: name, handlers: make(map[string]adapters.JobHandler)}
}

// Close ends all work, and waits until the jobs under way have ended.
func (j *Jobs) Close(ctx context.Context) error {
	j.mu.Lock()
	queue := j.queue
	j.closed = true
	j.mu.Unlock()
	if queue == nil {
		return nil
	}
	if err := queue.stop(ctx); err != nil {
		return fmt.Errorf("ending the jobs: %w", err)
	}
	return nil
}

// enter takes a space in, and has River running from the first one on.
func (j *Jobs) enter(ctx context.Context, space *Space) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.closed {
		return errors.New("the jobs have been ended")
	}
	if j.queue == nil {
		made, err := j.open(ctx)
		if err != nil {
			return fmt.Errorf("starting the jobs: %w", err)
		}
		j.queue = made
	}
	j.spaces[space.name] = space
	return nil
}

// leave takes a space out.
func (j *Jobs) leave(space *Space) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.spaces[space.name] == space {
		delete(j.spaces, space.name)
	}
}

func (j *Jobs) open(ctx context.Context) (queue, error) {
	switch pool := j.store.Native().(type) {
	case *sql.DB:
		return newQueue(ctx, j, riversqlite.New(pool), func(tx any) (*sql.Tx, bool) { t, ok := tx.(*sql.Tx); return t, ok })
	case *pgxpool.Pool:
		return newQueue(ctx, j, riverpgxv5.New(pool), func(tx any) (pgx.Tx, bool) { t, ok := tx.(pgx.Tx); return t, ok })
	default:
		return nil, fmt.Errorf("there is no queue over a %T", pool)
	}
}

// work does one job.
func (j *Jobs) work(ctx context.Context, job *river.Job[arguments]) error {
	j.mu.Lock()
	space := j.spaces[job.Args.Space]
	j.mu.Unlock()
	if space == nil {
		return river.JobSnooze(absent)
	}
	done, err := space.do(ctx, adapters.Job{
		Kind: job.Args.Name, Key: job.Args.Key, Payload: job.Args.Payload, At: job.ScheduledAt, Added: job.CreatedAt, Attempt: job.Attempt,
	})
	switch {
	case !done:
		return river.JobSnooze(absent)
	case err == nil:
		return nil
	case ctx.Err() != nil: // the gateway is ending: the job counts as not tried
		return river.JobSnooze(0)
	}
	var later *adapters.Later
	if errors.As(err, &later) && later.Cause == nil {
		return river.JobSnooze(later.Pause)
	}
	j.logger.WarnContext(ctx, "a job failed", "backend", space.name, "kind", job.Args.Name, "key", job.Args.Key, "attempt", job.Attempt, "error", err)
	switch {
	case errors.Is(err, adapters.ErrGiveUp):
		return river.JobCancel(err)
	case later != nil:
		return river.JobSnooze(later.Pause)
	default:
		return err
	}
}

// pause is how long after a failed attempt the next one comes: it doubles, and is a fifth longer or shorter by chance, so that many that failed together do not come together.
func pause(attempt int) time.Duration {
	wait := longestPause
	if attempt < 13 { // 2^12 seconds are more than an hour
		wait = min(firstPause<<max(attempt-1, 0), longestPause)
	}
	return wait + time.Duration(float64(wait)*(rand.Float64()-0.5)*0.4) //nolint:gosec // no secret
}
