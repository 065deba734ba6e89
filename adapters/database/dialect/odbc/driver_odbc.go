//go:build odbc

package odbc

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"

	native "github.com/alexbrainman/odbc"
)

// A connector makes connections of one connection string.
type connector struct {
	driver driver.Driver
	text   string
}

// connectorOf makes a connector. The driver makes itself known to database/sql alone.
func connectorOf(text string) (driver.Connector, error) {
	pool, err := sql.Open("odbc", text)
	if err != nil {
		return nil, fmt.Errorf("finding the ODBC driver: %w", err)
	}
	defer func() { _ = pool.Close() }() // it has no connection
	return &connector{pool.Driver(), text}, nil
}

// Connect makes a connection. ODBC has no way to give up: the connection string sets how long it takes at most.
func (c *connector) Connect(ctx context.Context) (driver.Conn, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return c.driver.Open(c.text)
}

// Driver returns the driver.
func (c *connector) Driver() driver.Driver { return c.driver }

// recordsOf are the diagnostic records of an error.
func recordsOf(err error) []record {
	var known *native.Error
	if !errors.As(err, &known) {
		return nil
	}
	out := make([]record, len(known.Diag))
	for i, diagnosis := range known.Diag {
		out[i] = record{state: diagnosis.State, native: diagnosis.NativeError, message: diagnosis.Message}
	}
	return out
}
