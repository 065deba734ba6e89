package sqlserver

import (
	"context"
	"database/sql"
	"errors"

	"github.com/postern-gateway/postern/adapters/database/dialect"
	"github.com/postern-gateway/postern/adapters/database/sqltext"
)

// Query runs a statement. One that only reads needs no more than itself to be a transaction. One that writes has a transaction of its own: where a connection
// breaks, the driver may say that it was bad, and by itself database/sql would send the statement once more.
func (d *database) Query(ctx context.Context, statement dialect.Statement, each func([]dialect.Value) error) (int64, error) {
	if statement.Mode == dialect.Read {
		return d.run(ctx, d.pool, statement, each)
	}
	return dialect.QueryWithin(ctx, d, statement, each)
}

// Run begins a transaction, sets its variables and calls do.
func (d *database) Run(ctx context.Context, transaction dialect.Transaction, do func(dialect.Tx) error) error {
	return d.within(ctx, transaction, func(on *sql.Tx) error { return do(tx{d, on}) })
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

// level is the driver's name of a level of isolation.
func (d *database) level(transaction dialect.Transaction) sql.IsolationLevel {
	switch {
	case transaction.Isolation == dialect.Serializable:
		return sql.LevelSerializable
	case transaction.Isolation == dialect.RepeatableRead && transaction.Mode != dialect.Write && d.snapshot:
		return sql.LevelSnapshot
	case transaction.Isolation == dialect.RepeatableRead:
		return sql.LevelRepeatableRead
	default:
		return sql.LevelReadCommitted
	}
}

// within calls do with a transaction. An error of do is returned as it is.
func (d *database) within(ctx context.Context, transaction dialect.Transaction, do func(*sql.Tx) error) error {
	on, err := d.pool.BeginTx(ctx, &sql.TxOptions{Isolation: d.level(transaction)})
	if err != nil {
		return dialect.Unsent(fault(err))
	}
	defer func() { _ = on.Rollback() }() // nothing after a commit
	if err := setVariables(ctx, on, transaction.Variables); err != nil {
		return err
	}
	if err := do(on); err != nil {
		return err
	}
	if transaction.Mode == dialect.ReadOnly {
		return nil // and so taken back
	}
	return fault(on.Commit())
}

// setVariables sets what the server forgets when the connection is used again.
func setVariables(ctx context.Context, on *sql.Tx, variables []dialect.Variable) error {
	ctx = dialect.WithLabel(ctx, dialect.Label{Operation: "SET"})
	for _, variable := range variables {
		if isOption(variable.Name) {
			if !plainValue.MatchString(variable.Value) {
				return dialect.Rejected(errors.New("the value is none that SET takes"))
			}
			if _, err := on.ExecContext(ctx, setOption(variable)); err != nil {
				return fault(err)
			}
			continue
		}
		if _, err := on.ExecContext(ctx, "EXEC sp_set_session_context @key = @p1, @value = @p2", variable.Name, variable.Value); err != nil {
			return fault(err)
		}
	}
	return nil
}

// aborting has the server end the transaction with any error of the statement behind it. Procedures are called without it: those that catch errors and go on
// could not.
const aborting = "SET XACT_ABORT ON; "

func (d *database) run(ctx context.Context, on dialect.Runner, statement dialect.Statement, each func([]dialect.Value) error) (int64, error) {
	if statement.Mode == dialect.ReadOnly {
		if err := readsOnly(statement.Text); err != nil {
			return 0, err
		}
	}
	text, arguments, err := d.bind(statement.Text, statement.Arguments)
	if err != nil {
		return 0, err
	}
	if statement.Mode == dialect.Write {
		text = aborting + text
	}
	ctx = dialect.WithLabel(ctx, statement.Label)
	if len(statement.Columns) == 0 {
		return dialect.Execute(ctx, on, text, arguments, fault)
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop() // so that the server sends no more of a result that nobody wants
	rows, err := on.QueryContext(ctx, text, arguments...)
	if err != nil {
		return 0, fault(err)
	}
	count, err := d.read(rows, statement.Columns, each)
	if err != nil {
		stop()
	}
	return count, dialect.CloseRows(rows, err, fault)
}

// read passes on the rows of one result set.
func (d *database) read(rows *sql.Rows, columns []*dialect.Column, each func([]dialect.Value) error) (int64, error) {
	readers, err := d.readers(rows, columns)
	if err != nil {
		return 0, fault(err)
	}
	read := func(out *dialect.Value, column int, raw any) error { return readers[column].value(out, raw) }
	return dialect.RowReader{Columns: columns, Read: read, Fault: fault}.Each(rows, each)
}

// writing are the words without which no statement of Transact-SQL writes, or leaves the transaction that it runs in.
var writing = []string{
	"INSERT", "UPDATE", "DELETE", "MERGE", "INTO", "EXEC", "EXECUTE", "TRUNCATE", "CREATE", "ALTER", "DROP", "GRANT", "DENY", "REVOKE", "COMMIT", "ROLLBACK", "SAVE",
	"BEGIN", "SET", "DBCC", "BACKUP", "RESTORE", "KILL", "SHUTDOWN", "RECONFIGURE", "OPENROWSET", "OPENQUERY", "OPENDATASOURCE", "WRITETEXT", "UPDATETEXT", "BULK", "USE",
	"NEXT VALUE FOR",
}

// readsOnly refuses a statement in which a word could write.
func readsOnly(text string) error {
	return dialect.RefuseWriting(sqltext.Writing(text, sqltext.Options{Brackets: true}, writing))
}
