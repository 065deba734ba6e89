package telemetry

import (
	"context"
	"io"
	"log/slog"
	"sync"
	"time"
)

// traced adds the ids of the span in the context to each log record, under the names that OpenTelemetry gives them in
// "Trace Context in non-OTLP Log Formats".
type traced struct {
	slog.Handler
}

// Handle implements [slog.Handler].
func (h *traced) Handle(ctx context.Context, record slog.Record) error {
	if traceID, spanID := ids(ctx); traceID != "" {
		record.AddAttrs(slog.String("trace_id", traceID), slog.String("span_id", spanID))
	}
	return h.Handler.Handle(ctx, record)
}

// WithAttrs implements [slog.Handler].
func (h *traced) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &traced{h.Handler.WithAttrs(attrs)}
}

// WithGroup implements [slog.Handler].
func (h *traced) WithGroup(name string) slog.Handler {
	return &traced{h.Handler.WithGroup(name)}
}

const (
	// logPause is how long a log record may wait for others to be written with.
	logPause = 5 * time.Millisecond
	// logSize is how much of the log is written at once, in bytes.
	logSize = 32 << 10
)

// collected writes many log records at once where they come fast: a system call for each would cost as much as the rest of a small request. Records of level Warn and
// above, and all that came before them, are written before Handle returns.
type collected struct {
	slog.Handler
	to *collector
}

// Handle implements [slog.Handler].
func (h *collected) Handle(ctx context.Context, record slog.Record) error {
	err := h.Handler.Handle(ctx, record)
	if record.Level >= slog.LevelWarn {
		h.to.flush()
	}
	return err
}

// WithAttrs implements [slog.Handler].
func (h *collected) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &collected{h.Handler.WithAttrs(attrs), h.to}
}

// WithGroup implements [slog.Handler].
func (h *collected) WithGroup(name string) slog.Handler {
	return &collected{h.Handler.WithGroup(name), h.to}
}

// collector is an io.Writer that keeps what it is given for a moment.
type collector struct {
	to io.Writer

	mu      sync.Mutex
	pending []byte
	timer   *time.Timer // nil until there was something to write
	waiting bool        // whether it is set
	closed  bool        // whether all is written at once
}

// Write implements io.Writer. What cannot be written is lost, as there is nowhere to say so.
func (c *collector) Write(line []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.pending = append(c.pending, line...)
	switch {
	case c.closed || len(c.pending) >= logSize:
		c.write()
	case c.waiting:
	case c.timer == nil:
		c.timer, c.waiting = time.AfterFunc(logPause, c.flush), true
	default:
		c.timer.Reset(logPause)
		c.waiting = true
	}
	return len(line), nil
}

// flush writes what is pending.
func (c *collector) flush() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.write()
	c.waiting = false
}

func (c *collector) write() {
	if len(c.pending) > 0 {
		_, _ = c.to.Write(c.pending)
		c.pending = c.pending[:0]
	}
}

// close writes what is pending, and has all that follows written at once.
func (c *collector) close(context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	if c.timer != nil {
		c.timer.Stop()
	}
	c.write()
	return nil
}
