package database

import (
	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/adapters/database/dialect"
	"github.com/postern-gateway/postern/adapters/listing"
	"github.com/postern-gateway/postern/adapters/mirror"
)

func (t *tableDescriber) list() {
	name := "List" + t.plural
	request := t.file.Message(name+"Request", "Asks for a page of "+t.table.Name+".")
	t.lists(t, mirror.Method{Original: name, Comment: "Lists " + t.table.Name + "."}, request, t.path, nil)
}

// listOwned lists the rows of another table that refer to one of this.
func (t *tableDescriber) listOwned(rows ownedRows) {
	name := "List" + t.singular + mirror.TypeName(string(rows.relation.name))
	request := t.file.Message(name+"Request", "Asks for a page of those of "+rows.table.table.Name+" that refer to one row of "+t.table.Name+".")
	key, path := t.addKey(request)
	rows.table.lists(t, mirror.Method{Original: name, Comment: "Lists those of " + rows.table.table.Name + " that refer to one " + t.noun + "."},
		request, path+"/"+rows.relation.jsonName, func(method protoreflect.MethodDescriptor) *owner {
			return newOwner(t.resource, newRecord(method.Input(), key).fields, rows.keyed)
		})
}

// lists describes a list of rows of the table, which is a method of host's. owned, where it is not nil, says whose rows they are.
func (t *tableDescriber) lists(host *tableDescriber, method mirror.Method, request *mirror.Message, path string, owned func(protoreflect.MethodDescriptor) *owner) {
	size, token := listing.AddPage(request, t.source.limits.page)
	filtering := listing.AddFilter(request)
	order := listing.AddOrder(request, "Rows that are equal in it come in the order of their key.")
	fields := listing.AddMask(request, "Only these are read.")
	count := listing.AddCount(request, "costs the database more than the page")
	expand := t.addExpand(request)
	reply := t.file.Message(method.Original+"Response", "A page of "+t.table.Name+".")
	rows := reply.Field(mirror.Field{Original: mirror.FieldName(t.plural), Comment: "The rows.", Type: mirror.Of(t.message), Repeated: true})
	next := listing.AddNext(reply)
	total := listing.AddTotal(reply)
	method.Input, method.Output = mirror.Of(request), mirror.Of(reply)
	method.Idempotency = descriptorpb.MethodOptions_NO_SIDE_EFFECTS
	method.Route = &annotations.HttpRule{Pattern: &annotations.HttpRule_Get{Get: path}}
	host.add(method, func(method protoreflect.MethodDescriptor) adapters.UnaryHandler {
		in := method.Input().Fields()
		call := &listCall{
			resource: t.resource, method: string(method.FullName()), reply: method.Output(),
			pageSize: in.ByName(size.Name), token: in.ByName(token.Name), filter: in.ByName(filtering.Name), order: in.ByName(order.Name),
			fields: in.ByName(fields.Name), count: in.ByName(count.Name),
			rows: rows.Number, next: next.Number, total: total.Number,
		}
		if expand != nil {
			call.expand = in.ByName(expand.Name)
		}
		if owned != nil {
			call.owner = owned(method)
		}
		return call.answer
	})
}

func (t *tableDescriber) stream() {
	name := "Stream" + t.plural
	request := t.file.Message(name+"Request", "Asks for all of "+t.table.Name+", or for some.")
	filtering := listing.AddFilter(request)
	order := listing.AddOrder(request, "Default: as the database finds them, which begins at once.")
	fields := listing.AddMask(request, "Only these are read.")
	t.addStream(mirror.Method{
		Original: name, Comment: "Reads " + t.table.Name + " row by row, however many there are.", Input: mirror.Of(request), Output: mirror.Of(t.message),
		Idempotency: descriptorpb.MethodOptions_NO_SIDE_EFFECTS,
		Route:       &annotations.HttpRule{Pattern: &annotations.HttpRule_Get{Get: t.path + ":stream"}},
	}, func(method protoreflect.MethodDescriptor) adapters.StreamHandler {
		in := method.Input().Fields()
		call := &streamCall{resource: t.resource, filter: in.ByName(filtering.Name), order: in.ByName(order.Name), fields: in.ByName(fields.Name)}
		return call.answer
	})
}

func (t *tableDescriber) get() {
	name := "Get" + t.singular
	request := t.file.Message(name+"Request", "Names one row of "+t.table.Name+".")
	key, path := t.addKey(request)
	fields, expand := listing.AddMask(request, "Only these are read."), t.addExpand(request)
	t.add(mirror.Method{
		Original: name, Comment: "Reads one " + t.noun + ".", Input: mirror.Of(request), Output: mirror.Of(t.message),
		Idempotency: descriptorpb.MethodOptions_NO_SIDE_EFFECTS,
		Route:       &annotations.HttpRule{Pattern: &annotations.HttpRule_Get{Get: path}},
	}, func(method protoreflect.MethodDescriptor) adapters.UnaryHandler {
		call := newGetCall(t.resource, newRecord(method.Input(), key).fields)
		call.fields = method.Input().Fields().ByName(fields.Name)
		if expand != nil {
			call.expand = method.Input().Fields().ByName(expand.Name)
		}
		return call.answer
	})
}

// addExpand adds the field that asks for related rows; nil if there are none.
func (t *tableDescriber) addExpand(request *mirror.Message) *mirror.Field {
	if len(t.resource.relations) == 0 {
		return nil
	}
	return request.Field(mirror.Field{
		Original: "expand", Comment: "Which related records to answer with, with commas between them: " + someOf(relationNames(t.resource.relations)) + ". Default: none.",
		Type: mirror.MaxLength(listing.MaxMask),
	})
}

// An ownedRows are the rows of a table that refer to one of another by its key.
type ownedRows struct {
	relation *relation
	table    *tableDescriber
	// keyed are the columns that hold the key, in its order.
	keyed []*dialect.Column
}
