package gateway

import (
	"context"
	"sync"
	"time"

	"github.com/postern-gateway/postern/adapters"
)

const (
	// checkEvery is the pause between two checks of a back end.
	checkEvery = 10 * time.Second
	// checkTimeout bounds one check.
	checkTimeout = 5 * time.Second
)

// monitor checks the open back ends time and again until ctx ends, so that operations see an ill one even if nobody calls it. What it finds is for
// people to see: whether calls are let through is the breaker's decision, which goes by calls.
func (g *Gateway) monitor(ctx context.Context) {
	ticker := time.NewTicker(checkEvery)
	defer ticker.Stop()
	for {
		g.checkAll(ctx)
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// checkAll checks all of them at once. It counts as a call, so that none is closed under its check.
func (g *Gateway) checkAll(ctx context.Context) {
	inForce := g.enter()
	defer inForce.leave()
	var group sync.WaitGroup
	for _, b := range inForce.backEnds {
		group.Go(func() { b.check(ctx) })
	}
	group.Wait()
}

// check asks an open back end whether its legacy system answers, and logs what has changed since it was asked last.
func (b *backEnd) check(ctx context.Context) {
	checker, ok := b.current().(adapters.Checker)
	if !ok {
		return
	}
	limited, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	found := recovered(func(ctx context.Context, _ *call) error { return checker.Check(ctx) })(limited, nil)
	if ctx.Err() != nil {
		return
	}
	b.mu.Lock()
	before := b.ill
	b.ill = found
	b.mu.Unlock()
	switch {
	case found != nil && (before == nil || before.Error() != found.Error()):
		b.options.Logger.WarnContext(ctx, "back end is ill", "error", found)
	case found == nil && before != nil:
		b.options.Logger.InfoContext(ctx, "back end is well again")
	}
}

// illness is what the last check said; nil if it said that all is well, or if there was none.
func (b *backEnd) illness() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.ill
}
