package codec

import (
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/adapters/mirror"
	"github.com/postern-gateway/postern/adapters/soap/wsdl"
	"github.com/postern-gateway/postern/adapters/soap/xsd"
)

// A Body says how one message stands in a SOAP body. It may be used by many goroutines at once.
type Body struct {
	mapper *Mapper
	plan   *plan
	// root is the one element in the body whose content is the message; nil if the message's own elements stand in
	// the body.
	root *qualified
	// rpc accepts the root under any name: SOAP 1.1 section 7.1 gives it none for answers.
	rpc bool
	// encoded is true for a body that is written by the rules of SOAP encoding.
	encoded bool
	// headers are the header blocks beside the body, and headerField the field of the message that holds them; nil if the binding declares none.
	headers     *Body
	headerField *field
	// attachments are the parts of the message that are MIME parts.
	attachments []*boundAttachment
	unmapped    []error
}

// Body maps a message of an operation. name is the message's name if the schema gives none. The error says what reference
// points at nothing; nothing has been added to the mirrored file then. Header blocks that cannot be mapped are left out ([Body.Unmapped]).
//
// A message that has header blocks or MIME parts is a message of its own, and not that of its schema type, which others share.
func (m *Mapper) Body(message *wsdl.Message, operation *wsdl.Operation, name, wrapper string) (*Body, error) {
	particles, err := m.particles(message, operation.RPC)
	if err != nil {
		return nil, err
	}
	b := &Body{mapper: m, encoded: message.Encoded}
	content := &xsd.Type{Complex: true}
	if len(particles) > 0 {
		content.Content = &xsd.Particle{Kind: xsd.SequenceParticle, Min: 1, Max: 1, Children: particles}
	}
	switch {
	case operation.RPC:
		root := m.qualify(xsd.Name{Space: message.Namespace, Local: wrapper})
		b.root, b.rpc = &root, true
	case len(particles) == 1 && message.Parts[0].Element != nil:
		element := particles[0].Element
		if t, err := element.Type(); err == nil && t.Complex && !t.Any && !m.holdsText(t) {
			root := m.qualify(element.Name)
			b.root, content = &root, t
		}
	}
	headers := m.headerElements(b, message.Headers)
	if len(headers) == 0 && len(message.Attachments) == 0 {
		b.plan = m.planFor(content, name)
		b.plan.accessors = b.rpc
		return b, nil
	}
	b.plan = m.newPlan(name, content.Doc)
	b.plan.accessors = b.rpc
	m.fill(b.plan, content)
	m.addHeaders(b, headers, name)
	m.addAttachments(b, message.Attachments)
	return b, nil
}

// particles are the elements of the parts that stand in the body.
func (m *Mapper) particles(message *wsdl.Message, rpc bool) ([]*xsd.Particle, error) {
	var out []*xsd.Particle
	for _, part := range message.Parts {
		element, err := m.partElement(part, "", rpc)
		if err != nil {
			return nil, err
		}
		out = append(out, &xsd.Particle{Kind: xsd.ElementParticle, Min: 1, Max: 1, Element: element})
	}
	return out, nil
}

// partElement is the element that a part is: the one it names, or for one by type, or an accessor, one of the part's name.
func (m *Mapper) partElement(part *wsdl.Part, namespace string, accessor bool) (*xsd.Element, error) {
	element := part.Element
	if element == nil || accessor {
		t := part.Type
		if t == nil {
			var err error
			if t, err = element.Type(); err != nil {
				return nil, err
			}
		}
		element = xsd.NewElement(xsd.Name{Space: namespace, Local: part.Name}, t)
	}
	t, err := element.Type()
	if err != nil {
		return nil, err
	}
	return element, m.check(t)
}

// Message returns the mirrored message.
func (b *Body) Message() *mirror.Message { return b.plan.message }

// Descriptor returns the message's descriptor, once the mapper is linked.
func (b *Body) Descriptor() protoreflect.MessageDescriptor { return b.plan.descriptor }

// Unmapped says which of the declared header blocks the message has no field for, and why.
func (b *Body) Unmapped() []error { return b.unmapped }

// WriteOptions say how one message is written. The zero value is for SOAP 1.1 without attachments.
type WriteOptions struct {
	// Version is the version of SOAP whose encoding an encoded body takes; "" is 1.1.
	Version wsdl.Version
	// MTOM sends binary content as attachments that the body refers to (XOP 1.0).
	MTOM bool
	// Threshold is the number of bytes from which on content is an attachment with MTOM. Smaller content stays in the body.
	Threshold int
}

// Encode writes the message as it stands in the body, for SOAP 1.1 and without MTOM.
func (b *Body) Encode(message proto.Message) (*Writer, error) {
	return b.EncodeWith(message, WriteOptions{})
}

// EncodeWith writes the message as it stands in the body, and its header blocks and attachments beside it. The error is an
// [adapters.Error] with code InvalidArgument and a violation for each mistake.
func (b *Body) EncodeWith(message proto.Message, options WriteOptions) (*Writer, error) {
	w := b.mapper.NewWriter()
	w.options = options
	m := message.ProtoReflect()
	if b.headers != nil {
		b.writeHeaders(w, m)
	}
	b.write(w, m)
	b.attach(w, m)
	if len(w.violations) > 0 {
		return nil, &adapters.Error{Code: codes.InvalidArgument, Violations: w.violations}
	}
	return w, nil
}

func (b *Body) write(w *Writer, m protoreflect.Message) {
	w.encoding = nil
	if b.encoded {
		w.encoding = encodingOf(w.options.Version)
	}
	switch {
	case b.root == nil:
		w.inside(b.plan, m)
	case b.rpc:
		w.open(*b.root)
		w.encodingStyle()
		w.buffer = append(w.buffer, '>')
		w.inside(b.plan, m)
		w.close(*b.root)
	default:
		w.message(*b.root, b.plan, m, nil)
	}
}
