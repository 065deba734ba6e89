package database

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/adapters/database/dialect"
	"github.com/postern-gateway/postern/adapters/database/filter"
	"github.com/postern-gateway/postern/adapters/listing"
	"github.com/postern-gateway/postern/adapters/wire"
)

// A listCall reads a page of a table.
type listCall struct {
	*resource
	method                         string
	reply                          protoreflect.MessageDescriptor
	pageSize, token, filter, order protoreflect.FieldDescriptor
	rows, next                     protoreflect.FieldNumber
	// size is what a page takes.
	size size
}

// A sorting is one expression of an ORDER BY.
type sorting struct {
	// expression is what is compared.
	expression dialect.Fragment
	descending bool
	nullable   bool
}

// A page is what one call asks for.
type page struct {
	size   int
	filter listing.Expression // nil for all rows
	query  string             // what a token is bound to
	order  []sorting
	total  bool // the order tells any two rows apart
	start  listing.Position
	first  bool
}

func (c *listCall) answer(ctx context.Context, request proto.Message) (proto.Message, error) {
	wanted, err := c.read(request.ProtoReflect())
	if err != nil {
		return nil, err
	}
	statement := c.statement(wanted)
	w := wire.NewWriter(make([]byte, 0, c.size.expected()))
	var last listing.Position
	rows, more := 0, false
	_, err = c.database.Query(ctx, statement, func(row []dialect.Value) error {
		if rows == wanted.size {
			more = true
			return nil
		}
		mark := w.Open(c.rows)
		if err := c.record.write(&w, row); err != nil {
			return err
		}
		w.Close(mark)
		if rows++; rows == wanted.size {
			last = after(row[len(c.columns):])
		}
		return c.limits.hold(w.Len())
	})
	if err != nil {
		return nil, callError(ctx, err, &place{resource: c.resource, filtered: wanted.filter != nil})
	}
	if more {
		if !wanted.total {
			last = listing.Position{Skip: wanted.start.Skip + int64(wanted.size)}
		}
		token, err := last.Encode(wanted.query)
		if err != nil {
			return nil, fmt.Errorf("making the page token: %w", err)
		}
		w.String(c.next, token)
	}
	c.size.learn(w.Len())
	return wire.NewMessage(c.reply, w.Bytes()), nil
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
	size := message.Get(c.pageSize).Int()
	if size < 0 {
		return nil, invalid("pageSize", "it is at least 0")
	}
	if size == 0 {
		size = min(defaultPageSize, int64(c.limits.page))
	}
	wanted := &page{size: int(min(size, int64(c.limits.page))), first: true}
	text := strings.TrimSpace(message.Get(c.filter).String())
	var err error
	if wanted.filter, err = listing.ParseFilter(text, c.field); err != nil {
		return nil, invalid("filter", err.Error())
	}
	orderBy := message.Get(c.order).String()
	order, total, err := c.sort(orderBy)
	if err != nil {
		return nil, invalid("orderBy", err.Error())
	}
	wanted.order, wanted.total = order, total
	wanted.query = strings.Join([]string{c.method, text, orderBy}, "\x00")
	if token := message.Get(c.token).String(); token != "" {
		wanted.start, err = listing.ParseToken(token, wanted.query)
		if err == nil && total && len(wanted.start.After) != len(order) {
			err = listing.ErrToken
		}
		if err != nil {
			return nil, &adapters.Error{
				Code: codes.InvalidArgument, Reason: "INVALID_PAGE_TOKEN", Message: "The page token is not valid for this query.",
				Violations: []adapters.Violation{{Field: "pageToken", Description: err.Error()}},
			}
		}
		wanted.first = false
	}
	return wanted, nil
}

// sort reads order_by and closes it with what tells rows apart. total is false if nothing does.
func (c *listCall) sort(text string) (order []sorting, total bool, err error) {
	sortings, err := listing.ParseOrder(text, c.field)
	if err != nil {
		return nil, false, err
	}
	builder := dialect.NewBuilder(c.syntax)
	seen := make(map[*dialect.Column]bool)
	for _, s := range sortings {
		column := s.Field.Source.(*dialect.Column) //nolint:forcetypeassert // as filter.Field has it
		seen[column] = true
		order = append(order, sortBy(builder, column, s.Descending))
	}
	rest, total := c.closing()
	for _, column := range rest {
		if !seen[column] {
			order = append(order, sortBy(builder, column, false))
		}
	}
	if c.table.Locator != "" && !c.keyed() {
		order = append(order, sorting{expression: dialect.Fragment(c.table.Locator)})
		total = true
	}
	return order, total, nil
}

// keyed reports whether the key tells any two rows apart. One with NULLs, which SQLite lets in, does not.
func (c *listCall) keyed() bool {
	return len(c.table.Key) > 0 && !slices.ContainsFunc(c.table.Key, func(name string) bool { return c.table.Column(name).Nullable })
}

// closing returns the columns that come last in every order, and whether they tell rows apart.
func (c *listCall) closing() ([]*dialect.Column, bool) {
	var columns []*dialect.Column
	switch {
	case len(c.table.Key) > 0:
		for _, name := range c.table.Key {
			columns = append(columns, c.table.Column(name))
		}
		return columns, true
	case c.table.Locator != "":
		return nil, false // the locator does, and it is no column
	default:
		for _, column := range c.columns {
			if column.Kind.Ordered() {
				columns = append(columns, column)
			}
		}
		return columns, false
	}
}

func sortBy(builder *dialect.Builder, column *dialect.Column, descending bool) sorting {
	return sorting{expression: builder.Compared(column), descending: descending, nullable: column.Nullable}
}

// statement selects one row more than the page has, so that it is known whether there is a next. Behind the columns stand the ordering
// values.
func (c *listCall) statement(wanted *page) dialect.Statement {
	builder := dialect.NewBuilder(c.syntax)
	columns := slices.Clone(c.columns)
	builder.SQL("SELECT ").Outputs(c.columns)
	if wanted.total {
		for _, by := range wanted.order {
			cursor := &dialect.Column{Name: "ordering value", Kind: dialect.Cursor}
			builder.SQL(", ", builder.Output(cursor, by.expression))
			columns = append(columns, cursor)
		}
	}
	builder.SQL(" FROM ").Table(c.table)
	joint := dialect.Fragment(" WHERE ")
	if wanted.filter != nil {
		builder.SQL(joint, "(", filter.Compile(builder, wanted.filter), ")")
		joint = " AND "
	}
	if !wanted.first && wanted.total {
		builder.SQL(joint, "(", behind(builder, wanted.order, wanted.start.After), ")")
	}
	for i, by := range wanted.order {
		joint = ", "
		if i == 0 {
			joint = " ORDER BY "
		}
		builder.SQL(joint, by.expression)
		if by.descending {
			builder.SQL(" DESC")
		}
	}
	builder.SQL(" ").Page(int64(wanted.size)+1, wanted.start.Skip)
	return dialect.Statement{Text: builder.Text(), Arguments: builder.Arguments(), Columns: columns, Label: c.labelled("SELECT")}
}

// field finds a field by either of its names.
func (c *listCall) field(name string) *listing.Field {
	if f, ok := c.byName[name]; ok {
		return f.listed
	}
	return nil
}

// behind is the condition that a row comes after the values in the order: it is greater in the first, or equal in the first and greater in the
// second, and so on.
func behind(builder *dialect.Builder, order []sorting, values [][]byte) dialect.Fragment {
	if builder.Syntax().RowValues && rowwise(order) {
		return behindRow(builder, order, values)
	}
	var condition dialect.Fragment
	for i, by := range order {
		alternative := dialect.Fragment("(")
		for j := range i {
			alternative += equal(builder, order[j], values[j]) + " AND "
		}
		if i > 0 {
			condition += " OR "
		}
		condition += alternative + greater(builder, by, values[i]) + ")"
	}
	return condition
}

// rowwise reports whether the whole order can be compared at once, which an index serves best.
func rowwise(order []sorting) bool {
	return !slices.ContainsFunc(order, func(by sorting) bool { return by.nullable || by.descending != order[0].descending })
}

func behindRow(builder *dialect.Builder, order []sorting, values [][]byte) dialect.Fragment {
	var expressions, parameters dialect.Fragment
	for i, by := range order {
		if i > 0 {
			expressions += ", "
			parameters += ", "
		}
		expressions += by.expression
		parameters += builder.Parameter(dialect.Cursor, string(values[i]))
	}
	operator := dialect.Fragment(" > ")
	if order[0].descending {
		operator = " < "
	}
	return "(" + expressions + ")" + operator + "(" + parameters + ")"
}

func equal(builder *dialect.Builder, by sorting, value []byte) dialect.Fragment {
	if value == nil {
		return by.expression + " IS NULL"
	}
	return by.expression + " = " + builder.Parameter(dialect.Cursor, string(value))
}

// greater is the condition that a row comes after the value in one expression of the order.
func greater(builder *dialect.Builder, by sorting, value []byte) dialect.Fragment {
	nullsLast := builder.Syntax().NullsFirst == by.descending
	switch {
	case value == nil && nullsLast:
		return "1 = 0" // nothing comes after the last
	case value == nil:
		return by.expression + " IS NOT NULL"
	}
	operator := dialect.Fragment(" > ")
	if by.descending {
		operator = " < "
	}
	condition := by.expression + operator + builder.Parameter(dialect.Cursor, string(value))
	if by.nullable && nullsLast {
		return "(" + condition + " OR " + by.expression + " IS NULL)"
	}
	return condition
}

// invalid is the error of one mistake in a request.
func invalid(path, description string) error {
	return &adapters.Error{Code: codes.InvalidArgument, Violations: []adapters.Violation{{Field: path, Description: description}}}
}
