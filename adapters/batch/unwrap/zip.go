package unwrap

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
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
	archive, err := zip.NewReader(file, size)
	if err != nil {
		return wrong("it is no whole ZIP archive")
	}
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
	r.closing = append([]func() error{content.Close}, r.closing...)
	r.content = content
	return nil
}

// failed keeps an error of our own disk apart from what is wrong with a file.
func (r *Reader) failed(err error) error {
	r.source.err = err
	return err
}
