package batch

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/adapters/batch/snapshot"
)

// A rollback takes snapshots out of force: those that are newer than To, up to From. It is in the store, so that it outlives the process and holds for every
// gateway; one that is newer than From ends it.
type rollback struct {
	From snapshot.Info `json:"from"`
	To   snapshot.Info `json:"to"`
}

// hides reports whether a snapshot has been taken out of force.
func (r *rollback) hides(info snapshot.Info) bool {
	return r != nil && info.IsNewer(r.To) && !info.IsNewer(r.From)
}

func (x *extract) rollbackKey() string { return x.inbox.prefix + "rollback" }

// rolledBack returns the rollback that holds; nil if there is none.
func (x *extract) rolledBack(ctx context.Context) (*rollback, error) {
	var found *rollback
	err := x.inbox.store.View(ctx, func(tx adapters.Tx) error {
		found = nil
		value, ok, err := tx.Get(x.rollbackKey())
		if err != nil || !ok {
			return err
		}
		found = &rollback{}
		return json.Unmarshal(value, found)
	})
	if err != nil {
		return nil, fmt.Errorf("recalling a rollback: %w", err)
	}
	return found, nil
}

// A keptSnapshot is one that can be gone back to.
type keptSnapshot struct {
	snapshot.Info
	// Name is that of its file.
	Name    string
	InForce bool
	// Live is how many records it has that can be read.
	Live int64
	// RolledBack means that it has been taken out of force.
	RolledBack bool
}

// keptSnapshots returns the snapshots that are kept, newest first.
func (x *extract) keptSnapshots() []keptSnapshot {
	x.mu.Lock()
	defer x.mu.Unlock()
	all := make([]keptSnapshot, len(x.kept))
	for i, l := range x.kept {
		all[i] = keptSnapshot{Info: l.Info(), Name: l.name, Live: int64(l.Index(0).Len()), InForce: l == x.current, RolledBack: x.back.hides(l.Info())}
	}
	return all
}

// rollBack puts a kept snapshot in force, named by its file, and takes the newer ones out. It stays in force, across restarts and on every gateway of the store,
// until data comes that is newer than any before; the newest one puts everything as it was. errNoSnapshot means that none is kept of this name.
func (x *extract) rollBack(ctx context.Context, name string) error {
	return x.worker.exclusively(ctx, func() error {
		if err := x.refresh(ctx); err != nil {
			return err
		}
		kept := x.keptSnapshots()
		at := slices.IndexFunc(kept, func(k keptSnapshot) bool { return k.Name == name })
		if at < 0 {
			return errNoSnapshot
		}
		from, _ := x.frontier()
		value, err := json.Marshal(rollback{From: from, To: kept[at].Info})
		if err != nil {
			return fmt.Errorf("rolling back: %w", err)
		}
		err = x.inbox.store.Update(ctx, func(tx adapters.Tx) error {
			if at == 0 {
				return tx.Delete(x.rollbackKey())
			}
			return tx.Put(x.rollbackKey(), value)
		})
		if err != nil {
			return fmt.Errorf("rolling back: %w", err)
		}
		x.logger.WarnContext(ctx, "an extract was rolled back", "as_of", kept[at].AsOf, "source", kept[at].Source)
		return x.refresh(ctx)
	})
}
