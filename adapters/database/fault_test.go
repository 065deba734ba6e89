package database_test

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/adapters/database/dialect"
	"github.com/postern-gateway/postern/adapters/database/servertest"
	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

// A network is an engine that is reached by TCP, as faults of networks and servers need it.
type network struct {
	name string
	// create makes a database of the statements. It returns where its server listens, its settings by the address via, and the other way to it.
	create func(t *testing.T, statements string) (address string, settings func(via string) string, driver, admin string)
	// sessions tells the numbers of the other sessions with the database, and cut ends them.
	sessions, cut string
	// limited makes a user NAME who may read all of the database, and has two connections at most; dropped takes them away again.
	limited, dropped string
}

var networks = []network{
	{
		name: "postgres",
		create: func(t *testing.T, statements string) (string, func(string) string, string, string) {
			t.Helper()
			running, err := server()
			if err != nil {
				t.Fatal(err)
			}
			name := running.Database(t, statements)
			return running.Address(), func(via string) string { return running.DSN(name, via) }, "pgx", running.DSN(name, "")
		},
		sessions: "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() ORDER BY pid",
		cut:      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()",
		limited:  "CREATE ROLE NAME LOGIN CONNECTION LIMIT 2; GRANT SELECT ON ALL TABLES IN SCHEMA public TO NAME",
		dropped:  "DROP OWNED BY NAME; DROP ROLE NAME",
	},
	{
		name: "mariadb",
		create: func(t *testing.T, statements string) (string, func(string) string, string, string) {
			t.Helper()
			running, err := mariaServer()
			if err != nil {
				t.Fatal(err)
			}
			name := running.Database(t, statements)
			return running.Address(), func(via string) string { return running.URL(name, via) }, "mysql", running.DSN(name)
		},
		sessions: "SELECT id FROM information_schema.processlist WHERE db = database() AND id <> connection_id() ORDER BY id",
		cut:      "BEGIN NOT ATOMIC FOR s IN (SELECT id FROM information_schema.processlist WHERE db = database() AND id <> connection_id()) DO KILL s.id; END FOR; END",
		limited:  "CREATE USER NAME WITH MAX_USER_CONNECTIONS 2; GRANT SELECT, SHOW VIEW ON *.* TO NAME",
		dropped:  "DROP USER NAME",
	},
}

// A faulty is a back end behind a proxy.
type faulty struct {
	*subject
	proxy  *servertest.Proxy
	server string // where the proxy leads
}

// startProxy starts a proxy that ends when the test does.
func startProxy(t *testing.T, upstream string) *servertest.Proxy {
	t.Helper()
	proxy, err := servertest.StartProxy(upstream)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := proxy.Close(); err != nil {
			t.Error(err)
		}
	})
	return proxy
}

// openFaulty opens numbers through a proxy, with a pool of so many connections, as the user or, where it is empty, as who owns the database.
func (n network) openFaulty(t *testing.T, poolSize uint32, user string, changes ...func(*configv1.DatabaseBackend)) *faulty {
	t.Helper()
	address, via, driver, admin := n.create(t, fmt.Sprintf(numbers[n.name], 100_000))
	before := startProxy(t, address)
	db, err := sql.Open(driver, admin)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	s := &subject{sql: db, dir: t.TempDir()}
	dsn := via(before.Address())
	if user != "" {
		s.exec(t, strings.ReplaceAll(n.limited, "NAME", user))
		t.Cleanup(func() {
			if _, err := db.ExecContext(context.WithoutCancel(t.Context()), strings.ReplaceAll(n.dropped, "NAME", user)); err != nil {
				t.Error(err)
			}
		})
		address, err := url.Parse(dsn)
		if err != nil {
			t.Fatal(err)
		}
		address.User = url.User(user)
		dsn = address.String()
	}
	settings := &configv1.DatabaseBackend{Kind: "database", Address: &configv1.DatabaseBackend_Dsn{Dsn: secretFile(t, dsn)}, PoolSize: proto.Uint32(poolSize)}
	for _, change := range changes {
		change(settings)
	}
	s.backend = mustOpen(t, settings, s.dir)
	return &faulty{subject: s, proxy: before, server: address}
}

// seventh reads a row that is there.
func (f *faulty) seventh(t *testing.T) {
	t.Helper()
	f.want(t, "GetNumber", `{"n": 7}`, `{"n": 7, "text": "the number 7"}`)
}

// recovers makes calls, none of which may learn that sessions have ended: alone, and in a transaction with others.
func (f *faulty) recovers(t *testing.T) {
	t.Helper()
	f.want(t, "ListNumbers", `{"pageSize": 1, "filter": "n = 7", "includeTotalSize": true}`, `{"numbers": [{"n": 7, "text": "the number 7"}], "totalSize": "1"}`)
	for range 8 {
		f.seventh(t)
	}
}

// fill makes the pool open so many connections, and lets go of them again.
func (f *faulty) fill(t *testing.T, connections int) {
	t.Helper()
	var streams, held sync.WaitGroup
	held.Add(connections)
	for range connections {
		streams.Go(func() {
			rows := 0
			_ = f.stream(t.Context(), t, "StreamNumbers", `{"filter": "n < 10"}`, func(proto.Message) error {
				if rows++; rows == 1 {
					held.Done()
					held.Wait()
				}
				return nil
			})
		})
	}
	streams.Wait()
}

func forEachNetwork(t *testing.T, test func(t *testing.T, n network)) {
	t.Helper()
	for _, n := range networks {
		t.Run(n.name, func(t *testing.T) {
			t.Parallel()
			test(t, n)
		})
	}
}

// TestGoneInStream holds that a stream whose server goes away ends with an error, not as if it were whole, and that the back end recovers by itself.
func TestGoneInStream(t *testing.T) {
	t.Parallel()
	forEachNetwork(t, func(t *testing.T, n network) {
		f := n.openFaulty(t, 2, "")
		rows := 0
		err := f.stream(t.Context(), t, "StreamNumbers", `{}`, func(proto.Message) error {
			if rows++; rows == 100 {
				f.proxy.Down()
			}
			return nil
		})
		if err == nil || rows >= 100_000 {
			t.Fatalf("%v after %d rows", err, rows)
		}
		if got := refusalOf(t, err); got.Code != codes.Unavailable || got.Reason != dialect.ConnectionLost {
			t.Errorf("%+v: %v", got, err)
		}
		if got := f.refused(t, "GetNumber", `{"n": 7}`); got.Code != codes.Unavailable {
			t.Errorf("while it is away: %+v", got)
		}
		f.proxy.Up(f.server)
		f.seventh(t)
	})
}

// TestSessionsEnded holds that no read meets a session that the server has ended, as one that was started again has ended all.
func TestSessionsEnded(t *testing.T) {
	t.Parallel()
	forEachNetwork(t, func(t *testing.T, n network) {
		f := n.openFaulty(t, 4, "")
		f.fill(t, 4)
		f.exec(t, n.cut)
		f.recovers(t)
	})
}

// TestFailover holds that a database which moves to another server behind its address is found there.
func TestFailover(t *testing.T) {
	t.Parallel()
	forEachNetwork(t, func(t *testing.T, n network) {
		f := n.openFaulty(t, 4, "")
		f.fill(t, 4)
		f.proxy.Up(startProxy(t, f.server).Address())
		f.recovers(t)
	})
}

// TestPoolExhausted holds that a call which gets no connection in its time says so, and that the next one gets one.
func TestPoolExhausted(t *testing.T) {
	t.Parallel()
	forEachNetwork(t, func(t *testing.T, n network) {
		f := n.openFaulty(t, 1, "")
		err := f.stream(t.Context(), t, "StreamNumbers", `{}`, func(proto.Message) error {
			ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
			defer cancel()
			started := time.Now()
			_, _, err := f.callIn(ctx, t, "GetNumber", `{"n": 7}`)
			if waited := time.Since(started); waited > 5*time.Second {
				t.Errorf("the caller was held for %v", waited)
			}
			return err
		})
		if got := refusalOf(t, err); got.Code != codes.Unavailable || got.Reason != dialect.PoolExhausted {
			t.Errorf("%+v: %v", got, err)
		}
		var known *adapters.Error
		if !errors.As(err, &known) || !known.Unsent {
			t.Errorf("it was sent: %v", err)
		}
		f.seventh(t)
	})
}

// TestTooManyConnections holds that a server which takes no more connections is told from one that is down, and is used again when it has room.
func TestTooManyConnections(t *testing.T) {
	t.Parallel()
	forEachNetwork(t, func(t *testing.T, n network) {
		f := n.openFaulty(t, 4, "postern_test_"+strings.ToLower(rand.Text()[:10]))
		err := f.stream(t.Context(), t, "StreamNumbers", `{}`, func(proto.Message) error {
			return f.stream(t.Context(), t, "StreamNumbers", `{}`, func(proto.Message) error {
				_, _, err := f.callIn(t.Context(), t, "GetNumber", `{"n": 7}`)
				return err
			})
		})
		if got := refusalOf(t, err); got.Code != codes.Unavailable || got.Reason != dialect.TooManyConnections {
			t.Errorf("%+v: %v", got, err)
		}
		eventually(t, func() bool { // the server may take a moment to let go of who gave up
			_, err := f.call(t, "GetNumber", `{"n": 7}`)
			return err == nil
		})
	})
}

// TestOneConnection holds that an account which may have one connection is enough, and that another session is no reason to fail for good.
func TestOneConnection(t *testing.T) {
	t.Parallel()
	forEachNetwork(t, func(t *testing.T, n network) {
		n.limited = strings.Replace(n.limited, " 2;", " 1;", 1)
		f := n.openFaulty(t, 1, "postern_test_"+strings.ToLower(rand.Text()[:10]))
		var callers sync.WaitGroup
		for range 8 {
			callers.Go(func() { f.seventh(t) })
		}
		callers.Wait()
	})
}

// TestIdleConnections holds that no more connections stay idle than the settings say, and none beyond its age.
func TestIdleConnections(t *testing.T) {
	t.Parallel()
	forEachNetwork(t, func(t *testing.T, n network) {
		f := n.openFaulty(t, 4, "", func(settings *configv1.DatabaseBackend) {
			settings.IdleSize, settings.ConnectionLifetime = proto.Uint32(1), durationpb.New(time.Second)
		})
		f.fill(t, 4)
		eventually(t, func() bool { return len(f.truth(t, n.sessions)) <= 1 })
		f.seventh(t)
		first := fmt.Sprint(f.truth(t, n.sessions))
		eventually(t, func() bool {
			f.seventh(t)
			return fmt.Sprint(f.truth(t, n.sessions)) != first
		})
	})
}

// TestServerTakesNobody holds that a server that lets nobody in just now is one that is not there, whatever it says of it.
func TestServerTakesNobody(t *testing.T) {
	t.Parallel()
	running, err := server()
	if err != nil {
		t.Fatal(err)
	}
	name := running.Database(t, "CREATE TABLE things (id int PRIMARY KEY); INSERT INTO things VALUES (1)")
	s := &subject{backend: mustOpen(t, postgresSettings(t, running.DSN(name, ""), ""), t.TempDir())}
	s.want(t, "GetThing", `{"id": 1}`, `{"id": 1}`)
	other, err := sql.Open("pgx", running.DSN("postgres", ""))
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	for _, statement := range []string{"ALTER DATABASE " + name + " ALLOW_CONNECTIONS false", "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '" + name + "'"} {
		if _, err := other.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, func() bool {
		_, err := s.call(t, "GetThing", `{"id": 1}`)
		return err != nil && refusalOf(t, err).Code == codes.Unavailable
	})
	if got := s.refused(t, "GetThing", `{"id": 1}`); got.Code != codes.Unavailable || got.Reason != dialect.ConnectionLost {
		t.Errorf("got %+v", got)
	}
	if _, err := other.ExecContext(t.Context(), "ALTER DATABASE "+name+" ALLOW_CONNECTIONS true"); err != nil {
		t.Fatal(err)
	}
	s.want(t, "GetThing", `{"id": 1}`, `{"id": 1}`)
}
