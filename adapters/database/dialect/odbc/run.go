package odbc

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"time"

	"github.com/postern-gateway/postern/adapters/database/dialect"
	"github.com/postern-gateway/postern/adapters/database/sqltext"
)

// restoreTimeout bounds the setting back of the isolation level.
const restoreTimeout = 5 * time.Second

// Query runs a statement. One that only reads needs no more than itself to be a transaction; any other has one of its own, so that database/sql sends it once only.
func (d *database) Query(ctx context.Context, statement dialect.Statement, each func([]dialect.Value) error) (int64, error) {
	if statement.Mode == dialect.Read {
		return d.run(ctx, d.pool, statement, each)
	}
	return dialect.QueryWithin(ctx, d, statement, each)
}

// A tx is a transaction under way.
type tx struct {
	database *database
	on       *sql.Tx
}

// Query runs a statement in the transaction.
func (t tx) Query(ctx context.Context, statement dialect.Statement, each func([]dialect.Value) error) (int64, error) {
	return t.database.run(ctx, t.on, statement, each)
}

// Run begins a transaction and calls do. One that only reads what others wrote is taken back at its end.
func (d *database) Run(ctx context.Context, transaction dialect.Transaction, do func(dialect.Tx) error) error {
	if len(transaction.Variables) > 0 {
		return badAddress("transactions through ODBC have no variables")
	}
	conn, err := d.pool.Conn(ctx)
	if err != nil {
		return dialect.Unsent(fault(err))
	}
	defer func() { _ = conn.Close() }() // it goes back to the pool
	on, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return dialect.Unsent(fault(err))
	}
	defer d.restore(ctx, conn)
	defer func() { _ = on.Rollback() }() // nothing after a commit
	setting := dialect.WithLabel(ctx, dialect.Label{Operation: "SET"})
	if _, err := on.ExecContext(setting, d.levels[transaction.Isolation]); err != nil {
		return dialect.Unsent(fault(err))
	}
	if err := do(tx{d, on}); err != nil {
		return err
	}
	if transaction.Mode == dialect.ReadOnly {
		return nil // and so taken back
	}
	return fault(on.Commit())
}

// restore gives a connection its level back where that outlives the transaction. One that does not take it is not used again.
func (d *database) restore(ctx context.Context, conn *sql.Conn) {
	if d.restoring == "" {
		return
	}
	ctx, cancel := context.WithTimeout(dialect.WithLabel(context.WithoutCancel(ctx), dialect.Label{Operation: "SET"}), restoreTimeout)
	defer cancel()
	if _, err := conn.ExecContext(ctx, d.restoring); err != nil {
		_ = conn.Raw(func(any) error { return driver.ErrBadConn }) // which is what it returns
	}
}

// writing are the words without which no statement writes, or leaves the transaction that it runs in.
var writing = []string{
	"INSERT", "UPDATE", "DELETE", "MERGE", "INTO", "CALL", "EXECUTE", "TRUNCATE", "CREATE", "ALTER", "DROP", "GRANT", "REVOKE", "COMMIT", "ROLLBACK", "SAVEPOINT",
	"BEGIN", "SET", "LOCK", "RENAME", "NEXT VALUE FOR", "NEXTVAL", "LOAD", "UNLOAD",
}

func (d *database) run(ctx context.Context, on dialect.Runner, statement dialect.Statement, each func([]dialect.Value) error) (int64, error) {
	if statement.Mode == dialect.ReadOnly {
		if err := dialect.RefuseWriting(sqltext.Writing(statement.Text, sqltext.Options{}, writing)); err != nil {
			return 0, err
		}
	}
	text, arguments, err := d.bind(statement.Text, statement.Arguments)
	if err != nil {
		return 0, err
	}
	ctx = dialect.WithLabel(ctx, statement.Label)
	if len(statement.Columns) == 0 {
		return dialect.Execute(ctx, on, text, arguments, fault)
	}
	rows, err := on.QueryContext(ctx, text, arguments...)
	if err != nil {
		return 0, fault(err)
	}
	count, err := d.read(rows, statement.Columns, each)
	return count, dialect.CloseRows(rows, err, fault)
}

// read passes on the rows.
func (d *database) read(rows *sql.Rows, columns []*dialect.Column, each func([]dialect.Value) error) (int64, error) {
	if _, err := dialect.ColumnTypes(rows, columns); err != nil {
		return 0, fault(err)
	}
	read := func(out *dialect.Value, column int, raw any) error { return d.value(out, columns[column], raw) }
	return dialect.RowReader{Columns: columns, Read: read, Fault: fault}.Each(rows, each)
}

// Describe has the server name the columns of a query by asking for none of its rows. It knows no types. A statement that may write is not looked at.
func (d *database) Describe(ctx context.Context, statement dialect.Statement) (dialect.Description, error) {
	if phrase := sqltext.Writing(statement.Text, sqltext.Options{}, writing); phrase != "" {
		if statement.Mode == dialect.ReadOnly {
			return dialect.Description{}, dialect.RefuseWriting(phrase)
		}
		return dialect.Description{}, nil
	}
	text, arguments, err := d.bind(statement.Text, statement.Arguments)
	if err != nil {
		return dialect.Description{}, err
	}
	rows, err := d.pool.QueryContext(ctx, "SELECT * FROM ("+text+"\n) described WHERE 1 = 0", arguments...) //nolint:gosec // the text is of a file of queries, which its author wrote
	if err != nil {
		return dialect.Description{}, fault(err)
	}
	defer func() { _ = rows.Close() }() // it holds no row
	names, err := rows.Columns()
	if err != nil {
		return dialect.Description{}, fault(err)
	}
	var out dialect.Description
	for _, name := range names {
		out.Columns = append(out.Columns, &dialect.Column{Name: name, Nullable: true})
	}
	return out, nil
}
