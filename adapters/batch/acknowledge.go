package batch

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"slices"
	"strings"
	"time"

	semconv "go.opentelemetry.io/otel/semconv/v1.37.0"
	"go.opentelemetry.io/otel/trace"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/adapters/batch/framing"
	"github.com/postern-gateway/postern/adapters/batch/record"
	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

// otherResult is the key of `rejected` for every result that has no text of its own.
const otherResult = "*"

// acknowledgements reads the answers to one kind of submission.
type acknowledgements struct {
	envelope  *envelope
	inbox     inbox
	reference *record.Field
	code      *record.Field
	accepted  []string
	rejected  map[string]string
	logger    *slog.Logger
	refused   error // of the newest file of the last pass that is there and cannot be used; of the worker alone
}

func (c *compiler) acknowledgements(field string, config *configv1.BatchAcknowledgement) *acknowledgements {
	a := &acknowledgements{envelope: c.envelope(field, config), accepted: config.GetAccepted(), rejected: config.GetRejected()}
	a.inbox = c.inbox(field+".inbox", config.GetInbox())
	if a.envelope != nil {
		a.inbox.settles = a.envelope.trailer == nil
		a.reference = c.fixed(field+".reference", a.envelope.layout, config.GetReference())
		a.code = c.fixed(field+".code", a.envelope.layout, config.GetCode())
	}
	for _, code := range a.accepted {
		if _, both := a.rejected[code]; both {
			c.fail(field+".rejected", "the result %q is in accepted too", code)
		}
	}
	return a
}

// pass reads the files that have arrived, oldest first. It returns how soon there may be more. A file that is refused has been dealt with: it is no error
// of the pass, but kept for [backend.Check].
func (a *acknowledgements) pass(ctx context.Context, s *submissions, force bool) (time.Duration, error) {
	files, next, err := a.inbox.list(force)
	if err != nil {
		return 0, err
	}
	var refused error
	for _, info := range slices.Backward(files) {
		known, err := a.consider(ctx, s, info, force)
		switch {
		case errors.Is(err, errChanging):
			next = settleTime
		case err != nil:
			return next, err
		case known.Outcome == outcomeRefused:
			refused = fmt.Errorf("%w: %s: %s", errAcknowledgement, known.Name, known.Reason)
		}
	}
	a.refused = refused
	return next, nil
}

// consider reads one file, unless it has been dealt with, and returns what is known of it.
func (a *acknowledgements) consider(ctx context.Context, s *submissions, info fs.FileInfo, force bool) (*fileRecord, error) {
	known, err := a.inbox.recall(ctx, info.Name())
	if err != nil {
		return nil, err
	}
	if known == nil || !known.isOf(info, a.inbox.layout) {
		if known, err = a.read(ctx, s, info, force); err != nil {
			return nil, err
		}
	}
	if known.Outcome == outcomeRefused {
		return known, nil
	}
	return known, a.inbox.putAway(known)
}

// An answer is one record of an acknowledgement.
type answer struct{ reference, code string }

// read reads one file. All of its answers take effect in one transaction, or none.
func (a *acknowledgements) read(ctx context.Context, s *submissions, info fs.FileInfo, force bool) (_ *fileRecord, err error) {
	ctx, span := s.recorder.start(ctx, "acknowledge "+s.config.GetName(), trace.WithAttributes(semconv.FileName(info.Name()), semconv.FileSize(int(info.Size()))))
	defer func() { end(span, err) }()
	result := &fileRecord{Name: info.Name(), Size: info.Size(), ModTime: info.ModTime(), Layout: a.inbox.layout, AsOf: info.ModTime(), Started: time.Now().UTC()}
	file, err := a.inbox.open(info.Name())
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	digest := sha256.New()
	answers, err := a.scan(ctx, io.TeeReader(file, digest))
	if changed := a.inbox.unchanged(file, result); changed != nil {
		return nil, changed
	}
	var wrong *fileError
	var frame *framing.Error
	switch {
	case errors.As(err, &wrong), errors.As(err, &frame):
		if !force && a.inbox.alone(info) < settleTime {
			return nil, errChanging // it may only be unfinished
		}
		result.Outcome, result.Reason = outcomeRefused, err.Error()
	case err != nil:
		return nil, err
	default:
		result.Outcome, result.Hash = outcomeRead, hex.EncodeToString(digest.Sum(nil))
	}
	result.Records, result.Ended = int64(len(answers)), time.Now().UTC()
	if err := a.apply(ctx, s, answers, result); err != nil {
		return nil, err
	}
	s.recorder.file(ctx, span, result)
	return result, nil
}

func (a *acknowledgements) scan(ctx context.Context, r io.Reader) ([]answer, error) {
	var answers []answer
	var value record.Value
	layout := a.envelope.layout
	s := &scanner{
		envelope: a.envelope,
		onDetail: func(r framing.Record) error {
			var one answer
			if err := layout.Extract(r.Data, a.reference, &value); err != nil {
				return &badRecord{reason: err.Error()}
			}
			one.reference = a.reference.Spell(&value)
			if err := layout.Extract(r.Data, a.code, &value); err != nil {
				return &badRecord{reason: err.Error()}
			}
			one.code = a.code.Spell(&value)
			answers = append(answers, one)
			return nil
		},
		onBad: func(r framing.Record, reason string) error {
			return refuse("record %d at byte %d: %s", r.Number, r.Offset, reason)
		},
	}
	if _, err := s.scan(ctx, r); err != nil {
		return nil, err
	}
	return answers, nil
}

// apply closes the operations that were answered, and remembers the file.
func (a *acknowledgements) apply(ctx context.Context, s *submissions, answers []answer, result *fileRecord) error {
	var notes []string
	err := s.store.Update(ctx, func(tx adapters.Tx) error {
		notes = nil
		for _, one := range answers {
			note, err := a.close(tx, s, one)
			if err != nil {
				return err
			}
			if note != "" {
				notes = append(notes, note)
			}
		}
		return a.inbox.remember(tx, result)
	})
	if err != nil {
		return fmt.Errorf("applying an acknowledgement: %w", err)
	}
	if result.Outcome == outcomeRefused {
		a.logger.ErrorContext(ctx, "an acknowledgement was refused", "file", result.Name, "reason", result.Reason)
		return nil
	}
	for _, note := range notes {
		a.logger.WarnContext(ctx, "an answer in an acknowledgement had no effect", "file", result.Name, "reason", note)
	}
	a.logger.InfoContext(ctx, "an acknowledgement was read", slog.String("file", result.Name), slog.Int("answers", len(answers)), durationMilliseconds(result))
	return nil
}

// close ends the operation that an answer is for. The note says why it had no effect.
func (a *acknowledgements) close(tx adapters.Tx, s *submissions, one answer) (note string, err error) {
	id, ok, err := tx.Get(s.referenceKey(s.canonicalReference(one.reference)))
	if err != nil {
		return "", fmt.Errorf("looking up a reference: %w", err)
	}
	if !ok {
		return fmt.Sprintf("nothing was sent with the reference %q", one.reference), nil
	}
	sent := &submission{}
	if _, err := get(tx, operationKey(string(id)), sent); err != nil {
		return "", err
	}
	state, message := a.judge(one.code)
	switch {
	case state == "":
		return fmt.Sprintf("the result %q of the reference %q is neither accepted nor rejected by the configuration", one.code, one.reference), nil
	case sent.isDone() && sent.Code != one.code:
		return fmt.Sprintf("the reference %q was answered before, with %q and not %q", one.reference, sent.Code, one.code), nil
	case sent.isDone():
		return "", nil // the same answer again
	case sent.State == stateQueued:
		return fmt.Sprintf("the reference %q has not been sent yet", one.reference), nil
	}
	sent.State, sent.Code, sent.Message, sent.Updated = state, one.code, message, s.now().UTC()
	return "", put(tx, operationKey(sent.ID), sent)
}

// judge says what a result means; the state is empty if nobody knows.
func (a *acknowledgements) judge(code string) (state, message string) {
	if slices.Contains(a.accepted, code) {
		return stateAcknowledged, ""
	}
	if text, ok := a.rejected[code]; ok {
		return stateRejected, text
	}
	if text, ok := a.rejected[otherResult]; ok {
		return stateRejected, text
	}
	return "", ""
}

// canonicalReference spells a reference as it was stored: acknowledgements may drop zeros in front, or have more of them.
func (s *submissions) canonicalReference(reference string) string {
	reference = strings.TrimSpace(reference)
	if s.reference.Type == record.Integer {
		if trimmed := strings.TrimLeft(reference, "0"); trimmed != "" {
			return trimmed
		}
		return "0"
	}
	if pad := s.reference.Length - len(reference); pad > 0 {
		return strings.Repeat("0", pad) + reference
	}
	return reference
}
