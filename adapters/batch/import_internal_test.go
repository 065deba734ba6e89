package batch

import (
	"os"
	"path/filepath"
	"testing"
)

// What could not be written whole leaves nothing, neither files nor the directories that were made for them, and takes nothing that was there.
func TestWriteNewLeavesNothing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "there"), 0o700); err != nil {
		t.Fatal(err)
	}
	err := writeNew(map[string][]byte{
		filepath.Join(dir, "there", "a", "b"):      []byte("a file where a directory is wanted"),
		filepath.Join(dir, "there", "a", "b", "c"): []byte("c"),
		filepath.Join(dir, "there", "d"):           []byte("d"),
	})
	if err == nil {
		t.Fatal("a file and a directory have one name")
	}
	if left, err := os.ReadDir(filepath.Join(dir, "there")); err != nil || len(left) != 0 {
		t.Errorf("left: %v (%v)", left, err)
	}
	want := filepath.Join(dir, "new", "backends", "x.yaml")
	if err := writeNew(map[string][]byte{want: []byte("x")}); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(want); err != nil || string(got) != "x" {
		t.Errorf("%q (%v)", got, err)
	}
}
