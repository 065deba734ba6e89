package database

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"google.golang.org/grpc/codes"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/adapters/database/dialect"
	"github.com/postern-gateway/postern/adapters/database/queryfile"
	"github.com/postern-gateway/postern/adapters/database/sqltext"
)

// A namedQuery is a query whose types are known.
type namedQuery struct {
	*queryfile.Query
	parameters []*dialect.Column
	// defaults are the values of parameters that are left out; nil where there is none.
	defaults []any
	columns  []*dialect.Column
	// order is that of pages; nil for a query without pages.
	order []sorting
	label dialect.Label
}

// A queryReader reads the files of queries.
type queryReader struct {
	options  queryfile.Options
	dir      string
	findings []adapters.Finding
	names    map[string]string // the file of each name
}

// A queryLoader has the engine type the queries that are read.
type queryLoader struct {
	queryReader
	source  *source
	queries []*namedQuery
}

// loadQueries reads files and directories. The error says that the database cannot be asked; findings are mistakes in what was
// written.
func loadQueries(ctx context.Context, s *source, paths []string, dir string) ([]*namedQuery, []adapters.Finding, error) {
	options := queryfile.Options{Placeholder: s.syntax.Placeholder, Arrays: s.syntax.Arrays}
	loader := &queryLoader{queryReader: queryReader{options: options, dir: dir, names: make(map[string]string)}, source: s}
	for _, file := range loader.files(paths) {
		queries, at := loader.read(file)
		mistake := func(offset int, message string) {
			loader.findings = append(loader.findings, at(offset, message))
		}
		for _, query := range queries {
			if err := loader.describe(ctx, query, mistake); err != nil {
				return nil, nil, err
			}
		}
	}
	return loader.queries, loader.findings, nil
}

// files returns the files that the setting `queries` names.
func (r *queryReader) files(paths []string) []string {
	var all []string
	for i, path := range paths {
		files, err := sqlFiles(r.absolute(path))
		if err != nil {
			r.findings = append(r.findings, adapters.Finding{Field: fmt.Sprintf("queries[%d]", i), Message: err.Error()})
		}
		all = append(all, files...)
	}
	return all
}

func (r *queryReader) absolute(path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(r.dir, path)
}

// sqlFiles returns the file, or the .sql files of the directory in order of name.
func sqlFiles(path string) ([]string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("there is no file or directory of queries here: %w", errors.Unwrap(err))
	}
	if !info.IsDir() {
		return []string{path}, nil
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil, fmt.Errorf("reading the directory of queries: %w", err)
	}
	var files []string
	for _, entry := range entries {
		if !entry.IsDir() && strings.EqualFold(filepath.Ext(entry.Name()), ".sql") {
			files = append(files, filepath.Join(path, entry.Name()))
		}
	}
	if len(files) == 0 {
		return nil, errors.New("the directory holds no .sql file")
	}
	return files, nil
}

// read returns the queries of a file, none of which has a name that is taken, and what makes a finding at an offset of the file.
func (r *queryReader) read(file string) (queries []*queryfile.Query, at func(offset int, message string) adapters.Finding) {
	content, err := os.ReadFile(file)
	if err != nil {
		r.findings = append(r.findings, adapters.Finding{File: file, Message: fmt.Sprintf("reading the queries: %v", errors.Unwrap(err))})
		return nil, nil
	}
	text := string(content)
	at = func(offset int, message string) adapters.Finding {
		line, column := queryfile.Position(text, offset)
		return adapters.Finding{File: file, Line: line, Column: column, Message: message}
	}
	parsed, mistakes := queryfile.Parse(text, r.options)
	for _, m := range mistakes {
		r.findings = append(r.findings, at(m.Offset, m.Message))
	}
	if len(mistakes) > 0 {
		return nil, nil
	}
	for _, query := range parsed {
		if other, taken := r.names[strings.ToLower(query.Name)]; taken {
			r.findings = append(r.findings, at(query.Offset, fmt.Sprintf("there is a query %s already, in %s", query.Name, filepath.Base(other))))
			continue
		}
		r.names[strings.ToLower(query.Name)] = file
		queries = append(queries, query)
	}
	return queries, at
}

// describe asks the engine for the types of a query, and fills in what the head declares.
func (l *queryLoader) describe(ctx context.Context, query *queryfile.Query, mistake func(offset int, message string)) error {
	typed := &namedQuery{Query: query, label: dialect.Label{Operation: operationOf(query.Text), Query: query.Name}}
	statement := dialect.Statement{Text: query.Text, Arguments: make([]dialect.Argument, len(query.Parameters)), Mode: typed.mode()}
	description, err := l.source.database.Describe(ctx, statement)
	var fault *dialect.Fault
	switch {
	case errors.As(err, &fault) && fault.Code != codes.Unavailable:
		offset := query.Find(fault.Token)
		if fault.Position > 0 {
			offset = query.Locate(fault.Position)
		}
		mistake(offset, "the database refuses the query "+query.Name+": "+cmp.Or(fault.Detail, fault.Reason))
		return nil
	case err != nil:
		return err
	}
	complete := typed.typeParameters(description, mistake)
	if !typed.typeColumns(description, mistake) || !complete || !typed.typeOrder(l.source.syntax, mistake) {
		return nil
	}
	l.queries = append(l.queries, typed)
	if typed.order == nil {
		return nil
	}
	return l.describePage(ctx, typed, mistake)
}

// describePage asks the engine whether the query can be had in pages, which is more than that it can be run.
func (l *queryLoader) describePage(ctx context.Context, query *namedQuery, mistake func(offset int, message string)) error {
	builder := query.page(l.source.syntax, dialect.Statement{Text: query.Text}, false)
	orderBy(builder, query.order)
	builder.SQL(" ").Page(1, 0)
	_, err := l.source.database.Describe(ctx, dialect.Statement{Text: builder.Text(), Arguments: make([]dialect.Argument, len(query.Parameters)), Mode: query.mode()})
	var fault *dialect.Fault
	if errors.As(err, &fault) && fault.Code != codes.Unavailable {
		mistake(query.Paged[0].Offset, "the database refuses pages of the query "+query.Name+": "+cmp.Or(fault.Detail, fault.Reason))
		return nil
	}
	return err
}

// operationOf is the first keyword of a statement.
func operationOf(text string) string {
	for _, token := range sqltext.Scan(text, sqltext.Options{}) {
		if token.Kind == sqltext.Word {
			return strings.ToUpper(token.Text)
		}
	}
	return ""
}

func (q *namedQuery) mode() dialect.Mode {
	if q.Writes {
		return dialect.Write
	}
	return dialect.ReadOnly
}
