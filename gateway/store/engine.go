package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	_ "modernc.org/sqlite" // the driver named sqlite
)

// readers is how many reads may run at once.
const readers = 4

// A database is what the store needs of an engine.
type database interface {
	// begin starts a transaction. Of those that write there is one at a time, whichever process began it. When ctx ends, so does the transaction.
	begin(ctx context.Context, write bool) (handle, error)
	close() error
	// native is the pool of connections that write, as the engine's own packages take it.
	native() any
}

// A handle is a transaction of an engine.
type handle interface {
	exec(ctx context.Context, statement string, arguments ...any) error
	// query calls each for every row, with what scans it.
	query(ctx context.Context, each func(scan func(...any) error) error, statement string, arguments ...any) error
	commit(ctx context.Context) error
	rollback(ctx context.Context) error
	native() any
}

// statements are how an engine spells what the store asks of it. Their parameters are space, key and value, or as said.
type statements struct {
	get, put, delete string
	// page has the parameters space, after, prefix, the end of the prefix, and the number of rows.
	page string
	// key is a key as the driver takes it.
	key func(string) any
}

// ofSQLite compare the text of keys by their bytes, as its BINARY collation has it.
var ofSQLite = statements{
	get:    `SELECT value FROM records WHERE space = ? AND key = ?`,
	put:    `INSERT INTO records (space, key, value) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value`,
	delete: `DELETE FROM records WHERE space = ? AND key = ?`,
	page:   `SELECT key, value FROM records WHERE space = ? AND key > ? AND key >= ? AND key < ? ORDER BY key LIMIT ?`,
	key:    func(key string) any { return key },
}

// ofPostgres have keys as bytes: text would take neither a zero byte nor what is not UTF-8, as names of files may be.
var ofPostgres = statements{
	get:    `SELECT value FROM postern_records WHERE space = $1 AND key = $2`,
	put:    `INSERT INTO postern_records (space, key, value) VALUES ($1, $2, $3) ON CONFLICT (space, key) DO UPDATE SET value = excluded.value`,
	delete: `DELETE FROM postern_records WHERE space = $1 AND key = $2`,
	page:   `SELECT key, value FROM postern_records WHERE space = $1 AND key > $2 AND key >= $3 AND key < $4 ORDER BY key LIMIT $5`,
	key:    func(key string) any { return []byte(key) },
}

// Open opens the store in the SQLite file at path, and makes file and directory if they are not there.
func Open(ctx context.Context, path string) (*Store, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("making the directory of the store: %w", err)
	}
	write, err := connect(path, "immediate", 1)
	if err != nil {
		return nil, err
	}
	const schema = `CREATE TABLE IF NOT EXISTS records (
		space TEXT NOT NULL, key TEXT NOT NULL, value BLOB NOT NULL, PRIMARY KEY (space, key)
	) WITHOUT ROWID`
	if _, err := write.ExecContext(ctx, schema); err != nil {
		return nil, errors.Join(fmt.Errorf("opening the store %s: %w", path, err), write.Close())
	}
	read, err := connect(path, "deferred", readers)
	if err != nil {
		return nil, errors.Join(err, write.Close())
	}
	return newStore(ofSQLite, sqlite{write: write, read: read}), nil
}

func connect(path, lock string, connections int) (*sql.DB, error) {
	dsn := url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: url.Values{
		"_pragma": {"journal_mode(wal)", "synchronous(full)", "busy_timeout(10000)"},
		"_txlock": {lock},
	}.Encode()}
	db, err := sql.Open("sqlite", dsn.String())
	if err != nil {
		return nil, fmt.Errorf("opening the store %s: %w", path, err)
	}
	db.SetMaxOpenConns(connections)
	return db, nil
}

// OpenPostgres opens the store in a PostgreSQL database, by its URL, and makes its table there if it has none. Several gateways may have it open.
func OpenPostgres(ctx context.Context, dsn string) (*Store, error) {
	config, err := pgxpool.ParseConfig(dsn)
	if err != nil {
		return nil, errors.New("the address of the store is no PostgreSQL URL: postgres://USER:PASSWORD@HOST:PORT/DATABASE") // and the cause may hold a password
	}
	config.MaxConns = max(config.MaxConns, 2*readers)
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("connecting to the store: %w", err)
	}
	opened := newStore(ofPostgres, postgres{pool})
	// Of several gateways that start at once, only one may make the table.
	const schema = `CREATE TABLE IF NOT EXISTS postern_records (space text NOT NULL, key bytea NOT NULL, value bytea NOT NULL, PRIMARY KEY (space, key))`
	if err := opened.update(ctx, func(g *group) error { return g.tx.exec(ctx, schema) }); err != nil {
		return nil, errors.Join(fmt.Errorf("opening the store: %w", err), opened.Close())
	}
	return opened, nil
}

// sqlite has one connection that writes, so that one transaction does at a time; other processes wait for its lock.
type sqlite struct{ write, read *sql.DB }

func (d sqlite) native() any { return d.write }

func (d sqlite) close() error { return errors.Join(d.read.Close(), d.write.Close()) }

func (d sqlite) begin(ctx context.Context, write bool) (handle, error) {
	db := d.read
	if write {
		db = d.write
	}
	tx, err := db.BeginTx(ctx, nil)
	return sqliteTx{tx}, err
}

type sqliteTx struct{ tx *sql.Tx }

func (t sqliteTx) native() any { return t.tx }

func (t sqliteTx) commit(context.Context) error { return t.tx.Commit() }

func (t sqliteTx) rollback(context.Context) error { return t.tx.Rollback() }

func (t sqliteTx) exec(ctx context.Context, statement string, arguments ...any) error {
	_, err := t.tx.ExecContext(ctx, statement, arguments...)
	return err
}

func (t sqliteTx) query(ctx context.Context, each func(scan func(...any) error) error, statement string, arguments ...any) error {
	rows, err := t.tx.QueryContext(ctx, statement, arguments...)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		if err := each(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}

// postgres has transactions that write hold a lock, which those of other processes wait for.
type postgres struct{ pool *pgxpool.Pool }

// writing is the number of the lock. It means nothing.
const writing = `SELECT pg_advisory_xact_lock(7021786343902015092)`

func (d postgres) native() any { return d.pool }

func (d postgres) close() error {
	d.pool.Close()
	return nil
}

func (d postgres) begin(ctx context.Context, write bool) (handle, error) {
	if !write {
		tx, err := d.pool.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
		return postgresTx{tx}, err
	}
	tx, err := d.pool.Begin(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := tx.Exec(ctx, writing); err != nil {
		return nil, errors.Join(err, tx.Rollback(ctx))
	}
	return postgresTx{tx}, nil
}

type postgresTx struct{ tx pgx.Tx }

func (t postgresTx) native() any { return t.tx }

func (t postgresTx) commit(ctx context.Context) error { return t.tx.Commit(ctx) }

func (t postgresTx) rollback(ctx context.Context) error { return t.tx.Rollback(ctx) }

func (t postgresTx) exec(ctx context.Context, statement string, arguments ...any) error {
	_, err := t.tx.Exec(ctx, statement, arguments...)
	return err
}

func (t postgresTx) query(ctx context.Context, each func(scan func(...any) error) error, statement string, arguments ...any) error {
	rows, err := t.tx.Query(ctx, statement, arguments...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := each(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}
