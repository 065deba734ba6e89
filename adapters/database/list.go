package database

import (
	"bytes"
	"context"
	"fmt"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/postern-gateway/postern/adapters/database/dialect"
	"github.com/postern-gateway/postern/adapters/database/filter"
	"github.com/postern-gateway/postern/adapters/listing"
	"github.com/postern-gateway/postern/adapters/wire"
)

// A listCall reads a page of a table, or of those of its rows that refer to one of another table.
type listCall struct {
	*resource
	method                                                string
	reply                                                 protoreflect.MessageDescriptor
	pageSize, token, filter, order, fields, count, expand protoreflect.FieldDescriptor
	rows, next, total                                     protoreflect.FieldNumber
	// owner is whose rows they are; nil for those of the whole table.
	owner *owner
	// plans are what has been compiled for the orders, fields and relations asked for so far.
	plans plans
	// size is what a page takes.
	size size
}

// A page is what one call asks for.
type page struct {
	*plan
	size   int
	count  bool               // the total is asked for
	filter listing.Expression // nil for all rows
	query  string             // what a token is bound to
	owned  []dialect.Argument // values of the owner's columns
	start  listing.Position
	first  bool
}

func (c *listCall) answer(ctx context.Context, request proto.Message) (proto.Message, error) {
	message := request.ProtoReflect()
	wanted, err := c.read(message)
	if err != nil {
		return nil, err
	}
	writer := &pageWriter{call: c, page: wanted, w: wire.NewWriter(make([]byte, 0, c.size.expected()))}
	several := wanted.count || len(wanted.relations) > 0
	err = c.reading(ctx, several, func(query queryFunc) error {
		if err := writer.run(ctx, query); err != nil {
			return err
		}
		if c.owner == nil || writer.written > 0 || !wanted.first {
			return nil
		}
		return c.owner.exists(ctx, query, message)
	})
	if err != nil {
		where := &place{resource: c.resource, filtered: wanted.filter != nil}
		if c.owner != nil && !where.filtered {
			where = &place{resource: c.owner.resource, fields: c.owner.key}
		}
		return nil, callError(ctx, err, where)
	}
	if err := writer.finish(); err != nil {
		return nil, err
	}
	c.size.learn(writer.w.Len())
	return wire.NewMessage(c.reply, writer.w.Bytes()), nil
}

// A pageWriter writes a page as its rows come.
type pageWriter struct {
	*page
	call    *listCall
	w       wire.Writer
	written int // rows
	more    bool
	last    listing.Position
}

// run reads the rows, what they are related to, and their total, as far as it is asked for.
func (p *pageWriter) run(ctx context.Context, query queryFunc) error {
	related := newExpansion(p.selection, p.relations)
	_, err := query(ctx, p.call.statement(p.page), func(row []dialect.Value) error {
		if p.written == p.size {
			p.more = true
			return nil
		}
		mark := p.w.Open(p.call.rows)
		if err := p.selection.record.write(&p.w, row); err != nil {
			return err
		}
		if related != nil {
			related.take(row, p.w.Bytes()[mark:])
		}
		p.w.Close(mark)
		if p.written++; p.written == p.size {
			p.last = after(row[len(p.selection.columns):])
		}
		return p.call.limits.hold(p.w.Len())
	})
	if err != nil {
		return err
	}
	if related != nil {
		if err := related.load(ctx, query); err != nil {
			return err
		}
		p.w = related.write(p.call.rows)
		if err := p.call.limits.hold(p.w.Len()); err != nil {
			return err
		}
	}
	if !p.count {
		return nil
	}
	_, err = query(ctx, p.call.counting(p.page), func(row []dialect.Value) error {
		p.w.Varint(p.call.total, uint64(row[0].Int)) //nolint:gosec // not negative
		return nil
	})
	return err
}

// finish adds the token of the next page, if there is one.
func (p *pageWriter) finish() error {
	if !p.more {
		return nil
	}
	if !p.total {
		p.last = listing.Position{Skip: p.start.Skip + int64(p.size)}
	}
	token, err := p.last.Encode(p.query)
	if err != nil {
		return fmt.Errorf("making the page token: %w", err)
	}
	p.w.String(p.call.next, token)
	return nil
}

// after is the position behind a row with these ordering values.
func after(values []dialect.Value) listing.Position {
	var p listing.Position
	for i := range values {
		if values[i].Null {
			p.After = append(p.After, nil)
			continue
		}
		p.After = append(p.After, bytes.Clone(values[i].Text))
	}
	return p
}

// read makes a page of a request.
func (c *listCall) read(message protoreflect.Message) (*page, error) {
	size, err := listing.PageSize(message.Get(c.pageSize).Int(), c.limits.page)
	if err != nil {
		return nil, err
	}
	wanted := &page{size: size, count: message.Get(c.count).Bool(), first: true}
	text := strings.TrimSpace(message.Get(c.filter).String())
	if wanted.filter, err = listing.ParseFilter(text, c.filtered); err != nil {
		return nil, listing.Invalid("filter", err.Error())
	}
	key := planKey{order: message.Get(c.order).String(), fields: message.Get(c.fields).String()}
	if c.expand != nil {
		key.expand = message.Get(c.expand).String()
	}
	if wanted.plan, err = c.plans.get(key, c.resource); err != nil {
		return nil, err
	}
	wanted.query = strings.Join([]string{c.method, text, key.order}, "\x00")
	if c.owner != nil {
		if !c.owner.holds(c.owner.key, message) {
			return nil, c.owner.notFound()
		}
		wanted.owned = c.owner.arguments(message)
		for _, argument := range wanted.owned {
			wanted.query += fmt.Sprintf("\x00%v", argument.Value)
		}
	}
	if token := message.Get(c.token).String(); token != "" {
		wanted.start, err = listing.ParseToken(token, wanted.query)
		if err == nil && wanted.total && len(wanted.start.After) != len(wanted.order) {
			err = listing.ErrToken
		}
		if err != nil {
			return nil, listing.InvalidToken(err)
		}
		wanted.first = false
	}
	return wanted, nil
}

// filtered finds what a filter may name: a field, or a value within the documents of one.
func (r *resource) filtered(name string) *listing.Field {
	if f := r.field(name); f != nil {
		return f
	}
	path := strings.Split(name, ".")
	if f, ok := r.byName[path[0]]; ok && len(path) > 1 && r.syntax.Documents != nil {
		return filter.Within(f.column, path[1:])
	}
	return nil
}

// field finds a field by either of its names.
func (r *resource) field(name string) *listing.Field {
	if f, ok := r.byName[name]; ok {
		return f.listed
	}
	return nil
}
