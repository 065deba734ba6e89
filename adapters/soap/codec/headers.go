package codec

import (
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/postern-gateway/postern/adapters/mirror"
	"github.com/postern-gateway/postern/adapters/soap/wsdl"
	"github.com/postern-gateway/postern/adapters/soap/xsd"
	"github.com/postern-gateway/postern/adapters/wire"
)

// headerElements are the header blocks that can be mapped. What is wrong with the others goes to the body's list.
func (m *Mapper) headerElements(b *Body, headers []*wsdl.Header) []*part {
	var out []*part
	seen := make(map[xsd.Name]bool)
	for _, header := range headers {
		if header.Part == nil || header.Part.Element == nil && header.Part.Type == nil {
			continue // the WSDL's reader has said so
		}
		element, err := m.partElement(header.Part, header.Namespace, false)
		if err != nil {
			b.unmapped = append(b.unmapped, err)
			continue
		}
		if !seen[element.Name] {
			seen[element.Name] = true
			out = append(out, &part{kind: elementNode, max: 1, element: element})
		}
	}
	return out
}

// addHeaders adds the field soap_headers, a message with a field for each header block.
func (m *Mapper) addHeaders(b *Body, blocks []*part, name string) {
	if len(blocks) == 0 {
		return
	}
	p := m.newPlan(name+"Headers", "")
	m.fillContent(p, &part{kind: sequenceNode, min: 1, max: 1, children: blocks})
	b.headers = &Body{mapper: m, plan: p, encoded: b.encoded}
	b.headerField = &field{mirror: b.plan.message.Field(mirror.Field{
		Original: "soap_headers", Type: mirror.Of(p.message), Comment: "The blocks of the SOAP header.",
	})}
	b.plan.extra = append(b.plan.extra, b.headerField)
}

// Headers returns the header blocks that the binding declares, as a body that is decoded from soap:Header; nil if there are none.
func (b *Body) Headers() *Body { return b.headers }

func (b *Body) writeHeaders(w *Writer, m protoreflect.Message) {
	if !m.Has(b.headerField.fd) {
		return
	}
	w.enter(b.headerField, -1)
	b.headers.write(w, m.Get(b.headerField.fd).Message())
	w.leave()
	w.headers, w.buffer = w.buffer, nil
}

// Complete returns a reply together with its header blocks (nil for none), as [Body.Headers] decoded them, and the MIME parts that it is bound to.
func (b *Body) Complete(reply, headers proto.Message, attachments []Attachment) (proto.Message, error) {
	bound := b.bind(attachments)
	if headers == nil && len(bound) == 0 {
		return reply, nil
	}
	out, err := proto.Marshal(reply)
	if err != nil {
		return nil, err
	}
	if _, shared := reply.(*wire.Message); shared {
		out = out[:len(out):len(out)]
	}
	w := wire.NewWriter(out)
	if headers != nil && b.headerField != nil {
		blocks, err := proto.Marshal(headers)
		if err != nil {
			return nil, err
		}
		w.BytesField(b.headerField.mirror.Number, blocks)
	}
	for _, attachment := range bound {
		w.BytesField(attachment.field.mirror.Number, attachment.data)
	}
	return wire.NewMessage(b.plan.descriptor, w.Bytes()), nil
}

// Faults maps the declared faults of an operation to one message with a member for each, as it is decoded from a fault's detail. It returns nil if none is
// declared, or none can be mapped.
func (m *Mapper) Faults(operation *wsdl.Operation) *Body {
	choice := &part{kind: choiceNode, max: 1, name: "fault"}
	seen := make(map[xsd.Name]bool)
	for _, fault := range operation.Faults {
		if fault.Part == nil || fault.Part.Element == nil && fault.Part.Type == nil {
			continue
		}
		element, err := m.partElement(fault.Part, "", false)
		if err != nil || seen[element.Name] {
			continue // what is wrong with a fault hurts no call
		}
		seen[element.Name] = true
		choice.children = append(choice.children, &part{kind: elementNode, min: 1, max: 1, element: element, name: fault.Name})
	}
	if len(choice.children) == 0 {
		return nil
	}
	p := m.newPlan(operation.Name+"Faults", "What the service says of a failure.")
	m.fillContent(p, choice)
	return &Body{mapper: m, plan: p}
}
