package database

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate"
	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/adapters/database/dialect"
	"github.com/postern-gateway/postern/adapters/mirror"
)

// A describer writes the back end's service.
type describer struct {
	source  *source
	file    *mirror.File
	service *mirror.Service
	paths   mirror.Names
	answers []answer

	tables []*tableDescriber
	// refusal is what routines say of their refusals; nil if there are none.
	refusal *mirror.Message
}

// An answer is a method, and what makes its handler once the descriptors are linked: bind of one with one reply, stream of one with many.
type answer struct {
	method *mirror.Method
	bind   func(protoreflect.MethodDescriptor) adapters.UnaryHandler
	stream func(protoreflect.MethodDescriptor) adapters.StreamHandler
}

// An offer is what was chosen to be offered.
type offer struct {
	tables   []choice
	queries  []*namedQuery
	routines []*routineChoice
}

// describe makes the back end of what was chosen.
func describe(s *source, name string, chosen offer) (*backend, error) {
	d := &describer{source: s, file: mirror.NewFile(name)}
	d.service = d.file.Service(name+" service", "The tables and queries of the database "+name+".")
	for _, choice := range chosen.tables {
		d.declare(choice)
	}
	d.relate()
	for _, t := range d.tables {
		t.methods()
	}
	for _, query := range chosen.queries {
		d.query(query)
	}
	for _, routine := range chosen.routines {
		d.routine(routine)
	}
	linked, err := d.file.Build()
	if err != nil {
		return nil, fmt.Errorf("describing the database: %w", err)
	}
	descriptor := linked.Services().Get(0)
	opened := &backend{source: s, routines: chosen.routines}
	for _, t := range d.tables {
		t.resource.bind(linked.Messages().ByName(t.message.Name()), t.fields)
		opened.resources = append(opened.resources, t.resource)
	}
	service := adapters.Service{Descriptor: descriptor}
	for _, answer := range d.answers {
		method := descriptor.Methods().ByName(answer.method.Name)
		added := adapters.Method{Name: answer.method.Name}
		if answer.stream != nil {
			added.Stream = answer.stream(method)
		} else {
			added.Unary = answer.bind(method)
		}
		service.Methods = append(service.Methods, added)
	}
	opened.services = []adapters.Service{service}
	return opened, nil
}

// add adds a method whose handler bind makes.
func (d *describer) add(method mirror.Method, bind func(protoreflect.MethodDescriptor) adapters.UnaryHandler) {
	d.answers = append(d.answers, answer{method: d.service.Method(method), bind: bind})
}

// addStream adds a method with many replies.
func (d *describer) addStream(method mirror.Method, bind func(protoreflect.MethodDescriptor) adapters.StreamHandler) {
	method.Stream = true
	d.answers = append(d.answers, answer{method: d.service.Method(method), stream: bind})
}

// path returns a path segment of its own for a name.
func (d *describer) path(name string) string {
	return "/" + mirror.JSONName(d.paths.Unique(mirror.FieldName(name)))
}

// declare describes one row of a table.
func (d *describer) declare(choice choice) {
	t := &tableDescriber{
		describer: d, table: choice.table, types: boundTypes(choice.table, d.source.syntax),
		plural: mirror.TypeName(choice.resource), path: d.path(choice.resource), write: choice.write,
	}
	t.singular = mirror.TypeName(singular(choice.resource))
	t.noun = strings.ReplaceAll(mirror.FieldName(singular(choice.resource)), "_", " ")
	t.resource = &resource{source: d.source, table: choice.table, version: choice.version, label: strings.ToUpper(mirror.FieldName(singular(choice.resource)))}
	t.resource.public = strings.TrimPrefix(t.path, "/")
	comment := choice.table.Comment
	if comment == "" {
		comment = "One row of " + choice.table.Name + "."
	}
	t.message = d.file.Message(t.singular, comment)
	t.fields = t.addFields(t.message, choice.table.Columns, true, nil)
	d.tables = append(d.tables, t)
}

// methods describes what can be done with the table.
func (t *tableDescriber) methods() {
	t.list()
	t.stream()
	keyed := len(t.table.Key) > 0
	if keyed {
		t.get()
	}
	for _, owned := range t.owned {
		t.listOwned(owned)
	}
	if !t.write {
		return
	}
	t.create()
	if keyed {
		t.update()
		t.delete()
	}
}

// A tableDescriber writes what belongs to one table.
type tableDescriber struct {
	*describer
	table                        *dialect.Table
	types                        map[string]mirror.Type
	singular, plural, path, noun string
	write                        bool
	message                      *mirror.Message
	fields                       []*field
	resource                     *resource
	// owned are the relations from the table's key to rows of others.
	owned []ownedRows
}

// addFields gives each column a field. A stable field has the number of its column, where the engine gives it one. rules may add to those of the type.
func (t *tableDescriber) addFields(message *mirror.Message, columns []*dialect.Column, stable bool, rules func(*dialect.Column) *validate.FieldRules) []*field {
	var fields []*field
	stable = stable && !slices.ContainsFunc(columns, func(column *dialect.Column) bool { return column.Number <= 0 })
	for _, column := range columns {
		added := mirror.Field{Original: column.Name, Comment: t.comment(column), Type: t.types[column.Name], Optional: true}
		if renamed := column.Reading.Field; renamed != "" {
			added.Original, added.Comment = renamed, strings.TrimSpace(added.Comment+"\n\nOriginal name: "+column.Name)
		}
		if stable {
			added.Number = fieldNumber(column)
		}
		if rules != nil {
			added.Rules = rules(column)
		}
		described := message.Field(added)
		fields = append(fields, &field{column: column, name: described.Name, jsonName: described.JSONName})
	}
	return fields
}

// fieldNumber is the column's own number, past those that are protobuf's.
func fieldNumber(column *dialect.Column) protoreflect.FieldNumber {
	const firstReserved, reserved = 19000, 1000
	number := protoreflect.FieldNumber(min(column.Number, math.MaxInt16)) //nolint:gosec // not negative, and no engine has so many columns
	if number >= firstReserved {
		number += reserved
	}
	return number
}

// comment is what the source says about a column, and what it refers to.
func (t *tableDescriber) comment(column *dialect.Column) string {
	comment := column.Comment
	for _, key := range t.table.ForeignKeys {
		if len(key.Columns) == 1 && key.Columns[0] == column.Name {
			comment = strings.TrimSpace(comment + "\n\nRefers to " + key.Table + ".")
		}
	}
	switch column.Kind {
	case dialect.Array:
		comment = strings.TrimSpace(comment + "\n\nA list, of the database's type " + column.Native + ".")
	case dialect.Opaque, dialect.Word:
		comment = strings.TrimSpace(comment + "\n\nThe database's own text of its type " + column.Native + ".")
	}
	return comment
}

func (t *tableDescriber) keyColumns() []*dialect.Column {
	columns := make([]*dialect.Column, len(t.table.Key))
	for i, name := range t.table.Key {
		columns[i] = t.table.Column(name)
	}
	return columns
}

// add adds a method of the table.
func (t *tableDescriber) add(method mirror.Method, bind func(protoreflect.MethodDescriptor) adapters.UnaryHandler) {
	t.describer.add(method, bind)
	t.resource.methods = append(t.resource.methods, string(t.answers[len(t.answers)-1].method.Name))
}

// addStream adds a method of the table with many replies.
func (t *tableDescriber) addStream(method mirror.Method, bind func(protoreflect.MethodDescriptor) adapters.StreamHandler) {
	t.describer.addStream(method, bind)
	t.resource.methods = append(t.resource.methods, string(t.answers[len(t.answers)-1].method.Name))
}

// addKey adds the fields that name a row, and returns them with the row's path.
func (t *tableDescriber) addKey(message *mirror.Message) ([]*field, string) {
	key := t.addFields(message, t.keyColumns(), false, func(*dialect.Column) *validate.FieldRules { return required() })
	path := t.path
	for _, f := range key {
		path += "/{" + string(f.name) + "}"
	}
	return key, path
}

func (t *tableDescriber) create() {
	name := "Create" + t.singular
	request := t.file.Message(name+"Request", "The values of a new row of "+t.table.Name+".")
	var columns []*dialect.Column
	for _, column := range t.table.Columns {
		if !column.Generated {
			columns = append(columns, column)
		}
	}
	fields := t.addFields(request, columns, true, func(column *dialect.Column) *validate.FieldRules {
		if mustBeGiven(t.table, column) {
			return required()
		}
		return nil
	})
	t.add(mirror.Method{
		Original: name, Comment: "Adds a " + t.noun + ". What is left out takes its default.", Input: mirror.Of(request), Output: mirror.Of(t.message),
		Route: &annotations.HttpRule{Pattern: &annotations.HttpRule_Post{Post: t.path}, Body: "*"},
	}, func(method protoreflect.MethodDescriptor) adapters.UnaryHandler {
		call := &createCall{resource: t.resource, fields: newRecord(method.Input(), fields).fields}
		return call.answer
	})
}

func (t *tableDescriber) update() {
	name := "Update" + t.singular
	request := t.file.Message(name+"Request", "New values for a row of "+t.table.Name+".")
	key, path := t.addKey(request)
	body := request.Field(mirror.Field{Original: mirror.FieldName(t.singular), Comment: "The values.", Type: mirror.Of(t.message), Rules: required()})
	mask := request.Field(mirror.Field{Original: "update_mask", Comment: "Which values to set; one that the mask names and the body leaves out is set to NULL. Default: those that the body has.", Type: mirror.FieldMask})
	t.add(mirror.Method{
		Original: name, Comment: "Changes a " + t.noun + ".", Input: mirror.Of(request), Output: mirror.Of(t.message),
		Route:       &annotations.HttpRule{Pattern: &annotations.HttpRule_Patch{Patch: path}, Body: string(body.Name)},
		Conditional: true,
	}, func(method protoreflect.MethodDescriptor) adapters.UnaryHandler {
		call := &updateCall{
			resource: t.resource, key: newRecord(method.Input(), key).fields, bodyName: body.JSONName,
			body: method.Input().Fields().ByName(body.Name), mask: method.Input().Fields().ByName(mask.Name),
		}
		return call.answer
	})
}

func (t *tableDescriber) delete() {
	name := "Delete" + t.singular
	request := t.file.Message(name+"Request", "Names one row of "+t.table.Name+".")
	key, path := t.addKey(request)
	t.add(mirror.Method{
		Original: name, Comment: "Removes a " + t.noun + ".", Input: mirror.Of(request), Output: mirror.Empty,
		Route:       &annotations.HttpRule{Pattern: &annotations.HttpRule_Delete{Delete: path}},
		Conditional: true,
	}, func(method protoreflect.MethodDescriptor) adapters.UnaryHandler {
		call := &deleteCall{resource: t.resource, key: newRecord(method.Input(), key).fields}
		return call.answer
	})
}

// singular makes tenancy of tenancies and RENT_ACCOUNT of RENT_ACCOUNTS. A name that is not clearly a plural stays what it is.
func singular(name string) string {
	lower := strings.ToLower(name)
	for _, rule := range []struct{ ending, instead string }{
		{"ies", "y"}, {"sses", "ss"}, {"xes", "x"}, {"ches", "ch"}, {"shes", "sh"},
		{"ss", "ss"}, {"us", "us"}, {"is", "is"}, {"s", ""},
	} {
		if !strings.HasSuffix(lower, rule.ending) || len(name) <= len(rule.ending)+1 {
			continue
		}
		instead := rule.instead
		if name == strings.ToUpper(name) {
			instead = strings.ToUpper(instead)
		}
		return name[:len(name)-len(rule.ending)] + instead
	}
	return name
}
