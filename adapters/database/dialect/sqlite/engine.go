package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/XSAM/otelsql"
	semconv "go.opentelemetry.io/otel/semconv/v1.37.0"
	driver "modernc.org/sqlite"

	"github.com/postern-gateway/postern/adapters/database/dialect"
)

// Scheme starts the address of a file: sqlite:PATH.
const Scheme = "sqlite"

// mainSchema is the only schema of a file to which no other is attached.
const mainSchema = "main"

// lockWait is how long a statement waits for another process to let go of the file.
const lockWait = 5 * time.Second

// Engine opens SQLite files.
type Engine struct{}

var _ dialect.Engine = Engine{}

// Schemes returns sqlite.
func (Engine) Schemes() []string { return []string{Scheme} }

// Syntax returns SQLite's spelling.
func (Engine) Syntax() *dialect.Syntax {
	return &dialect.Syntax{
		Quote:       quote,
		Placeholder: func(n int) string { return "?" + strconv.Itoa(n) },
		Output:      func(_ *dialect.Column, expression string) string { return "+" + expression },
		Compared:    compared,
		Kept:        kept,
		Contains:    func(_ *dialect.Column, text, part string) string { return "instr(" + text + ", " + part + ") > 0" },
		Like:        func(_ *dialect.Column, text, pattern string) string { return text + " GLOB " + pattern },
		Pattern:     globbed,
		Trimmed:     func(text string) string { return "RTRIM(" + text + ")" },
		Documents:   &dialect.Documents{Value: documentValue, Number: func(placeholder string) string { return "CAST(" + placeholder + " AS NUMERIC)" }, Has: documentHas},
		NullsFirst:  true,
		Brackets:    true,
		OneWriter:   true,
		Ping:        "PRAGMA schema_version", // reads the file's header, which opening alone does not
		Page:        dialect.LimitOffset,
		RowValues:   true, DefaultValues: "DEFAULT VALUES",
		Returning: dialect.Returning{Insert: true, Update: true, Delete: true},
	}
}

// quote takes grave accents, since SQLite reads a name in double quotes as a text where there is no such column
// (https://www.sqlite.org/quirks.html, section 8): one that was dropped would be answered with its own name.
func quote(name string) string {
	return "`" + strings.ReplaceAll(name, "`", "``") + "`"
}

// compared brings the forms in which a date and time may be stored down to one.
func compared(column *dialect.Column, expression string) string {
	if column.Kind == dialect.LocalTimestamp {
		return "strftime('%Y-%m-%d %H:%M:%f', " + expression + ", 'auto')"
	}
	return expression
}

var globEscapes = strings.NewReplacer("*", "[*]", "?", "[?]", "[", "[[]")

// globbed is a pattern of GLOB, which unlike LIKE tells capitals from small letters, as = does. A NUL ends what GLOB sees of a pattern: one that holds it is of no text.
func globbed(parts []string) string {
	escaped := make([]string, len(parts))
	for i, part := range parts {
		if strings.ContainsRune(part, 0) {
			return "[" // a set without an end
		}
		escaped[i] = globEscapes.Replace(part)
	}
	return strings.Join(escaped, "*")
}

// kept says that compared tells points in time to the millisecond.
func kept(column *dialect.Column) (digits int, ok bool) {
	return 3, column.Kind == dialect.LocalTimestamp
}

// Open opens a file, which must be there.
func (Engine) Open(ctx context.Context, options dialect.Options) (dialect.Database, error) {
	path := strings.TrimPrefix(strings.TrimPrefix(options.Address, Scheme+":"), "//")
	if path == "" {
		return nil, &dialect.Fault{Code: badAddress, Reason: dialect.BadAddress, Detail: "an SQLite address is sqlite:PATH"}
	}
	if !filepath.IsAbs(path) {
		path = filepath.Join(options.Dir, path)
	}
	if options.Role != "" || len(options.Variables) > 0 {
		return nil, noSettings()
	}
	reading, err := pool(path, options, options.PoolSize, "_pragma=query_only(1)")
	if err != nil {
		return nil, fault(err)
	}
	writing, err := pool(path, options, 1, "_txlock=immediate")
	if err != nil {
		_ = reading.Close()
		return nil, fault(err)
	}
	opened := &database{reading: reading, writing: writing, schema: mainSchema, location: options.Location}
	if len(options.Schemas) > 0 {
		opened.schema = options.Schemas[0]
	}
	if err := opened.ping(ctx); err != nil {
		opened.Close()
		return nil, err
	}
	return opened, nil
}

// noSettings is the fault of settings of the session, of which a policy of rows would be made elsewhere.
func noSettings() error {
	return &dialect.Fault{Code: badAddress, Reason: dialect.NoSetting, Detail: "SQLite has neither roles nor settings of sessions"}
}

func pool(path string, options dialect.Options, size int, setting string) (*sql.DB, error) {
	address := "file:" + (&url.URL{Path: path}).EscapedPath() + fmt.Sprintf("?mode=rw&_pragma=busy_timeout(%d)&_pragma=foreign_keys(1)&_timezone=%s&", lockWait.Milliseconds(), url.QueryEscape(options.Location.String())) + setting
	connector, err := driver.NewConnector(address)
	if err != nil {
		return nil, err
	}
	db := otelsql.OpenDB(connector, dialect.Tracing(options, semconv.DBSystemNameSQLite)...)
	db.SetMaxOpenConns(size)
	db.SetMaxIdleConns(size)
	return db, nil
}

// A database is one open file.
type database struct {
	reading, writing *sql.DB
	schema           string
	location         *time.Location
}

// ping reads the file's header, which opening alone does not.
func (d *database) ping(ctx context.Context) error {
	var version int
	if err := d.reading.QueryRowContext(ctx, "PRAGMA schema_version").Scan(&version); err != nil {
		return fault(err)
	}
	return nil
}

// Close ends all connections. Nothing is using them any more.
func (d *database) Close() {
	_ = d.reading.Close() // a file that was only read has nothing to lose
	_ = d.writing.Close() // every write was committed
}

// Query runs a statement. One that only reads, or that returns nothing, needs no more than itself to be a transaction; one that writes and
// returns rows is committed only when they have been taken.
func (d *database) Query(ctx context.Context, statement dialect.Statement, each func([]dialect.Value) error) (int64, error) {
	switch {
	case statement.Mode != dialect.Write:
		return d.run(ctx, d.reading, statement, each)
	case len(statement.Columns) == 0:
		return d.run(ctx, d.writing, statement, each)
	}
	return dialect.QueryWithin(ctx, d, statement, each)
}

// within calls do with a transaction. An error of do is returned as it is.
func (d *database) within(ctx context.Context, on *sql.DB, do func(*sql.Tx) error) error {
	tx, err := on.BeginTx(ctx, nil)
	if err != nil {
		return fault(err)
	}
	defer func() { _ = tx.Rollback() }() // nothing after a commit
	if err := do(tx); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return fault(err)
	}
	return nil
}

// Run begins a transaction and calls do. Every transaction is serializable (Isolation In SQLite), and there are no variables.
func (d *database) Run(ctx context.Context, transaction dialect.Transaction, do func(dialect.Tx) error) error {
	if len(transaction.Variables) > 0 {
		return noSettings()
	}
	on := d.reading
	if transaction.Mode == dialect.Write {
		on = d.writing
	}
	return d.within(ctx, on, func(begun *sql.Tx) error { return do(tx{d, begun}) })
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

func (d *database) run(ctx context.Context, on dialect.Runner, statement dialect.Statement, each func([]dialect.Value) error) (int64, error) {
	arguments, err := d.bind(statement.Arguments)
	if err != nil {
		return 0, err
	}
	ctx = dialect.WithLabel(ctx, statement.Label)
	if statement.Mode == dialect.Write && len(statement.Columns) == 0 {
		return dialect.Execute(ctx, on, statement.Text, arguments, fault)
	}
	rows, err := on.QueryContext(ctx, statement.Text, arguments...)
	if err != nil {
		return 0, fault(err)
	}
	read := func(out *dialect.Value, column int, raw any) error {
		return d.value(out, statement.Columns[column], raw)
	}
	count, err := dialect.RowReader{Columns: statement.Columns, Read: read, Fault: fault}.Each(rows, each)
	return count, dialect.CloseRows(rows, err, fault)
}

// Describe compiles a statement, and tells the columns of one that reads.
func (d *database) Describe(ctx context.Context, statement dialect.Statement) (dialect.Description, error) {
	arguments := make([]any, len(statement.Arguments))
	explained, err := d.reading.QueryContext(ctx, "EXPLAIN "+statement.Text, arguments...)
	if err != nil {
		return dialect.Description{}, fault(err)
	}
	if err := explained.Close(); err != nil {
		return dialect.Description{}, fault(err)
	}
	if statement.Mode == dialect.Write {
		return dialect.Description{}, nil // its columns cannot be had without running it
	}
	rows, err := d.reading.QueryContext(ctx, "SELECT * FROM ("+statement.Text+"\n) LIMIT 0", arguments...) //nolint:gosec // the query is what the operator wrote, to be run as it is
	if err != nil {
		return dialect.Description{}, fault(err)
	}
	defer func() { _ = rows.Close() }() // it holds no row
	types, err := rows.ColumnTypes()
	if err != nil {
		return dialect.Description{}, fault(err)
	}
	var description dialect.Description
	for _, columnType := range types {
		column := declared(originalName(columnType.Name(), description.Columns), columnType.DatabaseTypeName())
		column.Nullable = true
		description.Columns = append(description.Columns, column)
	}
	return description, nil
}

// originalName takes off the :1 that tells the second column of a name from the first in a sub-query.
func originalName(name string, before []*dialect.Column) string {
	original, number, found := strings.Cut(name, ":")
	if _, err := strconv.Atoi(number); !found || err != nil {
		return name
	}
	if slices.ContainsFunc(before, func(c *dialect.Column) bool { return c.Name == original }) {
		return original
	}
	return name
}
