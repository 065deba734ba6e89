package database_test

import (
	"bytes"
	"context"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"google.golang.org/grpc/codes"

	"github.com/postern-gateway/postern/adapters/database/dialect"
	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

// A commitCutter stands before a server, hands a commit on to it, and lets nobody hear of the answer.
type commitCutter struct {
	listener net.Listener
	server   string
	armed    atomic.Bool
	commits  atomic.Int64
	running  sync.WaitGroup
}

func newCommitCutter(t *testing.T, server string) *commitCutter {
	t.Helper()
	var config net.ListenConfig
	listener, err := config.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := &commitCutter{listener: listener, server: server}
	c.running.Go(c.accept)
	t.Cleanup(func() {
		_ = listener.Close() // which ends accept
		c.running.Wait()
	})
	return c
}

func (c *commitCutter) accept() {
	for {
		client, err := c.listener.Accept()
		if err != nil {
			return
		}
		var dialer net.Dialer
		server, err := dialer.DialContext(context.Background(), "tcp", c.server)
		if err != nil {
			_ = client.Close()
			continue
		}
		var cut atomic.Bool
		c.running.Go(func() { c.pass(client, server, &cut) })
		c.running.Go(func() { answer(client, server, &cut) })
	}
}

// pass hands on what the client sends.
func (c *commitCutter) pass(client, server net.Conn, cut *atomic.Bool) {
	defer func() { _ = server.Close() }()
	buffer := make([]byte, 64<<10)
	for {
		n, err := client.Read(buffer)
		if n > 0 && c.armed.Load() && bytes.Contains(bytes.ToLower(buffer[:n]), []byte("commit")) {
			c.commits.Add(1)
			cut.Store(true)
		}
		if n > 0 {
			if _, err := server.Write(buffer[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// answer hands on what the server says, until the client has committed: then its answer is what ends the connection.
func answer(client, server net.Conn, cut *atomic.Bool) {
	defer func() { _ = client.Close() }()
	buffer := make([]byte, 64<<10)
	for {
		n, err := server.Read(buffer)
		if cut.Load() || err != nil && n == 0 {
			return
		}
		if _, err := client.Write(buffer[:n]); err != nil {
			return
		}
		if err == io.EOF { //nolint:errorlint // which readers return as it is
			return
		}
	}
}

// TestCommitOfUnknownEnd holds that a write whose commit nobody answered is told as lost, and not made a second time: it was done.
func TestCommitOfUnknownEnd(t *testing.T) {
	t.Parallel()
	forEachServer(t, func(t *testing.T, e engine) {
		var cutter *commitCutter
		s := e.openContended(t, func(settings *configv1.DatabaseBackend) {
			settings.Isolation = "serializable"
			cutter = viaCutter(t, e, settings)
		})
		cutter.armed.Store(true)
		_, err := s.call(t, "UpdateSource", `{"id": 1, "source": {"note": "ours"}}`)
		wantRefused(t, err, codes.Unavailable, dialect.ConnectionLost)
		cutter.armed.Store(false)
		if n := cutter.commits.Load(); n != 1 {
			t.Errorf("%d commits were sent", n)
		}
		eventually(t, func() bool {
			return len(s.truth(t, "SELECT n FROM tallies WHERE id = 1 AND n = 1")) == 1
		})
		if _, err := s.call(t, "UpdateSource", `{"id": 1, "source": {"note": "again"}}`); err != nil {
			t.Errorf("the call after it: %v", err)
		}
		wantRows(t, "how often it was applied", []string{"n"}, []map[string]any{{"n": 2}}, s.truth(t, "SELECT n FROM tallies WHERE id = 1"))
	})
}

// viaCutter puts a cutter before the server that the settings address.
func viaCutter(t *testing.T, e engine, settings *configv1.DatabaseBackend) *commitCutter {
	t.Helper()
	address := ""
	switch e.name {
	case "postgres":
		running, err := server()
		if err != nil {
			t.Fatal(err)
		}
		address = running.Address()
	case "mariadb":
		running, err := mariaServer()
		if err != nil {
			t.Fatal(err)
		}
		address = running.Address()
	}
	cutter := newCommitCutter(t, address)
	dsn, err := os.ReadFile(settings.GetDsn().GetFile())
	if err != nil {
		t.Fatal(err)
	}
	through := strings.ReplaceAll(strings.TrimSpace(string(dsn)), address, cutter.listener.Addr().String())
	settings.Address = &configv1.DatabaseBackend_Dsn{Dsn: secretFile(t, through)}
	return cutter
}
