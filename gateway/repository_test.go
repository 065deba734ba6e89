package gateway_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// repository is the module's source, parsed once for all tests about it.
type repository struct {
	root     string // of the file system
	module   string
	packages []*sourcePackage
}

// sourcePackage is one directory of Go files.
type sourcePackage struct {
	directory   string // from the root, with slashes
	name        string
	imports     []string // of this module, as directories
	testImports []string // the same, of its tests only
	files       []*sourceFile
}

// sourceFile is one Go file, whatever it is built for.
type sourceFile struct {
	path      string // from the root, with slashes
	syntax    *ast.File
	lines     int
	isTest    bool
	generated bool
}

func (f *sourceFile) name() string { return path.Base(f.path) }

// sources are the files that people wrote, tests aside.
func (p *sourcePackage) sources() []*sourceFile {
	return slices.DeleteFunc(slices.Clone(p.files), func(f *sourceFile) bool { return f.isTest || f.generated })
}

// document is the file that holds the package comment.
func (p *sourcePackage) document() string {
	if p.name == "main" {
		return "main.go"
	}
	return "doc.go"
}

// helpsTests reports whether the package is there for tests only.
func (p *sourcePackage) helpsTests() bool { return strings.HasSuffix(p.name, "test") }

// find returns the package in the directory, or nil.
func (r *repository) find(directory string) *sourcePackage {
	for _, p := range r.packages {
		if p.directory == directory {
			return p
		}
	}
	return nil
}

// listed is what `go list` says of a package.
type listed struct {
	Dir, ImportPath, Name                              string
	Module                                             struct{ Path, Dir string }
	GoFiles, IgnoredGoFiles, TestGoFiles, XTestGoFiles []string
	Imports, TestImports, XTestImports                 []string
}

// readRepository lists and parses all packages of the module.
func readRepository(t *testing.T) *repository {
	t.Helper()
	command := exec.CommandContext(t.Context(), "go", "list", "-e",
		"-json=Dir,ImportPath,Name,Module,GoFiles,IgnoredGoFiles,TestGoFiles,XTestGoFiles,Imports,TestImports,XTestImports", "./...")
	command.Dir = ".."
	command.Stderr = os.Stderr
	output, err := command.Output()
	if err != nil {
		t.Fatalf("listing the packages: %v", err)
	}
	r := &repository{}
	for decoder := json.NewDecoder(strings.NewReader(string(output))); ; {
		var found listed
		if err := decoder.Decode(&found); errors.Is(err, io.EOF) {
			return r
		} else if err != nil {
			t.Fatalf("reading the list of packages: %v", err)
		}
		r.root, r.module = found.Module.Dir, found.Module.Path
		if err := r.add(found); err != nil {
			t.Fatal(err)
		}
	}
}

func (r *repository) add(found listed) error {
	p := &sourcePackage{directory: r.own(found.ImportPath), name: found.Name}
	for _, imported := range found.Imports {
		if directory := r.own(imported); directory != "" {
			p.imports = append(p.imports, directory)
		}
	}
	for _, imported := range slices.Concat(found.TestImports, found.XTestImports) {
		if directory := r.own(imported); directory != "" && !slices.Contains(p.imports, directory) && directory != p.directory {
			p.testImports = append(p.testImports, directory)
		}
	}
	for _, name := range slices.Concat(found.GoFiles, found.IgnoredGoFiles, found.TestGoFiles, found.XTestGoFiles) {
		file, err := readSource(filepath.Join(found.Dir, name))
		if err != nil {
			return err
		}
		file.path = path.Join(p.directory, name)
		p.files = append(p.files, file)
	}
	r.packages = append(r.packages, p)
	return nil
}

// own returns the directory of a package of this module, and nothing for any other.
func (r *repository) own(importPath string) string {
	directory, ok := strings.CutPrefix(importPath, r.module+"/")
	if !ok {
		return ""
	}
	return directory
}

func readSource(name string) (*sourceFile, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("reading a source file: %w", err)
	}
	syntax, err := parser.ParseFile(token.NewFileSet(), name, text, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return nil, fmt.Errorf("parsing a source file: %w", err)
	}
	return &sourceFile{
		syntax:    syntax,
		lines:     strings.Count(string(text), "\n"),
		isTest:    strings.HasSuffix(name, "_test.go"),
		generated: ast.IsGenerated(syntax),
	}, nil
}

// TestRepository holds the repository against its own rules. Each check returns what breaks them.
func TestRepository(t *testing.T) {
	t.Parallel()
	r := readRepository(t)
	for _, check := range []struct {
		name string
		run  func(*repository) ([]string, error)
	}{
		{"imports follow the layers", (*repository).checkLayers},
		{"packages that help tests are imported by tests", (*repository).checkTestHelpers},
		{"names in documents are declared", (*repository).checkLinks},
		{"packages have one document", (*repository).checkDocuments},
		{"documents name the files", (*repository).checkLayouts},
		{"packages have telling names", (*repository).checkPackageNames},
		{"files are short", (*repository).checkLengths},
		{"forbidden calls", (*repository).checkCalls},
		{"generated files", (*repository).checkGenerated},
		{"top level", (*repository).checkTopLevel},
	} {
		t.Run(check.name, func(t *testing.T) {
			t.Parallel()
			findings, err := check.run(r)
			if err != nil {
				t.Fatal(err)
			}
			for _, finding := range findings {
				t.Error(finding)
			}
		})
	}
}
