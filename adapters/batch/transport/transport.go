package transport

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The faults of a directory, beside [io/fs.ErrNotExist] for what is not there and the context's own. An error of a directory is one of them.
var (
	// ErrUnreachable means that the directory cannot be reached just now, and that nothing has been changed.
	ErrUnreachable = errors.New("it cannot be reached")
	// ErrUnknown means that the connection was lost while something was to be changed: that may have happened or not.
	ErrUnknown = errors.New("the connection was lost, and what was asked for may have been done")
	// ErrRefused means that the other side says no, or could not do it: a permission that is missing, a disk that is full.
	ErrRefused = errors.New("it was refused")
)

// A Reader is a directory that files come from.
type Reader interface {
	// List returns the regular files of the directory, in no order: neither sub-directories nor symbolic links. Names that cannot be ([CheckName]) are left out.
	List(ctx context.Context) ([]fs.FileInfo, error)
	// Stat describes one file. A name may have one directory in front: archive/NAME.
	Stat(ctx context.Context, name string) (fs.FileInfo, error)
	// Open opens a file to be read once, from its beginning. Until it is closed, nothing else may be asked of the directory but [File.Stat].
	Open(ctx context.Context, name string) (File, error)
}

// A Writer is a directory that files go to.
type Writer interface {
	// Write makes a file with this content, in place of one of the name. It returns once the file would outlive a crash of the other side, as far as that can be
	// known. After an error there may be a part of it.
	Write(ctx context.Context, name string, content []byte) error
	// Rename gives a file another name, in one step. The caller has made sure that the name is free.
	Rename(ctx context.Context, from, to string) error
	// Remove removes a file.
	Remove(ctx context.Context, name string) error
	// MakeDirectory makes the directory itself, if sub is empty, or a sub-directory. It may be there already.
	MakeDirectory(ctx context.Context, sub string) error
}

// A Directory is one directory that files come from and go to. It is used by one goroutine at a time. It connects when it is first needed, keeps the connection, and
// connects anew when that is lost. Close may be called at any time, also twice.
type Directory interface {
	Reader
	Writer
	io.Closer
}

// A File is an open file.
type File interface {
	io.ReadCloser
	// Stat describes the file as it is now, once it has been read as far as the caller wants: nothing may be read of it afterwards.
	Stat(ctx context.Context) (fs.FileInfo, error)
}

// A Watchable is a directory whose changes the operating system tells of.
type Watchable interface {
	// WatchPath is the directory's path in the local file system.
	WatchPath() string
}

// A Copying is a directory that knows no renaming: [Writer.Rename] makes a copy, which appears in one step, and then removes the old name. A crash between the two
// leaves both.
type Copying interface {
	// Move is Rename of a file as it was seen: of any other [Version] it is [io/fs.ErrNotExist].
	Move(ctx context.Context, seen fs.FileInfo, to string) error
}

// A versioned is a description of a file that tells two of the same size and time apart.
type versioned interface{ Version() string }

// Version is what the other side calls this content of the file, such as its ETag; empty if it has no name for it.
func Version(info fs.FileInfo) string {
	if v, ok := info.(versioned); ok {
		return v.Version()
	}
	return ""
}

// MaxName is how many bytes a name may have, as in most file systems.
const MaxName = 255

// CheckName says why a name cannot be that of a file in a directory: it leads elsewhere, is too long, or holds what no log should.
func CheckName(name string) error {
	switch {
	case name == "" || name == "." || name == "..":
		return errors.New("the name is none")
	case strings.ContainsAny(name, `/\`):
		return errors.New("the name leads to another directory")
	case len(name) > MaxName:
		return fmt.Errorf("the name is longer than %d bytes", MaxName)
	case !utf8.ValidString(name):
		return errors.New("the name is not UTF-8")
	case strings.ContainsFunc(name, func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) }):
		return errors.New("the name holds control characters")
	default:
		return nil
	}
}

// checkPath is CheckName for a name with at most one directory in front.
func checkPath(name string) error {
	directory, base := path.Split(name)
	err := CheckName(base)
	if directory != "" && err == nil {
		err = CheckName(strings.TrimSuffix(directory, "/"))
	}
	if err != nil {
		return fmt.Errorf("%w: %w", ErrRefused, err)
	}
	return nil
}

// accepted is the regular files among what was listed, without names that cannot be.
func accepted(listed []fs.FileInfo) []fs.FileInfo {
	files := make([]fs.FileInfo, 0, len(listed))
	for _, info := range listed {
		if info.Mode().IsRegular() && CheckName(info.Name()) == nil {
			files = append(files, info)
		}
	}
	return files
}
