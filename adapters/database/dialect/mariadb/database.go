package mariadb

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/postern-gateway/postern/adapters/database/dialect"
)

// rollbackTimeout bounds the taking back of a transaction whose caller may be gone.
const rollbackTimeout = 5 * time.Second

// A database is one pool.
type database struct {
	pool    *sql.DB
	killer  *killer
	schemas []string
	server  server
	syntax  *dialect.Syntax
	reader  reader
}

var _ dialect.Speaker = (*database)(nil)

// Syntax is the spelling of the scheme that the database was opened by, with what its settings change.
func (d *database) Syntax() *dialect.Syntax { return d.syntax }

// Close ends all connections. Nothing is using them any more.
func (d *database) Close() {
	_ = d.pool.Close() // every write was committed
	d.killer.close()
}

// Query runs a statement. One that only reads, or that returns nothing, needs no more than itself to be a transaction; one that writes and
// returns rows is committed only when they have been taken.
func (d *database) Query(ctx context.Context, statement dialect.Statement, each func([]dialect.Value) error) (int64, error) {
	if statement.Mode == dialect.Read || statement.Mode == dialect.Write && len(statement.Columns) == 0 {
		return d.run(ctx, d.pool, statement, each)
	}
	return dialect.QueryWithin(ctx, d, statement, each)
}

// Run begins a transaction, sets its variables and calls do.
func (d *database) Run(ctx context.Context, transaction dialect.Transaction, do func(dialect.Tx) error) error {
	return d.within(ctx, transaction, func(on *sql.Conn) error { return do(tx{d, on}) })
}

// A tx is a transaction under way.
type tx struct {
	database *database
	on       *sql.Conn
}

// Query runs a statement in the transaction.
func (t tx) Query(ctx context.Context, statement dialect.Statement, each func([]dialect.Value) error) (int64, error) {
	return t.database.run(ctx, t.on, statement, each)
}

// levels are the names of the levels of isolation. The default is InnoDB's, REPEATABLE READ, unless the server is set to another.
var levels = map[dialect.Isolation]string{
	dialect.ReadCommitted: "READ COMMITTED", dialect.RepeatableRead: "REPEATABLE READ", dialect.Serializable: "SERIALIZABLE",
}

// within calls do with a transaction. An error of do is returned as it is. Statements begin and end it, and not [sql.Tx], whose Commit
// waits for a server that does not answer for as long as it likes.
func (d *database) within(ctx context.Context, transaction dialect.Transaction, do func(*sql.Conn) error) error {
	on, err := d.pool.Conn(ctx)
	if err != nil {
		return fault(err)
	}
	defer func() { _ = on.Close() }() // it goes back to the pool
	restore, err := d.setVariables(ctx, on, transaction.Variables)
	if err != nil {
		discard(on)
		return fault(err)
	}
	begin := "START TRANSACTION READ ONLY"
	if transaction.Mode == dialect.Write {
		begin = "START TRANSACTION READ WRITE"
	}
	if level := levels[transaction.Isolation]; level != "" {
		err = control(ctx, on, "SET TRANSACTION ISOLATION LEVEL "+level) // of the next transaction only
	}
	if err == nil {
		err = control(ctx, on, begin)
	}
	if err != nil {
		discard(on)
		return fault(err)
	}
	finished := false
	defer func() {
		if !finished {
			rollback(ctx, on, restore)
		}
	}()
	if err := do(on); err != nil {
		return err
	}
	if err := control(ctx, on, "COMMIT"); err != nil {
		return fault(err)
	}
	finished = true
	restore(ctx)
	return nil
}

// rollback takes a transaction back, and the connection out of the pool if that fails.
func rollback(ctx context.Context, on *sql.Conn, restore func(context.Context)) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), rollbackTimeout)
	defer cancel()
	if err := control(ctx, on, "ROLLBACK"); err != nil {
		discard(on)
		return
	}
	restore(ctx)
}

// control runs a statement that begins or ends a transaction.
func control(ctx context.Context, on *sql.Conn, statement string) error {
	operation, _, _ := strings.Cut(statement, " ")
	if operation == "START" {
		operation = "BEGIN"
	}
	_, err := on.ExecContext(dialect.WithLabel(ctx, dialect.Label{Operation: operation}), statement)
	return err
}

// discard takes a connection out of the pool.
func discard(on *sql.Conn) {
	_ = on.Raw(func(any) error { return driver.ErrBadConn }) // which is what it returns
}

// setVariables sets the variables of a transaction. What it returns gives them back the values that they had in the session.
func (d *database) setVariables(ctx context.Context, on *sql.Conn, variables []dialect.Variable) (restore func(context.Context), err error) {
	if len(variables) == 0 {
		return func(context.Context) {}, nil
	}
	ctx = dialect.WithLabel(ctx, dialect.Label{Operation: "SET"})
	before := make([]any, len(variables))
	targets := make([]any, len(variables))
	var reading, setting []string
	var values []any
	for i, variable := range variables {
		if _, err := assignment(variable.Name); err != nil {
			return nil, err
		}
		name := "@@SESSION." + variable.Name
		if strings.HasPrefix(variable.Name, "@") {
			name = userVariable(variable.Name)
		}
		targets[i] = &before[i]
		reading, setting, values = append(reading, name), append(setting, name+" = ?"), append(values, variableValue(variable))
	}
	if err := on.QueryRowContext(ctx, "SELECT "+strings.Join(reading, ", ")).Scan(targets...); err != nil {
		return nil, err
	}
	set := "SET " + strings.Join(setting, ", ") //nolint:gosec // the names were looked at
	if _, err := on.ExecContext(ctx, set, values...); err != nil {
		return nil, err
	}
	return func(ctx context.Context) {
		if _, err := on.ExecContext(ctx, set, before...); err != nil {
			discard(on)
		}
	}, nil
}

func (d *database) run(ctx context.Context, on dialect.Runner, statement dialect.Statement, each func([]dialect.Value) error) (int64, error) {
	text, arguments, err := d.reader.bind(statement.Text, statement.Arguments)
	if err != nil {
		return 0, err
	}
	ctx = dialect.WithLabel(ctx, statement.Label)
	if len(statement.Columns) == 0 {
		return dialect.Execute(ctx, on, text, arguments, fault)
	}
	ctx, stop := context.WithCancel(ctx)
	found, err := on.QueryContext(ctx, text, arguments...)
	if err != nil {
		stop()
		return 0, fault(err)
	}
	defer func() { _ = found.Close() }() // Err has told by then
	defer stop()                         // first, so that the server sends no more of a result that nobody wants
	return d.reader.read(found, statement.Columns, each)
}

// Describe has the server prepare a statement, and tell the columns of one that reads.
func (d *database) Describe(ctx context.Context, statement dialect.Statement) (dialect.Description, error) {
	text, order := compile(statement.Text, nil)
	compiled, err := d.pool.PrepareContext(ctx, text)
	if err != nil {
		return dialect.Description{}, located(fault(err), text, order)
	}
	if err := compiled.Close(); err != nil {
		return dialect.Description{}, fault(err)
	}
	if statement.Mode == dialect.Write {
		return dialect.Description{}, nil // its columns cannot be had without running it
	}
	var description dialect.Description
	err = d.within(ctx, dialect.Transaction{Mode: dialect.ReadOnly}, func(on *sql.Conn) error {
		arguments := make([]any, len(order))
		found, err := on.QueryContext(ctx, "SELECT * FROM ("+text+"\n) AS described LIMIT 0", arguments...) //nolint:gosec // the query is what the operator wrote, to be run as it is
		if err != nil {
			return located(fault(err), text, order)
		}
		defer func() { _ = found.Close() }() // it holds no row
		types, err := found.ColumnTypes()
		if err != nil {
			return fault(err)
		}
		for _, columnType := range types {
			description.Columns = append(description.Columns, described(columnType))
		}
		return nil
	})
	return description, err
}

// located adds where in the statement a fault lies. The server tells it by what follows there; in what was compiled, placeholders have no numbers.
func located(err error, text string, order []int) error {
	var known *dialect.Fault
	if !errors.As(err, &known) {
		return err
	}
	match := nearText.FindStringSubmatch(known.Detail)
	if match == nil || match[1] == "" {
		return err
	}
	at := strings.LastIndex(text, match[1])
	if at < 0 {
		return err
	}
	known.Position = utf8.RuneCountInString(text[:at]) + 1
	for _, number := range order[:len(placeholders(text[:at]))] {
		known.Position += len(strconv.Itoa(number))
	}
	return err
}
