package debiantest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Install installs packages with what they depend on. It needs the rights of root; an error says what to install by hand.
func Install(ctx context.Context, packages ...string) error {
	names := strings.Join(packages, " ")
	advice := errors.New("the tests need Debian's packages " + names)
	if os.Geteuid() != 0 {
		return advice
	}
	script := "apt-get -o Acquire::Retries=3 update && apt-get -o Acquire::Retries=3 -o DPkg::Lock::Timeout=300 install --yes --no-install-recommends " + names
	command := exec.CommandContext(ctx, "flock", filepath.Join(os.TempDir(), "postern-test-apt.lock"), "sh", "-c", script) // flock is in every Debian
	command.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive")
	if output, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("%w (%w: %s)", advice, err, bytes.TrimSpace(output))
	}
	return nil
}
