package postgrestest

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
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/postern-gateway/postern/adapters/database/servertest"
	"github.com/postern-gateway/postern/adapters/debiantest"
)

// startTimeout bounds what a server takes to answer.
const startTimeout = 60 * time.Second

// A Server is a PostgreSQL server.
type Server struct {
	address string // host:port
	user    string
	stop    func() error
	dir     string // of a private server

	sharing sync.Mutex
	shared  string // the database of all schemas; empty before the first
}

// Start returns a server. The context bounds the starting. The caller stops it with [Server.Stop].
func Start(ctx context.Context) (*Server, error) {
	for _, user := range []string{"postgres", "root"} {
		standard := &Server{address: "127.0.0.1:5432", user: user, stop: func() error { return nil }}
		if standard.ping(ctx) == nil {
			return standard, nil
		}
	}
	binaries, err := findBinaries(ctx)
	if err != nil {
		return nil, err
	}
	return startPrivate(ctx, binaries)
}

// Stop drops the database of the schemas, ends a server that Start started, and leaves any other alone.
func (s *Server) Stop() error {
	var dropping error
	if s.shared != "" {
		dropping = s.run("postgres", "DROP DATABASE "+s.shared+" WITH (FORCE)")
	}
	return errors.Join(dropping, s.stop())
}

// Address is where the server listens, as host:port.
func (s *Server) Address() string { return s.address }

// DSN addresses a database of the server, through another address if it is not empty.
func (s *Server) DSN(database, via string) string {
	if via == "" {
		via = s.address
	}
	dsn := url.URL{Scheme: "postgres", User: url.User(s.user), Host: via, Path: "/" + database, RawQuery: "sslmode=disable"}
	return dsn.String()
}

// Database creates a database with the statements run in it, and drops it when the test ends. It returns the database's name.
func (s *Server) Database(t testing.TB, statements string) string {
	t.Helper()
	name, err := s.create()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.run("postgres", "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
			t.Error(err)
		}
	})
	if err := s.run(name, statements); err != nil {
		t.Fatal(err)
	}
	return name
}

// Schema creates a schema with the statements run in it, and drops it when the test ends. It takes a tenth of the time that a database does. It returns
// the database that it is in, which all schemas share, and its name.
func (s *Server) Schema(t testing.TB, statements string) (database, name string) {
	t.Helper()
	database, err := s.sharedDatabase()
	if err != nil {
		t.Fatal(err)
	}
	name = randomName()
	t.Cleanup(func() {
		if err := s.run(database, "DROP SCHEMA "+name+" CASCADE"); err != nil {
			t.Error(err)
		}
	})
	if err := s.run(database, "CREATE SCHEMA "+name+"; SET search_path = "+name+"; "+statements); err != nil {
		t.Fatal(err)
	}
	return database, name
}

func (s *Server) sharedDatabase() (string, error) {
	s.sharing.Lock()
	defer s.sharing.Unlock()
	if s.shared == "" {
		name, err := s.create()
		if err != nil {
			return "", err
		}
		s.shared = name
	}
	return s.shared, nil
}

func randomName() string { return "postern_test_" + strings.ToLower(rand.Text()) }

// create creates an empty database.
func (s *Server) create() (string, error) {
	name := randomName()
	return name, s.run("postgres", "CREATE DATABASE "+name+" TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'")
}

// run runs statements, with a context of its own since a test's has ended when it is cleaned up.
func (s *Server) run(database, statements string) error {
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	conn, err := pgx.Connect(ctx, s.DSN(database, ""))
	if err != nil {
		return fmt.Errorf("connecting to the test server: %w", err)
	}
	defer func() { _ = conn.Close(ctx) }() // its work is done
	if statements == "" {
		return nil
	}
	if _, err := conn.PgConn().Exec(ctx, statements).ReadAll(); err != nil {
		return fmt.Errorf("preparing the test database: %w", err)
	}
	return nil
}

func (s *Server) ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, s.DSN("postgres", ""))
	if err != nil {
		return err
	}
	return conn.Close(ctx)
}

// findBinaries returns the directory of initdb and postgres, installed if need be.
func findBinaries(ctx context.Context) (string, error) {
	if dir, ok := installed(); ok {
		return dir, nil
	}
	if err := debiantest.Install(ctx, "postgresql"); err != nil {
		return "", fmt.Errorf("there is no PostgreSQL server at 127.0.0.1:5432 that trusts the user postgres, and none installed: %w", err)
	}
	if dir, ok := installed(); ok {
		return dir, nil
	}
	return "", errors.New("there is no PostgreSQL server where Debian's package puts it")
}

// installed looks where Debian puts the binaries, newest version first, and then on the path.
func installed() (string, bool) {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err == nil && len(found) > 0 {
		slices.Sort(found)
		return filepath.Dir(found[len(found)-1]), true
	}
	if path, err := exec.LookPath("initdb"); err == nil {
		return filepath.Dir(path), true
	}
	return "", false
}

// startPrivate makes a cluster in a temporary directory and starts a server on it.
func startPrivate(ctx context.Context, binaries string) (*Server, error) {
	dir, err := os.MkdirTemp("", "postgrestest")
	if err != nil {
		return nil, fmt.Errorf("making a directory for the test server: %w", err)
	}
	account, err := servertest.Account("postgres", dir)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	data := filepath.Join(dir, "data")
	initialise := exec.CommandContext(ctx, filepath.Join(binaries, "initdb"), "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync")
	initialise.SysProcAttr, initialise.Dir = account, dir
	if output, err := initialise.CombinedOutput(); err != nil {
		return nil, errors.Join(fmt.Errorf("making a test cluster: %w: %s", err, output), os.RemoveAll(dir))
	}
	port, err := servertest.FreePort(ctx)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	// The server outlives ctx, which bounds the starting only; Stop ends it.
	server := exec.Command(filepath.Join(binaries, "postgres"), "-D", data, "-p", port, "-k", dir, "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off")
	server.SysProcAttr, server.Dir = account, dir
	if err := server.Start(); err != nil {
		return nil, errors.Join(fmt.Errorf("starting the test server: %w", err), os.RemoveAll(dir))
	}
	private := &Server{address: net.JoinHostPort("127.0.0.1", port), user: "postgres", dir: dir, stop: func() error {
		stopping := server.Process.Signal(syscall.SIGINT) // a fast shutdown
		return errors.Join(stopping, server.Wait(), os.RemoveAll(dir))
	}}
	if err := servertest.WaitUntilReady(ctx, "", private.ping); err != nil {
		return nil, errors.Join(err, private.Stop())
	}
	return private, nil
}
