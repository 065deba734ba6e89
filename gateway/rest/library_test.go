package rest_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/gateway/registry"
	"github.com/postern-gateway/postern/gateway/rest"
	"github.com/postern-gateway/postern/gateway/rest/resttest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	libraryFile = "testdata/library.proto"
	clerkFile   = "testdata/clerk.proto"
)

// A library is a registry of test services behind a REST handler. Every method answers what answer says.
type library struct {
	handler *rest.Handler
	// answer returns the reply to a call, or sends several. It may be nil for an empty reply.
	answer func(ctx context.Context, method string, request proto.Message, reply protoreflect.Message) error
	// stream sends the replies of streaming methods.
	stream adapters.StreamHandler

	mu      sync.Mutex
	request proto.Message // the last one
}

// newLibrary publishes the services of a file. It is a contract if it publishes library/v1.
func newLibrary(t testing.TB, path, api string, options rest.Options) *library {
	t.Helper()
	l := &library{}
	file := resttest.Compile(t, path)
	var declarations []registry.Declaration
	var offered []adapters.Service
	owner := api + "/v1"
	for _, service := range resttest.Services(file) {
		declarations = append(declarations, registry.Declaration{Owner: owner, Service: service})
		offered = append(offered, l.service(service))
	}
	catalog, err := registry.NewCatalog(declarations)
	if err != nil {
		t.Fatal(err)
	}
	services, err := registry.New(catalog, map[string][]adapters.Service{owner: offered}, func(m registry.Method) registry.Method { return m })
	if err != nil {
		t.Fatal(err)
	}
	conn := &registry.Conn{}
	conn.Use(services)
	options.Conn, options.Resolver = conn, catalog
	options.Published = []rest.Published{{API: api, Version: "v1", Services: resttest.Services(file), Contract: api == "library"}}
	l.handler, err = rest.New(options)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func (l *library) service(descriptor protoreflect.ServiceDescriptor) adapters.Service {
	service := adapters.Service{Descriptor: descriptor}
	for i := range descriptor.Methods().Len() {
		method := descriptor.Methods().Get(i)
		offered := adapters.Method{Name: method.Name()}
		if method.IsStreamingServer() {
			offered.Stream = func(ctx context.Context, request proto.Message, send func(proto.Message) error) error {
				l.note(request)
				return l.stream(ctx, request, send)
			}
		} else {
			offered.Unary = func(ctx context.Context, request proto.Message) (proto.Message, error) {
				l.note(request)
				reply := dynamicpb.NewMessage(method.Output())
				if l.answer == nil {
					return reply, nil
				}
				return reply, l.answer(ctx, string(method.Name()), request, reply)
			}
		}
		service.Methods = append(service.Methods, offered)
	}
	return service
}

func (l *library) note(request proto.Message) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.request = request
}

// noted returns the last request in JSON without what is empty, or "" if no call came through.
func (l *library) noted(t *testing.T) string {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.request == nil {
		return ""
	}
	data, err := protojson.Marshal(l.request)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// serve sends one request over a real connection. A header of "" is left out.
func serve(t *testing.T, handler http.Handler, verb, target, body string, header map[string]string) (*http.Response, string) {
	t.Helper()
	server := httptest.NewServer(handler)
	defer server.Close()
	request, err := http.NewRequestWithContext(t.Context(), verb, server.URL+target, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	for name, value := range header {
		if value == "" {
			request.Header.Del(name)
		} else {
			request.Header.Set(name, value)
		}
	}
	response, err := server.Client().Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	data, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response, string(data)
}
