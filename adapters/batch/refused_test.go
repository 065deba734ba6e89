package batch_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/adapters/batch"
)

// A logbook keeps what is logged, as JSON lines.
type logbook struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write implements [io.Writer].
func (l *logbook) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

// lines returns the entries of a level.
func (l *logbook) lines(t testing.TB, level slog.Level) []map[string]any {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	var found []map[string]any
	for line := range strings.Lines(l.text.String()) {
		entry := make(map[string]any)
		if err := json.Unmarshal([]byte(line), &entry); err != nil {
			t.Fatal(err)
		}
		if entry["level"] == level.String() {
			found = append(found, entry)
		}
	}
	return found
}

// openLogged opens a back end that logs to a book.
func (s *site) openLogged(t testing.TB, yaml string) (adapters.Backend, *logbook) {
	t.Helper()
	book := &logbook{}
	options := s.options(t)
	options.Logger = slog.New(slog.NewJSONHandler(book, nil))
	backend, err := batch.Adapter{}.Open(t.Context(), parse(t, yaml), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeBackend(t, backend) })
	return backend, book
}

// A refused acknowledgement is logged once, holds nothing up, and is spoken of by Check until it has gone.
func TestRefusedAcknowledgement(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	backend, book := s.openLogged(t, settings)
	s.write(t, "in/CLAIMS.1", extractOf("20261120", twoClaims...))
	sent := submit(t, backend, aChange)
	drain(t, backend)
	s.write(t, "in/ACK.1", []byte("garbage"))
	s.write(t, "in/ACK.2", answers("1", "OK"))
	for range 3 {
		drain(t, backend)
	}
	if _, metadata := operation(t, backend, sent.GetName()); metadata["state"] != "ACKNOWLEDGED" {
		t.Errorf("state %v, want the other file to be read", metadata["state"])
	}
	if errors := book.lines(t, slog.LevelError); len(errors) != 1 || errors[0]["file"] != "ACK.1" {
		t.Errorf("logged %v, want one error", errors)
	}
	check := func() error { return backend.(adapters.Checker).Check(t.Context()) }
	if err := check(); status.Code(err) != codes.FailedPrecondition || !strings.Contains(err.Error(), "ACK.1") {
		t.Errorf("Check: %v, want FAILED_PRECONDITION for ACK.1", err)
	}
	s.write(t, "in/ACK.1", answers("1", "OK"))
	s.age(t, "in/ACK.1", time.Minute)
	drain(t, backend)
	if err := check(); err != nil {
		t.Errorf("Check after the file was mended: %v", err)
	}
	if left, err := filepath.Glob(filepath.Join(s.dir, "in", "ACK.*")); err != nil || len(left) != 0 {
		t.Errorf("the inbox still holds %v (%v)", left, err)
	}
}

// Log entries name the unit of a duration, and no moment that nobody knows.
func TestLogOfExtracts(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	backend, book := s.openLogged(t, settings)
	s.write(t, "in/CLAIMS.1", extractOf("20261120", twoClaims...))
	drain(t, backend)
	s.write(t, "in/CLAIMS.2", nil)
	drain(t, backend)
	drain(t, backend)
	read, refused := book.lines(t, slog.LevelInfo), book.lines(t, slog.LevelError)
	if len(read) != 1 || len(refused) != 1 {
		t.Fatalf("logged %v and %v, want one entry each", read, refused)
	}
	for _, entry := range []map[string]any{read[0], refused[0]} {
		if duration, ok := entry["duration_ms"].(float64); !ok || duration <= 0 || duration > 60_000 {
			t.Errorf("duration_ms is %v", entry["duration_ms"])
		}
	}
	if asOf := read[0]["as_of"]; asOf != "2026-11-20T00:00:00Z" {
		t.Errorf("as_of is %v", asOf)
	}
	if asOf, ok := refused[0]["as_of"]; ok {
		t.Errorf("as_of of a file that says none is %v", asOf)
	}
}
