package mock

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/postern-gateway/postern/adapters/mirror"
	"github.com/postern-gateway/postern/adapters/soap/bundle"
	"github.com/postern-gateway/postern/adapters/soap/codec"
	"github.com/postern-gateway/postern/adapters/soap/document"
	"github.com/postern-gateway/postern/adapters/soap/wsdl"
	"github.com/postern-gateway/postern/adapters/soap/xsd"
)

// A Server stands in for the SOAP service that a WSDL describes. It is an [http.Handler], for any number of requests at once.
type Server struct {
	schemas   *xsd.Set
	documents []*document.Document
	names     map[string]string // what documents refer to each other by
	ports     []*port
	replies   []Reply
}

// An Endpoint is where a port is served.
type Endpoint struct {
	// Service and Port are names in the WSDL.
	Service, Port string
	// Version is the SOAP version.
	Version wsdl.Version
	// Path is that of the port's own address, or the port's name if it has none.
	Path string
	// Operations are their names.
	Operations []string
}

type port struct {
	Endpoint
	operations []*operation
}

type operation struct {
	*wsdl.Operation
	input, output *codec.Body // output is nil for a one-way operation
}

// New reads the WSDL at an absolute path or URL, and serves it. Operations whose messages cannot be mapped are left out; the error says so if none is left.
// Of the replies, those that do not fit are errors, all at once.
func New(ctx context.Context, loader *document.Loader, location string, replies []Reply) (*Server, error) {
	definitions, err := wsdl.Read(ctx, loader, location)
	if err != nil {
		return nil, fmt.Errorf("reading the WSDL: %w", err)
	}
	s := &Server{schemas: definitions.Schemas, documents: loader.Documents(), replies: replies}
	s.names = make(map[string]string, len(s.documents))
	for i, d := range s.documents {
		s.names[d.Location] = fmt.Sprintf("?xsd=%d", i)
	}
	s.names[s.documents[0].Location] = "?wsdl"
	if err := s.mapPorts(definitions); err != nil {
		return nil, err
	}
	return s, s.checkReplies()
}

func (s *Server) mapPorts(definitions *wsdl.Definitions) error {
	file := mirror.NewFile("mock")
	mapper := codec.NewMapper(definitions.Schemas, file, time.UTC)
	mirrored := file.Service("Mock", "")
	for _, service := range definitions.Services {
		for _, described := range service.Ports {
			p := &port{Endpoint: Endpoint{Service: service.Name, Port: described.Name, Version: described.Version, Path: pathOf(described)}}
			for _, o := range described.Operations {
				mapped, err := mapOperation(mapper, o)
				if err != nil {
					continue // check and import say why
				}
				method := mirror.Method{Original: o.Name, Input: mirror.Of(mapped.input.Message()), Output: mirror.Empty}
				if mapped.output != nil {
					method.Output = mirror.Of(mapped.output.Message())
				}
				mirrored.Method(method)
				p.operations = append(p.operations, mapped)
				p.Operations = append(p.Operations, o.Name)
			}
			if len(p.operations) > 0 {
				s.ports = append(s.ports, p)
			}
		}
	}
	if len(s.ports) == 0 {
		return fmt.Errorf("the WSDL %s has no operation that can be served", s.documents[0].Location)
	}
	linked, err := file.Build()
	if err != nil {
		return fmt.Errorf("building the messages: %w", err)
	}
	return mapper.Link(linked)
}

func mapOperation(mapper *codec.Mapper, o *wsdl.Operation) (mapped *operation, err error) {
	mapped = &operation{Operation: o}
	if mapped.input, err = mapper.Body(o.Input, o, o.Name+"Request", o.Name); err != nil {
		return nil, err
	}
	if !o.OneWay {
		mapped.output, err = mapper.Body(o.Output, o, o.Name+"Response", o.Name+"Response")
	}
	return mapped, err
}

// pathOf is the path that requests to a port come to.
func pathOf(p *wsdl.Port) string {
	address, err := url.Parse(p.Address)
	if err != nil || address.Host == "" || strings.Trim(address.Path, "/") == "" {
		return "/" + p.Name
	}
	return "/" + strings.TrimLeft(address.Path, "/")
}

// Endpoints are where the ports are served, in order of the WSDL.
func (s *Server) Endpoints() []Endpoint {
	out := make([]Endpoint, len(s.ports))
	for i, p := range s.ports {
		out[i] = p.Endpoint
	}
	return out
}

// document returns the text of a document, with addresses at base, which has no slash at its end.
func (s *Server) document(index int, base string) []byte {
	d := s.documents[index]
	var changes []bundle.Change
	for _, service := range d.Root.Children {
		for _, described := range service.Children {
			for _, address := range described.Children {
				if path, served := s.pathOf(service, described); served && address.Name.Local == "address" && address.Attribute("location") != "" {
					changes = append(changes, bundle.Change{Node: address, Attribute: "location", Value: base + path})
				}
			}
		}
	}
	return bundle.Rewrite(d, s.names, changes...)
}

// pathOf returns the path of the port that a document describes.
func (s *Server) pathOf(service, described *document.Node) (string, bool) {
	if service.Name.Local != "service" || described.Name.Local != "port" {
		return "", false
	}
	for _, p := range s.ports {
		if p.Service == service.Attribute("name") && p.Port == described.Attribute("name") {
			return (&url.URL{Path: p.Path}).EscapedPath(), true
		}
	}
	return "", false
}

// sample writes the body of a reply from its schema.
func (s *Server) sample(p *port, o *operation, echo map[string]string) (namespaces string, body []byte, err error) {
	w := &sampler{schemas: s.schemas, encoded: o.Output.Encoded, encoding: encoding11, echo: echo}
	if p.Version == wsdl.SOAP12 {
		w.encoding = encoding12
	}
	if err := w.message(o.Output, o.RPC, o.Name+"Response"); err != nil {
		return "", nil, err
	}
	return w.namespaces(), w.out.Bytes(), nil
}

// encode writes the body of a message.
func encode(body *codec.Body, message proto.Message) (namespaces string, content []byte, err error) {
	w, err := body.Encode(message)
	if err != nil {
		return "", nil, err
	}
	return string(w.AppendNamespaces(nil)), w.Bytes(), nil
}

// empty is a new message of a body.
func empty(body *codec.Body) proto.Message { return dynamicpb.NewMessage(body.Descriptor()) }
