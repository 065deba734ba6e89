package unwrap

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
)

// unzip reads an archive by way of a temporary file.
func (r *Reader) unzip(packed io.Reader) error {
	file, err := os.CreateTemp(r.options.Temp, "unzip-*")
	if err != nil {
		return r.failed(fmt.Errorf("making a temporary file: %w", err))
	}
	r.closing = append(r.closing, func() error { return errors.Join(file.Close(), os.Remove(file.Name())) })
	size, err := io.Copy(file, io.LimitReader(packed, r.options.MaxBytes+1))
	switch {
	case r.source.err != nil:
		return r.source.err
	case err != nil:
		var path *os.PathError
		if errors.As(err, &path) {
			return r.failed(fmt.Errorf("writing a temporary file: %w", err))
		}
		return err
	case size > r.options.MaxBytes:
		return wrong("it has more than %d bytes", r.options.MaxBytes)
	}
	directory := &boundedReaderAt{ReaderAt: file, left: maxZipDirectory}
	archive, err := zip.NewReader(directory, size)
	switch {
	case directory.left < 0:
		return wrong("the list of files in the ZIP archive has more than %d bytes, and one file is wanted", maxZipDirectory)
	case err != nil:
		return wrong("it is no whole ZIP archive")
	}
	directory.left = math.MaxInt64 // what follows is a stream
	var found []*zip.File
	for _, one := range archive.File {
		if !one.FileInfo().IsDir() {
			found = append(found, one)
		}
	}
	if len(found) != 1 {
		return wrong("the ZIP archive holds %d files, and one is wanted", len(found))
	}
	if found[0].Flags&1 != 0 {
		return wrong("the ZIP archive is encrypted with a password; use OpenPGP")
	}
	content, err := found[0].Open()
	if err != nil {
		return wrong("the ZIP archive is packed in a way that is not known")
	}
	closing := func() error {
		_ = content.Close() // what is wrong with the archive, reading has told; here it would pass for a fault of ours
		return nil
	}
	r.closing = append([]func() error{closing}, r.closing...)
	r.content = content
	return nil
}

// maxZipDirectory is how much of an archive is read to find its files. All of them are kept in memory, however many the archive says it has: a large one could have any number of empty
// ones.
const maxZipDirectory = 1 << 20

// A boundedReaderAt fails once more has been read than it may be.
type boundedReaderAt struct {
	io.ReaderAt
	left int64
}

var errTooMuch = errors.New("too much is read")

// ReadAt implements [io.ReaderAt].
func (r *boundedReaderAt) ReadAt(p []byte, offset int64) (int, error) {
	if r.left -= int64(len(p)); r.left < 0 {
		return 0, errTooMuch
	}
	return r.ReaderAt.ReadAt(p, offset) //nolint:wrapcheck // it stays the file's own
}

// failed keeps an error of our own disk apart from what is wrong with a file.
func (r *Reader) failed(err error) error {
	r.source.err = err
	return err
}
