package database

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/adapters/database/dialect"
	"github.com/postern-gateway/postern/adapters/database/queryfile"
	"github.com/postern-gateway/postern/adapters/database/sqltext"
	"github.com/postern-gateway/postern/adapters/mirror"
	"github.com/postern-gateway/postern/adapters/wire"
)

// A namedQuery is a query whose types are known.
type namedQuery struct {
	*queryfile.Query
	parameters []*dialect.Column
	columns    []*dialect.Column
	label      dialect.Label
}

// A queryLoader reads the files of queries and has the engine type them.
type queryLoader struct {
	source   *source
	dir      string
	queries  []*namedQuery
	findings []adapters.Finding
	names    map[string]string // the file of each name
}

// loadQueries reads files and directories. The error says that the database cannot be asked; findings are mistakes in what was
// written.
func loadQueries(ctx context.Context, s *source, paths []string, dir string) ([]*namedQuery, []adapters.Finding, error) {
	loader := &queryLoader{source: s, dir: dir, names: make(map[string]string)}
	for i, path := range paths {
		files, err := sqlFiles(loader.absolute(path))
		if err != nil {
			loader.findings = append(loader.findings, adapters.Finding{Field: fmt.Sprintf("queries[%d]", i), Message: err.Error()})
		}
		for _, file := range files {
			if err := loader.load(ctx, file); err != nil {
				return nil, nil, err
			}
		}
	}
	return loader.queries, loader.findings, nil
}

func (l *queryLoader) absolute(path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(l.dir, path)
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

func (l *queryLoader) load(ctx context.Context, file string) error {
	content, err := os.ReadFile(file)
	if err != nil {
		l.findings = append(l.findings, adapters.Finding{File: file, Message: fmt.Sprintf("reading the queries: %v", errors.Unwrap(err))})
		return nil
	}
	text := string(content)
	mistake := func(offset int, message string) {
		line, column := queryfile.Position(text, offset)
		l.findings = append(l.findings, adapters.Finding{File: file, Line: line, Column: column, Message: message})
	}
	queries, mistakes := queryfile.Parse(text, l.source.syntax.Placeholder)
	for _, m := range mistakes {
		mistake(m.Offset, m.Message)
	}
	if len(mistakes) > 0 {
		return nil
	}
	for _, query := range queries {
		if other, taken := l.names[strings.ToLower(query.Name)]; taken {
			mistake(query.Offset, fmt.Sprintf("there is a query %s already, in %s", query.Name, filepath.Base(other)))
			continue
		}
		l.names[strings.ToLower(query.Name)] = file
		if err := l.describe(ctx, query, mistake); err != nil {
			return err
		}
	}
	return nil
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
	if typed.typeColumns(description, mistake) && complete {
		l.queries = append(l.queries, typed)
	}
	return nil
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

// typeParameters gives each parameter the declared type, or else the engine's.
func (q *namedQuery) typeParameters(description dialect.Description, mistake func(int, string)) bool {
	complete := true
	for i, parameter := range q.Parameters {
		column := declaredColumn(parameter.Name, parameter.Type)
		column.Nullable = parameter.Nullable
		switch {
		case parameter.Declared:
		case i < len(description.Parameters):
			column = description.Parameters[i]
			column.Name, column.Nullable = parameter.Name, parameter.Nullable
		default:
			mistake(parameter.Offset, fmt.Sprintf("the database cannot tell the type of :%s; declare it above the query: -- param: %s TYPE, with one of %s", parameter.Name, parameter.Name, queryfile.TypeNames()))
			complete = false
		}
		q.parameters = append(q.parameters, column)
	}
	return complete
}

// declaredColumn is a column or parameter whose type the head gives.
func declaredColumn(name string, declared queryfile.Type) *dialect.Column {
	return &dialect.Column{Name: name, Kind: declared.Kind, Precision: declared.Precision, Scale: declared.Scale, Native: "declared", Nullable: true}
}

// typeColumns gives each column of the result the declared type, or else the engine's.
func (q *namedQuery) typeColumns(description dialect.Description, mistake func(int, string)) bool {
	if q.Result == queryfile.Exec {
		return true
	}
	complete := true
	columns := description.Columns
	for _, declared := range q.Returns {
		index := slices.IndexFunc(columns, func(c *dialect.Column) bool { return c.Name == declared.Column })
		switch {
		case index >= 0:
			columns[index] = declaredColumn(declared.Column, declared.Type)
		case len(description.Columns) == 0:
			q.columns = append(q.columns, declaredColumn(declared.Column, declared.Type))
		default:
			mistake(declared.Offset, fmt.Sprintf("the query has no column %s", declared.Column))
			complete = false
		}
	}
	seen := make(map[string]bool)
	for _, column := range columns {
		if seen[column.Name] {
			mistake(q.Offset, fmt.Sprintf("the query %s has two columns %s; give one of them another name with AS", q.Name, column.Name))
			complete = false
		}
		seen[column.Name] = true
		if column.Native == "" {
			mistake(q.Offset, fmt.Sprintf("the database cannot tell the type of the column %s; declare it above the query: -- returns: %s TYPE, with one of %s", column.Name, column.Name, queryfile.TypeNames()))
			complete = false
		}
	}
	q.columns = append(columns, q.columns...)
	if len(q.columns) == 0 {
		mistake(q.Offset, fmt.Sprintf("the query %s returns no columns that the database could tell; make it :exec, or declare them: -- returns: COLUMN TYPE", q.Name))
		complete = false
	}
	return complete
}

// query describes a query as a method.
func (d *describer) query(q *namedQuery) {
	path := d.path(q.Name)
	request := d.file.Message(q.Name+" request", "The parameters of "+q.Name+".")
	var parameters []*field
	for _, column := range q.parameters {
		described := mirror.Field{Original: column.Name, Type: typeOf(column), Optional: true}
		if !column.Nullable {
			described.Rules = required()
		}
		added := request.Field(described)
		parameters = append(parameters, &field{column: column, name: added.Name, jsonName: added.JSONName})
	}
	method := mirror.Method{
		Original: q.Name, Comment: q.Description, Input: mirror.Of(request),
		Route: &annotations.HttpRule{Pattern: &annotations.HttpRule_Post{Post: path}, Body: "*"},
	}
	if !q.Writes {
		method.Idempotency = descriptorpb.MethodOptions_NO_SIDE_EFFECTS
		method.Route = &annotations.HttpRule{Pattern: &annotations.HttpRule_Get{Get: path}}
	}
	switch q.Result {
	case queryfile.Exec:
		reply := d.file.Message(q.Name+" response", "What "+q.Name+" did.")
		count := reply.Field(mirror.Field{Original: "rows_affected", Comment: "How many rows were written.", Type: mirror.Int64})
		method.Output = mirror.Of(reply)
		d.add(method, func(m protoreflect.MethodDescriptor) adapters.UnaryHandler {
			call := q.call(d.source, m, parameters, nil)
			return call.exec(m.Output(), count.Number)
		})
	case queryfile.One:
		row := d.file.Message(q.Name+" response", "The row of "+q.Name+".")
		fields := d.resultFields(row, q.columns)
		method.Output = mirror.Of(row)
		d.add(method, func(m protoreflect.MethodDescriptor) adapters.UnaryHandler {
			return q.call(d.source, m, parameters, newRecord(m.Output(), fields)).one(m.Output())
		})
	default:
		row := d.file.Message(q.Name+" row", "One row of "+q.Name+".")
		fields := d.resultFields(row, q.columns)
		reply := d.file.Message(q.Name+" response", "The rows of "+q.Name+".")
		rows := reply.Field(mirror.Field{Original: "rows", Comment: "The rows, in the query's order.", Type: mirror.Of(row), Repeated: true})
		method.Output = mirror.Of(reply)
		d.add(method, func(m protoreflect.MethodDescriptor) adapters.UnaryHandler {
			list := m.Output().Fields().ByName(rows.Name)
			call := q.call(d.source, m, parameters, newRecord(list.Message(), fields))
			return call.many(m.Output(), rows.Number)
		})
	}
}

// resultFields gives each column of a result a field.
func (d *describer) resultFields(message *mirror.Message, columns []*dialect.Column) []*field {
	var fields []*field
	for _, column := range columns {
		added := message.Field(mirror.Field{Original: column.Name, Type: typeOf(column), Optional: true})
		fields = append(fields, &field{column: column, name: added.Name, jsonName: added.JSONName})
	}
	return fields
}

// A queryCall runs a named query.
type queryCall struct {
	*namedQuery
	source     *source
	parameters []*field
	row        *record
	// size is what an answer takes.
	size size
}

func (q *namedQuery) call(s *source, method protoreflect.MethodDescriptor, parameters []*field, row *record) *queryCall {
	return &queryCall{namedQuery: q, source: s, parameters: newRecord(method.Input(), parameters).fields, row: row}
}

func (c *queryCall) run(ctx context.Context, request proto.Message, each func([]dialect.Value) error) (int64, error) {
	statement := dialect.Statement{Text: c.Text, Columns: c.columns, Mode: c.mode(), Label: c.label}
	for _, f := range c.parameters {
		statement.Arguments = append(statement.Arguments, dialect.Argument{Kind: f.column.Kind, Value: f.argument(request.ProtoReflect())})
	}
	count, err := c.source.database.Query(ctx, statement, each)
	if err != nil {
		return 0, callError(ctx, err, nil)
	}
	return count, nil
}

func (c *queryCall) exec(reply protoreflect.MessageDescriptor, rows protoreflect.FieldNumber) adapters.UnaryHandler {
	return func(ctx context.Context, request proto.Message) (proto.Message, error) {
		count, err := c.run(ctx, request, nil)
		if err != nil {
			return nil, err
		}
		var w wire.Writer
		w.Varint(rows, uint64(count)) //nolint:gosec // not negative
		return wire.NewMessage(reply, w.Bytes()), nil
	}
}

func (c *queryCall) one(reply protoreflect.MessageDescriptor) adapters.UnaryHandler {
	return func(ctx context.Context, request proto.Message) (proto.Message, error) {
		var found *wire.Message
		_, err := c.run(ctx, request, func(row []dialect.Value) error {
			if found != nil {
				return &adapters.Error{Code: codes.FailedPrecondition, Reason: "MORE_THAN_ONE_ROW", Message: "There is more than one answer, where one was asked for."}
			}
			w := wire.NewWriter(make([]byte, 0, c.size.expected()))
			if err := c.row.write(&w, row); err != nil {
				return err
			}
			c.size.learn(w.Len())
			found = wire.NewMessage(reply, w.Bytes())
			return nil
		})
		if err != nil {
			return nil, err
		}
		if found == nil {
			return nil, &adapters.Error{Code: codes.NotFound, Reason: "NO_ROW", Message: "There is no answer to this."}
		}
		return found, nil
	}
}

func (c *queryCall) many(reply protoreflect.MessageDescriptor, rows protoreflect.FieldNumber) adapters.UnaryHandler {
	return func(ctx context.Context, request proto.Message) (proto.Message, error) {
		w := wire.NewWriter(make([]byte, 0, c.size.expected()))
		limits, count := c.source.limits, 0
		_, err := c.run(ctx, request, func(row []dialect.Value) error {
			if count++; count > limits.query {
				return &adapters.Error{Code: codes.OutOfRange, Reason: "TOO_MANY_ROWS", Message: fmt.Sprintf("The answer has more than %d rows. Ask for less.", limits.query)}
			}
			mark := w.Open(rows)
			if err := c.row.write(&w, row); err != nil {
				return err
			}
			w.Close(mark)
			return limits.hold(w.Len())
		})
		if err != nil {
			return nil, err
		}
		c.size.learn(w.Len())
		return wire.NewMessage(reply, w.Bytes()), nil
	}
}
