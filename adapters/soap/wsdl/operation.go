package wsdl

import (
	"errors"
	"strings"

	"github.com/postern-gateway/postern/adapters/soap/document"
)

// operation adds one operation of a binding, or says why it cannot be used. earlier counts the operations of this name that the binding has had.
func (r *reader) operation(port *Port, node *document.Node, portType portType, rpc bool, earlier int) {
	name := node.Attribute("name")
	operation, err := r.readOperation(node, portType, rpc, earlier)
	if err != nil {
		r.skipError("operation "+name, name, err, node.Position())
		return
	}
	port.Operations = append(port.Operations, operation)
}

// An output before the input is a slip of the pen more often than a solicit-response operation, and read as a call. So is an output alone
// one more often than a notification: who wrote it knew that there is nothing to send.
func (r *reader) readOperation(node *document.Node, portType portType, rpc bool, earlier int) (*Operation, error) {
	operation := &Operation{Name: node.Attribute("name"), RPC: rpc, Position: node.Position()}
	abstract := r.abstractOperation(portType.node, node, earlier)
	if abstract == nil {
		return nil, node.Errorf("the portType has no operation of this name")
	}
	operation.Doc = documentation(abstract)
	if soap := extension(node, "operation"); soap != nil {
		operation.Action = soap.Attribute("soapAction")
		if style := soap.Attribute("style"); style != "" {
			operation.RPC = strings.EqualFold(style, "rpc")
		}
	}
	input, output := first(abstract, "input"), first(abstract, "output")
	boundInput := first(node, "input")
	var err error
	operation.OneWay = output == nil
	if output != nil {
		if operation.Output, err = r.message(output, first(node, "output"), operation); err != nil {
			return nil, err
		}
	}
	switch {
	case input != nil:
		if operation.Input, err = r.message(input, boundInput, operation); err != nil {
			return nil, err
		}
	case output != nil:
		operation.Input = &Message{Namespace: operation.Output.Namespace, Encoded: operation.Output.Encoded}
	default:
		return nil, abstract.Errorf("it has neither input nor output")
	}
	operation.InputAction = explicitAction(input)
	operation.DefaultInputAction = defaultAction(portType, abstract)
	for _, fault := range children(abstract, "fault") {
		operation.Faults = append(operation.Faults, r.fault(fault, node))
	}
	operation.Policies = r.policies(node, abstract, boundInput, input)
	return operation, nil
}

// abstractOperation finds the portType's operation for a binding's, in any case of letters if there is none else; among overloaded ones by the names of
// their messages, else by their order.
func (r *reader) abstractOperation(portType, binding *document.Node, earlier int) *document.Node {
	byName := r.operations[portType]
	if byName == nil {
		byName = make(map[string][]*document.Node)
		for _, operation := range children(portType, "operation") {
			name := operation.Attribute("name")
			byName[name] = append(byName[name], operation)
		}
		r.operations[portType] = byName
	}
	candidates := byName[binding.Attribute("name")]
	if len(candidates) == 0 {
		for name, operations := range byName {
			if strings.EqualFold(name, binding.Attribute("name")) {
				candidates = operations
			}
		}
	}
	if len(candidates) <= 1 {
		return firstOf(candidates)
	}
	var fits []*document.Node
	for _, candidate := range candidates {
		if messageName(candidate, "input") == messageName(binding, "input") {
			fits = append(fits, candidate)
		}
	}
	if len(fits) == 1 {
		return fits[0]
	}
	if output := first(binding, "output"); output != nil && output.Attribute("name") != "" {
		for _, candidate := range fits {
			if messageName(candidate, "output") == output.Attribute("name") {
				return candidate
			}
		}
	}
	return candidates[min(earlier, len(candidates)-1)]
}

func firstOf(nodes []*document.Node) *document.Node {
	if len(nodes) == 0 {
		return nil
	}
	return nodes[0]
}

// messageName is the name of an operation's input or output, which by default comes from the operation's (WSDL 1.1 section 2.4.5).
func messageName(operation *document.Node, direction string) string {
	node := first(operation, direction)
	if node == nil {
		return ""
	}
	if name := node.Attribute("name"); name != "" {
		return name
	}
	name := operation.Attribute("name")
	switch {
	case direction == "output" && first(operation, "input") != nil:
		return name + "Response"
	case direction == "input" && first(operation, "output") != nil:
		return name + "Request"
	}
	return name
}

// fault reads a declared fault as far as it can be: a broken one is noted and takes nothing from the operation.
func (r *reader) fault(abstract, binding *document.Node) *Fault {
	fault := &Fault{Name: abstract.Attribute("name")}
	subject := "fault " + fault.Name + " of operation " + binding.Attribute("name")
	message, _, err := r.findMessage(abstract)
	if err != nil {
		r.skipError(subject, "", err, abstract.Position())
		return fault
	}
	parts := children(message, "part")
	if len(parts) == 0 {
		return fault // a fault without detail
	}
	part := parts[0]
	for _, other := range parts {
		if other.Attribute("element") != "" {
			part = other
			break
		}
	}
	if name, err := part.QName(part.Attribute("element")); err == nil && name.Local != "" {
		fault.Element = name
	} else {
		fault.Element = document.Name{Space: faultNamespace(binding, fault.Name), Local: part.Attribute("name")}
	}
	if fault.Part, err = r.part(part); err != nil {
		r.skipError(subject, "", err, part.Position())
		fault.Part = nil
	} else if fault.Part.Element != nil {
		fault.Element = fault.Part.Element.Name
	}
	return fault
}

// faultNamespace is what soap:fault says of the namespace of a detail that is given by type.
func faultNamespace(binding *document.Node, name string) string {
	for _, bound := range children(binding, "fault") {
		if bound.Attribute("name") == name {
			if soap := extension(bound, "fault"); soap != nil {
				return soap.Attribute("namespace")
			}
		}
	}
	return ""
}

// skipError notes what cannot be used where the error says, or else at a place.
func (r *reader) skipError(subject, operation string, err error, at document.Position) {
	reason := err.Error()
	var located *document.Error
	if errors.As(err, &located) {
		reason, at = located.Message, located.Position
	}
	r.skip(subject, operation, reason, at)
}
