package firebird

import (
	"context"
	"database/sql"
	"regexp"

	"github.com/postern-gateway/postern/adapters/database/dialect"
)

// Query runs a statement in a transaction of its own.
func (d *database) Query(ctx context.Context, statement dialect.Statement, each func([]dialect.Value) error) (int64, error) {
	return dialect.QueryWithin(ctx, d, statement, each)
}

// levels are the driver's names of the levels of isolation: it knows SNAPSHOT as repeatable read, and SNAPSHOT TABLE STABILITY as serializable.
var levels = map[dialect.Isolation]sql.IsolationLevel{
	dialect.ReadCommitted: sql.LevelReadCommitted, dialect.RepeatableRead: sql.LevelRepeatableRead, dialect.Serializable: sql.LevelSerializable,
}

// within calls do with a transaction. An error of do is returned as it is.
func (d *database) within(ctx context.Context, transaction dialect.Transaction, do func(*sql.Tx) error) error {
	options := &sql.TxOptions{Isolation: levels[transaction.Isolation], ReadOnly: transaction.Mode == dialect.ReadOnly}
	if transaction.Mode == dialect.Read && transaction.Isolation <= dialect.ReadCommitted {
		options.ReadOnly = true // another level could not be had then
	}
	on, err := d.pool.BeginTx(ctx, options)
	if err != nil {
		return dialect.Unsent(fault(err))
	}
	defer func() { _ = on.Rollback() }() // nothing after a commit
	for _, variable := range transaction.Variables {
		var replaced int
		if err := on.QueryRowContext(ctx, setVariable("USER_TRANSACTION"), variable.Name, variable.Value).Scan(&replaced); err != nil {
			return fault(err)
		}
	}
	if err := do(on); err != nil {
		return err
	}
	return fault(on.Commit())
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

func (d *database) run(ctx context.Context, on *sql.Tx, statement dialect.Statement, each func([]dialect.Value) error) (int64, error) {
	arguments, err := dialect.Bind(statement.Arguments, d.argument)
	if err != nil {
		return 0, err
	}
	ctx = dialect.WithLabel(ctx, statement.Label)
	if len(statement.Columns) == 0 {
		return dialect.Execute(ctx, on, statement.Text, arguments, fault)
	}
	rows, err := on.QueryContext(ctx, statement.Text, arguments...)
	if err != nil {
		return 0, fault(err)
	}
	readers := d.readers(statement.Columns)
	count, err := dialect.RowReader{
		Columns:   statement.Columns,
		Read:      func(out *dialect.Value, column int, raw any) error { return readers[column].value(out, raw) },
		SkipNulls: statement.Mode == dialect.Write && changes.MatchString(statement.Text),
		Fault:     fault,
	}.Each(rows, each)
	return count, dialect.CloseRows(rows, err, fault)
}

// changes knows the statements that answer a row of NULLs where they found none.
var changes = regexp.MustCompile(`(?i)^\s*(?:UPDATE|DELETE|MERGE)\b`)
