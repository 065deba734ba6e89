package batch

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/adapters/batch/transport"
)

// show gives the file its name. If the hidden name is gone, that has been done before.
func (s *submissions) show(ctx context.Context, file *outFile) error {
	_, taken := s.directory.Stat(ctx, file.Name)
	_, err := s.directory.Stat(ctx, file.Aside)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if _, err := s.directory.Stat(ctx, witness(file)); err != nil {
			return fmt.Errorf("%w: the file %s was written in another directory than the one that is now at the outbox's path: %w", errDelivery, file.Name, err)
		}
		return nil
	case err != nil:
		return fmt.Errorf("%w: looking for a file: %w", errDelivery, err)
	case taken != nil && !errors.Is(taken, fs.ErrNotExist):
		return fmt.Errorf("%w: looking whether the file's name is free: %w", errDelivery, taken)
	}
	if _, copying := s.directory.(transport.Copying); copying {
		return s.showCopy(ctx, file, taken == nil)
	}
	if taken == nil {
		return fmt.Errorf("%w: %s", errOutboxNameIsTaken, file.Name)
	}
	err = s.directory.Rename(ctx, file.Aside, file.Name)
	if errors.Is(err, fs.ErrNotExist) {
		return s.show(ctx, file) // another gateway was faster, or the directory has gone
	}
	if err != nil {
		return fmt.Errorf("%w: renaming a file: %w", errDelivery, err)
	}
	return nil
}

// showCopy is show where files are copied and not renamed. That is two steps, so that the copy is recorded before it is made: if the hidden name is still there then, the
// copy may have been made, and taken by the other side, or not.
func (s *submissions) showCopy(ctx context.Context, file *outFile, there bool) error {
	begun := file.Step == stepShowing
	switch {
	case begun && there:
		return s.remove(ctx, file.Aside) // all that is left to do
	case there:
		return fmt.Errorf("%w: %s", errOutboxNameIsTaken, file.Name)
	case begun && !s.done.isSet(): // with a done-file, nobody takes it before that is there
		return fmt.Errorf("%w: %s. If the other side has it, remove the object %s; if not, give that object this name",
			errDeliveryUnknown, file.Name, file.Aside)
	case !begun:
		if first, err := s.step(ctx, file, stepWritten, stepShowing); err != nil || !first {
			return errors.Join(err, errDelivery) // another gateway is at it
		}
	}
	err := s.directory.Rename(ctx, file.Aside, file.Name)
	if err == nil {
		return nil
	}
	if !errors.Is(err, transport.ErrUnknown) && ctx.Err() == nil { // it was not made
		_, recording := s.step(ctx, file, stepShowing, stepWritten)
		err = errors.Join(err, recording)
	}
	return fmt.Errorf("%w: copying a file: %w", errDelivery, err)
}

// step records that a file goes from one step to another. It returns false if it is at another one than the first.
func (s *submissions) step(ctx context.Context, file *outFile, from, to string) (first bool, err error) {
	err = s.store.Update(ctx, func(tx adapters.Tx) error {
		recorded := &outFile{}
		found, err := get(tx, s.fileKey(file.Sequence), recorded)
		if first = found && recorded.Step == from; err != nil || !first {
			return err
		}
		recorded.Step = to
		return put(tx, s.fileKey(file.Sequence), recorded)
	})
	if err != nil {
		return false, fmt.Errorf("recording a step of a file: %w", err)
	}
	if first {
		file.Step = to
	}
	return first, nil
}

// announce writes the done-file behind a file that has its name. If that file has gone, the other side has seen the done-file before a crash.
func (s *submissions) announce(ctx context.Context, file *outFile) error {
	if !s.done.isSet() {
		return nil
	}
	_, err := s.directory.Stat(ctx, file.Name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil {
		err = s.directory.Write(ctx, s.done.of(file.Name), nil)
	}
	if err != nil {
		return fmt.Errorf("%w: writing a done-file: %w", errDelivery, err)
	}
	return nil
}
