package soap

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"buf.build/go/protoyaml"

	"github.com/postern-gateway/postern/adapters"
	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

func TestImport(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.StripPrefix("/ws", http.FileServer(http.Dir("testdata"))))
	t.Cleanup(server.Close)
	for _, source := range []string{filepath.Join("testdata", "accounts.wsdl"), server.URL + "/ws/accounts.wsdl?wsdl"} {
		t.Run(filepath.Base(source), func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "backends")
			report, err := Import(t.Context(), ImportOptions{Source: source, Dir: dir, Name: "council-accounts"})
			if err != nil {
				t.Fatal(err)
			}
			wanted := []string{"council-accounts.yaml", "council-accounts/accounts.wsdl", "council-accounts/money.xsd"}
			if !slices.Equal(report.Files, wanted) {
				t.Errorf("the files are %v", report.Files)
			}
			if len(report.Operations) != 3 || len(report.Skipped) != 1 {
				t.Errorf("the report is %+v", report)
			}
			content, err := os.ReadFile(filepath.Join(dir, "council-accounts.yaml"))
			if err != nil {
				t.Fatal(err)
			}
			if !strings.HasPrefix(string(content), "kind: soap\n") {
				t.Errorf("the kind is not the first key:\n%s", content)
			}
			config := &configv1.SoapBackend{}
			if err := (protoyaml.UnmarshalOptions{}).Unmarshal(content, config); err != nil {
				t.Fatal(err)
			}
			b, err := Adapter{}.Open(t.Context(), config, adapters.Options{Name: "council-accounts", Dir: dir})
			if err != nil {
				t.Fatal(err)
			}
			if got := b.Services()[0].Descriptor.FullName(); got != "council_accounts.v1.AccountService" {
				t.Errorf("the service is %s", got)
			}
			if err := b.Close(); err != nil {
				t.Error(err)
			}
			if _, err := Import(t.Context(), ImportOptions{Source: source, Dir: dir, Name: "council-accounts"}); !errors.Is(err, ErrExists) {
				t.Errorf("importing again: %v", err)
			}
		})
	}
}

func TestImportWritesNothingOnFailure(t *testing.T) {
	t.Parallel()
	nothing := filepath.Join(t.TempDir(), "nothing.wsdl")
	content := `<w:definitions xmlns:w="http://schemas.xmlsoap.org/wsdl/"><w:service name="S"><w:port name="P" binding="B"/></w:service></w:definitions>`
	if err := os.WriteFile(nothing, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct{ name, source, backend, says string }{
		{"no such file", "missing.wsdl", "a", "missing.wsdl"},
		{"no WSDL", filepath.Join("testdata", "money.xsd"), "a", "its root element is"},
		{"nothing to offer", nothing, "a", "nothing.wsdl:1: port P: its binding B is not defined"},
		{"bad name", filepath.Join("testdata", "accounts.wsdl"), "../a", "is no name for a back end"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			if _, err := Import(t.Context(), ImportOptions{Source: test.source, Dir: dir, Name: test.backend}); err == nil || !strings.Contains(err.Error(), test.says) {
				t.Errorf("the error is %v", err)
			}
			entries, err := os.ReadDir(dir)
			if err != nil || len(entries) != 0 {
				t.Errorf("there is %v (%v)", entries, err)
			}
		})
	}
}

// TestRemoteImport imports over the network: passwords of the URL stay out of the estate.
func TestRemoteImport(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.ServeFile(w, r, filepath.Join("testdata", filepath.Base(r.URL.Path)))
	}))
	t.Cleanup(server.Close)
	address := strings.Replace(server.URL, "://", "://user:secret@", 1)
	dir := t.TempDir()
	if _, err := Import(t.Context(), ImportOptions{Source: address + "/accounts.wsdl", Dir: dir, Name: "remote"}); err != nil {
		t.Fatal(err)
	}
	written, err := os.ReadFile(filepath.Join(dir, "remote.yaml"))
	if err != nil || strings.Contains(string(written), "secret") || !strings.Contains(string(written), "# Copied from "+server.URL+"/accounts.wsdl\n") {
		t.Errorf("written is %s (%v)", written, err)
	}
}

// TestImportOfTheCorpus imports every WSDL that offers something, and maps the copy: it must offer the same.
func TestImportOfTheCorpus(t *testing.T) {
	t.Parallel()
	imported := 0
	for _, c := range corpusCases(t) {
		original, err := mapCorpus(c)
		if err != nil || len(original.services) == 0 {
			continue // held by TestCorpusOperations
		}
		dir := t.TempDir()
		report, err := Import(t.Context(), ImportOptions{Source: c.path, Dir: dir, Name: c.id})
		if err != nil {
			t.Errorf("%s: %v", c.id, err)
			continue
		}
		copied, err := mapFile(t.Context(), c.id, filepath.Join(dir, filepath.FromSlash(report.Files[1])))
		if err != nil {
			t.Errorf("%s: %v", c.id, err)
			continue
		}
		if !slices.Equal(copied.report.Operations, original.report.Operations) {
			t.Errorf("%s: the copy offers %v, wanted %v", c.id, copied.report.Operations, original.report.Operations)
		}
		imported++
	}
	if wanted := 43; imported < wanted {
		t.Errorf("%d WSDLs were imported, wanted at least %d", imported, wanted)
	}
}
