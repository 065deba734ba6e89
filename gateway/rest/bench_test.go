package rest_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/gateway/registry"
	"github.com/postern-gateway/postern/gateway/rest"
	"github.com/postern-gateway/postern/gateway/rest/resttest"
)

// tenFields is a reply of ten fields.
const tenFields = `{"bookId":"7","title":"The Trial","pages":255,"copies":"3","lent":true,"weight":0.4,"genre":"GENRE_NOVEL","tags":["a","b"],"subtitle":"A Novel","author":{"fullName":"Franz Kafka"}}`

// BenchmarkGet is a GET with a path variable and a query parameter, answered by a handler in memory with a message of ten fields:
// everything between the HTTP server and the adapter.
func BenchmarkGet(b *testing.B) {
	handler := benchHandler(b)
	request := httptest.NewRequest(http.MethodGet, "/library/v1/books/7?shelf=A", http.NoBody)
	b.ReportAllocs()
	for b.Loop() {
		w := &sink{header: make(http.Header)}
		handler.ServeHTTP(w, request)
		if w.status != http.StatusOK || w.size == 0 {
			b.Fatalf("got %d and %d bytes", w.status, w.size)
		}
	}
}

// benchHandler publishes one method that answers the same message every time.
func benchHandler(b *testing.B) *rest.Handler {
	b.Helper()
	service := resttest.Compile(b, libraryFile).Services().Get(0)
	reply := dynamicpb.NewMessage(service.Methods().ByName("GetBook").Output())
	if err := protojson.Unmarshal([]byte(tenFields), reply); err != nil {
		b.Fatal(err)
	}
	offered := adapters.Service{Descriptor: service}
	for i := range service.Methods().Len() {
		method := adapters.Method{Name: service.Methods().Get(i).Name()}
		if service.Methods().Get(i).IsStreamingServer() {
			method.Stream = func(context.Context, proto.Message, func(proto.Message) error) error { return nil }
		} else {
			method.Unary = func(context.Context, proto.Message) (proto.Message, error) { return reply, nil }
		}
		offered.Methods = append(offered.Methods, method)
	}
	catalog, err := registry.NewCatalog([]registry.Declaration{{Owner: "library/v1", Service: service}})
	if err != nil {
		b.Fatal(err)
	}
	services, err := registry.New(catalog, map[string][]adapters.Service{"library/v1": {offered}}, func(m registry.Method) registry.Method { return m })
	if err != nil {
		b.Fatal(err)
	}
	conn := &registry.Conn{}
	conn.Use(services)
	handler, err := rest.New(rest.Options{Conn: conn, Resolver: catalog,
		Published: []rest.Published{{API: "library", Version: "v1", Services: resttest.Services(service.ParentFile()), Contract: true}}})
	if err != nil {
		b.Fatal(err)
	}
	return handler
}

// sink is an http.ResponseWriter that counts.
type sink struct {
	header       http.Header
	status, size int
}

func (s *sink) Header() http.Header    { return s.header }
func (s *sink) WriteHeader(status int) { s.status = status }
func (s *sink) Write(b []byte) (int, error) {
	s.size += len(b)
	return len(b), nil
}
