package store_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/adapters/adaptertest"
	"github.com/postern-gateway/postern/adapters/database/postgrestest"
	"github.com/postern-gateway/postern/gateway/store"
)

// server is the PostgreSQL server of all tests, started when the first needs it.
var server = sync.OnceValues(func() (*postgrestest.Server, error) { return postgrestest.Start(context.Background()) })

func TestMain(m *testing.M) {
	code := m.Run()
	if started, err := server(); err == nil {
		err = started.Stop()
		if err == nil {
			err = goleak.Find()
		}
		if err != nil && code == 0 {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}

// database makes a PostgreSQL database, and returns its URL.
func database(t testing.TB) string {
	t.Helper()
	running, err := server()
	if err != nil {
		t.Fatal(err)
	}
	return running.DSN(running.Database(t, ""), "")
}

func openPostgres(t testing.TB, dsn string) *store.Store {
	t.Helper()
	s, err := store.OpenPostgres(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func open(t testing.TB, path string) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// each runs a test against the store, and against the double that adapters are tested with: both keep the same contract.
func each(t *testing.T, test func(t *testing.T, s adapters.Store)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		test(t, open(t, filepath.Join(t.TempDir(), "a directory", "store #1?.db")).Space("a"))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		test(t, openPostgres(t, database(t)).Space("a"))
	})
	t.Run("memory", func(t *testing.T) {
		t.Parallel()
		test(t, adaptertest.NewStore())
	})
}

func put(t *testing.T, s adapters.Store, pairs ...string) {
	t.Helper()
	err := s.Update(t.Context(), func(tx adapters.Tx) error {
		for i := 0; i < len(pairs); i += 2 {
			if err := tx.Put(pairs[i], []byte(pairs[i+1])); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func scan(t *testing.T, s adapters.Store, prefix, after string) []string {
	t.Helper()
	var got []string
	err := s.View(t.Context(), func(tx adapters.Tx) error {
		for record, err := range tx.Scan(prefix, after) {
			if err != nil {
				return err
			}
			got = append(got, record.Key+"="+string(record.Value))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestScanIsOrderedAndBounded(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s adapters.Store) {
		put(t, s, "b/2", "two", "a", "0", "b/1", "one", "b0", "no", "b/é", "accent", "B/3", "upper", "b/10", "ten")
		tests := []struct {
			prefix, after string
			want          []string
		}{
			{"b/", "", []string{"b/1=one", "b/10=ten", "b/2=two", "b/é=accent"}},
			{"b/", "b/10", []string{"b/2=two", "b/é=accent"}},
			{"", "b/é", []string{"b0=no"}},
			{"none", "", nil},
		}
		for _, test := range tests {
			if got := scan(t, s, test.prefix, test.after); !slices.Equal(got, test.want) {
				t.Errorf("Scan(%q, %q) = %q, want %q", test.prefix, test.after, got, test.want)
			}
		}
	})
}

func TestUpdateIsAllOrNothing(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s adapters.Store) {
		put(t, s, "kept", "before")
		failure := errors.New("second thoughts")
		err := s.Update(t.Context(), func(tx adapters.Tx) error {
			if err := tx.Put("kept", []byte("after")); err != nil {
				return err
			}
			if err := tx.Delete("kept"); err != nil {
				return err
			}
			if _, ok, err := tx.Get("kept"); ok || err != nil {
				t.Errorf("inside the transaction the record is still there (%v)", err)
			}
			return failure
		})
		if !errors.Is(err, failure) {
			t.Errorf("Update returned %v, want the function's error", err)
		}
		if got := scan(t, s, "", ""); !slices.Equal(got, []string{"kept=before"}) {
			t.Errorf("after a failed update the store holds %q", got)
		}
	})
}

func TestViewDoesNotWrite(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s adapters.Store) {
		err := s.View(t.Context(), func(tx adapters.Tx) error { return tx.Put("a", nil) })
		if err == nil {
			t.Error("a View wrote")
		}
	})
}

func TestUpdatesAreSerial(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s adapters.Store) {
		var group sync.WaitGroup
		for range 8 {
			group.Go(func() {
				for range 10 {
					if err := s.Update(context.Background(), increment); err != nil {
						t.Error(err)
					}
				}
			})
		}
		group.Wait()
		if got := scan(t, s, "", ""); !slices.Equal(got, []string{"n=80"}) {
			t.Errorf("80 increments made %q", got)
		}
	})
}

func increment(tx adapters.Tx) error {
	value, _, err := tx.Get("n")
	if err != nil {
		return err
	}
	n := 0
	if len(value) > 0 {
		if _, err := fmt.Sscan(string(value), &n); err != nil {
			return err
		}
	}
	return tx.Put("n", fmt.Append(nil, n+1))
}

func TestScanOverManyPages(t *testing.T) {
	t.Parallel()
	s := open(t, filepath.Join(t.TempDir(), "store.db")).Space("a")
	var pairs []string
	for i := range 1234 {
		pairs = append(pairs, fmt.Sprintf("k%05d", i), "v")
	}
	put(t, s, pairs...)
	if got := len(scan(t, s, "k", "")); got != 1234 {
		t.Errorf("scanned %d records, want 1234", got)
	}
}

func TestReopenKeepsSpacesApart(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "store.db")
	first := open(t, path)
	put(t, first.Space("a"), "key", "of a")
	put(t, first.Space("b"), "key", "of b")
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	second := open(t, path)
	for _, name := range []string{"a", "b"} {
		if got := scan(t, second.Space(name), "", ""); !slices.Equal(got, []string{"key=of " + name}) {
			t.Errorf("space %s holds %q", name, got)
		}
	}
}

func TestOpenSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	if _, err := store.Open(t.Context(), t.TempDir()); err == nil {
		t.Error("a directory was opened as a store")
	}
}
