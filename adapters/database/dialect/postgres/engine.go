package postgres

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgconn/ctxwatch"
	"github.com/jackc/pgx/v5/pgxpool"
	"google.golang.org/grpc/codes"

	"github.com/postern-gateway/postern/adapters/database/dialect"
)

// cancelGrace is how long a statement has to end after the server was asked to cancel it.
const cancelGrace = 2 * time.Second

// Engine opens PostgreSQL databases.
type Engine struct{}

var _ dialect.Engine = Engine{}

// Schemes returns postgres and postgresql.
func (Engine) Schemes() []string { return []string{"postgres", "postgresql"} }

// Syntax returns PostgreSQL's spelling.
func (Engine) Syntax() *dialect.Syntax {
	return &dialect.Syntax{
		Quote:       func(name string) string { return pgx.Identifier{name}.Sanitize() },
		Placeholder: func(n int) string { return "$" + strconv.Itoa(n) },
		Output:      exactly,
		Compared:    exactly,
		Stored:      exactly,
		Kept:        kept,
		Contains: func(column *dialect.Column, text, part string) string {
			return "strpos(" + plainText(column, text) + ", " + part + ") > 0"
		},
		Like: func(column *dialect.Column, text, pattern string) string {
			if column.Native != "citext" { // which has a LIKE of its own
				text = plainText(column, text)
			}
			return text + " LIKE " + pattern + dialect.LikeEscape
		},
		Documents: &dialect.Documents{Value: documentValue, Number: func(placeholder string) string { return placeholder + "::numeric" }, Has: documentHas, Contains: documentContains},
		Ping:      "SELECT 1",
		Page:      dialect.LimitOffset,
		Arrays:    true,
		RowValues: true, DefaultValues: "DEFAULT VALUES",
		Lock:      "FOR UPDATE",
		Returning: dialect.Returning{Insert: true, Update: true, Delete: true},
	}
}

// plainText is a text that can be searched: an enum is none, a char has blanks behind it, and a nondeterministic collation takes no part in searches.
func plainText(column *dialect.Column, text string) string {
	if column.Unbound {
		return text + "::text COLLATE \"C\""
	}
	return text + "::text"
}

// exactly has money read, compared and stored as a numeric: its own text depends on the server's locale, as to the sign, the point, and the number of decimals.
func exactly(column *dialect.Column, expression string) string {
	if column.Type == moneyOID {
		return "(" + expression + ")::numeric"
	}
	return expression
}

// kept says that a parameter that is a point in time is rounded to microseconds.
func kept(column *dialect.Column) (digits int, ok bool) {
	return 6, column.Kind == dialect.Timestamp || column.Kind == dialect.LocalTimestamp
}

// Open connects once, so that a wrong address or password is known now.
func (Engine) Open(ctx context.Context, options dialect.Options) (dialect.Database, error) {
	config, err := pgxpool.ParseConfig(options.Address)
	if err != nil {
		return nil, &dialect.Fault{Code: codes.InvalidArgument, Reason: dialect.BadAddress, Detail: "the address is no PostgreSQL URL: postgres://USER:PASSWORD@HOST:PORT/DATABASE"}
	}
	schemas := options.Schemas
	if len(schemas) == 0 {
		schemas = []string{"public"}
	}
	config.MaxConns = int32(min(options.PoolSize, 1000)) //nolint:gosec // bounded
	if options.Lifetime > 0 {
		config.MaxConnLifetime = options.Lifetime
	}
	if config.ConnConfig.Tracer, err = newTracer(config.ConnConfig.Database+"|"+schemas[0], options); err != nil {
		return nil, &dialect.Fault{Code: codes.Internal, Reason: dialect.Unknown, Cause: err}
	}
	configure(config.ConnConfig, schemas, options)
	var pool *pgxpool.Pool
	if options.IdleSize < options.PoolSize {
		config.AfterRelease = func(*pgx.Conn) bool { return int(pool.Stat().IdleConns()) < options.IdleSize }
	}
	if pool, err = pgxpool.NewWithConfig(ctx, config); err != nil {
		return nil, fault(err)
	}
	opened := &database{pool: pool, schemas: schemas, location: options.Location}
	if err := pool.Ping(ctx); err != nil {
		opened.Close()
		return nil, fault(err)
	}
	return opened, nil
}

// configure fixes what the text of values looks like, and how a call is given up.
func configure(config *pgx.ConnConfig, schemas []string, options dialect.Options) {
	settings := config.RuntimeParams
	var path []string
	for _, schema := range schemas {
		path = append(path, pgx.Identifier{schema}.Sanitize())
	}
	settings["search_path"] = strings.Join(append(path, "public"), ", ")
	settings["timezone"] = "UTC"
	settings["datestyle"] = "ISO, YMD"
	settings["intervalstyle"] = "iso_8601"
	settings["extra_float_digits"] = "1" // all digits, also where the server is set to fewer
	if settings["application_name"] == "" {
		settings["application_name"] = options.Name
	}
	if options.Role != "" {
		settings["role"] = options.Role
	}
	for _, variable := range options.Variables {
		settings[variable.Name] = variable.Value
	}
	config.BuildContextWatcherHandler = func(conn *pgconn.PgConn) ctxwatch.Handler {
		return &pgconn.CancelRequestContextWatcherHandler{Conn: conn, DeadlineDelay: cancelGrace}
	}
}

// A database is one pool.
type database struct {
	pool     *pgxpool.Pool
	schemas  []string
	location *time.Location
}

// Close ends all connections.
func (d *database) Close() { d.pool.Close() }

// Query runs a statement. If the server refuses it for its plan, which was prepared for a table that has been changed since, it has run nothing of it; then it
// is prepared anew and run once more.
func (d *database) Query(ctx context.Context, statement dialect.Statement, each func([]dialect.Value) error) (int64, error) {
	count, err := d.query(ctx, statement, each)
	if isStalePlan(err) {
		count, err = d.query(ctx, statement, each)
	}
	d.renew(err)
	return count, err
}

// renew lets go of all sessions after one was lost, since a server that was started again, or has moved, has ended the others too. So one call learns of it, and
// not as many as there are sessions.
func (d *database) renew(err error) {
	var known *dialect.Fault
	if errors.As(err, &known) && known.Reason == dialect.ConnectionLost {
		d.pool.Reset()
	}
}

// query runs a statement. One that only reads, or that returns nothing, needs no more than itself to be a transaction; one that writes and
// returns rows is committed only when they have been taken.
func (d *database) query(ctx context.Context, statement dialect.Statement, each func([]dialect.Value) error) (int64, error) {
	if statement.Mode == dialect.Read || statement.Mode == dialect.Write && len(statement.Columns) == 0 {
		return d.run(ctx, d.pool, statement, each)
	}
	options := pgx.TxOptions{AccessMode: pgx.ReadWrite}
	if statement.Mode == dialect.ReadOnly {
		options.AccessMode = pgx.ReadOnly
	}
	var count int64
	err := d.within(ctx, options, func(on pgx.Tx) (err error) {
		count, err = d.run(ctx, on, statement, each)
		return err
	})
	if err != nil {
		return 0, err
	}
	return count, nil
}

// within calls do with a transaction. An error of do is returned as it is.
func (d *database) within(ctx context.Context, options pgx.TxOptions, do func(pgx.Tx) error) error {
	var failed error
	err := pgx.BeginTxFunc(ctx, d.pool, options, func(tx pgx.Tx) error {
		failed = do(tx)
		return failed
	})
	if failed != nil || err == nil {
		return failed
	}
	return fault(err)
}

// levels are the names of the levels of isolation. PostgreSQL's repeatable read is a snapshot.
var levels = map[dialect.Isolation]pgx.TxIsoLevel{
	dialect.ReadCommitted: pgx.ReadCommitted, dialect.RepeatableRead: pgx.RepeatableRead, dialect.Serializable: pgx.Serializable,
}

// Run begins a transaction, sets its variables and calls do.
func (d *database) Run(ctx context.Context, transaction dialect.Transaction, do func(dialect.Tx) error) error {
	options := pgx.TxOptions{IsoLevel: levels[transaction.Isolation], AccessMode: pgx.ReadOnly}
	if transaction.Mode == dialect.Write {
		options.AccessMode = pgx.ReadWrite
	}
	err := d.within(ctx, options, func(on pgx.Tx) error {
		for _, variable := range transaction.Variables {
			if _, err := on.Exec(ctx, "SELECT pg_catalog.set_config($1, $2, true)", variable.Name, variable.Value); err != nil {
				return fault(err)
			}
		}
		return do(tx{d, on})
	})
	d.renew(err)
	return err
}

// A tx is a transaction under way.
type tx struct {
	database *database
	on       pgx.Tx
}

// Query runs a statement in the transaction.
func (t tx) Query(ctx context.Context, statement dialect.Statement, each func([]dialect.Value) error) (int64, error) {
	return t.database.run(ctx, t.on, statement, each)
}

// Describe has the server prepare a statement and tell its types.
func (d *database) Describe(ctx context.Context, statement dialect.Statement) (dialect.Description, error) {
	conn, err := d.pool.Acquire(ctx)
	if err != nil {
		return dialect.Description{}, fault(err)
	}
	defer conn.Release()
	// The unnamed statement is forgotten with the next one.
	described, err := conn.Conn().PgConn().Prepare(ctx, "", statement.Text, nil)
	if err != nil {
		return dialect.Description{}, fault(err)
	}
	columns := make([]typed, 0, len(described.ParamOIDs)+len(described.Fields))
	for i, oid := range described.ParamOIDs {
		columns = append(columns, typed{name: strconv.Itoa(i + 1), oid: oid, modifier: -1})
	}
	for _, field := range described.Fields {
		columns = append(columns, typed{name: field.Name, oid: field.DataTypeOID, modifier: field.TypeModifier})
	}
	resolved, err := resolve(ctx, conn, columns)
	if err != nil {
		return dialect.Description{}, fault(err)
	}
	parameters := len(described.ParamOIDs)
	return dialect.Description{Parameters: resolved[:parameters], Columns: resolved[parameters:]}, nil
}
