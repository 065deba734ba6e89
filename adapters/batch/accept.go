package batch

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"strconv"
	"strings"
	"sync"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/adapters/batch/record"
)

const (
	// maxGathered is how many submissions one transaction takes, unless a single caller brings more.
	maxGathered = 500
	// gatherTimeout bounds a transaction that is nobody's in particular.
	gatherTimeout = 30 * time.Second
)

// submit takes a record: it is in the store before its caller has an answer.
func (s *submissions) submit(ctx context.Context, request proto.Message) (_ proto.Message, err error) {
	ctx, span := s.recorder.start(ctx, "accept "+s.config.GetName())
	defer func() { end(span, err) }()
	source, mistakes := s.examine(request.ProtoReflect())
	if mistakes != nil {
		return nil, s.notValid(mistakes, "")
	}
	all, err := s.accept(ctx, []*messageSource{source})
	if err != nil {
		return nil, err
	}
	span.SetAttributes(operationAttribute.String(all[0].ID))
	return s.operation(all[0])
}

// submitAll takes a list of records, all or none of them.
func (s *submissions) submitAll(ctx context.Context, request proto.Message) (_ proto.Message, err error) {
	ctx, span := s.recorder.start(ctx, "accept "+s.config.GetName())
	defer func() { end(span, err) }()
	items := request.ProtoReflect().Get(s.listed.items).List()
	sources := make([]*messageSource, items.Len())
	var refused *adapters.Error
	for i := range sources {
		source, mistakes := s.examine(items.Get(i).Message())
		if mistakes != nil {
			refused = merge(refused, s.notValid(mistakes, fmt.Sprintf("%s[%d]", s.listed.items.JSONName(), i)))
		}
		sources[i] = source
	}
	if refused != nil {
		return nil, refused
	}
	all, err := s.accept(ctx, sources)
	if err != nil {
		return nil, err
	}
	span.SetAttributes(recordsAttribute.Int(len(all)))
	reply := newMessage(s.listed.reply)
	operations := reply.Mutable(s.listed.operations).List()
	for _, one := range all {
		operation, err := s.operation(one)
		if err != nil {
			return nil, err
		}
		made, err := into(operations.NewElement().Message(), operation)
		if err != nil {
			return nil, err
		}
		operations.Append(protoreflect.ValueOfMessage(made))
	}
	adapters.ReplyFrom(ctx).Accepted = true
	return reply, nil
}

// into copies a message into one of the same type, which may be dynamic.
func into(to protoreflect.Message, from proto.Message) (protoreflect.Message, error) {
	data, err := proto.Marshal(from)
	if err == nil {
		err = proto.Unmarshal(data, to.Interface())
	}
	if err != nil {
		return nil, fmt.Errorf("copying a message: %w", err)
	}
	return to, nil
}

// examine holds a record to its layout, before anything of it is stored.
func (s *submissions) examine(request protoreflect.Message) (*messageSource, error) {
	source := &messageSource{mapping: s.mapping, message: request, fixed: maps.Clone(s.fixed)}
	if err := s.complete(request, source); err != nil {
		return nil, err
	}
	source.fixed[s.reference] = "0"
	if _, err := s.layout.Encode(nil, source); err != nil {
		return nil, err
	}
	return source, nil
}

// notValid says what is wrong with a record; prefix is where it stands in the request.
func (s *submissions) notValid(err error, prefix string) *adapters.Error {
	var mistakes record.EncodeErrors
	if !errors.As(err, &mistakes) {
		return &adapters.Error{Code: codes.Internal, Cause: err}
	}
	violations := s.mapping.violations(mistakes)
	for i, v := range violations {
		switch {
		case prefix == "":
		case v.Field == "":
			violations[i].Field = prefix
		default:
			violations[i].Field = prefix + "." + v.Field
		}
	}
	return &adapters.Error{
		Code: codes.InvalidArgument, Message: "The record cannot be written as its layout demands.", Violations: violations, Cause: err,
	}
}

// merge adds the violations of one record to those of the records before it.
func merge(all, more *adapters.Error) *adapters.Error {
	if all == nil {
		return more
	}
	all.Violations = append(all.Violations, more.Violations...)
	return all
}

// A gathering makes the submissions of callers who come together durable in one transaction. What makes one slow is not what it writes but its statements and the disk.
type gathering struct {
	mu      sync.Mutex
	waiting []*arrival
	turn    chan struct{} // holds one token while somebody stores
}

func newGathering() *gathering { return &gathering{turn: make(chan struct{}, 1)} }

// An arrival is what one caller brings.
type arrival struct {
	sources []*messageSource
	span    string        // of the caller
	stored  []*submission // once done is closed, without err
	err     error
	done    chan struct{}
}

// accept stores the records of one caller, and returns once they are durable.
func (s *submissions) accept(ctx context.Context, sources []*messageSource) ([]*submission, error) {
	mine := &arrival{sources: sources, span: spanOf(ctx), done: make(chan struct{})}
	g := s.gathering
	g.mu.Lock()
	g.waiting = append(g.waiting, mine)
	g.mu.Unlock()
	for {
		select {
		case <-mine.done:
			return mine.stored, mine.err
		case g.turn <- struct{}{}:
			s.storeTogether(ctx, g.take())
			<-g.turn
		case <-ctx.Done():
			if g.withdraw(mine) {
				return nil, shape(context.Cause(ctx))
			}
			<-mine.done // it is being stored, which ends soon
			return mine.stored, mine.err
		}
	}
}

// take returns those whose turn it is.
func (g *gathering) take() []*arrival {
	g.mu.Lock()
	defer g.mu.Unlock()
	n, size := 0, 0
	for n < len(g.waiting) && (n == 0 || size+len(g.waiting[n].sources) <= maxGathered) {
		size += len(g.waiting[n].sources)
		n++
	}
	taken := g.waiting[:n:n]
	g.waiting = g.waiting[n:]
	return taken
}

// withdraw takes an arrival back. It returns false if somebody is storing it already.
func (g *gathering) withdraw(mine *arrival) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	for i, one := range g.waiting {
		if one == mine {
			g.waiting = append(g.waiting[:i:i], g.waiting[i+1:]...)
			return true
		}
	}
	return false
}

// storeTogether stores what several callers bring. The caller who happens to do it may give up, and must not take the others' submissions with him.
func (s *submissions) storeTogether(ctx context.Context, arrivals []*arrival) {
	if len(arrivals) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), gatherTimeout)
	defer cancel()
	var before, after counters
	err := s.store.Update(ctx, func(tx adapters.Tx) error {
		before = counters{}
		if _, err := get(tx, s.countersKey(), &before); err != nil {
			return err
		}
		after = before
		for _, one := range arrivals {
			one.stored, one.err = nil, nil
			if err := s.enqueue(tx, one, &after); err != nil {
				return err
			}
		}
		return put(tx, s.countersKey(), &after)
	})
	for _, one := range arrivals {
		if err != nil {
			one.stored, one.err = nil, shape(fmt.Errorf("storing a submission: %w", err))
		}
		s.recorder.add(ctx, s.recorder.counts.accepted, int64(len(one.stored)))
		close(one.done)
	}
	if err == nil && (before.Waiting == 0 || s.isFull(after)) {
		s.worker.notify()
	}
}

// enqueue gives each record of a caller its reference and stores it. Where the references are used up, that caller gets nothing.
func (s *submissions) enqueue(tx adapters.Tx, one *arrival, counted *counters) error {
	now, next := s.now().UTC(), *counted
	made := make([]*submission, len(one.sources))
	for i, source := range one.sources {
		next.References++
		queued := &submission{Number: next.References, State: stateQueued, Reference: s.spellReference(next.References), Created: now, Updated: now, Span: one.span}
		queued.ID = strings.ToLower(rand.Text()) + "-" + strconv.FormatInt(queued.Number, 10)
		source.fixed[s.reference] = queued.Reference
		var err error
		if queued.Record, err = s.layout.Encode(nil, source); err != nil {
			one.err = shape(fmt.Errorf("%w: %w", errReferencesUsedUp, err))
			return nil
		}
		next.Waiting, next.Bytes = next.Waiting+1, next.Bytes+int64(len(queued.Record))
		made[i] = queued
	}
	for _, queued := range made {
		if err := put(tx, s.queueKey(queued.Number), queued); err != nil {
			return err
		}
	}
	one.stored, *counted = made, next
	return nil
}

// spellReference writes a number the way that acknowledgements will spell it.
func (s *submissions) spellReference(number int64) string {
	if s.reference.Type == record.Integer {
		return strconv.FormatInt(number, 10)
	}
	return fmt.Sprintf("%0*d", s.reference.Length, number)
}
