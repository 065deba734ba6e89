package gateway_test

import (
	"errors"
	"fmt"
	"go/ast"
	"go/doc/comment"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// layer is one row of a table of gateway/doc.go.
type layer struct {
	packages string
	imports  []string
}

// fits reports whether the row is the directory's, and returns the name that KIND stands for.
func (l layer) fits(directory string) (kind string, ok bool) {
	match := regexp.MustCompile(pattern(l.packages)).FindStringSubmatch(directory)
	if match == nil {
		return "", false
	}
	return strings.Join(match[1:], ""), true
}

// allows reports whether a package of the row may import the directory.
func (l layer) allows(kind, imported string) bool {
	return slices.ContainsFunc(l.imports, func(allowed string) bool {
		return regexp.MustCompile(pattern(strings.ReplaceAll(allowed, "KIND", kind))).MatchString(imported)
	})
}

// pattern makes a regular expression of a package pattern of the tables.
func pattern(packages string) string {
	return "^" + strings.NewReplacer("KIND", "([^/]+)", "/*", "/.+").Replace(packages) + "$"
}

// layers are the tables of gateway/doc.go.
type layers struct{ packages, tests []layer }

// readLayers reads the tables from the document.
func readLayers(document string) (*layers, error) {
	var read layers
	for _, block := range new(comment.Parser).Parse(document).Content {
		code, ok := block.(*comment.Code)
		if !ok {
			continue
		}
		heading, rows, _ := strings.Cut(code.Text, "\n")
		subject, object := cells(heading)
		switch {
		case object != "may import":
		case subject == "package":
			read.packages = readRows(rows)
		case subject == "tests of":
			read.tests = readRows(rows)
		}
	}
	if len(read.packages) == 0 || len(read.tests) == 0 {
		return nil, errors.New("gateway/doc.go has no table of layers")
	}
	return &read, nil
}

func readRows(text string) []layer {
	var rows []layer
	for line := range strings.Lines(text) {
		packages, imports := cells(line)
		row := layer{packages: packages}
		for allowed := range strings.SplitSeq(imports, ",") {
			if allowed = strings.TrimSpace(allowed); allowed != "" {
				row.imports = append(row.imports, allowed)
			}
		}
		rows = append(rows, row)
	}
	return rows
}

// cells cuts a line in two where there is more than one space.
func cells(line string) (left, right string) {
	left, right, _ = strings.Cut(strings.TrimSpace(line), "  ")
	return left, strings.TrimSpace(right)
}

// allow reports whether the tables let a package, or only its tests, import another. ok is false if the package has no row.
func (l *layers) allow(directory, imported string, fromTest bool) (allowed, ok bool) {
	if directory == imported {
		return true, true
	}
	allowed, ok = decide(l.packages, directory, imported)
	if !allowed && fromTest {
		allowed, _ = decide(l.tests, directory, imported)
	}
	return allowed, ok
}

// decide asks the first row that is the directory's.
func decide(rows []layer, directory, imported string) (allowed, ok bool) {
	for _, row := range rows {
		if kind, fits := row.fits(directory); fits {
			return row.allows(kind, imported), true
		}
	}
	return false, false
}

// checkLayers holds the imports against the tables, and the tables against the packages that there are.
func (r *repository) checkLayers() ([]string, error) {
	tables, err := readLayers(packageComment(r.find("gateway")))
	if err != nil {
		return nil, err
	}
	var findings []string
	inUse := make(map[string]bool)
	for _, p := range r.packages {
		row := slices.IndexFunc(tables.packages, func(l layer) bool { _, fits := l.fits(p.directory); return fits })
		if row < 0 {
			findings = append(findings, fmt.Sprintf("%s is in no layer of gateway/doc.go", p.directory))
			continue
		}
		inUse[tables.packages[row].packages] = true
		for _, imported := range p.imports {
			if allowed, _ := tables.allow(p.directory, imported, false); !allowed {
				findings = append(findings, fmt.Sprintf("%s imports %s, against the layers of gateway/doc.go", p.directory, imported))
			}
		}
		for _, imported := range p.testImports {
			if allowed, _ := tables.allow(p.directory, imported, true); !allowed {
				findings = append(findings, fmt.Sprintf("the tests of %s import %s, against the layers of gateway/doc.go", p.directory, imported))
			}
		}
	}
	for _, row := range tables.packages {
		if !inUse[row.packages] {
			findings = append(findings, fmt.Sprintf("no package is %s, which gateway/doc.go has a row for", row.packages))
		}
	}
	return findings, nil
}

// checkTestHelpers finds what a package that helps tests has to do with the program.
func (r *repository) checkTestHelpers() ([]string, error) {
	var findings []string
	for _, p := range r.packages {
		for _, imported := range p.imports {
			if helper := r.find(imported); helper != nil && helper.helpsTests() && !p.helpsTests() {
				findings = append(findings, fmt.Sprintf("%s imports %s, which is for tests", p.directory, imported))
			}
		}
	}
	return findings, nil
}

// checkLinks resolves the names in brackets in all package comments.
func (r *repository) checkLinks() ([]string, error) {
	var findings []string
	for _, p := range r.packages {
		for _, link := range links(packageComment(p)) {
			if !r.resolves(p, link) {
				findings = append(findings, fmt.Sprintf("%s/%s: [%s] is declared nowhere", p.directory, p.document(), link))
			}
		}
	}
	return findings, nil
}

// link is a name in brackets, as in [Gateway.Serve]: alone, of a type, of a package, or of a package's type. Names that are not exported count here.
var link = regexp.MustCompile(`(?:^|[\s("])\[\*?([A-Za-z_]\w+(?:\.\w+){0,2})\]`)

// links returns the names in brackets in the text of a comment; its code is not text.
func links(text string) []string {
	var found []string
	prose := func(text []comment.Text) {
		var line strings.Builder
		for _, part := range text {
			if plain, ok := part.(comment.Plain); ok {
				line.WriteString(string(plain))
			}
		}
		for _, match := range link.FindAllStringSubmatch(line.String(), -1) {
			found = append(found, match[1])
		}
	}
	// A parser that knows no names leaves the brackets as they are.
	var walk func([]comment.Block)
	walk = func(blocks []comment.Block) {
		for _, block := range blocks {
			switch block := block.(type) {
			case *comment.Paragraph:
				prose(block.Text)
			case *comment.List:
				for _, item := range block.Items {
					walk(item.Content)
				}
			}
		}
	}
	walk((&comment.Parser{LookupPackage: func(string) (string, bool) { return "", false }}).Parse(text).Content)
	return found
}

// resolves reports whether a link of the package's document leads somewhere. Names of other modules' packages are taken on trust.
func (r *repository) resolves(p *sourcePackage, link string) bool {
	if p.declares(link) {
		return true
	}
	name, symbol, _ := strings.Cut(link, ".")
	for _, file := range p.files {
		for _, imported := range file.syntax.Imports {
			importPath := strings.Trim(imported.Path.Value, `"`)
			if importedName(imported, importPath) != name {
				continue
			}
			other := r.find(r.own(importPath))
			return other == nil || symbol == "" || other.declares(symbol)
		}
	}
	return false
}

// importedName is the name by which a file knows a package that it imports.
func importedName(spec *ast.ImportSpec, importPath string) string {
	if spec.Name != nil {
		return spec.Name.Name
	}
	elements := strings.Split(importPath, "/")
	last := len(elements) - 1
	if last > 0 && regexp.MustCompile(`^v\d+$`).MatchString(elements[last]) {
		last--
	}
	return elements[last]
}

// declares reports whether the package has the name at its top level, or the method or field if it is Type.Name.
func (p *sourcePackage) declares(name string) bool {
	owner, member, isMember := strings.Cut(name, ".")
	for _, file := range p.files {
		for _, declaration := range file.syntax.Decls {
			switch declared := declaration.(type) {
			case *ast.FuncDecl:
				if isMember == (declared.Recv != nil) && (isMember && receiver(declared) == owner && declared.Name.Name == member || declared.Name.Name == name) {
					return true
				}
			case *ast.GenDecl:
				if slices.ContainsFunc(declared.Specs, func(spec ast.Spec) bool { return specDeclares(spec, owner, member) }) {
					return true
				}
			}
		}
	}
	return false
}

func receiver(method *ast.FuncDecl) string {
	of := method.Recv.List[0].Type
	if pointer, ok := of.(*ast.StarExpr); ok {
		of = pointer.X
	}
	if generic, ok := of.(*ast.IndexExpr); ok {
		of = generic.X
	}
	if name, ok := of.(*ast.Ident); ok {
		return name.Name
	}
	return ""
}

// specDeclares reports whether the specification declares the name, or the type with the member if there is one.
func specDeclares(spec ast.Spec, name, member string) bool {
	switch spec := spec.(type) {
	case *ast.ValueSpec:
		return member == "" && slices.ContainsFunc(spec.Names, func(declared *ast.Ident) bool { return declared.Name == name })
	case *ast.TypeSpec:
		return spec.Name.Name == name && (member == "" || slices.Contains(members(spec.Type), member))
	default:
		return false
	}
}

// members are the fields of a struct, or the methods of an interface.
func members(of ast.Expr) []string {
	var fields *ast.FieldList
	switch of := of.(type) {
	case *ast.StructType:
		fields = of.Fields
	case *ast.InterfaceType:
		fields = of.Methods
	default:
		return nil
	}
	var names []string
	for _, field := range fields.List {
		for _, name := range field.Names {
			names = append(names, name.Name)
		}
	}
	return names
}

func TestLayersAllow(t *testing.T) {
	t.Parallel()
	tables := &layers{
		packages: []layer{
			{"gateway/*", []string{"gateway/*", "adapters"}},
			{"adapters/mirror", []string{"adapters"}},
			{"adapters/KIND", []string{"adapters/mirror", "adapters/KIND/*"}},
		},
		tests: []layer{{"adapters/KIND", []string{"adapters/adaptertest"}}},
	}
	for _, test := range []struct {
		from, to        string
		inTest, allowed bool
	}{
		{"gateway/rest", "gateway/registry", false, true},
		{"gateway/rest", "gateway", false, false},
		{"gateway/rest", "adapters/soap", false, false},
		{"adapters/soap", "adapters/soap/wsdl", false, true},
		{"adapters/soap", "adapters/database", false, false},
		{"adapters/soap", "adapters/database/dialect", false, false},
		{"adapters/mirror", "adapters/mirror/deep", false, false},
		{"adapters/soap", "adapters/adaptertest", false, false},
		{"adapters/soap", "adapters/adaptertest", true, true},
	} {
		if allowed, ok := tables.allow(test.from, test.to, test.inTest); !ok || allowed != test.allowed {
			t.Errorf("%s importing %s (in a test: %t) is allowed: %t", test.from, test.to, test.inTest, allowed)
		}
	}
	if _, ok := tables.allow("elsewhere", "gateway", false); ok {
		t.Error("a package outside of all layers has one")
	}
}

func TestLinks(t *testing.T) {
	t.Parallel()
	text := "It is [Open], or [registry.Conn.Invoke] (see [standIn]); x[i] and [x] are not.\n\n  1. as [Listed] here\n\nAnd:\n\n\tcode [Not]\n"
	want := []string{"Open", "registry.Conn.Invoke", "standIn", "Listed"}
	if got := links(text); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
