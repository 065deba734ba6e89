package database

import (
	"context"
	"slices"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/postern-gateway/postern/adapters/database/dialect"
)

// written runs a statement that writes one row and cannot return it, and reads the row behind it in the same transaction. where adds the condition that names the row; nil
// means that nothing names it, and then there is no message.
func (r *resource) written(ctx context.Context, statement dialect.Statement, where func(*dialect.Builder)) (proto.Message, error) {
	var message proto.Message
	err := r.database.Run(ctx, dialect.Transaction{Mode: dialect.Write}, func(tx dialect.Tx) error {
		count, err := tx.Query(ctx, statement, nil)
		switch {
		case err != nil:
			return err
		case count == 0:
			return r.notFound()
		case where == nil:
			return nil
		}
		builder := dialect.NewBuilder(r.syntax)
		builder.SQL("SELECT ").Outputs(r.columns).SQL(" FROM ").Table(r.table)
		where(builder)
		message, err = r.oneOf(ctx, tx, dialect.Statement{Text: builder.Text(), Arguments: builder.Arguments(), Columns: r.columns, Label: r.labelled("SELECT")})
		return err
	})
	return message, err
}

// created is written for an INSERT. A row whose key nobody can tell, or that has none, is told as it was given.
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
		if _, err := c.written(ctx, statement, nil); err != nil {
			return nil, err
		}
		return c.given(message), nil
	}
	return c.written(ctx, statement, func(builder *dialect.Builder) {
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
	})
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
