package batch

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/adapters/batch/snapshot"
)

// archiveName is the sub-directory of an inbox for files that have been read.
const archiveName = "archive"

// Outcomes of a file that has been looked at.
const (
	outcomeServed    = "served"
	outcomeRead      = "read"
	outcomeRefused   = "refused"
	outcomeDuplicate = "duplicate"
	outcomeOlder     = "older"
)

// A fileRecord is what is remembered of a file in an inbox.
type fileRecord struct {
	Name    string    `json:"name"`
	Size    int64     `json:"size"`
	ModTime time.Time `json:"modTime"`
	// Layout is the layout that it was read by: with another, it is worth another look.
	Layout  string `json:"layout"`
	Hash    string `json:"hash,omitempty"`
	Outcome string `json:"outcome"`
	// Reason says why it was refused.
	Reason  string    `json:"reason,omitempty"`
	AsOf    time.Time `json:"asOf"`
	Records int64     `json:"records"`
	Bad     int64     `json:"bad"`
	Started time.Time `json:"started"`
	Ended   time.Time `json:"ended"`
}

// isOf reports whether the record is of the file as it is now.
func (r *fileRecord) isOf(info fs.FileInfo, layout string) bool {
	return r.Size == info.Size() && r.ModTime.Equal(info.ModTime()) && r.Layout == layout
}

// durationMilliseconds is how long a file took, for the log.
func durationMilliseconds(r *fileRecord) slog.Attr {
	return slog.Float64("duration_ms", float64(r.Ended.Sub(r.Started))/float64(time.Millisecond))
}

// settleTime is how long a file must have been left alone before it is read, where no trailer tells that it is whole; and before it is refused, where
// one does.
const settleTime = time.Second

// An inbox is a directory in which files arrive, with a memory.
type inbox struct {
	directory string
	pattern   string // of the names of files
	archive   bool   // what has been read goes to the archive
	settles   bool   // a file may be read only once it has been left alone
	store     adapters.Store
	prefix    string // of keys in the store
	layout    string
	seen      map[string]sighting // files whose time says nothing, by name
}

// list returns the files of the pattern, newest first, and how soon there may be more, because some are too fresh; with force, none is. A directory
// that is not there is an error.
func (b *inbox) list(force bool) (files []fs.FileInfo, next time.Duration, err error) {
	entries, err := os.ReadDir(b.directory)
	if err != nil {
		return nil, 0, fmt.Errorf("%w: listing the inbox: %w", errDirectory, err)
	}
	for _, entry := range entries {
		matched, err := path.Match(b.pattern, entry.Name())
		if err != nil || !matched || !entry.Type().IsRegular() || strings.HasPrefix(entry.Name(), ".") {
			continue
		}
		info, err := entry.Info()
		if errors.Is(err, fs.ErrNotExist) {
			continue // somebody took it away meanwhile
		}
		if err != nil {
			return nil, 0, fmt.Errorf("%w: looking at a file: %w", errDirectory, err)
		}
		if b.settles && !force {
			if alone := b.alone(info); alone < settleTime {
				next = max(next, settleTime-alone)
				continue
			}
		}
		files = append(files, info)
	}
	slices.SortFunc(files, func(a, b fs.FileInfo) int {
		return cmp.Or(b.ModTime().Compare(a.ModTime()), strings.Compare(b.Name(), a.Name()))
	})
	return files, next, nil
}

// A sighting is how a file looked when it was first seen so.
type sighting struct {
	size    int64
	modTime time.Time
	at      time.Time
}

// alone is how long a file has been left alone. A time in the future, as a file server gives whose clock is ahead, says nothing about that; then it is how
// long we have seen the file unchanged.
func (b *inbox) alone(info fs.FileInfo) time.Duration {
	if age := time.Since(info.ModTime()); age >= 0 {
		delete(b.seen, info.Name())
		return age
	}
	first, ok := b.seen[info.Name()]
	if !ok || first.size != info.Size() || !first.modTime.Equal(info.ModTime()) {
		first = sighting{size: info.Size(), modTime: info.ModTime(), at: time.Now()}
		b.seen[info.Name()] = first
	}
	return time.Since(first.at)
}

// open opens a file that was listed. One that has gone meanwhile is one that is changing.
func (b *inbox) open(name string) (*os.File, error) {
	file, err := os.Open(b.path(name))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("%w: %w", errChanging, err)
	case err != nil:
		return nil, fmt.Errorf("%w: opening a file: %w", errDirectory, err)
	default:
		return file, nil
	}
}

// errChanging is a file that somebody is still writing.
var errChanging = errors.New("the file changed while it was being read")

// unchanged makes sure that an open file is still as it was listed.
func (b *inbox) unchanged(file *os.File, listed *fileRecord) error {
	info, err := file.Stat()
	if err != nil {
		return fmt.Errorf("%w: looking at a file: %w", errDirectory, err)
	}
	if info.Size() != listed.Size || !info.ModTime().Equal(listed.ModTime) {
		return errChanging
	}
	return nil
}

func (b *inbox) path(name string) string { return filepath.Join(b.directory, name) }

func (b *inbox) fileKey(name string) string { return b.prefix + "file/" + name }

// recall returns what is remembered of a file; nil if nothing.
func (b *inbox) recall(ctx context.Context, name string) (*fileRecord, error) {
	var found *fileRecord
	err := b.store.View(ctx, func(tx adapters.Tx) error {
		found = nil
		value, ok, err := tx.Get(b.fileKey(name))
		if err != nil || !ok {
			return err
		}
		found = &fileRecord{}
		return json.Unmarshal(value, found)
	})
	if err != nil {
		return nil, fmt.Errorf("recalling a file: %w", err)
	}
	return found, nil
}

// remember writes down what became of a file, in the transaction of its effects.
func (b *inbox) remember(tx adapters.Tx, r *fileRecord) error {
	value, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("remembering a file: %w", err)
	}
	if err := tx.Put(b.fileKey(r.Name), value); err != nil {
		return fmt.Errorf("remembering a file: %w", err)
	}
	return nil
}

// putAway archives a file that has been dealt with, where that is asked for. What is there under its name already is kept, and so is, in the inbox, a new
// file that has taken its name meanwhile.
func (b *inbox) putAway(done *fileRecord) error {
	if !b.archive {
		return nil
	}
	directory := b.path(archiveName)
	if err := snapshot.MakeDirectory(directory, 0o750); err != nil {
		return fmt.Errorf("%w: making the archive: %w", errDirectory, err)
	}
	target := filepath.Join(directory, done.Name)
	for i := 2; ; i++ {
		if _, err := os.Lstat(target); errors.Is(err, fs.ErrNotExist) {
			break
		}
		target = filepath.Join(directory, fmt.Sprintf("%s.%d", done.Name, i))
	}
	err := os.Rename(b.path(done.Name), target)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // somebody took it away
	}
	if err != nil {
		return fmt.Errorf("%w: archiving a file: %w", errDirectory, err)
	}
	if moved, err := os.Lstat(target); err != nil || !done.isOf(moved, done.Layout) {
		return errors.Join(err, os.Rename(target, b.path(done.Name)))
	}
	return errors.Join(snapshot.SyncDirectory(directory), snapshot.SyncDirectory(b.directory))
}
