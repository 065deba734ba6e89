package mariadbtest

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
)

// startTimeout bounds what a server takes to answer.
const startTimeout = 60 * time.Second

// A Server is a MariaDB server.
type Server struct {
	address string // host:port
	stop    func() error
	dir     string // of a private server
}

// Start returns a server. The context bounds the starting. The caller stops it with [Server.Stop].
func Start(ctx context.Context) (*Server, error) {
	standard := &Server{address: "127.0.0.1:3306", stop: func() error { return nil }}
	if standard.ping(ctx) == nil {
		return standard, nil
	}
	binaries, err := findBinaries(ctx)
	if err != nil {
		return nil, err
	}
	return startPrivate(ctx, binaries)
}

// Stop ends a server that Start started, and leaves any other alone.
func (s *Server) Stop() error { return s.stop() }

// Address is where the server listens, as host:port.
func (s *Server) Address() string { return s.address }

// URL addresses a database of the server, through another address if it is not empty.
func (s *Server) URL(database, via string) string {
	if via == "" {
		via = s.address
	}
	address := url.URL{Scheme: "mariadb", User: url.User("root"), Host: via, Path: "/" + database, RawQuery: "ssl-mode=DISABLED"}
	return address.String()
}

// DSN addresses a database of the server for the driver "mysql" of database/sql, in a session in which "name" is a quoted name and times are in UTC. Several statements may
// be run at once.
func (s *Server) DSN(database string) string {
	config := mysql.NewConfig()
	config.Logger = &mysql.NopLogger{}
	config.User, config.Net, config.Addr, config.DBName = "root", "tcp", s.address, database
	config.MultiStatements = true
	config.Params = map[string]string{"sql_mode": "'STRICT_ALL_TABLES,ANSI_QUOTES'", "time_zone": "'+00:00'"}
	return config.FormatDSN()
}

// Database creates a database with the statements run in it, and drops it when the test ends. It returns the database's name.
func (s *Server) Database(t testing.TB, statements string) string {
	t.Helper()
	name := "postern_test_" + strings.ToLower(rand.Text())
	if err := s.run("", "CREATE DATABASE "+name+" CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.run("", "DROP DATABASE "+name); err != nil {
			t.Error(err)
		}
	})
	if err := s.run(name, statements); err != nil {
		t.Fatal(err)
	}
	return name
}

// run runs statements, with a context of its own since a test's has ended when it is cleaned up.
func (s *Server) run(database, statements string) error {
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	db, err := sql.Open("mysql", s.DSN(database))
	if err != nil {
		return fmt.Errorf("addressing the test server: %w", err)
	}
	defer func() { _ = db.Close() }() // its work is done
	if statements == "" {
		return nil
	}
	if _, err := db.ExecContext(ctx, statements); err != nil {
		return fmt.Errorf("preparing the test database: %w", err)
	}
	return nil
}

func (s *Server) ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	db, err := sql.Open("mysql", s.DSN(""))
	if err != nil {
		return err
	}
	return errors.Join(db.PingContext(ctx), db.Close())
}

// temporary makes a directory that the server's user can get to.
func temporary() (string, error) {
	dir, err := os.MkdirTemp("", "postern-mariadb-")
	if err != nil {
		return "", fmt.Errorf("making the test server's directory: %w", err)
	}
	return dir, nil
}
