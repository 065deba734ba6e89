package batch

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/postern-gateway/postern/adapters/batch/record"
	"github.com/postern-gateway/postern/adapters/batch/snapshot"
	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

// An extract is one kind of file that is served, with the snapshot in force.
type extract struct {
	config    *configv1.BatchExtract
	envelope  *envelope
	key       []*record.Field
	indexes   []*record.Field
	specs     []snapshot.IndexSpec
	badShare  float64
	inbox     inbox
	directory string // of snapshots
	rejects   string // directory of the quarantine
	logger    *slog.Logger
	recorder  *recorder
	unusable  map[string]bool // snapshots that are damaged or of another layout, by name

	mu       sync.Mutex
	current  *lease
	closed   bool
	lastFile *fileRecord // the newest that was looked at; nil if none since the start
	lastErr  error       // of the last pass
}

// A lease is an open snapshot and how many read it.
type lease struct {
	*snapshot.Snapshot
	name    string // of its file
	readers int
	retired bool
}

// extract compiles one kind of extract.
func (c *compiler) extract(field string, config *configv1.BatchExtract) *extract {
	x := &extract{config: config, envelope: c.envelope(field, config), badShare: defaultMaxBadShare, unusable: make(map[string]bool)}
	if config.MaxBadShare != nil {
		x.badShare = config.GetMaxBadShare()
	}
	x.inbox = c.inbox(field+".inbox", config.GetInbox())
	if x.envelope == nil {
		return x
	}
	x.inbox.settles = x.envelope.trailer == nil
	width := 0
	for i, name := range config.GetKey() {
		at := fmt.Sprintf("%s.key[%d]", field, i)
		f, w := c.keyField(at, x.envelope.layout, name)
		x.key, width = append(x.key, f), width+w
	}
	x.specs = append(x.specs, snapshot.IndexSpec{Name: "key", Width: width})
	for i, name := range config.GetIndexes() {
		f, w := c.keyField(fmt.Sprintf("%s.indexes[%d]", field, i), x.envelope.layout, name)
		x.indexes = append(x.indexes, f)
		x.specs = append(x.specs, snapshot.IndexSpec{Name: name, Width: w})
	}
	return x
}

func (c *compiler) keyField(field string, layout *record.Layout, name string) (*record.Field, int) {
	f := c.lookup(field, layout, name)
	if f == nil {
		return nil, 0
	}
	width, err := f.KeyWidth()
	if err != nil {
		c.fail(field, "%v", err)
	}
	return f, width
}

// fingerprint identifies what a snapshot depends on: where records and keys lie, and how keys are read. What other fields mean is decided at reading.
func (x *extract) fingerprint() string {
	layout := x.envelope.layout
	options := layout.Options()
	parts := []any{
		x.envelope.file.fixedLength(), options.CodePage.Name(), options.LittleEndian, options.Shift, int(options.Blank), int(options.Invalid),
		options.Location.String(), x.specs,
	}
	formats := slices.Sorted(maps.Keys(options.Formats))
	for _, f := range slices.Concat(x.key, x.indexes) {
		parts = append(parts, f.Path, int(f.Type), f.Digits, f.Scale, f.Place())
		for _, name := range formats {
			if formatted, err := layout.Lookup(name); err == nil && formatted == f {
				parts = append(parts, options.Formats[name])
			}
		}
	}
	text, err := json.Marshal(parts)
	if err != nil {
		return err.Error()
	}
	digest := sha256.Sum256(text)
	return hex.EncodeToString(digest[:8])
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

// restore opens the newest snapshot that can be used, and sweeps away what a crash has left.
func (x *extract) restore() error {
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
	return x.refresh()
}

// refresh puts the newest snapshot in force that can be used, unless it is: one of an earlier run, or of another process on the same directory.
func (x *extract) refresh() error {
	names, _, err := x.snapshots()
	if err != nil {
		return err
	}
	for _, name := range names {
		if x.isInForce(name) {
			return nil
		}
		if x.unusable[name] {
			continue
		}
		opened, err := snapshot.Open(filepath.Join(x.directory, name), x.inbox.layout)
		if err != nil {
			x.logger.Warn("a snapshot is not used", "snapshot", name, "error", err)
			x.unusable[name] = true
			continue
		}
		return x.use(name, opened)
	}
	return nil
}

func (x *extract) isInForce(name string) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.current != nil && x.current.name == name
}

// replace puts a snapshot in force and removes those before it.
func (x *extract) replace(name string, opened *snapshot.Snapshot) error {
	if err := x.use(name, opened); err != nil {
		return err
	}
	names, _, err := x.snapshots()
	for _, old := range names {
		if old >= name {
			continue
		}
		if removing := os.Remove(filepath.Join(x.directory, old)); !errors.Is(removing, fs.ErrNotExist) {
			err = errors.Join(err, removing)
		}
	}
	return err
}

// use puts a snapshot in force.
func (x *extract) use(name string, opened *snapshot.Snapshot) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.closed {
		return errors.Join(errClosed, opened.Close())
	}
	before := x.current
	x.current = &lease{Snapshot: opened, name: name}
	return x.retire(before)
}

// retire closes a lease as soon as nobody reads it. The caller holds mu.
func (x *extract) retire(l *lease) error {
	if l == nil {
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
	switch {
	case x.closed:
		return nil, errClosed
	case x.current == nil:
		return nil, errNotLoaded
	}
	x.current.readers++
	return x.current, nil
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

// close takes the snapshot out of force.
func (x *extract) close() error {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.closed {
		return nil
	}
	x.closed = true
	return x.retire(x.current)
}

// check says whether there is something to serve, and whether the newest file could be used.
func (x *extract) check() error {
	x.mu.Lock()
	defer x.mu.Unlock()
	switch {
	case x.closed:
		return errClosed
	case x.current == nil && x.lastErr != nil:
		return fmt.Errorf("%w: %w", errNotLoaded, x.lastErr)
	case x.current == nil && x.lastFile != nil:
		return fmt.Errorf("%w: %s: %s", errNotLoaded, x.lastFile.Name, x.lastFile.Reason)
	case x.current == nil:
		return errNotLoaded
	case x.lastErr != nil:
		return x.lastErr
	case x.lastFile != nil && x.lastFile.Outcome == outcomeRefused:
		return fmt.Errorf("%w: %s: %s", errRefused, x.lastFile.Name, x.lastFile.Reason)
	default:
		return nil
	}
}
