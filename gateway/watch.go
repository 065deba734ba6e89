package gateway

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/fsnotify/fsnotify"
	"google.golang.org/protobuf/proto"

	"github.com/postern-gateway/postern/gateway/estate"
)

// settleTime is how long the directory must be quiet before it is read: an editor, a git checkout or a mounted volume writes in several steps.
const settleTime = 300 * time.Millisecond

// watch reloads the estate whenever its directory has changed, until ctx ends. Where a directory cannot be watched, changes wait for the next start.
func (g *Gateway) watch(ctx context.Context) {
	logger := g.telemetry.Logger
	watcher, err := fsnotify.NewWatcher()
	if err != nil {
		logger.WarnContext(ctx, "the estate is not watched for changes", "error", err)
		return
	}
	defer func() { _ = watcher.Close() }()
	if err := g.watchAll(watcher); err != nil {
		logger.WarnContext(ctx, "the estate is not watched for changes", "error", err)
		return
	}
	quiet := time.After(0) // it may have changed since it was read
	for {
		select {
		case <-ctx.Done():
			return
		case <-watcher.Events:
			quiet = time.After(settleTime)
		case err := <-watcher.Errors:
			logger.WarnContext(ctx, "watching the estate", "error", err)
			quiet = time.After(settleTime) // events may have been lost
		case <-quiet:
			quiet = nil
			g.reloadIfChanged(ctx, watcher)
		}
	}
}

// reloadIfChanged reloads the estate if its directory is not what was read last, whether or not that was good.
func (g *Gateway) reloadIfChanged(ctx context.Context, watcher *fsnotify.Watcher) {
	logger := g.telemetry.Logger
	now := fingerprintDir(g.options.Estate)
	if now == g.lastRead {
		return
	}
	g.lastRead = now
	if err := g.watchAll(watcher); err != nil { // there may be new folders
		logger.WarnContext(ctx, "watching the estate", "error", err)
	}
	if err := g.reload(ctx); err != nil {
		logger.ErrorContext(ctx, "the estate has changed, and the change is not in force", "error", err)
		return
	}
	g.openMissing(ctx)
	logger.InfoContext(ctx, "the estate has changed, and the change is in force")
}

// watchAll watches the directory and its folders. Watching one twice does nothing.
func (g *Gateway) watchAll(watcher *fsnotify.Watcher) error {
	return walkEstate(g.options.Estate, func(path string, entry fs.DirEntry) error {
		if entry.IsDir() {
			return watcher.Add(path)
		}
		return nil
	})
}

// A fingerprint tells one content from another.
type fingerprint [sha256.Size]byte

// fingerprintDir is the fingerprint of all files of an estate. What cannot be read counts as empty.
func fingerprintDir(dir string) fingerprint {
	return fingerprintFiles(dir, func(string) bool { return true })
}

// fingerprintOf is the fingerprint of all that decides on one back end: NAME.yaml, NAME.lock, NAME.* and NAME/ in backends, and what gateway.yaml
// says of it. Files elsewhere that a configuration names do not count: they are read when the back end is next opened.
func fingerprintOf(read *estate.Estate, declared *estate.Backend) fingerprint {
	backends := filepath.Dir(declared.LockPath)
	files := fingerprintFiles(backends, func(relative string) bool {
		first, _, _ := strings.Cut(relative, string(filepath.Separator))
		return first == declared.Name || strings.HasPrefix(first, declared.Name+".")
	})
	// The bytes stay within this process, so that it does not matter that other builds might write others.
	settings, err := proto.MarshalOptions{Deterministic: true}.Marshal(read.Resilience(declared))
	if err != nil {
		return files
	}
	return sha256.Sum256(append(files[:], settings...))
}

func fingerprintFiles(dir string, counts func(relative string) bool) fingerprint {
	hash := sha256.New()
	_ = walkEstate(dir, func(path string, entry fs.DirEntry) error { // our function returns no error, and what cannot be listed counts as empty
		relative, err := filepath.Rel(dir, path)
		if err != nil || entry.IsDir() || !counts(relative) {
			return nil //nolint:nilerr // see above
		}
		content, _ := os.ReadFile(path)
		fmt.Fprintf(hash, "%q %x\n", relative, sha256.Sum256(content))
		return nil
	})
	return fingerprint(hash.Sum(nil))
}

// walkEstate visits the folders and files of an estate in lexical order. Hidden ones are no part of it.
func walkEstate(dir string, visit func(path string, entry fs.DirEntry) error) error {
	return filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // gone since its folder was listed
		}
		if err != nil {
			return err
		}
		if path != dir && strings.HasPrefix(entry.Name(), ".") {
			if entry.IsDir() {
				return filepath.SkipDir
			}
			return nil
		}
		return visit(path, entry)
	})
}
