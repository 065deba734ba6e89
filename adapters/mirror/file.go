package mirror

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate"
	openapiv3 "github.com/google/gnostic-models/openapiv3"
	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"

	"github.com/postern-gateway/postern/adapters"
	adapterv1 "github.com/postern-gateway/postern/proto/postern/adapter/v1"
)

// Numbers of descriptor fields, by which comments are placed (descriptor.proto, SourceCodeInfo.Location.path).
const (
	fileMessages   = 4
	fileServices   = 6
	messageFields  = 2
	messageOneofs  = 8
	serviceMethods = 2
)

// Field numbers that belong to protobuf itself.
const (
	firstReserved = 19000
	lastReserved  = 19999
)

// Files that annotations need.
const (
	validateImport = "buf/validate/validate.proto"
	httpImport     = "google/api/annotations.proto"
	openapiImport  = "openapiv3/annotations.proto"
	adapterImport  = "postern/adapter/v1/method.proto"
)

// A File is a .proto file in the making. It is for one goroutine.
type File struct {
	pkg      string
	path     string
	names    Names
	messages []*Message
	services []*Service
	imports  map[string]bool
	comments []*descriptorpb.SourceCodeInfo_Location
}

// NewFile starts the file of the back end of this name.
func NewFile(backend string) *File {
	pkg := adapters.PackageName(backend)
	return &File{
		pkg:     pkg,
		path:    strings.ReplaceAll(pkg, ".", "/") + "/" + strings.ReplaceAll(backend, "-", "_") + ".proto",
		imports: make(map[string]bool),
	}
}

// A Message is a message in the making.
type Message struct {
	file    *File
	name    string
	comment string
	fields  []*Field
	names   Names
	highest protoreflect.FieldNumber
}

// Message adds a message under the legacy name, made a type name, or that name with a number if it is taken.
func (f *File) Message(original, comment string) *Message {
	m := &Message{file: f, name: f.names.Unique(TypeName(original)), comment: comment}
	f.messages = append(f.messages, m)
	return m
}

// Name returns the message's name within its package.
func (m *Message) Name() protoreflect.Name { return protoreflect.Name(m.name) }

// Fields returns the fields added so far, in order. The caller must not change them.
func (m *Message) Fields() []*Field { return m.fields }

// A Field is one field of a message.
type Field struct {
	// Original is the legacy name. It is kept in the comment where the JSON name does not spell it.
	Original string
	// Comment describes the field, if the source does.
	Comment string
	// Type is what it holds.
	Type Type
	// Repeated makes it a list.
	Repeated bool
	// Optional gives a scalar presence, so that absent and zero stay apart.
	Optional bool
	// Oneof, if set, is the choice of the same message that it belongs to.
	Oneof *Oneof
	// Rules are what the source demands of this field, beside the rules of its type: required, repeated.min_items. In a
	// repeated field the rules of the type hold for each item.
	Rules *validate.FieldRules

	// Number is the field's number, where the source has stable ones; 0 means the next: one more than the highest so far. Whoever gives a number sees to it
	// that it is free and none of 19000 to 19999, which [File.Build] refuses otherwise.
	Number protoreflect.FieldNumber

	// Name and JSONName are set by [Message.Field].
	Name     protoreflect.Name
	JSONName string
}

// Field adds a field, named after its original name.
func (m *Message) Field(field Field) *Field {
	name := m.names.Unique(FieldName(field.Original))
	field.Name = protoreflect.Name(name)
	field.JSONName = JSONName(name)
	if field.Number == 0 {
		field.Number = m.highest + 1
	}
	if field.Number == firstReserved {
		field.Number = lastReserved + 1
	}
	m.highest = max(m.highest, field.Number)
	m.fields = append(m.fields, &field)
	return &field
}

// A Oneof is a choice: at most one of its fields is present.
type Oneof struct {
	original string
	comment  string
	required bool
}

// Oneof adds a choice. Its fields name it in [Field.Oneof]; one that no field names is left out. If required is true, exactly one of
// the fields must be present. Its own name, which JSON does not show, gives way to those of all fields.
func (m *Message) Oneof(original, comment string, required bool) *Oneof {
	return &Oneof{original: original, comment: comment, required: required}
}

// A Service is a service in the making.
type Service struct {
	name    string
	comment string
	names   Names
	methods []*Method
}

// Service adds a service.
func (f *File) Service(original, comment string) *Service {
	s := &Service{name: f.names.Unique(TypeName(original)), comment: comment}
	f.services = append(f.services, s)
	return s
}

// Name returns the service's name within its package.
func (s *Service) Name() protoreflect.Name { return protoreflect.Name(s.name) }

// A Method is one method of a service.
type Method struct {
	// Original is the legacy name.
	Original string
	// Comment describes the method.
	Comment string
	// Input and Output are the request and reply: [Of] a message of the file, or one of google.protobuf.
	Input, Output Type
	// Idempotency says whether the call only reads, or may be repeated.
	Idempotency descriptorpb.MethodOptions_IdempotencyLevel
	// Route is the default route relative to /{api}/{version}, or nil for the gateway's default.
	Route *annotations.HttpRule
	// Stream makes the reply a stream.
	Stream bool
	// ErrorDetail is the message in which the legacy system's own description of a failure is handed to the rules of bindings
	// (postern.adapter.v1.error_detail), or nil.
	ErrorDetail *Message
	// Conditional says that the method writes only under the conditions that the call comes with (postern.adapter.v1.conditional); see [adapters.Conditions].
	Conditional bool

	// Name is set by [Service.Method].
	Name protoreflect.Name
}

// Method adds a method named after its original name.
func (s *Service) Method(method Method) *Method {
	method.Name = protoreflect.Name(s.names.Unique(TypeName(method.Original)))
	s.methods = append(s.methods, &method)
	return &method
}

// Build links the file. Its imports come from the files that are linked into the program.
func (f *File) Build() (protoreflect.FileDescriptor, error) {
	file := &descriptorpb.FileDescriptorProto{
		Name:    proto.String(f.path),
		Package: proto.String(f.pkg),
		Syntax:  proto.String("proto3"),
	}
	for _, m := range f.messages {
		file.MessageType = append(file.MessageType, f.message(m, length(file.MessageType)))
	}
	for _, s := range f.services {
		file.Service = append(file.Service, f.service(s, length(file.Service)))
	}
	file.Dependency = slices.Sorted(maps.Keys(f.imports))
	file.SourceCodeInfo = &descriptorpb.SourceCodeInfo{Location: f.comments}
	linked, err := protodesc.NewFile(file, protoregistry.GlobalFiles)
	if err != nil {
		return nil, fmt.Errorf("linking %s: %w", f.path, err)
	}
	return linked, nil
}

func (f *File) message(m *Message, index int32) *descriptorpb.DescriptorProto {
	out := &descriptorpb.DescriptorProto{Name: proto.String(m.name)}
	f.comment(m.comment, fileMessages, index)
	oneofs := make(map[*Oneof]int32)
	for _, field := range m.inDeclarationOrder() {
		descriptor := f.field(field)
		switch {
		case field.Oneof != nil:
			at, declared := oneofs[field.Oneof]
			if !declared {
				at = f.declareOneof(out, m, field.Oneof, index)
				oneofs[field.Oneof] = at
			}
			descriptor.OneofIndex = proto.Int32(at)
		case field.presenceNeedsOneof():
			descriptor.Proto3Optional = proto.Bool(true)
		}
		f.comment(field.documentation(), fileMessages, index, messageFields, length(out.Field))
		out.Field = append(out.Field, descriptor)
	}
	// proto3 spells `optional` as a oneof of one field, declared behind all real ones.
	for _, descriptor := range out.Field {
		if descriptor.GetProto3Optional() {
			descriptor.OneofIndex = proto.Int32(length(out.OneofDecl))
			out.OneofDecl = append(out.OneofDecl, &descriptorpb.OneofDescriptorProto{Name: proto.String("_" + descriptor.GetName())})
		}
	}
	return out
}

// inDeclarationOrder returns the fields as they were added, but those of a choice behind its first one, as protobuf wants them.
func (m *Message) inDeclarationOrder() []*Field {
	ordered := make([]*Field, 0, len(m.fields))
	gathered := make(map[*Oneof]bool)
	for _, field := range m.fields {
		if field.Oneof == nil {
			ordered = append(ordered, field)
			continue
		}
		if gathered[field.Oneof] {
			continue
		}
		gathered[field.Oneof] = true
		for _, other := range m.fields {
			if other.Oneof == field.Oneof {
				ordered = append(ordered, other)
			}
		}
	}
	return ordered
}

func (f *File) declareOneof(message *descriptorpb.DescriptorProto, m *Message, o *Oneof, messageIndex int32) int32 {
	descriptor := &descriptorpb.OneofDescriptorProto{Name: proto.String(m.names.Unique(FieldName(o.original)))}
	if o.required {
		descriptor.Options = &descriptorpb.OneofOptions{}
		proto.SetExtension(descriptor.Options, validate.E_Oneof, &validate.OneofRules{Required: proto.Bool(true)})
		f.imports[validateImport] = true
	}
	at := length(message.OneofDecl)
	f.comment(o.comment, fileMessages, messageIndex, messageOneofs, at)
	message.OneofDecl = append(message.OneofDecl, descriptor)
	return at
}

// length is the number of elements as descriptors count them.
func length[E any](list []E) int32 {
	return int32(len(list)) //nolint:gosec // a list in memory that we made
}

func (field *Field) presenceNeedsOneof() bool {
	return field.Optional && !field.Repeated && field.Oneof == nil && field.Type.IsScalar()
}

// documentation is the comment, with the original name where it cannot be told from the JSON name.
func (field *Field) documentation() string {
	if field.Original == field.JSONName || field.Original == string(field.Name) || field.Original == "" {
		return field.Comment
	}
	return strings.TrimSpace(field.Comment + "\n\nOriginal name: " + field.Original)
}

func (f *File) field(field *Field) *descriptorpb.FieldDescriptorProto {
	out := &descriptorpb.FieldDescriptorProto{
		Name:     proto.String(string(field.Name)),
		JsonName: proto.String(field.JSONName),
		Number:   proto.Int32(int32(field.Number)),
		Label:    descriptorpb.FieldDescriptorProto_LABEL_OPTIONAL.Enum(),
		Type:     field.Type.kind.Enum(),
	}
	if !field.Type.IsScalar() {
		out.TypeName = proto.String(f.typeName(field.Type))
	}
	if field.Repeated {
		out.Label = descriptorpb.FieldDescriptorProto_LABEL_REPEATED.Enum()
	}
	if rules := field.rules(); rules != nil {
		out.Options = &descriptorpb.FieldOptions{}
		proto.SetExtension(out.Options, validate.E_Field, rules)
		f.imports[validateImport] = true
	}
	if field.Type.format != "" {
		if out.Options == nil {
			out.Options = &descriptorpb.FieldOptions{}
		}
		proto.SetExtension(out.Options, openapiv3.E_Property, &openapiv3.Schema{Format: field.Type.format})
		f.imports[openapiImport] = true
	}
	return out
}

// rules joins what the type and the field demand. An absent or unset value is not held against the type's rules: presence is the
// field's own matter.
func (field *Field) rules() *validate.FieldRules {
	var rules *validate.FieldRules
	switch {
	case field.Type.rules == nil:
	case field.Rules == nil && field.Optional && !field.Repeated:
		return field.Type.rules // which nobody changes
	case field.Repeated:
		rules = &validate.FieldRules{Type: &validate.FieldRules_Repeated{Repeated: &validate.RepeatedRules{Items: field.Type.rules}}}
	default:
		rules = proto.CloneOf(field.Type.rules)
		if !field.Optional && !field.Rules.GetRequired() && field.Oneof == nil && field.Type.IsScalar() {
			rules.Ignore = validate.Ignore_IGNORE_IF_ZERO_VALUE.Enum()
		}
	}
	if field.Rules == nil {
		return rules
	}
	if rules == nil {
		rules = &validate.FieldRules{}
	}
	proto.Merge(rules, field.Rules)
	return rules
}

func (f *File) service(s *Service, index int32) *descriptorpb.ServiceDescriptorProto {
	out := &descriptorpb.ServiceDescriptorProto{Name: proto.String(s.name)}
	f.comment(s.comment, fileServices, index)
	for _, method := range s.methods {
		f.comment(method.Comment, fileServices, index, serviceMethods, length(out.Method))
		descriptor := &descriptorpb.MethodDescriptorProto{
			Name:       proto.String(string(method.Name)),
			InputType:  proto.String(f.typeName(method.Input)),
			OutputType: proto.String(f.typeName(method.Output)),
		}
		if method.Stream {
			descriptor.ServerStreaming = proto.Bool(true)
		}
		options := &descriptorpb.MethodOptions{}
		if method.Idempotency != descriptorpb.MethodOptions_IDEMPOTENCY_UNKNOWN {
			options.IdempotencyLevel = method.Idempotency.Enum()
		}
		if method.Route != nil {
			proto.SetExtension(options, annotations.E_Http, method.Route)
			f.imports[httpImport] = true
		}
		if method.ErrorDetail != nil {
			proto.SetExtension(options, adapterv1.E_ErrorDetail, f.pkg+"."+method.ErrorDetail.name)
			f.imports[adapterImport] = true
		}
		if method.Conditional {
			proto.SetExtension(options, adapterv1.E_Conditional, true)
			f.imports[adapterImport] = true
		}
		if proto.Size(options) > 0 {
			descriptor.Options = options
		}
		out.Method = append(out.Method, descriptor)
	}
	return out
}

// typeName returns the type's absolute name, and notes the file it comes from.
func (f *File) typeName(t Type) string {
	if t.message != nil {
		return "." + f.pkg + "." + t.message.name
	}
	f.imports[t.imports] = true
	return "." + t.external
}

// comment puts text before the element at path.
func (f *File) comment(text string, path ...int32) {
	if text == "" {
		return
	}
	lines := strings.Split(strings.TrimSpace(text), "\n")
	for i, line := range lines {
		lines[i] = strings.TrimRight(" "+strings.TrimSpace(line), " ")
	}
	f.comments = append(f.comments, &descriptorpb.SourceCodeInfo_Location{
		Path:            append([]int32(nil), path...),
		Span:            []int32{0, 0, 0},
		LeadingComments: proto.String(strings.Join(lines, "\n") + "\n"),
	})
}
