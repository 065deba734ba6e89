package database

import (
	"context"
	"fmt"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/postern-gateway/postern/adapters/database/dialect"
	"github.com/postern-gateway/postern/adapters/listing"
	"github.com/postern-gateway/postern/adapters/wire"
)

// page starts a SELECT of the rows of the query, with its ordering values behind its columns if they are wanted.
func (q *namedQuery) page(syntax *dialect.Syntax, statement dialect.Statement, cursors bool) *dialect.Builder {
	builder := dialect.NewBuilder(syntax)
	builder.SQL("SELECT ").Outputs(q.columns)
	for _, by := range q.order {
		if cursors {
			builder.SQL(", ", builder.Output(cursorColumn, by.expression))
		}
	}
	return builder.SQL(" FROM (").Statement(statement.Text, statement.Arguments).SQL("\n) paged")
}

// A pagedCall reads a page of a named query.
type pagedCall struct {
	*queryCall
	reply       protoreflect.MessageDescriptor
	size, token protoreflect.FieldDescriptor
	rows, next  protoreflect.FieldNumber
	method      string
}

func (c *pagedCall) answer(ctx context.Context, request proto.Message) (proto.Message, error) {
	message := request.ProtoReflect()
	size, err := listing.PageSize(message.Get(c.size).Int(), c.source.limits.page)
	if err != nil {
		return nil, err
	}
	statement := c.statement(message)
	query := c.boundTo(statement)
	if statement, err = c.behind(statement, message.Get(c.token).String(), query, size); err != nil {
		return nil, err
	}
	w := wire.NewWriter(make([]byte, 0, c.queryCall.size.expected()))
	written, more := 0, false
	var last listing.Position
	_, err = c.run(ctx, statement, nil, func(row []dialect.Value) error {
		if written == size {
			more = true
			return nil
		}
		mark := w.Open(c.rows)
		if err := c.row.write(&w, row); err != nil {
			return err
		}
		w.Close(mark)
		if written++; written == size {
			last = after(row[len(c.columns):])
		}
		return c.source.limits.hold(w.Len())
	})
	if err != nil {
		return nil, err
	}
	if more {
		token, err := last.Encode(query)
		if err != nil {
			return nil, fmt.Errorf("making the page token: %w", err)
		}
		w.String(c.next, token)
	}
	c.queryCall.size.learn(w.Len())
	return wire.NewMessage(c.reply, w.Bytes()), nil
}

// boundTo is what a token is good for: the query with these values.
func (c *pagedCall) boundTo(statement dialect.Statement) string {
	query := c.method
	for _, argument := range statement.Arguments {
		query += fmt.Sprintf("\x00%T%v", argument.Value, argument.Value)
	}
	return query
}

// behind makes of the query a statement of the rows behind those of the token, one more than the page has.
func (c *pagedCall) behind(statement dialect.Statement, token, query string, size int) (dialect.Statement, error) {
	builder := c.page(c.source.syntax, statement, true)
	if token != "" {
		start, err := listing.ParseToken(token, query)
		if err == nil && len(start.After) != len(c.order) {
			err = listing.ErrToken
		}
		if err != nil {
			return statement, listing.InvalidToken(err)
		}
		builder.SQL(" WHERE ", behind(builder, c.order, start.After))
	}
	orderBy(builder, c.order)
	builder.SQL(" ").Page(int64(size)+1, 0)
	statement.Text, statement.Arguments = builder.Text(), builder.Arguments()
	for range c.order {
		statement.Columns = append(statement.Columns[:len(statement.Columns):len(statement.Columns)], cursorColumn)
	}
	return statement, nil
}
