package estate

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/bufbuild/protocompile"
	"github.com/bufbuild/protocompile/ast"
	"github.com/bufbuild/protocompile/linker"
	"github.com/bufbuild/protocompile/parser"
	"github.com/bufbuild/protocompile/reporter"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"github.com/postern-gateway/postern/gateway/diagnostic"
)

// A protoSource is the text of one .proto file.
type protoSource struct {
	path    string // by which others import it
	content string
	text    *diagnostic.Text // the file that content is in
	line    int              // lines of text before content

	tree    *ast.FileNode
	imports []importStatement
	linked  linker.File // nil if there is a mistake in it
}

type importStatement struct {
	name string
	at   ast.SourcePos
}

// A compilation is a set of .proto files that may import each other and the files that are linked into the program. It compiles one file
// at a time, in the order of the imports, so that what it finds depends on nothing but the files.
type compilation struct {
	sources map[string]*protoSource
	symbols linker.Symbols

	mu    sync.Mutex             // the compiler resolves imports from several goroutines
	known map[string]linker.File // files of the program that have been imported
	found diagnostic.List
}

// compile links the sources and returns their files in order of path, under dir. Nothing is registered in the globals. Options that the
// program knows (google.api.http, buf.validate) are decoded with their Go types, so proto.GetExtension reads them.
func compile(ctx context.Context, sources []*protoSource, dir string, mode protocompile.SourceInfoMode) ([]protoreflect.FileDescriptor, diagnostic.List) {
	c := &compilation{sources: make(map[string]*protoSource), known: make(map[string]linker.File)}
	var paths []string
	for _, source := range sources {
		c.sources[source.path] = source
		paths = append(paths, source.path)
	}
	slices.Sort(paths)
	if c.parse(paths); len(c.found) > 0 {
		return nil, c.found
	}
	for _, path := range c.inDependencyOrder(paths) {
		if err := c.link(ctx, path, mode); err != nil {
			c.found.Add(c.sources[path].text.Whole("%s", err))
			return nil, c.found
		}
	}
	if len(c.found) > 0 {
		return nil, c.found
	}
	linked, err := c.relink(paths, dir)
	if err != nil {
		return nil, diagnostic.List{c.sources[paths[0]].text.Whole("%s", err)}
	}
	return linked, nil
}

// link compiles one file whose imports have been compiled. A file with an import that has a mistake is left alone.
func (c *compilation) link(ctx context.Context, path string, mode protocompile.SourceInfoMode) error {
	source := c.sources[path]
	for _, imported := range source.imports {
		if own := c.sources[imported.name]; own != nil && own.linked == nil {
			return nil
		}
	}
	found := len(c.found)
	compiler := protocompile.Compiler{
		Resolver:       protocompile.ResolverFunc(c.resolve),
		Reporter:       reporter.NewReporter(c.report, nil),
		SourceInfoMode: mode,
		Symbols:        &c.symbols,
	}
	files, err := compiler.Compile(ctx, path)
	switch {
	case len(c.found) > found:
		return nil
	case err != nil:
		return err
	}
	source.linked = files[0]
	return nil
}

func (c *compilation) resolve(name string) (protocompile.SearchResult, error) {
	if source := c.sources[name]; source != nil {
		if source.linked != nil {
			return protocompile.SearchResult{Desc: source.linked}, nil
		}
		return protocompile.SearchResult{AST: source.tree}, nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if file := c.known[name]; file != nil {
		return protocompile.SearchResult{Desc: file}, nil
	}
	descriptor, err := protoregistry.GlobalFiles.FindFileByPath(name)
	if err != nil {
		return protocompile.SearchResult{}, err
	}
	file, err := linker.NewFileRecursive(descriptor)
	if err != nil {
		return protocompile.SearchResult{}, err
	}
	c.known[name] = file
	return protocompile.SearchResult{Desc: file}, nil
}

// parse reads all sources, so that mistakes of syntax are found in all of them, and imports of files that do not exist.
func (c *compilation) parse(paths []string) {
	for _, path := range paths {
		source := c.sources[path]
		handler := reporter.NewHandler(reporter.NewReporter(c.report, nil))
		text := strings.ReplaceAll(source.content, "\r\n", "\n") // else comments, which callers read, keep the carriage returns
		tree, err := parser.Parse(path, strings.NewReader(text), handler)
		if err != nil && len(c.found) == 0 {
			c.found.Add(source.text.Whole("%s", err))
		}
		source.tree = tree
		if tree == nil {
			continue
		}
		for _, declaration := range tree.Decls {
			if node, ok := declaration.(*ast.ImportNode); ok {
				imported := importStatement{name: node.Name.AsString(), at: tree.NodeInfo(node.Name).Start()}
				source.imports = append(source.imports, imported)
				c.checkImport(source, imported)
			}
		}
	}
}

func (c *compilation) checkImport(source *protoSource, imported importStatement) {
	if _, err := c.resolve(imported.name); err == nil {
		return
	}
	accepted := "a file of google/protobuf, google/api, google/type, google/longrunning or buf/validate"
	if others := c.importable(source.path); len(others) > 0 {
		accepted = strings.Join(others, ", ") + "; or " + accepted
	}
	c.found.Add(source.at(imported.at, "there is no file %q to import", imported.name).Accepting(accepted))
}

// at makes a diagnostic at a position of the compiler.
func (s *protoSource) at(at ast.SourcePos, format string, arguments ...any) diagnostic.Diagnostic {
	line := s.line + at.Line
	return s.text.At(line, s.text.ColumnOfCell(line, at.Col), format, arguments...)
}

// inDependencyOrder returns the paths so that every file comes after those it imports, and reports files that import themselves over
// others.
func (c *compilation) inDependencyOrder(paths []string) []string {
	var ordered []string
	done := make(map[string]bool)
	var visit func(path string, trail []string)
	visit = func(path string, trail []string) {
		if done[path] {
			return
		}
		source := c.sources[path]
		trail = append(trail, path)
		for _, imported := range source.imports {
			switch {
			case c.sources[imported.name] == nil:
			case slices.Contains(trail, imported.name):
				c.found.Add(source.at(imported.at, "%s imports this file, directly or not", imported.name))
			default:
				visit(imported.name, trail)
			}
		}
		done[path] = true
		ordered = append(ordered, path)
	}
	for _, path := range paths {
		visit(path, nil)
	}
	if len(c.found) > 0 {
		return nil
	}
	return ordered
}

// report notes an error, and lets the compiler go on to the next.
func (c *compilation) report(err reporter.ErrorWithPos) error {
	at := err.GetPosition()
	source := c.sources[at.Filename]
	if source == nil {
		c.found.Add(diagnostic.Diagnostic{File: at.Filename, Line: at.Line, Column: at.Col, Message: err.Unwrap().Error()})
		return nil
	}
	line := source.line + at.Line
	column := source.text.ColumnOfCell(line, at.Col)
	if strings.HasSuffix(err.Unwrap().Error(), "expecting ';'") {
		line, column = endOfPrevious(source.text, line, column)
	}
	message := c.inEstate(err.Unwrap().Error())
	c.found.Add(source.text.At(line, column, "%s", message).Accepting(missingImport(message)))
	return nil
}

var unknownName = regexp.MustCompile(`unknown (?:type|extension) \.?([A-Za-z0-9_.]+)$`)

// missingImport returns the import that a file lacks if a name is unknown that the program knows.
func missingImport(message string) string {
	found := unknownName.FindStringSubmatch(message)
	if found == nil {
		return ""
	}
	descriptor, err := protoregistry.GlobalFiles.FindDescriptorByName(protoreflect.FullName(found[1]))
	if err != nil {
		return ""
	}
	return fmt.Sprintf("the name after `import %q;`", descriptor.ParentFile().Path())
}

// inEstate spells the places that a message of the compiler mentions as those of the estate.
func (c *compilation) inEstate(message string) string {
	for _, source := range c.sources {
		if source.line == 0 {
			message = strings.ReplaceAll(message, " at "+source.path+":", " at "+source.text.File()+":")
		}
	}
	return message
}

// endOfPrevious returns where the text before a place ends, if the place begins its line: there a semicolon is missing.
func endOfPrevious(text *diagnostic.Text, line, column int) (int, int) {
	if before := []rune(text.Line(line)); strings.TrimSpace(string(before[:min(column-1, len(before))])) != "" {
		return line, column
	}
	for previous := line - 1; previous > 0; previous-- {
		if content := strings.TrimRight(text.Line(previous), " \t"); content != "" {
			return previous, len([]rune(content)) + 1
		}
	}
	return line, column
}

func (c *compilation) importable(except string) []string {
	var names []string
	for name := range c.sources {
		if name != except {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// atLocation makes a diagnostic at a source location, whose lines and columns count from 0, and columns in cells.
func atLocation(text *diagnostic.Text, location protoreflect.SourceLocation, format string, arguments ...any) diagnostic.Diagnostic {
	if location.Path == nil {
		return text.Whole(format, arguments...)
	}
	line := location.StartLine + 1
	return text.At(line, text.ColumnOfCell(line, location.StartColumn+1), format, arguments...)
}
