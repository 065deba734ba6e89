package postgres

import (
	"context"
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
		Output:      func(_ *dialect.Column, expression string) string { return expression },
		Compared:    func(_ *dialect.Column, expression string) string { return expression },
		Contains:    func(text, part string) string { return "strpos(" + text + "::text, " + part + ") > 0" },
		Ping:        "SELECT 1",
		Page:        dialect.LimitOffset,
		RowValues:   true, DefaultValues: "DEFAULT VALUES",
		Lock:      "FOR UPDATE",
		Returning: dialect.Returning{Insert: true, Update: true, Delete: true},
	}
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
	configure(config.ConnConfig, schemas, options)
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
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
	config.Tracer = newTracer(config.Database+"|"+schemas[0], options)
}

// A database is one pool.
type database struct {
	pool     *pgxpool.Pool
	schemas  []string
	location *time.Location
}

// Close ends all connections.
func (d *database) Close() { d.pool.Close() }

// Query runs a statement. One that only reads, or that returns nothing, needs no more than itself to be a transaction; one that writes and
// returns rows is committed only when they have been taken.
func (d *database) Query(ctx context.Context, statement dialect.Statement, each func([]dialect.Value) error) (int64, error) {
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
	return d.within(ctx, options, func(on pgx.Tx) error {
		for _, variable := range transaction.Variables {
			if _, err := on.Exec(ctx, "SELECT pg_catalog.set_config($1, $2, true)", variable.Name, variable.Value); err != nil {
				return fault(err)
			}
		}
		return do(tx{d, on})
	})
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

type querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

func (d *database) run(ctx context.Context, on querier, statement dialect.Statement, each func([]dialect.Value) error) (int64, error) {
	arguments := make([]any, 0, len(statement.Arguments)+1)
	arguments = append(arguments, formats(statement.Columns))
	for _, argument := range statement.Arguments {
		arguments = append(arguments, d.bind(argument))
	}
	ctx, stop := context.WithCancel(ctx)
	rows, err := on.Query(dialect.WithLabel(ctx, statement.Label), statement.Text, arguments...)
	if err != nil {
		stop()
		return 0, fault(err)
	}
	defer rows.Close()
	defer stop() // first, so that the server sends no more of a result that nobody wants
	row := make([]dialect.Value, len(statement.Columns))
	for rows.Next() {
		d.values(row, statement.Columns, rows.RawValues())
		if each == nil {
			continue
		}
		if err := each(row); err != nil {
			return 0, err
		}
	}
	if err := rows.Err(); err != nil {
		return 0, fault(err)
	}
	return rows.CommandTag().RowsAffected(), nil
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

// formats says in which form each column is wanted.
func formats(columns []*dialect.Column) pgx.QueryResultFormats {
	out := make(pgx.QueryResultFormats, len(columns))
	for i, column := range columns {
		if isBinary(column.Kind) {
			out[i] = pgx.BinaryFormatCode
		}
	}
	return out
}
