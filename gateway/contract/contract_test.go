package contract_test

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bufbuild/protocompile"
	"go.uber.org/goleak"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/gateway/contract"
	"github.com/postern-gateway/postern/gateway/diagnostic"
	"github.com/postern-gateway/postern/gateway/estate"
	"github.com/postern-gateway/postern/gateway/registry"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// An answer is how a test's back end answers a method. It returns the reply as JSON.
type answer func(ctx context.Context, request proto.Message) (string, error)

// answers are by the full name of the method: counciltax.v1.CouncilTax.GetAccount. A method without one is Unimplemented.
type answers map[protoreflect.FullName]answer

// A gateway is the test's estate with everything that is compiled from it.
type gateway struct {
	api     *estate.API
	catalog *registry.Catalog
	conn    *registry.Conn
	log     *strings.Builder
}

// load reads the contract of testdata/citizen with a binding, and makes it call the answers. It returns what Compile found.
func load(tb testing.TB, binding string, backends answers) (*gateway, diagnostic.List) {
	tb.Helper()
	g := &gateway{api: readAPI(tb, binding), conn: &registry.Conn{}, log: &strings.Builder{}}
	services := make(map[string][]adapters.Service)
	var declarations []registry.Declaration
	for _, name := range []string{"benefits", "counciltax", "housing"} {
		for _, service := range backendServices(tb, name, backends) {
			services[name] = append(services[name], service)
			declarations = append(declarations, registry.Declaration{Owner: name, Service: service.Descriptor})
		}
	}
	for _, service := range g.api.Services {
		declarations = append(declarations, registry.Declaration{Owner: "citizen/v1", Service: service})
	}
	var err error
	if g.catalog, err = registry.NewCatalog(declarations); err != nil {
		tb.Fatal(err)
	}
	logger := slog.New(slog.NewTextHandler(g.log, nil))
	compiled, found := contract.Compile(g.api, g.catalog, g.conn, logger)
	if len(found) > 0 {
		return g, found
	}
	services["citizen/v1"] = compiled
	handlers, err := registry.New(g.catalog, services, func(m registry.Method) registry.Method { return m })
	if err != nil {
		tb.Fatal(err)
	}
	g.conn.Use(handlers)
	return g, nil
}

// readAPI reads the contract of testdata/citizen with a binding.
func readAPI(tb testing.TB, binding string) *estate.API {
	tb.Helper()
	source, err := os.ReadFile(filepath.Join("testdata", "citizen", "citizen.proto"))
	if err != nil {
		tb.Fatal(err)
	}
	return readAPIs(tb, map[string]string{"apis/citizen/v1/citizen.proto": string(source), "apis/citizen/v1/binding.yaml": binding})[0]
}

// readAPIs writes an estate of these files and reads it.
func readAPIs(tb testing.TB, files map[string]string) []*estate.API {
	tb.Helper()
	dir := tb.TempDir()
	for name, content := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
			tb.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			tb.Fatal(err)
		}
	}
	read, err := estate.Read(context.Background(), dir, nil)
	if err != nil {
		tb.Fatal(err)
	}
	return read.APIs
}

// backendServices compiles testdata/backends/NAME.proto and answers it.
func backendServices(tb testing.TB, name string, backends answers) []adapters.Service {
	tb.Helper()
	file := compileFile(tb, filepath.Join("testdata", "backends"), name+".proto")
	var services []adapters.Service
	for i := range file.Services().Len() {
		service := adapters.Service{Descriptor: file.Services().Get(i)}
		for j := range service.Descriptor.Methods().Len() {
			method := service.Descriptor.Methods().Get(j)
			if method.IsStreamingServer() {
				service.Methods = append(service.Methods, adapters.Method{Name: method.Name(), Stream: noStream})
				continue
			}
			service.Methods = append(service.Methods, adapters.Method{Name: method.Name(), Unary: handler(tb, method, backends[method.FullName()])})
		}
		services = append(services, service)
	}
	return services
}

func noStream(context.Context, proto.Message, func(proto.Message) error) error { return nil }

func handler(tb testing.TB, method protoreflect.MethodDescriptor, answer answer) adapters.UnaryHandler {
	tb.Helper()
	return func(ctx context.Context, request proto.Message) (proto.Message, error) {
		if answer == nil {
			tb.Errorf("%s was called", method.FullName())
			return dynamicpb.NewMessage(method.Output()), nil
		}
		text, err := answer(ctx, request)
		if err != nil {
			return nil, err
		}
		reply := dynamicpb.NewMessage(method.Output())
		return reply, protojson.Unmarshal([]byte(text), reply)
	}
}

// compileFile compiles one .proto file whose imports are linked into the program.
func compileFile(tb testing.TB, dir, name string) protoreflect.FileDescriptor {
	tb.Helper()
	source, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		tb.Fatal(err)
	}
	compiler := protocompile.Compiler{Resolver: protocompile.ResolverFunc(func(path string) (protocompile.SearchResult, error) {
		if path == name {
			return protocompile.SearchResult{Source: strings.NewReader(string(source))}, nil
		}
		file, err := protoregistry.GlobalFiles.FindFileByPath(path)
		return protocompile.SearchResult{Desc: file}, err
	})}
	files, err := compiler.Compile(context.Background(), name)
	if err != nil {
		tb.Fatal(err)
	}
	return files[0]
}

// binding is testdata/citizen/binding.yaml.
func binding(tb testing.TB) string {
	tb.Helper()
	content, err := os.ReadFile(filepath.Join("testdata", "citizen", "binding.yaml"))
	if err != nil {
		tb.Fatal(err)
	}
	return string(content)
}

// mustLoad is load for a binding without mistakes.
func mustLoad(tb testing.TB, binding string, backends answers) *gateway {
	tb.Helper()
	g, found := load(tb, binding, backends)
	if err := found.Err(); err != nil {
		tb.Fatal(err)
	}
	return g
}

// call calls a method of the contract with a request in JSON, and returns the reply in JSON.
func (g *gateway) call(ctx context.Context, tb testing.TB, method protoreflect.Name, request string) (string, error) {
	tb.Helper()
	descriptor := g.api.Method(method)
	message := dynamicpb.NewMessage(descriptor.Input())
	if err := protojson.Unmarshal([]byte(request), message); err != nil {
		tb.Fatal(err)
	}
	reply, err := registry.Call(ctx, g.conn, registry.FullName(descriptor), message)
	if err != nil {
		return "", err
	}
	return canonical(tb, reply), nil
}

// canonical is a message's JSON, always spelt the same.
func canonical(tb testing.TB, message proto.Message) string {
	tb.Helper()
	text, err := protojson.MarshalOptions{Resolver: protoregistry.GlobalTypes}.Marshal(message)
	if err != nil {
		tb.Fatal(err)
	}
	return strings.ReplaceAll(strings.ReplaceAll(string(text), ", ", ","), ": ", ":")
}
