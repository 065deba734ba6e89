package database

import (
	"context"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/postern-gateway/postern/adapters/database/dialect"
	"github.com/postern-gateway/postern/adapters/wire"
)

// A getCall reads a row by its key.
type getCall struct {
	*resource
	key []*field
	// fields and expand are those of the request; expand is nil if the table is related to nothing.
	fields, expand protoreflect.FieldDescriptor
	// text is the statement that reads all columns.
	text string
	// plans are what has been compiled for other fields, and for relations.
	plans bounded[planKey, *getPlan]
}

// A getPlan is what reads of the same fields and relations have in common.
type getPlan struct {
	selection *selection
	relations []*relation
	text      string
}

func newGetCall(r *resource, key []*field) *getCall {
	call := &getCall{resource: r, key: key}
	call.text = call.selecting(r.columns)
	return call
}

// selecting is the statement that reads columns of the row. Its parameters are the key.
func (c *getCall) selecting(columns []*dialect.Column) string {
	builder := dialect.NewBuilder(c.syntax)
	builder.SQL("SELECT ").Outputs(columns).SQL(" FROM ").Table(c.table)
	whereKey(builder, c.key, func(*field) any { return nil })
	return builder.Text()
}

func (c *getCall) answer(ctx context.Context, request proto.Message) (proto.Message, error) {
	message := request.ProtoReflect()
	key := planKey{fields: message.Get(c.fields).String()}
	if c.expand != nil {
		key.expand = message.Get(c.expand).String()
	}
	if !c.holds(c.key, message) {
		return nil, c.notFound()
	}
	arguments := make([]dialect.Argument, len(c.key))
	for i, f := range c.key {
		arguments[i] = dialect.Argument{Kind: f.column.Kind, Value: f.argument(message)}
	}
	var reply proto.Message
	var err error
	if key == (planKey{}) {
		statement := dialect.Statement{Text: c.text, Arguments: arguments, Columns: c.columns, Label: c.labelled("SELECT")}
		err = c.reading(ctx, false, func(query queryFunc) (err error) {
			reply, err = c.one(ctx, query, statement)
			return err
		})
	} else {
		reply, err = c.some(ctx, key, arguments)
	}
	if err != nil {
		return nil, callError(ctx, err, &place{resource: c.resource, fields: c.key})
	}
	return reply, nil
}

// some reads some fields, or what the row is related to. It has no entity tag, which is the whole row's.
func (c *getCall) some(ctx context.Context, key planKey, arguments []dialect.Argument) (proto.Message, error) {
	wanted, err := c.plan(key)
	if err != nil {
		return nil, err
	}
	related := newExpansion(wanted.selection, wanted.relations)
	var w wire.Writer
	found := false
	err = c.reading(ctx, related != nil, func(query queryFunc) error {
		statement := dialect.Statement{Text: wanted.text, Arguments: arguments, Columns: wanted.selection.columns, Label: c.labelled("SELECT")}
		_, err := query(ctx, statement, func(row []dialect.Value) error {
			found = true
			if err := wanted.selection.record.write(&w, row); err != nil {
				return err
			}
			if related != nil {
				related.take(row, w.Bytes())
			}
			return nil
		})
		if err != nil || related == nil || !found {
			return err
		}
		if err := related.load(ctx, query); err != nil {
			return err
		}
		w = wire.Writer{}
		related.writeRow(&w, 0)
		return c.limits.hold(w.Len())
	})
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, c.notFound()
	}
	return wire.NewMessage(c.descriptor, w.Bytes()), nil
}

func (c *getCall) plan(key planKey) (*getPlan, error) {
	if made, ok := c.plans.get(key); ok {
		return made, nil
	}
	relations, err := c.expanded(key.expand)
	if err != nil {
		return nil, err
	}
	selected, err := c.selection(key.fields, relations)
	if err != nil {
		return nil, err
	}
	made := &getPlan{selection: selected, relations: relations, text: c.selecting(selected.columns)}
	c.plans.put(key, made)
	return made, nil
}

// An owner is the row of another table that the rows of a list belong to.
type owner struct {
	*resource
	// key are the fields of the request that name it, and columns those of the list's table that hold the same values.
	key     []*field
	columns []*dialect.Column
	text    string
}

func newOwner(r *resource, key []*field, columns []*dialect.Column) *owner {
	builder := dialect.NewBuilder(r.syntax)
	builder.SQL("SELECT ", builder.Output(countedColumn, "COUNT(*)"), " FROM ").Table(r.table)
	whereKey(builder, key, func(*field) any { return nil })
	return &owner{resource: r, key: key, columns: columns, text: builder.Text()}
}

// arguments are the values of the columns.
func (o *owner) arguments(message protoreflect.Message) []dialect.Argument {
	out := make([]dialect.Argument, len(o.key))
	for i, f := range o.key {
		out[i] = dialect.Argument{Kind: o.columns[i].Kind, Value: f.argument(message)}
	}
	return out
}

// exists tells an owner without rows from one that is not there.
func (o *owner) exists(ctx context.Context, query queryFunc, message protoreflect.Message) error {
	statement := dialect.Statement{Text: o.text, Columns: []*dialect.Column{countedColumn}, Label: o.labelled("SELECT")}
	for _, f := range o.key {
		statement.Arguments = append(statement.Arguments, dialect.Argument{Kind: f.column.Kind, Value: f.argument(message)})
	}
	var count int64
	_, err := query(ctx, statement, func(row []dialect.Value) error {
		count = row[0].Int
		return nil
	})
	if err == nil && count == 0 {
		return o.notFound()
	}
	return err
}
