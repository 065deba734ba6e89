package database

import (
	"context"
	"sync"

	"github.com/postern-gateway/postern/adapters"
)

// A backend is one open database.
type backend struct {
	*source
	services  []adapters.Service
	resources []*resource
	queries   []*namedQuery
	closing   sync.Once
}

var (
	_ adapters.Backend = (*backend)(nil)
	_ adapters.Checker = (*backend)(nil)
)

// Services implements [adapters.Backend].
func (b *backend) Services() []adapters.Service { return b.services }

// Check implements [adapters.Checker].
func (b *backend) Check(ctx context.Context) error {
	if err := b.database.Ping(ctx); err != nil {
		return callError(ctx, err, nil)
	}
	return nil
}

// Close implements [adapters.Backend].
func (b *backend) Close() error {
	b.closing.Do(b.database.Close)
	return nil
}
