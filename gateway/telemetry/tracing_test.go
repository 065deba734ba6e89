package telemetry_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/postern-gateway/postern/gateway/telemetry"
)

// While nobody listens, a call has the ids of one span, in the caller's trace.
func TestQuietTraces(t *testing.T) {
	t.Parallel()
	const caller = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	recording := start(t, telemetry.Options{})
	tracer := recording.TracerProvider.Tracer(telemetry.Scope)
	for _, parent := range []string{"", caller} {
		ctx := recording.Propagator.Extract(t.Context(), propagation.MapCarrier{"traceparent": parent})
		ctx, outer := tracer.Start(ctx, "outer")
		inside, inner := tracer.Start(ctx, "inner")
		ids := outer.SpanContext()
		if !ids.IsValid() || outer.IsRecording() || inner != outer || inside != ctx {
			t.Errorf("%q: got spans %v and %v", parent, ids, inner.SpanContext())
		}
		sent := propagation.MapCarrier{}
		recording.Propagator.Inject(ctx, sent)
		if telemetry.Traceparent(ctx) != sent["traceparent"] || !strings.HasSuffix(sent["traceparent"], "-01") {
			t.Errorf("got traceparent %q, want %q", telemetry.Traceparent(ctx), sent["traceparent"])
		}
		if parent != "" && (!strings.HasPrefix(sent["traceparent"], caller[:36]) || sent["traceparent"] == caller) {
			t.Errorf("got %s within %s", sent["traceparent"], caller)
		}
		if again := trace.SpanFromContext(ctx).TracerProvider(); again != recording.TracerProvider {
			t.Error("a span does not know its provider")
		}
	}
	if got := telemetry.Traceparent(t.Context()); got != "" {
		t.Errorf("without a span got %q", got)
	}
}

func TestListen(t *testing.T) {
	t.Parallel()
	recording := start(t, telemetry.Options{})
	tracer := recording.TracerProvider.Tracer(telemetry.Scope)
	heard := tracetest.NewSpanRecorder()
	stop := recording.Listen(heard)
	ctx, span := tracer.Start(t.Context(), "heard")
	if got := telemetry.Traceparent(ctx); !strings.Contains(got, span.SpanContext().SpanID().String()) {
		t.Errorf("got traceparent %s", got)
	}
	span.End()
	stop()
	stop()
	_, span = tracer.Start(t.Context(), "not heard")
	span.End()
	if ended := heard.Ended(); len(ended) != 1 || ended[0].Name() != "heard" {
		t.Errorf("heard %v", ended)
	}
}

// written counts how often it is written to.
type written struct {
	mu     sync.Mutex
	times  int
	buffer bytes.Buffer
	came   chan struct{}
}

func (w *written) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.times++
	select {
	case w.came <- struct{}{}:
	default:
	}
	return w.buffer.Write(b)
}

func (w *written) lines() (lines, times int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return strings.Count(w.buffer.String(), "\n"), w.times
}

func TestLogRecordsAreCollected(t *testing.T) {
	t.Parallel()
	to := &written{came: make(chan struct{}, 1)}
	recording, err := telemetry.Start(t.Context(), telemetry.Options{Logs: to, Level: slog.LevelInfo})
	if err != nil {
		t.Fatal(err)
	}
	for range 10 {
		recording.Logger.InfoContext(t.Context(), "a request")
	}
	recording.Logger.WarnContext(t.Context(), "a failure")
	if lines, times := to.lines(); lines != 11 || times > 5 {
		t.Errorf("after a warning %d lines are written, in %d pieces", lines, times)
	}
	<-to.came
	recording.Logger.With("a", "b").InfoContext(t.Context(), "on its own")
	select {
	case <-to.came:
	case <-time.After(10 * time.Second):
		t.Error("a record on its own is not written")
	}
	recording.Logger.InfoContext(t.Context(), "last")
	if err := recording.Shutdown(context.WithoutCancel(t.Context())); err != nil {
		t.Fatal(err)
	}
	recording.Logger.InfoContext(t.Context(), "after the end")
	if lines, _ := to.lines(); lines != 14 {
		t.Errorf("at the end %d lines are written", lines)
	}
}
