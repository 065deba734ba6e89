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
	"github.com/postern-gateway/postern/adapters/soap/policy"
	"github.com/postern-gateway/postern/adapters/soap/wsdl"
	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

// A mapping is a WSDL as mirrored services.
type mapping struct {
	location string // of the WSDL
	file     protoreflect.FileDescriptor
	services []*mappedService
	report   Report
}

type mappedService struct {
	name protoreflect.Name
	// ports are those that its operations go to, the preferred one first.
	ports      []*wsdl.Port
	operations []*mappedOperation
}

// A mappedOperation is one method: how its messages stand in SOAP envelopes, and where requests go.
type mappedOperation struct {
	method    protoreflect.Name
	operation *wsdl.Operation
	version   wsdl.Version
	endpoint  string
	input     *codec.Body
	output    *codec.Body // nil for a one-way operation
	// faults is what a fault's detail holds by the WSDL; nil if that says nothing.
	faults  *codec.Body
	writing codec.WriteOptions
	// addressing is nil if requests carry no headers of WS-Addressing.
	addressing *addressing
	// refusal is why no request can be sent; nil if they can.
	refusal error
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
		offers := m.choose(service)
		for _, ports := range offers {
			m.offer(service, ports, len(offers) > 1)
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
	for _, problem := range definitions.Schemas.Problems() {
		m.out.report.skip(wsdl.Skipped{Subject: "schema", Reason: problem.Message, Position: problem.Position})
	}
	m.out.report.complete(definitions, config)
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

// choose returns the ports of a service to use, those that become one mirrored service together: each that is set, or all of one portType, which say the
// same in other versions.
func (m *mapper) choose(service *wsdl.Service) [][]*wsdl.Port {
	var out [][]*wsdl.Port
	if wanted := m.config.GetPorts(); len(wanted) > 0 {
		for _, port := range service.Ports {
			if slices.Contains(wanted, port.Name) {
				out = append(out, []*wsdl.Port{port})
			}
		}
		return out
	}
	indexOf := make(map[document.Name]int)
	for _, port := range service.Ports {
		index, known := indexOf[port.PortType]
		if !known {
			index = len(out)
			indexOf[port.PortType] = index
			out = append(out, nil)
		}
		out[index] = append(out[index], port)
	}
	return out
}

// A mappable is an operation with its bodies.
type mappable struct {
	port          *wsdl.Port
	operation     *wsdl.Operation
	input, output *codec.Body
}

// offer makes a mirrored service of ports. Each operation goes to the first port that has it in a way that can be mapped.
func (m *mapper) offer(service *wsdl.Service, ports []*wsdl.Port, several bool) {
	var found []mappable
	failed := make(map[*wsdl.Operation]error)
	for i, port := range ports {
		before := len(found)
		for _, operation := range port.Operations {
			if i > 0 && slices.ContainsFunc(found[:before], func(f mappable) bool { return f.operation.Name == operation.Name }) {
				continue
			}
			input, output, err := m.operation(operation)
			if err != nil {
				failed[operation] = err
				continue
			}
			found = append(found, mappable{port, operation, input, output})
		}
	}
	m.explain(ports, found, failed)
	if len(found) == 0 {
		return
	}
	name := service.Name
	if several {
		name = found[0].port.Name
	}
	mirrored := m.file.Service(name, firstOf(service.Doc, ports[0].Doc))
	out := &mappedService{name: mirrored.Name()}
	for _, f := range found {
		if !slices.Contains(out.ports, f.port) {
			out.ports = append(out.ports, f.port)
		}
		out.operations = append(out.operations, m.method(service, mirrored, f))
	}
	m.out.services = append(m.out.services, out)
}

// explain reports the operations that could be mapped on no port.
func (m *mapper) explain(ports []*wsdl.Port, found []mappable, failed map[*wsdl.Operation]error) {
	for _, port := range ports {
		for _, operation := range port.Operations {
			offered := slices.ContainsFunc(found, func(f mappable) bool { return f.operation.Name == operation.Name })
			if err := failed[operation]; err != nil && !offered {
				m.skip(operation, err)
			}
		}
	}
}

// method adds a method for an operation.
func (m *mapper) method(service *wsdl.Service, mirrored *mirror.Service, f mappable) *mappedOperation {
	o := &mappedOperation{
		operation: f.operation, version: f.port.Version, endpoint: firstOf(m.config.GetEndpoint(), f.port.Address),
		input: f.input, output: f.output, faults: m.bodies.Faults(withHeaderFaults(f.operation)),
	}
	m.demands(o, f.port)
	method := mirror.Method{
		Original: f.operation.Name, Comment: f.operation.Doc, Input: mirror.Of(f.input.Message()), Output: mirror.Empty,
		Idempotency: m.idempotency(f.operation.Name),
	}
	if f.output != nil {
		method.Output = mirror.Of(f.output.Message())
	}
	if o.faults != nil {
		method.ErrorDetail = o.faults.Message()
	}
	o.method = mirrored.Method(method).Name
	m.reported = append(m.reported, reported{
		entry: ReportedOperation{
			Service: service.Name, Port: f.port.Name, Operation: f.operation.Name, Version: string(f.port.Version), Endpoint: o.endpoint,
		},
		service: mirrored.Name(), method: o.method,
	})
	return o
}

// withHeaderFaults returns an operation that declares among its faults those about its header blocks too.
func withHeaderFaults(operation *wsdl.Operation) *wsdl.Operation {
	out := *operation
	out.Faults = slices.Clone(operation.Faults)
	for _, header := range operation.Input.Headers {
		out.Faults = append(out.Faults, header.Faults...)
	}
	return &out
}

// demands sets what the configuration and the WSDL demand of requests.
func (m *mapper) demands(o *mappedOperation, port *wsdl.Port) {
	nodes := slices.Concat(port.Policies, o.operation.Policies, o.operation.Input.Policies)
	required := policy.Read(nodes)
	_, mtom := required.Demands(policy.MTOM)
	attachments := m.config.GetAttachments()
	o.writing = codec.WriteOptions{Version: o.version, MTOM: attachments == "mtom" || mtom && attachments == ""}
	addressingVersion := required.AddressingVersion()
	if addressingVersion == "" && port.AddressingRequired {
		addressingVersion = "1.0"
	}
	o.addressing = newAddressing(m.config.GetAddressing(), addressingVersion, o)
	if _, reliable := required.Demands(policy.ReliableMessaging); reliable {
		o.refusal = errReliable()
	}
	for _, note := range slices.Concat(required.Refusals(), required.Notes(m.config)) {
		m.out.report.skip(wsdl.Skipped{Subject: "policy of port " + port.Name, Reason: note.Text, Position: note.Position})
	}
}

func (m *mapper) operation(operation *wsdl.Operation) (input, output *codec.Body, err error) {
	if input, err = m.bodies.Body(operation.Input, operation, operation.Name+"Request", operation.Name); err != nil {
		return nil, nil, err
	}
	if operation.OneWay {
		m.unmapped(operation, input)
		return input, nil, nil
	}
	output, err = m.bodies.Body(operation.Output, operation, operation.Name+"Response", operation.Name+"Response")
	if err != nil {
		return nil, nil, err
	}
	m.unmapped(operation, input)
	m.unmapped(operation, output)
	return input, output, nil
}

// unmapped reports the header blocks that a message has no field for.
func (m *mapper) unmapped(operation *wsdl.Operation, body *codec.Body) {
	for _, problem := range body.Unmapped() {
		m.skip(operation, fmt.Errorf("a block of its SOAP header is left out: %w", problem))
	}
}

func (m *mapper) skip(operation *wsdl.Operation, err error) {
	skipped := wsdl.Skipped{
		Subject: "operation " + operation.Name, Operation: operation.Name, Reason: err.Error(), Position: operation.Position,
	}
	var located *document.Error
	if errors.As(err, &located) {
		skipped.Reason, skipped.Position = strings.Replace(err.Error(), located.Error(), located.Message, 1), located.Position
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
