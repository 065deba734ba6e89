package batch

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/postern-gateway/postern/adapters/batch/transport"
)

// anInbox is one in which every name counts.
func anInbox(t *testing.T, directory string) *inbox {
	t.Helper()
	pattern, err := parseNamePattern("*")
	if err != nil {
		t.Fatal(err)
	}
	return &inbox{directory: transport.Local(directory), pattern: pattern, settle: settleTime, seen: make(map[string]sighting)}
}

// A new file that takes the name of one that has been read is not put away with it.
func TestPutAwayLeavesNewFiles(t *testing.T) {
	t.Parallel()
	directory := t.TempDir()
	box := anInbox(t, directory)
	box.after = afterArchive
	path := filepath.Join(directory, "ACK.1")
	if err := os.WriteFile(path, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	files, _, err := box.list(t.Context(), true)
	if err != nil {
		t.Fatal(err)
	}
	done := &fileRecord{Name: "ACK.1", Size: files[0].Size(), ModTime: files[0].ModTime()}
	for _, test := range []struct{ content, inbox, archive string }{
		{"newer", "newer", ""},
		{"old", "", "old"},
	} {
		if err := os.WriteFile(path, []byte(test.content), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, done.ModTime, done.ModTime); err != nil {
			t.Fatal(err)
		}
		if err := box.putAway(t.Context(), done); err != nil {
			t.Fatal(err)
		}
		kept, _ := os.ReadFile(path)
		archived, _ := os.ReadFile(filepath.Join(directory, archiveName, "ACK.1"))
		if string(kept) != test.inbox || string(archived) != test.archive {
			t.Errorf("%q: the inbox has %q and the archive %q, want %q and %q", test.content, kept, archived, test.inbox, test.archive)
		}
	}
}

// The clock of a file server may be ahead of ours. Then a file has been left alone since we first saw it as it is.
func TestFilesFromTheFuture(t *testing.T) {
	t.Parallel()
	directory := t.TempDir()
	box := anInbox(t, directory)
	box.settles = true
	path := filepath.Join(directory, "people.csv")
	if err := os.WriteFile(path, []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	ahead := time.Now().Add(time.Hour)
	if err := os.Chtimes(path, ahead, ahead); err != nil {
		t.Fatal(err)
	}
	if files, next, err := box.list(t.Context(), false); err != nil || len(files) != 0 || next <= 0 || next > settleTime {
		t.Fatalf("%d files, the next in %v (%v), want none yet", len(files), next, err)
	}
	first := box.seen["people.csv"]
	first.at = first.at.Add(-settleTime)
	box.seen["people.csv"] = first
	if files, _, err := box.list(t.Context(), false); err != nil || len(files) != 1 {
		t.Errorf("%d files (%v), want the one that was left alone", len(files), err)
	}
}

// A growing directory has a file that grows while it is read.
type growing struct {
	transport.Directory
	grow func() error // once
}

// Open implements [transport.Reader].
func (d *growing) Open(ctx context.Context, name string) (transport.File, error) {
	file, err := d.Directory.Open(ctx, name)
	return &growingFile{File: file, directory: d}, err
}

type growingFile struct {
	transport.File
	directory *growing
}

// Read implements [io.Reader].
func (f *growingFile) Read(p []byte) (int, error) {
	n, err := f.File.Read(p)
	if grow := f.directory.grow; grow != nil && errors.Is(err, io.EOF) {
		f.directory.grow = nil
		return n, errors.Join(err, grow())
	}
	return n, err
}

// Between the last byte and the end of its reading, a file has got more: though what was read of it was all right, it counts for nothing, and is read again.
func TestFileGrowsBehindItsEnd(t *testing.T) {
	t.Parallel()
	r := newRates(t)
	r.config.Extracts[0].Inbox.Settle = durationpb.New(0)
	x := r.open(t)
	err := x.worker.exclusively(t.Context(), func() error {
		directory := &growing{Directory: x.inbox.directory, grow: func() error { r.write(t, 1, "a,1\nb,2\nc,3\n"); return nil }}
		x.inbox.directory = directory
		r.write(t, 1, "a,1\nb,2\n")
		if _, err := x.pass(t.Context(), false); err != nil || directory.grow != nil {
			t.Errorf("the first look: %v; has the file grown? %v", err, directory.grow == nil)
		}
		if runs, err := x.inbox.runs(t.Context()); err != nil || len(runs) != 0 {
			t.Errorf("runs %v (%v), want none of a file that is growing", runs, err)
		}
		_, err := x.pass(t.Context(), false)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	current, err := x.acquire()
	if err != nil {
		t.Fatal(err)
	}
	defer x.release(current)
	if n := current.Info().Records; n != 3 {
		t.Errorf("%d records are served, want 3", n)
	}
}
