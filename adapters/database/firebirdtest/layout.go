package firebirdtest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// The files of a server's directory.
const (
	securityFile = "security3.fdb"
	templateFile = "template.fdb"
)

// lay makes what the server looks for in the directory that it takes for its installation. The library of character sets is copied, since the server does
// not recognise it behind a link.
func (s *Server) lay(port string) error {
	settings := strings.Join([]string{
		"SecurityDatabase = " + filepath.Join(s.dir, securityFile), "RemoteServicePort = " + port, "RemoteBindAddress = 127.0.0.1",
		"AuthServer = Srp", "UserManager = Srp", "WireCrypt = Enabled", "ServerMode = Super", "",
	}, "\n")
	written := errors.Join(
		os.WriteFile(filepath.Join(s.dir, "firebird.conf"), []byte(settings), 0o600),
		os.WriteFile(filepath.Join(s.dir, "databases.conf"), nil, 0o600),
		os.Mkdir(filepath.Join(s.dir, "intl"), 0o700), os.Mkdir(filepath.Join(s.dir, "lock"), 0o700), os.Mkdir(filepath.Join(s.dir, "tmp"), 0o700),
		os.Symlink(filepath.Join(s.installed.libraries, "firebird.msg"), filepath.Join(s.dir, "firebird.msg")),
		os.Symlink(filepath.Join(s.installed.libraries, "plugins"), filepath.Join(s.dir, "plugins")),
	)
	if written != nil {
		return fmt.Errorf("laying the test server's directory out: %w", written)
	}
	return copyFile(filepath.Join(s.installed.libraries, "intl", "libfbintl.so"), filepath.Join(s.dir, "intl", "libfbintl.so"))
}

// initialise makes the security database and the empty one, without a server.
func (s *Server) initialise(ctx context.Context) error {
	security, err := os.ReadFile(s.installed.security)
	if err != nil {
		return fmt.Errorf("reading the script of security databases: %w", err)
	}
	script := "CREATE DATABASE '" + filepath.Join(s.dir, securityFile) + "';\n" + string(security) +
		"\nCOMMIT;\nCREATE USER SYSDBA PASSWORD '" + s.password + "' USING PLUGIN Srp;\nCOMMIT;\n"
	if err := s.run(ctx, script, s.installed.isql, "-q", "-bail", "-user", "SYSDBA"); err != nil {
		return fmt.Errorf("making a security database: %w", err)
	}
	template := filepath.Join(s.dir, templateFile)
	if err := s.run(ctx, "CREATE DATABASE '"+template+"' DEFAULT CHARACTER SET UTF8;\n", s.installed.isql, "-q", "-bail", "-user", "SYSDBA"); err != nil {
		return fmt.Errorf("making an empty database: %w", err)
	}
	if err := s.run(ctx, "", s.installed.gfix, "-user", "SYSDBA", "-write", "async", template); err != nil {
		return fmt.Errorf("letting the empty database be written late: %w", err)
	}
	return nil
}

// run runs a program of the installation with something to read.
func (s *Server) run(ctx context.Context, input, program string, arguments ...string) error {
	command := exec.CommandContext(ctx, program, arguments...)
	command.Stdin = strings.NewReader(input)
	command.SysProcAttr, command.Dir, command.Env = s.account, s.dir, s.environment()
	if output, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("%w: %s", err, output)
	}
	return nil
}

func (s *Server) environment() []string {
	return append(os.Environ(), "FIREBIRD="+s.dir, "FIREBIRD_LOCK="+filepath.Join(s.dir, "lock"), "FIREBIRD_TMP="+filepath.Join(s.dir, "tmp"))
}

func copyFile(from, to string) error {
	content, err := os.ReadFile(from)
	if err != nil {
		return fmt.Errorf("copying a file of the test server: %w", err)
	}
	if err := os.WriteFile(to, content, 0o600); err != nil {
		return fmt.Errorf("copying a file of the test server: %w", err)
	}
	return nil
}
