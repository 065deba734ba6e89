package transport

import (
	"context"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// wires are the network connections of one session. They know when a byte last moved on one of them, and end together.
type wires struct {
	last  atomic.Int64 // nanoseconds since the epoch
	mu    sync.Mutex
	open  []net.Conn
	ended bool
}

// dial connects.
func (w *wires) dial(ctx context.Context, address string) (net.Conn, error) {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err //nolint:wrapcheck // by the caller
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ended {
		_ = conn.Close() // nothing was sent over it
		return nil, net.ErrClosed
	}
	w.open = append(w.open, conn)
	w.touch()
	return &wire{Conn: conn, wires: w}, nil
}

func (w *wires) touch() { w.last.Store(time.Now().UnixNano()) }

// forget is for a connection that was closed.
func (w *wires) forget(conn net.Conn) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i, one := range w.open {
		if one == conn {
			w.open = append(w.open[:i], w.open[i+1:]...)
			return
		}
	}
}

// abort closes all of them at once, and lets no other be opened.
func (w *wires) abort() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ended = true
	for _, conn := range w.open {
		_ = conn.Close() // whoever waits on it has the error
	}
	w.open = nil
}

// guard operates, and aborts the session if its context ends meanwhile, or if no byte moves for the time.
func (w *wires) guard(ctx context.Context, timeout time.Duration, operate func() error) error {
	done := make(chan struct{})
	var watching sync.WaitGroup
	w.touch()
	watching.Go(func() {
		timer := time.NewTimer(timeout)
		defer timer.Stop()
		for {
			select {
			case <-done:
				return
			case <-ctx.Done():
				w.abort()
				return
			case <-timer.C:
			}
			idle := time.Since(time.Unix(0, w.last.Load()))
			if idle >= timeout {
				w.abort()
				return
			}
			timer.Reset(timeout - idle)
		}
	})
	err := operate()
	close(done)
	watching.Wait()
	return err
}

// A wire is one connection.
type wire struct {
	net.Conn
	wires *wires
}

// Read implements [net.Conn].
func (w *wire) Read(p []byte) (int, error) {
	n, err := w.Conn.Read(p)
	if n > 0 {
		w.wires.touch()
	}
	return n, err //nolint:wrapcheck // it stays the connection's own
}

// Write implements [net.Conn].
func (w *wire) Write(p []byte) (int, error) {
	n, err := w.Conn.Write(p)
	if n > 0 {
		w.wires.touch()
	}
	return n, err //nolint:wrapcheck // it stays the connection's own
}

// Close implements [net.Conn].
func (w *wire) Close() error {
	w.wires.forget(w.Conn)
	return w.Conn.Close() //nolint:wrapcheck // it stays the connection's own
}
