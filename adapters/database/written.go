package database

import (
	"context"
	"slices"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/postern-gateway/postern/adapters/database/dialect"
)

// A rowWrite is a statement that writes one row, and what belongs to it.
type rowWrite struct {
	// statement returns the row if it has columns.
	statement dialect.Statement
	// under is what the row must be like before, and key adds the condition that names it.
	under *condition
	key   func(*dialect.Builder)
	// behind adds the condition that names the row where it is to be read behind the statement; nil means that it is not.
	behind func(*dialect.Builder)
}

// write writes one row, and returns it as it is stored; nil if it is neither returned nor read.
func (r *resource) write(ctx context.Context, w rowWrite) (message proto.Message, err error) {
	run := func(query queryFunc) error {
		if err := w.under.hold(ctx, query, r, w.key); err != nil {
			return err
		}
		message, err = r.run(ctx, query, w)
		return err
	}
	if w.under.reads() || w.behind != nil {
		err = r.writing(ctx, func(tx dialect.Tx) error { return run(tx.Query) })
	} else {
		err = r.writingOne(ctx, true, run)
	}
	if err != nil {
		return nil, err
	}
	return message, nil
}

// run runs the statement.
func (r *resource) run(ctx context.Context, query queryFunc, w rowWrite) (proto.Message, error) {
	if len(w.statement.Columns) > 0 {
		return r.one(ctx, query, w.statement)
	}
	count, err := query(ctx, w.statement, nil)
	switch {
	case err != nil:
		return nil, err
	case count == 0:
		return nil, r.notFound()
	case w.behind == nil:
		return nil, nil //nolint:nilnil // there is no row to tell
	}
	builder := dialect.NewBuilder(r.syntax)
	builder.SQL("SELECT ").Outputs(r.columns).SQL(" FROM ").Table(r.table)
	w.behind(builder)
	return r.one(ctx, query, dialect.Statement{Text: builder.Text(), Arguments: builder.Arguments(), Columns: r.columns, Label: r.labelled("SELECT")})
}

// created inserts a row that is read behind the statement. One whose key nobody can tell, or that has none, is told as it was given.
func (c *createCall) created(ctx context.Context, statement dialect.Statement, message protoreflect.Message) (proto.Message, error) {
	var key []*field
	generated := 0
	for _, name := range c.table.Key {
		index := slices.IndexFunc(c.fields, func(f *field) bool { return f.column.Name == name })
		if index < 0 { // only the engine writes it
			key, generated = append(key, &field{column: c.table.Column(name)}), generated+1
			continue
		}
		key = append(key, c.fields[index])
		if !message.Has(c.fields[index].descriptor) {
			generated++
		}
	}
	if len(key) == 0 || generated > 1 || generated == 1 && c.syntax.LastKey == "" {
		if _, err := c.write(ctx, rowWrite{statement: statement}); err != nil {
			return nil, err
		}
		return c.given(message), nil
	}
	return c.write(ctx, rowWrite{statement: statement, behind: func(builder *dialect.Builder) {
		for i, f := range key {
			joint := dialect.Fragment(" AND ")
			if i == 0 {
				joint = " WHERE "
			}
			builder.SQL(joint, builder.Compared(f.column), " = ")
			if f.descriptor == nil || !message.Has(f.descriptor) {
				builder.SQL(dialect.Fragment(c.syntax.LastKey))
				continue
			}
			builder.SQL(builder.ComparedParameter(f.column, f.argument(message)))
		}
	}})
}

// given is a row as the caller gave it.
func (c *createCall) given(message protoreflect.Message) proto.Message {
	row := dynamicpb.NewMessage(c.descriptor)
	for _, f := range c.fields {
		if stored := c.byName[f.jsonName]; stored != nil && message.Has(f.descriptor) {
			row.Set(stored.descriptor, message.Get(f.descriptor))
		}
	}
	return row
}
