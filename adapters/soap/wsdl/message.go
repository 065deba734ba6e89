package wsdl

import (
	"errors"
	"slices"
	"strings"

	"github.com/postern-gateway/postern/adapters/soap/document"
)

// operation adds one operation of a binding, or says why it cannot be used.
func (r *reader) operation(port *Port, node, portType *document.Node, rpc bool) {
	name := node.Attribute("name")
	operation, reason, at := r.readOperation(node, portType, rpc)
	if reason != "" {
		r.skip("operation "+name, name, reason, at)
		return
	}
	port.Operations = append(port.Operations, operation)
}

// An output before the input is a slip of the pen more often than a solicit-response operation, and read as a call.
func (r *reader) readOperation(node, portType *document.Node, rpc bool) (operation *Operation, reason string, at document.Position) {
	operation = &Operation{Name: node.Attribute("name"), RPC: rpc, Position: node.Position()}
	abstract := abstractOperation(portType, node)
	if abstract == nil {
		return nil, "the portType has no operation of this name", node.Position()
	}
	operation.Doc = documentation(abstract)
	if soap := extension(node, "operation"); soap != nil {
		operation.Action = soap.Attribute("soapAction")
		if style := soap.Attribute("style"); style != "" {
			operation.RPC = style == "rpc"
		}
	}
	input, output := first(abstract, "input"), first(abstract, "output")
	if input == nil {
		return nil, "it is a notification, which the service sends by itself", abstract.Position()
	}
	var err error
	if operation.Input, err = r.message(input, first(node, "input"), operation.RPC); err == nil {
		operation.OneWay = output == nil
		if output != nil {
			operation.Output, err = r.message(output, first(node, "output"), operation.RPC)
		}
	}
	if err != nil {
		var located *document.Error
		if errors.As(err, &located) {
			return nil, located.Message, located.Position
		}
		return nil, err.Error(), node.Position()
	}
	for _, fault := range children(abstract, "fault") {
		operation.Faults = append(operation.Faults, r.fault(fault))
	}
	return operation, "", document.Position{}
}

// abstractOperation finds the portType's operation for a binding's; among overloaded ones by the names of their messages.
func abstractOperation(portType, binding *document.Node) *document.Node {
	var candidates []*document.Node
	for _, operation := range children(portType, "operation") {
		if operation.Attribute("name") == binding.Attribute("name") {
			candidates = append(candidates, operation)
		}
	}
	if len(candidates) == 0 {
		return nil
	}
	for _, candidate := range candidates {
		if messageName(candidate, "input") == messageName(binding, "input") && messageName(candidate, "output") == messageName(binding, "output") {
			return candidate
		}
	}
	for _, candidate := range candidates {
		if messageName(candidate, "input") == messageName(binding, "input") {
			return candidate
		}
	}
	return candidates[0]
}

func messageName(operation *document.Node, direction string) string {
	if node := first(operation, direction); node != nil {
		return node.Attribute("name")
	}
	return ""
}

func first(node *document.Node, local string) *document.Node {
	if node == nil {
		return nil
	}
	return node.Child(document.Name{Space: namespace, Local: local})
}

// message reads what stands in the body. binding is the binding's input or output; it may be missing.
func (r *reader) message(abstract, binding *document.Node, rpc bool) (*Message, error) {
	name, err := abstract.QName(abstract.Attribute("message"))
	if err != nil {
		return nil, err
	}
	node := r.messages.find(name)
	if node == nil {
		return nil, abstract.Errorf("the message %s is not defined", name)
	}
	out := &Message{}
	inBody, err := r.bodyParts(out, node, binding)
	if err != nil {
		return nil, err
	}
	for _, part := range children(node, "part") {
		if !inBody(part.Attribute("name")) {
			continue
		}
		read, err := r.part(part)
		if err != nil {
			return nil, err
		}
		out.Parts = append(out.Parts, read)
	}
	if !rpc && len(out.Parts) > 1 {
		out.Parts = elementsOnly(out.Parts)
	}
	return out, nil
}

// bodyParts reads what a binding says of a message, and returns which of its parts stand in the body: those that soap:body lists, or all that are
// neither headers nor attachments.
func (r *reader) bodyParts(out *Message, message, binding *document.Node) (inBody func(part string) bool, err error) {
	if binding == nil {
		return func(string) bool { return true }, nil
	}
	headers := make(map[string]bool)
	for _, header := range binding.Children {
		if header.Name.Local != "header" || !isSOAP(header.Name.Space) {
			continue
		}
		name, err := header.QName(header.Attribute("message"))
		if err != nil {
			return nil, err
		}
		part := header.Attribute("part")
		headers[part] = headers[part] || r.messages.find(name) == message
		out.Headers = append(out.Headers, &Header{Part: &Part{Name: part}, Position: header.Position()})
	}
	other := func(part string) bool { return headers[part] || isAttachment(binding, part) }
	body := extension(binding, "body")
	if body == nil {
		return func(part string) bool { return !other(part) }, nil
	}
	if body.Attribute("use") == "encoded" {
		return nil, body.Errorf("it is rpc/encoded, which is not offered")
	}
	out.Namespace = body.Attribute("namespace")
	if listed, given := body.Lookup(document.Name{Local: "parts"}); given {
		wanted := strings.Fields(listed)
		return func(part string) bool { return slices.Contains(wanted, part) && !isAttachment(binding, part) }, nil
	}
	return func(part string) bool { return !other(part) }, nil
}

// elementsOnly drops parts by type where others are by element: with document style only elements can stand in the body.
func elementsOnly(parts []*Part) []*Part {
	var out []*Part
	for _, part := range parts {
		if part.Element != nil {
			out = append(out, part)
		}
	}
	if len(out) == 0 {
		return parts
	}
	return out
}

// isAttachment reports whether a MIME binding sends a part beside the envelope.
func isAttachment(node *document.Node, part string) bool {
	for _, child := range node.Children {
		if !strings.HasPrefix(child.Name.Space, "http://schemas.xmlsoap.org/wsdl/mime") {
			continue
		}
		if child.Name.Local == "content" && child.Attribute("part") == part || isAttachment(child, part) {
			return true
		}
	}
	return false
}

func (r *reader) part(node *document.Node) (*Part, error) {
	part := &Part{Name: node.Attribute("name")}
	attribute := "element"
	if node.Attribute(attribute) == "" {
		attribute = "type"
	}
	if node.Attribute(attribute) == "" {
		return nil, node.Errorf("the part %s has neither element nor type", part.Name)
	}
	name, err := node.QName(node.Attribute(attribute))
	if err != nil {
		return nil, err
	}
	if attribute == "element" {
		part.Element, err = r.schemas.Element(name, node)
	} else {
		part.Type, err = r.schemas.Type(name, node)
	}
	return part, err
}

// fault reads a declared fault as far as it can be: a broken one hurts nobody.
func (r *reader) fault(node *document.Node) *Fault {
	fault := &Fault{Name: node.Attribute("name")}
	name, err := node.QName(node.Attribute("message"))
	if err != nil {
		return fault
	}
	message := r.messages.find(name)
	if message == nil {
		return fault
	}
	for _, part := range children(message, "part") {
		if part.Attribute("element") != "" {
			fault.Element, _ = part.QName(part.Attribute("element")) // an unknown prefix leaves the name empty
			break
		}
	}
	return fault
}
