package batch

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	semconv "go.opentelemetry.io/otel/semconv/v1.37.0"
	"go.opentelemetry.io/otel/trace"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/adapters/batch/unwrap"
)

// deliver brings every file that is on its way to its place, in order.
func (s *submissions) deliver(ctx context.Context) error {
	_ = s.removeWitnesses(ctx) // what cannot be removed now does not hold up files
	var files []*outFile
	err := s.store.View(ctx, func(tx adapters.Tx) error {
		files = nil
		for stored, err := range tx.Scan(s.key("file", ""), "") {
			if err != nil {
				return err
			}
			file := &outFile{}
			if _, err := get(tx, stored.Key, file); err != nil {
				return err
			}
			files = append(files, file)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("reading the files on their way: %w", err)
	}
	for _, file := range files {
		if err := s.deliverOne(ctx, file); err != nil {
			return err
		}
	}
	return nil
}

// deliverOne takes a file from the step that it has reached to its end. Each step may be repeated, also by another gateway at the same time.
func (s *submissions) deliverOne(ctx context.Context, file *outFile) (err error) {
	ctx, span := s.recorder.start(ctx, "deliver "+s.config.GetName(), trace.WithAttributes(semconv.FileName(file.Name), semconv.FileSize(len(file.Content)), recordsAttribute.Int(file.Records)), linked(file.Spans...))
	defer func() { end(span, err) }()
	if file.Step == stepDecided {
		aside, err := s.writeAside(ctx, file)
		if err != nil {
			return err
		}
		if file, err = s.written(ctx, file, aside); err != nil || file == nil {
			return err
		}
	}
	err = s.show(ctx, file)
	if err == nil {
		err = s.announce(ctx, file)
	}
	if err != nil {
		if gone, looking := s.isDelivered(ctx, file); looking == nil && gone {
			return nil // by another gateway, just now
		}
		return err
	}
	if err := s.delivered(ctx, file); err != nil {
		return err
	}
	s.recorder.add(ctx, s.recorder.counts.delivered, 1)
	s.witnesses = append(s.witnesses, witness(file))
	return s.removeWitnesses(ctx)
}

// removeWitnesses removes those of files that are delivered. One that cannot be is tried again whenever files are delivered, since nothing else knows its name any more.
func (s *submissions) removeWitnesses(ctx context.Context) error {
	for len(s.witnesses) > 0 {
		if err := s.remove(ctx, s.witnesses[0]); err != nil {
			return err
		}
		s.witnesses = s.witnesses[1:]
	}
	return nil
}

// witness is an empty hidden file that is there from before the file is recorded as written until it is recorded as delivered. With it, a hidden
// name that is gone means that the file has been renamed; without it, that this is not the directory that the file was written in, such as an empty
// mount point.
func witness(file *outFile) string { return "." + file.Name + ".due" }

// writeAside writes the file under a hidden name that no other gateway writes to, so that it survives a crash of the machine.
func (s *submissions) writeAside(ctx context.Context, file *outFile) (name string, err error) {
	if err := s.directory.MakeDirectory(ctx, ""); err != nil {
		return "", fmt.Errorf("%w: making the outbox: %w", errDirectory, err)
	}
	if err := s.directory.Write(ctx, witness(file), nil); err != nil {
		return "", fmt.Errorf("%w: writing the witness of a file: %w", errDelivery, err)
	}
	name = "." + file.Name + "." + s.instance + ".part"
	content, err := unwrap.Pack(file.Content, s.config.GetOutbox().GetCompression())
	if err != nil {
		return "", err //nolint:wrapcheck // it says what it is
	}
	if err := s.directory.Write(ctx, name, content); err != nil {
		return "", fmt.Errorf("%w: writing a file: %w", errDelivery, err)
	}
	return name, nil
}

// written records under which name the file is on disk, and returns what is recorded then: if another gateway was faster, its file goes and
// not ours; nil means that it has gone.
func (s *submissions) written(ctx context.Context, file *outFile, aside string) (*outFile, error) {
	var recorded *outFile
	err := s.store.Update(ctx, func(tx adapters.Tx) error {
		recorded = &outFile{}
		found, err := get(tx, s.fileKey(file.Sequence), recorded)
		switch {
		case err != nil:
			return err
		case !found:
			recorded = nil
			return nil
		case recorded.Step != stepDecided:
			return nil
		}
		recorded.Step, recorded.Aside = stepWritten, aside
		return put(tx, s.fileKey(file.Sequence), recorded)
	})
	switch {
	case err != nil: // it may have been recorded all the same
		return nil, fmt.Errorf("recording that a file is written: %w", err)
	case recorded == nil:
		return nil, errors.Join(s.remove(ctx, aside), s.remove(ctx, witness(file)))
	default:
		return recorded, s.removeOthers(ctx, recorded)
	}
}

// isDelivered reports whether the store has forgotten the file.
func (s *submissions) isDelivered(ctx context.Context, file *outFile) (bool, error) {
	var found bool
	err := s.store.View(ctx, func(tx adapters.Tx) (err error) {
		_, found, err = tx.Get(s.fileKey(file.Sequence))
		return err
	})
	return !found, err
}

// removeOthers removes what was written aside and not recorded, by a gateway that crashed or came late.
func (s *submissions) removeOthers(ctx context.Context, file *outFile) error {
	listed, err := s.directory.List(ctx)
	if err != nil {
		return fmt.Errorf("%w: looking for unfinished files: %w", errDelivery, err)
	}
	for _, info := range listed {
		writer, ours := strings.CutPrefix(info.Name(), "."+file.Name+".")
		writer, unfinished := strings.CutSuffix(writer, ".part")
		if ours && unfinished && !strings.Contains(writer, ".") && info.Name() != file.Aside {
			err = errors.Join(err, s.remove(ctx, info.Name()))
		}
	}
	return err
}

// remove removes a file that may have gone already.
func (s *submissions) remove(ctx context.Context, name string) error {
	if err := s.directory.Remove(ctx, name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w: removing a hidden file: %w", errDelivery, err)
	}
	return nil
}

// delivered records that the file has left. An acknowledgement may have been faster.
func (s *submissions) delivered(ctx context.Context, file *outFile) error {
	first := false
	err := s.store.Update(ctx, func(tx adapters.Tx) error {
		var err error
		if first, err = get(tx, s.fileKey(file.Sequence), &outFile{}); err != nil || !first {
			return err
		}
		return s.left(tx, file.Sequence)
	})
	if err != nil {
		return fmt.Errorf("recording that a file is delivered: %w", err)
	}
	if !first {
		return nil
	}
	digest := sha256.Sum256(file.Content)
	s.logger.InfoContext(ctx, "a file of submissions was delivered", "file", file.Name, "submissions", file.Records, "sha256", hex.EncodeToString(digest[:]))
	return nil
}
