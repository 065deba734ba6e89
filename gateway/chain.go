package gateway

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"slices"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/attribute"
	otelcodes "go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	semconv "go.opentelemetry.io/otel/semconv/v1.37.0"
	"go.opentelemetry.io/otel/trace"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/gateway/fault"
	"github.com/postern-gateway/postern/gateway/idempotency"
	"github.com/postern-gateway/postern/gateway/registry"
	"github.com/postern-gateway/postern/gateway/resilience"
	"github.com/postern-gateway/postern/gateway/telemetry"
	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

// A handler answers one call. What wraps it is a handler too.
type handler func(ctx context.Context, call *call) error

// call is one call of a method, as what wraps it sees it.
type call struct {
	*target
	request proto.Message
	reply   proto.Message             // of a unary method; set by its handler
	send    func(proto.Message) error // of a streaming one

	failure *status.Status // see public
}

// public is what the caller may know of the call's error. All that observe a call see the same error, so it is worked out once.
func (c *call) public(err error) *status.Status {
	if c.failure == nil {
		c.failure = fault.Public(err)
	}
	return c.failure
}

// target is the method that is called, with what is recorded of each of its calls.
type target struct {
	registry.Method
	spanName   string
	attributes []attribute.KeyValue
	spanStart  []trace.SpanStartOption
	hasKey     bool          // whether its calls may have an idempotency key
	hasRules   bool          // whether there is anything to hold requests against
	ownTime    time.Duration // that the guard gives the call; 0 if none does
	recorded   [codes.Unauthenticated + 1]atomic.Pointer[[]metric.RecordOption]
}

func (c *chain) newTarget(method registry.Method) *target {
	t := &target{
		Method:   method,
		spanName: registry.FullName(method.Descriptor)[1:],
		attributes: []attribute.KeyValue{
			semconv.RPCService(string(method.Descriptor.Parent().FullName())),
			semconv.RPCMethod(string(method.Descriptor.Name())),
			attribute.String("postern.owner", method.Owner),
		},
	}
	t.spanStart = []trace.SpanStartOption{trace.WithAttributes(t.attributes...)}
	t.hasKey = idempotency.Applies(method.Descriptor)
	t.hasRules = c.ruled.has(method.Descriptor.Input())
	return t
}

// ended is what the metrics record of a call beside its duration. It is put together at the first call that ends so.
func (t *target) ended(code codes.Code) []metric.RecordOption {
	if known := t.recorded[code].Load(); known != nil {
		return *known
	}
	attributes := append(slices.Clone(t.attributes), attribute.String("rpc.response.status_code", adapters.CodeName(code)))
	made := []metric.RecordOption{metric.WithAttributeSet(attribute.NewSet(attributes...))}
	t.recorded[code].Store(&made)
	return made
}

// around puts the chain around a method's own handler. REST, gRPC and the steps of a binding all come through here. The order is, from the outside in:
//
//	trace      first, so that whatever follows is seen on the call's span
//	measure    counts what the caller waited for, whoever caused it
//	record     logs with the ids of the span
//	recovered  inside of what observes, so that a panic is seen as the error that it becomes
//	deadline   before any work is done on the caller's behalf
//	validate   bad input ends here, before it can count against a back end
//	idempotent behind validation, so that bad input takes no key; before the guard, so that a repeated call needs no back end, and one that the guard refuses frees its key
//	guarded    for an open back end: breaker, bulkhead and timeout, next to the handler that they protect
//
// What leaves the process of an error is decided behind it all, where the reply is written: see [fault.Public].
func (c *chain) around(owner string, own handler) handler {
	if guard := c.guards[owner]; guard != nil {
		own = guarded(guard, own)
	}
	return c.trace(c.measure(c.record(recovered(c.deadline(c.validate(c.idempotent(own)))))))
}

// chain holds what the links need. It belongs to one generation of the estate.
type chain struct {
	tracer     trace.Tracer
	duration   metric.Float64Histogram
	logger     *slog.Logger
	maxTimeout time.Duration
	validator  *validator
	guards     map[string]*resilience.Guard
	ruled      ruled
	keeper     *idempotency.Keeper
	keys       *configv1.Idempotency
	// traits are what the back ends read of callers.
	traits adapters.CallerTraits
}

// newChain makes the chain of a generation of an estate. guards holds the guards of the back ends that are open.
func newChain(t *telemetry.Telemetry, settings *configv1.Gateway, keeper *idempotency.Keeper, guards map[string]*resilience.Guard) (*chain, error) {
	duration, err := t.MeterProvider.Meter(telemetry.Scope).Float64Histogram("postern.call.duration",
		metric.WithUnit("s"), metric.WithDescription("Duration of calls to mirrored and contract methods."))
	if err != nil {
		return nil, fmt.Errorf("making the call metrics: %w", err)
	}
	validator, err := newValidator()
	if err != nil {
		return nil, err
	}
	return &chain{
		tracer:     t.TracerProvider.Tracer(telemetry.Scope),
		duration:   duration,
		logger:     t.Logger,
		maxTimeout: settings.GetLimits().GetMaxTimeout().AsDuration(),
		validator:  validator,
		guards:     guards,
		ruled:      make(ruled),
		keeper:     keeper,
		keys:       settings.GetIdempotency(),
	}, nil
}

// wrap puts the chain around a method. It is a [registry.Wrap].
func (c *chain) wrap(method registry.Method) registry.Method {
	target := c.newTarget(method)
	if guard := c.guards[method.Owner]; guard != nil {
		target.ownTime = guard.Timeout()
	}
	wrapped := method
	if method.Unary != nil {
		answer := c.around(method.Owner, answerUnary)
		wrapped.Unary = func(ctx context.Context, request proto.Message) (proto.Message, error) {
			call := &call{target: target, request: request}
			if err := answer(ctx, call); err != nil {
				return nil, err
			}
			return call.reply, nil
		}
	}
	if method.Stream != nil {
		answer := c.around(method.Owner, answerStream)
		wrapped.Stream = func(ctx context.Context, request proto.Message, send func(proto.Message) error) error {
			return answer(ctx, &call{target: target, request: request, send: send})
		}
	}
	return wrapped
}

// answerUnary calls the method's own handler. One that returns nothing at all is at fault, and must not look like an answer.
func answerUnary(ctx context.Context, call *call) (err error) {
	call.reply, err = call.Unary(ctx, call.request)
	if err == nil && call.reply == nil {
		return &adapters.Error{Code: codes.Internal, Cause: errors.New("the handler returned neither reply nor error")}
	}
	return err
}

func answerStream(ctx context.Context, call *call) error {
	return call.Stream(ctx, call.request, call.send)
}

// trace opens a span, named as the RPC semantic conventions say: package.Service/Method.
func (c *chain) trace(next handler) handler {
	return func(ctx context.Context, call *call) error {
		ctx, span := c.tracer.Start(ctx, call.spanName, call.spanStart...)
		defer span.End()
		err := next(ctx, call)
		if err != nil {
			public := call.public(err)
			span.SetAttributes(semconv.ErrorTypeKey.String(fault.Reason(public)))
			if isOurs(public.Code()) {
				span.SetStatus(otelcodes.Error, public.Message())
				span.RecordError(err)
			}
		}
		return err
	}
}

// measure records how long the call took, by owner, method and code.
func (c *chain) measure(next handler) handler {
	return func(ctx context.Context, call *call) error {
		started := time.Now()
		err := next(ctx, call)
		code := codes.OK
		if err != nil {
			code = call.public(err).Code()
		}
		c.duration.Record(ctx, time.Since(started).Seconds(), call.ended(code)...)
		return err
	}
}

// record logs calls that failed, with the cause that the caller does not see.
func (c *chain) record(next handler) handler {
	return func(ctx context.Context, call *call) error {
		err := next(ctx, call)
		if err == nil {
			return nil
		}
		public := call.public(err)
		level := slog.LevelInfo
		if isOurs(public.Code()) {
			level = slog.LevelWarn
		}
		c.logger.LogAttrs(ctx, level, "call failed",
			slog.String("owner", call.Owner),
			slog.String("method", string(call.Descriptor.FullName())),
			slog.String("code", adapters.CodeName(public.Code())),
			slog.String("reason", fault.Reason(public)),
			slog.String("error", err.Error()),
		)
		return err
	}
}

// recovered makes an error of a panic. The stack goes to the log with the error.
func recovered(next handler) handler {
	return func(ctx context.Context, call *call) (err error) {
		defer func() {
			if value := recover(); value != nil {
				err = panicked(value)
			}
		}()
		return next(ctx, call)
	}
}

// panicked is the error of a panic that was recovered from. It is called where it is recovered, and so has its stack.
func panicked(value any) error {
	return &adapters.Error{Code: codes.Internal, Cause: fmt.Errorf("panic: %v\n%s", value, debug.Stack())}
}

// deadline bounds calls that come with no deadline, or with one that is too far off, and ends those whose time is over already. A call that its guard bounds
// more closely needs no second timer: nothing before the guard waits for anything.
func (c *chain) deadline(next handler) handler {
	return func(ctx context.Context, call *call) error {
		if err := ctx.Err(); err != nil {
			return adapters.FromContext(err)
		}
		if call.ownTime > 0 && call.ownTime <= c.maxTimeout {
			return next(ctx, call)
		}
		if at, ok := ctx.Deadline(); ok && time.Until(at) <= c.maxTimeout {
			return next(ctx, call)
		}
		ctx, cancel := context.WithTimeout(ctx, c.maxTimeout)
		defer cancel()
		return next(ctx, call)
	}
}

// validate holds the request against the rules of its descriptor.
func (c *chain) validate(next handler) handler {
	return func(ctx context.Context, call *call) error {
		if call.hasRules {
			if err := c.validator.check(call.request); err != nil {
				return err
			}
		}
		return next(ctx, call)
	}
}

// idempotent makes a call with an idempotency key once. What the call calls in turn has no key: it is a part of it.
func (c *chain) idempotent(next handler) handler {
	return func(ctx context.Context, call *call) error {
		if !call.hasKey {
			return next(ctx, call)
		}
		key := idempotency.KeyFrom(ctx)
		switch {
		case key == "":
			return next(ctx, call)
		case call.send != nil:
			return errKeyOfStream
		}
		reply, err := c.keeper.Do(idempotency.WithKey(ctx, ""), c.keyed(ctx, call, key), func(ctx context.Context) (proto.Message, error) {
			err := next(ctx, call)
			return call.reply, err
		})
		call.reply = reply
		return err
	}
}

// keyed is a call with its key. It is over with its own time, or with that of its guard.
func (c *chain) keyed(ctx context.Context, call *call, key string) idempotency.Call {
	until, ok := ctx.Deadline()
	if own := time.Now().Add(call.ownTime); call.ownTime > 0 && (!ok || own.Before(until)) {
		until = own
	}
	return idempotency.Call{
		Key: key, Method: call.Descriptor, Request: call.request, Traits: c.traits, Until: until,
		KeepFor: c.keys.GetKeepFor().AsDuration(), MaxReply: int(c.keys.GetMaxReplyBytes()), //nolint:gosec // at most 64 MiB by its rule
	}
}

var errKeyOfStream = &adapters.Error{
	Code: codes.Unimplemented, Reason: "IDEMPOTENCY_KEY_NOT_SUPPORTED", Unsent: true,
	Message: "Calls that answer with a stream take no Idempotency-Key. Nothing has been done.",
}

// guarded protects a back end by its guard.
func guarded(guard *resilience.Guard, next handler) handler {
	return func(ctx context.Context, call *call) error {
		if call.send == nil {
			return guard.Call(ctx, func(ctx context.Context) error { return next(ctx, call) })
		}
		return guard.CallStream(ctx, call.send, func(ctx context.Context, send func(proto.Message) error) error {
			call.send = send
			return next(ctx, call)
		})
	}
}

// isOurs reports whether a failure is the gateway's or a back end's, and not the caller's.
func isOurs(code codes.Code) bool {
	switch code {
	case codes.Internal, codes.Unavailable, codes.DeadlineExceeded, codes.DataLoss, codes.Unknown, codes.ResourceExhausted, codes.Unimplemented:
		return true
	default:
		return false
	}
}
