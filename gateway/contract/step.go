package contract

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	otelcodes "go.opentelemetry.io/otel/codes"
	semconv "go.opentelemetry.io/otel/semconv/v1.37.0"
	"go.opentelemetry.io/otel/trace"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/gateway/fault"
	"github.com/postern-gateway/postern/gateway/registry"
)

// instrumentation names this package in traces.
const instrumentation = "github.com/postern-gateway/postern/gateway/contract"

// An optional step may take this share of the time that the call has left, so that an answer without it is still in time.
const (
	optionalShare      = 4
	optionalShareOutOf = 5
)

// An outcome is how a step's call ended.
type outcome struct {
	// message is the reply, or nil: the step is optional and was not answered, or was left out.
	message proto.Message
	// said is what the reply says beside its message.
	said adapters.Reply
	at   time.Time
	// unavailable is true if the back end is ill.
	unavailable bool
	// err ends the whole call, unless an error rule of the step says otherwise of the failure that it is of; failure is nil where no rule is asked.
	err     error
	failure *adapters.Error
}

// hasEffect reports whether the call may have written, had it been one that writes. A step that was not taken has none.
func (o outcome) hasEffect() bool {
	switch {
	case o.message != nil, o.unavailable:
		return true
	case o.failure != nil: // as the back end said it, before any rule
		return !fault.WithoutEffect(o.failure)
	default:
		return o.err != nil
	}
}

// asOf is when the reply was true.
func (o outcome) asOf() time.Time {
	if o.said.AsOf.IsZero() {
		return o.at
	}
	return o.said.AsOf
}

// call makes a step's call. ctx is the context of the method's call.
func (m *method) call(ctx context.Context, s *step, request proto.Message) outcome {
	limited, cancel := s.limit(ctx)
	defer cancel()
	spanned, span := trace.SpanFromContext(ctx).TracerProvider().Tracer(instrumentation).Start(limited, "step "+s.name,
		trace.WithAttributes(
			semconv.RPCService(string(s.method.Parent().FullName())),
			semconv.RPCMethod(string(s.method.Name())),
			attribute.Bool("postern.step.optional", s.optional),
		))
	defer span.End()
	if s != m.onlyWrite && !adapters.ConditionsFrom(ctx).IsZero() {
		spanned = adapters.WithConditions(spanned, adapters.Conditions{}) // they are for the resource that is written
	}
	var made outcome
	var err error
	made.message, err = registry.Call(adapters.WithReply(spanned, &made.said), m.conn, s.fullName, request)
	made.at = time.Now()
	if err == nil {
		return made
	}
	failure := asError(err)
	switch {
	case ctx.Err() != nil: // the method's call is over, whatever the step says
		failure = adapters.FromContext(ctx.Err())
	case s.optional && failure.Code == codes.NotFound:
		return outcome{}
	case s.optional && (failure.Ill || isIll(failure.Code)):
		m.logger.WarnContext(spanned, "optional step not answered", "method", string(m.descriptor.FullName()), "step", s.name, "error", err)
		fail(span, failure.Code, err)
		return outcome{unavailable: true}
	default:
		fail(span, failure.Code, err)
		return outcome{err: s.public(failure), failure: failure}
	}
	fail(span, failure.Code, err)
	return outcome{err: failure}
}

// limit returns the context of the step's call.
func (s *step) limit(ctx context.Context) (context.Context, context.CancelFunc) {
	deadline, ok := ctx.Deadline()
	if !s.optional || !ok {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, time.Until(deadline)*optionalShare/optionalShareOutOf)
}

// isIll reports whether a code shows an ill back end.
func isIll(code codes.Code) bool {
	return code == codes.Unavailable || code == codes.DeadlineExceeded || code == codes.ResourceExhausted
}

// fail notes a failure on a span.
func fail(span trace.Span, code codes.Code, err error) {
	span.RecordError(err)
	span.SetAttributes(semconv.ErrorTypeKey.String(adapters.CodeName(code)))
	span.SetStatus(otelcodes.Error, "")
}

// asError returns an error as one of the adapters' own.
func asError(err error) *adapters.Error {
	var known *adapters.Error
	if errors.As(err, &known) {
		return known
	}
	if ended := adapters.FromContext(err); ended != nil {
		return ended
	}
	if foreign, ok := status.FromError(err); ok {
		return &adapters.Error{Code: foreign.Code(), Cause: err}
	}
	return &adapters.Error{Code: codes.Internal, Cause: err}
}

// public returns a step's error as the method's own: its public part, and violations that name fields of the method's
// request. An INVALID_ARGUMENT that only names fields that the caller does not know is a mistake in the binding.
func (s *step) public(failure *adapters.Error) *adapters.Error {
	cause := fmt.Errorf("step %s: %w", s.name, failure)
	public := &adapters.Error{Code: failure.Code, Reason: failure.Reason, Message: failure.Message, RetryAfter: failure.RetryAfter, Cause: cause}
	if len(failure.Violations) == 0 {
		return public
	}
	public.Message = "" // it may speak of the mirrored fields too
	for _, violation := range failure.Violations {
		if field, ok := s.callersField(violation.Field); ok {
			public.Violations = append(public.Violations, adapters.Violation{Field: field, Description: violation.Description})
		}
	}
	if len(public.Violations) == 0 && failure.Code == codes.InvalidArgument {
		return &adapters.Error{Code: codes.Internal, Cause: cause}
	}
	return public
}

// callersField translates the path of a field of the step's request to that of the method's request: the very field where it comes straight from
// there, else the one field that the expression is made from.
func (s *step) callersField(field string) (string, bool) {
	head, rest := field, ""
	if end := strings.IndexAny(field, ".["); end >= 0 {
		head, rest = field[:end], field[end:]
	}
	for i := range s.request.assignments {
		a := &s.request.assignments[i]
		switch {
		case a.field.JSONName() != head:
		case a.path != nil && a.path.root == requestVariable:
			return a.path.jsonName() + rest, true
		default:
			return a.made, a.made != ""
		}
	}
	return "", false
}
