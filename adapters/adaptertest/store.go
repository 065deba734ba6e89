package adaptertest

import (
	"context"
	"errors"
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/postern-gateway/postern/adapters"
)

// NewStore returns a store in memory. What it holds is as durable as the process that holds it.
func NewStore() adapters.Store {
	return &store{records: make(map[string][]byte)}
}

type store struct {
	mu      sync.Mutex
	records map[string][]byte
}

// View implements [adapters.Store].
func (s *store) View(ctx context.Context, read func(adapters.Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	snapshot := maps.Clone(s.records)
	s.mu.Unlock()
	return read(&transaction{records: snapshot, readOnly: true})
}

// Update implements [adapters.Store].
func (s *store) Update(ctx context.Context, write func(adapters.Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	changed := maps.Clone(s.records)
	if err := write(&transaction{records: changed}); err != nil {
		return err
	}
	s.records = changed
	return nil
}

type transaction struct {
	records  map[string][]byte
	readOnly bool
}

var errReadOnly = errors.New("writing in a View")

func (t *transaction) Get(key string) ([]byte, bool, error) {
	value, ok := t.records[key]
	return slices.Clone(value), ok, nil
}

func (t *transaction) Put(key string, value []byte) error {
	if t.readOnly {
		return errReadOnly
	}
	t.records[key] = slices.Clone(value)
	return nil
}

func (t *transaction) Delete(key string) error {
	if t.readOnly {
		return errReadOnly
	}
	delete(t.records, key)
	return nil
}

func (t *transaction) Scan(prefix, after string) iter.Seq2[adapters.Record, error] {
	return func(yield func(adapters.Record, error) bool) {
		for _, key := range slices.Sorted(maps.Keys(t.records)) {
			if !strings.HasPrefix(key, prefix) || key <= after {
				continue
			}
			if !yield(adapters.Record{Key: key, Value: slices.Clone(t.records[key])}, nil) {
				return
			}
		}
	}
}
