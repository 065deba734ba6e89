package database

import (
	"context"
	"fmt"
	"slices"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/emptypb"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/adapters/database/dialect"
	"github.com/postern-gateway/postern/adapters/database/filter"
	"github.com/postern-gateway/postern/adapters/mirror"
	"github.com/postern-gateway/postern/adapters/wire"
)

// A resource is a table as its methods see it.
type resource struct {
	*source
	table *dialect.Table
	// label names the resource in reasons: TENANCY; and public its list in messages, as in paths: tenancies.
	label, public string
	// methods are the names of its methods.
	methods []string

	descriptor protoreflect.MessageDescriptor
	record     *record
	columns    []*dialect.Column
	byName     map[string]*field
	// relations lead to rows of other tables, and standing is the order of rows where none is asked for.
	relations []*relation
	standing  []sorting
	// version is the column that entity tags are made of; nil means all.
	version *dialect.Column
	// size is what a message of one row takes.
	size size
}

// bind completes the resource once its message is linked.
func (r *resource) bind(descriptor protoreflect.MessageDescriptor, fields []*field) {
	r.descriptor = descriptor
	r.record = newRecord(descriptor, fields)
	r.record.table = r.table
	r.columns = r.record.columns()
	r.byName = make(map[string]*field, 2*len(fields))
	for _, f := range fields {
		f.listed = filter.Field(string(f.name), f.jsonName, f.column)
		r.byName[string(f.name)] = f
		r.byName[f.jsonName] = f
	}
	r.standing, _, _ = r.sort("") // which is no mistake
}

// labelled is what traces call a statement of the table.
func (r *resource) labelled(operation string) dialect.Label {
	return dialect.Label{Operation: operation, Table: r.table.Name}
}

// one runs a statement that returns one row of the table, or none, and says what the row's state is.
func (r *resource) one(ctx context.Context, query queryFunc, statement dialect.Statement) (proto.Message, error) {
	var message *wire.Message
	_, err := query(ctx, statement, func(row []dialect.Value) error {
		adapters.ReplyFrom(ctx).ETag = r.tag(row)
		w := wire.NewWriter(make([]byte, 0, r.size.expected()))
		if err := r.record.write(&w, row); err != nil {
			return err
		}
		r.size.learn(w.Len())
		message = wire.NewMessage(r.descriptor, w.Bytes())
		return nil
	})
	if err != nil {
		return nil, err
	}
	if message == nil {
		return nil, r.notFound()
	}
	return message, nil
}

func (r *resource) notFound() error {
	return &adapters.Error{Code: codes.NotFound, Reason: r.label + "_NOT_FOUND", Message: "There is no record of this key."}
}

// whereKey adds the condition that names one row.
func whereKey(builder *dialect.Builder, key []*field, value func(*field) any) {
	for i, f := range key {
		joint := dialect.Fragment(" AND ")
		if i == 0 {
			joint = " WHERE "
		}
		builder.SQL(joint, builder.Compared(f.column), " = ", builder.ComparedParameter(f.column, value(f)))
	}
}

// holds reports whether a row can have the key that a request names. One of more digits than the columns have is none of theirs, though the engine may round it to one.
func (r *resource) holds(key []*field, message protoreflect.Message) bool {
	return !slices.ContainsFunc(key, func(f *field) bool {
		_, cut := r.syntax.Floor(f.column, f.argument(message))
		return cut
	})
}

// A createCall inserts a row.
type createCall struct {
	*resource
	fields []*field
}

func (c *createCall) answer(ctx context.Context, request proto.Message) (proto.Message, error) {
	message := request.ProtoReflect()
	if err := wantDays(c.fields, message, ""); err != nil {
		return nil, err
	}
	builder := dialect.NewBuilder(c.syntax)
	row, returns := c.returning(c.syntax.Returning.Insert)
	builder.SQL(row.head, "INSERT INTO ").Table(c.table)
	var names, values dialect.Fragment
	var written []*field
	for _, f := range c.fields {
		if !message.Has(f.descriptor) {
			continue
		}
		written = append(written, f)
		if names != "" {
			names += ", "
			values += ", "
		}
		names += builder.Quoted(f.column.Name)
		values += builder.StoredParameter(f.column, f.argument(message))
	}
	if names == "" && c.syntax.DefaultValues == "" {
		names, values = builder.Quoted(c.table.Columns[0].Name), "DEFAULT"
	}
	if names == "" {
		builder.SQL(row.before, " ", dialect.Fragment(c.syntax.DefaultValues), row.behind)
	} else {
		builder.SQL(" (", names, ")", row.before, " VALUES (", values, ")", row.behind)
	}
	reply, err := c.insert(ctx, builder, returns, message)
	if err != nil {
		return nil, callError(ctx, err, &place{resource: c.resource, fields: c.fields, writes: true, written: written})
	}
	return reply, nil
}

// insert runs the statement, and returns the row as it is stored.
func (c *createCall) insert(ctx context.Context, builder *dialect.Builder, returns bool, message protoreflect.Message) (proto.Message, error) {
	statement := dialect.Statement{Text: builder.Text(), Arguments: builder.Arguments(), Mode: dialect.Write, Label: c.labelled("INSERT")}
	if returns {
		statement.Columns = c.columns
		return c.write(ctx, rowWrite{statement: statement})
	}
	return c.created(ctx, statement, message)
}

// An updateCall changes a row.
type updateCall struct {
	*resource
	key        []*field
	body, mask protoreflect.FieldDescriptor
	bodyName   string
}

func (c *updateCall) answer(ctx context.Context, request proto.Message) (proto.Message, error) {
	message := request.ProtoReflect()
	body := message.Get(c.body).Message()
	changed, err := c.changes(message, body)
	if err != nil {
		return nil, err
	}
	if err := wantDays(changed, body, c.bodyName+"."); err != nil {
		return nil, err
	}
	under, err := c.condition(ctx)
	if err != nil {
		return nil, err
	}
	if !c.holds(c.key, message) {
		return nil, under.failed(c.resource)
	}
	builder := dialect.NewBuilder(c.syntax)
	row, returns := c.returning(c.syntax.Returning.Update)
	builder.SQL(row.head, "UPDATE ").Table(c.table).SQL(" SET ")
	for i, f := range changed {
		if i > 0 {
			builder.SQL(", ")
		}
		builder.Name(f.column.Name).SQL(" = ", builder.StoredParameter(f.column, f.argument(body)))
	}
	builder.SQL(row.before)
	key := func(builder *dialect.Builder) {
		whereKey(builder, c.key, func(f *field) any { return f.argument(message) })
	}
	key(builder)
	under.where(builder, c.resource)
	builder.SQL(row.behind)
	write := rowWrite{under: under, key: key, statement: dialect.Statement{Text: builder.Text(), Arguments: builder.Arguments(), Mode: dialect.Write, Label: c.labelled("UPDATE")}}
	if returns {
		write.statement.Columns = c.columns
	} else {
		write.behind = key
	}
	reply, err := c.write(ctx, write)
	if err != nil {
		where := &place{resource: c.resource, fields: c.record.fields, prefix: c.bodyName + ".", writes: true, changes: true, written: changed}
		return nil, under.unmet(c.resource, callError(ctx, err, where))
	}
	return reply, nil
}

// changes returns the fields to set: those of the mask, or those that the body has (AIP-134).
func (c *updateCall) changes(message, body protoreflect.Message) ([]*field, error) {
	var violations []adapters.Violation
	refuse := func(path, description string) {
		violations = append(violations, adapters.Violation{Field: path, Description: description})
	}
	for _, related := range c.relations {
		if body.Has(body.Descriptor().Fields().ByNumber(related.number)) {
			refuse(c.bodyName+"."+related.jsonName, "these are other records, which have methods of their own; leave them out")
		}
	}
	wanted := c.masked(message, body, func(path string) { refuse("updateMask", fmt.Sprintf("there is no field %q", path)) })
	var changed []*field
	for _, f := range wanted {
		switch path := c.bodyName + "." + f.jsonName; {
		case slices.Contains(c.table.Key, f.column.Name):
			if c.rekeys(message, body, f) {
				refuse(path, "the key of a record cannot be changed; leave it out, or give the one in the path")
			}
		case f.column.Generated:
			refuse(path, "only the database writes this field; leave it out")
		case !f.column.Nullable && !body.Has(f.descriptor):
			refuse(path, "a value is required")
		default:
			changed = append(changed, f)
		}
	}
	if len(violations) == 0 && len(changed) == 0 {
		return nil, &adapters.Error{Code: codes.InvalidArgument, Message: "There is nothing to change: give at least one field."}
	}
	if len(violations) > 0 {
		return nil, &adapters.Error{Code: codes.InvalidArgument, Message: "The change cannot be made.", Violations: violations}
	}
	return changed, nil
}

// masked returns the fields that the mask names, each once, and calls unknown for a path that names none.
func (c *updateCall) masked(message, body protoreflect.Message, unknown func(path string)) []*field {
	var paths []string
	if message.Has(c.mask) {
		mask := message.Get(c.mask).Message()
		list := mask.Get(mask.Descriptor().Fields().ByNumber(1)).List()
		for i := range list.Len() {
			if path := list.Get(i).String(); path != "" { // which is what an empty body of a PATCH makes
				paths = append(paths, path)
			}
		}
	}
	var wanted []*field
	if slices.Contains(paths, "*") {
		for _, f := range c.record.fields {
			if !f.column.Generated && (!slices.Contains(c.table.Key, f.column.Name) || body.Has(f.descriptor)) {
				wanted = append(wanted, f)
			}
		}
		return wanted
	}
	for _, path := range paths {
		f, ok := c.byName[path]
		if !ok { // of custId2 the JSON mapping of masks makes cust_id2, though the field is cust_id_2
			f, ok = c.byName[mirror.JSONName(path)]
		}
		if !ok {
			unknown(path)
			continue
		}
		if !slices.Contains(wanted, f) {
			wanted = append(wanted, f)
		}
	}
	if len(paths) > 0 {
		return wanted
	}
	for _, f := range c.record.fields {
		if body.Has(f.descriptor) {
			wanted = append(wanted, f)
		}
	}
	return wanted
}

// rekeys reports whether the body gives another key than the path.
func (c *updateCall) rekeys(message, body protoreflect.Message, f *field) bool {
	if !body.Has(f.descriptor) {
		return false
	}
	index := slices.IndexFunc(c.key, func(k *field) bool { return k.column == f.column })
	return !message.Get(c.key[index].descriptor).Equal(body.Get(f.descriptor))
}

// A deleteCall removes a row.
type deleteCall struct {
	*resource
	key []*field
}

func (c *deleteCall) answer(ctx context.Context, request proto.Message) (proto.Message, error) {
	under, err := c.condition(ctx)
	if err != nil {
		return nil, err
	}
	if !c.holds(c.key, request.ProtoReflect()) {
		return nil, under.failed(c.resource)
	}
	key := func(builder *dialect.Builder) {
		whereKey(builder, c.key, func(f *field) any { return f.argument(request.ProtoReflect()) })
	}
	builder := dialect.NewBuilder(c.syntax)
	builder.SQL("DELETE FROM ").Table(c.table)
	key(builder)
	under.where(builder, c.resource)
	statement := dialect.Statement{Text: builder.Text(), Arguments: builder.Arguments(), Mode: dialect.Write, Label: c.labelled("DELETE")}
	if _, err := c.write(ctx, rowWrite{statement: statement, under: under, key: key}); err != nil {
		return nil, under.unmet(c.resource, callError(ctx, err, &place{resource: c.resource, fields: c.key}))
	}
	return &emptypb.Empty{}, nil
}
