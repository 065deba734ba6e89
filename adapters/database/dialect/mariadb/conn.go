package mariadb

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-sql-driver/mysql"

	"github.com/postern-gateway/postern/adapters/database/dialect"
)

const (
	// mostStatements is how many prepared statements a connection keeps.
	mostStatements = 128
	// mostOfServer is how many all connections of a pool keep together: half of what a server keeps for all of its clients, if nobody has changed it
	// (max_prepared_stmt_count).
	mostOfServer = 8000
	// killTimeout bounds the telling of a server to stop.
	killTimeout = 5 * time.Second
)

// A connector makes sessions of the pool.
type connector struct {
	native     driver.Connector
	settings   []setting
	killer     *killer
	statements int
}

// Connect implements [driver.Connector]. Whatever goes wrong, no statement has been sent.
func (c *connector) Connect(ctx context.Context) (driver.Conn, error) {
	connected, err := c.native.Connect(ctx)
	if err != nil {
		return nil, dialect.Unsent(fault(err))
	}
	native, ok := connected.(nativeConn)
	if !ok {
		return nil, errors.Join(fmt.Errorf("the driver's connection is a %T", connected), connected.Close())
	}
	made := &conn{nativeConn: native, killer: c.killer, statements: make(map[string]*prepared), most: c.statements}
	if err := made.begin(ctx, c.settings); err != nil {
		_ = native.Close() // nothing was done with it
		return nil, dialect.Unsent(fault(err))
	}
	return made, nil
}

// Driver implements [driver.Connector].
func (c *connector) Driver() driver.Driver { return c.native.Driver() }

// A nativeConn is what the driver's connections can do.
type nativeConn interface {
	driver.Conn
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.Pinger
	driver.SessionResetter
	driver.Validator
	driver.NamedValueChecker
}

// A nativeStmt is what the driver's prepared statements can do.
type nativeStmt interface {
	driver.Stmt
	driver.StmtQueryContext
	driver.StmtExecContext
}

// A nativeRows is what the driver's rows can do.
type nativeRows interface {
	driver.RowsNextResultSet
	driver.RowsColumnTypeDatabaseTypeName
	driver.RowsColumnTypeNullable
	driver.RowsColumnTypePrecisionScale
}

// A conn is a session that keeps its prepared statements, and has the server stop when a call is given up. database/sql uses it from one goroutine at a
// time.
type conn struct {
	nativeConn
	killer *killer
	// id is the session's number on the server.
	id int64
	// statements are those that are prepared, by their text; clock is how many were used.
	statements map[string]*prepared
	most       int
	clock      uint64
	// killed is set when the server was told to end the session.
	killed atomic.Bool
}

type prepared struct {
	nativeStmt
	used uint64
}

// begin learns the session's number and makes its settings.
func (c *conn) begin(ctx context.Context, settings []setting) error {
	for _, setting := range settings {
		var arguments []driver.NamedValue
		if setting.value != nil {
			arguments = []driver.NamedValue{{Ordinal: 1, Value: setting.value}}
		}
		if _, err := c.ExecContext(ctx, setting.text, arguments); err != nil {
			return err
		}
	}
	return c.identify(ctx)
}

func (c *conn) identify(ctx context.Context) error {
	rows, err := c.QueryContext(ctx, "SELECT CONNECTION_ID()", nil)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }() // its only row was read
	values := make([]driver.Value, 1)
	if err := rows.Next(values); err != nil {
		return err
	}
	id, ok := values[0].(int64)
	if !ok {
		return fmt.Errorf("the session's number is a %T", values[0])
	}
	c.id = id
	return nil
}

// watch has the server end the session when ctx ends before the returned function is called: the driver closes its end, which a server that is busy with a
// statement does not notice.
func (c *conn) watch(ctx context.Context) (done func()) {
	if c.id == 0 {
		return func() {}
	}
	giveUp := func() {
		c.killed.Store(true)
		c.killer.kill(c.id)
	}
	stop := context.AfterFunc(ctx, giveUp)
	return func() {
		// The driver may have seen that ctx has ended, and given the call up, before AfterFunc came to it.
		if stop() && ctx.Err() != nil {
			giveUp()
		}
	}
}

// IsValid implements [driver.Validator].
func (c *conn) IsValid() bool { return !c.killed.Load() && c.nativeConn.IsValid() }

// ExecContext implements [driver.ExecerContext]. A statement without parameters is not worth preparing: nothing of it comes back in one form or another.
func (c *conn) ExecContext(ctx context.Context, query string, arguments []driver.NamedValue) (result driver.Result, err error) {
	defer c.watch(ctx)()
	if len(arguments) == 0 {
		return c.nativeConn.ExecContext(ctx, query, nil)
	}
	err = c.withStatement(ctx, query, func(statement nativeStmt) error {
		result, err = statement.ExecContext(ctx, arguments)
		return err
	})
	return result, err
}

// QueryContext implements [driver.QueryerContext]. Statements are prepared even if they have no parameters, since only then all values come in full: a FLOAT
// has but six digits as text.
func (c *conn) QueryContext(ctx context.Context, query string, arguments []driver.NamedValue) (driver.Rows, error) {
	done := c.watch(ctx)
	var found driver.Rows
	err := c.withStatement(ctx, query, func(statement nativeStmt) (err error) {
		found, err = statement.QueryContext(ctx, arguments)
		return err
	})
	if err != nil {
		done()
		return nil, err
	}
	native, ok := found.(nativeRows)
	if !ok {
		done()
		return nil, errors.Join(fmt.Errorf("the driver's rows are a %T", found), found.Close())
	}
	return &rows{nativeRows: native, done: done}, nil
}

// The numbers of errors by which a server says that it has forgotten a prepared statement, and has not run it.
const (
	unknownStatement  = 1243
	statementOutdated = 1615
)

// withStatement prepares a statement, unless that was done before, and calls use with it; once more if the server has forgotten it.
func (c *conn) withStatement(ctx context.Context, query string, use func(nativeStmt) error) error {
	for again := true; ; again = false {
		known, isKnown := c.statements[query]
		if !isKnown {
			var err error
			if known, err = c.prepare(ctx, query); err != nil {
				return err
			}
		}
		c.clock++
		known.used = c.clock
		err := use(known)
		var native *mysql.MySQLError
		if !errors.As(err, &native) || native.Number != unknownStatement && native.Number != statementOutdated {
			return err
		}
		delete(c.statements, query)
		_ = known.Close() // there is nothing left of it
		if !isKnown || !again {
			return err
		}
	}
}

// prepare prepares a statement in the place of the one that was not used for longest.
func (c *conn) prepare(ctx context.Context, query string) (*prepared, error) {
	statement, err := c.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	native, ok := statement.(nativeStmt)
	if !ok {
		return nil, errors.Join(fmt.Errorf("the driver's statement is a %T", statement), statement.Close())
	}
	if len(c.statements) >= c.most {
		c.forgetOldest()
	}
	made := &prepared{nativeStmt: native}
	c.statements[query] = made
	return made, nil
}

func (c *conn) forgetOldest() {
	oldest := ""
	for query, statement := range c.statements {
		if oldest == "" || statement.used < c.statements[oldest].used {
			oldest = query
		}
	}
	_ = c.statements[oldest].Close() // the server answers nothing to it
	delete(c.statements, oldest)
}

// A rows is a result that is being read.
type rows struct {
	nativeRows
	done func()
}

// Close implements [driver.Rows].
func (r *rows) Close() error {
	err := r.nativeRows.Close()
	r.done()
	return err
}

// A killer tells a server to end sessions, each over a connection of its own.
type killer struct {
	native driver.Connector
	// context ends with the killer.
	context context.Context //nolint:containedctx // of the killer itself, and of no call
	stop    context.CancelFunc
	// server is what tells the server from others behind the same address; "" until it is known.
	server string

	closing sync.Mutex
	closed  bool
	running sync.WaitGroup
}

func newKiller(native driver.Connector) *killer {
	ctx, stop := context.WithCancel(context.Background())
	return &killer{native: native, context: ctx, stop: stop}
}

// kill has a session ended, and does not wait for it. If that fails, the server finds out by itself that there is nobody at the other end.
func (k *killer) kill(id int64) {
	k.closing.Lock()
	defer k.closing.Unlock()
	if !k.closed {
		k.running.Go(func() { k.end(id) })
	}
}

func (k *killer) end(id int64) {
	ctx, cancel := context.WithTimeout(k.context, killTimeout)
	defer cancel()
	connected, err := k.native.Connect(ctx)
	if err != nil {
		return
	}
	defer func() { _ = connected.Close() }() // it has no other use
	if native, ok := connected.(nativeConn); ok && k.isServer(ctx, native) {
		_, _ = native.ExecContext(ctx, fmt.Sprintf("KILL %d", id), nil) // there may be no such session any more
	}
}

// isServer reports whether a connection leads to the server whose sessions are meant: behind one address may stand several, whose sessions have the same
// numbers.
func (k *killer) isServer(ctx context.Context, native nativeConn) bool {
	name, err := serverName(ctx, native)
	return err == nil && name == k.server
}

// close waits for what is under way, as long as one of them may take.
func (k *killer) close() {
	k.closing.Lock()
	k.closed = true
	k.closing.Unlock()
	k.running.Wait()
	k.stop()
}
