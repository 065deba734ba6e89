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
	"strconv"
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
	reference *record.Field // nil where answers name a file and a place in it
	sequence  *record.Field
	position  *record.Field
	code      *record.Field
	accepted  []string
	rejected  map[string]string
	logger    *slog.Logger
	refused   error // of the newest file of the last pass that is there and cannot be used; of the worker alone
}

func (c *compiler) acknowledgements(field string, config *configv1.BatchAcknowledgement) *acknowledgements {
	a := &acknowledgements{envelope: c.envelope(field, config), accepted: config.GetAccepted(), rejected: config.GetRejected()}
	a.inbox = c.inbox(field+".inbox", config.GetInbox())
	if config.GetHeader().GetSequence() != "" {
		c.fail(field+".header.sequence", "this is not offered for acknowledgements so far; leave it out")
	}
	if a.envelope != nil {
		a.inbox.settles = a.envelope.trailer == nil
		a.reference = c.fixed(field+".reference", a.envelope.layout, config.GetReference())
		a.sequence = c.number(field+".sequence", a.envelope.layout, config.GetSequence())
		a.position = c.number(field+".position", a.envelope.layout, config.GetPosition())
		a.code = c.fixed(field+".code", a.envelope.layout, config.GetCode())
	}
	byPlace := config.GetSequence() != "" || config.GetPosition() != ""
	switch {
	case config.GetReference() != "" && byPlace:
		c.fail(field+".reference", "answers name a submission by its reference, or by sequence and position: not both")
	case config.GetReference() == "" && !byPlace:
		c.fail(field+".reference", "answers name a submission by its reference, or by sequence and position: one of them is wanted")
	case byPlace && (config.GetSequence() == "" || config.GetPosition() == ""):
		c.fail(field+".sequence", "sequence and position are wanted both: a place is one in a file")
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
	files, next, err := a.inbox.list(ctx, force)
	if err != nil {
		return next, err
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
	return known, a.inbox.putAway(ctx, known)
}

// An answer is one record of an acknowledgement.
type answer struct {
	reference          string
	sequence, position int64 // where it has no reference
	code               string
}

// name is how an answer names its submission, for the log.
func (a *acknowledgements) name(one answer) string {
	if a.reference == nil {
		return fmt.Sprintf("position %d of file %d", one.position, one.sequence)
	}
	return fmt.Sprintf("the reference %q", one.reference)
}

// read reads one file. All of its answers take effect in one transaction, or none.
func (a *acknowledgements) read(ctx context.Context, s *submissions, info fs.FileInfo, force bool) (_ *fileRecord, err error) {
	ctx, span := s.recorder.start(ctx, "acknowledge "+s.config.GetName(), trace.WithAttributes(semconv.FileName(info.Name()), semconv.FileSize(int(info.Size()))))
	defer func() { end(span, err) }()
	result := a.inbox.recordOf(info)
	result.AsOf = result.ModTime
	file, err := a.inbox.open(ctx, result)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	digest := sha256.New()
	answers, err := a.scan(ctx, io.TeeReader(file, digest))
	if changed := file.verify(ctx); changed != nil {
		return nil, changed
	}
	var wrong *fileError
	var frame *framing.Error
	isWrong := errors.As(err, &wrong)
	switch {
	case isWrong, errors.As(err, &frame):
		if !force && a.inbox.mayGrow(info) {
			return nil, errChanging // it may only be unfinished
		}
		result.Outcome, result.Reason = outcomeRefused, err.Error()
		if isWrong {
			result.Reason = wrong.reason
		}
	case err != nil:
		return nil, err
	default:
		result.Outcome, result.Hash = outcomeRead, hex.EncodeToString(digest.Sum(nil))
	}
	result.Records, result.Ended, result.Span = int64(len(answers)), time.Now().UTC(), spanOf(ctx)
	first, err := a.apply(ctx, s, answers, result)
	if err != nil {
		return nil, err
	}
	if first {
		s.recorder.file(ctx, span, result)
	}
	return result, nil
}

func (a *acknowledgements) scan(ctx context.Context, r io.Reader) ([]answer, error) {
	var answers []answer
	var value record.Value
	s := &scanner{
		envelope: a.envelope,
		onDetail: func(r framing.Record, _ []byte) error {
			one, err := a.answer(r.Data, &value)
			if err != nil {
				return &badRecord{reason: err.Error()}
			}
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

// answer reads one record.
func (a *acknowledgements) answer(data []byte, value *record.Value) (one answer, err error) {
	layout := a.envelope.layout
	if a.reference != nil {
		if err := layout.Extract(data, a.reference, value); err != nil {
			return one, err
		}
		one.reference = a.reference.Spell(value)
	} else {
		for f, to := range map[*record.Field]*int64{a.sequence: &one.sequence, a.position: &one.position} {
			if err := layout.Extract(data, f, value); err != nil {
				return one, err
			}
			if *to, err = strconv.ParseInt(f.Spell(value), 10, 64); err != nil {
				return one, fmt.Errorf("%s: %q is no whole number", f.Name, f.Spell(value))
			}
		}
	}
	if err := layout.Extract(data, a.code, value); err != nil {
		return one, err
	}
	one.code = a.code.Spell(value)
	return one, nil
}

// apply closes the operations that were answered, and remembers the file. It returns false, and does nothing, if another gateway has been faster.
func (a *acknowledgements) apply(ctx context.Context, s *submissions, answers []answer, result *fileRecord) (first bool, err error) {
	var notes []string
	var closed *closing
	err = s.store.Update(ctx, func(tx adapters.Tx) error {
		notes = nil
		known := &fileRecord{}
		found, err := get(tx, a.inbox.fileKey(result.Name), known)
		if first = !found || known.identity() != result.identity() || known.Version != result.Version || known.Layout != result.Layout; err != nil || !first {
			return err
		}
		closing := &closing{Tx: tx, submissions: s, members: make(map[int64][]int64), ended: make(map[string]int64)}
		closed = closing
		for _, one := range answers {
			note, err := a.close(closing, one)
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
		return false, fmt.Errorf("applying an acknowledgement: %w", err)
	}
	if !first {
		return false, nil
	}
	s.bell.ring()
	closed.record(ctx)
	if result.Outcome == outcomeRefused {
		a.logger.ErrorContext(ctx, "an acknowledgement was refused", "file", result.Name, "reason", result.Reason)
		return true, nil
	}
	for _, note := range notes {
		a.logger.WarnContext(ctx, "an answer in an acknowledgement had no effect", "file", result.Name, "reason", note)
	}
	a.logger.InfoContext(ctx, "an acknowledgement was read", slog.String("file", result.Name), slog.Int("answers", len(answers)), durationMilliseconds(result))
	return true, nil
}

// A closing is one transaction that answers take effect in.
type closing struct {
	adapters.Tx
	*submissions
	members map[int64][]int64 // of the files that answers have named
	ended   map[string]int64  // how many operations have ended, by their last state
	spans   []string          // where they were accepted
}

// record counts what has ended, once it is stored, and links the span to where it began.
func (c *closing) record(ctx context.Context) {
	for state, n := range c.ended {
		c.recorder.add(ctx, c.recorder.counts.answered, n, stateAttribute.String(state))
	}
	span := trace.SpanFromContext(ctx)
	for _, link := range linksTo(c.spans) {
		span.AddLink(link)
	}
}

// numberOf finds the number of the submission that an answer is for; 0 if there is none.
func (c *closing) numberOf(a *acknowledgements, one answer) (int64, error) {
	if a.reference != nil {
		return c.referred(one.reference), nil
	}
	members, known := c.members[one.sequence]
	if !known {
		var err error
		if members, err = c.submissions.members(c.Tx, one.sequence); err != nil {
			return 0, err
		}
		c.members[one.sequence] = members
	}
	if one.position < 1 || one.position > int64(len(members)) {
		return 0, nil
	}
	return members[one.position-1], nil
}

// close ends the operation that an answer is for. The note says why it had no effect.
func (a *acknowledgements) close(c *closing, one answer) (note string, err error) {
	number, err := c.numberOf(a, one)
	if err != nil {
		return "", err
	}
	sent, err := c.find(c.Tx, number)
	if err != nil {
		return "", err
	}
	if sent == nil {
		return fmt.Sprintf("nothing was sent as %s", a.name(one)), nil
	}
	state, message := a.judge(one.code)
	switch {
	case state == "":
		return fmt.Sprintf("the result %q of %s is neither accepted nor rejected by the configuration", one.code, a.name(one)), nil
	case sent.State == stateQueued, sent.State == stateCancelled:
		return a.name(one) + " has not been sent", nil
	case sent.State == stateExpired:
		return fmt.Sprintf("the result %q of %s came too late", one.code, a.name(one)), c.late(sent, one.code)
	case sent.isDone() && sent.Code != one.code:
		return fmt.Sprintf("%s was answered before, with %q and not %q", a.name(one), sent.Code, one.code), nil
	case sent.isDone():
		return "", nil // the same answer again
	}
	sent.State, sent.Code, sent.Message = state, one.code, message
	c.ended[state]++
	c.spans = withSpan(c.spans, sent.Span)
	return "", c.end(c.Tx, sent)
}

// late notes the first answer that came after an operation had expired, which stays so: its end has been told.
func (c *closing) late(sent *submission, code string) error {
	if sent.Late != "" {
		return nil
	}
	sent.Late = code
	return put(c.Tx, c.operationKey(sent.Number), sent)
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

// referred reads the number in a reference, which acknowledgements may spell with fewer zeros in front, or more of them; 0 if there is none.
func (s *submissions) referred(reference string) int64 {
	n, err := strconv.ParseInt(strings.TrimSpace(reference), 10, 64)
	if err != nil || n < 0 {
		return 0
	}
	return n
}
