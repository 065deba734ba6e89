package gateway_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/gateway"
	"github.com/postern-gateway/postern/gateway/benchtest"
	"github.com/postern-gateway/postern/gateway/telemetry"
)

// crashPart is the variable that makes the test binary a gateway over the estate in this directory, whose legacy system notes every call in a file and then hangs.
const crashPart = "POSTERN_CRASH_PART"

// called is the file in which the legacy system of a gateway that is to be killed notes the calls that reach it.
const called = "called"

// serveCrashing serves until it is killed.
func serveCrashing(estate string) {
	l := newLegacy()
	before := func(ctx context.Context) error {
		file, err := os.OpenFile(filepath.Join(estate, called), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		if err == nil {
			_, err = file.WriteString("x")
		}
		if err = errors.Join(err, file.Close()); err == nil {
			<-ctx.Done()
		}
		return err
	}
	l.call.Store(&before)
	if err := serveUntilKilled(estate, l); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
}

func serveUntilKilled(estate string, known adapters.Adapter) error {
	ctx := context.Background()
	recording, err := telemetry.Start(ctx, telemetry.Options{Logs: io.Discard})
	if err != nil {
		return err
	}
	g, err := gateway.Open(ctx, gateway.Options{
		Estate: estate, Adapters: []adapters.Adapter{known}, Telemetry: recording, REST: "127.0.0.1:0", GRPC: "127.0.0.1:0", Admin: "127.0.0.1:0",
	})
	if err != nil {
		return err
	}
	server, err := g.Listen(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(os.Stdout, "http://%s\n", server.REST())
	return server.Serve(ctx)
}

// The process is killed while a call with a key is with the legacy system. The gateway that comes after it never sends the call again: the key is in use for as
// long as the call could have taken (2 s, as the estate says), and from then on nobody knows how it has ended.
func TestKeyedCallOfAProcessThatIsKilled(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	copyEstate(t, "testdata/writing", dir)
	command := benchtest.Self(crashPart, dir)
	killed := benchtest.Start(t, "killed", command)
	lost := make(chan error, 1)
	go func() {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, killed.URL+"/items/v1/items", strings.NewReader(`{"id":"x"}`))
		if err == nil {
			r.Header.Set(key, "k")
			var response *http.Response
			if response, err = http.DefaultClient.Do(r); err == nil {
				err = response.Body.Close()
			}
		}
		lost <- err
	}()
	for calls(t, dir) == 0 {
		<-time.After(time.Millisecond)
	}
	if err := command.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = command.Wait() // it was killed
	if err := <-lost; err == nil {
		t.Fatal("the call was answered")
	}

	l := newLegacy()
	before := func(context.Context) error { t.Error("the call was sent again"); return nil }
	l.call.Store(&before)
	rest := "http://" + serve(t, dir, l).REST()
	inUse := 0
	for {
		got := request(t, "POST", rest+"/items/v1/items", `{"id":"x"}`, key, "k")
		if got.field(t, "code") == "IDEMPOTENCY_OUTCOME_UNKNOWN" {
			wantProblem(t, got, http.StatusConflict, "IDEMPOTENCY_OUTCOME_UNKNOWN")
			break
		}
		inUse++
		wantProblem(t, got, http.StatusConflict, "IDEMPOTENCY_KEY_IN_USE")
		<-time.After(100 * time.Millisecond)
	}
	if inUse == 0 || calls(t, dir) != 1 {
		t.Errorf("in use %d times, called %d times", inUse, calls(t, dir))
	}
}

// calls is how often the legacy system was called.
func calls(t *testing.T, dir string) int {
	t.Helper()
	noted, err := os.ReadFile(filepath.Join(dir, called))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	return len(noted)
}
