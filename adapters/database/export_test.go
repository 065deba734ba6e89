package database

import (
	"context"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/adapters/database/dialect"
	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

// Engines are all there are.
func Engines() []dialect.Engine { return engines() }

// OpenOn opens a back end on a database that is connected already.
func OpenOn(ctx context.Context, database dialect.Database, syntax *dialect.Syntax, settings *configv1.DatabaseBackend, options adapters.Options) (adapters.Backend, error) {
	transactions, err := transactionsOf(settings)
	if err != nil {
		return nil, err
	}
	opened := &source{database: database, syntax: syntax, limits: limitsOf(settings), transactions: transactions, gates: gatesOf(defaultPoolSize, syntax)}
	return opened.backend(ctx, settings, options)
}
