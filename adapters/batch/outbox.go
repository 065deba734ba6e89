package batch

import (
	"context"
	"errors"
	"fmt"
	"time"

	semconv "go.opentelemetry.io/otel/semconv/v1.37.0"
	"go.opentelemetry.io/otel/trace"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/adapters/batch/record"
)

// Steps of a file on its way out.
const (
	stepDecided = "DECIDED" // its content is in the store
	stepWritten = "WRITTEN" // it is on disk under its hidden name
)

// An outFile is a file on its way out. The store forgets it once it is delivered.
type outFile struct {
	Sequence int64  `json:"sequence"`
	Name     string `json:"name"`
	Step     string `json:"step"`
	// Aside is the hidden name that it was written under.
	Aside   string   `json:"aside,omitempty"`
	Content []byte   `json:"content"`
	IDs     []string `json:"ids"`
}

func (s *submissions) fileKey(sequence int64) string {
	return s.key("file", fmt.Sprintf("%019d", sequence))
}

// pass delivers what is on its way, cuts what is due, and reads acknowledgements.
func (s *submissions) pass(ctx context.Context, force bool) (time.Duration, error) {
	err := s.deliver(ctx)
	var next time.Duration
	for more := err == nil; more; {
		if more, next, err = s.cut(ctx, force); more && err == nil {
			err = s.deliver(ctx)
		}
		more = more && err == nil
	}
	soon, reading := s.ack.pass(ctx, s, force)
	if next == 0 || soon > 0 && soon < next {
		next = soon
	}
	err = errors.Join(err, reading)
	s.mu.Lock()
	s.lastErr, s.refused = err, s.ack.refused
	s.mu.Unlock()
	return next, err
}

// cut puts what is due into one file. It returns whether there was something, and if not, how soon there may be.
func (s *submissions) cut(ctx context.Context, force bool) (cut bool, next time.Duration, err error) {
	now, begun := s.now().UTC(), time.Now()
	var file *outFile
	err = s.store.Update(ctx, func(tx adapters.Tx) error {
		file, next = nil, 0
		waiting, keys, err := s.waiting(tx)
		if err != nil || len(waiting) == 0 {
			return err
		}
		if age := now.Sub(waiting[0].Created); !force && len(waiting) < s.cutCount && age >= 0 && age < s.cutAge { // below 0, the clock was set back
			next = s.cutAge - age
			return nil
		}
		file, err = s.decide(tx, waiting, keys, now)
		return err
	})
	switch {
	case err != nil:
		return false, 0, fmt.Errorf("cutting a file: %w", err)
	case file == nil:
		return false, next, nil
	}
	// The span is made only now, so that looking in vain leaves none.
	_, span := s.recorder.start(ctx, "cut "+s.config.GetName(), trace.WithTimestamp(begun),
		trace.WithAttributes(semconv.FileName(file.Name), semconv.FileSize(len(file.Content)), recordsAttribute.Int(len(file.IDs))))
	span.End()
	return true, 0, nil
}

// waiting returns the oldest submissions of the queue, as many as go into one file, and their keys.
func (s *submissions) waiting(tx adapters.Tx) (all []*submission, keys []string, err error) {
	for queued, err := range tx.Scan(s.key("queue", ""), "") {
		if err != nil {
			return nil, nil, fmt.Errorf("reading the queue: %w", err)
		}
		one := &submission{}
		if ok, err := get(tx, operationKey(string(queued.Value)), one); err != nil || !ok {
			return nil, nil, errors.Join(err, fmt.Errorf("the queue names the submission %s: found %v", queued.Value, ok))
		}
		all, keys = append(all, one), append(keys, queued.Key)
		if len(all) == s.cutCount {
			break
		}
	}
	return all, keys, nil
}

// decide takes submissions off the queue and into a file, whose content is stored in the same transaction.
func (s *submissions) decide(tx adapters.Tx, waiting []*submission, keys []string, now time.Time) (*outFile, error) {
	sequence, err := increment(tx, s.key("files"))
	if err != nil {
		return nil, err
	}
	content, err := s.content(waiting, sequence, now)
	if err != nil {
		return nil, err
	}
	file := &outFile{Sequence: sequence, Name: s.name.of(sequence), Step: stepDecided, Content: content}
	for i, one := range waiting {
		one.State, one.File, one.Position, one.Updated = stateInFile, file.Name, i+1, now
		file.IDs = append(file.IDs, one.ID)
		if err := errors.Join(put(tx, operationKey(one.ID), one), tx.Delete(keys[i])); err != nil {
			return nil, fmt.Errorf("taking a submission off the queue: %w", err)
		}
	}
	return file, put(tx, s.fileKey(sequence), file)
}

// content makes the file's bytes.
func (s *submissions) content(records []*submission, sequence int64, now time.Time) ([]byte, error) {
	var content []byte
	var err error
	if content, err = s.edge(content, s.header, records, sequence, now); err != nil {
		return nil, fmt.Errorf("writing the header: %w", err)
	}
	for _, one := range records {
		content = s.append(content, one.Record)
	}
	if content, err = s.edge(content, s.trailer, records, sequence, now); err != nil {
		return nil, fmt.Errorf("writing the trailer: %w", err)
	}
	return content, nil
}

// append adds a record: with a line end, or filled up to the file's record length.
func (s *submissions) append(content, data []byte) []byte {
	content = append(content, data...)
	if s.file.lines {
		return append(content, '\n')
	}
	for range s.file.length - len(data) {
		content = append(content, s.layout.Options().CodePage.Blank())
	}
	return content
}

// edge adds a header or trailer.
func (s *submissions) edge(content []byte, e *writtenEdge, records []*submission, sequence int64, now time.Time) ([]byte, error) {
	if e == nil {
		return content, nil
	}
	values := edgeValues{}
	for f, text := range e.fixed {
		values[f] = text
	}
	if e.sequence != nil {
		values[e.sequence] = fmt.Sprint(sequence)
	}
	if e.count != nil {
		values[e.count] = fmt.Sprint(len(records))
	}
	if e.date != nil {
		values[e.date] = spellDate(e.date, now.In(s.layout.Options().Location))
	}
	for _, total := range e.totals {
		var sum sum
		var value record.Value
		for _, one := range records {
			sum.add(s.layout, one.Record, total.of, &value)
		}
		if sum.broken {
			return nil, fmt.Errorf("the sum of %s cannot be made: a submission was taken under another layout", total.of.Name)
		}
		values[total.equals] = sum.text()
	}
	data, err := e.layout.Encode(nil, values)
	if err != nil {
		return nil, err
	}
	return s.append(content, data), nil
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
