package benefits

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/postern-gateway/postern/deploy/demo/population"
)

// The directories of the mainframe, as the network sees them.
const (
	// FromMainframe holds extracts and acknowledgements.
	FromMainframe = "from-mainframe"
	// ToMainframe is where files of changes of address are put.
	ToMainframe = "to-mainframe"

	processed = "processed" // in ToMainframe: files that were answered
	rejected  = "rejected"  // in ToMainframe: files that could not be read
)

// changesName are the names of files that the mainframe picks up.
var changesName = regexp.MustCompile(`^CHGADDR\.[0-9]{6}$`)

// Options are what a [Mainframe] is made from. All are needed.
type Options struct {
	// Citizens are those that have claims.
	Citizens []population.Citizen
	// Directory holds [FromMainframe] and [ToMainframe], which are made if they are not there.
	Directory string
	// Poll is how often the mainframe looks for files. A file is answered at the second look that sees it, so an acknowledgement
	// takes between one and two polls.
	Poll time.Duration
	// Logger is told what becomes of files.
	Logger *slog.Logger
}

// A Mainframe is the benefits system.
type Mainframe struct {
	options Options
	isKnown map[string]bool
}

// New makes the directories, and the extract unless it is there.
func New(options Options) (*Mainframe, error) {
	m := &Mainframe{options: options, isKnown: make(map[string]bool, len(options.Citizens))}
	for _, citizen := range options.Citizens {
		m.isKnown[citizen.ID] = true
	}
	for _, directory := range []string{m.from(""), m.to(processed), m.to(rejected)} {
		if err := os.MkdirAll(directory, 0o750); err != nil {
			return nil, fmt.Errorf("making the mainframe's directories: %w", err)
		}
	}
	if _, err := os.Stat(m.from(ExtractName)); err == nil {
		return m, nil
	} else if !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("looking for the extract: %w", err)
	}
	extract, err := Extract(options.Citizens)
	if err != nil {
		return nil, err
	}
	return m, writeFile(m.from(ExtractName), extract)
}

// Run answers files of changes of address until ctx ends. What goes wrong is logged, and tried again at the next poll.
func (m *Mainframe) Run(ctx context.Context) {
	poll := time.NewTicker(m.options.Poll)
	defer poll.Stop()
	seen := make(map[string]bool)
	for {
		select {
		case <-ctx.Done():
			return
		case <-poll.C:
			var err error
			if seen, err = m.look(seen); err != nil {
				m.options.Logger.Error("the mainframe cannot do its work", "error", err)
			}
		}
	}
}

// look answers the files that were there at the last look too, and returns those that were not.
func (m *Mainframe) look(before map[string]bool) (map[string]bool, error) {
	entries, err := os.ReadDir(m.to(""))
	if err != nil {
		return before, fmt.Errorf("listing the files: %w", err)
	}
	now := make(map[string]bool)
	var all []error
	for _, entry := range entries {
		name := entry.Name()
		switch {
		case !changesName.MatchString(name):
		case !before[name]:
			now[name] = true
		default:
			if err := m.answer(name); err != nil {
				now[name] = true
				all = append(all, err)
			}
		}
	}
	return now, errors.Join(all...)
}

// answer acknowledges one file and puts it away. A file that cannot be read is put aside for a person to look at.
func (m *Mainframe) answer(name string) error {
	content, err := os.ReadFile(m.to(name))
	if err != nil {
		return fmt.Errorf("reading %s: %w", name, err)
	}
	file, err := readAddressChanges(content)
	if err != nil {
		m.options.Logger.Warn("a file of changes of address was rejected", "file", name, "error", err)
		return m.putAway(name, rejected)
	}
	ack, err := file.acknowledge(func(id string) bool { return m.isKnown[id] }, time.Now().UTC())
	if err != nil {
		return fmt.Errorf("answering %s: %w", name, err)
	}
	if err := writeFile(m.from(ackID+strings.TrimPrefix(name, changesID)), ack); err != nil {
		return err
	}
	m.options.Logger.Info("changes of address were answered", "file", name, "changes", len(file.changes))
	return m.putAway(name, processed)
}

func (m *Mainframe) putAway(name, directory string) error {
	if err := os.Rename(m.to(name), filepath.Join(m.to(directory), name)); err != nil {
		return fmt.Errorf("putting %s away: %w", name, err)
	}
	return nil
}

func (m *Mainframe) from(name string) string {
	return filepath.Join(m.options.Directory, FromMainframe, name)
}

func (m *Mainframe) to(name string) string {
	return filepath.Join(m.options.Directory, ToMainframe, name)
}
