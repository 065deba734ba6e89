package transport

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"
	"time"
)

// A bucket keeps objects under keys, as S3 and its kin do. An object appears whole or not at all, and has no other name to be given. Errors are [io/fs.ErrNotExist],
// [ErrRefused], errLost or the context's.
type bucket interface {
	// list returns the objects whose keys begin with the prefix and have no further slash.
	list(ctx context.Context, prefix string) ([]object, error)
	stat(ctx context.Context, key string) (object, error)
	get(ctx context.Context, key string) (io.ReadCloser, object, error)
	put(ctx context.Context, key string, content []byte) error
	// copy copies an object if it still has this version.
	copy(ctx context.Context, from object, to string) error
	// remove removes an object, if it still has its version where the server can tell. No version stands for any.
	remove(ctx context.Context, o object) error
	close()
}

// An object describes one. It is a [fs.FileInfo].
type object struct {
	key     string
	size    int64
	changed time.Time // in seconds, as some answers have no more
	version string
}

func (o object) Name() string       { return path.Base(o.key) }
func (o object) Size() int64        { return o.size }
func (o object) ModTime() time.Time { return o.changed }
func (o object) IsDir() bool        { return false }
func (o object) Mode() fs.FileMode  { return 0 }
func (o object) Sys() any           { return nil }

// Version is what [Version] returns.
func (o object) Version() string { return o.version }

// objects is a directory in a bucket: the keys under a prefix.
type objects struct {
	bucket bucket
	prefix string
}

var _ Copying = &objects{}

// inBucket returns a directory of a bucket.
func inBucket(b bucket, directory string) Directory {
	prefix := strings.Trim(path.Clean("/"+directory), "/")
	if prefix != "" {
		prefix += "/"
	}
	return &objects{bucket: b, prefix: prefix}
}

// Close implements [io.Closer].
func (d *objects) Close() error {
	d.bucket.close()
	return nil
}

// fault gives an error of the bucket its meaning for what was being done.
func fault(ctx context.Context, doing string, repeatable bool, err error) error {
	switch {
	case err == nil:
		return nil
	case !errors.Is(err, errLost):
		return wrap(doing, err)
	case repeatable, errors.Is(err, ErrUnreachable):
		return wrap(doing, lost(ctx, ErrUnreachable, err))
	default:
		return wrap(doing, lost(ctx, ErrUnknown, err))
	}
}

// List implements [Reader].
func (d *objects) List(ctx context.Context) ([]fs.FileInfo, error) {
	listed, err := d.bucket.list(ctx, d.prefix)
	if err != nil {
		return nil, fault(ctx, "listing the directory", true, err)
	}
	files := make([]fs.FileInfo, 0, len(listed))
	for _, one := range listed {
		if strings.TrimPrefix(one.key, d.prefix) == one.Name() { // not the mark of a directory
			files = append(files, one)
		}
	}
	return accepted(files), nil
}

// Stat implements [Reader].
func (d *objects) Stat(ctx context.Context, name string) (fs.FileInfo, error) {
	if err := checkPath(name); err != nil {
		return nil, err
	}
	found, err := d.bucket.stat(ctx, d.prefix+name)
	if err != nil {
		return nil, fault(ctx, "looking at a file", true, err)
	}
	return found, nil
}

// Open implements [Reader].
func (d *objects) Open(ctx context.Context, name string) (File, error) {
	if err := checkPath(name); err != nil {
		return nil, err
	}
	body, info, err := d.bucket.get(ctx, d.prefix+name)
	if err != nil {
		return nil, fault(ctx, "opening a file", true, err)
	}
	return &objectFile{ReadCloser: body, ctx: ctx, info: info}, nil
}

// An objectFile is an object that is being read. What was opened stays as it is, whatever becomes of its key.
type objectFile struct {
	io.ReadCloser
	ctx  context.Context //nolint:containedctx // a Reader takes none
	info object
}

// Read implements [io.Reader].
func (f *objectFile) Read(p []byte) (int, error) {
	n, err := f.ReadCloser.Read(p)
	if err != nil && !errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return n, fault(f.ctx, "reading a file", true, fmt.Errorf("%w: %w", errLost, err))
	}
	return n, err //nolint:wrapcheck // io.EOF stays as it is
}

// Stat implements [File].
func (f *objectFile) Stat(context.Context) (fs.FileInfo, error) { return f.info, nil }

// Write implements [Writer].
func (d *objects) Write(ctx context.Context, name string, content []byte) error {
	if err := checkPath(name); err != nil {
		return err
	}
	return fault(ctx, "writing a file", true, d.bucket.put(ctx, d.prefix+name, content))
}

// Rename implements [Writer].
func (d *objects) Rename(ctx context.Context, from, to string) error {
	seen, err := d.Stat(ctx, from)
	if err != nil {
		return err
	}
	return d.Move(ctx, seen, to)
}

// Move implements [Copying]. The file is in the directory itself.
func (d *objects) Move(ctx context.Context, seen fs.FileInfo, to string) error {
	if err := errors.Join(CheckName(seen.Name()), checkPath(to)); err != nil {
		return err
	}
	from := object{key: d.prefix + seen.Name(), version: Version(seen)}
	if err := d.bucket.copy(ctx, from, d.prefix+to); err != nil {
		return fault(ctx, "copying a file", false, err)
	}
	now, err := d.bucket.stat(ctx, from.key)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil // somebody has removed it
	case err == nil && now.version == from.version:
		err = d.bucket.remove(ctx, from)
	case err == nil:
		err = errors.New("it was replaced while it was being copied")
	}
	if err != nil {
		return fmt.Errorf("%w: removing a copied file: %w", ErrUnknown, err)
	}
	return nil
}

// Remove implements [Writer]. Some buckets do not tell whether there was something.
func (d *objects) Remove(ctx context.Context, name string) error {
	if err := checkPath(name); err != nil {
		return err
	}
	return fault(ctx, "removing a file", false, d.bucket.remove(ctx, object{key: d.prefix + name}))
}

// MakeDirectory implements [Writer]: a prefix need not be made.
func (d *objects) MakeDirectory(context.Context, string) error { return nil }
