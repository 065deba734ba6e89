package sqlserver

import (
	"context"
	"database/sql/driver"
	"net"
	"sync"

	mssql "github.com/microsoft/go-mssqldb"
	"github.com/microsoft/go-mssqldb/msdsn"
)

// A connector makes connections. The driver itself waits for a server that accepts a connection and says nothing, whatever the context.
type connector struct {
	config  msdsn.Config
	initial string
}

// Driver returns the driver.
func (c *connector) Driver() driver.Driver { return mssql.NewConnectorConfig(c.config).Driver() }

// Connect makes a connection. When ctx ends before it is made, it is closed under the driver.
func (c *connector) Connect(ctx context.Context) (driver.Conn, error) {
	native := mssql.NewConnectorConfig(c.config)
	native.SessionInitSQL = c.initial
	dialed := &dialer{Dialer: net.Dialer{KeepAlive: c.config.KeepAlive}}
	native.Dialer = dialed
	stop := context.AfterFunc(ctx, dialed.close)
	made, err := native.Connect(ctx)
	if !stop() {
		if err == nil {
			_ = made.Close() // its socket is closed already
		}
		return nil, ctx.Err()
	}
	return made, err
}

// A dialer can close all that it dialed.
type dialer struct {
	net.Dialer

	mu     sync.Mutex
	closed bool
	conns  []net.Conn
}

// DialContext implements [mssql.Dialer].
func (d *dialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := d.Dialer.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		_ = conn.Close() // nobody waits for it
		return nil, context.Canceled
	}
	d.conns = append(d.conns, conn)
	return conn, nil
}

func (d *dialer) close() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.closed = true
	for _, conn := range d.conns {
		_ = conn.Close() // the driver sees it
	}
}
