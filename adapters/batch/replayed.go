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

// takenPiece is about how many bytes of records that a replay has taken in are one value of the store.
const takenPiece = 256 << 10

// takenKey begins the keys of the records that a replay has taken in, for the gateways whose snapshots do not have them. They are in pieces; earlier versions had them in one value, under
// this very key.
func (b *inbox) takenKey(run string) string { return b.prefix + "taken/" + run }

// takenPieces cuts records into what becomes one value each.
func takenPieces(records [][]byte) (pieces [][][]byte) {
	for len(records) > 0 {
		n, size := 1, len(records[0])
		for n < len(records) && size+len(records[n]) <= takenPiece {
			size += len(records[n])
			n++
		}
		pieces, records = append(pieces, records[:n]), records[n:]
	}
	return pieces
}

func (b *inbox) putTaken(tx adapters.Tx, run string, piece int, records [][]byte) error {
	return put(tx, fmt.Sprintf("%s/%06d", b.takenKey(run), piece), records)
}

// storeTaken writes the records down that a replay is about to take in, each piece in a transaction of its own. Nobody looks at them before the run itself is there.
func (b *inbox) storeTaken(ctx context.Context, run string, records [][]byte) (pieces int, err error) {
	for _, piece := range takenPieces(records) {
		err := b.store.Update(ctx, func(tx adapters.Tx) error { return b.putTaken(tx, run, pieces, piece) })
		if err != nil {
			return 0, fmt.Errorf("remembering what a replay takes in: %w", err)
		}
		pieces++
	}
	return pieces, nil
}

// taken returns the records that a replay has taken in.
func (b *inbox) taken(ctx context.Context, run string) (records [][]byte, err error) {
	err = b.store.View(ctx, func(tx adapters.Tx) error {
		records = nil
		for stored, err := range tx.Scan(b.takenKey(run), "") {
			if err != nil {
				return err
			}
			var piece [][]byte
			if err := json.Unmarshal(stored.Value, &piece); err != nil {
				return err
			}
			records = append(records, piece...)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("recalling what a replay has taken in: %w", err)
	}
	return records, nil
}

// forgetTaken forgets what replays have taken in, or were about to when a crash or an error came between: those whose keys begin so, up to the run until; if that is empty, all of them.
func (b *inbox) forgetTaken(tx adapters.Tx, run, until string) error {
	var keys []string
	for stored, err := range tx.Scan(b.takenKey(run), "") {
		if err != nil {
			return err
		}
		if until != "" && stored.Key >= b.takenKey(until) {
			break
		}
		keys = append(keys, stored.Key)
	}
	for _, key := range keys {
		if err := tx.Delete(key); err != nil {
			return err
		}
	}
	return nil
}

func (x *extract) latestReplayKey() string { return x.inbox.prefix + "replay" }

// recordReplay writes a replay down. Of a replay only the run is remembered: the file has been dealt with.
func (x *extract) recordReplay(tx adapters.Tx, r *fileRecord) error {
	id, run := x.inbox.runID(r), *r
	run.Taken = nil
	for i, piece := range takenPieces(r.Taken) {
		if err := x.inbox.putTaken(tx, id, i, piece); err != nil {
			return err
		}
		run.Pieces = i + 1
	}
	if run.Pieces > 0 {
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
	taken, err := x.inbox.taken(ctx, x.inbox.runID(run))
	if err != nil || len(taken) == 0 {
		return err
	}
	again := *run
	again.Layout, again.Bad = x.inbox.layout, 0
	again.Replays = append(slices.Clone(made), x.inbox.runID(run))
	r := &replay{ingest: ingest{extract: x, keys: make([][]byte, len(x.specs)), result: &again}, current: current, stored: true}
	tried := make([]framing.Record, len(taken))
	for i, data := range taken {
		tried[i] = framing.Record{Number: int64(i + 1), Data: data}
	}
	begun := time.Now()
	if err := r.do(ctx, tried); err != nil {
		return err
	}
	x.logger.InfoContext(ctx, "the replay of another gateway was taken over", "file", run.Name, "records", r.taken, "duration_ms", float64(time.Since(begun))/float64(time.Millisecond))
	return nil
}
