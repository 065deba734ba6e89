package database

import (
	"cmp"
	"strings"

	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/adapters/database/dialect"
	"github.com/postern-gateway/postern/adapters/mirror"
)

// returned names what a function returns where it has no name.
const returned = "result"

// A describedSet is a result set of a routine, as its reply holds it.
type describedSet struct {
	list   *mirror.Field
	fields []*field
}

// routine describes a stored procedure or function as a method.
func (d *describer) routine(c *routineChoice) {
	method := mirror.Method{Original: c.name, Comment: c.routine.Comment}
	request := d.file.Message(c.name+" request", "What "+c.routine.Name+" takes.")
	method.Input = mirror.Of(request)
	var given []*field
	for _, parameter := range c.routine.Parameters {
		if parameter.In && !parameter.Cursor {
			given = append(given, addColumn(request, parameterField(parameter.Column), parameter.Column))
		}
	}
	path := d.path(c.name)
	method.Route = &annotations.HttpRule{Pattern: &annotations.HttpRule_Post{Post: path}, Body: "*"}
	if !c.writes {
		method.Idempotency = descriptorpb.MethodOptions_NO_SIDE_EFFECTS
		method.Route = &annotations.HttpRule{Pattern: &annotations.HttpRule_Get{Get: path}}
	}
	method.ErrorDetail = d.refusalMessage()
	call := &routineCall{routineChoice: c, source: d.source, label: dialect.Label{Operation: "CALL", Query: c.routine.Name}}
	reply := d.file.Message(c.name+" response", "What "+c.routine.Name+" gives.")
	sets := d.resultSets(c, reply)
	out := addOuts(c, reply)
	method.Output = mirror.Of(reply)
	c.method = d.service.Method(method)
	d.answers = append(d.answers, answer{method: c.method, bind: func(m protoreflect.MethodDescriptor) adapters.UnaryHandler {
		call.reply = m.Output()
		call.refusing = m.ParentFile().Messages().ByName(d.refusal.Name())
		call.given = newRecord(m.Input(), given).fields
		call.out = newRecord(m.Output(), out)
		for _, set := range sets {
			list := m.Output().Fields().ByName(set.list.Name)
			call.sets = append(call.sets, resultSet{number: list.Number(), record: newRecord(list.Message(), set.fields)})
		}
		return call.answer
	}})
}

// refusalMessage is what a routine says when it raises an error of its own accord, which the rules of bindings may read and no caller sees.
func (d *describer) refusalMessage() *mirror.Message {
	if d.refusal == nil {
		d.refusal = d.file.Message("routine refusal", "What a routine said when it refused a call. It is for the rules of bindings, and never for callers.")
		d.refusal.Field(mirror.Field{Original: "text", Comment: "The text that it raised, as the database tells it.", Type: mirror.String})
	}
	return d.refusal
}

// parameterField is a column as what a routine takes.
func parameterField(column *dialect.Column) mirror.Field {
	described := requestFieldOf(column)
	switch {
	case column.Default:
		described.Comment = strings.TrimSpace(described.Comment + "\n\nDefault: the routine's own.")
	case !column.Nullable:
		described.Rules = required()
	}
	return described
}

// resultSets adds a list for each result set.
func (d *describer) resultSets(c *routineChoice, reply *mirror.Message) []describedSet {
	results := c.results
	if c.routine.Rows != nil {
		results = []declaredResult{{name: resultName(0), columns: c.routine.Rows}}
	}
	var sets []describedSet
	for _, result := range results {
		row := d.file.Message(c.name+" "+result.name, "One of the "+result.name+" of "+c.routine.Name+".")
		set := describedSet{fields: resultFields(row, result.columns)}
		set.list = reply.Field(mirror.Field{Original: result.name, Comment: "Rows that it returned, in its order.", Type: mirror.Of(row), Repeated: true})
		sets = append(sets, set)
	}
	return sets
}

// addOuts adds the parameters that come out, and what the routine returns behind them.
func addOuts(c *routineChoice, reply *mirror.Message) []*field {
	var out []*field
	for _, parameter := range c.routine.Parameters {
		if parameter.Out && !parameter.Cursor {
			out = append(out, addColumn(reply, fieldOf(parameter.Column), parameter.Column))
		}
	}
	if c.routine.Returns != nil {
		described := fieldOf(c.routine.Returns)
		described.Original = cmp.Or(described.Original, returned)
		out = append(out, addColumn(reply, described, c.routine.Returns))
	}
	return out
}
