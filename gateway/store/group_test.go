package store_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/gateway/store"
)

// eachEngine runs a test against the store on each of its engines, opened twice as two gateways have it.
func eachEngine(t *testing.T, test func(t *testing.T, one, other *store.Store)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		path := filepath.Join(t.TempDir(), "store.db")
		test(t, open(t, path), open(t, path))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		dsn := database(t)
		test(t, openPostgres(t, dsn), openPostgres(t, dsn))
	})
}

var errRefused = errors.New("refused")

// Of many updates at once, each counts for itself, whoever shares its transaction.
func TestUpdatesOfAGroupFailAlone(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, one, other *store.Store) {
		var group sync.WaitGroup
		for i := range 60 {
			group.Go(func() {
				s := []*store.Store{one, other}[i%2].Space("a")
				err := s.Update(t.Context(), func(tx adapters.Tx) error {
					if err := increment(tx); err != nil {
						return err
					}
					if err := tx.Put(fmt.Sprintf("k%02d", i), []byte("v")); err != nil {
						return err
					}
					if i%3 == 0 {
						return errRefused
					}
					return nil
				})
				if i%3 == 0 && !errors.Is(err, errRefused) || i%3 != 0 && err != nil {
					t.Errorf("update %d: %v", i, err)
				}
			})
		}
		group.Wait()
		got := scan(t, one.Space("a"), "", "")
		if len(got) != 41 || got[40] != "n=40" {
			t.Errorf("40 updates and 20 that failed left %q", got)
		}
		for _, record := range got[:40] {
			var i int
			if _, err := fmt.Sscanf(record, "k%02d=v", &i); err != nil || i%3 == 0 {
				t.Errorf("there is %q", record)
			}
		}
	})
}

// A caller who gives up while it waits gets its answer, and those whose group was left open for it get theirs.
func TestGivingUpInTheQueue(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, one, _ *store.Store) {
		s := one.Space("a")
		for range 20 {
			entered, leave := make(chan struct{}), make(chan struct{})
			var group sync.WaitGroup
			group.Go(func() {
				err := s.Update(t.Context(), func(tx adapters.Tx) error {
					close(entered)
					<-leave
					return increment(tx)
				})
				if err != nil {
					t.Error(err)
				}
			})
			<-entered
			ctx, cancel := context.WithCancel(t.Context())
			for range 3 {
				group.Go(func() {
					err := s.Update(ctx, func(tx adapters.Tx) error { return tx.Put("late", nil) })
					if err != nil && !errors.Is(err, context.Canceled) {
						t.Error(err)
					}
				})
			}
			group.Go(cancel)
			group.Go(func() { close(leave) })
			group.Wait()
		}
		if got := scan(t, s, "n", ""); len(got) != 1 || got[0] != "n=20" {
			t.Errorf("20 increments left %q", got)
		}
	})
}

// A write that panics is taken back, and the store goes on.
func TestPanicIsTakenBack(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, one, _ *store.Store) {
		s := one.Space("a")
		func() {
			defer func() {
				if said := recover(); said != "oh" {
					t.Errorf("recovered %v", said)
				}
			}()
			_ = s.Update(t.Context(), func(tx adapters.Tx) error {
				if err := tx.Put("half", []byte("done")); err != nil {
					t.Error(err)
				}
				panic("oh")
			})
		}()
		put(t, s, "after", "it")
		if got := scan(t, s, "", ""); len(got) != 1 || got[0] != "after=it" {
			t.Errorf("the store holds %q", got)
		}
	})
}

// What two gateways share on PostgreSQL is what both see; keys may be any bytes.
func TestPostgresKeepsBytes(t *testing.T) {
	t.Parallel()
	dsn := database(t)
	key := "file/na\x00me\xff"
	put(t, openPostgres(t, dsn).Space("a"), key, "\x00\xff")
	if got := scan(t, openPostgres(t, dsn).Space("a"), "file/", ""); len(got) != 1 || got[0] != key+"=\x00\xff" {
		t.Errorf("the other gateway sees %q", got)
	}
}

// The address of a store is a secret, and no error may tell it.
func TestPostgresHidesItsAddress(t *testing.T) {
	t.Parallel()
	for _, dsn := range []string{"postgres://u:hush@127.0.0.1:1/nowhere?connect_timeout=2", "postgres://u:hush@%zz/", "host=x password=hush port=no"} {
		_, err := store.OpenPostgres(t.Context(), dsn)
		if err == nil || strings.Contains(err.Error(), "hush") {
			t.Errorf("OpenPostgres returned %v", err)
		}
	}
}

// BenchmarkUpdate is a submission as the batch adapter stores it: a counter and three records, durable.
func BenchmarkUpdate(b *testing.B) {
	engines := map[string]func(b *testing.B) *store.Store{
		"sqlite":   func(b *testing.B) *store.Store { return open(b, filepath.Join(b.TempDir(), "store.db")) },
		"postgres": func(b *testing.B) *store.Store { return openPostgres(b, database(b)) },
	}
	for name, opened := range engines {
		for _, callers := range []int{1, 64} {
			b.Run(fmt.Sprintf("%s/%d callers", name, callers), func(b *testing.B) {
				s := opened(b).Space("a")
				b.SetParallelism(callers)
				b.ReportAllocs()
				b.RunParallel(func(pb *testing.PB) {
					for pb.Next() {
						err := s.Update(b.Context(), func(tx adapters.Tx) error {
							if err := increment(tx); err != nil {
								return err
							}
							number, _, err := tx.Get("n")
							return errors.Join(err, tx.Put("queue/"+string(number), nil), tx.Put("operation/"+string(number), make([]byte, 400)), tx.Put("reference/"+string(number), nil))
						})
						if err != nil {
							b.Error(err)
						}
					}
				})
			})
		}
	}
}
