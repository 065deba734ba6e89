package gateway

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/fsnotify/fsnotify"
	"google.golang.org/protobuf/proto"

	"github.com/postern-gateway/postern/gateway/estate"
)

const (
	// settleTime is how long the directory must be quiet before it is read: an editor, a git checkout or a mounted volume writes in several steps.
	settleTime = 300 * time.Millisecond
	// longestSettle is how long it may take to become quiet. It is read then all the same.
	longestSettle = 5 * time.Second
	// rescanTime is how often the directory is read where it cannot be watched, or is gone.
	rescanTime = 5 * time.Second
)

// watch reloads the estate whenever its directory has changed, until ctx ends.
func (g *Gateway) watch(ctx context.Context) {
	var events <-chan fsnotify.Event
	var failures <-chan error
	watcher, err := fsnotify.NewWatcher()
	if err != nil {
		g.telemetry.Logger.WarnContext(ctx, "the estate cannot be watched, and is read again and again", "error", err)
	} else {
		defer func() { _ = watcher.Close() }()
		events, failures = watcher.Events, watcher.Errors
	}
	var restless time.Time // since when
	settle := func() <-chan time.Time {
		if restless.IsZero() {
			restless = time.Now()
		}
		return time.After(min(settleTime, time.Until(restless.Add(longestSettle))))
	}
	due := time.After(0) // it may have changed since it was read
	for {
		select {
		case <-ctx.Done():
			return
		case <-events:
			due = settle()
		case err := <-failures:
			g.telemetry.Logger.WarnContext(ctx, "watching the estate", "error", err)
			due = settle() // events may have been lost
		case <-due:
			restless, due = time.Time{}, nil
			// First it is watched and then it is read, so that nothing falls in between.
			if watched := g.watchAll(watcher); !watched {
				due = time.After(rescanTime)
			}
			g.reloadIfChanged(ctx)
		}
	}
}

// reloadIfChanged reloads the estate if its directory is not what was read last, whether or not that was good.
func (g *Gateway) reloadIfChanged(ctx context.Context) {
	logger := g.telemetry.Logger
	files := filesOf(g.options.Estate)
	if files.fingerprint() == g.lastRead {
		return
	}
	g.lastRead = files.fingerprint()
	err := g.reload(ctx, files)
	g.openMissing(ctx)
	switch {
	case ctx.Err() != nil: // the end came first
	case err != nil:
		logger.ErrorContext(ctx, "the estate has changed, and the change is not in force", "error", err)
	default:
		logger.InfoContext(ctx, "the estate has changed, and the change is in force")
		g.noteRestart(ctx)
	}
}

// noteRestart logs what of gateway.yaml is only read at the start, and has changed since.
func (g *Gateway) noteRestart(ctx context.Context) {
	now := g.current.Load().estate.Gateway
	var late []string
	if !proto.Equal(g.started.GetListeners(), now.GetListeners()) {
		late = append(late, "listeners")
	}
	if g.started.GetDataDir() != now.GetDataDir() {
		late = append(late, "data_dir")
	}
	if !proto.Equal(g.started.GetStore(), now.GetStore()) {
		late = append(late, "store")
	}
	if g.started.GetLimits().GetMaxRequestBytes() != now.GetLimits().GetMaxRequestBytes() {
		late = append(late, "limits.max_request_bytes, for gRPC")
	}
	if len(late) > 0 {
		g.telemetry.Logger.WarnContext(ctx, "a restart is needed before all of gateway.yaml holds", "settings", late)
	}
}

// watchAll watches the directory and its folders, and reports whether that could be done. Watching one twice does nothing; one that is another
// folder of the same name by now is watched instead.
func (g *Gateway) watchAll(watcher *fsnotify.Watcher) bool {
	if watcher == nil || watcher.Add(g.options.Estate) != nil {
		return false
	}
	watched := true
	walkEstate(g.options.Estate, func(path string, entry fs.DirEntry) {
		if entry.IsDir() && watcher.Add(path) != nil {
			watched = false
		}
	})
	return watched
}

// A fingerprint tells one content from another.
type fingerprint [sha256.Size]byte

// files are the files of an estate as they were at one moment, in lexical order.
type files []fileState

type fileState struct {
	path    string // from the estate's directory
	content fingerprint
}

// filesOf reads the files of an estate. What cannot be read counts as empty.
func filesOf(dir string) files {
	var found files
	walkEstate(dir, func(path string, entry fs.DirEntry) {
		relative, err := filepath.Rel(dir, path)
		if err == nil && !entry.IsDir() {
			found = append(found, fileState{relative, fingerprintFile(path)})
		}
	})
	return found
}

func fingerprintFile(path string) fingerprint {
	content := sha256.New()
	if file, err := os.Open(path); err == nil {
		_, _ = io.Copy(content, file)
		_ = file.Close()
	}
	return sum(content)
}

// fingerprint is the fingerprint of all of them.
func (f files) fingerprint() fingerprint {
	all := sha256.New()
	for _, file := range f {
		fmt.Fprintf(all, "%q %x\n", file.path, file.content)
	}
	return sum(all)
}

// fingerprintOf is the fingerprint of all that decides on one back end: NAME.yaml, NAME.lock, NAME.* and NAME/ in backends, and what gateway.yaml
// says of it. Files elsewhere that a configuration names do not count: they are read when the back end is next opened.
func (f files) fingerprintOf(read *estate.Estate, declared *estate.Backend) fingerprint {
	folder := filepath.Base(filepath.Dir(declared.LockPath)) + string(filepath.Separator)
	own := slices.DeleteFunc(slices.Clone(f), func(file fileState) bool {
		inFolder, ok := strings.CutPrefix(file.path, folder)
		first, _, _ := strings.Cut(inFolder, string(filepath.Separator))
		return !ok || first != declared.Name && !strings.HasPrefix(first, declared.Name+".")
	}).fingerprint()
	// The bytes stay within this process, so that it does not matter that other builds might write others.
	settings, err := proto.MarshalOptions{Deterministic: true}.Marshal(read.Resilience(declared))
	if err != nil {
		return own
	}
	return sha256.Sum256(append(own[:], settings...))
}

func sum(content hash.Hash) fingerprint { return fingerprint(content.Sum(nil)) }

// walkEstate visits what an estate is made of, folders and files: gateway.yaml, backends and apis. What is beside them, such as data, is no part of
// it, and neither is what is hidden.
func walkEstate(dir string, visit func(path string, entry fs.DirEntry)) {
	for _, part := range []string{"apis", "backends", "gateway.yaml"} {
		root := filepath.Join(dir, part)
		if info, err := os.Stat(root); err == nil && info.IsDir() {
			root += string(filepath.Separator) // so that a link is followed, as volumes of Kubernetes have them
		}
		// Our function returns no error, and what cannot be listed counts as empty.
		_ = filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
			switch {
			case errors.Is(err, fs.ErrNotExist) || entry == nil:
				return nil // gone since its folder was listed
			case strings.HasPrefix(entry.Name(), ".") && entry.IsDir():
				return filepath.SkipDir
			case !strings.HasPrefix(entry.Name(), "."):
				visit(path, entry)
			}
			return nil
		})
	}
}
