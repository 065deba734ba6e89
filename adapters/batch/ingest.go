package batch

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"log/slog"
	"maps"
	"slices"
	"time"

	semconv "go.opentelemetry.io/otel/semconv/v1.37.0"
	"go.opentelemetry.io/otel/trace"

	"github.com/postern-gateway/postern/adapters/batch/framing"
	"github.com/postern-gateway/postern/adapters/batch/record"
	"github.com/postern-gateway/postern/adapters/batch/snapshot"
)

// pass looks for files and reads the newest that can be served.
func (x *extract) pass(ctx context.Context, force bool) (time.Duration, error) {
	newest, next, err := x.look(ctx, force)
	err = errors.Join(err, x.tellLate(ctx))
	x.mu.Lock()
	defer x.mu.Unlock()
	x.lastErr, x.waiting = err, x.showHeld()
	if errors.Is(err, errGone) {
		err = nil // trying again helps only once the file is there, which Check says
	}
	if newest != nil {
		x.lastFile = newest
	}
	return next, err
}

// look deals with the files in the inbox and returns what became of the newest.
func (x *extract) look(ctx context.Context, force bool) (newest *fileRecord, next time.Duration, err error) {
	if err := errors.Join(x.refresh(ctx), x.recordNewest(ctx), x.takeOver(ctx), x.tellRead(ctx)); err != nil {
		return nil, 0, err
	}
	files, next, err := x.inbox.list(ctx, force)
	if err != nil {
		return nil, next, err
	}
	if x.inOrder() {
		slices.Reverse(files)
	}
	for progress := true; progress; {
		before, _ := x.frontier()
		for _, info := range files {
			result, err := x.consider(ctx, info, force)
			if errors.Is(err, errChanging) {
				next = settleTime
				continue
			}
			if err != nil {
				return newest, next, err
			}
			if newest == nil || x.inOrder() {
				newest = result
			}
		}
		if err := x.catchUp(ctx); err != nil {
			return newest, next, err
		}
		if err := x.takeOver(ctx); err != nil {
			return newest, next, err
		}
		after, _ := x.frontier()
		progress = x.inOrder() && after.IsNewer(before) // what was held may have its turn now
	}
	maps.DeleteFunc(x.held, func(name string, _ *fileRecord) bool {
		return !slices.ContainsFunc(files, func(info fs.FileInfo) bool { return info.Name() == name })
	})
	return newest, next, nil
}

// consider reads a file, unless it has been dealt with.
func (x *extract) consider(ctx context.Context, info fs.FileInfo, force bool) (*fileRecord, error) {
	known, err := x.inbox.recall(ctx, info.Name())
	if err != nil {
		return nil, err
	}
	if waiting := x.held[info.Name()]; waiting != nil && waiting.isOf(info, x.inbox.layout) && waiting.waits == x.state() {
		return waiting, nil
	}
	recorded := known != nil && known.isOf(info, x.inbox.layout)
	switch {
	case !recorded || !x.isSettled(known):
		listed := x.inbox.recordOf(info)
		listed.recorded = recorded
		return x.ingestFile(ctx, listed, force || !x.inbox.mayGrow(info))
	case known.Outcome == outcomeRefused:
		return known, nil
	default:
		return known, x.inbox.putAway(ctx, known) // a crash may have come before
	}
}

// isSettled reports whether a file that has been looked at has no more to say. One that another gateway has read may still be news here.
func (x *extract) isSettled(known *fileRecord) bool {
	last, ok := x.frontier()
	switch {
	case known.Outcome == outcomeRefused:
		return true
	case known.Outcome == outcomeHeld:
		return false // here, its turn may have come
	default:
		return ok && (known.Snapshot == nil || !known.Snapshot.IsNewer(last))
	}
}

// ingestFile reads a file. One that has not settled may only be unfinished if it is wrong.
func (x *extract) ingestFile(ctx context.Context, listed *fileRecord, settled bool) (_ *fileRecord, err error) {
	ctx, span := x.recorder.start(ctx, "ingest "+x.config.GetPlural(), trace.WithAttributes(semconv.FileName(listed.Name), semconv.FileSize(int(listed.Size))))
	defer func() { end(span, err) }()
	listed.Started, listed.Span = time.Now().UTC(), spanOf(ctx)
	run := &ingest{extract: x, result: listed}
	if err := run.read(ctx); err != nil {
		return nil, err
	}
	if run.result.Outcome == outcomeRefused && !settled {
		return nil, errChanging
	}
	err = run.settle(ctx)
	x.recorder.file(ctx, span, run.result)
	x.recorder.order(ctx, run.result, x.lateness(run.result))
	if !run.result.AsOf.IsZero() {
		span.SetAttributes(asOf(run.result.AsOf))
	}
	return run.result, err
}

// An ingest reads one file into a snapshot.
type ingest struct {
	extract *extract
	result  *fileRecord
	writer  *snapshot.Writer
	keys    [][]byte
	scanner *scanner
	rejects *quarantine
	number  int // of the snapshot
	isDelta bool
	numbers snapshot.Set // that the records have in the file which were added, in that order
	dropped snapshot.Set // changes that could not be made, by their place among what was added
}

// read reads the file. What is wrong with the file itself becomes its outcome; an error is for the disk, the store, or the caller.
func (g *ingest) read(ctx context.Context) (err error) {
	x := g.extract
	file, err := x.inbox.open(ctx, g.result)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	_, next, err := x.snapshots()
	if err != nil {
		return err
	}
	g.number, g.isDelta = next, x.isDelta(g.result.Name)
	if err := g.begin(g.isDelta); err != nil {
		return err
	}
	g.rejects = &quarantine{path: x.rejectsOf(x.inbox.runID(g.result))}
	defer func() { err = errors.Join(err, g.writer.Abort(), g.rejects.close()) }()

	digest := sha256.New()
	scanned, err := g.scan(ctx, io.TeeReader(file, digest))
	if changed := file.verify(ctx); changed != nil {
		err = changed // whatever is wrong with it may not be the last word
	}
	if err == nil {
		err = g.finish(ctx, digest, scanned)
	}
	return g.judge(err)
}

// begin starts the snapshot, or the changes to one.
func (g *ingest) begin(changes bool) (err error) {
	x := g.extract
	path, specs := x.snapshotPath(g.number), x.specs
	if changes {
		path, specs = x.asidePath(g.number), x.specs[:1]
	}
	g.keys = make([][]byte, len(x.specs))
	g.writer, err = snapshot.NewWriter(path, x.envelope.detailLength(), specs)
	if err != nil {
		return fmt.Errorf("starting a snapshot: %w", err)
	}
	return nil
}

func (g *ingest) scan(ctx context.Context, r io.Reader) (scanResult, error) {
	g.scanner = &scanner{
		envelope: g.extract.envelope, onHeader: func(found scanResult) error { return g.header(ctx, found) },
		prepare: g.prepare, onDetail: g.add, onBad: g.rejects.add,
	}
	result, err := g.scanner.scan(ctx, r)
	g.result.Records, g.result.Bad = result.details, result.bad
	if g.extract.envelope.header == nil && err == nil {
		err = g.header(ctx, result)
	}
	return result, err
}

// header decides as of when the data is, and whether its turn has come.
func (g *ingest) header(ctx context.Context, found scanResult) error {
	g.result.AsOf, g.result.Number = found.date, found.number
	if found.date.IsZero() {
		g.result.AsOf = g.result.ModTime
	}
	return g.order(ctx)
}

// prepare appends the keys of a record, if it is good.
func (g *ingest) prepare(to, data []byte, value *record.Value) ([]byte, error) {
	x := g.extract
	to, err := x.appendKeys(to, data, value)
	if err == nil && g.isDelta && x.changes.operation(x.envelope.layout, data, value) == 0 {
		err = &badRecord{reason: "its " + x.changes.action.Path + " says nothing that is known"}
	}
	return to, err
}

// add takes a good record with its keys into the snapshot.
func (g *ingest) add(r framing.Record, keys []byte) error {
	g.extract.splitKeys(keys, g.keys)
	g.note(r)
	return g.writer.Add(r.Data, g.keys)
}

// appendKeys appends the keys of a record: the unique one, and one for each index.
func (x *extract) appendKeys(to, data []byte, value *record.Value) ([]byte, error) {
	to, empty, err := x.envelope.layout.AppendKeys(to, data, x.keyed, value)
	switch {
	case err != nil:
		return to, &badRecord{reason: err.Error()}
	case empty && len(x.key) == 1:
		return to, &badRecord{reason: x.key[0].Path + " " + record.ErrNoKey.Error()}
	}
	return to, nil
}

// splitKeys is the way back from [extract.appendKeys].
func (x *extract) splitKeys(joined []byte, keys [][]byte) {
	for i, spec := range x.specs {
		keys[i], joined = joined[:spec.Width], joined[spec.Width:]
	}
}

// errDuplicate is a file whose content is what is being served.
var errDuplicate = errors.New("its content is being served already")

// finish makes the snapshot and puts it in force.
func (g *ingest) finish(ctx context.Context, digest hash.Hash, scanned scanResult) error {
	x := g.extract
	g.result.Hash = hex.EncodeToString(digest.Sum(nil))
	if last, ok := x.frontier(); ok && last.Hash == g.result.Hash && !g.result.AsOf.After(last.AsOf) {
		return errDuplicate
	}
	if err := g.tooBad(scanned); err != nil {
		return err
	}
	if g.isDelta {
		repeated, err := x.isRepeated(ctx, g.result)
		if err != nil {
			return err
		}
		if repeated {
			return errDuplicate
		}
		return g.change(ctx, scanned)
	}
	err := g.writer.Sort(func(ordinal uint32) error {
		if g.result.Bad++; g.rejects.isFull() {
			return nil
		}
		data, err := g.writer.Record(ordinal)
		return errors.Join(err, g.rejectOrdinal(ordinal, data, "another record in front of it has the same key"))
	})
	if err != nil {
		return err
	}
	if err := g.verify(scanned); err != nil {
		return err
	}
	return g.publish(ctx, g.writer, g.info(), outcomeServed)
}

// verify refuses a file of which all that is to be known is known.
func (g *ingest) verify(scanned scanResult) error {
	scanned.bad = g.result.Bad
	if err := g.tooBad(scanned); err != nil {
		return err
	}
	return g.scanner.verify(g.extract.checks, g.result)
}

// tooBad refuses a file with too large a share of bad records.
func (g *ingest) tooBad(scanned scanResult) error {
	if scanned.bad > 0 && float64(scanned.bad) > g.extract.badShare*float64(scanned.details) {
		return refuse("%d of %d records are bad, and at most a share of %v may be; the first: %s",
			scanned.bad, scanned.details, g.extract.badShare, g.rejects.first)
	}
	return nil
}

// judge turns what is wrong with the file into its outcome.
func (g *ingest) judge(err error) error {
	var file *fileError
	var frame *framing.Error
	var held *heldFile
	switch {
	case err == nil:
		return nil
	case errors.Is(err, errDuplicate), errors.Is(err, errRepeated):
		g.result.Outcome, g.result.Reason = outcomeDuplicate, err.Error()
	case errors.As(err, &held):
		g.result.Outcome, g.result.Reason, g.result.waits = outcomeHeld, held.reason, g.extract.state()
	case errors.Is(err, errOlder):
		g.result.Outcome, g.result.Reason = outcomeOlder, errOlder.Error()
	case errors.As(err, &file):
		g.result.Outcome, g.result.Reason = outcomeRefused, file.reason
	case errors.As(err, &frame):
		g.result.Outcome, g.result.Reason = outcomeRefused, err.Error()
	default:
		return err
	}
	return nil
}

// settle writes down what became of the file, and puts it away.
func (g *ingest) settle(ctx context.Context) error {
	x := g.extract
	g.result.Ended = time.Now().UTC()
	if delete(x.held, g.result.Name); g.result.Outcome == outcomeHeld {
		x.held[g.result.Name] = g.result
		if g.result.recorded {
			return nil // as held, too; or another gateway has read it, which is not to be forgotten
		}
	}
	if err := x.record(ctx, g.result); err != nil {
		return err
	}
	if err := x.forgetRejects(ctx); err != nil {
		return err
	}
	attributes := []any{
		slog.String("file", g.result.Name), slog.String("outcome", g.result.Outcome), slog.Int64("records", g.result.Records),
		slog.Int64("bad", g.result.Bad), durationMilliseconds(g.result),
	}
	if !g.result.AsOf.IsZero() { // a file may be refused before it has said
		attributes = append(attributes, slog.Time("as_of", g.result.AsOf))
	}
	if g.result.Outcome == outcomeRefused {
		x.logger.ErrorContext(ctx, "an extract was refused; what was served before stays", append(attributes, slog.String("reason", g.result.Reason))...)
		return nil
	}
	if g.result.Outcome == outcomeHeld {
		x.logger.WarnContext(ctx, "an extract is held back", append(attributes, slog.String("reason", g.result.Reason))...)
		return nil
	}
	if g.result.Gap {
		x.logger.WarnContext(ctx, "an extract is out of sequence", append(attributes, slog.Int64("number", *g.result.Number))...)
	}
	x.logger.InfoContext(ctx, "an extract was read", attributes...)
	return x.inbox.putAway(ctx, g.result)
}
