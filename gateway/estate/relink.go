package estate

import (
	"fmt"
	"path"

	"github.com/bufbuild/protocompile/linker"
	"github.com/bufbuild/protocompile/protoutil"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"
)

// relink makes the files again under dir, from their wire form: the compiler's own options are dynamic messages.
func (c *compilation) relink(paths []string, dir string) ([]protoreflect.FileDescriptor, error) {
	r := &relinker{dir: dir, from: c.sources, to: &protoregistry.Files{}}
	linked := make([]protoreflect.FileDescriptor, len(paths))
	for i, name := range paths {
		made, err := r.file(c.sources[name].linked)
		if err != nil {
			return nil, fmt.Errorf("linking %s: %w", name, err)
		}
		linked[i] = made
	}
	return linked, nil
}

// A relinker finds files that are already made, and then those that are linked into the program.
type relinker struct {
	dir  string
	from map[string]*protoSource
	to   *protoregistry.Files
}

func (r *relinker) file(file linker.File) (protoreflect.FileDescriptor, error) {
	name := path.Join(r.dir, file.Path())
	if made, err := r.to.FindFileByPath(name); err == nil {
		return made, nil
	}
	wire, err := proto.Marshal(protoutil.ProtoFromFileDescriptor(file))
	if err != nil {
		return nil, err
	}
	description := &descriptorpb.FileDescriptorProto{}
	if err := (proto.UnmarshalOptions{Resolver: protoregistry.GlobalTypes}).Unmarshal(wire, description); err != nil {
		return nil, err
	}
	description.Name = proto.String(name)
	for i, dependency := range description.GetDependency() {
		own := r.from[dependency]
		if own == nil {
			continue
		}
		if _, err := r.file(own.linked); err != nil {
			return nil, err
		}
		description.Dependency[i] = path.Join(r.dir, dependency)
	}
	made, err := protodesc.NewFile(description, r)
	if err != nil {
		return nil, err
	}
	return made, r.to.RegisterFile(made)
}

// FindFileByPath implements protodesc.Resolver.
func (r *relinker) FindFileByPath(name string) (protoreflect.FileDescriptor, error) {
	if file, err := r.to.FindFileByPath(name); err == nil {
		return file, nil
	}
	return protoregistry.GlobalFiles.FindFileByPath(name)
}

// FindDescriptorByName implements protodesc.Resolver.
func (r *relinker) FindDescriptorByName(name protoreflect.FullName) (protoreflect.Descriptor, error) {
	if descriptor, err := r.to.FindDescriptorByName(name); err == nil {
		return descriptor, nil
	}
	return protoregistry.GlobalFiles.FindDescriptorByName(name)
}
