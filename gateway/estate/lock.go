package estate

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bufbuild/protocompile"
	"github.com/jhump/protoreflect/v2/protoprint"
	"golang.org/x/tools/txtar"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"github.com/postern-gateway/postern/gateway/diagnostic"
)

// lockComment stands at the top of every lock file.
const lockComment = `What this back end offered when it was last read: its mirrored services.
Written by "postern import" and "postern check --connect". Do not edit; commit it.

`

// maxLockBytes bounds a lock file. A schema of 5,000 messages takes about 5 MB.
const maxLockBytes = 256 << 20

// ReadLock returns the mirrored files that a lock file holds, in order of path. A malformed lock file is a [diagnostic.List]. If there is
// no lock file, the error is fs.ErrNotExist.
func ReadLock(ctx context.Context, file string) ([]protoreflect.FileDescriptor, error) {
	if _, err := os.Stat(file); err != nil {
		return nil, err
	}
	files, list := readLock(ctx, filepath.Base(file), file)
	if err := list.Err(); err != nil {
		return nil, err
	}
	return files, nil
}

// readLock reads the lock file at path. shown is how diagnostics name it.
func readLock(ctx context.Context, shown, path string) ([]protoreflect.FileDescriptor, diagnostic.List) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, diagnostic.List{{File: shown, Message: "cannot be read: " + withoutPath(err)}}
	}
	if info.Size() > maxLockBytes {
		return nil, diagnostic.List{{File: shown, Message: fmt.Sprintf("the file is larger than %d MiB", maxLockBytes>>20)}}
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, diagnostic.List{{File: shown, Message: "cannot be read: " + withoutPath(err)}}
	}
	return parseLock(ctx, shown, content)
}

// parseLock reads the content of a lock file.
func parseLock(ctx context.Context, shown string, content []byte) ([]protoreflect.FileDescriptor, diagnostic.List) {
	text := diagnostic.NewText(shown, content)
	archive := txtar.Parse(content)
	line := bytes.Count(archive.Comment, []byte("\n"))
	var sources []*protoSource
	seen := make(map[string]bool)
	for _, member := range archive.Files {
		line++ // the marker
		if seen[member.Name] || !strings.HasSuffix(member.Name, protoSuffix) {
			return nil, diagnostic.List{text.At(line, 1, "%q is not a .proto file of its own", member.Name).Accepting(lockRemedy)}
		}
		seen[member.Name] = true
		sources = append(sources, &protoSource{path: member.Name, content: string(member.Data), text: text, line: line})
		line += bytes.Count(member.Data, []byte("\n"))
	}
	files, list := compile(ctx, sources, "", protocompile.SourceInfoStandard)
	if len(files) == 0 && len(list) == 0 {
		list.Add(text.Whole("this is not a lock file: it holds no .proto file"))
	}
	for i := range list {
		list[i].Accepted = lockRemedy
	}
	return files, list
}

// lockRemedy is what to do about a lock file that cannot be read.
const lockRemedy = "the file as it was written; delete it and run `postern check --connect` to have it written again"

// WriteLock writes the mirrored files of a back end to its lock file. The same files always give the same bytes. The file is
// replaced in one step: a reader sees the old one or the new one.
func WriteLock(file string, files []protoreflect.FileDescriptor) error {
	content, err := formatLock(files)
	if err != nil {
		return err
	}
	if old, err := os.ReadFile(file); err == nil && bytes.Equal(old, content) {
		return nil
	}
	return replaceFile(file, content)
}

func formatLock(files []protoreflect.FileDescriptor) ([]byte, error) {
	sorted := slices.SortedFunc(slices.Values(files), func(a, b protoreflect.FileDescriptor) int {
		return strings.Compare(a.Path(), b.Path())
	})
	all := &protoregistry.Files{}
	for _, file := range sorted {
		if err := all.RegisterFile(file); err != nil {
			return nil, err
		}
	}
	archive := &txtar.Archive{Comment: []byte(lockComment)}
	printer := &protoprint.Printer{}
	for _, file := range sorted {
		ordered, err := inOrder(file, all)
		if err != nil {
			return nil, err
		}
		source, err := printer.PrintProtoToString(ordered)
		if err != nil {
			return nil, fmt.Errorf("printing %s: %w", file.Path(), err)
		}
		archive.Files = append(archive.Files, txtar.File{Name: file.Path(), Data: []byte(source)})
	}
	return txtar.Format(archive), nil
}

// replaceFile writes beside the file, and then renames.
func replaceFile(file string, content []byte) (err error) {
	temporary, err := os.CreateTemp(filepath.Dir(file), "."+filepath.Base(file)+".*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(temporary.Name()))
		}
	}()
	_, err = temporary.Write(content)
	err = errors.Join(err, temporary.Chmod(0o644), temporary.Sync(), temporary.Close())
	if err != nil {
		return err
	}
	return os.Rename(temporary.Name(), file)
}
