package openapi

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate"
	"github.com/sudorandom/protoc-gen-connect-openapi/converter"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"
)

const schemaPrefix = "#/components/schemas/"

// schemas are the schemas of messages and enumerations, by full name.
type schemas struct {
	byName *object
	// messages are the descriptors behind them, for what the schemas do not say.
	messages map[string]protoreflect.MessageDescriptor
}

// newSchemas makes the schemas of everything in the services' files and what these import.
func newSchemas(services []protoreflect.ServiceDescriptor) (*schemas, error) {
	files := &protoregistry.Files{}
	for _, service := range services {
		if err := plain(files, service.ParentFile()); err != nil {
			return nil, fmt.Errorf("reading %s: %w", service.ParentFile().Path(), err)
		}
	}
	text, err := convert(files)
	if err != nil {
		return nil, fmt.Errorf("making schemas: %w", err)
	}
	parsed, err := parse(text)
	if err != nil {
		return nil, fmt.Errorf("reading the schemas: %w", err)
	}
	document, ok := parsed.(*object)
	if !ok {
		return nil, errors.New("reading the schemas: they are no object")
	}
	s := &schemas{byName: document.object("components").object("schemas"), messages: make(map[string]protoreflect.MessageDescriptor)}
	if s.byName == nil {
		s.byName = newObject()
	}
	for _, service := range services {
		for i := range service.Methods().Len() {
			method := service.Methods().Get(i)
			s.mend(method.Input())
			s.mend(method.Output())
		}
	}
	return s, nil
}

// convert runs the library. It panics on options that it does not expect; that is our mistake and not the estate's.
func convert(files *protoregistry.Files) (text []byte, err error) {
	defer func() {
		if reason := recover(); reason != nil {
			err = fmt.Errorf("protoc-gen-connect-openapi gave up: %v", reason)
		}
	}()
	return converter.GenerateSingle(converter.WithFiles(files), converter.WithFormat("json"), converter.WithOnlyGoogleapiHTTP(true))
}

// plain adds a file, after what it imports, as the library wants it: with options of the linked Go types (a compiler at run time makes
// them dynamic messages), and without google.api.http rules, since only the schemas are of use.
func plain(files *protoregistry.Files, file protoreflect.FileDescriptor) error {
	if _, err := files.FindFileByPath(file.Path()); err == nil {
		return nil
	}
	imports := file.Imports()
	for i := range imports.Len() {
		if err := plain(files, imports.Get(i).FileDescriptor); err != nil {
			return err
		}
	}
	wire, err := proto.Marshal(protodesc.ToFileDescriptorProto(file))
	if err != nil {
		return err
	}
	description := &descriptorpb.FileDescriptorProto{}
	if err := proto.Unmarshal(wire, description); err != nil {
		return err
	}
	for _, service := range description.GetService() {
		for _, method := range service.GetMethod() {
			method.Options = nil
		}
	}
	linked, err := protodesc.NewFile(description, files)
	if err != nil {
		return err
	}
	return files.RegisterFile(linked)
}

// ref refers to the schema of a message or enumeration.
func ref(name protoreflect.FullName) *object {
	return newObject("$ref", schemaPrefix+string(name))
}

// mend corrects the schema of a message and of all that its fields hold.
func (s *schemas) mend(message protoreflect.MessageDescriptor) {
	name := string(message.FullName())
	if s.messages[name] != nil {
		return
	}
	s.messages[name] = message
	if known := wellKnown(message.FullName()); known != nil {
		s.byName.set(name, known)
		return
	}
	if s.byName.object(name) == nil {
		s.byName.set(name, newObject("type", "object"))
	}
	s.mendMessage(message, s.byName.object(name))
	for i := range message.Fields().Len() {
		if field := message.Fields().Get(i); field.Message() != nil && !field.IsMap() {
			s.mend(field.Message())
		} else if field.IsMap() && field.MapValue().Message() != nil {
			s.mend(field.MapValue().Message())
		}
	}
}

// mendMessage puts the properties in order, the choices into one list of alternatives each, and takes away what says nothing.
func (s *schemas) mendMessage(message protoreflect.MessageDescriptor, schema *object) {
	found, required := collect(schema)
	properties := newObject()
	for i := range message.Fields().Len() {
		field := message.Fields().Get(i)
		property := found.object(field.JSONName())
		if property == nil {
			continue
		}
		s.mendProperty(field, property)
		properties.set(field.JSONName(), property)
	}
	for _, member := range []string{"title", "properties", "required", "allOf", "oneOf", "additionalProperties"} {
		schema.remove(member)
	}
	schema.set("type", "object")
	schema.set("properties", properties)
	schema.set("required", required)
	schema.set("allOf", choices(message))
	schema.set("additionalProperties", false)
}

// collect gathers the properties that the library spreads over allOf and oneOf, and the members that are required outside of choices.
func collect(schema *object) (properties *object, required []any) {
	properties = newObject()
	required = schema.list("required")
	var gather func(o *object, alternative bool)
	gather = func(o *object, alternative bool) {
		if own := o.object("properties"); own != nil {
			for _, name := range own.names {
				properties.set(name, own.values[name])
			}
		}
		if own := o.list("required"); o != schema && !alternative {
			required = append(required, own...)
		}
		for _, list := range []string{"allOf", "oneOf"} {
			for _, item := range o.list(list) {
				if nested, ok := item.(*object); ok {
					gather(nested, alternative || list == "oneOf")
				}
			}
		}
	}
	gather(schema, false)
	return properties, required
}

// choices says of each oneof that at most one of its fields is there, or exactly one where the choice is required.
func choices(message protoreflect.MessageDescriptor) []any {
	var all []any
	for i := range message.Oneofs().Len() {
		oneof := message.Oneofs().Get(i)
		if oneof.IsSynthetic() {
			continue
		}
		var alternatives []any
		for j := range oneof.Fields().Len() {
			alternatives = append(alternatives, newObject("required", []any{oneof.Fields().Get(j).JSONName()}))
		}
		if !isRequired(oneof) {
			alternatives = append(alternatives, newObject("not", newObject("anyOf", slices.Clone(alternatives))))
		}
		all = append(all, newObject("oneOf", alternatives))
	}
	return all
}

func isRequired(oneof protoreflect.OneofDescriptor) bool {
	wire, err := proto.Marshal(oneof.Options())
	if err != nil {
		return false
	}
	options := &descriptorpb.OneofOptions{}
	if err := proto.Unmarshal(wire, options); err != nil || !proto.HasExtension(options, validate.E_Oneof) {
		return false
	}
	rules, ok := proto.GetExtension(options, validate.E_Oneof).(*validate.OneofRules)
	return ok && rules.GetRequired()
}

// mendProperty corrects the schema of one field.
func (s *schemas) mendProperty(field protoreflect.FieldDescriptor, property *object) {
	property.remove("title")
	for _, nested := range []*object{property.object("items"), property.object("additionalProperties")} {
		if nested != nil {
			nested.remove("title")
		}
	}
	if alternatives := property.list("oneOf"); len(alternatives) > 0 && isMessageOrEnum(field) {
		property.remove("oneOf") // [reference, null]: absent is not null
		property.set("$ref", schemaPrefix+string(typeName(field)))
	}
	if types := property.list("type"); field.HasOptionalKeyword() && len(types) > 0 {
		types = slices.DeleteFunc(slices.Clone(types), func(t any) bool { return t == "null" })
		if len(types) == 1 {
			property.set("type", types[0])
		} else {
			property.set("type", types)
		}
	}
	switch field.Kind() {
	case protoreflect.Uint64Kind, protoreflect.Fixed64Kind:
		scalarOf(property).set("format", "uint64")
	case protoreflect.BytesKind:
		scalarOf(property).remove("format")
		scalarOf(property).set("contentEncoding", "base64")
	}
	trimDescription(property)
}

func isMessageOrEnum(field protoreflect.FieldDescriptor) bool {
	return !field.IsList() && !field.IsMap() && (field.Message() != nil || field.Enum() != nil)
}

func typeName(field protoreflect.FieldDescriptor) protoreflect.FullName {
	if field.Enum() != nil {
		return field.Enum().FullName()
	}
	return field.Message().FullName()
}

// scalarOf is the schema of the items of a list, or the schema itself.
func scalarOf(property *object) *object {
	if items := property.object("items"); items != nil {
		return items
	}
	return property
}

func trimDescription(schema *object) {
	if text, ok := schema.values["description"].(string); ok {
		schema.remove("description")
		schema.set("description", strings.TrimSpace(text))
	}
}

// property returns the schema of a field as a member of its message.
func (s *schemas) property(field protoreflect.FieldDescriptor) *object {
	schema := s.byName.object(string(field.ContainingMessage().FullName()))
	if property := schema.object("properties").object(field.JSONName()); property != nil {
		return property.clone()
	}
	return newObject()
}

// requires reports whether the field must be there.
func (s *schemas) requires(field protoreflect.FieldDescriptor) bool {
	schema := s.byName.object(string(field.ContainingMessage().FullName()))
	return demandsContent(field) || schema != nil && slices.Contains(schema.list("required"), any(field.JSONName()))
}

// demandsContent reports whether a field that is left out breaks its rules, because it then counts as empty.
func demandsContent(field protoreflect.FieldDescriptor) bool {
	wire, err := proto.Marshal(field.Options())
	if err != nil || field.HasPresence() {
		return false
	}
	options := &descriptorpb.FieldOptions{}
	if err := proto.Unmarshal(wire, options); err != nil || !proto.HasExtension(options, validate.E_Field) {
		return false
	}
	rules, ok := proto.GetExtension(options, validate.E_Field).(*validate.FieldRules)
	if !ok || rules.GetIgnore() != validate.Ignore_IGNORE_UNSPECIFIED {
		return false
	}
	return rules.GetString().GetMinLen() > 0 || rules.GetRepeated().GetMinItems() > 0
}

// without returns the schema of a message without some of its fields, or a reference if there are none to leave out.
func (s *schemas) without(message protoreflect.MessageDescriptor, names []string) *object {
	if len(names) == 0 {
		return ref(message.FullName())
	}
	schema := s.byName.object(string(message.FullName())).clone()
	properties := schema.object("properties")
	if properties == nil {
		return schema
	}
	properties = properties.clone()
	for _, name := range names {
		properties.remove(name)
	}
	required := slices.DeleteFunc(slices.Clone(schema.list("required")), func(name any) bool { return slices.Contains(names, fmt.Sprint(name)) })
	schema.remove("required")
	schema.set("properties", properties)
	schema.set("required", required)
	return schema
}

// used returns the schemas that a value refers to, and those that these refer to, in order of name.
func (s *schemas) used(value any) *object {
	found := newObject()
	var visit func(v any)
	visit = func(v any) {
		switch v := v.(type) {
		case *object:
			for _, name := range v.names {
				if target, ok := v.values[name].(string); ok && name == "$ref" {
					name, isSchema := strings.CutPrefix(target, schemaPrefix)
					if schema := s.byName.object(name); isSchema && schema != nil && found.values[name] == nil {
						found.set(name, schema)
						visit(schema)
					}
				}
				visit(v.values[name])
			}
		case []any:
			for _, item := range v {
				visit(item)
			}
		}
	}
	visit(value)
	found.sort()
	return found
}
