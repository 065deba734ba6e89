package firebird

import (
	"context"
	"database/sql"
	"errors"
	"regexp"

	"github.com/postern-gateway/postern/adapters/database/dialect"
)

// Query runs a statement in a transaction of its own.
func (d *database) Query(ctx context.Context, statement dialect.Statement, each func([]dialect.Value) error) (int64, error) {
	var count int64
	err := d.within(ctx, dialect.Transaction{Mode: statement.Mode}, func(on *sql.Tx) (err error) {
		count, err = d.run(ctx, on, statement, each)
		return err
	})
	if err != nil {
		return 0, err
	}
	return count, nil
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
		return unsent(fault(err))
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
	arguments, err := d.bind(statement.Arguments)
	if err != nil {
		return 0, err
	}
	ctx = dialect.WithLabel(ctx, statement.Label)
	if len(statement.Columns) > 0 {
		return d.query(ctx, on, statement, arguments, each)
	}
	result, err := on.ExecContext(ctx, statement.Text, arguments...)
	if err != nil {
		return 0, fault(err)
	}
	affected, err := result.RowsAffected()
	if err != nil {
		return 0, fault(err)
	}
	return affected, nil
}

// changes knows the statements that answer a row of NULLs where they found none.
var changes = regexp.MustCompile(`(?i)^\s*(?:UPDATE|DELETE|MERGE)\b`)

// query passes the rows on, and counts them.
func (d *database) query(ctx context.Context, on *sql.Tx, statement dialect.Statement, arguments []any, each func([]dialect.Value) error) (int64, error) {
	rows, err := on.QueryContext(ctx, statement.Text, arguments...)
	if err != nil {
		return 0, fault(err)
	}
	count, err := d.read(rows, statement.Columns, statement.Mode == dialect.Write && changes.MatchString(statement.Text), each)
	if closing := rows.Close(); err == nil && closing != nil {
		err = fault(closing)
	}
	return count, err
}

func (d *database) read(rows *sql.Rows, columns []*dialect.Column, nullsAreNone bool, each func([]dialect.Value) error) (int64, error) {
	raw := make([]any, len(columns))
	targets := make([]any, len(columns))
	for i := range raw {
		targets[i] = &raw[i]
	}
	row := make([]dialect.Value, len(columns))
	readers := d.readers(columns)
	var count int64
	for rows.Next() {
		if err := rows.Scan(targets...); err != nil {
			return count, fault(err)
		}
		null := true
		for i := range columns {
			readers[i].read(&row[i], raw[i])
			null = null && raw[i] == nil
		}
		if null && nullsAreNone {
			continue
		}
		count++
		if each == nil {
			continue
		}
		if err := each(row); err != nil {
			return count, err
		}
	}
	if err := rows.Err(); err != nil {
		return count, fault(err)
	}
	return count, nil
}

// unsent marks a fault that came before any statement.
func unsent(err error) error {
	var known *dialect.Fault
	if errors.As(err, &known) {
		known.Unsent = true
	}
	return err
}
