package batch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/adapters/batch/snapshot"
)

// publish puts a snapshot in force that is sorted. It carries the run that made it, so that [extract.recordNewest] can write that down if a crash keeps record from it. What is in
// quarantine is on disk before.
func (g *ingest) publish(ctx context.Context, writer *snapshot.Writer, info snapshot.Info, outcome string) error {
	g.result.Outcome, g.result.Snapshot, g.result.Ended = outcome, &info, time.Now().UTC()
	note, err := json.Marshal(g.result)
	if err != nil {
		return fmt.Errorf("describing a run: %w", err)
	}
	writer.Note(note)
	if err := g.rejects.close(); err != nil {
		return err
	}
	if err := writer.Finish(info); err != nil {
		return err
	}
	return g.extract.adopt(ctx)
}

// record writes down what became of a file.
func (x *extract) record(ctx context.Context, r *fileRecord) error {
	err := x.inbox.store.Update(ctx, func(tx adapters.Tx) error {
		if r.Outcome == outcomeReplayed {
			return x.recordReplay(tx, r)
		}
		return errors.Join(x.inbox.remember(tx, r), x.rememberServed(tx, r))
	})
	if err != nil {
		return fmt.Errorf("remembering a file: %w", err)
	}
	return nil
}

// recordNewest writes down the run that made the newest snapshot, if the store does not have it. It does so before any file is looked at, which could be the one that was read.
func (x *extract) recordNewest(ctx context.Context) error {
	x.mu.Lock()
	var newest *lease
	if len(x.kept) > 0 {
		newest = x.kept[0]
	}
	x.mu.Unlock()
	if newest == nil || newest.recorded || len(newest.Note()) == 0 {
		return nil
	}
	run := &fileRecord{}
	if err := json.Unmarshal(newest.Note(), run); err != nil {
		return fmt.Errorf("reading which run made the snapshot %s: %w", newest.name, err)
	}
	known, err := x.inbox.run(ctx, x.inbox.runID(run))
	forgotten := false
	if err == nil && known == nil {
		forgotten, err = x.inbox.isForgotten(ctx, run)
	}
	if err == nil && known == nil && !forgotten {
		x.logger.WarnContext(ctx, "a file had been read without being recorded", "file", run.Name)
		err = x.record(ctx, run)
	}
	newest.recorded = err == nil
	return err
}
