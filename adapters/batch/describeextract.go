package batch

import (
	"slices"
	"strings"

	"buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"

	"github.com/postern-gateway/postern/adapters/batch/record"
	"github.com/postern-gateway/postern/adapters/listing"
	"github.com/postern-gateway/postern/adapters/mirror"
)

// An extractShape is the descriptors of an extract's methods, by which handlers find their fields.
type extractShape struct {
	item                                *described
	get, list, stream, page             *mirror.Message
	getKeys                             []*mirror.Field
	getFields, listFields, streamFields askedFields
	rows, next, total, asOf             *mirror.Field
	getMethod, listMethod, streamMethod *mirror.Method
}

// askedFields are the fields that a request asks by; those that it does not have are nil.
type askedFields struct {
	filter, order, fields, asOf, size, token, count *mirror.Field
	values                                          []*mirror.Field
}

// find finds the fields in the linked request.
func (a *askedFields) find(in protoreflect.FieldDescriptors) questionnaire {
	by := func(field *mirror.Field) protoreflect.FieldDescriptor {
		if field == nil {
			return nil
		}
		return in.ByName(field.Name)
	}
	q := questionnaire{filter: by(a.filter), order: by(a.order), fields: by(a.fields), asOf: by(a.asOf), size: by(a.size), token: by(a.token), count: by(a.count)}
	for _, field := range a.values {
		q.values = append(q.values, by(field))
	}
	return q
}

// extract describes the messages and methods of an extract.
func (d *describer) extract(x *extract) *extractShape {
	singular, plural := x.config.GetSingular(), x.config.GetPlural()
	e := &extractDescriber{describer: d, extract: x, values: &layoutDescriber{describer: d}}
	e.shape = &extractShape{item: d.layout(singular, "One record of "+plural+".", x.envelope.layout, false, nil)}
	e.get(singular, plural)
	e.list(plural)
	e.stream(plural)
	return e.shape
}

// An extractDescriber writes what belongs to one extract.
type extractDescriber struct {
	*describer
	extract *extract
	shape   *extractShape
	values  *layoutDescriber
}

func (e *extractDescriber) get(singular, plural string) {
	s := e.shape
	s.get = e.file.Message("get-"+singular+"-request", "Names one record by its key.")
	route := "/" + plural
	for _, f := range e.extract.key {
		field := s.get.Field(mirror.Field{Original: f.Name, Comment: "Part of the key.", Type: e.values.typeOf(f), Rules: &validate.FieldRules{Required: proto.Bool(true)}, Optional: f.Type != record.Text})
		s.getKeys = append(s.getKeys, field)
		route += "/{" + string(field.Name) + "}"
	}
	s.getFields = askedFields{fields: addMask(s.get), asOf: addAsOf(s.get)}
	s.getMethod = e.service.Method(mirror.Method{
		Original: "get-" + singular, Comment: "Reads one record by its key.", Input: mirror.Of(s.get), Output: mirror.Of(s.item.message),
		Idempotency: descriptorpb.MethodOptions_NO_SIDE_EFFECTS, Route: getRoute(route),
	})
}

func (e *extractDescriber) list(plural string) {
	s := e.shape
	s.list = e.file.Message("list-"+plural+"-request", "Asks for a page of "+plural+".")
	a := &s.listFields
	a.size, a.token = listing.AddPage(s.list, listing.MaxPageSize)
	a.filter = listing.AddFilter(s.list)
	a.order = e.addOrder(s.list)
	a.fields = addMask(s.list)
	a.count = listing.AddCount(s.list, "looks at all records that the filter leaves")
	a.asOf = addAsOf(s.list)
	a.values = e.addValues(s.list)
	s.page = e.file.Message("list-"+plural+"-response", "A page of "+plural+".")
	s.rows = s.page.Field(mirror.Field{Original: plural, Comment: "The records.", Type: mirror.Of(s.item.message), Repeated: true})
	s.next = listing.AddNext(s.page)
	s.total = listing.AddTotal(s.page)
	s.asOf = s.page.Field(mirror.Field{Original: "as_of", Comment: "When the data was true.", Type: mirror.Timestamp})
	s.listMethod = e.service.Method(mirror.Method{
		Original: "list-" + plural, Comment: "Lists " + plural + ". A page that follows one of older data goes on behind the same record.",
		Input: mirror.Of(s.list), Output: mirror.Of(s.page), Idempotency: descriptorpb.MethodOptions_NO_SIDE_EFFECTS, Route: getRoute("/" + plural),
	})
}

func (e *extractDescriber) stream(plural string) {
	s := e.shape
	s.stream = e.file.Message("stream-"+plural+"-request", "Asks for all of "+plural+", or for some.")
	s.streamFields = askedFields{
		filter: listing.AddFilter(s.stream), order: e.addOrder(s.stream), fields: addMask(s.stream), asOf: addAsOf(s.stream), values: e.addValues(s.stream),
	}
	s.streamMethod = e.service.Method(mirror.Method{
		Original: "stream-" + plural, Comment: "Reads " + plural + " record by record, however many there are, all of the same data.", Input: mirror.Of(s.stream), Output: mirror.Of(s.item.message),
		Idempotency: descriptorpb.MethodOptions_NO_SIDE_EFFECTS, Route: getRoute("/" + plural + ":stream"), Stream: true,
	})
}

// addOrder adds order_by, which tells what records can be ordered by.
func (e *extractDescriber) addOrder(request *mirror.Message) *mirror.Field {
	var names []string
	for _, f := range slices.Concat(e.extract.key, e.extract.indexes) {
		names = append(names, e.shape.item.called(f, e.extract.envelope.layout.Fields))
	}
	return listing.AddOrder(request, "Offered are "+strings.Join(names, ", ")+"; text comes in the order of its bytes in the file. Records that are equal in it come in the order of their key.")
}

// addValues adds a field for each index.
func (e *extractDescriber) addValues(request *mirror.Message) []*mirror.Field {
	var out []*mirror.Field
	for _, f := range e.extract.indexes {
		out = append(out, request.Field(mirror.Field{Original: f.Name, Comment: "Only records with this value, as in a filter.", Type: e.values.typeOf(f), Optional: true}))
	}
	return out
}

func addMask(request *mirror.Message) *mirror.Field {
	return listing.AddMask(request, "One of a group is named with the group in front: a.b.")
}

// addAsOf adds the field that asks for older data.
func addAsOf(request *mirror.Message) *mirror.Field {
	return request.Field(mirror.Field{Original: "as_of", Comment: "Asks for the data as it was at a time, if that is still kept. Default: the newest.", Type: mirror.Timestamp})
}
