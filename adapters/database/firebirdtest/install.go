package firebirdtest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/postern-gateway/postern/adapters/debiantest"
)

// An installation is where the binaries and their parts are.
type installation struct {
	server, isql, gfix string
	// libraries holds firebird.msg and intl.
	libraries string
	// security is the script that makes a security database.
	security string
}

// findInstallation returns the binaries, installed if need be.
func findInstallation(ctx context.Context) (*installation, error) {
	if found, ok := installed(); ok {
		return found, nil
	}
	if err := debiantest.Install(ctx, "firebird3.0-server", "firebird3.0-utils"); err != nil {
		return nil, fmt.Errorf("there is no Firebird server installed: %w", err)
	}
	if found, ok := installed(); ok {
		return found, nil
	}
	return nil, errors.New("there is no Firebird server where Debian's packages put it")
}

// installed looks where Debian puts Firebird 3.
func installed() (*installation, bool) {
	libraries, err := filepath.Glob("/usr/lib/*/firebird/3.0/intl")
	if err != nil || len(libraries) == 0 {
		return nil, false
	}
	found := &installation{
		server: "/usr/sbin/firebird", isql: "/usr/bin/isql-fb", gfix: "/usr/bin/gfix",
		libraries: filepath.Dir(libraries[0]), security: "/usr/share/firebird/3.0/security.sql",
	}
	for _, file := range []string{found.server, found.isql, found.gfix, found.security} {
		if _, err := os.Stat(file); err != nil {
			return nil, false
		}
	}
	return found, true
}
