package contract_test

import (
	"os"
	"strings"
	"testing"
)

// TestDocumentedBinding holds the binding of the package's document against the one that the tests run.
func TestDocumentedBinding(t *testing.T) {
	t.Parallel()
	document, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(document), "// # Bindings\n")
	section, _, _ = strings.Cut(section, "// # Expressions\n")
	var documented strings.Builder
	for line := range strings.Lines(section) {
		if code, ok := strings.CutPrefix(line, "//\t"); ok {
			documented.WriteString(code)
		}
	}
	if got, want := documented.String(), binding(t); got != want {
		t.Errorf("the document has\n%s\nthe tests run\n%s", got, want)
	}
}
