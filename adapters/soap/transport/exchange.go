package transport

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"strconv"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/propagation"
	semconv "go.opentelemetry.io/otel/semconv/v1.37.0"
	"go.opentelemetry.io/otel/trace"
	tracenoop "go.opentelemetry.io/otel/trace/noop"

	"github.com/postern-gateway/postern/adapters"
)

const scopeName = "github.com/postern-gateway/postern/adapters/soap/transport"

// An observer records exchanges.
type observer struct {
	tracer   trace.Tracer
	duration metric.Float64Histogram
}

func newObserver(options adapters.Options) observer {
	tracers, meters := options.TracerProvider, options.MeterProvider
	if tracers == nil {
		tracers = tracenoop.NewTracerProvider()
	}
	if meters == nil {
		meters = noop.NewMeterProvider()
	}
	duration, err := meters.Meter(scopeName).Float64Histogram("http.client.request.duration",
		metric.WithUnit("s"), metric.WithDescription("Duration of HTTP client requests."),
		metric.WithExplicitBucketBoundaries(0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10))
	if err != nil {
		duration = noop.Float64Histogram{}
	}
	return observer{tracer: tracers.Tracer(scopeName), duration: duration}
}

// An exchange is one HTTP request and its response, whose body it is. It ends when the body is closed.
type exchange struct {
	observer *observer
	to       *address
	method   string
	ctx      context.Context //nolint:containedctx // the measurement and the span belong to it
	span     trace.Span
	started  time.Time

	trace      httptrace.ClientTrace
	connection *connection
	writes     int64
	reached    bool
	// connected is called when there is a connection, and release at the end. Either may be nil.
	connected, release func()

	status int
	body   io.ReadCloser
	err    error
	ended  atomic.Bool
}

// exchange sends one request without authentication. It returns the exchange in any case, and its response if there is one. release is called at the end.
func (o *observer) exchange(pool http.RoundTripper, request *http.Request, to *address, connected, release func(), resend int) (*exchange, *http.Response, error) {
	x := &exchange{observer: o, to: to, method: request.Method, connected: connected, release: release, started: time.Now()}
	x.ctx, x.span = o.tracer.Start(request.Context(), request.Method, to.start[request.Method]...)
	if resend > 0 && x.span.IsRecording() {
		x.span.SetAttributes(semconv.HTTPRequestResendCount(resend))
	}
	x.trace.GotConn = x.gotConnection
	request = request.WithContext(httptrace.WithClientTrace(x.ctx, &x.trace))
	propagation.TraceContext{}.Inject(x.ctx, propagation.HeaderCarrier(request.Header))
	response, err := pool.RoundTrip(request)
	if err == nil && x.connection != nil && x.connection.seal(x.writes) {
		// What came was said before anything of this request was written: a farewell with status 408, which is no answer to it.
		_ = response.Body.Close()
		err = errStale
	}
	if err != nil {
		x.end(err)
		return x, nil, err
	}
	x.status, x.body = response.StatusCode, response.Body
	response.Body = x
	return x, response, nil
}

func (x *exchange) gotConnection(info httptrace.GotConnInfo) {
	x.connection = connectionOf(info)
	if x.connection != nil {
		x.writes = x.connection.writes.Load()
	}
	x.reached = true
	x.to.wake()
	if x.connected != nil {
		x.connected()
	}
}

// isUnsent reports whether nothing at all of a request that failed was written, nor will be. Without a connection that is so. net/http may have taken several
// connections one after another; it does so only if it wrote nothing to those before.
func (x *exchange) isUnsent() bool {
	return !x.reached || x.connection != nil && (x.connection.writes.Load() == sealed || x.connection.seal(x.writes))
}

// Read reads the body.
func (x *exchange) Read(into []byte) (int, error) {
	n, err := x.body.Read(into)
	if err != nil && !errors.Is(err, io.EOF) {
		x.err = err
	}
	return n, err
}

// Close gives the connection back if all of the body was read, and ends the exchange.
func (x *exchange) Close() error {
	err := x.body.Close()
	x.end(x.err)
	return err
}

func (x *exchange) end(err error) {
	if !x.ended.CompareAndSwap(false, true) {
		return
	}
	of := outcome{method: x.method, status: x.status}
	switch {
	case err != nil:
		of.failure = failureType(err)
	case x.status >= http.StatusBadRequest:
		of.failure = strconv.Itoa(x.status)
	}
	x.observer.duration.Record(x.ctx, time.Since(x.started).Seconds(), x.to.measurement(of))
	if x.span.IsRecording() {
		if x.status != 0 {
			x.span.SetAttributes(semconv.HTTPResponseStatusCode(x.status))
		}
		if of.failure != "" {
			x.span.SetAttributes(semconv.ErrorTypeKey.String(of.failure))
			description := ""
			if err != nil {
				description = err.Error()
			}
			x.span.SetStatus(codes.Error, description)
		}
	}
	x.span.End()
	if x.release != nil {
		x.release()
	}
}

// failureType names an error in few words, for error.type.
func failureType(err error) string {
	var (
		operation *net.OpError
		timeout   net.Error
	)
	switch {
	case errors.Is(err, context.Canceled):
		return "canceled"
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return "timeout"
	case errors.Is(err, errNoConnection), errors.As(err, &operation) && (operation.Op == "dial" || operation.Op == "proxyconnect"):
		return "connect"
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF), operation != nil:
		return "connection_lost"
	default:
		return semconv.ErrorTypeOther.Value.AsString()
	}
}
