package firebirdtest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/postern-gateway/postern/adapters/database/servertest"
)

// startTimeout bounds what a server takes to answer.
const startTimeout = 60 * time.Second

// A Server is a private Firebird server.
type Server struct {
	installed *installation
	account   *syscall.SysProcAttr
	dir       string
	address   string // host:port
	password  string
	process   *exec.Cmd
}

// Start starts a server. The context bounds the starting. The caller stops it with [Server.Stop].
func Start(ctx context.Context) (*Server, error) {
	found, err := findInstallation(ctx)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "firebirdtest")
	if err != nil {
		return nil, fmt.Errorf("making a directory for the test server: %w", err)
	}
	server := &Server{installed: found, dir: dir, password: rand.Text()[:16]}
	if err := server.start(ctx); err != nil {
		return nil, errors.Join(err, server.Stop())
	}
	return server, nil
}

func (s *Server) start(ctx context.Context) error {
	port, err := servertest.FreePort(ctx)
	if err != nil {
		return err
	}
	s.address = net.JoinHostPort("127.0.0.1", port)
	if err := s.lay(port); err != nil {
		return err
	}
	if s.account, err = servertest.Account("firebird", s.dir); err != nil {
		return err
	}
	if err := s.initialise(ctx); err != nil {
		return err
	}
	return s.launch(ctx)
}

// launch starts the process, and waits until it listens.
func (s *Server) launch(ctx context.Context) error {
	// The server outlives ctx, which bounds the starting only; Stop ends it.
	process := exec.Command(s.installed.server)
	process.SysProcAttr, process.Dir, process.Env = s.account, s.dir, s.environment()
	if err := process.Start(); err != nil {
		return fmt.Errorf("starting the test server: %w", err)
	}
	s.process = process
	return servertest.WaitUntilReady(ctx, "", s.ping)
}

// Restart ends the server, with all connections, and starts it again at the same address.
func (s *Server) Restart(ctx context.Context) error {
	return errors.Join(s.end(), s.launch(ctx))
}

func (s *Server) end() error {
	if s.process == nil {
		return nil
	}
	// Asked to end in order it may wait for connections that stay; what is committed outlives the process.
	stopping := s.process.Process.Kill()
	_ = s.process.Wait() // that a signal ended it is no mistake
	s.process = nil
	return stopping
}

// Stop ends the server and removes its databases.
func (s *Server) Stop() error { return errors.Join(s.end(), os.RemoveAll(s.dir)) }

// Address is where the server listens, as host:port.
func (s *Server) Address() string { return s.address }

// DSN addresses a database of the server, through another address if it is not empty.
func (s *Server) DSN(database, via string) string {
	if via == "" {
		via = s.address
	}
	dsn := url.URL{Scheme: "firebird", User: url.UserPassword("SYSDBA", s.password), Host: via, Path: filepath.Join(s.dir, database+".fdb")}
	return dsn.String()
}

// Database creates a database whose character set is UTF8, with the statements run in it as isql does, and removes it when the test ends. It returns the
// database's name.
func (s *Server) Database(t testing.TB, statements string) string {
	t.Helper()
	name := "postern_test_" + strings.ToLower(rand.Text())
	file := filepath.Join(s.dir, name+".fdb")
	if err := copyFile(filepath.Join(s.dir, templateFile), file); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.Remove(file); err != nil {
			t.Error(err)
		}
	})
	if _, err := servertest.Account("firebird", file); err != nil {
		t.Fatal(err)
	}
	if err := s.Execute(name, statements); err != nil {
		t.Fatal(err)
	}
	return name
}

// Execute runs statements in a database as isql does.
func (s *Server) Execute(database, statements string) error {
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	host, port, err := net.SplitHostPort(s.address)
	if err != nil {
		return fmt.Errorf("reading the server's address: %w", err)
	}
	place := host + "/" + port + ":" + filepath.Join(s.dir, database+".fdb")
	if err := s.run(ctx, statements+"\nCOMMIT;\n", s.installed.isql, "-q", "-bail", "-ch", "UTF8", "-user", "SYSDBA", "-password", s.password, place); err != nil {
		return fmt.Errorf("preparing the test database: %w", err)
	}
	return nil
}

// ping reports whether the server listens.
func (s *Server) ping(ctx context.Context) error {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "tcp", s.address)
	if err != nil {
		return err
	}
	return conn.Close()
}
