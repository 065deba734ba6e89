package transport

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/postern-gateway/postern/adapters/batch/snapshot"
)

// Modes of what is made: the other side reads it by its group.
const (
	directoryMode = 0o750
	fileMode      = 0o640
)

// Local returns a directory of the local file system.
func Local(directory string) Directory { return local(directory) }

// local is the path of a directory.
type local string

var _ Watchable = local("")

// WatchPath implements [Watchable].
func (d local) WatchPath() string { return string(d) }

// Close implements [io.Closer]: there is nothing to close.
func (d local) Close() error { return nil }

func (d local) path(name string) string { return filepath.Join(string(d), filepath.FromSlash(name)) }

// begin is what every operation begins with.
func (d local) begin(ctx context.Context, names ...string) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	for _, name := range names {
		if err := checkPath(name); err != nil {
			return err
		}
	}
	return nil
}

// localFault tells what an error of the operating system means. What the local disk says no to has not been done.
func localFault(doing string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%s: %w", doing, err)
	case errors.Is(err, syscall.EIO), errors.Is(err, syscall.ETIMEDOUT), errors.Is(err, syscall.ESTALE): // a disk or share that has gone
		return fmt.Errorf("%w: %s: %w", ErrUnknown, doing, err)
	default:
		return fmt.Errorf("%w: %s: %w", ErrRefused, doing, err)
	}
}

// List implements [Reader].
func (d local) List(ctx context.Context) ([]fs.FileInfo, error) {
	if err := d.begin(ctx); err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(string(d))
	if err != nil {
		return nil, localFault("listing the directory", err)
	}
	files := make([]fs.FileInfo, 0, len(entries))
	for _, entry := range entries {
		if !entry.Type().IsRegular() {
			continue
		}
		info, err := entry.Info()
		if errors.Is(err, fs.ErrNotExist) {
			continue // somebody took it away meanwhile
		}
		if err != nil {
			return nil, localFault("looking at a file", err)
		}
		files = append(files, info)
	}
	return accepted(files), nil
}

// Stat implements [Reader].
func (d local) Stat(ctx context.Context, name string) (fs.FileInfo, error) {
	if err := d.begin(ctx, name); err != nil {
		return nil, err
	}
	info, err := os.Lstat(d.path(name))
	return info, localFault("looking at a file", err)
}

// Open implements [Reader]. It waits for nobody, even if the file has become a named pipe.
func (d local) Open(ctx context.Context, name string) (File, error) {
	seen, err := d.Stat(ctx, name)
	if err != nil {
		return nil, err
	}
	file, err := os.OpenFile(d.path(name), os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, localFault("opening a file", err)
	}
	if opened, err := file.Stat(); err != nil || !seen.Mode().IsRegular() || !os.SameFile(seen, opened) {
		return nil, errors.Join(fmt.Errorf("%w: it is no regular file, or was just replaced", ErrRefused), err, file.Close())
	}
	return localFile{File: file, ctx: ctx}, nil
}

// A localFile is an open file; it can be read as long as its context goes on.
type localFile struct {
	*os.File
	ctx context.Context //nolint:containedctx // a Reader takes none
}

// Read implements [io.Reader].
func (f localFile) Read(p []byte) (int, error) {
	if f.ctx.Err() != nil {
		return 0, context.Cause(f.ctx)
	}
	n, err := f.File.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = localFault("reading a file", err)
	}
	return n, err //nolint:wrapcheck // io.EOF stays as it is
}

// Stat implements [File].
func (f localFile) Stat(context.Context) (fs.FileInfo, error) {
	info, err := f.File.Stat()
	return info, localFault("looking at a file", err)
}

// Write implements [Writer].
func (d local) Write(ctx context.Context, name string, content []byte) error {
	if err := d.begin(ctx, name); err != nil {
		return err
	}
	file, err := os.OpenFile(d.path(name), os.O_CREATE|os.O_TRUNC|os.O_WRONLY, fileMode)
	if err != nil {
		return localFault("writing a file", err)
	}
	_, err = file.Write(content)
	err = errors.Join(err, file.Sync(), file.Close())
	if err == nil {
		err = snapshot.SyncDirectory(filepath.Dir(d.path(name)))
	}
	return localFault("writing a file", err)
}

// Rename implements [Writer].
func (d local) Rename(ctx context.Context, from, to string) error {
	if err := d.begin(ctx, from, to); err != nil {
		return err
	}
	if err := os.Rename(d.path(from), d.path(to)); err != nil {
		return localFault("renaming a file", err)
	}
	target, source := filepath.Dir(d.path(to)), filepath.Dir(d.path(from))
	err := snapshot.SyncDirectory(target)
	if source != target {
		err = errors.Join(err, snapshot.SyncDirectory(source))
	}
	if err != nil {
		return fmt.Errorf("%w: renaming a file: %w", ErrUnknown, err)
	}
	return nil
}

// Remove implements [Writer].
func (d local) Remove(ctx context.Context, name string) error {
	if err := d.begin(ctx, name); err != nil {
		return err
	}
	return localFault("removing a file", os.Remove(d.path(name)))
}

// MakeDirectory implements [Writer].
func (d local) MakeDirectory(ctx context.Context, sub string) error {
	if err := d.begin(ctx); err != nil {
		return err
	}
	if sub != "" {
		if err := CheckName(sub); err != nil {
			return fmt.Errorf("%w: %w", ErrRefused, err)
		}
	}
	return localFault("making a directory", snapshot.MakeDirectory(d.path(sub), directoryMode))
}
