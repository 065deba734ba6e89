package batch

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"log/slog"
	"time"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/adapters/batch/snapshot"
	"github.com/postern-gateway/postern/adapters/batch/transport"
	"github.com/postern-gateway/postern/adapters/batch/unwrap"
)

// Outcomes of a file that has been looked at.
const (
	outcomeServed    = "served"
	outcomeRead      = "read"
	outcomeRefused   = "refused"
	outcomeDuplicate = "duplicate"
	outcomeOlder     = "older"
	outcomeHeld      = "held"
	outcomeReplayed  = "replayed"
)

// A fileRecord is what is remembered of a file in an inbox.
type fileRecord struct {
	Name    string    `json:"name"`
	Size    int64     `json:"size"`
	ModTime time.Time `json:"modTime"`
	// Version is what the other side calls this content, where it does.
	Version string `json:"version,omitempty"`
	// Layout is the layout that it was read by: with another, it is worth another look.
	Layout  string `json:"layout"`
	Hash    string `json:"hash,omitempty"`
	Outcome string `json:"outcome"`
	// Reason says why it was refused.
	Reason  string    `json:"reason,omitempty"`
	AsOf    time.Time `json:"asOf"`
	Records int64     `json:"records"`
	Bad     int64     `json:"bad"`
	// Number is what its header says; nil if nothing.
	Number *int64 `json:"number,omitempty"`
	// Gap means that its number was not the next one.
	Gap bool `json:"gap,omitempty"`
	// Snapshot is what it became, if it is served.
	Snapshot *snapshot.Info `json:"snapshot,omitempty"`
	// Replays are the runs that were replays of it and that the snapshot has, and Pieces is in how many values the store has the records that this one has taken in.
	Replays []string  `json:"replays,omitempty"`
	Pieces  int       `json:"pieces,omitempty"`
	Started time.Time `json:"started"`
	Ended   time.Time `json:"ended"`
	// Taken are those records in a snapshot that was made before they were in the store first.
	Taken [][]byte `json:"taken,omitempty"`
	// Span is where it was read; see spanOf.
	Span string `json:"span,omitempty"`

	place    string // of a file that is in the archive already
	becomes  string // hash of the snapshot that another gateway has made of it; empty if none is known to
	recorded bool   // the store knows this file already
	waits    string // what was there when it was held: once that is something else, its turn may have come
}

// recordOf begins the record of a file that was listed.
func (b *inbox) recordOf(info fs.FileInfo) *fileRecord {
	return &fileRecord{
		Name: info.Name(), Size: info.Size(), ModTime: info.ModTime(), Version: transport.Version(info), Layout: b.layout, Started: time.Now().UTC(),
	}
}

// isOf reports whether the record is of the file as it is now. Where the other side has a name for each content, that says more than a time.
func (r *fileRecord) isOf(info fs.FileInfo, layout string) bool {
	version := transport.Version(info)
	return r.Size == info.Size() && r.Version == version && (version != "" || r.ModTime.Equal(info.ModTime())) && r.Layout == layout
}

// durationMilliseconds is how long a file took, for the log.
func durationMilliseconds(r *fileRecord) slog.Attr {
	return slog.Float64("duration_ms", float64(r.Ended.Sub(r.Started))/float64(time.Millisecond))
}

// An inbox is a directory in which files arrive, with a memory.
type inbox struct {
	directory transport.Directory
	pattern   *namePattern
	after     string // what becomes of a file that has been read
	done      doneName
	settle    time.Duration // how long a file must have been left alone, where nothing else tells that it is whole
	packed    unwrap.Options
	settles   bool // no trailer tells that a file is whole
	// isReadByAll says whether nobody else wants a file any more that is to be deleted; nil if nobody else can.
	isReadByAll func(context.Context, *fileRecord) (bool, error)
	store       adapters.Store
	prefix      string // of keys in the store
	layout      string
	seen        map[string]sighting // files of which only watching them tells how long they have been left alone, by name
}

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
	return b.rememberRun(tx, r)
}
