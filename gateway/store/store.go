package store

import (
	"context"
	"fmt"
	"sync/atomic"

	"github.com/postern-gateway/postern/adapters"
)

// A Store is the gateway's store. All its methods may be called concurrently.
type Store struct {
	statements statements
	database   database

	// turn holds one token; whoever has it may use open, the group under way. waiting is how many want it.
	turn    chan struct{}
	waiting atomic.Int64
	open    *group
}

func newStore(statements statements, database database) *Store {
	s := &Store{statements: statements, database: database, turn: make(chan struct{}, 1)}
	s.turn <- struct{}{}
	return s
}

// Close closes the store, which nobody uses any more. What was written stays.
func (s *Store) Close() error { return s.database.close() }

// Native returns the pool of connections that write: a *sql.DB of one connection on SQLite, a *pgxpool.Pool on PostgreSQL. It is for what keeps tables of its own beside the
// store's.
func (s *Store) Native() any { return s.database.native() }

// NativeTx returns the transaction that one of the store's is: a *sql.Tx or a pgx.Tx, and nil if it is of another store.
func NativeTx(tx adapters.Tx) any {
	if t, ok := tx.(*transaction); ok {
		return t.tx.native()
	}
	return nil
}

// Space returns the part of the store that belongs to the user of this name.
func (s *Store) Space(name string) adapters.Store {
	return &space{store: s, name: name}
}

type space struct {
	store *Store
	name  string
}

// View implements [adapters.Store].
func (s *space) View(ctx context.Context, read func(adapters.Tx) error) error {
	tx, err := s.store.database.begin(ctx, false)
	if err != nil {
		return fmt.Errorf("beginning a transaction of the store: %w", err)
	}
	defer func() { _ = tx.rollback(ctx) }() // which is how a transaction ends that has only read
	return read(&transaction{ctx: ctx, statements: &s.store.statements, tx: tx, space: s.name, readOnly: true})
}

// Update implements [adapters.Store].
func (s *space) Update(ctx context.Context, write func(adapters.Tx) error) error {
	return s.store.update(ctx, func(g *group) error {
		return write(&transaction{ctx: g.ctx, statements: &s.store.statements, tx: g.tx, space: s.name})
	})
}
