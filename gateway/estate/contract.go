package estate

import (
	"context"
	"fmt"
	"path"
	"strings"

	"github.com/bufbuild/protocompile"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"github.com/postern-gateway/postern/gateway/diagnostic"
	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

func (r *reader) readAPIs(ctx context.Context, files *layout) {
	for _, version := range files.apis {
		api := r.readContract(ctx, version)
		var binding *Source
		content := &configv1.Binding{}
		if version.binding {
			binding = r.readDocument(path.Join(version.dir(), bindingFile), content)
		}
		if api == nil {
			continue
		}
		api.Binding, api.BindingSource = content, binding
		r.checkContract(api)
		if binding != nil {
			r.checkBinding(api)
		}
		r.estate.APIs = append(r.estate.APIs, api)
	}
}

// readContract compiles the .proto files of a version. It returns nil if there is a mistake in them.
func (r *reader) readContract(ctx context.Context, version *apiFiles) *API {
	api := &API{Name: version.name, Version: version.version, texts: make(map[string]*diagnostic.Text)}
	var sources []*protoSource
	for _, name := range version.protos {
		if _, err := protoregistry.GlobalFiles.FindFileByPath(name); err == nil {
			continue // a copy of a file that everybody has, such as google/api/http.proto
		}
		file := path.Join(version.dir(), name)
		content, ok := r.read(file)
		if !ok {
			return nil
		}
		text := diagnostic.NewText(file, content)
		if list := checkUTF8(text, content); len(list) > 0 { // the compiler would stumble over every character
			r.found.Add(list...)
			return nil
		}
		api.texts[file] = text
		sources = append(sources, &protoSource{path: name, content: string(content), text: text})
	}
	files, list := compile(ctx, sources, version.dir(), protocompile.SourceInfoStandard|protocompile.SourceInfoExtraOptionLocations)
	r.found.Add(list...)
	if len(list) > 0 {
		return nil
	}
	api.Files = files
	for _, file := range files {
		for i := range file.Services().Len() {
			api.Services = append(api.Services, file.Services().Get(i))
		}
	}
	return api
}

// checkContract holds a contract against what the gateway demands of it beside good protobuf.
func (r *reader) checkContract(api *API) {
	for _, file := range api.Files {
		if file.Package() == "" {
			example := strings.ReplaceAll(api.Name, "-", "_") + "." + api.Version
			r.found.Add(api.texts[file.Path()].At(1, 1, "the file declares no package").Accepting("package " + example + ";"))
		}
	}
	if len(api.Services) == 0 {
		file := path.Join(apisDir, api.Name, api.Version)
		if len(api.Files) > 0 {
			file = api.Files[0].Path()
		}
		r.wrong(file, "service NAME { rpc METHOD(REQUEST) returns (REPLY) {} }", "the contract declares no service")
	}
	methods := make(map[protoreflect.Name]protoreflect.MethodDescriptor)
	for _, service := range api.Services {
		for i := range service.Methods().Len() {
			method := service.Methods().Get(i)
			if other := methods[method.Name()]; other != nil {
				r.found.Add(api.At(method, "the contract has another method %s, in service %s; bindings name a method without its service", method.Name(), other.Parent().Name()))
				continue
			}
			methods[method.Name()] = method
			if method.IsStreamingClient() {
				r.found.Add(api.At(method, "%s takes a stream of requests", method.Name()).Accepting("one request; the reply may be a stream"))
			}
		}
	}
	r.checkRoutes(api)
}

// checkBinding checks that the methods that are bound exist.
func (r *reader) checkBinding(api *API) {
	var names []string
	for _, service := range api.Services {
		for i := range service.Methods().Len() {
			names = append(names, string(service.Methods().Get(i).Name()))
		}
	}
	for name := range api.Binding.GetMethods() {
		if api.Method(protoreflect.Name(name)) != nil {
			continue
		}
		message := fmt.Sprintf("the contract has no method %q", name)
		if meant := nearest(name, names); meant != "" {
			message += fmt.Sprintf("; did you mean %q?", meant)
		}
		found := api.BindingSource.AtKey(fmt.Sprintf("methods[%q]", name), "%s", message)
		r.found.Add(found.Accepting(strings.Join(names, ", ")))
	}
}
