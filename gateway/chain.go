package gateway

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"go.opentelemetry.io/otel/attribute"
	otelcodes "go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	semconv "go.opentelemetry.io/otel/semconv/v1.37.0"
	"go.opentelemetry.io/otel/trace"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/gateway/fault"
	"github.com/postern-gateway/postern/gateway/registry"
	"github.com/postern-gateway/postern/gateway/resilience"
	"github.com/postern-gateway/postern/gateway/telemetry"
)

// around wraps one call: it may act before and after next, and decides on the error that comes out.
type around func(ctx context.Context, call *call, next func(context.Context) error) error

// call is one call of a method, as what wraps it sees it.
type call struct {
	method  *registry.Method
	request proto.Message
}

// chain returns what wraps every call of a method, from the outside in. REST, gRPC and the steps of a binding all come through here.
// The order is:
//
//	trace      first, so that whatever follows is seen on the call's span
//	measure    counts what the caller waited for, whoever caused it
//	record     logs with the ids of the span
//	recovered  inside of what observes, so that a panic is seen as the error that it becomes
//	deadline   before any work is done on the caller's behalf
//	validate   bad input ends here, before it can count against a back end
//	guard      for an open back end: breaker, bulkhead and timeout, next to the handler that they protect
//
// What leaves the process of an error is decided behind it all, where the reply is written: see [fault.Public].
func (c *chain) arounds(owner string) []around {
	wrapping := []around{c.trace, c.measure, c.record, recovered, c.deadline, c.validate}
	if guard := c.guards[owner]; guard != nil {
		wrapping = append(wrapping, func(ctx context.Context, _ *call, next func(context.Context) error) error {
			return guard.Call(ctx, next)
		})
	}
	return wrapping
}

// chain holds what the links need. It belongs to one generation of the estate.
type chain struct {
	tracer     trace.Tracer
	duration   metric.Float64Histogram
	logger     *slog.Logger
	maxTimeout time.Duration
	validator  *validator
	guards     map[string]*resilience.Guard
}

// newChain makes the chain of a generation. guards holds the guards of the back ends that are open.
func newChain(t *telemetry.Telemetry, maxTimeout time.Duration, guards map[string]*resilience.Guard) (*chain, error) {
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
		maxTimeout: maxTimeout,
		validator:  validator,
		guards:     guards,
	}, nil
}

// wrap puts the chain around a method's handler. It is a [registry.Wrap].
func (c *chain) wrap(method registry.Method) registry.Method {
	wrapping := c.arounds(method.Owner)
	wrapped := method
	if unary := method.Unary; unary != nil {
		wrapped.Unary = func(ctx context.Context, request proto.Message) (reply proto.Message, err error) {
			err = run(ctx, wrapping, &call{&method, request}, func(ctx context.Context) error {
				reply, err = unary(ctx, request)
				return err
			})
			return reply, err
		}
	}
	if stream := method.Stream; stream != nil {
		wrapped.Stream = func(ctx context.Context, request proto.Message, send func(proto.Message) error) error {
			return run(ctx, wrapping, &call{&method, request}, func(ctx context.Context) error {
				return stream(ctx, request, send)
			})
		}
	}
	return wrapped
}

// run calls the first link with the rest behind it.
func run(ctx context.Context, wrapping []around, call *call, handler func(context.Context) error) error {
	if len(wrapping) == 0 {
		return handler(ctx)
	}
	return wrapping[0](ctx, call, func(ctx context.Context) error {
		return run(ctx, wrapping[1:], call, handler)
	})
}

// trace opens a span, named as the RPC semantic conventions say: package.Service/Method.
func (c *chain) trace(ctx context.Context, call *call, next func(context.Context) error) error {
	ctx, span := c.tracer.Start(ctx, registry.FullName(call.method.Descriptor)[1:], trace.WithAttributes(
		semconv.RPCService(string(call.method.Descriptor.Parent().FullName())),
		semconv.RPCMethod(string(call.method.Descriptor.Name())),
		attribute.String("postern.owner", call.method.Owner),
	))
	defer span.End()
	err := next(ctx)
	if err != nil {
		public := fault.Public(err)
		span.SetAttributes(semconv.ErrorTypeKey.String(fault.Reason(public)))
		if isOurs(public.Code()) {
			span.SetStatus(otelcodes.Error, public.Message())
			span.RecordError(err)
		}
	}
	return err
}

// measure records how long the call took, by owner, method and code.
func (c *chain) measure(ctx context.Context, call *call, next func(context.Context) error) error {
	started := time.Now()
	err := next(ctx)
	code := codes.OK
	if err != nil {
		code = fault.Public(err).Code()
	}
	c.duration.Record(ctx, time.Since(started).Seconds(), metric.WithAttributes(
		attribute.String("postern.owner", call.method.Owner),
		semconv.RPCService(string(call.method.Descriptor.Parent().FullName())),
		semconv.RPCMethod(string(call.method.Descriptor.Name())),
		attribute.String("rpc.response.status_code", adapters.CodeName(code)),
	))
	return err
}

// record logs calls that failed, with the cause that the caller does not see.
func (c *chain) record(ctx context.Context, call *call, next func(context.Context) error) error {
	err := next(ctx)
	if err == nil {
		return nil
	}
	public := fault.Public(err)
	level := slog.LevelInfo
	if isOurs(public.Code()) {
		level = slog.LevelWarn
	}
	c.logger.LogAttrs(ctx, level, "call failed",
		slog.String("owner", call.method.Owner),
		slog.String("method", string(call.method.Descriptor.FullName())),
		slog.String("code", adapters.CodeName(public.Code())),
		slog.String("reason", fault.Reason(public)),
		slog.String("error", err.Error()),
	)
	return err
}

// recovered makes an error of a panic. The stack goes to the log with the error.
func recovered(ctx context.Context, _ *call, next func(context.Context) error) (err error) {
	defer func() {
		if value := recover(); value != nil {
			err = &adapters.Error{Code: codes.Internal, Cause: fmt.Errorf("panic: %v\n%s", value, debug.Stack())}
		}
	}()
	return next(ctx)
}

// deadline bounds calls that come with no deadline, or with one that is too far off, and ends those whose time is over already.
func (c *chain) deadline(ctx context.Context, _ *call, next func(context.Context) error) error {
	if err := ctx.Err(); err != nil {
		return adapters.FromContext(err)
	}
	if at, ok := ctx.Deadline(); ok && time.Until(at) <= c.maxTimeout {
		return next(ctx)
	}
	ctx, cancel := context.WithTimeout(ctx, c.maxTimeout)
	defer cancel()
	return next(ctx)
}

// validate holds the request against the rules of its descriptor.
func (c *chain) validate(ctx context.Context, call *call, next func(context.Context) error) error {
	if err := c.validator.check(call.request); err != nil {
		return err
	}
	return next(ctx)
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
