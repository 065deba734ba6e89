package batch

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/postern-gateway/postern/adapters"
	adminv1 "github.com/postern-gateway/postern/proto/postern/admin/v1"
)

// maxRuns is how many looks at files are remembered of one inbox.
const maxRuns = 200

// runTime spells the moment that a run was begun, in its id: so ids sort as their runs do.
const runTime = "20060102T150405.000000000"

// runID tells one look at a file from all others of the back end.
func (b *inbox) runID(r *fileRecord) string {
	digest := sha256.Sum256([]byte(b.prefix + r.Name))
	return r.Started.UTC().Format(runTime) + "-" + hex.EncodeToString(digest[:4])
}

func (b *inbox) runKey(id string) string { return b.prefix + "run/" + id }

// rememberRun adds to what operators see.
func (b *inbox) rememberRun(tx adapters.Tx, r *fileRecord) error {
	if err := put(tx, b.runKey(b.runID(r)), r); err != nil {
		return err
	}
	return b.forgetRuns(tx)
}

// forgetRuns forgets the oldest runs past those that are remembered. That of the file in force stays, and so do its replays: a gateway that comes later makes
// them too.
func (b *inbox) forgetRuns(tx adapters.Tx) error {
	var keys []string
	for stored, err := range tx.Scan(b.runKey(""), "") {
		if err != nil {
			return fmt.Errorf("counting runs: %w", err)
		}
		keys = append(keys, stored.Key)
	}
	old := keys[:max(len(keys)-maxRuns, 0)]
	if len(old) == 0 {
		return nil
	}
	oldest := ""
	var inForce fileRecord
	latest, _, err := tx.Get(b.latestKey())
	if err == nil {
		_, err = get(tx, b.runKey(string(latest)), &inForce)
	}
	if err != nil {
		return fmt.Errorf("looking for the run of the file in force: %w", err)
	}
	for _, key := range old {
		var r fileRecord
		if _, err := get(tx, key, &r); err != nil {
			return fmt.Errorf("reading an old run: %w", err)
		}
		id := strings.TrimPrefix(key, b.runKey(""))
		isReplay := r.Outcome == outcomeReplayed && r.Snapshot != nil && r.Snapshot.Hash == inForce.Hash
		if id == string(latest) || isReplay {
			oldest = cmp.Or(oldest, id)
			continue
		}
		if err := errors.Join(tx.Delete(key), b.forgetTaken(tx, id, "")); err != nil {
			return fmt.Errorf("forgetting a run: %w", err)
		}
	}
	oldest = cmp.Or(oldest, strings.TrimPrefix(keys[len(old)], b.runKey("")))
	if err := b.forgetTaken(tx, "", oldest); err != nil {
		return fmt.Errorf("forgetting replays that came to nothing: %w", err)
	}
	return nil
}

// isForgotten reports whether as many runs are remembered as can be, all of them later ones: this one may have been, too.
func (b *inbox) isForgotten(ctx context.Context, r *fileRecord) (bool, error) {
	runs, err := b.runs(ctx)
	return err == nil && len(runs) >= maxRuns && b.runID(r) < b.runID(runs[len(runs)-maxRuns]), err
}

// runs returns what is remembered of the inbox's files, oldest run first.
func (b *inbox) runs(ctx context.Context) ([]*fileRecord, error) {
	var found []*fileRecord
	err := b.store.View(ctx, func(tx adapters.Tx) error {
		found = nil
		for stored, err := range tx.Scan(b.runKey(""), "") {
			if err != nil {
				return err
			}
			r := &fileRecord{}
			if err := json.Unmarshal(stored.Value, r); err != nil {
				return err
			}
			found = append(found, r)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("listing runs: %w", err)
	}
	return found, nil
}

// run returns one run; nil if it is not remembered.
func (b *inbox) run(ctx context.Context, id string) (*fileRecord, error) {
	var found *fileRecord
	err := b.store.View(ctx, func(tx adapters.Tx) error {
		r := &fileRecord{}
		ok, err := get(tx, b.runKey(id), r)
		if found = nil; ok {
			found = r
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("looking up a run: %w", err)
	}
	return found, nil
}

// show is what operators see of a run.
func (b *inbox) show(r *fileRecord, of string) *adminv1.Run {
	return &adminv1.Run{
		Id: b.runID(r), Of: of, File: r.Name, Size: r.Size, StartedAt: moment(r.Started), Duration: durationpb.New(r.Ended.Sub(r.Started)),
		Outcome: r.Outcome, Reason: r.Reason, AsOf: moment(r.AsOf), Records: r.Records, Rejects: r.Bad, Hash: r.Hash,
		TraceId: traceOf(r.Span), Number: r.Number, OutOfSequence: r.Gap,
	}
}

// moment is a time; nil for the zero time.
func moment(t time.Time) *timestamppb.Timestamp {
	if t.IsZero() {
		return nil
	}
	return timestamppb.New(t)
}
