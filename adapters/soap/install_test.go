package soap

import (
	"archive/zip"
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestReplace(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	options := ImportOptions{Source: filepath.Join("testdata", "accounts.wsdl"), Dir: dir, Name: "tax"}
	if _, err := Import(t.Context(), ImportOptions{Source: options.Source, Dir: dir, Name: "tax", Replace: true}); err == nil || !strings.Contains(err.Error(), "tax.yaml") {
		t.Errorf("replacing nothing: %v", err)
	}
	if _, err := Import(t.Context(), options); err != nil {
		t.Fatal(err)
	}
	yaml := filepath.Join(dir, "tax.yaml")
	const settings = "kind: soap\n# ours\npublish: {version: v1}\nwsdl: tax/accounts.wsdl # from IT\nread_only: [x]\n"
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(yaml, settings)
	write(filepath.Join(dir, "tax", "key.pem"), "kept")
	write(filepath.Join(dir, "tax", "gone.xsd"), "old")
	options.Replace = true
	report, err := Import(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(report.Files, []string{"tax/accounts.wsdl", "tax/money.xsd"}) {
		t.Errorf("written is %v", report.Files)
	}
	wantFile(t, yaml, settings)
	wantFile(t, filepath.Join(dir, "tax", "key.pem"), "kept")
	if _, err := os.Stat(filepath.Join(dir, "tax", "gone.xsd")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a schema of the former documents: %v", err)
	}

	// Another file name: the configuration names it, and says all else as before.
	other := filepath.Join(writeTwoVersions(t), "two.wsdl")
	if report, err = Import(t.Context(), ImportOptions{Source: other, Dir: dir, Name: "tax", Replace: true}); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(report.Files, []string{"tax.yaml", "tax/two.wsdl"}) {
		t.Errorf("written is %v", report.Files)
	}
	wantFile(t, yaml, strings.Replace(settings, "tax/accounts.wsdl # from IT", "tax/two.wsdl", 1))

	// Nothing of a failure is left.
	if _, err := Import(t.Context(), ImportOptions{Source: filepath.Join("testdata", "money.xsd"), Dir: dir, Name: "tax", Replace: true}); err == nil {
		t.Error("a schema was imported")
	}
	if _, err := Import(t.Context(), ImportOptions{Source: other, Dir: dir, Name: "tax", Replace: true, Endpoint: "http://h/"}); err == nil {
		t.Error("the endpoint was taken")
	}
	write(filepath.Join(dir, "rows.yaml"), "kind: database\n")
	if _, err := Import(t.Context(), ImportOptions{Source: other, Dir: dir, Name: "rows", Replace: true}); err == nil || !strings.Contains(err.Error(), "another kind") {
		t.Errorf("replacing a database: %v", err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 3 {
		t.Errorf("there is %v (%v)", entries, err)
	}
}

func wantFile(t *testing.T, name, want string) {
	t.Helper()
	got, err := os.ReadFile(name)
	if err != nil || string(got) != want {
		t.Errorf("%s holds %q (%v), want %q", filepath.Base(name), got, err, want)
	}
}

// TestSupply imports a WSDL whose schema is at an address that nothing answers, first by hand and then by itself.
func TestSupply(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"http://schemas.invalid/money.xsd?xsd=1", "classpath:schemas/money.xsd"} {
		testSupply(t, address)
	}
}

func testSupply(t *testing.T, address string) {
	t.Helper()
	dir := t.TempDir()
	accounts, err := os.ReadFile(filepath.Join("testdata", "accounts.wsdl"))
	if err != nil {
		t.Fatal(err)
	}
	source := filepath.Join(dir, "accounts.wsdl")
	if err := os.WriteFile(source, []byte(strings.Replace(string(accounts), `"money.xsd"`, `"`+address+`"`, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	options := ImportOptions{Source: source, Dir: filepath.Join(dir, "backends"), Name: "tax"}
	if _, err := Import(t.Context(), options); err == nil || !strings.Contains(err.Error(), address) || !strings.Contains(err.Error(), source) ||
		!strings.Contains(err.Error(), "--supply") {
		t.Errorf("without it: %v", err)
	}
	options.Supply = map[string]string{address: filepath.Join("testdata", "missing.xsd")}
	if _, err := Import(t.Context(), options); err == nil || !strings.Contains(err.Error(), "missing.xsd") {
		t.Errorf("with a file that is not there: %v", err)
	}
	options.Supply = map[string]string{address: filepath.Join("testdata", "money.xsd")}
	report, err := Import(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(report.Files, []string{"tax.yaml", "tax/accounts.wsdl", "tax/money.xsd"}) {
		t.Errorf("written is %v", report.Files)
	}
	if _, err := mapFile(t.Context(), "tax", filepath.Join(dir, "backends", "tax", "accounts.wsdl")); err != nil {
		t.Errorf("reading the copy: %v", err)
	}
}

// TestImportFromZIP imports an archive in which the WSDL lies deeper than what it imports.
func TestImportFromZIP(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var archive bytes.Buffer
	writer := zip.NewWriter(&archive)
	for name, from := range map[string]string{"docs/wsdl/accounts.wsdl": "accounts.wsdl", "docs/money.xsd": "money.xsd", "readme.txt": "money.xsd"} {
		content, err := os.ReadFile(filepath.Join("testdata", from))
		if err != nil {
			t.Fatal(err)
		}
		entry, err := writer.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := entry.Write(bytes.Replace(content, []byte(`"money.xsd"`), []byte(`"../money.xsd"`), 1)); err != nil {
			t.Fatal(err)
		}
	}
	if err := writer.Close(); err != nil {
		t.Fatal(err)
	}
	write := func(name string, content []byte) string {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	backends := filepath.Join(dir, "backends")
	report, err := Import(t.Context(), ImportOptions{Source: write("accounts.zip", archive.Bytes()), Dir: backends, Name: "tax"})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(report.Files, []string{"tax.yaml", "tax/accounts.wsdl", "tax/money.xsd"}) || len(report.Operations) != 3 {
		t.Errorf("the report is %+v", report)
	}
	nothing := write("nothing.zip", []byte("PK\x05\x06"+strings.Repeat("\x00", 18)))
	if _, err := Import(t.Context(), ImportOptions{Source: nothing, Dir: backends, Name: "none"}); err == nil || !strings.Contains(err.Error(), "there is no WSDL among the files") {
		t.Errorf("of an empty archive the error is %v", err)
	}
	if _, err := Import(t.Context(), ImportOptions{Source: write("cut.zip", archive.Bytes()[:200]), Dir: backends, Name: "cut"}); err == nil {
		t.Error("half an archive was imported")
	}
}
