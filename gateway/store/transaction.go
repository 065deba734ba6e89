package store

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/postern-gateway/postern/adapters"
)

// scanPage is how many records a Scan reads at a time.
const scanPage = 500

var errReadOnly = errors.New("writing in a View of the store")

// transaction lives as long as the function that it is given to, and so may hold the context of its call.
type transaction struct {
	ctx        context.Context //nolint:containedctx // see above
	statements *statements
	tx         handle
	space      string
	readOnly   bool
}

// Get implements [adapters.Tx].
func (t *transaction) Get(key string) (value []byte, ok bool, err error) {
	err = t.tx.query(t.ctx, func(scan func(...any) error) error {
		ok = true
		return scan(&value)
	}, t.statements.get, t.space, t.statements.key(key))
	if err != nil {
		return nil, false, fmt.Errorf("reading from the store: %w", err)
	}
	return value, ok, nil
}

// Put implements [adapters.Tx].
func (t *transaction) Put(key string, value []byte) error {
	if value == nil {
		value = []byte{}
	}
	return t.write(t.statements.put, t.space, t.statements.key(key), value)
}

// Delete implements [adapters.Tx].
func (t *transaction) Delete(key string) error {
	return t.write(t.statements.delete, t.space, t.statements.key(key))
}

func (t *transaction) write(statement string, arguments ...any) error {
	if t.readOnly {
		return errReadOnly
	}
	if err := t.tx.exec(t.ctx, statement, arguments...); err != nil {
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

// page reads the next records. Keys of a prefix are those from it up to the prefix with a byte behind it that no UTF-8 text has.
func (t *transaction) page(prefix, after string) ([]adapters.Record, error) {
	var page []adapters.Record
	key := t.statements.key
	err := t.tx.query(t.ctx, func(scan func(...any) error) error {
		var name, value []byte
		if err := scan(&name, &value); err != nil {
			return err
		}
		page = append(page, adapters.Record{Key: string(name), Value: value})
		return nil
	}, t.statements.page, t.space, key(after), key(prefix), key(prefix+"\xff"), scanPage)
	if err != nil {
		return nil, fmt.Errorf("scanning the store: %w", err)
	}
	return page, nil
}
