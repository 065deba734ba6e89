package wsdl

import (
	"slices"
	"strings"

	"github.com/postern-gateway/postern/adapters/soap/document"
	"github.com/postern-gateway/postern/adapters/soap/xsd"
)

func first(node *document.Node, local string) *document.Node {
	if node == nil {
		return nil
	}
	return node.Child(document.Name{Space: namespace, Local: local})
}

// findMessage returns the wsdl:message that a node's message attribute names.
func (r *reader) findMessage(node *document.Node) (*document.Node, document.Name, error) {
	name, err := r.name(node, "message")
	if err != nil {
		return nil, name, err
	}
	message, found := r.messages.find(name)
	if message == nil {
		return nil, name, node.Errorf("the message %s is not defined", name)
	}
	return message, found, nil
}

// message reads what stands in the body, and beside it. binding is the binding's input or output; it may be missing.
func (r *reader) message(abstract, binding *document.Node, operation *Operation) (*Message, error) {
	node, name, err := r.findMessage(abstract)
	if err != nil {
		return r.unnamedMessage(abstract, err)
	}
	out := &Message{Name: name}
	inBody := r.bodyParts(out, node, binding, operation)
	for _, part := range children(node, "part") {
		if !inBody(part.Attribute("name")) {
			continue
		}
		read, err := r.part(part)
		if err != nil && operation.RPC {
			// The accessor is named by the part; only what it holds is not known. WSDLs of gSOAP name elements that they do not declare.
			read = &Part{Name: part.Attribute("name"), Type: xsd.AnyType()}
			r.skipError("part "+read.Name+" of operation "+operation.Name, "", err, part.Position())
		} else if err != nil {
			return nil, err
		}
		out.Parts = append(out.Parts, read)
	}
	if !operation.RPC && len(out.Parts) > 1 {
		out.Parts = elementsOnly(out.Parts)
	}
	out.Policies = r.policies(abstract, binding)
	return out, nil
}

// unnamedMessage is a message that is not defined, but whose name is that of an element: the message was forgotten.
func (r *reader) unnamedMessage(abstract *document.Node, missing error) (*Message, error) {
	name, err := r.name(abstract, "message")
	if err != nil {
		return nil, missing
	}
	element, err := r.schemas.Element(name, abstract)
	if err != nil {
		return nil, missing
	}
	return &Message{Name: name, Parts: []*Part{{Name: name.Local, Element: element}}}, nil
}

// bodyParts reads what a binding says of a message, and returns which of its parts stand in the body: those that soap:body lists, or all that are
// neither headers nor attachments.
func (r *reader) bodyParts(out *Message, message, binding *document.Node, operation *Operation) (inBody func(part string) bool) {
	if binding == nil {
		return func(string) bool { return true }
	}
	headers := make(map[string]bool)
	for _, node := range extensions(binding, "header") {
		if part := r.header(out, node, message, operation); part != "" {
			headers[part] = true
		}
	}
	attached := r.attachments(out, message, binding)
	other := func(part string) bool { return headers[part] || attached[part] }
	body := extension(binding, "body")
	if body == nil {
		return func(part string) bool { return !other(part) }
	}
	out.Encoded = strings.EqualFold(body.Attribute("use"), "encoded")
	out.Namespace = body.Attribute("namespace")
	listed, given := body.Lookup(document.Name{Local: "parts"})
	if given {
		wanted := strings.Fields(listed)
		// gSOAP lists "Body" for rpc, where no part has that name. With document style, the body is empty then.
		if operation.RPC && len(wanted) > 0 && !slices.ContainsFunc(wanted, func(part string) bool { return hasPart(message, part) }) {
			return func(part string) bool { return !other(part) }
		}
		return func(part string) bool { return slices.Contains(wanted, part) && !attached[part] }
	}
	return func(part string) bool { return !other(part) }
}

func hasPart(message *document.Node, name string) bool {
	return slices.ContainsFunc(children(message, "part"), func(part *document.Node) bool {
		return part.Attribute("name") == name
	})
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

// header adds a header block, and returns the name of the part of the body's own message that it takes, if it takes one. A header
// that cannot be found is noted, and the operation is offered without it.
func (r *reader) header(out *Message, node, body *document.Node, operation *Operation) (taken string) {
	part := node.Attribute("part")
	message, err := body, error(nil)
	if node.Attribute("message") != "" {
		message, _, err = r.findMessage(node)
	}
	if err == nil && message == body {
		taken = part
	}
	header := &Header{Namespace: node.Attribute("namespace"), Encoded: strings.EqualFold(node.Attribute("use"), "encoded"), Position: node.Position()}
	if err == nil {
		header.Part, err = r.partOf(message, part, node)
	}
	if err != nil {
		r.skipError("header "+part+" of operation "+operation.Name, "", err, node.Position())
		return taken
	}
	for _, child := range node.Children {
		if child.Name.Local == "headerfault" && isSOAP(child.Name.Space) {
			header.Faults = append(header.Faults, r.headerFault(child, operation)...)
		}
	}
	out.Headers = append(out.Headers, header)
	return taken
}

// partOf reads one part of a message; without a name, the only one.
func (r *reader) partOf(message *document.Node, name string, at *document.Node) (*Part, error) {
	parts := children(message, "part")
	for _, part := range parts {
		if part.Attribute("name") == name || name == "" && len(parts) == 1 {
			return r.part(part)
		}
	}
	return nil, at.Errorf("the message %s has no part %q", message.Attribute("name"), name)
}

func (r *reader) headerFault(node *document.Node, operation *Operation) []*Fault {
	fault := &Fault{Name: node.Attribute("part")}
	message, _, err := r.findMessage(node)
	if err == nil {
		fault.Part, err = r.partOf(message, node.Attribute("part"), node)
	}
	if err != nil {
		r.skipError("header fault "+fault.Name+" of operation "+operation.Name, "", err, node.Position())
		return nil
	}
	fault.Element = document.Name{Space: node.Attribute("namespace"), Local: fault.Part.Name}
	if fault.Part.Element != nil {
		fault.Element = fault.Part.Element.Name
	}
	return []*Fault{fault}
}

// attachments adds the parts that a MIME binding sends beside the envelope, and returns their names. Alternatives for one part are one
// attachment of several media types.
func (r *reader) attachments(out *Message, message, binding *document.Node) map[string]bool {
	attached := make(map[string]bool)
	var walk func(node *document.Node)
	walk = func(node *document.Node) {
		for _, child := range node.Children {
			if !isMIME(child.Name.Space) {
				continue
			}
			if name := child.Attribute("part"); child.Name.Local == "content" && hasPart(message, name) {
				r.attachment(out, message, child, attached[name])
				attached[name] = true
			}
			walk(child)
		}
	}
	walk(binding)
	return attached
}

func (r *reader) attachment(out *Message, message, content *document.Node, known bool) {
	name, media := content.Attribute("part"), content.Attribute("type")
	if !known {
		part, err := r.partOf(message, name, content)
		if err != nil {
			r.skipError("attachment "+name, "", err, content.Position())
			return
		}
		out.Attachments = append(out.Attachments, &Attachment{Part: part})
	}
	for _, attachment := range out.Attachments {
		if attachment.Part.Name == name && media != "" && !slices.Contains(attachment.Types, media) {
			attachment.Types = append(attachment.Types, media)
		}
	}
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
	name, err := r.name(node, attribute)
	if err != nil {
		return nil, err
	}
	if attribute == "element" {
		if part.Element, err = r.schemas.Element(name, node); err != nil {
			if t, typeErr := r.schemas.Type(name, node); typeErr == nil { // it says element, and names a type
				return &Part{Name: part.Name, Type: t}, nil
			}
		}
		return part, err
	}
	if part.Type, err = r.schemas.Type(name, node); err != nil {
		if element, elementErr := r.schemas.Element(name, node); elementErr == nil {
			return &Part{Name: part.Name, Element: element}, nil
		}
	}
	return part, err
}
