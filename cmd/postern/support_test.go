package main

import (
	"os"
	"path/filepath"
	"testing"
)

// sharedDir is the directory of test data beside the repository.
func sharedDir(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs(filepath.Join("..", "..", "..", "shared"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(dir); err != nil {
		t.Fatalf("the test data is not beside the repository: %v", err)
	}
	return dir
}
