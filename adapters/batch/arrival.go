package batch

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/adapters/batch/transport"
	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

// What becomes of a file that has been read. Else it is left.
const (
	afterArchive = "archive"
	afterDelete  = "delete"
)

// settleTime is how long a file must have been left alone before it is read, where neither a trailer nor a done-file tells that it is whole; and before it is refused,
// where a trailer does. A shorter time may be set.
const settleTime = time.Second

// transports compiles the servers.
func (c *compiler) transports(configs map[string]*configv1.BatchTransport) {
	c.servers = make(map[string]*transport.Server, len(configs))
	for _, name := range slices.Sorted(maps.Keys(configs)) {
		server, err := transport.New(configs[name], fmt.Sprintf("transports[%q]", name), c.dir)
		var wrong *adapters.ConfigError
		if errors.As(err, &wrong) {
			c.findings = append(c.findings, wrong.Findings...)
		}
		c.servers[name] = server
	}
}

// located is an inbox or outbox.
type located interface {
	GetDirectory() string
	GetTransport() string
}

// place tells one directory from all others.
func (c *compiler) place(config located) string {
	if config.GetTransport() == "" {
		return c.path(config.GetDirectory())
	}
	return config.GetTransport() + ":" + config.GetDirectory()
}

// directory opens an inbox or outbox. It returns nil after a complaint.
func (c *compiler) directory(field string, config located) transport.Directory {
	name := config.GetTransport()
	if name == "" {
		return transport.Local(c.path(config.GetDirectory()))
	}
	server, ok := c.servers[name]
	switch {
	case !ok && len(c.servers) == 0:
		c.fail(field+".transport", "there is no transport %q: `transports` names none", name)
	case !ok:
		c.fail(field+".transport", "there is no transport %q; there are %s", name, strings.Join(slices.Sorted(maps.Keys(c.servers)), ", "))
	case server == nil: // its own mistakes have been told
	default:
		directory, err := server.Directory(config.GetDirectory())
		if err != nil {
			c.fail(field+".transport", "%v", err)
		}
		return directory
	}
	return nil
}

func (c *compiler) inbox(field string, config *configv1.BatchInbox) inbox {
	pattern, err := parseNamePattern(config.GetPattern())
	if err != nil {
		c.fail(field+".pattern", "%v", err)
	}
	box := inbox{
		directory: c.directory(field, config), pattern: pattern, after: config.GetAfter(), done: c.doneFile(field+".done_file", config.GetDoneFile()),
		settle: settleTime, seen: make(map[string]sighting), packed: c.packed(field, config),
	}
	switch {
	case config.GetSettle() != nil && config.GetDoneFile() != "":
		c.fail(field+".settle", "it has no effect with done_file, which says when a file is whole")
	case config.GetSettle() != nil:
		box.settle = config.GetSettle().AsDuration()
	case config.GetDoneFile() != "":
		box.settle = 0
	}
	return box
}

// list returns the files of the pattern that are whole, newest first, and how soon there may be more, because some are too fresh; with force, none is. A directory
// that is not there is an error.
func (b *inbox) list(ctx context.Context, force bool) (files []fs.FileInfo, next time.Duration, err error) {
	listed, err := b.directory.List(ctx)
	if err != nil {
		return nil, transport.Pause(err), fmt.Errorf("%w: listing the inbox: %w", errDirectory, err)
	}
	there := make(map[string]fs.FileInfo, len(listed))
	for _, info := range listed {
		there[info.Name()] = info
	}
	for _, info := range listed {
		name := info.Name()
		switch {
		case b.isTakenAside(name):
			if err := b.finishDelete(ctx, name); err != nil {
				return nil, 0, err
			}
			continue
		case strings.HasPrefix(name, "."), b.done.matches(name), !b.pattern.matches(name):
			continue
		case b.done.isSet() && !isDone(info, there[b.done.of(name)]):
			if err := b.putAwayKnown(ctx, info); err != nil {
				return nil, 0, err
			}
			continue
		}
		if b.settles && !force {
			if alone := b.alone(info); alone < b.settle {
				next = max(next, b.settle-alone)
				continue
			}
		}
		files = append(files, info)
	}
	maps.DeleteFunc(b.seen, func(name string, _ sighting) bool { return there[name] == nil })
	slices.SortFunc(files, func(a, b fs.FileInfo) int {
		return cmp.Or(b.ModTime().Compare(a.ModTime()), strings.Compare(b.Name(), a.Name()))
	})
	return files, next, nil
}

// isDone reports whether a done-file stands for a file. An older one stood for the file before it.
func isDone(file, done fs.FileInfo) bool {
	return done != nil && !done.ModTime().Before(file.ModTime())
}

// mayGrow reports whether a file that is not whole may only be unfinished.
func (b *inbox) mayGrow(info fs.FileInfo) bool { return b.alone(info) < b.settle }

// A sighting is how a file looked when it was first seen so.
type sighting struct {
	size    int64
	modTime time.Time
	at      time.Time
}

// alone is how long a file has been left alone. A server has a clock of its own, and a time in the future says nothing; then it is how long we have seen the file
// unchanged.
func (b *inbox) alone(info fs.FileInfo) time.Duration {
	_, ours := b.directory.(transport.Watchable)
	if age := time.Since(info.ModTime()); ours && age >= 0 {
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

// errChanging is a file that somebody is still writing.
var errChanging = errors.New("the file changed while it was being read")
