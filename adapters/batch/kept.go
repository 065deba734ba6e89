package batch

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/postern-gateway/postern/adapters/batch/snapshot"
)

// A lease is an open snapshot and how many read it.
type lease struct {
	*snapshot.Snapshot
	name    string // of its file
	readers int
	retired bool
	// recorded means that the store has the run that made it.
	recorded bool
	madeBy   []trace.Link // the span of that run
}

// snapshotSuffix ends the names of snapshot files; in front of it is their number.
const snapshotSuffix = ".snapshot"

// snapshots returns the snapshot files, newest first, and the number for the next.
func (x *extract) snapshots() (names []string, next int, err error) {
	entries, err := os.ReadDir(x.directory)
	if err != nil {
		return nil, 0, fmt.Errorf("listing snapshots: %w", err)
	}
	next = 1
	for _, entry := range entries {
		number, ok := strings.CutSuffix(entry.Name(), snapshotSuffix)
		n, err := strconv.Atoi(number)
		if !ok || err != nil {
			continue
		}
		names, next = append(names, entry.Name()), max(next, n+1)
	}
	slices.Sort(names)
	slices.Reverse(names)
	return names, next, nil
}

// restore opens the snapshots that can be used, and sweeps away what a crash has left.
func (x *extract) restore(ctx context.Context) error {
	if err := snapshot.MakeDirectory(x.directory, 0o750); err != nil {
		return fmt.Errorf("making the directory of snapshots: %w", err)
	}
	parts, err := filepath.Glob(filepath.Join(x.directory, "*.part"))
	for _, part := range parts {
		err = errors.Join(err, os.Remove(part))
	}
	if err != nil {
		return fmt.Errorf("removing unfinished snapshots: %w", err)
	}
	return x.refresh(ctx)
}

// refresh opens the snapshots that are there, of an earlier run or of another process on the same directory, and puts the newest in force that has not been
// taken out.
func (x *extract) refresh(ctx context.Context) error {
	names, _, err := x.snapshots()
	if err != nil {
		return err
	}
	back, err := x.rolledBack(ctx)
	if err != nil {
		return err
	}
	open := make(map[string]*lease)
	x.mu.Lock()
	for _, l := range x.kept {
		open[l.name] = l
	}
	x.mu.Unlock()
	var kept []*lease
	for _, name := range names {
		if open[name] == nil && !x.unusable[name] {
			open[name] = x.open(name)
		}
		if open[name] != nil {
			kept = append(kept, open[name])
		}
	}
	return x.use(kept, back)
}

// open opens a snapshot file; nil for one that cannot be used.
func (x *extract) open(name string) *lease {
	opened, err := snapshot.Open(filepath.Join(x.directory, name), x.inbox.layout)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // another process has put a newer one in its place
	}
	if err != nil {
		x.logger.Warn("a snapshot is not used", "snapshot", name, "error", err)
		x.unusable[name] = true
		return nil
	}
	return &lease{Snapshot: opened, name: name, madeBy: madeBy(opened)}
}

// use keeps these snapshots, newest first, and puts one of them in force. Others are closed once nobody reads them.
func (x *extract) use(kept []*lease, back *rollback) error {
	slices.SortStableFunc(kept, func(a, b *lease) int {
		if a.Info().IsNewer(b.Info()) {
			return -1
		}
		if b.Info().IsNewer(a.Info()) {
			return 1
		}
		return 0
	})
	x.mu.Lock()
	defer x.mu.Unlock()
	before := x.kept
	x.kept, x.current, x.back = kept, nil, back
	if x.closed {
		x.kept = nil
		before = append(before, kept...)
	}
	for _, l := range x.kept {
		if !back.hides(l.Info()) {
			x.current = l
			break
		}
	}
	var err error
	for _, l := range before {
		if !slices.Contains(x.kept, l) {
			err = errors.Join(err, l.retire())
		}
	}
	if x.closed {
		return errors.Join(errClosed, err)
	}
	return err
}

// adopt puts a new snapshot in force, and removes the files of those past the ones that are kept: the newest ones, and the one in force. Two processes on the
// same directory may have read the same file at the same time: its data is kept once, so that it takes no other's place.
func (x *extract) adopt(ctx context.Context) error {
	if err := x.refresh(ctx); err != nil {
		return err
	}
	x.mu.Lock()
	var old []string
	data := make(map[string]bool)
	for _, l := range x.kept {
		hash := l.Info().Hash
		if l != x.current && (data[hash] || len(data) >= x.keep) {
			old = append(old, l.name)
		}
		data[hash] = true
	}
	x.mu.Unlock()
	for name := range x.unusable {
		old = append(old, name)
	}
	if len(old) == 0 {
		return nil
	}
	var err error
	for _, name := range old {
		delete(x.unusable, name)
		if removing := os.Remove(filepath.Join(x.directory, name)); !errors.Is(removing, fs.ErrNotExist) {
			err = errors.Join(err, removing)
		}
	}
	return errors.Join(err, x.refresh(ctx))
}

// retire closes a lease as soon as nobody reads it. The caller holds the extract's mu.
func (l *lease) retire() error {
	if l.retired {
		return nil
	}
	l.retired = true
	if l.readers > 0 {
		return nil
	}
	return l.Close()
}

// acquire lends the snapshot in force. The reader gives it back with release.
func (x *extract) acquire() (*lease, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.lend(x.current)
}

// acquireAsOf lends the snapshot that was in force at a moment: the newest of those kept whose data was true then, without those that have been taken out of
// force. errNotKept means that there is none so old.
func (x *extract) acquireAsOf(at time.Time) (*lease, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, l := range x.kept {
		if !x.back.hides(l.Info()) && !l.Info().AsOf.After(at) {
			return x.lend(l)
		}
	}
	if x.current != nil && !x.closed {
		return nil, errNotKept
	}
	return x.lend(nil)
}

func (x *extract) lend(l *lease) (*lease, error) {
	switch {
	case x.closed:
		return nil, errClosed
	case l == nil:
		return nil, errNotLoaded
	}
	l.readers++
	return l, nil
}

func (x *extract) release(l *lease) {
	x.mu.Lock()
	defer x.mu.Unlock()
	l.readers--
	if l.retired && l.readers == 0 {
		if err := l.Close(); err != nil {
			x.logger.Error("a snapshot could not be closed", "error", err)
		}
	}
}

// close takes all snapshots out of force.
func (x *extract) close() error {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.closed {
		return nil
	}
	x.closed = true
	var err error
	for _, l := range x.kept {
		err = errors.Join(err, l.retire())
	}
	x.kept, x.current = nil, nil
	return err
}

// frontier is the newest that has been in force, even if it has been taken out: only what is newer counts as new.
func (x *extract) frontier() (info snapshot.Info, ok bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.current != nil {
		info, ok = x.current.Info(), true
	}
	if x.back != nil && ok && x.back.From.IsNewer(info) {
		info = x.back.From
	}
	return info, ok
}

// state names what is there, for files that wait for something else.
func (x *extract) state() string {
	last, _ := x.frontier()
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.current == nil {
		return ""
	}
	return x.current.Info().Hash + " " + last.Hash
}

// snapshotPath is where the snapshot of this number will be.
func (x *extract) snapshotPath(number int) string {
	return filepath.Join(x.directory, fmt.Sprintf("%010d%s", number, snapshotSuffix))
}
