package registry

import (
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/dynamicpb"
)

// A Declaration is a service, and who offers it.
type Declaration struct {
	// Owner is a back end's name (counciltax) or a contract's API and version (citizen/v1).
	Owner string
	// Service describes it.
	Service protoreflect.ServiceDescriptor
}

// IsContract reports whether the owner is a contract, and not a back end.
func (d Declaration) IsContract() bool { return strings.Contains(d.Owner, "/") }

// A Catalog is all the services of one load of the estate, by descriptor only. It never changes.
//
// It resolves the messages, extensions, files and descriptors of its services' files and of what they import, so
// it serves as resolver for protojson, google.protobuf.Any and server reflection. What it does not have itself it takes from what is
// linked into the program.
type Catalog struct {
	declarations []Declaration
	files        *protoregistry.Files
	types        *dynamicpb.Types
}

// NewCatalog makes the catalogue of the services. Two services or messages of one full name are an error.
func NewCatalog(declarations []Declaration) (*Catalog, error) {
	files := &protoregistry.Files{}
	for _, declaration := range declarations {
		if err := register(files, declaration.Service.ParentFile()); err != nil {
			return nil, fmt.Errorf("adding %s of %s: %w", declaration.Service.FullName(), declaration.Owner, err)
		}
	}
	sorted := slices.Clone(declarations)
	slices.SortFunc(sorted, func(a, b Declaration) int {
		return strings.Compare(a.Owner+" "+string(a.Service.FullName()), b.Owner+" "+string(b.Service.FullName()))
	})
	return &Catalog{declarations: sorted, files: files, types: dynamicpb.NewTypes(files)}, nil
}

// register adds a file after what it imports. A path that is there already must be the same file, or one that is linked into the
// program and so the same for everybody.
func register(files *protoregistry.Files, file protoreflect.FileDescriptor) error {
	if known, err := files.FindFileByPath(file.Path()); err == nil {
		if known == file || isLinked(file.Path()) {
			return nil
		}
		return fmt.Errorf("two files are named %s", file.Path())
	}
	imports := file.Imports()
	for i := range imports.Len() {
		if err := register(files, imports.Get(i).FileDescriptor); err != nil {
			return err
		}
	}
	if linked, err := protoregistry.GlobalFiles.FindFileByPath(file.Path()); err == nil {
		file = linked
	}
	return files.RegisterFile(file)
}

func isLinked(path string) bool {
	_, err := protoregistry.GlobalFiles.FindFileByPath(path)
	return err == nil
}

// Services returns all services, in order of owner and name. The caller must not change the result.
func (c *Catalog) Services() []Declaration { return c.declarations }

// Find returns the method of the owner by its name: "GetAccount" or, where several services of the owner have one of that
// name, "Service.GetAccount". The error says what there is.
func (c *Catalog) Find(owner, method string) (protoreflect.MethodDescriptor, error) {
	service, name, qualified := strings.Cut(method, ".")
	if !qualified {
		service, name = "", method
	}
	var found []protoreflect.MethodDescriptor
	var known []string
	ownerExists := false
	for _, declaration := range c.declarations {
		if declaration.Owner != owner {
			continue
		}
		ownerExists = true
		methods := declaration.Service.Methods()
		for i := range methods.Len() {
			known = append(known, string(methods.Get(i).Name()))
		}
		if service != "" && string(declaration.Service.Name()) != service {
			continue
		}
		if descriptor := methods.ByName(protoreflect.Name(name)); descriptor != nil {
			found = append(found, descriptor)
		}
	}
	switch {
	case !ownerExists:
		return nil, fmt.Errorf("there is no back end or contract %s; there are %s", owner, strings.Join(c.owners(), ", "))
	case len(found) == 0:
		return nil, fmt.Errorf("%s has no method %s; it has %s", owner, method, strings.Join(known, ", "))
	case len(found) > 1:
		return nil, fmt.Errorf("%s has several methods %s: write %s.%s", owner, method, found[0].Parent().Name(), name)
	}
	return found[0], nil
}

func (c *Catalog) owners() []string {
	var owners []string
	for _, declaration := range c.declarations {
		owners = append(owners, declaration.Owner)
	}
	return slices.Compact(owners)
}

// FindMessageByName implements protoregistry.MessageTypeResolver.
func (c *Catalog) FindMessageByName(name protoreflect.FullName) (protoreflect.MessageType, error) {
	if found, err := c.types.FindMessageByName(name); err == nil {
		return found, nil
	}
	return protoregistry.GlobalTypes.FindMessageByName(name)
}

// FindMessageByURL implements protoregistry.MessageTypeResolver.
func (c *Catalog) FindMessageByURL(url string) (protoreflect.MessageType, error) {
	return c.FindMessageByName(protoreflect.FullName(url[strings.LastIndexByte(url, '/')+1:]))
}

// FindExtensionByName implements protoregistry.ExtensionTypeResolver.
func (c *Catalog) FindExtensionByName(name protoreflect.FullName) (protoreflect.ExtensionType, error) {
	if found, err := protoregistry.GlobalTypes.FindExtensionByName(name); err == nil {
		return found, nil
	}
	return c.types.FindExtensionByName(name)
}

// FindExtensionByNumber implements protoregistry.ExtensionTypeResolver.
func (c *Catalog) FindExtensionByNumber(message protoreflect.FullName, number protoreflect.FieldNumber) (protoreflect.ExtensionType, error) {
	if found, err := protoregistry.GlobalTypes.FindExtensionByNumber(message, number); err == nil {
		return found, nil
	}
	return c.types.FindExtensionByNumber(message, number)
}

// RangeExtensionsByMessage lists the extensions of a message, for server reflection.
func (c *Catalog) RangeExtensionsByMessage(message protoreflect.FullName, yield func(protoreflect.ExtensionType) bool) {
	protoregistry.GlobalTypes.RangeExtensionsByMessage(message, yield)
}

// FindFileByPath implements protodesc.Resolver.
func (c *Catalog) FindFileByPath(path string) (protoreflect.FileDescriptor, error) {
	if found, err := c.files.FindFileByPath(path); err == nil {
		return found, nil
	}
	return protoregistry.GlobalFiles.FindFileByPath(path)
}

// FindDescriptorByName implements protodesc.Resolver.
func (c *Catalog) FindDescriptorByName(name protoreflect.FullName) (protoreflect.Descriptor, error) {
	if found, err := c.files.FindDescriptorByName(name); err == nil {
		return found, nil
	}
	return protoregistry.GlobalFiles.FindDescriptorByName(name)
}
