package batch

import (
	"fmt"
	"strings"

	"buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate"
	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/postern-gateway/postern/adapters/batch/copybook"
	"github.com/postern-gateway/postern/adapters/batch/record"
	"github.com/postern-gateway/postern/adapters/mirror"
)

// A describer builds the mirrored file of a back end.
type describer struct {
	file    *mirror.File
	service *mirror.Service
}

// A described layout is a message in the making, with the mirrored field of each layout field.
type described struct {
	layout  *record.Layout
	message *mirror.Message
	fields  []placed // by Index
}

// placed is a mirrored field and the message that it is in.
type placed struct {
	message *mirror.Message
	field   *mirror.Field
}

func newDescriber(backend string) *describer {
	file := mirror.NewFile(backend)
	return &describer{file: file, service: file.Service(backend+"-service", "The files of the back end "+backend+".")}
}

// layout describes the records of a layout. strict holds fields to the values of their 88 levels; hidden fields are left out.
func (d *describer) layout(name, comment string, layout *record.Layout, strict bool, hidden map[*record.Field]bool) *described {
	out := &described{layout: layout, message: d.file.Message(name, comment), fields: make([]placed, layout.Size())}
	w := &layoutDescriber{describer: d, out: out, strict: strict, hidden: hidden}
	w.fields(out.message, layout.Fields, name)
	return out
}

type layoutDescriber struct {
	*describer
	out    *described
	strict bool
	hidden map[*record.Field]bool
}

func (w *layoutDescriber) fields(message *mirror.Message, fields []*record.Field, prefix string) {
	for _, f := range fields {
		switch {
		case f.IsHidden() || w.hidden[f]:
		case f.Type == record.Union:
			w.union(message, f, prefix)
		default:
			w.field(message, f, nil, prefix)
		}
	}
}

// union makes a choice of the alternatives. A table cannot be in a protobuf choice; with one, all of them stand side by side.
func (w *layoutDescriber) union(message *mirror.Message, union *record.Field, prefix string) {
	var visible []*record.Field
	tables := false
	for _, alternative := range union.Children {
		if !alternative.IsHidden() && !w.hidden[alternative] {
			visible = append(visible, alternative)
			tables = tables || alternative.Repeated
		}
	}
	var choice *mirror.Oneof
	if len(visible) > 1 && !tables {
		choice = message.Oneof(visible[0].Name+"-choice", "The alternatives that share these bytes, of which one is meant.", false)
	}
	for _, alternative := range visible {
		w.field(message, alternative, choice, prefix)
	}
}

func (w *layoutDescriber) field(message *mirror.Message, f *record.Field, choice *mirror.Oneof, prefix string) {
	field := mirror.Field{Original: f.Name, Comment: comment(f), Repeated: f.Repeated, Oneof: choice}
	if f.Type == record.Group {
		inner := w.file.Message(prefix+"-"+f.Name, "The group "+f.Path+".")
		field.Type = mirror.Of(inner)
		w.fields(inner, f.Children, prefix+"-"+f.Name)
	} else {
		field.Type = w.typeOf(f)
		field.Optional = f.Type != record.Text && f.Type != record.Bytes && !f.Repeated
	}
	if f.Repeated && w.strict {
		field.Rules = &validate.FieldRules{Type: &validate.FieldRules_Repeated{Repeated: &validate.RepeatedRules{MaxItems: proto.Uint64(uint64(f.Max))}}} //nolint:gosec // a table's size
	}
	w.out.fields[f.Index] = placed{message, message.Field(field)}
}

// typeOf is the design's value table.
func (w *layoutDescriber) typeOf(f *record.Field) mirror.Type {
	switch f.Type {
	case record.Integer:
		return w.integer(f)
	case record.Decimal:
		return mirror.Decimal(f.Digits, f.Scale)
	case record.Float32:
		return mirror.Float
	case record.Float64:
		return mirror.Double
	case record.Bytes:
		return mirror.Bytes
	case record.Date:
		return mirror.Date()
	case record.Time:
		return mirror.Timestamp
	case record.Boolean:
		return mirror.Bool
	default:
		if values := allowed(f); w.strict && len(values) > 0 {
			return mirror.Enum(values...)
		}
		return mirror.MaxLength(f.Length)
	}
}

func (w *layoutDescriber) integer(f *record.Field) mirror.Type {
	narrow := f.Digits <= 9
	switch {
	case narrow && f.Signed:
		return mirror.Int32
	case narrow:
		return mirror.Int32.With(&validate.FieldRules{Type: &validate.FieldRules_Int32{Int32: &validate.Int32Rules{GreaterThan: &validate.Int32Rules_Gte{Gte: 0}}}})
	case f.Signed:
		return mirror.Int64
	default:
		return mirror.Int64.With(&validate.FieldRules{Type: &validate.FieldRules_Int64{Int64: &validate.Int64Rules{GreaterThan: &validate.Int64Rules_Gte{Gte: 0}}}})
	}
}

// allowed returns the single values of the field's 88 levels; nil if one of them is a range.
func allowed(f *record.Field) []string {
	var values []string
	seen := make(map[string]bool)
	for _, condition := range f.Conditions {
		for _, value := range condition.Values {
			if value.From != value.To {
				return nil
			}
			if text := strings.TrimRight(value.From, " "); !seen[text] {
				seen[text] = true
				values = append(values, text)
			}
		}
	}
	return values
}

// comment tells the names of values.
func comment(f *record.Field) string {
	lines := make([]string, 0, len(f.Conditions))
	for _, condition := range f.Conditions {
		lines = append(lines, condition.Name+": "+ranges(condition))
	}
	return strings.Join(lines, "\n")
}

func ranges(condition copybook.Condition) string {
	texts := make([]string, len(condition.Values))
	for i, value := range condition.Values {
		texts[i] = fmt.Sprintf("%q", value.From)
		if value.To != value.From {
			texts[i] += fmt.Sprintf(" to %q", value.To)
		}
	}
	return strings.Join(texts, ", ")
}

// mapping ties the layout to the linked file.
func (d *described) mapping(file protoreflect.FileDescriptor) *mapping {
	m := &mapping{
		layout:  d.layout,
		message: dynamicpb.NewMessageType(file.Messages().ByName(d.message.Name())),
		fields:  make([]protoreflect.FieldDescriptor, len(d.fields)),
	}
	for i, p := range d.fields {
		if p.field != nil {
			m.fields[i] = file.Messages().ByName(p.message.Name()).Fields().ByName(p.field.Name)
		}
	}
	return m
}

// An extractShape is the descriptors of an extract's methods, by which handlers find their fields.
type extractShape struct {
	item        *described
	get         *mirror.Message
	getKeys     []*mirror.Field
	list        *mirror.Message
	listIndexes []*mirror.Field
	page        *mirror.Message
	getMethod   *mirror.Method
	listMethod  *mirror.Method
}

// extract describes the messages and methods of an extract.
func (d *describer) extract(x *extract) *extractShape {
	singular, plural := x.config.GetSingular(), x.config.GetPlural()
	s := &extractShape{item: d.layout(singular, "One record of "+plural+".", x.envelope.layout, false, nil)}
	w := &layoutDescriber{describer: d}

	s.get = d.file.Message("get-"+singular+"-request", "Names one record by its key.")
	route := "/" + plural
	for _, f := range x.key {
		field := s.get.Field(mirror.Field{Original: f.Name, Comment: "Part of the key.", Type: w.typeOf(f), Rules: &validate.FieldRules{Required: proto.Bool(true)}, Optional: f.Type != record.Text})
		s.getKeys = append(s.getKeys, field)
		route += "/{" + string(field.Name) + "}"
	}
	s.list = d.file.Message("list-"+plural+"-request", "Asks for a page of "+plural+".")
	s.list.Field(mirror.Field{Original: pageSizeField, Comment: "The most records to answer; 0 means 50, and more than 1000 means 1000.", Type: mirror.Int32.With(
		&validate.FieldRules{Type: &validate.FieldRules_Int32{Int32: &validate.Int32Rules{GreaterThan: &validate.Int32Rules_Gte{Gte: 0}}}})})
	s.list.Field(mirror.Field{Original: pageTokenField, Comment: "next_page_token of the page before, asked for with the same values.", Type: mirror.String})
	for _, f := range x.indexes {
		field := mirror.Field{Original: f.Name, Comment: "Only records with this value.", Type: w.typeOf(f), Optional: true}
		s.listIndexes = append(s.listIndexes, s.list.Field(field))
	}
	s.page = d.file.Message("list-"+plural+"-response", "A page of "+plural+", in order of their key.")
	s.page.Field(mirror.Field{Original: itemsField, Comment: "The records.", Type: mirror.Of(s.item.message), Repeated: true})
	s.page.Field(mirror.Field{Original: nextTokenField, Comment: "page_token of the next page; empty on the last.", Type: mirror.String})
	s.page.Field(mirror.Field{Original: asOfField, Comment: "When the data was true.", Type: mirror.Timestamp})

	s.getMethod = d.service.Method(mirror.Method{
		Original: "get-" + singular, Comment: "Reads one record by its key.", Input: mirror.Of(s.get), Output: mirror.Of(s.item.message),
		Idempotency: descriptorpb.MethodOptions_NO_SIDE_EFFECTS, Route: getRoute(route),
	})
	s.listMethod = d.service.Method(mirror.Method{
		Original: "list-" + plural, Comment: "Reads a page of records.", Input: mirror.Of(s.list), Output: mirror.Of(s.page),
		Idempotency: descriptorpb.MethodOptions_NO_SIDE_EFFECTS, Route: getRoute("/" + plural),
	})
	return s
}

// Names of fields that every list has.
const (
	pageSizeField  = "page_size"
	pageTokenField = "page_token"
	itemsField     = "items"
	nextTokenField = "next_page_token"
	asOfField      = "as_of"
)

func getRoute(path string) *annotations.HttpRule {
	return &annotations.HttpRule{Pattern: &annotations.HttpRule_Get{Get: path}}
}

// A submissionShape is the descriptors of a submission.
type submissionShape struct {
	request  *described
	metadata *mirror.Message
	result   *mirror.Message
	method   *mirror.Method
}

// submission describes the messages and method of a submission.
func (d *describer) submission(s *submissions) *submissionShape {
	name := s.config.GetName()
	shape := &submissionShape{request: d.layout(name, "One record of "+name+" to be sent.", s.layout, true, s.hidden())}

	shape.metadata = d.file.Message(name+"-metadata", "How far a submission has come.")
	shape.metadata.Field(mirror.Field{Original: "state", Comment: "Where it is.", Type: mirror.Enum(states...)})
	shape.metadata.Field(mirror.Field{Original: "file", Comment: "The file that it leaves in, once that is decided.", Type: mirror.String})
	shape.metadata.Field(mirror.Field{Original: "position", Comment: "Its place among the submissions in the file, from 1.", Type: mirror.Int32})
	shape.metadata.Field(mirror.Field{Original: "create_time", Comment: "When it was taken.", Type: mirror.Timestamp})
	shape.metadata.Field(mirror.Field{Original: "update_time", Comment: "When its state last changed.", Type: mirror.Timestamp})

	shape.result = d.file.Message(name+"-result", "A submission that was accepted.")
	shape.result.Field(mirror.Field{Original: "reference", Comment: "The reference by which both sides know it.", Type: mirror.String})
	shape.result.Field(mirror.Field{Original: "code", Comment: "The result, as the other side spells it.", Type: mirror.String})
	shape.result.Field(mirror.Field{Original: "file", Comment: "The file that it left in.", Type: mirror.String})
	shape.result.Field(mirror.Field{Original: "position", Comment: "Its place among the submissions in the file, from 1.", Type: mirror.Int32})

	shape.method = d.service.Method(mirror.Method{
		Original: "submit-" + name, Comment: "Takes one record, which leaves in the next file. The operation says where it is, and how it ended.",
		Input: mirror.Of(shape.request.message), Output: mirror.Operation,
		Route: &annotations.HttpRule{Pattern: &annotations.HttpRule_Post{Post: "/" + name}, Body: "*"},
	})
	return shape
}

// operations describes the method that follows submissions.
func (d *describer) operations() *mirror.Method {
	request := d.file.Message("get-operation-request", "Names one operation.")
	request.Field(mirror.Field{Original: operationIDField, Comment: "The last part of the operation's name.", Type: mirror.MaxLength(64), Rules: &validate.FieldRules{Required: proto.Bool(true)}})
	return d.service.Method(mirror.Method{
		Original: "get-operation", Comment: "Says how far a submission has come.", Input: mirror.Of(request), Output: mirror.Operation,
		Idempotency: descriptorpb.MethodOptions_NO_SIDE_EFFECTS, Route: getRoute("/operations/{" + operationIDField + "}"),
	})
}

const operationIDField = "operation_id"
