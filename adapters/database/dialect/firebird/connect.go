package firebird

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"sync"

	"github.com/nakagami/firebirdsql"

	"github.com/postern-gateway/postern/adapters/database/dialect"
)

// mostTransactions is how many a connection has at most, since the driver remembers all of them.
const mostTransactions = 1000

// A connector makes connections.
type connector struct {
	native    driver.Connector
	variables []dialect.Variable
	zone      string
	// closing counts the connections that are being closed.
	closing sync.WaitGroup
}

// newConnector finds the driver, which has no exported name, where it has registered itself.
func newConnector(address string, options dialect.Options) (*connector, error) {
	opened, err := sql.Open("firebirdsql", address)
	if err != nil {
		return nil, err
	}
	found, ok := opened.Driver().(driver.DriverContext)
	if err := opened.Close(); err != nil {
		return nil, err
	}
	if !ok {
		return nil, fmt.Errorf("the driver %T makes no connectors", opened.Driver())
	}
	native, err := found.OpenConnector(address)
	if err != nil {
		return nil, err
	}
	zone := "UTC"
	if options.Location != nil {
		zone = options.Location.String()
	}
	return &connector{native: native, variables: options.Variables, zone: zone}, nil
}

// Driver returns the driver.
func (c *connector) Driver() driver.Driver { return c.native.Driver() }

// Connect makes a connection and sets its variables.
func (c *connector) Connect(ctx context.Context) (driver.Conn, error) {
	made, err := c.native.Connect(ctx)
	if err != nil {
		return nil, err
	}
	full, ok := made.(native)
	if !ok {
		_ = made.Close() // it was never used
		return nil, fmt.Errorf("the driver's connection is a %T", made)
	}
	out := &conn{native: full, closing: &c.closing}
	if err := c.prepare(ctx, out); err != nil {
		_ = made.Close() // likewise
		return nil, err
	}
	return out, nil
}

// prepare sets the session's zone, which Firebird has since version 4 (wire protocol 16), and its variables.
func (c *connector) prepare(ctx context.Context, on *conn) error {
	if versioned, ok := on.native.(interface{ ProtocolVersion() int }); ok && versioned.ProtocolVersion()&0x7fff >= 16 && c.zone != "UTC" && c.zone != "Local" {
		if _, err := on.ExecContext(ctx, "SET TIME ZONE '"+c.zone+"'", nil); err != nil {
			return err
		}
	}
	for _, variable := range c.variables {
		arguments := []driver.NamedValue{{Ordinal: 1, Value: variable.Name}, {Ordinal: 2, Value: variable.Value}}
		rows, err := on.QueryContext(ctx, setVariable("USER_SESSION"), arguments)
		if err != nil {
			return err
		}
		failed := rows.Next(make([]driver.Value, 1)) // which is when a function is called
		if err := errors.Join(failed, rows.Close()); err != nil {
			return err
		}
	}
	return nil
}

// setVariable sets a variable of a namespace, to be read by RDB$GET_CONTEXT.
func setVariable(namespace string) string {
	return "SELECT RDB$SET_CONTEXT('" + namespace + "', CAST(? AS VARCHAR(80)), CAST(? AS VARCHAR(255))) FROM RDB$DATABASE"
}

// native is what the driver's connection can do.
type native interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
	driver.Pinger
	driver.Validator
	driver.NamedValueChecker
}

// A conn is the driver's connection, and knows whether it is still good.
type conn struct {
	native
	closing *sync.WaitGroup
	begun   int
	broken  bool
}

// BeginTx begins a transaction. Where the server is gone, nothing has been sent, and another connection can take over.
func (c *conn) BeginTx(ctx context.Context, options driver.TxOptions) (driver.Tx, error) {
	c.begun++
	begun, err := c.native.BeginTx(ctx, options)
	if err != nil {
		c.judge(err)
		if c.broken && ctx.Err() == nil {
			return nil, driver.ErrBadConn
		}
		return nil, err
	}
	return &watched{Tx: begun, on: c}, nil
}

// judge gives a connection up whose server has not answered in order.
func (c *conn) judge(err error) {
	var said *firebirdsql.FbError
	if !errors.As(err, &said) || lost(said) {
		c.broken = true
	}
}

// IsValid says whether the connection may be used again.
func (c *conn) IsValid() bool {
	return !c.broken && c.begun < mostTransactions && c.native.IsValid()
}

// Close closes the connection, in which nobody needs to wait but who closes the pool.
func (c *conn) Close() error {
	c.closing.Go(func() {
		_ = c.native.Close() // whatever was to be kept is committed
	})
	return nil
}

// A watched transaction tells its connection how it ended.
type watched struct {
	driver.Tx
	on *conn
}

// Commit commits.
func (w *watched) Commit() error { return w.told(w.Tx.Commit()) }

// Rollback takes everything back.
func (w *watched) Rollback() error { return w.told(w.Tx.Rollback()) }

func (w *watched) told(err error) error {
	if err != nil {
		w.on.judge(err)
	}
	return err
}
