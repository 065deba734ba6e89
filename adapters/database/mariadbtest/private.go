package mariadbtest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"

	"github.com/postern-gateway/postern/adapters/database/servertest"
	"github.com/postern-gateway/postern/adapters/debiantest"
)

// The programs of a server: the one that makes its directory, and itself.
type binaries struct{ install, server string }

// findBinaries returns the programs, installed if need be.
func findBinaries(ctx context.Context) (binaries, error) {
	if found, ok := installed(); ok {
		return found, nil
	}
	if err := debiantest.Install(ctx, "mariadb-server"); err != nil {
		return binaries{}, fmt.Errorf("there is no MariaDB server at 127.0.0.1:3306 that lets root in without a password, and none installed: %w", err)
	}
	if found, ok := installed(); ok {
		return found, nil
	}
	return binaries{}, errors.New("there is no MariaDB server where Debian's package puts it")
}

// installed looks on the path, and where Debian puts the server.
func installed() (binaries, bool) {
	install, err := exec.LookPath("mariadb-install-db")
	if err != nil {
		return binaries{}, false
	}
	server, err := exec.LookPath("mariadbd")
	if err != nil {
		server, err = exec.LookPath("/usr/sbin/mariadbd")
	}
	return binaries{install: install, server: server}, err == nil
}

// startPrivate starts a server with a directory and a port of its own.
func startPrivate(ctx context.Context, programs binaries) (*Server, error) {
	dir, err := temporary()
	if err != nil {
		return nil, err
	}
	private, err := launch(ctx, programs, dir)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	if err := servertest.WaitUntilReady(ctx, filepath.Join(dir, "log"), private.ping); err != nil {
		return nil, errors.Join(err, private.Stop())
	}
	return private, nil
}

func launch(ctx context.Context, programs binaries, dir string) (*Server, error) {
	account, err := servertest.Account("mysql", dir)
	if err != nil {
		return nil, err
	}
	data := filepath.Join(dir, "data")
	install := exec.CommandContext(ctx, programs.install, "--no-defaults", "--datadir="+data, "--auth-root-authentication-method=normal", "--skip-test-db")
	install.SysProcAttr, install.Dir = account, dir
	if output, err := install.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("making the test server's data: %w: %s", err, output)
	}
	port, err := servertest.FreePort(ctx)
	if err != nil {
		return nil, err
	}
	// The server outlives ctx, which bounds the starting only; Stop ends it.
	server := exec.Command(programs.server, "--no-defaults", "--datadir="+data, "--bind-address=127.0.0.1", "--port="+port,
		"--socket="+filepath.Join(dir, "socket"), "--pid-file="+filepath.Join(dir, "pid"), "--log-error="+filepath.Join(dir, "log"), "--innodb-flush-log-at-trx-commit=0")
	server.SysProcAttr, server.Dir = account, dir
	if err := server.Start(); err != nil {
		return nil, fmt.Errorf("starting the test server: %w", err)
	}
	return &Server{address: net.JoinHostPort("127.0.0.1", port), dir: dir, stop: func() error {
		stopping := server.Process.Signal(syscall.SIGTERM)
		return errors.Join(stopping, server.Wait(), os.RemoveAll(dir))
	}}, nil
}
