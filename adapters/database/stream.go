package database

import (
	"bytes"
	"context"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/postern-gateway/postern/adapters/database/dialect"
	"github.com/postern-gateway/postern/adapters/database/filter"
	"github.com/postern-gateway/postern/adapters/listing"
	"github.com/postern-gateway/postern/adapters/wire"
)

// A streamCall reads rows of a table as they come, however many there are.
type streamCall struct {
	*resource
	filter, order, fields protoreflect.FieldDescriptor
}

func (c *streamCall) answer(ctx context.Context, request proto.Message, send func(proto.Message) error) error {
	message := request.ProtoReflect()
	condition, err := listing.ParseFilter(message.Get(c.filter).String(), c.filtered)
	if err != nil {
		return listing.Invalid("filter", err.Error())
	}
	selected, err := c.selection(message.Get(c.fields).String(), nil)
	if err != nil {
		return err
	}
	var order []sorting
	if text := message.Get(c.order).String(); text != "" {
		if order, _, err = c.sort(text); err != nil {
			return listing.Invalid("orderBy", err.Error())
		}
	}
	builder := dialect.NewBuilder(c.syntax)
	builder.SQL("SELECT ").Outputs(selected.columns).SQL(" FROM ").Table(c.table)
	if condition != nil {
		builder.SQL(" WHERE ", filter.Compile(builder, condition))
	}
	orderBy(builder, order)
	statement := dialect.Statement{Text: builder.Text(), Arguments: builder.Arguments(), Columns: selected.columns, Label: c.labelled("SELECT")}
	var w wire.Writer
	var refused error // by the caller, which has gone
	err = c.reading(ctx, false, func(query queryFunc) error {
		_, err := query(ctx, statement, func(row []dialect.Value) error {
			if err := ctx.Err(); err != nil { // the server may still be sending what it had ready
				return err
			}
			w.Truncate(0)
			if err := selected.record.write(&w, row); err != nil {
				return err
			}
			refused = send(wire.NewMessage(c.descriptor, bytes.Clone(w.Bytes())))
			return refused
		})
		return err
	})
	if refused != nil {
		return refused
	}
	if err != nil {
		return callError(ctx, err, &place{resource: c.resource, filtered: condition != nil})
	}
	return nil
}
