package soap

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"

	"github.com/postern-gateway/postern/adapters/mirror"
	"github.com/postern-gateway/postern/adapters/soap/codec"
	"github.com/postern-gateway/postern/adapters/soap/document"
	"github.com/postern-gateway/postern/adapters/soap/wsdl"
	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

// A mapping is a WSDL as mirrored services.
type mapping struct {
	file     protoreflect.FileDescriptor
	services []*mappedService
	report   Report
}

type mappedService struct {
	name       protoreflect.Name
	port       *wsdl.Port
	operations []*mappedOperation
}

// A mappedOperation is one method: how its messages stand in SOAP bodies.
type mappedOperation struct {
	method    protoreflect.Name
	operation *wsdl.Operation
	version   wsdl.Version
	endpoint  string
	input     *codec.Body
	output    *codec.Body // nil for a one-way operation
}

// mapServices makes the mirrored services of a back end. Operations that cannot be mapped are in the report.
func mapServices(definitions *wsdl.Definitions, name string, config *configv1.SoapBackend, zone *time.Location) (*mapping, error) {
	file := mirror.NewFile(name)
	m := &mapper{
		config: config, file: file, bodies: codec.NewMapper(definitions.Schemas, file, zone), out: &mapping{},
	}
	for _, skipped := range definitions.Skipped {
		m.out.report.skip(skipped)
	}
	for _, service := range definitions.Services {
		for _, port := range m.choose(service) {
			m.port(service, port)
		}
	}
	linked, err := file.Build()
	if err != nil {
		return nil, fmt.Errorf("building the mirrored services: %w", err)
	}
	m.out.file = linked
	if err := m.bodies.Link(linked); err != nil {
		return nil, fmt.Errorf("linking the mirrored services: %w", err)
	}
	for _, reported := range m.reported {
		reported.entry.Method = string(linked.Package()) + "." + string(reported.service) + "." + string(reported.method)
		m.out.report.Operations = append(m.out.report.Operations, reported.entry)
	}
	return m.out, nil
}

type mapper struct {
	config   *configv1.SoapBackend
	file     *mirror.File
	bodies   *codec.Mapper
	out      *mapping
	reported []reported
}

type reported struct {
	entry           ReportedOperation
	service, method protoreflect.Name
}

// choose returns the ports of a service to use: those that are set, or the first of each portType.
func (m *mapper) choose(service *wsdl.Service) []*wsdl.Port {
	var out []*wsdl.Port
	seen := make(map[document.Name]bool)
	for _, port := range service.Ports {
		if wanted := m.config.GetPorts(); len(wanted) > 0 {
			if slices.Contains(wanted, port.Name) {
				out = append(out, port)
			}
			continue
		}
		if !seen[port.PortType] {
			seen[port.PortType] = true
			out = append(out, port)
		}
	}
	return out
}

func (m *mapper) port(service *wsdl.Service, port *wsdl.Port) {
	type mappable struct {
		operation     *wsdl.Operation
		input, output *codec.Body
	}
	var found []mappable
	for _, operation := range port.Operations {
		input, output, err := m.operation(operation)
		if err != nil {
			m.skip(operation, err)
			continue
		}
		found = append(found, mappable{operation, input, output})
	}
	if len(found) == 0 {
		return
	}
	name := service.Name
	if len(m.choose(service)) > 1 {
		name = port.Name
	}
	mirrored := m.file.Service(name, firstOf(service.Doc, port.Doc))
	out := &mappedService{port: port}
	endpoint := firstOf(m.config.GetEndpoint(), port.Address)
	for _, f := range found {
		reply := mirror.Empty
		if f.output != nil {
			reply = mirror.Of(f.output.Message())
		}
		method := mirrored.Method(mirror.Method{
			Original: f.operation.Name, Comment: f.operation.Doc, Input: mirror.Of(f.input.Message()), Output: reply,
			Idempotency: m.idempotency(f.operation.Name),
		})
		out.operations = append(out.operations, &mappedOperation{
			method: method.Name, operation: f.operation, version: port.Version, endpoint: endpoint, input: f.input, output: f.output,
		})
		m.reported = append(m.reported, reported{
			entry: ReportedOperation{
				Service: service.Name, Port: port.Name, Operation: f.operation.Name, Version: string(port.Version), Endpoint: endpoint,
			},
			service: mirrored.Name(), method: method.Name,
		})
	}
	out.name = mirrored.Name()
	m.out.services = append(m.out.services, out)
}

func (m *mapper) operation(operation *wsdl.Operation) (input, output *codec.Body, err error) {
	if input, err = m.bodies.Body(operation.Input, operation, operation.Name+"Request", operation.Name); err != nil {
		return nil, nil, err
	}
	if operation.OneWay {
		return input, nil, nil
	}
	output, err = m.bodies.Body(operation.Output, operation, operation.Name+"Response", operation.Name+"Response")
	if err != nil {
		return nil, nil, err
	}
	for _, header := range operation.Input.Headers {
		m.out.report.skip(wsdl.Skipped{
			Subject: "operation " + operation.Name, Position: operation.Position,
			Reason: "its SOAP header " + header.Part.Name + " is not sent",
		})
	}
	return input, output, nil
}

func (m *mapper) skip(operation *wsdl.Operation, err error) {
	skipped := wsdl.Skipped{
		Subject: "operation " + operation.Name, Operation: operation.Name, Reason: err.Error(), Position: operation.Position,
	}
	var located *document.Error
	if errors.As(err, &located) {
		skipped.Reason, skipped.Position = located.Message, located.Position
	}
	m.out.report.skip(skipped)
}

func (m *mapper) idempotency(operation string) descriptorpb.MethodOptions_IdempotencyLevel {
	reads := slices.Contains(m.config.GetReadOnly(), operation) ||
		readsByName(operation) && !slices.Contains(m.config.GetWrites(), operation)
	if reads {
		return descriptorpb.MethodOptions_NO_SIDE_EFFECTS
	}
	return descriptorpb.MethodOptions_IDEMPOTENCY_UNKNOWN
}

// readingWords begin the names of operations that only read.
var readingWords = []string{"get", "find", "list", "search", "query", "check", "lookup", "is", "has"}

// readsByName reports whether the first word of an operation's name says that it only reads: getAccount and GET_ACCOUNT, and
// neither issueInvoice nor ISSUE.
func readsByName(operation string) bool {
	for _, word := range readingWords {
		if len(operation) < len(word) || !strings.EqualFold(operation[:len(word)], word) {
			continue
		}
		start, rest := operation[:len(word)], operation[len(word):]
		switch {
		case rest == "", !isLetter(rest[0]):
			return true
		case start != strings.ToUpper(start) && rest[0] >= 'A' && rest[0] <= 'Z':
			return true
		}
	}
	return false
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

func firstOf(texts ...string) string {
	for _, text := range texts {
		if text != "" {
			return text
		}
	}
	return ""
}
