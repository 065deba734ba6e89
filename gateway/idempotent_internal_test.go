package gateway

import (
	"context"
	"testing"

	"github.com/postern-gateway/postern/adapters"
)

// A call without an idempotency key pays for a look, and nothing else.
func TestCallsWithoutAKeyAllocateNothing(t *testing.T) {
	ctx := adapters.WithReply(adapters.WithCaller(context.Background(), adapters.Caller{}), &adapters.Reply{})
	around := (&chain{}).idempotent(func(context.Context, *call) error { return nil })
	for _, hasKey := range []bool{true, false} {
		one := &call{target: &target{hasKey: hasKey}}
		if allocations := testing.AllocsPerRun(100, func() { _ = around(ctx, one) }); allocations > 0 {
			t.Errorf("%v allocations", allocations)
		}
	}
}
