package gateway_test

import (
	"os"
	"testing"

	"google.golang.org/protobuf/reflect/protoreflect"
)

// copyEstate copies an estate, so that what the gateway writes beside it stays in the test's directory.
func copyEstate(t *testing.T, from, to string) {
	t.Helper()
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
}

func writeFile(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func rename(t *testing.T, from, to string) {
	t.Helper()
	if err := os.Rename(from, to); err != nil {
		t.Fatal(err)
	}
}

func valueOf(text string) protoreflect.Value { return protoreflect.ValueOfString(text) }
