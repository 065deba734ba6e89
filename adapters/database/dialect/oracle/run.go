package oracle

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"strings"
	"time"

	goora "github.com/sijms/go-ora/v2"
	"google.golang.org/grpc/codes"

	"github.com/postern-gateway/postern/adapters/database/dialect"
	"github.com/postern-gateway/postern/adapters/database/sqltext"
)

// restoreTimeout bounds the setting back of variables whose caller may be gone.
const restoreTimeout = 5 * time.Second

// Query runs a statement. One that only reads needs no more than itself to be a transaction. One that writes has a transaction of its own: where a connection
// breaks, the driver says that it was bad, and by itself database/sql would send the statement once more.
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

// beginning is the statement that a transaction starts with; "" for none. The driver has no word for it.
func beginning(transaction dialect.Transaction) string {
	switch {
	case transaction.Mode == dialect.ReadOnly, transaction.Mode == dialect.Read && transaction.Isolation > dialect.ReadCommitted:
		return "SET TRANSACTION READ ONLY"
	case transaction.Isolation > dialect.ReadCommitted:
		return "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE"
	default:
		return ""
	}
}

// Run begins a transaction, sets its variables and calls do.
func (d *database) Run(ctx context.Context, transaction dialect.Transaction, do func(dialect.Tx) error) error {
	conn, err := d.pool.Conn(ctx)
	if err != nil {
		return dialect.Unsent(fault(err))
	}
	defer func() { _ = conn.Close() }() // it goes back to the pool
	defer d.restore(ctx, conn, transaction.Variables)
	on, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return dialect.Unsent(fault(err))
	}
	defer func() { _ = on.Rollback() }() // nothing after a commit
	setting := dialect.WithLabel(ctx, dialect.Label{Operation: "SET"})
	if text := beginning(transaction); text != "" {
		if _, err := on.ExecContext(setting, text); err != nil {
			return fault(err)
		}
	}
	for _, variable := range transaction.Variables {
		if !known(variable.Name) {
			return &dialect.Fault{Code: codes.InvalidArgument, Reason: dialect.BadAddress, Detail: "a transaction has no variable " + variable.Name}
		}
		if err := d.set(setting, on, setText(variable)); err != nil {
			return fault(err)
		}
	}
	if err := do(tx{d, on}); err != nil {
		return err
	}
	return fault(on.Commit())
}

func (d *database) set(ctx context.Context, on dialect.Runner, wanted setting) error {
	arguments := make([]any, len(wanted.arguments))
	for i, argument := range wanted.arguments {
		arguments[i] = argument.Value
	}
	_, err := on.ExecContext(ctx, wanted.text, arguments...)
	return err
}

// restore gives variables back what the session had. A connection that does not take it is not used again.
func (d *database) restore(ctx context.Context, on *sql.Conn, variables []dialect.Variable) {
	if len(variables) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(dialect.WithLabel(context.WithoutCancel(ctx), dialect.Label{Operation: "SET"}), restoreTimeout)
	defer cancel()
	for _, variable := range variables {
		if !known(variable.Name) {
			continue
		}
		back := clearText(variable.Name)
		for _, ofSession := range d.variables {
			if strings.EqualFold(ofSession.Name, variable.Name) {
				back = setText(ofSession)
			}
		}
		if err := d.set(ctx, on, back); err != nil {
			_ = on.Raw(func(any) error { return driver.ErrBadConn }) // which is what it returns
			return
		}
	}
}

func (d *database) run(ctx context.Context, on dialect.Runner, statement dialect.Statement, each func([]dialect.Value) error) (int64, error) {
	if statement.Mode == dialect.ReadOnly && !selects(statement.Text) {
		return 0, notReading()
	}
	arguments, err := dialect.Bind(statement.Arguments, d.argument)
	if err != nil {
		return 0, err
	}
	ctx = dialect.WithLabel(ctx, statement.Label)
	if len(statement.Columns) == 0 {
		return dialect.Execute(ctx, on, statement.Text, arguments, fault)
	}
	rows, err := d.query(ctx, on, statement.Text, arguments)
	if err != nil {
		return 0, fault(err)
	}
	count, err := d.read(rows, statement.Columns, each)
	return count, dialect.CloseRows(rows, err, fault)
}

// query runs a statement that returns rows, by itself or, as a block of [returning], through a cursor.
func (d *database) query(ctx context.Context, on dialect.Runner, text string, arguments []any) (*sql.Rows, error) {
	if !strings.HasPrefix(text, rowBlock) {
		return on.QueryContext(ctx, text, arguments...)
	}
	var cursor goora.RefCursor
	if _, err := on.ExecContext(ctx, text, append(arguments, sql.Out{Dest: &cursor})...); err != nil {
		return nil, err
	}
	return d.rowsOf(ctx, on, &cursor)
}

// read passes on the rows.
func (d *database) read(rows *sql.Rows, columns []*dialect.Column, each func([]dialect.Value) error) (int64, error) {
	readers, err := d.readers(rows, columns)
	if err != nil {
		return 0, fault(err)
	}
	read := func(out *dialect.Value, column int, raw any) error { return readers[column].value(out, raw) }
	return dialect.RowReader{Columns: columns, Read: read, Fault: fault}.Each(rows, each)
}

// selects reports whether a statement is a query, which in a read-only transaction cannot write.
func selects(text string) bool {
	for _, token := range sqltext.Scan(text, sqltext.Options{}) {
		switch {
		case token.Kind == sqltext.Space, token.Kind == sqltext.Comment, token.Is("("):
		default:
			return token.Is("SELECT") || token.Is("WITH")
		}
	}
	return false
}

func notReading() error {
	return &dialect.Fault{Code: codes.PermissionDenied, Reason: dialect.NotWritable, Detail: "a query that only reads starts with SELECT or WITH; declare that it writes"}
}
