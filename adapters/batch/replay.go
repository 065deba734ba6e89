package batch

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"slices"
	"time"

	semconv "go.opentelemetry.io/otel/semconv/v1.37.0"
	"go.opentelemetry.io/otel/trace"
	"google.golang.org/grpc/codes"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/adapters/batch/framing"
	"github.com/postern-gateway/postern/adapters/batch/record"
	"github.com/postern-gateway/postern/adapters/batch/snapshot"
)

// errRejectsElsewhere is a run whose rejects this gateway has not.
var errRejectsElsewhere = adapters.Errorf(codes.FailedPrecondition, "REJECTS_ELSEWHERE",
	"the rejects of this run are kept by the gateway that read the file, and not by this one")

// replay takes rejects of a run into a new snapshot of the file that is in force, and returns the run that this is. corrections are the bytes by number of record, empty for
// those of the file; none means all rejects. Nothing else of the snapshot changes, and nothing is done if no record is good.
func (x *extract) replay(ctx context.Context, run *fileRecord, corrections map[int64][]byte) (result *fileRecord, err error) {
	err = x.worker.exclusively(ctx, func() (err error) {
		result, err = x.replayAlone(ctx, run, corrections)
		return err
	})
	return result, err
}

func (x *extract) replayAlone(ctx context.Context, run *fileRecord, corrections map[int64][]byte) (_ *fileRecord, err error) {
	ctx, span := x.recorder.start(ctx, "replay "+x.config.GetPlural(), trace.WithAttributes(semconv.FileName(run.Name)), linked(run.Span))
	defer func() { end(span, err) }()
	current, err := x.acquire()
	if err != nil {
		return nil, err
	}
	defer x.release(current)
	if x.isRolledBack() || run.Snapshot == nil || run.Snapshot.Hash != current.Info().Hash {
		return nil, adapters.Errorf(codes.FailedPrecondition, "NOT_IN_FORCE", "only rejects of the file that is in force can be replayed, and it is the newest: that is %s", current.Info().Source)
	}
	tried, err := x.chosenRejects(x.inbox.runID(run), corrections)
	if err != nil {
		return nil, err
	}
	r := &replay{
		ingest: ingest{extract: x, keys: make([][]byte, len(x.specs)), result: &fileRecord{
			Name: run.Name, Size: run.Size, ModTime: run.ModTime, Version: run.Version, Layout: x.inbox.layout, Hash: run.Hash, AsOf: run.AsOf, Number: run.Number,
			Outcome: outcomeReplayed, Records: int64(len(tried)), Started: time.Now().UTC(), Span: spanOf(ctx),
		}},
		current: current,
	}
	made, err := replaysIn(current)
	if err != nil {
		return nil, err
	}
	r.result.Replays = append(made, x.inbox.runID(r.result))
	if err := r.do(ctx, tried); err != nil {
		return nil, err
	}
	x.recorder.file(ctx, span, r.result)
	return r.result, r.remember(ctx)
}

// chosenRejects reads the rejects that are to be replayed, with their corrections, in order of the file.
func (x *extract) chosenRejects(run string, corrections map[int64][]byte) ([]framing.Record, error) {
	var tried []framing.Record
	left := maps.Clone(corrections)
	err := x.readRejects(run, func(one reject) bool {
		corrected, chosen := left[one.Record]
		if len(corrections) > 0 && !chosen || one.Record == 0 {
			return true
		}
		delete(left, one.Record)
		if len(corrected) == 0 {
			corrected = one.Data
		}
		tried = append(tried, framing.Record{Number: one.Record, Offset: one.Offset, Data: corrected})
		return true
	})
	slices.SortFunc(tried, func(a, b framing.Record) int { return cmp.Compare(a.Number, b.Number) })
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, errRejectsElsewhere
	case err != nil:
		return nil, err
	case len(left) > 0:
		return nil, adapters.Errorf(codes.InvalidArgument, "", "no rejects of this run are kept with the numbers %v", slices.Sorted(maps.Keys(left)))
	case len(tried) == 0:
		return nil, adapters.Errorf(codes.FailedPrecondition, "NO_REJECTS", "this run has no rejects that can be replayed")
	default:
		return tried, nil
	}
}

// A replay makes a snapshot of another one and of records that were rejected.
type replay struct {
	ingest
	current *lease
	good    []framing.Record // by themselves, in the order in which they were added
	stored  bool             // what is taken in is in the store already
	taken   int              // how many records
}

// do makes a snapshot of the one in force and the tried records, and puts it in force if one of them is good.
func (r *replay) do(ctx context.Context, tried []framing.Record) (err error) {
	x := r.extract
	if _, r.number, err = x.snapshots(); err != nil {
		return err
	}
	r.isDelta = x.isDelta(r.result.Name)
	if err := r.begin(true); err != nil {
		return err
	}
	r.rejects = &quarantine{path: x.rejectsOf(x.inbox.runID(r.result))}
	defer func() { err = errors.Join(err, r.writer.Abort(), r.rejects.close()) }()
	if err := r.try(tried); err != nil {
		return err
	}
	var value record.Value
	op := func(data []byte) operation {
		if r.isDelta {
			return x.changes.operation(x.envelope.layout, data, &value)
		}
		return opInsert
	}
	err = r.merge(ctx, r.current.Snapshot, op, outcomeReplayed, func() (snapshot.Info, error) {
		return x.advance(r.current.Info()), r.keep(ctx)
	})
	if errors.Is(err, errNoneGood) {
		info := r.current.Info() // so what is still bad can be replayed from this run
		r.result.Snapshot = &info
		return nil
	}
	return err
}

// keep writes down what is taken in, before it is in force: if a crash comes between, it has no effect.
func (r *replay) keep(ctx context.Context) (err error) {
	var taken [][]byte
	for i, one := range r.good {
		if !r.dropped.Has(int64(i)) {
			taken = append(taken, one.Data)
		}
	}
	if r.taken = len(taken); r.taken == 0 {
		return errNoneGood
	}
	if !r.stored {
		inbox := &r.extract.inbox
		r.result.Pieces, err = inbox.storeTaken(ctx, inbox.runID(r.result), taken)
	}
	return err
}

// errNoneGood is a replay that changes nothing.
var errNoneGood = errors.New("no record is good")

// try adds the records that are good now, and rejects the others again.
func (r *replay) try(tried []framing.Record) error {
	envelope := r.extract.envelope
	judge := newExaminer(&scanner{envelope: envelope, prepare: r.prepare})
	for _, one := range tried {
		var keys []byte
		var err error
		if length := envelope.detailLength(); length > 0 && len(one.Data) != length {
			err = &badRecord{reason: fmt.Sprintf("the record has %d bytes, and must have %d", len(one.Data), length)}
		} else {
			keys, err = judge.judge(nil, one.Data)
		}
		if err == nil {
			err = r.add(one, keys)
		}
		switch {
		case err == nil:
			r.good = append(r.good, one)
		case isBad(err):
			r.result.Bad++
			if err := r.rejects.add(one, err.Error()); err != nil {
				return err
			}
		default:
			return err
		}
	}
	return nil
}

// remember writes the run down. What is remembered of the file stays as it is.
func (r *replay) remember(ctx context.Context) error {
	x := r.extract
	r.result.Ended = time.Now().UTC()
	if err := x.record(ctx, r.result); err != nil {
		return err
	}
	x.logger.InfoContext(ctx, "rejects were replayed", slog.String("file", r.result.Name), slog.Int64("records", r.result.Records), slog.Int64("bad", r.result.Bad), durationMilliseconds(r.result))
	return x.forgetRejects(ctx)
}
