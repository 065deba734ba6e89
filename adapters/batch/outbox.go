package batch

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	semconv "go.opentelemetry.io/otel/semconv/v1.37.0"
	"go.opentelemetry.io/otel/trace"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/adapters/batch/framing"
	"github.com/postern-gateway/postern/adapters/batch/record"
)

// Steps of a file on its way out.
const (
	stepDecided = "DECIDED" // its content is in the store
	stepWritten = "WRITTEN" // it is on disk under its hidden name
	stepShowing = "SHOWING" // where files are copied and not renamed: a copy is being made under its own name
)

// An outFile is a file on its way out. The store forgets it once it is delivered.
type outFile struct {
	Sequence int64  `json:"sequence"`
	Name     string `json:"name"`
	Step     string `json:"step"`
	// Aside is the hidden name that it was written under.
	Aside   string `json:"aside,omitempty"`
	Content []byte `json:"content"`
	Records int    `json:"records"`
	// Spans are where its submissions were accepted, or the first of them; see spanOf.
	Spans []string `json:"spans,omitempty"`
}

// pass cuts what is due, and reads acknowledgements. Files are delivered by jobs. With force, they are delivered here too, so that who asked for it can wait; and so are, at first, those
// of a process that was killed while it delivered them: their jobs count as being done until [adapters.JobTime] is over.
func (s *submissions) pass(ctx context.Context, force bool) (time.Duration, error) {
	next, err := s.cutAll(ctx, force)
	if err == nil && (force || !s.resumed) {
		err = s.deliverAll(ctx)
		s.resumed = err == nil
	}
	soon, reading := s.ack.pass(ctx, s, force)
	if next == 0 || soon > 0 && soon < next {
		next = soon
	}
	err = errors.Join(err, reading)
	s.mu.Lock()
	s.lastErr, s.refused = err, s.ack.refused
	s.mu.Unlock()
	return next, errors.Join(err, s.stillOnTheWay(ctx))
}

// cutAll cuts files until nothing more is due. It returns how soon there may be.
func (s *submissions) cutAll(ctx context.Context, force bool) (time.Duration, error) {
	for {
		more, next, err := s.cut(ctx, force)
		if !more || err != nil {
			return next, err
		}
	}
}

// cut puts what is due into one file. It returns whether there was something, and if not, how soon there may be.
func (s *submissions) cut(ctx context.Context, force bool) (cut bool, next time.Duration, err error) {
	now, begun := s.now().UTC(), time.Now()
	if due, next, err := s.isDue(ctx, now, force); err != nil || !due {
		return false, next, err
	}
	var file *outFile
	err = s.store.Update(ctx, func(tx adapters.Tx) error {
		file, next = nil, 0
		var due bool
		var counted counters
		if due, next, err = s.looksDue(tx, &counted, now, force); err != nil || !due {
			return err
		}
		waiting, err := s.waiting(tx)
		if err != nil || len(waiting) == 0 {
			return err
		}
		file, err = s.decide(tx, waiting, &counted, now)
		return err
	})
	switch {
	case err != nil:
		return false, 0, fmt.Errorf("cutting a file: %w", err)
	case file == nil:
		return false, next, nil
	}
	s.bell.ring()
	// The span is made only now, so that looking in vain leaves none.
	_, span := s.recorder.start(ctx, "cut "+s.config.GetName(), trace.WithTimestamp(begun),
		trace.WithAttributes(semconv.FileName(file.Name), semconv.FileSize(len(file.Content)), recordsAttribute.Int(file.Records)), linked(file.Spans...))
	span.End()
	return true, 0, nil
}

// isDue is looksDue without the writers' turn, which a look in vain must not take from callers.
func (s *submissions) isDue(ctx context.Context, now time.Time, force bool) (due bool, next time.Duration, err error) {
	err = s.store.View(ctx, func(tx adapters.Tx) (err error) {
		due, next, err = s.looksDue(tx, &counters{}, now, force)
		return err
	})
	if err != nil {
		return false, 0, fmt.Errorf("looking at the queue: %w", err)
	}
	return due, next, nil
}

// looksDue reports whether a file is to be cut now, and if not, how soon one may be.
func (s *submissions) looksDue(tx adapters.Tx, counted *counters, now time.Time, force bool) (due bool, next time.Duration, err error) {
	if _, err := get(tx, s.countersKey(), counted); err != nil || counted.Waiting == 0 {
		return false, 0, err
	}
	if force || s.isFull(*counted) {
		return true, 0, nil
	}
	for queued, err := range tx.Scan(s.key("queue", ""), "") {
		var oldest submission
		if err == nil {
			err = json.Unmarshal(queued.Value, &oldest)
		}
		if err != nil {
			return false, 0, fmt.Errorf("reading the queue: %w", err)
		}
		wait, known := s.due.wait(oldest.Created, now)
		return known && wait == 0, wait, nil
	}
	return false, 0, nil
}

// waiting returns the oldest submissions of the queue, as many as go into one file.
func (s *submissions) waiting(tx adapters.Tx) (all []*submission, err error) {
	var size int64
	for queued, err := range tx.Scan(s.key("queue", ""), "") {
		one := &submission{}
		if err == nil {
			err = json.Unmarshal(queued.Value, one)
		}
		if err != nil {
			return nil, fmt.Errorf("reading the queue: %w", err)
		}
		all, size = append(all, one), size+int64(len(one.Record))
		if len(all) == s.due.count || s.due.bytes > 0 && size >= s.due.bytes {
			break
		}
	}
	return all, nil
}

// decide takes submissions off the queue and into a file, whose content is stored in the same transaction.
func (s *submissions) decide(tx adapters.Tx, waiting []*submission, counted *counters, now time.Time) (*outFile, error) {
	counted.Files++
	content, err := s.content(waiting, counted.Files, now)
	if err != nil {
		return nil, err
	}
	file := &outFile{Sequence: counted.Files, Name: s.name.of(counted.Files, now), Step: stepDecided, Content: content, Records: len(waiting)}
	members := make([]int64, len(waiting))
	for i, one := range waiting {
		counted.Waiting, counted.Bytes = counted.Waiting-1, counted.Bytes-int64(len(one.Record))
		one.State, one.File, one.Sequence, one.Position, one.Updated, one.Record = stateInFile, file.Name, file.Sequence, i+1, now, nil
		members[i] = one.Number
		file.Spans = withSpan(file.Spans, one.Span)
		if err := errors.Join(put(tx, s.operationKey(one.Number), one), tx.Delete(s.queueKey(one.Number))); err != nil {
			return nil, fmt.Errorf("taking a submission off the queue: %w", err)
		}
	}
	return file, errors.Join(
		put(tx, s.countersKey(), counted),
		put(tx, s.membersKey(file.Sequence), members),
		put(tx, s.sentFileKey(file.Sequence), &sentFile{Name: file.Name, Records: file.Records, Cut: now}),
		put(tx, s.fileKey(file.Sequence), file),
		s.addJob(tx, deliverJob, fmt.Sprint(file.Sequence), 0),
	)
}

// left records that a file is on its way no more, which is when its operations begin to wait for their answers.
func (s *submissions) left(tx adapters.Tx, sequence int64) error {
	var file sentFile
	if _, err := get(tx, s.sentFileKey(sequence), &file); err != nil {
		return err
	}
	file.Delivered = s.now().UTC()
	err := errors.Join(put(tx, s.sentFileKey(sequence), &file), tx.Delete(s.fileKey(sequence)), s.addJob(tx, forgetJob, fmt.Sprint(sequence), s.keep))
	if after := s.config.GetExpireAfter(); after != nil {
		err = errors.Join(err, s.addJob(tx, expireJob, fmt.Sprint(sequence), after.AsDuration()))
	}
	return err
}

// content makes the file's bytes.
func (s *submissions) content(records []*submission, sequence int64, now time.Time) ([]byte, error) {
	var content bytes.Buffer
	out, err := s.writing.Writer(&content)
	if err != nil {
		return nil, err
	}
	if s.file.skipFirst {
		names, err := s.layout.AppendNames(nil)
		if err != nil {
			return nil, err
		}
		if err := out.Write(names); err != nil {
			return nil, err
		}
	}
	if err := s.edge(out, s.header, records, sequence, now); err != nil {
		return nil, fmt.Errorf("writing the header: %w", err)
	}
	for _, one := range records {
		if err := out.Write(s.padded(one.Record)); err != nil {
			return nil, err
		}
	}
	if err := s.edge(out, s.trailer, records, sequence, now); err != nil {
		return nil, fmt.Errorf("writing the trailer: %w", err)
	}
	if err := out.Close(); err != nil { // it may hold back a block
		return nil, err
	}
	return content.Bytes(), nil
}

// padded is a record, filled up to the file's record length if all have one.
func (s *submissions) padded(data []byte) []byte {
	if format := s.file.config.GetRecordFormat(); s.file.lines || format != "" && format != "fixed" && format != "fixed_blocked" {
		return data
	}
	for range s.file.length - len(data) {
		data = append(data, s.layout.Options().CodePage.Blank())
	}
	return data
}

// edge adds a header or trailer.
func (s *submissions) edge(out framing.Writer, e *writtenEdge, records []*submission, sequence int64, now time.Time) error {
	if e == nil {
		return nil
	}
	values := edgeValues{}
	for f, text := range e.fixed {
		values[f] = text
	}
	if e.sequence != nil {
		values[e.sequence] = fmt.Sprint(sequence)
	}
	for _, count := range e.counts {
		values[count] = fmt.Sprint(len(records))
	}
	if e.date != nil {
		values[e.date] = spellDate(e.date, now.In(s.layout.Options().Location))
	}
	for _, total := range e.totals {
		var sum sum
		var value record.Value
		for _, one := range records {
			sum.take(s.layout, one.Record, &total, &value)
		}
		if sum.broken > 0 {
			return fmt.Errorf("the sum of %s cannot be made: a submission was taken under another layout", total.of.Name)
		}
		values[total.equals] = sum.lastText(total.digits)
	}
	data, err := e.layout.Encode(nil, values)
	if err != nil {
		return err
	}
	return out.Write(s.padded(data))
}

func spellDate(f *record.Field, t time.Time) string {
	if f.Type == record.Time {
		return t.Format(time.RFC3339)
	}
	return t.Format(time.DateOnly)
}

// edgeValues is the source of a header or trailer.
type edgeValues map[*record.Field]string

// Value implements [record.Source].
func (v edgeValues) Value(f *record.Field, _ int) (string, bool) {
	text, ok := v[f]
	return text, ok
}

// Group implements [record.Source].
func (v edgeValues) Group(f *record.Field, _ int) (record.Source, bool) {
	for _, child := range f.Children {
		if _, ok := v[child]; ok {
			return v, true
		}
		if _, ok := v.Group(child, 0); ok {
			return v, true
		}
	}
	return v, false
}

// Count implements [record.Source].
func (v edgeValues) Count(*record.Field) int { return 0 }
