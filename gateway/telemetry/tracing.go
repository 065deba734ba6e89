package telemetry

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"math/rand/v2"
	"sync"
	"sync/atomic"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/embedded"
	"go.opentelemetry.io/otel/trace/noop"
)

// quietly is a provider that records spans while somebody listens. While nobody does, a trace is no more than its ids: they reach the log, the caller, and the
// legacy system all the same.
type quietly struct {
	embedded.TracerProvider
	recording *sdktrace.TracerProvider
	listeners atomic.Int32
}

var _ trace.TracerProvider = (*quietly)(nil)

// Tracer implements [trace.TracerProvider].
func (p *quietly) Tracer(name string, options ...trace.TracerOption) trace.Tracer {
	return &quietTracer{provider: p, recording: p.recording.Tracer(name, options...)}
}

// Listen has a processor hear of all spans that begin from now on, until stop is called. It is how a trace buffer is switched on in a gateway that exports nothing.
func (t *Telemetry) Listen(processor sdktrace.SpanProcessor) (stop func()) {
	t.traces.recording.RegisterSpanProcessor(processor)
	t.traces.listeners.Add(1)
	return sync.OnceFunc(func() {
		t.traces.listeners.Add(-1)
		t.traces.recording.UnregisterSpanProcessor(processor)
	})
}

type quietTracer struct {
	embedded.Tracer
	provider  *quietly
	recording trace.Tracer
}

// Start implements [trace.Tracer]. Within a trace that nobody listens to, there is one span for all.
func (t *quietTracer) Start(ctx context.Context, name string, options ...trace.SpanStartOption) (context.Context, trace.Span) {
	if t.provider.listeners.Load() > 0 {
		return t.recording.Start(ctx, name, options...)
	}
	parent := trace.SpanFromContext(ctx)
	if span, ok := parent.(*quietSpan); ok {
		return ctx, span
	}
	span := newQuietSpan(t.provider, parent.SpanContext())
	return trace.ContextWithSpan(ctx, span), span
}

// quietSpan is a span that only has ids.
type quietSpan struct {
	noop.Span
	provider    *quietly
	context     trace.SpanContext
	traceparent string
}

// newQuietSpan continues the caller's trace, or begins one, which others may record.
func newQuietSpan(provider *quietly, parent trace.SpanContext) *quietSpan {
	var ids [24]byte
	for i := 0; i < len(ids); i += 8 {
		binary.NativeEndian.PutUint64(ids[i:], rand.Uint64()|1) //nolint:gosec // no secret; ids of nothing but zeros are invalid
	}
	config := trace.SpanContextConfig{TraceID: trace.TraceID(ids[:16]), SpanID: trace.SpanID(ids[16:]), TraceFlags: trace.FlagsSampled}
	if parent.IsValid() {
		config.TraceID, config.TraceFlags, config.TraceState = parent.TraceID(), parent.TraceFlags(), parent.TraceState()
	}
	return &quietSpan{provider: provider, context: trace.NewSpanContext(config), traceparent: traceparent(config)}
}

// traceparent spells ids as W3C Trace Context does, section "Traceparent Header".
func traceparent(config trace.SpanContextConfig) string {
	text := make([]byte, 0, 55)
	text = append(text, "00-"...)
	text = append(hex.AppendEncode(text, config.TraceID[:]), '-')
	text = append(hex.AppendEncode(text, config.SpanID[:]), '-')
	return string(hex.AppendEncode(text, []byte{byte(config.TraceFlags & (trace.FlagsSampled | trace.FlagsRandom))}))
}

// SpanContext implements [trace.Span].
func (s *quietSpan) SpanContext() trace.SpanContext { return s.context }

// TracerProvider implements [trace.Span].
func (s *quietSpan) TracerProvider() trace.TracerProvider { return s.provider }

// Traceparent returns the header traceparent for the span in the context (W3C Trace Context, section "Traceparent Header"), or "" where there is no span.
func Traceparent(ctx context.Context) string {
	span := trace.SpanFromContext(ctx)
	if quiet, ok := span.(*quietSpan); ok {
		return quiet.traceparent
	}
	found := span.SpanContext()
	if !found.IsValid() {
		return ""
	}
	return traceparent(trace.SpanContextConfig{TraceID: found.TraceID(), SpanID: found.SpanID(), TraceFlags: found.TraceFlags()})
}

// ids returns the ids of the span in the context in hexadecimal, or "" where there is no span.
func ids(ctx context.Context) (traceID, spanID string) {
	header := Traceparent(ctx)
	if header == "" {
		return "", ""
	}
	return header[3:35], header[36:52]
}
