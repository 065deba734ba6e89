package benchtest

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// tick is the unit in which /proc counts processor time: USER_HZ is 100 for all programs of Linux (proc(5)).
const tick = 10 * time.Millisecond

// A Program is a process that serves HTTP.
type Program struct {
	// Name is what results are called by.
	Name string
	// URL is where it listens: http://127.0.0.1:41234.
	URL string

	id int
}

var address = regexp.MustCompile(`https?://\S+`)

// Start starts a program, waits until it prints an address on its standard output, and ends it with the test. What it writes to standard error is thrown away.
func Start(tb testing.TB, name string, command *exec.Cmd) *Program {
	tb.Helper()
	output, err := command.StdoutPipe()
	if err != nil {
		tb.Fatal(err)
	}
	if err := command.Start(); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		_ = command.Process.Kill() // it may have ended
		_ = command.Wait()
	})
	lines := bufio.NewScanner(output)
	for lines.Scan() {
		if url := address.FindString(lines.Text()); url != "" {
			return &Program{Name: name, URL: strings.TrimSuffix(url, "/"), id: command.Process.Pid}
		}
	}
	tb.Fatalf("%s has printed no address", name)
	return nil
}

// Self is the command that runs this test binary again, with a variable of the environment that tells TestMain what to do instead of testing.
func Self(variable, value string) *exec.Cmd {
	command := exec.Command(os.Args[0])
	command.Env = append(os.Environ(), variable+"="+value)
	return command
}

// Memory is a member of the program's state (proc(5), /proc/PID/status) that says how much memory it has, such as RssAnon, in bytes.
func (p *Program) Memory(tb testing.TB, name string) int64 {
	tb.Helper()
	bytes, err := p.memory(name)
	if err != nil {
		tb.Fatal(err)
	}
	return bytes
}

// used is the processor time that the program has used so far, in user and in kernel mode.
func (p *Program) used() (time.Duration, error) {
	content, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(p.id), "stat"))
	if err != nil {
		return 0, err
	}
	_, after, _ := strings.Cut(string(content), ") ") // behind the program's name, which may hold blanks
	fields := strings.Fields(after)
	const user, system = 11, 12 // fields 14 and 15 of proc(5), of which two are before
	if len(fields) <= system {
		return 0, fmt.Errorf("process %d has a state of %d fields", p.id, len(fields))
	}
	var ticks int64
	for _, field := range []string{fields[user], fields[system]} {
		count, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			return 0, err
		}
		ticks += count
	}
	return time.Duration(ticks) * tick, nil
}
