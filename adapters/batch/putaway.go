package batch

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"unicode/utf8"

	"github.com/postern-gateway/postern/adapters/batch/transport"
)

// archiveName is the sub-directory of an inbox for files that have been read.
const archiveName = "archive"

// readSuffix ends the hidden name of a file that is being deleted.
const readSuffix = ".read"

// putAway archives or deletes a file that has been dealt with, where that is asked for, and its done-file. A file is deleted by the last gateway that wants it. What is in the archive under its name already is kept, and so
// is, in the inbox, a new file that has taken its name meanwhile.
func (b *inbox) putAway(ctx context.Context, done *fileRecord) error {
	if b.after != afterArchive && b.after != afterDelete || done.place != "" {
		return nil
	}
	if b.after == afterDelete && b.isReadByAll != nil {
		if all, err := b.isReadByAll(ctx, done); err != nil || !all {
			return err
		}
	}
	if b.done.isSet() { // first, so that it does not stand for the next file of the name
		if err := b.directory.Remove(ctx, b.done.of(done.Name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%w: removing a done-file: %w", errDirectory, err)
		}
	}
	var err error
	if b.after == afterDelete {
		err = b.takeAway(ctx, done)
	} else {
		err = b.toArchive(ctx, done)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil // somebody took it away
	}
	if err != nil {
		return fmt.Errorf("%w: putting a file away: %w", errDirectory, err)
	}
	return nil
}

// putAwayKnown puts away a file that has lost its done-file, if it has been dealt with: a crash may have come between.
func (b *inbox) putAwayKnown(ctx context.Context, info fs.FileInfo) error {
	if b.after != afterArchive && b.after != afterDelete || b.store == nil {
		return nil
	}
	known, err := b.recall(ctx, info.Name())
	if err != nil || known == nil || !known.isOf(info, b.layout) || known.Outcome == outcomeRefused {
		return err
	}
	return b.putAway(ctx, known)
}

func (b *inbox) toArchive(ctx context.Context, done *fileRecord) error {
	if err := b.directory.MakeDirectory(ctx, archiveName); err != nil {
		return err //nolint:wrapcheck // by putAway
	}
	target, err := b.freeInArchive(ctx, done.Name)
	if err != nil {
		return err
	}
	return b.moveRead(ctx, done, target)
}

// moveRead moves a file that was read, and no other of its name.
func (b *inbox) moveRead(ctx context.Context, done *fileRecord, target string) error {
	if copying, ok := b.directory.(transport.Copying); ok {
		now, err := b.directory.Stat(ctx, done.Name)
		if err != nil || !done.isOf(now, done.Layout) {
			return err //nolint:wrapcheck // by putAway
		}
		return copying.Move(ctx, now, target) //nolint:wrapcheck // by putAway
	}
	if err := b.directory.Rename(ctx, done.Name, target); err != nil {
		return err //nolint:wrapcheck // by putAway
	}
	if moved, err := b.directory.Stat(ctx, target); err != nil || !done.isOf(moved, done.Layout) {
		return errors.Join(err, b.directory.Rename(ctx, target, done.Name))
	}
	return nil
}

// freeInArchive is a name in the archive that nothing has.
func (b *inbox) freeInArchive(ctx context.Context, name string) (string, error) {
	for i := 1; ; i++ {
		target := inArchive(name, i)
		_, err := b.directory.Stat(ctx, target)
		if errors.Is(err, fs.ErrNotExist) {
			return target, nil
		}
		if err != nil {
			return "", err //nolint:wrapcheck // by putAway
		}
	}
}

// inArchive is where the i-th file of a name is in the archive, from 1. A name that leaves no room for the number loses its end.
func inArchive(name string, i int) string {
	if i == 1 {
		return path.Join(archiveName, name)
	}
	number := fmt.Sprintf(".%d", i)
	for len(name)+len(number) > transport.MaxName {
		_, last := utf8.DecodeLastRuneInString(name)
		name = name[:len(name)-last]
	}
	return path.Join(archiveName, name+number)
}

// takeAway deletes a file that was read. It first takes it aside, so that a new one of its name is not what goes. Objects cannot be, nor can a file whose name is too long.
func (b *inbox) takeAway(ctx context.Context, done *fileRecord) error {
	aside := "." + done.Name + readSuffix
	if _, copying := b.directory.(transport.Copying); copying || len(aside) > transport.MaxName {
		now, err := b.directory.Stat(ctx, done.Name)
		if err != nil || !done.isOf(now, done.Layout) {
			return err //nolint:wrapcheck // by putAway
		}
		return b.directory.Remove(ctx, done.Name) //nolint:wrapcheck // by putAway
	}
	if err := b.moveRead(ctx, done, aside); err != nil {
		return err
	}
	err := b.directory.Remove(ctx, aside)
	return err //nolint:wrapcheck // by putAway
}

// isTakenAside reports whether a name is that of a file whose deletion was not finished.
func (b *inbox) isTakenAside(name string) bool {
	return b.after == afterDelete && b.store != nil && strings.HasPrefix(name, ".") && strings.HasSuffix(name, readSuffix) &&
		b.pattern.matches(strings.TrimSuffix(name[1:], readSuffix))
}

// finishDelete finishes a deletion that a crash interrupted. What turns out to be another file than was read gets its name back.
func (b *inbox) finishDelete(ctx context.Context, aside string) error {
	name := strings.TrimSuffix(aside[1:], readSuffix)
	known, err := b.recall(ctx, name)
	if err != nil {
		return err
	}
	info, err := b.directory.Stat(ctx, aside)
	switch {
	case err != nil:
	case known != nil && known.isOf(info, known.Layout):
		err = b.directory.Remove(ctx, aside)
	default:
		if _, taken := b.directory.Stat(ctx, name); errors.Is(taken, fs.ErrNotExist) {
			err = b.directory.Rename(ctx, aside, name)
		}
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w: finishing a deletion: %w", errDirectory, err)
	}
	return nil
}
