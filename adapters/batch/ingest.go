package batch

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	semconv "go.opentelemetry.io/otel/semconv/v1.37.0"
	"go.opentelemetry.io/otel/trace"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/adapters/batch/framing"
	"github.com/postern-gateway/postern/adapters/batch/record"
	"github.com/postern-gateway/postern/adapters/batch/snapshot"
)

// maxQuarantined is how many bad records of one file are kept. The rest is only counted.
const maxQuarantined = 10_000

// pass looks for files and reads the newest that can be served.
func (x *extract) pass(ctx context.Context, force bool) (time.Duration, error) {
	newest, next, err := x.look(ctx, force)
	x.mu.Lock()
	defer x.mu.Unlock()
	x.lastErr = err
	if newest != nil {
		x.lastFile = newest
	}
	return next, err
}

// look deals with the files in the inbox, newest first, and returns what became of the newest.
func (x *extract) look(ctx context.Context, force bool) (newest *fileRecord, next time.Duration, err error) {
	if err := x.refresh(); err != nil {
		return nil, 0, err
	}
	files, next, err := x.inbox.list(force)
	if err != nil {
		return nil, 0, err
	}
	for _, info := range files {
		result, err := x.consider(ctx, info, force)
		if errors.Is(err, errChanging) {
			next = settleTime
			continue
		}
		if err != nil {
			return newest, next, err
		}
		if newest == nil {
			newest = result
		}
	}
	return newest, next, nil
}

// consider reads a file, unless it has been dealt with.
func (x *extract) consider(ctx context.Context, info fs.FileInfo, force bool) (*fileRecord, error) {
	known, err := x.inbox.recall(ctx, info.Name())
	if err != nil {
		return nil, err
	}
	if known != nil && known.isOf(info, x.inbox.layout) && (known.Outcome == outcomeRefused || x.loaded()) {
		if known.Outcome != outcomeRefused {
			return known, x.inbox.putAway(known) // a crash may have come before
		}
		return known, nil
	}
	return x.ingest(ctx, info, force)
}

// ingest reads a file.
func (x *extract) ingest(ctx context.Context, info fs.FileInfo, force bool) (_ *fileRecord, err error) {
	ctx, span := x.recorder.start(ctx, "ingest "+x.config.GetPlural(), trace.WithAttributes(semconv.FileName(info.Name()), semconv.FileSize(int(info.Size()))))
	defer func() { end(span, err) }()
	run := &ingest{extract: x, result: &fileRecord{
		Name: info.Name(), Size: info.Size(), ModTime: info.ModTime(), Layout: x.inbox.layout, Started: time.Now().UTC(),
	}}
	if err := run.read(ctx); err != nil {
		return nil, err
	}
	if run.result.Outcome == outcomeRefused && !force && x.inbox.alone(info) < settleTime {
		return nil, errChanging // it may only be unfinished
	}
	err = run.settle(ctx)
	x.recorder.file(ctx, span, run.result)
	if !run.result.AsOf.IsZero() {
		span.SetAttributes(asOf(run.result.AsOf))
	}
	return run.result, err
}

func (x *extract) loaded() bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.current != nil
}

// An ingest reads one file into a snapshot.
type ingest struct {
	extract *extract
	result  *fileRecord
	writer  *snapshot.Writer
	keys    [][]byte
	value   record.Value
	rejects *quarantine
}

// errOlder ends the reading of a file whose data is older than what is served.
var errOlder = errors.New("its data is older than what is being served")

// read reads the file. What is wrong with the file itself becomes its outcome; an error is for the disk, the store, or the caller.
func (g *ingest) read(ctx context.Context) (err error) {
	x := g.extract
	file, err := x.inbox.open(g.result.Name)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	_, next, err := x.snapshots()
	if err != nil {
		return err
	}
	name := fmt.Sprintf("%010d%s", next, snapshotSuffix)
	g.writer, err = snapshot.NewWriter(filepath.Join(x.directory, name), x.envelope.file.fixedLength(), x.specs)
	if err != nil {
		return fmt.Errorf("starting a snapshot: %w", err)
	}
	g.rejects = &quarantine{path: filepath.Join(x.rejects, g.result.Name+".jsonl")}
	defer func() { err = errors.Join(err, g.writer.Abort(), g.rejects.close()) }()

	digest := sha256.New()
	scanned, err := g.scan(ctx, io.TeeReader(file, digest))
	if changed := x.inbox.unchanged(file, g.result); changed != nil {
		err = changed // whatever is wrong with it may not be the last word
	}
	if err == nil {
		err = g.finish(name, digest, scanned)
	}
	return g.judge(err)
}

func (g *ingest) scan(ctx context.Context, r io.Reader) (scanResult, error) {
	g.keys = make([][]byte, len(g.extract.specs))
	s := &scanner{envelope: g.extract.envelope, onHeader: g.header, onDetail: g.add, onBad: g.rejects.add}
	result, err := s.scan(ctx, r)
	g.result.Records, g.result.Bad = result.details, result.bad
	if g.extract.envelope.header == nil && err == nil {
		err = g.header(result)
	}
	return result, err
}

// header decides as of when the data is, and whether that is new.
func (g *ingest) header(found scanResult) error {
	g.result.AsOf = found.date
	if found.date.IsZero() {
		g.result.AsOf = g.result.ModTime
	}
	if current, err := g.extract.acquire(); err == nil {
		defer g.extract.release(current)
		info := current.Info()
		if g.result.AsOf.Before(info.AsOf) || g.result.AsOf.Equal(info.AsOf) && g.result.ModTime.Before(info.Modified) {
			return errOlder
		}
	}
	return nil
}

// add takes a good record into the snapshot.
func (g *ingest) add(r framing.Record) error {
	x := g.extract
	layout := x.envelope.layout
	unique := g.keys[0][:0]
	for _, f := range x.key {
		var empty bool
		var err error
		if unique, empty, err = layout.AppendKey(unique, r.Data, f, &g.value); err != nil {
			return &badRecord{reason: err.Error()}
		}
		if empty && len(x.key) == 1 {
			return &badRecord{reason: f.Path + " " + record.ErrNoKey.Error()}
		}
	}
	g.keys[0] = unique
	for i, f := range x.indexes {
		key, _, err := layout.AppendKey(g.keys[i+1][:0], r.Data, f, &g.value)
		if err != nil {
			return &badRecord{reason: err.Error()}
		}
		g.keys[i+1] = key
	}
	return g.writer.Add(r.Data, g.keys)
}

// errDuplicate is a file whose content is what is being served.
var errDuplicate = errors.New("its content is being served already")

// finish makes the snapshot and puts it in force.
func (g *ingest) finish(name string, digest hash.Hash, scanned scanResult) error {
	x := g.extract
	g.result.Hash = hex.EncodeToString(digest.Sum(nil))
	if current, err := x.acquire(); err == nil {
		defer x.release(current)
		if info := current.Info(); info.Hash == g.result.Hash && !g.result.AsOf.After(info.AsOf) {
			return errDuplicate
		}
	}
	if err := g.tooBad(scanned); err != nil {
		return err
	}
	err := g.writer.Sort(func(ordinal uint32) error {
		g.result.Bad++
		return g.rejects.write(reject{Ordinal: int64(ordinal) + 1, Reason: "another record in front of it has the same key"})
	})
	if err != nil {
		return err
	}
	scanned.bad = g.result.Bad
	if err := g.tooBad(scanned); err != nil {
		return err
	}
	err = g.writer.Finish(snapshot.Info{
		Layout: x.inbox.layout, AsOf: g.result.AsOf, Modified: g.result.ModTime, Source: g.result.Name, Hash: g.result.Hash,
	})
	if err != nil {
		return err
	}
	g.result.Outcome = outcomeServed
	opened, err := snapshot.Open(filepath.Join(x.directory, name), x.inbox.layout)
	if errors.Is(err, fs.ErrNotExist) {
		return x.refresh() // another process has put a newer one in its place
	}
	if err != nil {
		return fmt.Errorf("opening the new snapshot: %w", err)
	}
	return x.replace(name, opened)
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
	switch {
	case err == nil:
		return nil
	case errors.Is(err, errDuplicate):
		g.result.Outcome, g.result.Reason = outcomeDuplicate, errDuplicate.Error()
	case errors.Is(err, errOlder):
		g.result.Outcome, g.result.Reason = outcomeOlder, errOlder.Error()
	case errors.As(err, &file), errors.As(err, &frame):
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
	err := x.inbox.store.Update(ctx, func(tx adapters.Tx) error { return x.inbox.remember(tx, g.result) })
	if err != nil {
		return fmt.Errorf("remembering a file: %w", err)
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
	x.logger.InfoContext(ctx, "an extract was read", attributes...)
	return x.inbox.putAway(g.result)
}

// A quarantine keeps the bad records of one file, one JSON object a line. Its file is made by the first of them.
type quarantine struct {
	path  string
	file  *os.File
	w     *bufio.Writer
	count int
	first string // reason
}

// A reject is one bad record. Ordinal counts the good ones for a record that was good until its key was compared.
type reject struct {
	Record  int64  `json:"record,omitempty"`
	Offset  int64  `json:"offset,omitempty"`
	Ordinal int64  `json:"ordinal,omitempty"`
	Reason  string `json:"reason"`
	Data    string `json:"data,omitempty"` // base64
}

func (q *quarantine) add(r framing.Record, reason string) error {
	return q.write(reject{Record: r.Number, Offset: r.Offset, Reason: reason, Data: base64.StdEncoding.EncodeToString(r.Data)})
}

func (q *quarantine) write(r reject) error {
	if q.count++; q.count > maxQuarantined {
		return nil
	}
	if q.file == nil {
		if err := q.open(); err != nil {
			return err
		}
		q.first = fmt.Sprintf("record %d: %s", max(r.Record, r.Ordinal), r.Reason)
	}
	line, err := json.Marshal(r)
	if err == nil {
		_, err = q.w.Write(append(line, '\n'))
	}
	if err != nil {
		return fmt.Errorf("writing the quarantine: %w", err)
	}
	return nil
}

func (q *quarantine) open() error {
	if err := os.MkdirAll(filepath.Dir(q.path), 0o700); err != nil {
		return fmt.Errorf("making the quarantine: %w", err)
	}
	file, err := os.OpenFile(q.path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("opening the quarantine: %w", err)
	}
	q.file, q.w = file, bufio.NewWriter(file)
	return nil
}

func (q *quarantine) close() error {
	if q.file == nil {
		return nil
	}
	if err := errors.Join(q.w.Flush(), q.file.Close()); err != nil {
		return fmt.Errorf("closing the quarantine: %w", err)
	}
	return nil
}
