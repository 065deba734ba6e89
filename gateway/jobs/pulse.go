package jobs

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/rivertype"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/gateway/store"
)

const (
	// beatEvery is how often a gateway says that it lives.
	beatEvery = 3 * time.Second
	// silentBeats is how many beats of another a gateway misses before it gives away that one's jobs.
	silentBeats = 5
	// aliveKey begins the keys under which gateways say so.
	aliveKey = "alive/"
	// maxRescued is how many jobs one beat gives away.
	maxRescued = 1000
)

// A pulse says that a gateway lives, and gives away the jobs of those on the same store that do so no more. Beats are compared, and not clocks.
type pulse struct {
	id     string // of this gateway, as River knows it
	kept   adapters.Store
	within func(tx adapters.Tx) (riverdriver.Executor, error)
	logger *slog.Logger
	count  int64
	heard  map[string]heartbeat // of the others
}

// A heartbeat is what was last heard of another gateway, and how often that was nothing new.
type heartbeat struct {
	value  string
	silent int
}

// newPulse returns a pulse whose first beat has not been made.
func newPulse[T any](id string, jobs *Jobs, driver riverdriver.Driver[T], native func(any) (T, bool)) *pulse {
	return &pulse{id: id, kept: jobs.store.Space("jobs"), logger: jobs.logger, heard: make(map[string]heartbeat), within: func(tx adapters.Tx) (riverdriver.Executor, error) {
		within, ok := native(store.NativeTx(tx))
		if !ok {
			return nil, fmt.Errorf("the transaction is a %T", store.NativeTx(tx))
		}
		return driver.UnwrapExecutor(within), nil
	}}
}

// run beats until ctx ends.
func (p *pulse) run(ctx context.Context) {
	ticker := time.NewTicker(beatEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		if err := p.beat(ctx); err != nil && ctx.Err() == nil {
			p.logger.WarnContext(ctx, "the gateway could not say that it lives, or look after the jobs of others", "error", err)
		}
	}
}

// beat says that this gateway lives, and makes the jobs of those available that have been silent for too long.
func (p *pulse) beat(ctx context.Context) error {
	p.count++
	var heard map[string]heartbeat
	var rescued int
	err := p.kept.Update(ctx, func(tx adapters.Tx) (err error) {
		if err := tx.Put(aliveKey+p.id, fmt.Append(nil, p.count)); err != nil {
			return err
		}
		if heard, err = p.listen(tx); err != nil {
			return err
		}
		rescued, err = p.rescue(ctx, tx, heard)
		return err
	})
	if err != nil {
		return fmt.Errorf("beating: %w", err)
	}
	p.heard = heard
	if rescued > 0 {
		p.logger.InfoContext(ctx, "jobs of a gateway that has ended are handed out again", "jobs", rescued)
	}
	return nil
}

// listen returns the gateways that live, and forgets those that have been silent for too long.
func (p *pulse) listen(tx adapters.Tx) (map[string]heartbeat, error) {
	heard := make(map[string]heartbeat)
	var gone []string
	for record, err := range tx.Scan(aliveKey, "") {
		if err != nil {
			return nil, fmt.Errorf("listening to other gateways: %w", err)
		}
		id, now := strings.TrimPrefix(record.Key, aliveKey), heartbeat{value: string(record.Value)}
		if before, ok := p.heard[id]; ok && before.value == now.value {
			now.silent = before.silent + 1
		}
		if now.silent >= silentBeats && id != p.id {
			gone = append(gone, record.Key)
			continue
		}
		heard[id] = now
	}
	for _, key := range gone {
		if err := tx.Delete(key); err != nil {
			return nil, fmt.Errorf("forgetting a gateway: %w", err)
		}
	}
	return heard, nil
}

// rescue makes the jobs available that are being done by nobody who lives. Every gateway has said that it lives before it takes a job.
func (p *pulse) rescue(ctx context.Context, tx adapters.Tx, alive map[string]heartbeat) (rescued int, err error) {
	within, err := p.within(tx)
	if err != nil {
		return 0, err
	}
	now := time.Now().UTC()
	horizon := now.Add(24 * time.Hour) // whenever they were begun, and by whatever clock
	running, err := within.JobGetStuck(ctx, &riverdriver.JobGetStuckParams{Max: maxRescued, StuckHorizon: horizon})
	if err != nil {
		return 0, fmt.Errorf("looking for jobs that are being done: %w", err)
	}
	params := &riverdriver.JobRescueManyParams{StuckHorizon: horizon}
	for _, job := range running {
		if _, lives := alive[doneBy(job)]; lives {
			continue
		}
		reason, err := json.Marshal(rivertype.AttemptError{At: now, Attempt: job.Attempt, Error: "the gateway that did it has ended"})
		if err != nil {
			return 0, fmt.Errorf("describing the end of an attempt: %w", err)
		}
		params.ID, params.Error = append(params.ID, job.ID), append(params.Error, reason)
		params.FinalizedAt, params.ScheduledAt = append(params.FinalizedAt, nil), append(params.ScheduledAt, now)
		params.State = append(params.State, string(rivertype.JobStateRetryable))
	}
	if len(params.ID) == 0 {
		return 0, nil
	}
	if _, err := within.JobRescueMany(ctx, params); err != nil {
		return 0, fmt.Errorf("handing out jobs again: %w", err)
	}
	return len(params.ID), nil
}

// doneBy is the gateway that is at a job.
func doneBy(job *rivertype.JobRow) string {
	if len(job.AttemptedBy) == 0 {
		return ""
	}
	return job.AttemptedBy[len(job.AttemptedBy)-1]
}

// end says that this gateway lives no more.
func (p *pulse) end(ctx context.Context) error {
	err := p.kept.Update(ctx, func(tx adapters.Tx) error { return tx.Delete(aliveKey + p.id) })
	if err != nil {
		return fmt.Errorf("ending the beats: %w", err)
	}
	return nil
}
