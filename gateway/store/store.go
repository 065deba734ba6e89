package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"net/url"
	"os"
	"path/filepath"

	_ "modernc.org/sqlite" // the driver named sqlite

	"github.com/postern-gateway/postern/adapters"
)

// readers is how many reads may run at once.
const readers = 4

// scanPage is how many records a Scan reads at a time.
const scanPage = 500

// A Store is the gateway's store. All its methods may be called concurrently.
type Store struct {
	write, read *sql.DB
}

// Open opens the store in the file at path, and makes file and directory if they are not there.
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
	return &Store{write: write, read: read}, nil
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

// Close closes the store. What was written stays.
func (s *Store) Close() error {
	return errors.Join(s.read.Close(), s.write.Close())
}

// Space returns the part of the store that belongs to the user of this name.
func (s *Store) Space(name string) adapters.Store {
	return &space{store: s, name: name}
}

type space struct {
	store *Store
	name  string
}

// View implements [adapters.Store].
func (s *space) View(ctx context.Context, read func(adapters.Tx) error) error {
	return s.run(ctx, s.store.read, read, true)
}

// Update implements [adapters.Store].
func (s *space) Update(ctx context.Context, write func(adapters.Tx) error) error {
	return s.run(ctx, s.store.write, write, false)
}

func (s *space) run(ctx context.Context, db *sql.DB, do func(adapters.Tx) error, readOnly bool) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("beginning a transaction of the store: %w", err)
	}
	defer func() { _ = tx.Rollback() }() // does nothing once committed
	if err := do(&transaction{ctx: ctx, tx: tx, space: s.name, readOnly: readOnly}); err != nil {
		return err
	}
	if readOnly {
		return nil
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("committing to the store: %w", err)
	}
	return nil
}

// transaction lives as long as the function that it is given to, and so may hold the context of its call.
type transaction struct {
	ctx      context.Context //nolint:containedctx // see above
	tx       *sql.Tx
	space    string
	readOnly bool
}

var errReadOnly = errors.New("writing in a View of the store")

// Get implements [adapters.Tx].
func (t *transaction) Get(key string) ([]byte, bool, error) {
	var value []byte
	err := t.tx.QueryRowContext(t.ctx, `SELECT value FROM records WHERE space = ? AND key = ?`, t.space, key).Scan(&value)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil, false, nil
	case err != nil:
		return nil, false, fmt.Errorf("reading from the store: %w", err)
	default:
		return value, true, nil
	}
}

// Put implements [adapters.Tx].
func (t *transaction) Put(key string, value []byte) error {
	if value == nil {
		value = []byte{}
	}
	return t.exec(`INSERT INTO records (space, key, value) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value`, t.space, key, value)
}

// Delete implements [adapters.Tx].
func (t *transaction) Delete(key string) error {
	return t.exec(`DELETE FROM records WHERE space = ? AND key = ?`, t.space, key)
}

func (t *transaction) exec(statement string, arguments ...any) error {
	if t.readOnly {
		return errReadOnly
	}
	if _, err := t.tx.ExecContext(t.ctx, statement, arguments...); err != nil {
		return fmt.Errorf("writing to the store: %w", err)
	}
	return nil
}

// Scan implements [adapters.Tx]. It reads page by page, so that the transaction is free for other statements inside the loop.
func (t *transaction) Scan(prefix, after string) iter.Seq2[adapters.Record, error] {
	return func(yield func(adapters.Record, error) bool) {
		for {
			page, err := t.page(prefix, after)
			if err != nil {
				yield(adapters.Record{}, err)
				return
			}
			for _, record := range page {
				if !yield(record, nil) {
					return
				}
			}
			if len(page) < scanPage {
				return
			}
			after = page[len(page)-1].Key
		}
	}
}

func (t *transaction) page(prefix, after string) ([]adapters.Record, error) {
	// Keys of a prefix are those from it up to the prefix with a byte behind it that no UTF-8 text has. SQLite's BINARY collation
	// compares bytes.
	const query = `SELECT key, value FROM records WHERE space = ? AND key > ? AND key >= ? AND key < ? ORDER BY key LIMIT ?`
	rows, err := t.tx.QueryContext(t.ctx, query, t.space, after, prefix, prefix+"\xff", scanPage)
	if err != nil {
		return nil, fmt.Errorf("scanning the store: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var page []adapters.Record
	for rows.Next() {
		var record adapters.Record
		if err := rows.Scan(&record.Key, &record.Value); err != nil {
			return nil, fmt.Errorf("scanning the store: %w", err)
		}
		page = append(page, record)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("scanning the store: %w", err)
	}
	return page, nil
}
