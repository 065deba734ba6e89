package store

import (
	"context"
	"errors"
	"fmt"
	"time"
)

const (
	// maxGroup is how many updates one transaction of the database holds at most.
	maxGroup = 256
	// groupTimeout bounds a group, so that a database that hangs does not hold everybody.
	groupTimeout = 30 * time.Second
)

// A group is the updates that one transaction of the database makes durable together. Until it is settled, it belongs to whoever has the turn.
type group struct {
	// ctx is the transaction's. It is nobody's in particular: a caller who gives up must not take the others' updates with him.
	ctx    context.Context //nolint:containedctx // see above
	cancel context.CancelFunc
	tx     handle
	size   int
	// broken is why the transaction cannot be committed any more.
	broken error
	// settled is closed once err says whether the updates are durable.
	settled chan struct{}
	err     error
}

// update runs write in the group under way, or in a new one, and returns once what it wrote is durable.
func (s *Store) update(ctx context.Context, write func(*group) error) error {
	joined, err := s.join(ctx, write)
	if err != nil {
		return err
	}
	<-joined.settled // soon: by the last of those who were waiting when this one was done
	return joined.err
}

// join waits for its turn and runs write. Without an error, write is part of the group that it returns.
func (s *Store) join(ctx context.Context, write func(*group) error) (*group, error) {
	s.waiting.Add(1)
	select {
	case <-s.turn:
		s.waiting.Add(-1)
	case <-ctx.Done():
		if s.waiting.Add(-1) == 0 { // and somebody may have left a group open for this one
			<-s.turn
			s.pass()
		}
		return nil, context.Cause(ctx)
	}
	defer s.pass()
	if err := ctx.Err(); err != nil {
		return nil, context.Cause(ctx)
	}
	if err := s.begin(); err != nil {
		return nil, err
	}
	g := s.open
	if err := g.attempt(write); err != nil {
		return nil, err
	}
	g.size++
	return g, nil
}

// pass gives the turn to the next, and settles the group if there is none.
func (s *Store) pass() {
	if g := s.open; g != nil && (s.waiting.Load() == 0 || g.size >= maxGroup || g.broken != nil) {
		g.settle()
		s.open = nil
	}
	s.turn <- struct{}{}
}

// begin opens a group, unless one is open.
func (s *Store) begin() error {
	if s.open != nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), groupTimeout)
	tx, err := s.database.begin(ctx, true)
	if err != nil {
		cancel()
		return fmt.Errorf("beginning a transaction of the store: %w", err)
	}
	s.open = &group{ctx: ctx, cancel: cancel, tx: tx, settled: make(chan struct{})}
	return nil
}

// attempt runs write behind a savepoint, to which the transaction goes back if it fails.
func (g *group) attempt(write func(*group) error) (err error) {
	if err := g.tx.exec(g.ctx, "SAVEPOINT one"); err != nil {
		g.broken = err
		return fmt.Errorf("beginning a transaction of the store: %w", err)
	}
	done := false
	defer func() {
		if !done { // write failed, or panicked
			g.broken = g.tx.exec(g.ctx, "ROLLBACK TO SAVEPOINT one")
		}
	}()
	if err := write(g); err != nil {
		return err
	}
	if err := g.tx.exec(g.ctx, "RELEASE SAVEPOINT one"); err != nil {
		return fmt.Errorf("writing to the store: %w", err)
	}
	done = true
	return nil
}

// settle commits, and tells everybody.
func (g *group) settle() {
	defer g.cancel()
	defer close(g.settled)
	switch {
	case g.broken != nil:
		g.err = fmt.Errorf("writing to the store: %w", errors.Join(g.broken, g.tx.rollback(g.ctx)))
	case g.size == 0:
		_ = g.tx.rollback(g.ctx) // there is nobody to tell, and nothing to keep
	default:
		if err := g.tx.commit(g.ctx); err != nil {
			g.err = fmt.Errorf("committing to the store: %w", err)
		}
	}
}
