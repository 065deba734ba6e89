package database

import (
	"context"
	"sync"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/adapters/database/dialect"
)

// A backend is one open database.
type backend struct {
	*source
	services  []adapters.Service
	resources []*resource
	routines  []*routineChoice
	// found are all routines that may be called, offered or not.
	found   []*dialect.Routine
	notes   []ImportNote
	closing sync.Once
}

var (
	_ adapters.Backend = (*backend)(nil)
	_ adapters.Checker = (*backend)(nil)

	_ adapters.CallerReader = (*backend)(nil)
)

// pinged is what [dialect.Syntax.Ping] returns.
var pinged = []*dialect.Column{{Name: "sign of life", Kind: dialect.Int64}}

// Services implements [adapters.Backend].
func (b *backend) Services() []adapters.Service { return b.services }

// CallerTraits implements [adapters.CallerReader]: what sessions are told of callers.
func (b *backend) CallerTraits() adapters.CallerTraits { return b.transactions.traits }

// Check implements [adapters.Checker].
func (b *backend) Check(ctx context.Context) error {
	statement := dialect.Statement{Text: b.syntax.Ping, Columns: pinged, Label: dialect.Label{Operation: "SELECT", Query: "ping"}}
	if _, err := b.query(ctx, statement, nil); err != nil {
		return callError(ctx, err, nil)
	}
	return nil
}

// Close implements [adapters.Backend].
func (b *backend) Close() error {
	b.closing.Do(b.database.Close)
	return nil
}
