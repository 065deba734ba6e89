package batch

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"github.com/postern-gateway/postern/adapters/batch/transport"
	"github.com/postern-gateway/postern/adapters/batch/unwrap"
)

// An incoming is a file that is being read. What is read of it is unpacked; its end comes only once it has proved to be whole, and signed by whom it must be.
type incoming struct {
	file    transport.File
	content *unwrap.Reader
	listed  *fileRecord
	raw     counted
}

// A counted source counts what the file has, packed.
type counted struct {
	io.Reader
	bytes int64
	ended bool // that was all
}

// Read implements [io.Reader].
func (c *counted) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.bytes += int64(n)
	if errors.Is(err, io.EOF) {
		c.ended = true
	} else if err != nil {
		err = fmt.Errorf("%w: %w", errDirectory, err)
	}
	return n, err
}

// open opens a file that was listed. One that has gone meanwhile is one that is changing.
func (b *inbox) open(ctx context.Context, listed *fileRecord) (*incoming, error) {
	file, err := b.directory.Open(ctx, cmp.Or(listed.place, listed.Name))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("%w: %w", errChanging, err)
	case err != nil:
		return nil, fmt.Errorf("%w: opening a file: %w", errDirectory, err)
	}
	f := &incoming{file: file, listed: listed, raw: counted{Reader: file}}
	f.content = unwrap.New(&f.raw, b.packed)
	return f, nil
}

// Read implements [io.Reader]. What is wrong with what the file is packed in is a [fileError].
func (f *incoming) Read(p []byte) (int, error) {
	n, err := f.content.Read(p)
	var wrong *unwrap.Error
	if errors.As(err, &wrong) {
		err = refuse("%s", wrong.Reason)
	}
	return n, err
}

// Close implements [io.Closer].
func (f *incoming) Close() error { return errors.Join(f.content.Close(), f.file.Close()) }

// verify makes sure that the file is still as it was listed, and so that what was read of it counts. It ends the reading.
func (f *incoming) verify(ctx context.Context) error {
	info, err := f.file.Stat(ctx)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%w: %w", errChanging, err)
	case err != nil:
		return fmt.Errorf("%w: looking at a file: %w", errDirectory, err)
	case !f.listed.isOf(info, f.listed.Layout), f.raw.ended && f.raw.bytes != f.listed.Size:
		return errChanging
	default:
		return nil
	}
}
