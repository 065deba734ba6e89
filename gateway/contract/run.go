package contract

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	"github.com/postern-gateway/postern/adapters"
)

// A run is one call of a bound method: the variables that its expressions read. It belongs to one goroutine.
type run struct {
	method  *method
	request proto.Message
	// of each step, by its number
	outcomes []outcome
	// the values as CEL sees them, made when they are first read
	requestValue ref.Val
	values       []ref.Val
}

var _ cel.Activation = (*run)(nil)

// answer answers one call.
func (m *method) answer(ctx context.Context, request proto.Message) (proto.Message, error) {
	r := &run{method: m, request: request, outcomes: make([]outcome, len(m.steps)), values: make([]ref.Val, len(m.steps))}
	if err := r.parts(ctx); err != nil {
		return nil, r.withEffect(err)
	}
	reply, err := r.reply(ctx)
	if err != nil {
		return nil, r.withEffect(r.failure(ctx, err))
	}
	said := adapters.ReplyFrom(ctx)
	for i := range r.outcomes {
		said.Mock = said.Mock || r.outcomes[i].said.Mock
	}
	if m.saidBy >= 0 {
		said.AsOf, said.ETag = r.outcomes[m.saidBy].said.AsOf, r.outcomes[m.saidBy].said.ETag
	}
	return reply, nil
}

// withEffect says in the error of a call whether any of its steps may have written, which its code does not say.
func (r *run) withEffect(err error) error {
	var known *adapters.Error
	if !errors.As(err, &known) {
		return err
	}
	said := *known
	said.Partial = slices.ContainsFunc(r.method.writes, func(number int) bool { return r.outcomes[number].hasEffect() })
	said.Unsent = !said.Partial
	return &said
}

// reply makes the reply, once all steps have ended.
func (r *run) reply(ctx context.Context) (proto.Message, error) {
	m := r.method
	switch {
	case m.handsOn >= 0:
		return r.outcomes[m.handsOn].message, nil
	case m.whole == nil:
		return m.response.build(ctx, r)
	}
	value, err := m.whole.evaluate(ctx, r)
	if err != nil {
		return nil, err
	}
	reply, err := messageOf(m.descriptor.Output(), value)
	if err != nil {
		return nil, fmt.Errorf("evaluating %s: %w", m.whole.place, err)
	}
	return reply, nil
}

// parts runs error rules and steps, each as soon as what it waits for has ended. When it returns, nothing is running any more.
func (r *run) parts(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s := newSchedule(r.method.graph)
	failure := r.startReady(ctx, s)
	for s.running > 0 {
		if failure != nil {
			cancel()
		}
		part := s.wait()
		if failure == nil {
			failure = r.settle(ctx, s, part)
		}
		if failure == nil {
			failure = r.startReady(ctx, s)
		}
	}
	return failure
}

// startReady starts all parts that wait for nothing any more.
func (r *run) startReady(ctx context.Context, s *schedule) error {
	for part, ok := s.take(); ok; part, ok = s.take() {
		if err := r.start(ctx, s, part); err != nil {
			return err
		}
	}
	return nil
}

// start evaluates an error rule, or starts a step's call.
func (r *run) start(ctx context.Context, s *schedule, part int) error {
	m := r.method
	if part < len(m.rules) {
		if err := r.check(ctx, m.rules[part]); err != nil {
			return err
		}
		s.end(part)
		return nil
	}
	number := part - len(m.rules)
	request, wanted, err := r.prepare(ctx, m.steps[number])
	switch {
	case err != nil:
		return err
	case !wanted:
		s.end(part)
		return nil
	case s.idle(): // there is nothing else to do meanwhile, so no goroutine is needed
		r.outcomes[number] = m.call(ctx, m.steps[number], request)
		return r.settle(ctx, s, part)
	default:
		s.spawn(part, func() { r.outcomes[number] = m.call(ctx, m.steps[number], request) })
		return nil
	}
}

// settle notes how a step's call has ended.
func (r *run) settle(ctx context.Context, s *schedule, part int) error {
	number := part - len(r.method.rules)
	if o := r.outcomes[number]; o.err != nil {
		return r.judge(ctx, r.method.steps[number], o)
	}
	s.end(part)
	return nil
}

// check evaluates an error rule.
func (r *run) check(ctx context.Context, rule *rule) error {
	holds, err := rule.when.holds(ctx, r)
	if err != nil {
		return r.failure(ctx, err)
	}
	if holds {
		return &adapters.Error{Code: rule.code, Reason: rule.reason, Message: rule.message, Cause: fmt.Errorf("the error rule at %s holds", rule.when.place)}
	}
	return nil
}

// prepare makes the request of a step, or says that it is not wanted.
func (r *run) prepare(ctx context.Context, s *step) (request proto.Message, wanted bool, err error) {
	if s.when != nil {
		holds, err := s.when.holds(ctx, r)
		if err != nil {
			return nil, false, r.failure(ctx, err)
		}
		if !holds {
			return nil, false, nil
		}
	}
	request, err = s.request.build(ctx, r)
	if err != nil {
		return nil, false, r.failure(ctx, err)
	}
	return request, true, nil
}

// failure is what becomes of an evaluation that went wrong: a mistake in the binding that only the values have shown.
func (r *run) failure(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return adapters.FromContext(ctx.Err())
	}
	return &adapters.Error{Code: codes.Internal, Cause: fmt.Errorf("answering %s: %w", r.method.descriptor.FullName(), err)}
}

// message returns the message that a variable holds, or nil where it is empty.
func (r *run) message(variable string) proto.Message {
	if variable == requestVariable {
		return r.request
	}
	for i, s := range r.method.steps {
		if s.name == variable {
			return r.outcomes[i].message
		}
	}
	return nil
}

// Parent implements cel.Activation.
func (r *run) Parent() cel.Activation { return nil }

// ResolveName implements cel.Activation. Only steps that have ended are ever asked for.
func (r *run) ResolveName(name string) (any, bool) {
	adapter := r.method.adapter
	switch name {
	case requestVariable:
		if r.requestValue == nil {
			r.requestValue = adapter.NativeToValue(r.request)
		}
		return r.requestValue, true
	case unavailableVariable:
		return r.unavailable(), true
	case asOfVariable:
		return r.asOf(), true
	}
	for i, s := range r.method.steps {
		if s.name != name {
			continue
		}
		if r.values[i] == nil {
			r.values[i] = r.value(s, r.outcomes[i].message)
		}
		return r.values[i], true
	}
	return nil, false
}

func (r *run) value(s *step, message proto.Message) ref.Val {
	switch {
	case !s.isOptional():
		return r.method.adapter.NativeToValue(message)
	case message == nil:
		return types.OptionalNone
	default:
		return types.OptionalOf(r.method.adapter.NativeToValue(message))
	}
}

func (r *run) unavailable() []string {
	names := []string{}
	for i, s := range r.method.steps {
		if s.optional && r.outcomes[i].unavailable { // others may still be running
			names = append(names, s.name)
		}
	}
	return names
}

func (r *run) asOf() map[string]time.Time {
	times := make(map[string]time.Time, len(r.outcomes))
	for i, s := range r.method.steps {
		if r.outcomes[i].message != nil {
			times[s.name] = r.outcomes[i].asOf()
		}
	}
	return times
}
