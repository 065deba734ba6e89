package gateway_test

import (
	"bytes"
	"fmt"
	"go/ast"
	"os"
	"os/exec"
	"path"
	"regexp"
	"slices"
	"strings"
)

const (
	// maxLines is how long a file may be.
	maxLines = 500
	// maxUnlisted is how many files a package may have without its document saying what is in them.
	maxUnlisted = 3
)

// topLevel is all there is in the root, dot files aside.
var topLevel = []string{
	"CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "Makefile", "README.md", "adapters", "buf.gen.yaml", "buf.yaml", "cmd", "deploy",
	"gateway", "go.mod", "go.sum", "openapi", "proto",
}

// allowedCalls are the forbidden calls that are there all the same, by file and call, with the reason.
var allowedCalls = map[string]string{
	"adapters/wire/message.go: panic": "as protoreflect has it for a message that cannot be changed, and for bytes that are none",
	"gateway/rest/handler.go: panic":  "with http.ErrAbortHandler, net/http's own way to cut a connection",
}

// packageComment returns the text of the package's document.
func packageComment(p *sourcePackage) string {
	for _, file := range p.sources() {
		if file.name() == p.document() {
			return file.syntax.Doc.Text()
		}
	}
	return ""
}

// checkDocuments finds packages that have no comment, or more than one, or one in the wrong file.
func (r *repository) checkDocuments() ([]string, error) {
	var findings []string
	for _, p := range r.packages {
		if len(p.sources()) == 0 {
			continue // all of it is generated
		}
		opening := "Package " + p.name + " "
		if p.name == "main" {
			opening = "Command " + path.Base(p.directory) + " "
		}
		if !strings.HasPrefix(packageComment(p), opening) {
			findings = append(findings, fmt.Sprintf("%s/%s does not begin with %q", p.directory, p.document(), opening))
		}
		for _, file := range p.files {
			if file.syntax.Doc != nil && file.name() != p.document() && !file.generated {
				findings = append(findings, fmt.Sprintf("%s has a package comment, which belongs into %s", file.path, p.document()))
			}
		}
	}
	return findings, nil
}

// checkLayouts finds files that a package's document should name and does not, and names of files that are not there.
func (r *repository) checkLayouts() ([]string, error) {
	var findings []string
	for _, p := range r.packages {
		named := regexp.MustCompile(`\b[a-z0-9_*]+\.go\b`).FindAllString(packageComment(p), -1)
		for _, name := range named {
			if !slices.ContainsFunc(p.files, func(f *sourceFile) bool { return f.isNamed(name) }) {
				findings = append(findings, fmt.Sprintf("%s/%s names %s, which is not there", p.directory, p.document(), name))
			}
		}
		sources := slices.DeleteFunc(p.sources(), func(f *sourceFile) bool { return f.name() == p.document() })
		if len(sources) <= maxUnlisted || p.name == "main" {
			continue
		}
		for _, file := range sources {
			if !slices.ContainsFunc(named, file.isNamed) {
				findings = append(findings, fmt.Sprintf("%s/%s does not say what is in %s", p.directory, p.document(), file.name()))
			}
		}
	}
	return findings, nil
}

// isNamed reports whether a document means the file by a name, which may hold an asterisk.
func (f *sourceFile) isNamed(name string) bool {
	is, err := path.Match(name, f.name())
	return err == nil && is
}

// checkPackageNames finds names that say nothing.
func (r *repository) checkPackageNames() ([]string, error) {
	var findings []string
	empty := []string{"pkg", "util", "utils", "common", "helper", "helpers", "misc", "shared", "base", "lib"}
	for _, p := range r.packages {
		for element := range strings.SplitSeq(p.directory, "/") {
			if slices.Contains(empty, element) {
				findings = append(findings, fmt.Sprintf("%s: %q says nothing of what is in there", p.directory, element))
			}
		}
		if base := path.Base(p.directory); p.name != "main" && p.name != base && !regexp.MustCompile(`^v\d+$`).MatchString(base) {
			findings = append(findings, fmt.Sprintf("%s holds package %s", p.directory, p.name))
		}
	}
	return findings, nil
}

// checkLengths finds files that are too long to be read.
func (r *repository) checkLengths() ([]string, error) {
	var findings []string
	for _, p := range r.packages {
		for _, file := range p.files {
			if !file.generated && file.lines > maxLines {
				findings = append(findings, fmt.Sprintf("%s has %d lines, more than %d", file.path, file.lines, maxLines))
			}
		}
	}
	return findings, nil
}

// checkCalls finds what no file may do, exceptions aside, and exceptions that are not needed.
func (r *repository) checkCalls() ([]string, error) {
	var findings []string
	seen := make(map[string]bool)
	for _, p := range r.packages {
		for _, file := range p.files {
			if file.generated {
				continue
			}
			for _, call := range file.forbidden(p) {
				found := file.path + ": " + call
				if allowedCalls[found] == "" && !seen[found] {
					findings = append(findings, found)
				}
				seen[found] = true
			}
		}
	}
	for call := range allowedCalls {
		if !seen[call] {
			findings = append(findings, call+" is allowed, and not there")
		}
	}
	return findings, nil
}

// forbidden returns the calls and functions of a file that should not be there.
func (f *sourceFile) forbidden(p *sourcePackage) []string {
	var found []string
	for _, declaration := range f.syntax.Decls {
		function, isFunction := declaration.(*ast.FuncDecl)
		if isFunction && function.Recv == nil && function.Name.Name == "init" {
			found = append(found, "init")
		}
		isMain := p.name == "main" || f.isTest && isFunction && function.Name.Name == "TestMain"
		ast.Inspect(declaration, func(node ast.Node) bool {
			if call, ok := node.(*ast.CallExpr); ok && f.forbids(callee(call), isMain, f.isTest || p.helpsTests()) {
				found = append(found, callee(call))
			}
			return true
		})
	}
	return found
}

// callee is the name of a called function, as f or x.f.
func callee(call *ast.CallExpr) string {
	switch function := call.Fun.(type) {
	case *ast.Ident:
		return function.Name
	case *ast.SelectorExpr:
		if of, ok := function.X.(*ast.Ident); ok {
			return of.Name + "." + function.Sel.Name
		}
	}
	return ""
}

func (f *sourceFile) forbids(call string, isMain, inTest bool) bool {
	switch call {
	case "panic":
		return !inTest // a test may show what becomes of a panic
	case "os.Exit", "log.Fatal", "log.Fatalf", "log.Fatalln":
		return !isMain
	case "time.Sleep":
		return !f.imports("testing/synctest") // whose clock does not wait
	case "t.Skip", "t.Skipf", "t.SkipNow", "b.Skip", "b.Skipf", "b.SkipNow", "f.Skip", "f.Skipf", "f.SkipNow":
		return inTest
	default:
		return false
	}
}

func (f *sourceFile) imports(importPath string) bool {
	return slices.ContainsFunc(f.syntax.Imports, func(spec *ast.ImportSpec) bool { return spec.Path.Value == `"`+importPath+`"` })
}

// checkGenerated finds generated code among what people write, and the reverse. That it is as generated is checked by `make check`.
func (r *repository) checkGenerated() ([]string, error) {
	var findings []string
	for _, p := range r.packages {
		for _, file := range p.files {
			named := strings.HasSuffix(file.path, ".pb.go") || strings.HasSuffix(file.path, ".pb.gw.go")
			if named != file.generated {
				findings = append(findings, fmt.Sprintf("%s is generated by its name: %t, by its first line: %t", file.path, named, file.generated))
			}
		}
	}
	return findings, nil
}

// checkTopLevel compares the root with the list.
func (r *repository) checkTopLevel() ([]string, error) {
	present, err := r.tracked()
	if err != nil {
		return nil, err
	}
	var findings []string
	for _, name := range present {
		if !strings.HasPrefix(name, ".") && !slices.Contains(topLevel, name) {
			findings = append(findings, name+" does not belong to the top level")
		}
	}
	for _, name := range topLevel {
		if !slices.Contains(present, name) {
			findings = append(findings, name+" is missing from the top level")
		}
	}
	return findings, nil
}

// tracked returns what git has in the root, so that what a build left there does not count; and everything, if the source came without git.
func (r *repository) tracked() ([]string, error) {
	command := exec.Command("git", "ls-tree", "--name-only", "-z", "HEAD")
	command.Dir = r.root
	if output, err := command.Output(); err == nil {
		return strings.Split(string(bytes.TrimSuffix(output, []byte{0})), "\x00"), nil
	}
	entries, err := os.ReadDir(r.root)
	if err != nil {
		return nil, fmt.Errorf("reading the top level: %w", err)
	}
	var names []string
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	return names, nil
}
