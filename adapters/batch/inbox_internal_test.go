package batch

import (
	"os"
	"path/filepath"
	"testing"
	"time"

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
