package database

import (
	"context"
	"errors"
	"time"

	"google.golang.org/grpc/codes"

	"github.com/postern-gateway/postern/adapters/database/dialect"
)

// mostSpare is the most time that a call which waits for a connection leaves to its caller, to be told in time that there was none.
const mostSpare = 250 * time.Millisecond

// A gate lets in as many calls as a pool has connections. The others wait here and not in the pool, so that a call whose time is spent with waiting is told from one whose
// database is slow: nothing of it was sent.
type gate chan struct{}

// enter waits for a place, until little of the context's time is left. leave must be called once.
func (g gate) enter(ctx context.Context) (leave func(), err error) {
	leave = func() { <-g }
	select {
	case g <- struct{}{}:
		return leave, nil
	default:
	}
	var spent <-chan time.Time
	if deadline, ok := ctx.Deadline(); ok {
		left := time.Until(deadline)
		timer := time.NewTimer(left - min(left/10, mostSpare))
		defer timer.Stop()
		spent = timer.C
	}
	select {
	case g <- struct{}{}:
		return leave, nil
	case <-spent:
		return nil, &dialect.Fault{Code: codes.Unavailable, Reason: dialect.PoolExhausted, Unsent: true, Cause: errExhausted}
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

var errExhausted = errors.New("all connections of the pool were in use for as long as the call could wait")

// gates are those of a pool.
type gates struct{ reads, writes gate }

// gatesOf are for a pool of so many connections. An engine of one writer has another one for it.
func gatesOf(size int, syntax *dialect.Syntax) gates {
	made := make(gate, size)
	if syntax.OneWriter {
		return gates{reads: made, writes: make(gate, 1)}
	}
	return gates{reads: made, writes: made}
}

func (g gates) enter(ctx context.Context, mode dialect.Mode) (leave func(), err error) {
	if mode == dialect.Write {
		return g.writes.enter(ctx)
	}
	return g.reads.enter(ctx)
}
