package firebirdtest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
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
	advice := errors.New("there is no Firebird server installed; install Debian's packages firebird3.0-server and firebird3.0-utils")
	if os.Geteuid() != 0 {
		return nil, advice
	}
	// Tests of other packages may be installing what they need. flock is in every Debian.
	script := "apt-get update && apt-get -o DPkg::Lock::Timeout=300 install --yes --no-install-recommends firebird3.0-server firebird3.0-utils"
	command := exec.CommandContext(ctx, "flock", filepath.Join(os.TempDir(), "postern-test-apt.lock"), "sh", "-c", script)
	command.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive")
	if output, err := command.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("%w (%w: %s)", advice, err, output)
	}
	if found, ok := installed(); ok {
		return found, nil
	}
	return nil, advice
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
