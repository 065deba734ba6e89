package transport

import (
	"crypto/tls"
	"errors"
	"net"
	"net/http/httptrace"
	"sync/atomic"
)

var (
	// errSealed is what a write gets on a connection whose request was given up before anything of it was written.
	errSealed = errors.New("the request was given up before it was written")
	// errStale is what the first write of a request gets on a kept connection that the peer has closed meanwhile. Nothing was written, so that net/http takes
	// another connection.
	errStale = errors.New("the peer has closed the kept connection")
)

// sealed is the count of writes of a connection that takes no more.
const sealed = -1

// A connection counts its writes, so that it can be said with certainty whether anything of a request was written.
type connection struct {
	net.Conn

	// writes is how many writes were begun, or [sealed].
	writes atomic.Int64
	// kept is set when a request takes the connection after another, until its first write.
	kept atomic.Bool
	// secure is set if TLS is spoken over it: then bytes may wait that are no reply.
	secure atomic.Bool
	closed atomic.Bool
}

// Write begins a write only if the connection is not sealed, and is not stale.
func (c *connection) Write(data []byte) (int, error) {
	if c.kept.Load() && c.kept.Swap(false) && hasEnded(c.Conn, c.secure.Load()) {
		return 0, errStale
	}
	for {
		writes := c.writes.Load()
		if writes == sealed {
			return 0, errSealed
		}
		if c.writes.CompareAndSwap(writes, writes+1) {
			return c.Conn.Write(data)
		}
	}
}

// Close closes the connection.
func (c *connection) Close() error {
	c.closed.Store(true)
	return c.Conn.Close()
}

// seal reports whether no write was begun since there were so many. If so, none will be.
func (c *connection) seal(since int64) bool { return c.writes.CompareAndSwap(since, sealed) }

// connectionOf returns what a request got, or nil if it was not made by this package.
func connectionOf(info httptrace.GotConnInfo) *connection {
	under, secure := info.Conn, false
	if encrypted, ok := under.(*tls.Conn); ok {
		under, secure = encrypted.NetConn(), true
		// Through an https proxy TLS is spoken twice.
		if outer, ok := under.(*tls.Conn); ok {
			under = outer.NetConn()
		}
	}
	c, ok := under.(*connection)
	if !ok {
		return nil
	}
	c.secure.Store(secure)
	c.kept.Store(info.Reused)
	return c
}
