package benefits

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/postern-gateway/postern/deploy/demo/population"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func newMainframe(t *testing.T) (*Mainframe, string) {
	t.Helper()
	directory := t.TempDir()
	m, err := New(Options{
		Citizens: population.Generate(1, 20), Directory: directory, Poll: time.Millisecond, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	return m, directory
}

func TestMainframeAnswers(t *testing.T) {
	t.Parallel()
	m, directory := newMainframe(t)
	write(t, filepath.Join(directory, ToMainframe, "CHGADDR.000042"), changesFile(t, twoChanges(), nil))
	seen, err := m.look(nil)
	if err != nil || !seen["CHGADDR.000042"] {
		t.Fatalf("the first look: %v, %v", seen, err)
	}
	if seen, err = m.look(seen); err != nil || len(seen) != 0 {
		t.Fatalf("the second look: %v, %v", seen, err)
	}
	ack, err := os.ReadFile(filepath.Join(directory, FromMainframe, "CHGACK.000042"))
	if err != nil {
		t.Fatal(err)
	}
	text := ebcdic(t, ack)
	if len(text) != 4*40 || !strings.HasPrefix(text, "HCHGACK  000042") {
		t.Fatalf("the acknowledgement is %q", text)
	}
	for i, want := range []string{"D000000001000", "D000000002020", "T0000002"} {
		if got := strings.TrimRight(text[(i+1)*40:(i+2)*40], " "); got != want {
			t.Errorf("record %d is %q, want %q", i+1, got, want)
		}
	}
	if _, err := os.Stat(filepath.Join(directory, ToMainframe, processed, "CHGADDR.000042")); err != nil {
		t.Errorf("the file was not put away: %v", err)
	}
}

func TestMainframeRejects(t *testing.T) {
	t.Parallel()
	m, directory := newMainframe(t)
	write(t, filepath.Join(directory, ToMainframe, "CHGADDR.000043"), []byte("rubbish"))
	write(t, filepath.Join(directory, ToMainframe, "README"), []byte("not for the mainframe"))
	for range 2 {
		if _, err := m.look(map[string]bool{"CHGADDR.000043": true}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := os.Stat(filepath.Join(directory, ToMainframe, rejected, "CHGADDR.000043")); err != nil {
		t.Errorf("the file was not put aside: %v", err)
	}
	if _, err := os.Stat(filepath.Join(directory, FromMainframe, "CHGACK.000043")); !os.IsNotExist(err) {
		t.Errorf("rubbish was acknowledged: %v", err)
	}
	if _, err := os.Stat(filepath.Join(directory, ToMainframe, "README")); err != nil {
		t.Errorf("another file was touched: %v", err)
	}
}

func TestRunEndsWithItsContext(t *testing.T) {
	t.Parallel()
	m, directory := newMainframe(t)
	write(t, filepath.Join(directory, ToMainframe, "CHGADDR.000042"), changesFile(t, twoChanges(), nil))
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		m.Run(ctx)
	}()
	watch := time.NewTicker(time.Millisecond)
	defer watch.Stop()
	for answered := false; !answered; <-watch.C {
		_, err := os.Stat(filepath.Join(directory, ToMainframe, processed, "CHGADDR.000042"))
		answered = err == nil
	}
	cancel()
	<-ended
}

func TestNewKeepsTheExtract(t *testing.T) {
	t.Parallel()
	m, directory := newMainframe(t)
	path := filepath.Join(directory, FromMainframe, ExtractName)
	write(t, path, []byte("kept"))
	if _, err := New(m.options); err != nil {
		t.Fatal(err)
	}
	if content, err := os.ReadFile(path); err != nil || string(content) != "kept" {
		t.Errorf("the extract is %q, %v", content, err)
	}
}

func write(t *testing.T, path string, content []byte) {
	t.Helper()
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
}
