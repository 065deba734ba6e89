package batch_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/postern-gateway/postern/adapters"
)

// A crash is simulated by a store that stops working: from the n-th write on, nothing is written any more, and the back end is
// thrown away.
type crashingStore struct {
	adapters.Store
	left   atomic.Int64
	poison atomic.Value // a string: a value with it is not written
}

func newCrashingStore(s *site) *crashingStore {
	crashing := &crashingStore{Store: s.store}
	crashing.left.Store(1 << 30)
	crashing.poison.Store("")
	s.store = crashing
	return crashing
}

var errCrash = errors.New("crash")

func (c *crashingStore) Update(ctx context.Context, write func(adapters.Tx) error) error {
	if c.left.Add(-1) < 0 {
		return errCrash
	}
	return c.Store.Update(ctx, func(tx adapters.Tx) error { return write(poisonedTx{tx, c.poison.Load().(string)}) })
}

type poisonedTx struct {
	adapters.Tx
	poison string
}

func (p poisonedTx) Put(key string, value []byte) error {
	if p.poison != "" && bytes.Contains(value, []byte(p.poison)) {
		return errCrash
	}
	return p.Tx.Put(key, value)
}

// Whatever step the process dies at, every submission is in exactly one file, and each file comes once, even if the other side takes it away at once.
func TestCrashesLoseAndRepeatNothing(t *testing.T) {
	t.Parallel()
	for _, taken := range []bool{false, true} {
		for step := range 12 {
			t.Run(fmt.Sprintf("step %d, taken %v", step, taken), func(t *testing.T) {
				t.Parallel()
				s := newSite(t)
				crashing := newCrashingStore(s)
				backend := s.open(t, settings)
				for range 4 {
					submit(t, backend, aChange)
				}
				seen := make(map[string]int)
				take := func() {
					for name, content := range s.outFiles(t) {
						if strings.HasPrefix(name, ".") {
							continue
						}
						if taken {
							seen[content[40:]]++ // without the header, which has the date
							if err := os.Remove(filepath.Join(s.dir, "out", name)); err != nil {
								t.Fatal(err)
							}
						}
					}
				}
				closeBackend(t, backend)
				crashing.left.Store(int64(step))
				backend = s.open(t, settings)
				err := tryDrain(t.Context(), backend)
				if err != nil && status.Code(err) != codes.Internal {
					t.Fatal(err)
				}
				closeBackend(t, backend)
				take()

				crashing.left.Store(1 << 30)
				backend = s.open(t, settings)
				drain(t, backend)
				take()
				if !taken {
					for _, content := range s.outFiles(t) {
						seen[content[40:]]++
					}
				}
				checkExactlyOnce(t, seen, 4)
			})
		}
	}
}

// checkExactlyOnce counts the references 1 to n in the files.
func checkExactlyOnce(t *testing.T, seen map[string]int, n int) {
	t.Helper()
	all := ""
	for content, times := range seen {
		all += strings.Repeat(content, times)
	}
	for i := 1; i <= n; i++ {
		if got := strings.Count(all, string(ebcdic(fmt.Sprintf("D%010dC000001", i)))); got != 1 {
			t.Errorf("the submission %d left %d times", i, got)
		}
	}
}

// A file whose hidden name is all that reached the disk is sent, though the store knows nothing but the decision.
func TestUnfinishedFileIsWrittenAgain(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	crashing := newCrashingStore(s)
	backend := s.open(t, settings)
	submit(t, backend, aChange)
	crashing.poison.Store(`"step":"WRITTEN"`) // the decision is stored; that the file was written is not
	if err := tryDrain(t.Context(), backend); err == nil {
		t.Fatal("draining worked in spite of the crash")
	}
	closeBackend(t, backend)
	found, err := filepath.Glob(filepath.Join(s.dir, "out", ".CHG.0001.*.part"))
	if err != nil || len(found) != 1 {
		t.Fatalf("hidden files %v (%v), want one", found, err)
	}
	hidden := found[0]
	content, err := os.ReadFile(hidden)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(hidden, content[:50], 0o600); err != nil { // it had not all reached the disk
		t.Fatal(err)
	}
	crashing.poison.Store("")
	backend = s.open(t, settings)
	drain(t, backend)
	files := s.outFiles(t)
	if got := files["CHG.0001"]; !bytes.Equal([]byte(got), content) {
		t.Errorf("the file is %x, want %x", got, content)
	}
	if len(files) != 1 {
		t.Errorf("the outbox holds %d files, want nothing hidden beside CHG.0001", len(files))
	}
}

// A share that is not mounted looks like an outbox from which everything has been taken. What is on its way waits for it.
func TestOutboxIsNotMounted(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	crashing := newCrashingStore(s)
	backend := s.open(t, settings)
	s.write(t, "out/CHG.0001", []byte("in the way"))
	sent := submit(t, backend, aChange)
	if err := tryDrain(t.Context(), backend); err == nil {
		t.Fatal("the file was delivered over another")
	}
	crashing.left.Store(0)
	closeBackend(t, backend)
	crashing.left.Store(1 << 30)
	out, away := filepath.Join(s.dir, "out"), filepath.Join(s.dir, "away")
	if err := os.Rename(out, away); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(out, 0o750); err != nil { // the empty mount point
		t.Fatal(err)
	}
	backend = s.open(t, settings)
	if err := tryDrain(t.Context(), backend); status.Code(err) != codes.Unavailable {
		t.Errorf("Drain: %v, want UNAVAILABLE", err)
	}
	if _, metadata := operation(t, backend, sent.GetName()); metadata["state"] != "IN_FILE" {
		t.Errorf("state %v, want IN_FILE", metadata["state"])
	}
	if err := errors.Join(os.Remove(out), os.Rename(away, out), os.Remove(filepath.Join(out, "CHG.0001"))); err != nil {
		t.Fatal(err)
	}
	drain(t, backend)
	if got := len(s.outFiles(t)["CHG.0001"]); got != 3*40 {
		t.Errorf("the file has %d bytes, want 120", got)
	}
}

// Several gateways on one store and one outbox send everything once, though files are taken away as soon as they appear.
func TestSeveralGatewaysSendOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	const gateways, changes = 4, 40
	var all []adapters.Backend
	for range gateways {
		s.data = t.TempDir()
		all = append(all, s.open(t, settings))
	}
	seen := make(map[string]int)
	take := func() {
		visible, err := filepath.Glob(filepath.Join(s.dir, "out", "CHG.*"))
		if err != nil {
			t.Error(err)
		}
		for _, path := range visible {
			content, err := os.ReadFile(path)
			if err == nil {
				err = os.Remove(path)
			}
			if err != nil {
				t.Error(err)
				continue
			}
			seen[string(content)]++
		}
	}
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			select {
			case <-stop:
				return
			case <-time.After(time.Millisecond):
				take()
			}
		}
	}()
	var senders sync.WaitGroup
	for _, backend := range all {
		senders.Go(func() {
			for range changes / gateways {
				submit(t, backend, aChange)
				drain(t, backend)
			}
		})
	}
	senders.Wait()
	close(stop)
	<-stopped
	take()
	checkExactlyOnce(t, seen, changes)
	if files := s.outFiles(t); len(files) != 0 {
		t.Errorf("the outbox still holds %d files", len(files))
	}
}
