package servertest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

// Account says whom a server runs as. Servers refuse to be root, or should: then it is the user of this name, whom the server's package has made, and who
// gets the directory with all that is in it.
func Account(name, dir string) (*syscall.SysProcAttr, error) {
	if os.Geteuid() != 0 {
		return &syscall.SysProcAttr{}, nil
	}
	account, err := user.Lookup(name)
	if err != nil {
		return nil, fmt.Errorf("finding the user that the test server runs as: %w", err)
	}
	uid, err := strconv.ParseUint(account.Uid, 10, 32)
	if err != nil {
		return nil, fmt.Errorf("reading the user's number: %w", err)
	}
	gid, err := strconv.ParseUint(account.Gid, 10, 32)
	if err != nil {
		return nil, fmt.Errorf("reading the group's number: %w", err)
	}
	err = filepath.WalkDir(dir, func(path string, _ os.DirEntry, err error) error {
		return errors.Join(err, os.Lchown(path, int(uid), int(gid)))
	})
	if err != nil {
		return nil, fmt.Errorf("giving the test server its directory: %w", err)
	}
	return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}, nil
}

// startTimeout bounds what a server takes to answer.
const startTimeout = 60 * time.Second

// WaitUntilReady pings a server that was started until it answers. where, if it is not empty, says in the error where the server's own words are.
func WaitUntilReady(ctx context.Context, where string, ping func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	ticker := time.NewTicker(50 * time.Millisecond)
	defer ticker.Stop()
	for {
		err := ping(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			if where != "" {
				return fmt.Errorf("waiting for the test server (its words are in %s): %w", where, err)
			}
			return fmt.Errorf("waiting for the test server: %w", err)
		case <-ticker.C:
		}
	}
}

// FreePort returns a port of 127.0.0.1 that nobody listened on at the moment of the call.
func FreePort(ctx context.Context) (string, error) {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("looking for a free port: %w", err)
	}
	_, port, err := net.SplitHostPort(listener.Addr().String())
	return port, errors.Join(err, listener.Close())
}
