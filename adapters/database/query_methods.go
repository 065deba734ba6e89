package database

import (
	"slices"
	"strings"

	"buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate"
	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/adapters/database/dialect"
	"github.com/postern-gateway/postern/adapters/database/queryfile"
	"github.com/postern-gateway/postern/adapters/listing"
	"github.com/postern-gateway/postern/adapters/mirror"
)

// query describes a query as a method.
func (d *describer) query(q *namedQuery) {
	path := d.path(q.Name)
	request := d.file.Message(q.Name+" request", "The parameters of "+q.Name+".")
	var parameters []*field
	for _, column := range q.parameters {
		parameters = append(parameters, addColumn(request, q.parameterField(column), column))
	}
	method := mirror.Method{
		Original: q.Name, Comment: q.Description, Input: mirror.Of(request),
		Route: &annotations.HttpRule{Pattern: &annotations.HttpRule_Post{Post: path}, Body: "*"},
	}
	if !q.Writes {
		method.Idempotency = descriptorpb.MethodOptions_NO_SIDE_EFFECTS
		method.Route = &annotations.HttpRule{Pattern: &annotations.HttpRule_Get{Get: path}}
	}
	switch q.Result {
	case queryfile.Exec:
		reply := d.file.Message(q.Name+" response", "What "+q.Name+" did.")
		count := reply.Field(mirror.Field{Original: "rows_affected", Comment: "How many rows were written.", Type: mirror.Int64})
		method.Output = mirror.Of(reply)
		d.add(method, func(m protoreflect.MethodDescriptor) adapters.UnaryHandler {
			call := q.call(d.source, m, parameters, nil)
			return call.exec(m.Output(), count.Number)
		})
	case queryfile.One:
		row := d.file.Message(q.Name+" response", "The row of "+q.Name+".")
		fields := resultFields(row, q.columns)
		method.Output = mirror.Of(row)
		d.add(method, func(m protoreflect.MethodDescriptor) adapters.UnaryHandler {
			return q.call(d.source, m, parameters, newRecord(m.Output(), fields)).one(m.Output())
		})
	case queryfile.Stream:
		row := d.file.Message(q.Name+" row", "One row of "+q.Name+".")
		fields := resultFields(row, q.columns)
		method.Output = mirror.Of(row)
		method.Route = &annotations.HttpRule{Pattern: &annotations.HttpRule_Get{Get: path + ":stream"}}
		d.addStream(method, func(m protoreflect.MethodDescriptor) adapters.StreamHandler {
			return q.call(d.source, m, parameters, newRecord(m.Output(), fields)).stream(m.Output())
		})
	default:
		row := d.file.Message(q.Name+" row", "One row of "+q.Name+".")
		fields := resultFields(row, q.columns)
		reply := d.file.Message(q.Name+" response", "The rows of "+q.Name+".")
		rows := reply.Field(mirror.Field{Original: "rows", Comment: "The rows, in the query's order.", Type: mirror.Of(row), Repeated: true})
		method.Output = mirror.Of(reply)
		var size, token, next *mirror.Field
		if q.order != nil {
			size, token = listing.AddPage(request, d.source.limits.page)
			next = listing.AddNext(reply)
		}
		d.add(method, func(m protoreflect.MethodDescriptor) adapters.UnaryHandler {
			list := m.Output().Fields().ByName(rows.Name)
			call := q.call(d.source, m, parameters, newRecord(list.Message(), fields))
			if q.order == nil {
				return call.many(m.Output(), rows.Number)
			}
			in := m.Input().Fields()
			paged := &pagedCall{queryCall: call, reply: m.Output(), size: in.ByName(size.Name), token: in.ByName(token.Name), rows: rows.Number, next: next.Number, method: string(m.FullName())}
			return paged.answer
		})
	}
}

// maxListItems is how many values a list may have. Oracle takes no more in an IN, and SQL Server few more in all.
const maxListItems = 1000

// parameterField is a parameter as a field of the request.
func (q *namedQuery) parameterField(column *dialect.Column) mirror.Field {
	described := requestFieldOf(column)
	switch {
	case column.Kind == dialect.Array:
		described.Comment = strings.TrimSpace(described.Comment + "\n\nLeft out, it is empty.")
		described.Rules = &validate.FieldRules{Type: &validate.FieldRules_Repeated{Repeated: &validate.RepeatedRules{MaxItems: proto.Uint64(maxListItems)}}}
	case column.Default:
		index := slices.IndexFunc(q.Parameters, func(p *queryfile.Parameter) bool { return p.Name == column.Name })
		described.Comment = strings.TrimSpace(described.Comment + "\n\nDefault: " + q.Parameters[index].Default)
	case !column.Nullable:
		described.Rules = required()
	}
	return described
}

// resultFields gives each column of a result a field.
func resultFields(message *mirror.Message, columns []*dialect.Column) []*field {
	var fields []*field
	for _, column := range columns {
		fields = append(fields, addColumn(message, fieldOf(column), column))
	}
	return fields
}

// addColumn adds the field of a column.
func addColumn(message *mirror.Message, described mirror.Field, column *dialect.Column) *field {
	added := message.Field(described)
	return &field{column: column, name: added.Name, jsonName: added.JSONName}
}
