package batch

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/adapters/batch/framing"
)

// takenKey is where the records are that a replay has taken in, for the gateways whose snapshots do not have them.
func (b *inbox) takenKey(run string) string { return b.prefix + "taken/" + run }

func (x *extract) latestReplayKey() string { return x.inbox.prefix + "replay" }

// recordReplay writes a replay down. Of a replay only the run is remembered: the file has been dealt with.
func (x *extract) recordReplay(tx adapters.Tx, r *fileRecord) error {
	id, run := x.inbox.runID(r), *r
	run.Taken = nil
	if len(r.Taken) > 0 {
		if err := put(tx, x.inbox.takenKey(id), r.Taken); err != nil {
			return err
		}
		if err := tx.Put(x.latestReplayKey(), []byte(id)); err != nil {
			return fmt.Errorf("remembering a replay: %w", err)
		}
	}
	return x.inbox.rememberRun(tx, &run)
}

// takeOver makes the replays that other gateways have made of the file that is in force here too. They come in the order that they were begun in.
func (x *extract) takeOver(ctx context.Context) error {
	var latest string
	err := x.inbox.store.View(ctx, func(tx adapters.Tx) error {
		value, _, err := tx.Get(x.latestReplayKey())
		latest = string(value)
		return err
	})
	if err != nil {
		return fmt.Errorf("looking for replays: %w", err)
	}
	current, err := x.acquire()
	if err != nil {
		return nil // there is nothing yet that they could be made to
	}
	defer func() { x.release(current) }()
	seen := latest + " " + current.name
	if latest == "" || seen == x.takenOver || x.isRolledBack() {
		return nil
	}
	runs, err := x.inbox.runs(ctx)
	if err != nil {
		return err
	}
	for _, run := range runs {
		if run.Outcome != outcomeReplayed || run.Snapshot == nil || run.Snapshot.Hash != current.Info().Hash {
			continue
		}
		made, err := replaysIn(current)
		if err != nil {
			return err
		}
		if slices.Contains(made, x.inbox.runID(run)) {
			continue
		}
		if err := x.replayOf(ctx, run, current, made); err != nil {
			return err
		}
		next, err := x.acquire() // before current is given back, which happens at the end too
		if err != nil {
			return err
		}
		x.release(current)
		current = next
	}
	x.takenOver = latest + " " + current.name
	return nil
}

// replaysIn returns the ids of the replays that made a snapshot of that of the file.
func replaysIn(l *lease) ([]string, error) {
	var run fileRecord
	if len(l.Note()) == 0 {
		return nil, nil
	}
	if err := json.Unmarshal(l.Note(), &run); err != nil {
		return nil, fmt.Errorf("reading which run made the snapshot %s: %w", l.name, err)
	}
	return run.Replays, nil
}

// replayOf makes one replay of another gateway.
func (x *extract) replayOf(ctx context.Context, run *fileRecord, current *lease, made []string) error {
	var taken [][]byte
	err := x.inbox.store.View(ctx, func(tx adapters.Tx) error {
		taken = nil
		_, err := get(tx, x.inbox.takenKey(x.inbox.runID(run)), &taken)
		return err
	})
	if err != nil || len(taken) == 0 {
		return err
	}
	again := *run
	again.Layout, again.Bad = x.inbox.layout, 0
	again.Replays = append(slices.Clone(made), x.inbox.runID(run))
	r := &replay{ingest: ingest{extract: x, keys: make([][]byte, len(x.specs)), result: &again}, current: current}
	tried := make([]framing.Record, len(taken))
	for i, data := range taken {
		tried[i] = framing.Record{Number: int64(i + 1), Data: data}
	}
	begun := time.Now()
	if err := r.do(ctx, tried); err != nil {
		return err
	}
	x.logger.InfoContext(ctx, "the replay of another gateway was taken over", "file", run.Name, "records", len(again.Taken), "duration_ms", float64(time.Since(begun))/float64(time.Millisecond))
	return nil
}
