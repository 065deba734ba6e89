package estate

import (
	"context"
	"fmt"
	"path/filepath"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/gateway/diagnostic"
	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

// An Estate is a directory that has been read whole and found good by itself: what it says of the legacy systems has yet to be compared
// with them. It never changes.
type Estate struct {
	// Dir is the directory, absolute.
	Dir string
	// Gateway is gateway.yaml with its defaults filled in.
	Gateway *configv1.Gateway
	// GatewaySource is where Gateway was read; nil if there is no gateway.yaml.
	GatewaySource *Source
	// Backends are in order of name.
	Backends []*Backend
	// APIs are the contracts, in order of name and version.
	APIs []*API
}

// A Backend is backends/NAME.yaml.
type Backend struct {
	// Name is the file's name without .yaml.
	Name string
	// Adapter is the adapter of its kind.
	Adapter adapters.Adapter
	// Config is the file, decoded into the adapter's message and valid by its rules.
	Config adapters.Config
	// Source is where Config was read.
	Source *Source
	// Locked are the mirrored files of backends/NAME.lock; none if there is no lock file.
	Locked []protoreflect.FileDescriptor
	// LockPath is where the lock file is, or would be.
	LockPath string
}

// Publication returns the API and version under which the back end is published as it is, and whether it is.
func (b *Backend) Publication() (api, version string, ok bool) {
	publish := b.Config.GetPublish()
	if publish == nil {
		return "", "", false
	}
	api, version = b.Name, "v1"
	if publish.GetApi() != "" {
		api = publish.GetApi()
	}
	if publish.GetVersion() != "" {
		version = publish.GetVersion()
	}
	return api, version, true
}

// An API is apis/NAME/VERSION: one published version of one contract.
type API struct {
	// Name and Version are the two folders' names, and the beginning of every route: /{name}/{version}/.
	Name, Version string
	// Files are the contract's .proto files, linked, in order of path. A file's path is its path in the estate:
	// apis/citizen/v1/citizen.proto. They are not in protoregistry.GlobalFiles.
	Files []protoreflect.FileDescriptor
	// Services are the services of Files, in order of file and then as declared.
	Services []protoreflect.ServiceDescriptor
	// Binding is binding.yaml; empty if there is none.
	Binding *configv1.Binding
	// BindingSource is where Binding was read; nil if there is no binding.yaml.
	BindingSource *Source

	texts map[string]*diagnostic.Text // of Files, by path
}

// Method returns the contract's method of that name, or nil. Method names are unique in an API version.
func (a *API) Method(name protoreflect.Name) protoreflect.MethodDescriptor {
	for _, service := range a.Services {
		if method := service.Methods().ByName(name); method != nil {
			return method
		}
	}
	return nil
}

// At makes a diagnostic at a declaration in the contract: a service, a method, a message, a field. The message is made as by
// fmt.Sprintf.
func (a *API) At(descriptor protoreflect.Descriptor, format string, arguments ...any) diagnostic.Diagnostic {
	file := descriptor.ParentFile()
	text := a.texts[file.Path()]
	if text == nil { // a declaration of google.type, say
		text = diagnostic.NewText(file.Path(), nil)
	}
	return atLocation(text, file.SourceLocations().ByDescriptor(descriptor), format, arguments...)
}

// DataDir returns the directory for what must outlive the process, absolute.
func (e *Estate) DataDir() string {
	if dir := e.Gateway.GetDataDir(); filepath.IsAbs(dir) {
		return dir
	}
	return filepath.Join(e.Dir, filepath.FromSlash(e.Gateway.GetDataDir()))
}

// Read reads the estate in dir, with the adapters for the kinds of back ends it may hold. It needs no network and opens no back
// end. Everything that is wrong with the estate is returned at once, as a [diagnostic.List]; any other
// error means that the directory could not be read. With an error there is no estate.
func Read(ctx context.Context, dir string, known []adapters.Adapter) (*Estate, error) {
	absolute, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("finding the estate: %w", err)
	}
	r := &reader{estate: &Estate{Dir: absolute}, adapters: known}
	files, err := r.scan()
	if err != nil {
		return nil, err
	}
	r.readGateway(files)
	r.readBackends(ctx, files)
	r.readAPIs(ctx, files)
	r.checkAcross()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := r.found.Err(); err != nil {
		return nil, err
	}
	return r.estate, nil
}

// ReadGateway reads gateway.yaml alone, completed by its defaults: for who wants to know where a gateway listens. Mistakes elsewhere in the estate do not matter to it.
func ReadGateway(dir string) (*configv1.Gateway, error) {
	absolute, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("finding the estate: %w", err)
	}
	r := &reader{estate: &Estate{Dir: absolute}}
	files, err := r.scan()
	if err != nil {
		return nil, err
	}
	r.found = nil // what scan says is of other files
	r.readGateway(files)
	if err := r.found.Err(); err != nil {
		return nil, err
	}
	return r.estate.Gateway, nil
}
