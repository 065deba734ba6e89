package estate_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/adapters/memory"
	"github.com/postern-gateway/postern/gateway/diagnostic"
	"github.com/postern-gateway/postern/gateway/estate"
)

var update = flag.Bool("update", false, "write what is printed into the golden files")

// wantFile is the member of a case that holds what is printed.
const wantFile = "want.txt"

// TestMistakes reads the estate of each testdata/CASE.txtar, and compares everything that is printed with its want.txt. A
// want.txt of "good" says that nothing is wrong.
func TestMistakes(t *testing.T) {
	t.Parallel()
	cases, err := filepath.Glob(filepath.Join("testdata", "*.txtar"))
	if err != nil || len(cases) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, file := range cases {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			dir, want := unpack(t, archive)
			got := "good\n"
			if read, err := estate.Read(t.Context(), dir, known()); err != nil {
				if read != nil {
					t.Error("an estate was returned beside the error")
				}
				got = diagnostic.From(err).Error() + "\n"
			}
			if *update {
				writeCase(t, file, archive, got)
				return
			}
			if got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

func known() []adapters.Adapter { return []adapters.Adapter{memory.Adapter{}} }

// unpack writes the files of a case into a directory, and returns the directory and what the case wants.
func unpack(t *testing.T, archive *txtar.Archive) (dir, want string) {
	t.Helper()
	dir = t.TempDir()
	for _, member := range archive.Files {
		if member.Name == wantFile {
			want = string(member.Data)
			continue
		}
		path := filepath.Join(dir, filepath.FromSlash(member.Name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, member.Data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir, want
}

func writeCase(t *testing.T, file string, archive *txtar.Archive, got string) {
	t.Helper()
	updated := &txtar.Archive{Comment: archive.Comment}
	for _, member := range archive.Files {
		if member.Name != wantFile {
			updated.Files = append(updated.Files, member)
		}
	}
	updated.Files = append(updated.Files, txtar.File{Name: wantFile, Data: []byte(got)})
	if err := os.WriteFile(file, txtar.Format(updated), 0o600); err != nil {
		t.Fatal(err)
	}
}
