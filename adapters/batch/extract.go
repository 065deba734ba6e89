package batch

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/postern-gateway/postern/adapters/batch/record"
	"github.com/postern-gateway/postern/adapters/batch/snapshot"
	adminv1 "github.com/postern-gateway/postern/proto/postern/admin/v1"
	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

// An extract is one kind of file that is served, with the snapshot in force.
type extract struct {
	config   *configv1.BatchExtract
	envelope *envelope
	key      []*record.Field
	indexes  []*record.Field
	keyed    []*record.Field // both
	specs    []snapshot.IndexSpec
	badShare float64
	// outOfSequence is what becomes of a file whose number is not the next; empty is the default.
	outOfSequence string
	inbox         inbox
	directory     string // of snapshots
	rejects       string // directory of the quarantine
	logger        *slog.Logger
	recorder      *recorder
	unusable      map[string]bool // snapshots that are damaged or of another layout, by name

	checks    []check
	expected  *calendar // nil if files may come at any time
	now       func() time.Time
	since     time.Time              // when the back end was opened
	toldLate  time.Time              // the last cut-off that the log tells of
	changes   *delta                 // nil if every file is a full extract
	worker    *worker                // that passes
	takenOver string                 // the last replay that was looked at, and the snapshot; the worker's alone
	reader    string                 // this gateway's name where files are deleted
	read      reading                // what it has told of itself
	held      map[string]*fileRecord // files whose turn has not come here, by name; the worker's alone
	keep      int                    // how many snapshots

	mu       sync.Mutex
	covered  time.Time // the last cut-off that has its file
	kept     []*lease  // newest first
	current  *lease    // one of them, in force
	back     *rollback
	closed   bool
	lastFile *fileRecord // the newest that was looked at; nil if none since the start
	lastErr  error       // of the last pass
	waiting  []*adminv1.HeldFile
}

// extract compiles one kind of extract.
func (c *compiler) extract(field string, config *configv1.BatchExtract) *extract {
	x := &extract{config: config, envelope: c.envelope(field, config), badShare: defaultMaxBadShare, keep: max(1, int(config.GetKeep())), unusable: make(map[string]bool), held: make(map[string]*fileRecord)}
	if config.MaxBadShare != nil {
		x.badShare = config.GetMaxBadShare()
	}
	c.sequence(field, x)
	x.now, x.since, x.covered, x.expected = time.Now, time.Now(), time.Now(), c.calendar(field+".calendar", config.GetCalendar())
	x.checks = c.checks(field, x.envelope, config.GetChecks())
	if x.envelope != nil {
		x.changes = c.delta(field+".delta", x.envelope.layout, config.GetDelta())
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
	x.keyed = slices.Concat(x.key, x.indexes)
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
	for _, f := range x.keyed {
		parts = append(parts, f.Path, int(f.Type), f.Digits, f.Scale, f.Place())
		for _, name := range formats {
			if formatted, err := layout.Lookup(name); err == nil && formatted == f {
				parts = append(parts, options.Formats[name])
			}
		}
	}
	if x.envelope.assembly != nil {
		parts = append(parts, assemblyOf(x.config.GetLayout()))
	}
	if x.envelope.file.format != nil {
		parts = append(parts, x.envelope.file.formatOf())
	}
	text, err := json.Marshal(parts)
	if err != nil {
		return err.Error()
	}
	digest := sha256.Sum256(text)
	return hex.EncodeToString(digest[:8])
}

// assemblyOf spells the settings by which records are made of those of a file.
func assemblyOf(config *configv1.BatchLayout) []byte {
	text, err := proto.MarshalOptions{Deterministic: true}.Marshal(&configv1.BatchLayout{Segments: config.GetSegments(), Records: config.GetRecords(), MoreCopybooks: config.GetMoreCopybooks()})
	if err != nil {
		return []byte(err.Error())
	}
	return text
}

// check says whether there is something to serve, and whether the newest file could be used.
func (x *extract) check() error {
	late := x.punctual()
	x.mu.Lock()
	defer x.mu.Unlock()
	switch {
	case x.closed:
		return errClosed
	case errors.Is(x.lastErr, errGone):
		return x.lastErr
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
	case x.lastFile != nil && x.lastFile.Outcome == outcomeHeld:
		return fmt.Errorf("%w: %s: %s", errHeld, x.lastFile.Name, x.lastFile.Reason)
	default:
		return late
	}
}
