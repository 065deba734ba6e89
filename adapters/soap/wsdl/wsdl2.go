package wsdl

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/postern-gateway/postern/adapters/soap/document"
	"github.com/postern-gateway/postern/adapters/soap/xsd"
)

// isWSDL2 reports whether a namespace is that of WSDL 2.0, or of one of its drafts.
func isWSDL2(space string) bool {
	return space == "http://www.w3.org/ns/wsdl" || strings.HasPrefix(space, "http://www.w3.org/200") && strings.HasSuffix(space, "/wsdl")
}

// isSOAP2 reports whether a namespace is that of WSDL 2.0's binding for SOAP.
func isSOAP2(space string) bool { return isWSDL2(strings.TrimSuffix(space, "/soap")) }

// soapAttribute returns an attribute of WSDL 2.0's binding for SOAP: wsoap:version.
func soapAttribute(node *document.Node, local string) string {
	if node == nil {
		return ""
	}
	for _, a := range node.Attributes {
		if a.Name.Local == local && isSOAP2(a.Name.Space) && a.Name.Space != "" {
			return strings.TrimSpace(a.Value)
		}
	}
	return ""
}

// children2 returns the children of this local name in WSDL 2.0's namespace.
func children2(node *document.Node, local string) []*document.Node {
	var out []*document.Node
	if node == nil {
		return nil
	}
	for _, child := range node.Children {
		if child.Name.Local == local && isWSDL2(child.Name.Space) {
			out = append(out, child)
		}
	}
	return out
}

// collect2 reads one document of WSDL 2.0 and what it includes and imports.
func (r *reader) collect2(ctx context.Context, root *document.Node) error {
	r.roots = append(r.roots, root)
	r.collectPolicies(root)
	var problems []error
	for _, node := range root.Children {
		if !isWSDL2(node.Name.Space) {
			continue
		}
		name := document.Name{Space: root.Attribute("targetNamespace"), Local: node.Attribute("name")}
		switch node.Name.Local {
		case "include", "import":
			problems = append(problems, r.imports(ctx, node))
		case "types":
			problems = append(problems, r.types(ctx, node))
		case "interface":
			r.portTypes.add(name, node)
		case "binding":
			r.bindings.add(name, node)
		case "service":
			r.services = append(r.services, node)
		}
	}
	return errors.Join(problems...)
}

// service2 reads a service of WSDL 2.0 (Core section 2.12).
func (r *reader) service2(node *document.Node) {
	service := &Service{Name: node.Attribute("name"), Doc: documentation(node)}
	for _, endpoint := range children2(node, "endpoint") {
		if port := r.endpoint(endpoint, node); port != nil {
			service.Ports = append(service.Ports, port)
		}
	}
	r.add(service)
}

func (r *reader) endpoint(node, service *document.Node) *Port {
	subject := "endpoint " + node.Attribute("name")
	name, err := r.name(node, "binding")
	if err != nil {
		r.skipError(subject, "", err, node.Position())
		return nil
	}
	binding, _ := r.bindings.find(name)
	if binding == nil {
		r.skip(subject, "", "its binding "+name.String()+" is not defined", node.Position())
		return nil
	}
	if !isSOAP2(binding.Attribute("type")) {
		r.skip(subject, "", "its binding is not for SOAP", node.Position())
		return nil
	}
	port := &Port{Name: node.Attribute("name"), Address: node.Attribute("address"), Version: SOAP12, Doc: documentation(binding)}
	if soapAttribute(binding, "version") == string(SOAP11) {
		port.Version = SOAP11
	}
	if protocol := soapAttribute(binding, "protocol"); !isHTTP(protocol) {
		r.otherTransport(port, subject, "its transport is not HTTP: "+protocol, node)
	}
	r.addressed(port, subject, node)
	interfaceOf := service
	if binding.Attribute("interface") != "" {
		interfaceOf = binding
	}
	if name, err = r.name(interfaceOf, "interface"); err != nil {
		r.skipError(subject, "", err, node.Position())
		return nil
	}
	declared, found := r.portTypes.find(name)
	if declared == nil {
		r.skip(subject, "", "its interface "+name.String()+" is not defined", node.Position())
		return nil
	}
	port.PortType = found
	port.UsingAddressing, port.AddressingRequired = usingAddressing(binding, node)
	port.Policies = r.policies(service, node, binding, declared)
	r.interface2(port, portType{node: declared, name: found}, binding, nil)
	return port
}

// interface2 adds the operations of an interface, and of those that it extends. A binding covers all, whether it lists them or not.
func (r *reader) interface2(port *Port, declared portType, binding *document.Node, seen []*document.Node) {
	if slices.Contains(seen, declared.node) {
		return
	}
	seen = append(seen, declared.node)
	for _, operation := range children2(declared.node, "operation") {
		name := operation.Attribute("name")
		read, err := r.operation2(operation, declared, binding)
		if err != nil {
			r.skipError("operation "+name, name, err, operation.Position())
			continue
		}
		port.Operations = append(port.Operations, read)
	}
	for extended := range strings.FieldsSeq(declared.node.Attribute("extends")) {
		name, err := xsd.Resolve(declared.node, extended, declared.name.Space)
		if err != nil {
			r.skipError("interface "+extended, "", err, declared.node.Position())
			continue
		}
		node, found := r.portTypes.find(name)
		if node == nil {
			r.skip("interface "+extended, "", "it is not defined", declared.node.Position())
			continue
		}
		r.interface2(port, portType{node: node, name: found}, binding, seen)
	}
}

func (r *reader) operation2(node *document.Node, declared portType, binding *document.Node) (*Operation, error) {
	bound := r.bound(binding, "operation", node.Attribute("name"))
	operation := &Operation{Name: node.Attribute("name"), Doc: documentation(node), Action: soapAttribute(bound, "action"), Position: node.Position()}
	input, output := firstOf(children2(node, "input")), firstOf(children2(node, "output"))
	var err error
	if input == nil {
		operation.Input = &Message{} // as in WSDL 1.1
	} else if operation.Input, err = r.message2(input, firstOf(children2(bound, "input")), operation); err != nil {
		return nil, err
	}
	suffix := ""
	if operation.OneWay = output == nil; output != nil {
		suffix = "Request"
		if operation.Output, err = r.message2(output, firstOf(children2(bound, "output")), operation); err != nil {
			return nil, err
		}
	}
	operation.InputAction = explicitAction(input)
	operation.DefaultInputAction = joinAction(declared.name, operation.Name+suffix)
	for _, reference := range children2(node, "outfault") {
		operation.Faults = append(operation.Faults, r.fault2(reference, operation))
	}
	operation.Policies = r.policies(bound, node, input)
	return operation, nil
}

// bound returns what a binding says of one of an interface's operations or faults; nil if it says nothing.
func (r *reader) bound(binding *document.Node, kind, name string) *document.Node {
	for _, node := range children2(binding, kind) {
		if _, local, found := strings.Cut(node.Attribute("ref"), ":"); found && local == name || node.Attribute("ref") == name {
			return node
		}
	}
	return nil
}

// message2 reads the one element of a message (Core section 2.5), and the header blocks that the binding declares (Adjuncts section 5.9).
func (r *reader) message2(node, bound *document.Node, operation *Operation) (*Message, error) {
	out := &Message{Policies: r.policies(node, bound)}
	switch element := node.Attribute("element"); element {
	case "", "#none":
	case "#any", "#other":
		return nil, node.Errorf("nothing says what its message holds: it is %s", element)
	default:
		part, err := r.part(node)
		if err != nil {
			return nil, err
		}
		part.Name = part.Element.Name.Local
		out.Name, out.Parts = part.Element.Name, []*Part{part}
	}
	if bound == nil {
		return out, nil
	}
	for _, header := range bound.Children {
		if header.Name.Local != "header" || !isSOAP2(header.Name.Space) {
			continue
		}
		part, err := r.part(header)
		if err != nil {
			r.skipError("header of operation "+operation.Name, "", err, header.Position())
			continue
		}
		part.Name = part.Element.Name.Local
		out.Headers = append(out.Headers, &Header{Part: part, Position: header.Position()})
	}
	return out, nil
}

// fault2 reads the fault that an operation refers to. It may be one of any interface: names of faults are said once.
func (r *reader) fault2(reference *document.Node, operation *Operation) *Fault {
	name, err := r.name(reference, "ref")
	if err != nil {
		name.Local = reference.Attribute("ref")
	}
	fault := &Fault{Name: name.Local}
	subject := "fault " + name.Local + " of operation " + operation.Name
	node := r.interfaceFault(name.Local)
	if node == nil {
		r.skip(subject, "", "it is not defined", reference.Position())
		return fault
	}
	if element := node.Attribute("element"); element == "" || strings.HasPrefix(element, "#") {
		return fault
	}
	part, err := r.part(node)
	if err != nil {
		r.skipError(subject, "", err, node.Position())
		return fault
	}
	fault.Part, fault.Element = part, part.Element.Name
	return fault
}

func (r *reader) interfaceFault(name string) *document.Node {
	for _, root := range r.roots {
		for _, declared := range children2(root, "interface") {
			for _, node := range children2(declared, "fault") {
				if node.Attribute("name") == name {
					return node
				}
			}
		}
	}
	return nil
}
