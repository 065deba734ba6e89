package database_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

// running counts the statements with a text in them that PostgreSQL runs in the test's database, but for the one that asks.
func (s *subject) running(t *testing.T, text string) int64 {
	t.Helper()
	count, ok := s.truth(t, "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'active' AND pid <> pg_backend_pid() AND strpos(query, '"+text+"') > 0")[0][0].(int64)
	if !ok {
		t.Fatal("no count")
	}
	return count
}

// TestGivingUpReachesTheServer gives calls up while the server sleeps, by their context and by their deadline, and waits until the server has stopped.
func TestGivingUpReachesTheServer(t *testing.T) {
	t.Parallel()
	s := engines()[0].openHousing(t, withQueries(t, "-- name: Sleep :many\nSELECT pg_sleep(3600)::text AS slept, 'giving up' AS why"))
	for _, test := range []struct {
		name string
		end  func(context.Context) (context.Context, context.CancelFunc)
		want codes.Code
	}{
		{"context", context.WithCancel, codes.Canceled},
		{"deadline", func(ctx context.Context) (context.Context, context.CancelFunc) {
			return context.WithTimeout(ctx, time.Second)
		}, codes.DeadlineExceeded},
	} {
		ctx, end := test.end(t.Context())
		failed := make(chan error, 1)
		go func() {
			_, err := handlerOf(t, s, "Sleep")(ctx, newRequest(t, s, "Sleep"))
			failed <- err
		}()
		eventually(t, func() bool { return s.running(t, "giving up") == 1 })
		if test.want == codes.Canceled {
			end()
		}
		if got := refusalOf(t, <-failed); got.Code != test.want {
			t.Errorf("%s: %+v, want %s", test.name, got, test.want)
		}
		eventually(t, func() bool { return s.running(t, "giving up") == 0 })
		end()
	}
}

// TestDeadlineBehindLock holds that calls which wait for another's lock end with their deadline, on the server too, and that their connections are good afterwards.
func TestDeadlineBehindLock(t *testing.T) {
	t.Parallel()
	s := engines()[0].open(t, "CREATE TABLE waited (id int PRIMARY KEY, n int); INSERT INTO waited VALUES (1, 1)", func(settings *configv1.DatabaseBackend) {
		allWritable(settings)
		settings.PoolSize = proto.Uint32(1)
	})
	lock, err := s.sql.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = lock.Rollback() }() // it may have ended
	if _, err := lock.ExecContext(t.Context(), "LOCK TABLE waited IN ACCESS EXCLUSIVE MODE"); err != nil {
		t.Fatal(err)
	}
	for method, request := range map[protoreflect.Name]string{
		"GetWaited": `{"id": 1}`, "ListWaited": `{}`, "UpdateWaited": `{"id": 1, "waited": {"n": 2}}`, "DeleteWaited": `{"id": 1}`, "CreateWaited": `{"id": 2}`,
	} {
		ctx, stop := context.WithTimeout(t.Context(), 300*time.Millisecond)
		_, _, err := s.callIn(ctx, t, method, request)
		if got := refusalOf(t, err); got.Code != codes.DeadlineExceeded || !errors.Is(ctx.Err(), context.DeadlineExceeded) {
			t.Errorf("%s: %+v, want DEADLINE_EXCEEDED", method, got)
		}
		stop()
		eventually(t, func() bool { return s.running(t, `"waited"`) == 0 })
	}
	if err := lock.Rollback(); err != nil {
		t.Fatal(err)
	}
	s.want(t, "ListWaited", `{}`, `{"waited": [{"id": 1, "n": 1}]}`)
}

// TestAbandonedStreamEndsOnTheServer holds that the server is told when nobody wants the rest of a long result.
func TestAbandonedStreamEndsOnTheServer(t *testing.T) {
	t.Parallel()
	s := engines()[0].open(t, "CREATE VIEW abandoned AS SELECT generate_series(1, 100000000) AS n, repeat('x', 1000) AS text", func(settings *configv1.DatabaseBackend) {
		settings.PoolSize = proto.Uint32(1)
	})
	gone := errors.New("the caller has gone")
	for range 2 { // the second on the same connection
		err := s.stream(t.Context(), t, "StreamAbandoned", `{}`, func(proto.Message) error { return gone })
		if !errors.Is(err, gone) {
			t.Fatalf("%v", err)
		}
		eventually(t, func() bool { return s.running(t, "abandoned") == 0 })
	}
}
