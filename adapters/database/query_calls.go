package database

import (
	"bytes"
	"cmp"
	"context"
	"slices"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/adapters/database/dialect"
	"github.com/postern-gateway/postern/adapters/wire"
)

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

// arguments are the values of the parameters, in their order.
func (c *queryCall) arguments(request protoreflect.Message) []dialect.Argument {
	out := make([]dialect.Argument, len(c.parameters))
	for i, f := range c.parameters {
		out[i] = argumentFor(f, request)
		if c.defaults[i] != nil && !request.Has(f.descriptor) {
			out[i].Value = c.defaults[i]
		}
	}
	return out
}

// statement is the query with its arguments. Where a list is no value, or placeholders have no numbers, each use of a parameter gets placeholders of its own.
func (c *queryCall) statement(request protoreflect.Message) dialect.Statement {
	statement := dialect.Statement{Text: c.Text, Arguments: c.arguments(request), Columns: c.columns, Mode: c.mode(), Label: c.label}
	placeholder := c.source.syntax.Placeholder
	lists := slices.ContainsFunc(statement.Arguments, func(a dialect.Argument) bool { return a.Kind == dialect.Array })
	if placeholder(1) != placeholder(2) && (c.source.syntax.Arrays || !lists) {
		return statement
	}
	given := statement.Arguments
	statement.Arguments = nil
	var text strings.Builder
	last := 0
	for _, use := range c.Uses {
		text.WriteString(c.Text[last:use.Start])
		last = use.End
		for i, item := range items(given[use.Parameter]) {
			if i > 0 {
				text.WriteString(", ")
			}
			statement.Arguments = append(statement.Arguments, item)
			text.WriteString(placeholder(len(statement.Arguments)))
		}
		if list, isList := given[use.Parameter].Value.(dialect.List); isList && len(list.Items) == 0 {
			text.WriteString(cmp.Or(c.source.syntax.NoValues, "SELECT NULL WHERE 1 = 0"))
		}
	}
	text.WriteString(c.Text[last:])
	statement.Text = text.String()
	return statement
}

// items are those of a list, or the argument itself.
func items(argument dialect.Argument) []dialect.Argument {
	list, ok := argument.Value.(dialect.List)
	if !ok {
		return []dialect.Argument{argument}
	}
	out := make([]dialect.Argument, len(list.Items))
	for i, value := range list.Items {
		out[i] = dialect.Argument{Kind: list.Element, Value: value}
	}
	return out
}

// repeatable are the first words of statements that cannot commit by themselves, as what others call could.
var repeatable = []string{"INSERT", "UPDATE", "DELETE", "MERGE", "REPLACE", "WITH"}

// run runs the query in the time that it has. begin is called before each try, and forgets what each has taken; nil means that there is only one.
func (c *queryCall) run(ctx context.Context, statement dialect.Statement, begin func(), each func([]dialect.Value) error) (int64, error) {
	if c.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, c.Timeout)
		defer cancel()
	}
	var count int64
	ask := func(query queryFunc) (err error) {
		if begin != nil {
			begin()
		}
		count, err = query(ctx, statement, each)
		return err
	}
	var err error
	if c.Writes {
		err = c.source.writingOne(ctx, begin != nil && slices.Contains(repeatable, c.label.Operation), ask)
	} else {
		err = c.source.readingOnly(ctx, false, ask)
	}
	if err != nil {
		return 0, callError(ctx, err, nil)
	}
	return count, nil
}

func (c *queryCall) exec(reply protoreflect.MessageDescriptor, rows protoreflect.FieldNumber) adapters.UnaryHandler {
	return func(ctx context.Context, request proto.Message) (proto.Message, error) {
		count, err := c.run(ctx, c.statement(request.ProtoReflect()), func() {}, nil)
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
		_, err := c.run(ctx, c.statement(request.ProtoReflect()), func() { found = nil }, func(row []dialect.Value) error {
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
		begin := func() {
			w.Truncate(0)
			count = 0
		}
		_, err := c.run(ctx, c.statement(request.ProtoReflect()), begin, func(row []dialect.Value) error {
			if count++; count > limits.query {
				return tooManyRows(limits.query)
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

// stream passes the rows on as they come, however many there are.
func (c *queryCall) stream(row protoreflect.MessageDescriptor) adapters.StreamHandler {
	return func(ctx context.Context, request proto.Message, send func(proto.Message) error) error {
		var w wire.Writer
		var refused error // by the caller, which has gone
		_, err := c.run(ctx, c.statement(request.ProtoReflect()), nil, func(values []dialect.Value) error {
			if err := ctx.Err(); err != nil { // the server may still be sending what it had ready
				return err
			}
			w.Truncate(0)
			if err := c.row.write(&w, values); err != nil {
				return err
			}
			refused = send(wire.NewMessage(row, bytes.Clone(w.Bytes())))
			return refused
		})
		if refused != nil {
			return refused
		}
		return err
	}
}
