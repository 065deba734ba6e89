package jobs_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/adapters/database/postgrestest"
	"github.com/postern-gateway/postern/gateway/jobs"
	"github.com/postern-gateway/postern/gateway/store"
)

// server is the PostgreSQL server of all tests, started when the first needs it.
var server = sync.OnceValues(func() (*postgrestest.Server, error) { return postgrestest.Start(context.Background()) })

func TestMain(m *testing.M) {
	code := m.Run()
	err := goleak.Find()
	if started, starting := server(); starting == nil {
		err = errors.Join(err, started.Stop())
	}
	if err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// A gateway is one process as far as its jobs are concerned.
type gateway struct {
	store *store.Store
	jobs  *jobs.Jobs
	end   func()
}

// eachEngine runs a test on each engine; start starts one of several gateways on one store.
func eachEngine(t *testing.T, test func(t *testing.T, start func() *gateway)) {
	t.Helper()
	run := func(name string, open func(t *testing.T) func() (*store.Store, error)) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			opener := open(t)
			test(t, func() *gateway { return startGateway(t, opener) })
		})
	}
	run("sqlite", func(t *testing.T) func() (*store.Store, error) {
		path := filepath.Join(t.TempDir(), "store.db")
		return func() (*store.Store, error) { return store.Open(t.Context(), path) }
	})
	run("postgres", func(t *testing.T) func() (*store.Store, error) {
		running, err := server()
		if err != nil {
			t.Fatal(err)
		}
		dsn := running.DSN(running.Database(t, ""), "")
		return func() (*store.Store, error) { return store.OpenPostgres(t.Context(), dsn) }
	})
}

func startGateway(t *testing.T, open func() (*store.Store, error)) *gateway {
	t.Helper()
	kept, err := open()
	if err != nil {
		t.Fatal(err)
	}
	g := &gateway{store: kept, jobs: jobs.New(kept, slog.New(slog.DiscardHandler))}
	g.end = sync.OnceFunc(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		if err := errors.Join(g.jobs.Close(ctx), kept.Close()); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(g.end)
	return g
}

// handled is a space that hands its jobs to a channel, and answers what reply says.
func (g *gateway) handled(t *testing.T, reply func(adapters.Job) error) (*jobs.Space, chan adapters.Job) {
	t.Helper()
	space, done := g.jobs.Space("files"), make(chan adapters.Job, 100)
	err := space.Handle(t.Context(), "deliver", func(_ context.Context, job adapters.Job) error {
		done <- job
		return reply(job)
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(space.Close)
	return space, done
}

func good(adapters.Job) error { return nil }

var errFailed = errors.New("it failed")

// add adds jobs in a transaction that ends with ending.
func (g *gateway) add(t *testing.T, space *jobs.Space, ending error, all ...adapters.Job) {
	t.Helper()
	err := g.store.Space("files").Update(t.Context(), func(tx adapters.Tx) error {
		for _, job := range all {
			if err := space.Add(tx, job); err != nil {
				return err
			}
		}
		return ending
	})
	if !errors.Is(err, ending) {
		t.Fatal(err)
	}
}

func next(t *testing.T, done <-chan adapters.Job) adapters.Job {
	t.Helper()
	select {
	case job := <-done:
		return job
	case <-time.After(30 * time.Second):
		t.Fatal("no job was handed out")
		return adapters.Job{}
	}
}

// What a transaction adds is done if it commits, and once, whatever its neighbours do.
func TestJobsFollowTheirTransaction(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, start func() *gateway) {
		g := start()
		space, done := g.handled(t, good)
		g.add(t, space, errFailed, adapters.Job{Kind: "deliver", Key: "undone"})
		g.add(t, space, nil, adapters.Job{Kind: "deliver", Key: "1", Payload: []byte("a\x00b")}, adapters.Job{Kind: "deliver", Key: "1", Payload: []byte("again")})
		got := next(t, done)
		if got.Key != "1" || string(got.Payload) != "a\x00b" || got.Kind != "deliver" || got.Attempt != 1 || got.Added.IsZero() {
			t.Errorf("handed out %+v", got)
		}
		g.add(t, space, nil, adapters.Job{Kind: "deliver", Key: "2"})
		if got := next(t, done); got.Key != "2" {
			t.Errorf("handed out %+v after the first", got)
		}
	})
}

// A job that fails is handed out again, and one that gives up is not.
func TestJobsAreTriedAgain(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, start func() *gateway) {
		g := start()
		space, done := g.handled(t, func(job adapters.Job) error {
			switch {
			case job.Key == "hopeless":
				return fmt.Errorf("%w: nobody is there", adapters.ErrGiveUp)
			case job.Attempt < 2:
				return errFailed
			}
			return nil
		})
		g.add(t, space, nil, adapters.Job{Kind: "deliver", Key: "hopeless"})
		if got := next(t, done); got.Key != "hopeless" {
			t.Errorf("handed out %+v", got)
		}
		g.add(t, space, nil, adapters.Job{Kind: "deliver", Key: "hopeful"})
		for attempt := 1; attempt <= 2; attempt++ {
			if got := next(t, done); got.Key != "hopeful" || got.Attempt != attempt {
				t.Errorf("attempt %d: handed out %+v", attempt, got)
			}
		}
	})
}

// A job that wants to be handed out later is, after its pause, and that does not count as an attempt.
func TestJobsAreHandedOutLater(t *testing.T) {
	t.Parallel()
	const pause = 500 * time.Millisecond
	for name, cause := range map[string]error{"not yet due": nil, "failed": errFailed} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachEngine(t, func(t *testing.T, start func() *gateway) {
				g := start()
				var times atomic.Int64
				space, done := g.handled(t, func(adapters.Job) error {
					if times.Add(1) < 3 {
						return &adapters.Later{Pause: pause, Cause: cause}
					}
					return nil
				})
				begun := time.Now()
				g.add(t, space, nil, adapters.Job{Kind: "deliver", Key: "1"})
				for range 3 {
					if got := next(t, done); got.Attempt != 1 {
						t.Errorf("attempt %d, want 1", got.Attempt)
					}
				}
				if took := time.Since(begun); took < 2*pause {
					t.Errorf("handed out three times in %v", took)
				}
			})
		})
	}
}

// A job that was interrupted, or that nobody could do yet, is done by the next gateway on the store.
func TestJobsOutliveTheirGateway(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, start func() *gateway) {
		first := start()
		space, entered := first.jobs.Space("files"), make(chan struct{})
		err := space.Handle(t.Context(), "deliver", func(ctx context.Context, _ adapters.Job) error {
			close(entered)
			<-ctx.Done()
			return ctx.Err()
		})
		if err != nil {
			t.Fatal(err)
		}
		first.add(t, space, nil, adapters.Job{Kind: "deliver", Key: "interrupted"}, adapters.Job{Kind: "other", Key: "nobody's"})
		<-entered
		space.Close()
		first.end()

		second := start()
		_, done := second.handled(t, good)
		if got := next(t, done); got.Key != "interrupted" {
			t.Errorf("handed out %+v", got)
		}
	})
}

// Of two gateways on a store, one does each job.
func TestOneGatewayDoesAJob(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, start func() *gateway) {
		one, other := start(), start()
		space, done := one.handled(t, good)
		_, others := other.handled(t, good)
		const all = 30
		for i := range all {
			one.add(t, space, nil, adapters.Job{Kind: "deliver", Key: fmt.Sprint(i)})
		}
		seen := make(map[string]bool)
		for range all {
			var job adapters.Job
			select {
			case job = <-done:
			case job = <-others:
			case <-time.After(30 * time.Second):
				t.Fatalf("only %d jobs were handed out", len(seen))
			}
			if seen[job.Key] {
				t.Errorf("the job %s was handed out twice", job.Key)
			}
			seen[job.Key] = true
		}
	})
}
