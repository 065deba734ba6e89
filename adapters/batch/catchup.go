package batch

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"github.com/postern-gateway/postern/adapters"
)

// errGone is a file that this gateway would need, and that is not there any more.
var errGone = errors.New("was read by another gateway, and is neither in the inbox nor in the archive")

func (b *inbox) latestKey() string { return b.prefix + "latest" }

// catchUp reads from the archive what other gateways on the same store have read, and this one, on a disk of its own, has not; or what it has read by another
// layout. It returns what stands in the way.
func (x *extract) catchUp(ctx context.Context) error {
	latest, err := x.latest(ctx)
	if err != nil || latest == "" {
		return err
	}
	run, err := x.inbox.run(ctx, latest)
	if err != nil || run == nil || !x.isMissing(run) {
		return err
	}
	runs, err := x.inbox.runs(ctx)
	if err != nil {
		return err
	}
	for _, run := range slices.Backward(x.missing(runs)) {
		if err := x.recover(ctx, run); err != nil {
			return err
		}
	}
	return nil
}

// latest returns the id of the run whose file was put in force last, by whatever gateway.
func (x *extract) latest(ctx context.Context) (id string, err error) {
	err = x.inbox.store.View(ctx, func(tx adapters.Tx) error {
		value, _, err := tx.Get(x.inbox.latestKey())
		id = string(value)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("recalling the last run: %w", err)
	}
	return id, nil
}

// isMissing reports whether a file was put in force that is not here.
func (x *extract) isMissing(run *fileRecord) bool {
	if run.Outcome != outcomeServed || run.Snapshot == nil {
		return false
	}
	last, ok := x.frontier()
	return !ok || run.Snapshot.IsNewer(last)
}

// missing picks from the runs, oldest first, those that lead to the newest snapshot: the last full extract, and the changes to it. They are newest first.
func (x *extract) missing(runs []*fileRecord) []*fileRecord {
	var wanted []*fileRecord
	for _, run := range slices.Backward(runs) {
		if !x.isMissing(run) {
			continue
		}
		wanted = append(wanted, run)
		if run.Snapshot.Base == run.Snapshot.Hash {
			break // a full extract
		}
	}
	return wanted
}

// recover reads one file from the archive.
func (x *extract) recover(ctx context.Context, run *fileRecord) error {
	var place string
	for i := 1; ; i++ {
		place = inArchive(run.Name, i)
		info, err := x.inbox.directory.Stat(ctx, place)
		if errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%s %w", run.Name, errGone)
		}
		if err != nil {
			return fmt.Errorf("%w: looking into the archive: %w", errDirectory, err)
		}
		if run.isOf(info, run.Layout) {
			break
		}
	}
	again := &fileRecord{Name: run.Name, Size: run.Size, ModTime: run.ModTime, Version: run.Version, Layout: x.inbox.layout, place: place, becomes: run.Snapshot.Hash}
	result, err := x.ingestFile(ctx, again, true)
	if err == nil && result.Outcome == outcomeRefused {
		err = fmt.Errorf("%w: %s: %s", errRefused, result.Name, result.Reason)
	}
	return err
}
