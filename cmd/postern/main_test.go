package main

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain lets the test binary be the postern command too: scripts and tests run it as a separate process, race detector included. Benchmarks
// have programs of their own.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"postern": main, soapService: serveSOAPService, soapByHand: serveSOAPByHand, databaseByHand: serveDatabaseByHand, extractByHand: serveExtractByHand})
}

// TestScripts replays the transcripts of testdata/script against the real program.
func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(env *testscript.Env) error {
			env.Setenv("SHARED", sharedDir(t))
			return nil
		},
	})
}

// process is a gateway that runs as a process of its own, at the addresses that it printed.
type process struct {
	rest, grpc, admin string
	tour              []string // the commands that the demo says to try
	pid               int
}

// start runs postern with free ports until the test ends, when it must stop cleanly.
func start(t *testing.T, arguments ...string) process {
	t.Helper()
	return startIn(t, "", arguments...)
}

// startIn does so in a directory.
func startIn(t *testing.T, dir string, arguments ...string) process {
	t.Helper()
	command := exec.CommandContext(context.WithoutCancel(t.Context()), "postern", append(arguments, "--rest", "127.0.0.1:0", "--grpc", "127.0.0.1:0", "--admin", "127.0.0.1:0")...)
	command.Dir = dir
	stdout, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var logs strings.Builder
	command.Stderr = &logs
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := command.Process.Signal(syscall.SIGTERM); err != nil {
			t.Error(err)
		}
		_, _ = io.Copy(io.Discard, stdout)
		if err := command.Wait(); err != nil {
			t.Errorf("postern %s: %v\n%s", strings.Join(arguments, " "), err, logs.String())
		}
		if strings.Contains(logs.String(), "DATA RACE") {
			t.Errorf("a data race:\n%s", logs.String())
		}
		if t.Failed() {
			t.Logf("its log:\n%s", logs.String())
		}
	})
	p := process{pid: command.Process.Pid}
	lines := bufio.NewScanner(stdout)
	for p.admin == "" && lines.Scan() {
		name, address, _ := strings.Cut(lines.Text(), " ")
		address = strings.TrimPrefix(strings.TrimSpace(address), "http://")
		switch name {
		case "REST":
			p.rest = address
		case "gRPC":
			p.grpc = address
		case "admin":
			p.admin = address
		}
	}
	for arguments[0] == "demo" && lines.Scan() && lines.Text() != "Stop with Ctrl-C." {
		if command, ok := strings.CutPrefix(lines.Text(), "  curl "); ok {
			p.tour = append(p.tour, "curl "+command)
		}
	}
	if p.admin == "" {
		t.Fatalf("postern %s printed no addresses:\n%s", strings.Join(arguments, " "), logs.String())
	}
	return p
}

// answer is what a caller gets.
type answer struct {
	status int
	header http.Header
	body   string
	fields map[string]any // body as JSON, if it is an object
}

// at returns what stands at the path of keys, or nil.
func (a answer) at(keys ...string) any {
	var value any = a.fields
	for _, key := range keys {
		object, _ := value.(map[string]any)
		value = object[key]
	}
	return value
}

func send(t *testing.T, method, url, body string, header ...string) answer {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	got := answer{status: response.StatusCode, header: response.Header, body: string(text)}
	_ = json.Unmarshal(text, &got.fields) // not every body is an object
	return got
}

func get(t *testing.T, url string) answer { t.Helper(); return send(t, http.MethodGet, url, "") }

// eventually asks until the answer satisfies, for at most a minute.
func eventually(t *testing.T, what string, ask func() bool) {
	t.Helper()
	deadline := time.Now().Add(time.Minute)
	for !ask() {
		if time.Now().After(deadline) {
			t.Fatalf("%s did not come about", what)
		}
		<-time.After(50 * time.Millisecond)
	}
}
