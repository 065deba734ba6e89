package estate

import (
	"context"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"buf.build/go/protoyaml"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/gateway/diagnostic"
	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

// readDocument reads a YAML file into a message. The source is nil if the file could not be parsed.
func (r *reader) readDocument(file string, message proto.Message) *Source {
	content, ok := r.read(file)
	if !ok {
		return nil
	}
	source, list := parseDocument(r.estate.Dir, file, content)
	r.found.Add(list...)
	if source != nil {
		r.found.Add(source.decode(content, message)...)
	}
	return source
}

func (r *reader) readGateway(files *layout) {
	given := &configv1.Gateway{}
	if files.gateway {
		r.estate.GatewaySource = r.readDocument(gatewayFile, given)
	}
	r.estate.Gateway = withDefaults(given)
}

func (r *reader) readBackends(ctx context.Context, files *layout) {
	for _, name := range files.backends {
		backend := r.readBackend(name)
		if backend == nil {
			continue
		}
		if files.locks[name] {
			locked, list := readLock(ctx, path.Join(backendsDir, name+lockSuffix), backend.LockPath)
			r.found.Add(list...)
			if len(list) == 0 && !hasService(locked) {
				r.wrong(path.Join(backendsDir, name+lockSuffix), lockRemedy, "the file holds no service: it has been cut short")
			}
			backend.Locked = locked
		}
		r.estate.Backends = append(r.estate.Backends, backend)
	}
}

func hasService(files []protoreflect.FileDescriptor) bool {
	return slices.ContainsFunc(files, func(file protoreflect.FileDescriptor) bool { return file.Services().Len() > 0 })
}

// readBackend decodes the file twice: first its kind, then, as a whole, the message of that kind's adapter.
func (r *reader) readBackend(name string) *Backend {
	file := path.Join(backendsDir, name+yamlSuffix)
	content, ok := r.read(file)
	if !ok {
		return nil
	}
	source, list := parseDocument(r.estate.Dir, file, content)
	r.found.Add(list...)
	if source == nil {
		return nil
	}
	adapter := r.adapterFor(source, content)
	if adapter == nil {
		return nil
	}
	config := adapter.Config()
	r.found.Add(source.decode(content, config)...)
	return &Backend{
		Name: name, Adapter: adapter, Config: config, Source: source,
		LockPath: filepath.Join(r.estate.Dir, backendsDir, name+lockSuffix),
	}
}

// adapterFor makes the first pass: the kind, which must be the first key.
func (r *reader) adapterFor(source *Source, content []byte) adapters.Adapter {
	kind := &configv1.BackendKind{}
	key, value := source.find("kind")
	switch err := (protoyaml.UnmarshalOptions{DiscardUnknown: true}).Unmarshal(content, kind); {
	case key == source.root:
		r.found.Add(missingKind(source).Accepting("kind: " + strings.Join(r.kinds(), ", kind: ")))
		return nil
	case err != nil || kind.GetKind() == "" || value.Tag == "!!null":
		r.found.Add(source.At("kind", "kind names the adapter, in one word").Accepting(strings.Join(r.kinds(), ", ")))
		return nil
	case key != source.root.Content[0]:
		r.found.Add(source.AtKey("kind", "kind must be the first key of the file"))
	}
	for _, adapter := range r.adapters {
		if adapter.Kind() == kind.GetKind() {
			return adapter
		}
	}
	message := source.At("kind", "unknown kind %q", kind.GetKind())
	if meant := nearest(kind.GetKind(), r.kinds()); meant != "" {
		message = source.At("kind", "unknown kind %q; did you mean %q?", kind.GetKind(), meant)
	}
	r.found.Add(message.Accepting(strings.Join(r.kinds(), ", ")))
	return nil
}

func missingKind(source *Source) diagnostic.Diagnostic {
	if len(source.root.Content) > 0 && nearest(source.root.Content[0].Value, []string{"kind"}) != "" {
		return source.AtKey(source.root.Content[0].Value, "the first key of the file is kind, not %q", source.root.Content[0].Value)
	}
	return source.At("", "kind is missing; it is the first line of the file")
}

func (r *reader) kinds() []string {
	var kinds []string
	for _, adapter := range r.adapters {
		kinds = append(kinds, adapter.Kind())
	}
	return slices.Sorted(slices.Values(kinds))
}
