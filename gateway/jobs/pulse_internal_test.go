package jobs

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/gateway/store"
)

// What a gateway did that is killed is done by another one, once that has missed its beats; what one does that lives is its own.
func TestJobsOfAKilledGateway(t *testing.T) {
	t.Parallel()
	kept, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "store.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = kept.Close() })
	start := func(do adapters.JobHandler) (*Jobs, *Space) {
		j := New(kept, slog.New(slog.DiscardHandler))
		space := j.Space("files")
		if err := space.Handle(t.Context(), "deliver", do); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			space.Close()
			if err := j.Close(context.Background()); err != nil {
				t.Error(err)
			}
		})
		return j, space
	}
	begun := make(chan struct{})
	killed, space := start(func(ctx context.Context, _ adapters.Job) error {
		close(begun)
		<-ctx.Done() // as a dead one would, it does nothing more
		return ctx.Err()
	})
	if err := kept.Space("files").Update(t.Context(), func(tx adapters.Tx) error { return space.Add(tx, adapters.Job{Kind: "deliver", Key: "1"}) }); err != nil {
		t.Fatal(err)
	}
	<-begun
	dead := killed.queue.(*riverQueue[*sql.Tx])
	dead.still() // its heart stands still, and its job goes on
	dead.beats.Wait()
	stopping, now := context.WithCancel(t.Context())
	now()
	if err := dead.client.Stop(stopping); !errors.Is(err, context.Canceled) { // it takes no other job, nor this one once more
		t.Fatal(err)
	}

	done := make(chan adapters.Job, 10)
	survivor, _ := start(func(_ context.Context, job adapters.Job) error {
		done <- job
		return nil
	})
	pulse := survivor.queue.(*riverQueue[*sql.Tx]).pulse
	survivor.queue.(*riverQueue[*sql.Tx]).still() // from here on, its beats are made by hand
	survivor.queue.(*riverQueue[*sql.Tx]).beats.Wait()
	if heard := pulse.heard[dead.pulse.id]; heard.silent >= silentBeats {
		t.Fatalf("the dead are given up at once: %+v", heard)
	}
	for range silentBeats {
		select {
		case job := <-done:
			t.Fatalf("the job %+v was handed out while its gateway counted as living", job)
		default:
		}
		if err := pulse.beat(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	select {
	case job := <-done:
		if job.Key != "1" || job.Attempt != 2 {
			t.Errorf("handed out %+v, want the second attempt of 1", job)
		}
	case <-time.After(30 * time.Second):
		t.Fatal("the job was not handed out again")
	}
	if _, known := pulse.heard[dead.pulse.id]; known {
		t.Error("the dead gateway is still listened for")
	}
}
