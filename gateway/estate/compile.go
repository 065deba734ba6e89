package estate

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/bufbuild/protocompile"
	"github.com/bufbuild/protocompile/ast"
	"github.com/bufbuild/protocompile/linker"
	"github.com/bufbuild/protocompile/parser"
	"github.com/bufbuild/protocompile/protoutil"
	"github.com/bufbuild/protocompile/reporter"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"

	"github.com/postern-gateway/postern/gateway/diagnostic"
)

// A protoSource is the text of one .proto file.
type protoSource struct {
	path    string // by which others import it
	content string
	text    *diagnostic.Text // the file that content is in
	line    int              // lines of text before content
	tree    *ast.FileNode    // set by parse
}

// A compilation is a set of .proto files that may import each other and the files that are linked into the program.
type compilation struct {
	sources map[string]*protoSource
	found   diagnostic.List
}

// compile links the sources and returns their files in order of path, under dir. Nothing is registered in the globals. Options that the
// program knows (google.api.http, buf.validate) are decoded with their Go types, so proto.GetExtension reads them.
func compile(ctx context.Context, sources []*protoSource, dir string, mode protocompile.SourceInfoMode) ([]protoreflect.FileDescriptor, diagnostic.List) {
	c := &compilation{sources: make(map[string]*protoSource)}
	var paths []string
	for _, source := range sources {
		if _, err := protoregistry.GlobalFiles.FindFileByPath(source.path); err == nil {
			continue // a copy of a file that everybody has, such as google/api/http.proto
		}
		c.sources[source.path] = source
		paths = append(paths, source.path)
	}
	slices.Sort(paths)
	if c.parse(paths); len(c.found) > 0 {
		return nil, c.found
	}
	compiler := protocompile.Compiler{
		Resolver:       protocompile.ResolverFunc(c.resolve),
		Reporter:       reporter.NewReporter(c.report, nil),
		SourceInfoMode: mode,
	}
	files, err := compiler.Compile(ctx, paths...)
	if err != nil {
		if len(c.found) == 0 {
			c.found.Add(c.unlocated(paths, err))
		}
		return nil, c.found
	}
	linked, err := relink(files, dir)
	if err != nil {
		c.found.Add(c.unlocated(paths, err))
		return nil, c.found
	}
	return linked, nil
}

func (c *compilation) resolve(name string) (protocompile.SearchResult, error) {
	if source := c.sources[name]; source != nil {
		return protocompile.SearchResult{AST: source.tree}, nil
	}
	file, err := protoregistry.GlobalFiles.FindFileByPath(name)
	if err != nil {
		return protocompile.SearchResult{}, err
	}
	return protocompile.SearchResult{Desc: file}, nil
}

// parse reads all sources, so that mistakes of syntax are found in all of them, and imports of files that do not exist.
func (c *compilation) parse(paths []string) {
	for _, path := range paths {
		source := c.sources[path]
		handler := reporter.NewHandler(reporter.NewReporter(c.report, nil))
		tree, err := parser.Parse(path, strings.NewReader(source.content), handler)
		if err != nil && len(c.found) == 0 {
			c.found.Add(source.text.Whole("%s", err))
		}
		source.tree = tree
		if tree == nil {
			continue
		}
		for _, declaration := range tree.Decls {
			if imported, ok := declaration.(*ast.ImportNode); ok {
				c.checkImport(source, tree.NodeInfo(imported.Name).Start(), imported.Name.AsString())
			}
		}
	}
}

func (c *compilation) checkImport(source *protoSource, at ast.SourcePos, name string) {
	if _, err := c.resolve(name); err == nil {
		return
	}
	accepted := "a file of google/protobuf, google/api, google/type, google/longrunning or buf/validate"
	if others := c.importable(source.path); len(others) > 0 {
		accepted = strings.Join(others, ", ") + "; or " + accepted
	}
	line := source.line + at.Line
	c.found.Add(source.text.At(line, source.text.ColumnOfCell(line, at.Col), "there is no file %q to import", name).Accepting(accepted))
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
	c.found.Add(source.text.At(line, column, "%s", c.inEstate(err.Unwrap().Error())))
	return nil
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

func (c *compilation) unlocated(paths []string, err error) diagnostic.Diagnostic {
	if len(paths) == 0 {
		return diagnostic.Diagnostic{Message: err.Error()}
	}
	return c.sources[paths[0]].text.Whole("%s", err)
}

// relink makes the files again under dir, from their wire form: the compiler's own options are dynamic messages.
func relink(files linker.Files, dir string) ([]protoreflect.FileDescriptor, error) {
	r := &relinker{dir: dir, from: make(map[string]linker.File), to: &protoregistry.Files{}}
	for _, file := range files {
		r.from[file.Path()] = file
	}
	linked := make([]protoreflect.FileDescriptor, len(files))
	for i, file := range files {
		made, err := r.file(file)
		if err != nil {
			return nil, fmt.Errorf("linking %s: %w", file.Path(), err)
		}
		linked[i] = made
	}
	return linked, nil
}

// A relinker finds files that are already made, and then those that are linked into the program.
type relinker struct {
	dir  string
	from map[string]linker.File
	to   *protoregistry.Files
}

func (r *relinker) file(file linker.File) (protoreflect.FileDescriptor, error) {
	name := path.Join(r.dir, file.Path())
	if made, err := r.to.FindFileByPath(name); err == nil {
		return made, nil
	}
	wire, err := proto.Marshal(protoutil.ProtoFromFileDescriptor(file))
	if err != nil {
		return nil, err
	}
	description := &descriptorpb.FileDescriptorProto{}
	if err := (proto.UnmarshalOptions{Resolver: protoregistry.GlobalTypes}).Unmarshal(wire, description); err != nil {
		return nil, err
	}
	description.Name = proto.String(name)
	for i, dependency := range description.GetDependency() {
		own, ok := r.from[dependency]
		if !ok {
			continue
		}
		if _, err := r.file(own); err != nil {
			return nil, err
		}
		description.Dependency[i] = path.Join(r.dir, dependency)
	}
	made, err := protodesc.NewFile(description, r)
	if err != nil {
		return nil, err
	}
	return made, r.to.RegisterFile(made)
}

// FindFileByPath implements protodesc.Resolver.
func (r *relinker) FindFileByPath(name string) (protoreflect.FileDescriptor, error) {
	if file, err := r.to.FindFileByPath(name); err == nil {
		return file, nil
	}
	return protoregistry.GlobalFiles.FindFileByPath(name)
}

// FindDescriptorByName implements protodesc.Resolver.
func (r *relinker) FindDescriptorByName(name protoreflect.FullName) (protoreflect.Descriptor, error) {
	if descriptor, err := r.to.FindDescriptorByName(name); err == nil {
		return descriptor, nil
	}
	return protoregistry.GlobalFiles.FindDescriptorByName(name)
}

// atLocation makes a diagnostic at a source location, whose lines and columns count from 0, and columns in cells.
func atLocation(text *diagnostic.Text, location protoreflect.SourceLocation, format string, arguments ...any) diagnostic.Diagnostic {
	if location.Path == nil {
		return text.Whole(format, arguments...)
	}
	line := location.StartLine + 1
	return text.At(line, text.ColumnOfCell(line, location.StartColumn+1), format, arguments...)
}
