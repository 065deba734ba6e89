package batch

import (
	"context"
	"sync"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/postern-gateway/postern/adapters"
)

// watchInterval is how often an operation that is watched is looked at, for changes that another gateway made.
const watchInterval = time.Second

// leaveTime is how long before its deadline a watch ends by itself, so that its caller has a whole stream.
const leaveTime = time.Second

// watch sends an operation as it is, and then at each change until it has ended, or the time of the call is nearly up.
func (o *operations) watch(ctx context.Context, request proto.Message, send func(proto.Message) error) error {
	id := named(request, o.watchID)
	ticker := time.NewTicker(watchInterval)
	defer ticker.Stop()
	var leave <-chan time.Time // never, without a deadline
	if deadline, ok := ctx.Deadline(); ok {
		timer := time.NewTimer(max(time.Until(deadline)-leaveTime, 0))
		defer timer.Stop()
		leave = timer.C
	}
	for last := ""; ; {
		kind, one, err := o.read(ctx, id)
		if err != nil {
			return err
		}
		changed := kind.bell.wait()
		if one.State != last { // it may have changed before the bell was listened to: so it is read once more
			operation, err := kind.operation(one)
			if err != nil {
				return err
			}
			if err := send(operation); err != nil {
				return err
			}
			if one.isDone() {
				return nil
			}
			last = one.State
			continue
		}
		select {
		case <-ctx.Done():
			return adapters.FromContext(context.Cause(ctx))
		case <-leave:
			return nil
		case <-changed:
		case <-ticker.C:
		}
	}
}

// A bell tells everybody who waits that an operation has changed.
type bell struct {
	mu   sync.Mutex
	rung chan struct{}
}

func newBell() *bell { return &bell{rung: make(chan struct{})} }

// wait returns a channel that is closed when the bell rings next.
func (b *bell) wait() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.rung
}

func (b *bell) ring() {
	b.mu.Lock()
	defer b.mu.Unlock()
	close(b.rung)
	b.rung = make(chan struct{})
}
