package idempotency

import (
	"context"
	"strings"
	"time"

	"github.com/postern-gateway/postern/adapters"
)

const (
	// sweepPause is how often expired keys are removed. They count no more from the moment that they expire; this only frees their room.
	sweepPause = 10 * time.Minute
	// sweepBatch is how many of them one transaction removes, so that it does not hold up others for long.
	sweepBatch = 200
)

// Run removes expired keys until ctx ends.
func (k *Keeper) Run(ctx context.Context) {
	ticker := time.NewTicker(sweepPause)
	defer ticker.Stop()
	for {
		if err := k.Sweep(ctx); err != nil && ctx.Err() == nil {
			k.logger.WarnContext(ctx, "removing expired idempotency keys", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// Sweep removes all keys that have expired.
func (k *Keeper) Sweep(ctx context.Context) error {
	for {
		removed := 0
		err := k.store.Update(ctx, func(tx adapters.Tx) (err error) {
			removed, err = k.sweep(tx)
			return err
		})
		if err != nil || removed < sweepBatch {
			return err
		}
	}
}

// sweep removes a batch. An entry under which another record stands by now, because the key was used anew, is removed alone.
func (k *Keeper) sweep(tx adapters.Tx) (removed int, err error) {
	var expired []string
	bound := expiryBound(k.now())
	for entry, err := range tx.Scan(expiries, "") {
		if err != nil {
			return 0, err
		}
		if entry.Key > bound || len(expired) == sweepBatch {
			break
		}
		expired = append(expired, entry.Key)
	}
	for _, entry := range expired {
		id := entry[strings.LastIndexByte(entry, '/')+1:]
		kept, ok, err := recordOf(tx, id)
		if err != nil {
			return 0, err
		}
		if ok && kept.expiry(id) == entry {
			err = kept.remove(tx, id)
		} else {
			err = tx.Delete(entry)
		}
		if err != nil {
			return 0, err
		}
	}
	return len(expired), nil
}
