package batch

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// A new file that takes the name of one that has been read is not put away with it.
func TestPutAwayLeavesNewFiles(t *testing.T) {
	t.Parallel()
	box := &inbox{directory: t.TempDir(), pattern: "*", archive: true, seen: make(map[string]sighting)}
	path := filepath.Join(box.directory, "ACK.1")
	if err := os.WriteFile(path, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	files, _, err := box.list(true)
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
		if err := box.putAway(done); err != nil {
			t.Fatal(err)
		}
		kept, _ := os.ReadFile(path)
		archived, _ := os.ReadFile(filepath.Join(box.directory, archiveName, "ACK.1"))
		if string(kept) != test.inbox || string(archived) != test.archive {
			t.Errorf("%q: the inbox has %q and the archive %q, want %q and %q", test.content, kept, archived, test.inbox, test.archive)
		}
	}
}

// The clock of a file server may be ahead of ours. Then a file has been left alone since we first saw it as it is.
func TestFilesFromTheFuture(t *testing.T) {
	t.Parallel()
	box := &inbox{directory: t.TempDir(), pattern: "*", settles: true, seen: make(map[string]sighting)}
	path := filepath.Join(box.directory, "people.csv")
	if err := os.WriteFile(path, []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	ahead := time.Now().Add(time.Hour)
	if err := os.Chtimes(path, ahead, ahead); err != nil {
		t.Fatal(err)
	}
	if files, next, err := box.list(false); err != nil || len(files) != 0 || next <= 0 || next > settleTime {
		t.Fatalf("%d files, the next in %v (%v), want none yet", len(files), next, err)
	}
	first := box.seen["people.csv"]
	first.at = first.at.Add(-settleTime)
	box.seen["people.csv"] = first
	if files, _, err := box.list(false); err != nil || len(files) != 1 {
		t.Errorf("%d files (%v), want the one that was left alone", len(files), err)
	}
}
