package batch_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/postern-gateway/postern/adapters/batch"
	"github.com/postern-gateway/postern/adapters/batch/transporttest"
	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

// An inbox on a server that never answers holds up neither what leaves nor the caller beyond its deadline.
func TestDrainPastAServerThatHangs(t *testing.T) {
	t.Parallel()
	s := newRemoteSite(t, "sftp")
	s.server.Config.Timeout = durationpb.New(time.Hour)
	s.server.Fail(func(operation, _ string) transporttest.Fault {
		if operation == transporttest.List {
			return transporttest.Hang
		}
		return transporttest.None
	})
	config := parse(t, settings)
	config.Transports = map[string]*configv1.BatchTransport{"mainframe": s.server.Config}
	config.Extracts[0].Inbox.Transport = "mainframe"
	backend, err := batch.Adapter{}.Open(t.Context(), config, s.options(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeBackend(t, backend) })
	submit(t, backend, aChange)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	begun := time.Now()
	err = tryDrain(ctx, backend)
	if took := time.Since(begun); status.Code(err) != codes.DeadlineExceeded || took > 20*time.Second {
		t.Errorf("Drain: %v after %v, want DEADLINE_EXCEEDED", err, took)
	}
	if out := s.outFiles(t); len(out["CHG.0001"]) != 120 {
		t.Errorf("the outbox has %q, want CHG.0001", out)
	}
}

// A file on a server that grows, or is replaced, while it is read counts for nothing, and least of all as one that is wrong, until it has been left alone.
func TestFileGrowsOnAServer(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"sftp", "ftp"} {
		for how, grow := range map[string]func(path string, rest []byte) error{
			"appended": func(path string, rest []byte) error {
				file, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
				if err != nil {
					return err
				}
				_, err = file.Write(rest)
				return errors.Join(err, file.Close())
			},
			"replaced": func(path string, _ []byte) error {
				return errors.Join(os.WriteFile(path+".new", extractOf("20261120", manyClaims(2000)...), 0o600), os.Rename(path+".new", path))
			},
			"truncated": func(path string, _ []byte) error { return os.Truncate(path, 60) },
		} {
			t.Run(kind+" "+how, func(t *testing.T) {
				t.Parallel()
				s := newRemoteSite(t, kind)
				backend := s.open(t)
				drain(t, backend)
				whole := extractOf("20261120", manyClaims(2000)...)
				path := filepath.Join(s.server.Root, "in", "CLAIMS.1")
				var once sync.Once
				s.server.Fail(func(operation, name string) transporttest.Fault {
					if operation == transporttest.Read && strings.HasSuffix(name, "CLAIMS.1") {
						once.Do(func() {
							if err := grow(path, whole[60_000:]); err != nil {
								t.Error(err)
							}
						})
					}
					return transporttest.None
				})
				put(t, s.in, "CLAIMS.1", whole[:60_000])
				_ = tryDrain(t.Context(), backend) // whatever comes of the first look
				if runs := runsOf(t, backend, "claims"); len(runs) != 0 {
					t.Errorf("runs %v, want nothing to be said of the file yet", runs)
				}
				once.Do(func() { t.Error("the file was never read") })
				if how == "truncated" {
					put(t, s.in, "CLAIMS.1", whole)
				}
				drainSoon(t, backend)
				if n := servedRecords(t, backend); n != 2000 {
					t.Errorf("%d records are served, want 2000", n)
				}
			})
		}
	}
}

// Whatever files are called, they lead nowhere, hold nothing up, and are put away; and those that no log should name are not there at all.
func TestNamesOfFiles(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("é", 126) + "x.1" // 255 bytes
	good := []string{"-rf", "--help", "$(reboot)", "a b", "'; DROP TABLE x", "%s%n", "..hidden", "C:CON", long, "ärchive", "e\u0301"}
	bad := []string{"new\nline", "bad\xffutf8", "esc\x1b[31m", "\u202egpj.exe", `back\slash`}
	for _, after := range []string{"archive", "delete"} {
		t.Run(after, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			config := strings.Replace(settings, `{directory: in, pattern: "CLAIMS.*"}`, `{directory: in, pattern: "*", after: `+after+`, settle: 0s}`, 1)
			config = strings.Replace(config, `inbox: {directory: in, pattern: "ACK.*", after: archive}`, `inbox: {directory: acks, pattern: "ACK.*", after: archive}`, 1)
			if err := os.Mkdir(filepath.Join(s.dir, "acks"), 0o700); err != nil {
				t.Fatal(err)
			}
			backend := s.open(t, config)
			for round := range 2 {
				for i, name := range append(slices.Clone(good), bad...) {
					s.write(t, "file", extractOf(time.Date(2026, 1, 1+2*i+round, 0, 0, 0, 0, time.UTC).Format("20060102"), manyClaims(i+1)...))
					if err := os.Rename(filepath.Join(s.dir, "file"), filepath.Join(s.dir, "in", name)); err != nil { // so that it is there whole
						t.Fatal(err)
					}
				}
				drain(t, backend)
			}
			entries, err := os.ReadDir(filepath.Join(s.dir, "in"))
			if err != nil {
				t.Fatal(err)
			}
			var left []string
			for _, entry := range entries {
				if entry.Name() != "archive" {
					left = append(left, entry.Name())
				}
			}
			slices.Sort(left)
			want := append(slices.Clone(bad), "..hidden") // as are all names that begin with a dot
			slices.Sort(want)
			if !slices.Equal(left, want) {
				t.Errorf("the inbox has %q, want %q", left, want)
			}
			for _, run := range runsOf(t, backend, "claims") {
				if slices.Contains(bad, run.GetFile()) || run.GetOutcome() == "refused" {
					t.Errorf("%q is %s: %s", run.GetFile(), run.GetOutcome(), run.GetReason())
				}
			}
			if after != "archive" {
				return
			}
			archived, err := os.ReadDir(filepath.Join(s.dir, "in", "archive"))
			if err != nil || len(archived) != 2*(len(good)-1) {
				t.Errorf("%d files are archived (%v), want each of %d twice", len(archived), err, len(good)-1)
			}
		})
	}
}
