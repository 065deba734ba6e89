package estate

import (
	"fmt"
	"slices"

	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"
)

// Numbers of descriptor fields (descriptor.proto), of which source locations are made.
const (
	filePackage    = 2
	fileDependency = 3
	fileMessages   = 4
	fileEnums      = 5
	fileServices   = 6
	fileExtensions = 7
	fileSyntax     = 12

	messageFields     = 2
	messageNested     = 3
	messageEnums      = 4
	messageExtensions = 6
	messageOneofs     = 8

	enumValues     = 2
	serviceMethods = 2
)

// inOrder returns the file with a source location for each of its declarations, one below the other as they are declared, and with the comments
// that it had, and with its options spelt so that the printer loses nothing. The printer sorts by location: without this, fields with a comment would come before fields without one,
// and the order of fields is the order in which callers see them.
func inOrder(file protoreflect.FileDescriptor, others *protoregistry.Files) (protoreflect.FileDescriptor, error) {
	description := protodesc.ToFileDescriptorProto(file)
	o := &orderer{comments: make(map[string]*descriptorpb.SourceCodeInfo_Location)}
	for _, location := range description.GetSourceCodeInfo().GetLocation() {
		o.comments[fmt.Sprint(location.GetPath())] = location
	}
	o.file(description)
	spellExactly(description.ProtoReflect())
	description.SourceCodeInfo = &descriptorpb.SourceCodeInfo{Location: o.locations}
	ordered, err := protodesc.NewFile(description, &relinker{to: others})
	if err != nil {
		return nil, fmt.Errorf("linking %s: %w", file.Path(), err)
	}
	return ordered, nil
}

// An orderer walks through a file in the order of its declarations.
type orderer struct {
	comments  map[string]*descriptorpb.SourceCodeInfo_Location
	locations []*descriptorpb.SourceCodeInfo_Location
}

// next places a declaration below the one before.
func (o *orderer) next(path ...int32) {
	line := int32(len(o.locations)) //nolint:gosec // bounded by the size of the file
	location := &descriptorpb.SourceCodeInfo_Location{Path: slices.Clone(path), Span: []int32{line, 0, 1}}
	if had := o.comments[fmt.Sprint(path)]; had != nil {
		location.LeadingComments = had.LeadingComments
		location.TrailingComments = had.TrailingComments
		location.LeadingDetachedComments = had.LeadingDetachedComments
	}
	o.locations = append(o.locations, location)
}

func (o *orderer) file(file *descriptorpb.FileDescriptorProto) {
	o.next(fileSyntax)
	o.next(filePackage)
	for i := range file.GetDependency() {
		o.next(fileDependency, index(i))
	}
	for i, message := range file.GetMessageType() {
		o.message(message, fileMessages, index(i))
	}
	for i, enum := range file.GetEnumType() {
		o.enum(enum, fileEnums, index(i))
	}
	for i := range file.GetExtension() {
		o.next(fileExtensions, index(i))
	}
	for i, service := range file.GetService() {
		o.next(fileServices, index(i))
		for j := range service.GetMethod() {
			o.next(fileServices, index(i), serviceMethods, index(j))
		}
	}
}

func (o *orderer) message(message *descriptorpb.DescriptorProto, path ...int32) {
	o.next(path...)
	opened := make(map[int32]bool)
	for i, field := range message.GetField() {
		if oneof := field.GetOneofIndex(); field.OneofIndex != nil && !opened[oneof] {
			opened[oneof] = true
			o.next(extend(path, messageOneofs, oneof)...)
		}
		o.next(extend(path, messageFields, index(i))...)
	}
	for i, nested := range message.GetNestedType() {
		o.message(nested, extend(path, messageNested, index(i))...)
	}
	for i, enum := range message.GetEnumType() {
		o.enum(enum, extend(path, messageEnums, index(i))...)
	}
	for i := range message.GetExtension() {
		o.next(extend(path, messageExtensions, index(i))...)
	}
}

func (o *orderer) enum(enum *descriptorpb.EnumDescriptorProto, path ...int32) {
	o.next(path...)
	for i := range enum.GetValue() {
		o.next(extend(path, enumValues, index(i))...)
	}
}

func extend(path []int32, more ...int32) []int32 { return append(slices.Clone(path), more...) }

// index is the place of something in a list of a descriptor, as locations spell it.
func index(i int) int32 { return int32(i) } //nolint:gosec // a descriptor of 2^31 elements does not fit into memory
