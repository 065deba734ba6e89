package batch

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
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

// settleTime is how long a file must have been left alone before it is read, where no trailer tells that it is whole.
const settleTime = time.Second

// An inbox is a directory in which files arrive, with a memory.
type inbox struct {
	inboxPlace
	settles bool // a file may be read only once it has been left alone
	store   adapters.Store
	prefix  string // of keys in the store
	layout  string
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
		if age := time.Since(info.ModTime()); b.settles && !force && age >= 0 && age < settleTime {
			next = max(next, settleTime-age)
			continue
		}
		files = append(files, info)
	}
	slices.SortFunc(files, func(a, b fs.FileInfo) int {
		return cmp.Or(b.ModTime().Compare(a.ModTime()), strings.Compare(b.Name(), a.Name()))
	})
	return files, next, nil
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
func (b *inbox) hashKey(hash string) string { return b.prefix + "hash/" + hash }

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

// knows reports whether a file of this content has been read.
func (b *inbox) knows(ctx context.Context, hash string) (bool, error) {
	var known bool
	err := b.store.View(ctx, func(tx adapters.Tx) error {
		_, ok, err := tx.Get(b.hashKey(hash))
		known = ok
		return err
	})
	if err != nil {
		return false, fmt.Errorf("recalling a file's content: %w", err)
	}
	return known, nil
}

// remember writes down what became of a file, in the transaction of its effects.
func (b *inbox) remember(tx adapters.Tx, r *fileRecord) error {
	value, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("remembering a file: %w", err)
	}
	if r.Outcome == outcomeServed || r.Outcome == outcomeRead {
		if err := tx.Put(b.hashKey(r.Hash), []byte(r.Name)); err != nil {
			return fmt.Errorf("remembering a file's content: %w", err)
		}
	}
	if err := tx.Put(b.fileKey(r.Name), value); err != nil {
		return fmt.Errorf("remembering a file: %w", err)
	}
	return nil
}

// putAway archives a file that has been dealt with, where that is asked for. What is there under its name already is kept.
func (b *inbox) putAway(name string) error {
	if !b.archive {
		return nil
	}
	directory := b.path(archiveName)
	if err := os.MkdirAll(directory, 0o750); err != nil {
		return fmt.Errorf("%w: making the archive: %w", errDirectory, err)
	}
	target := filepath.Join(directory, name)
	for i := 2; ; i++ {
		if _, err := os.Lstat(target); errors.Is(err, fs.ErrNotExist) {
			break
		}
		target = filepath.Join(directory, fmt.Sprintf("%s.%d", name, i))
	}
	if err := os.Rename(b.path(name), target); err != nil {
		return fmt.Errorf("%w: archiving a file: %w", errDirectory, err)
	}
	return snapshot.SyncDirectory(directory)
}
