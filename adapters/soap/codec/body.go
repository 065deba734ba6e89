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
}

// Body maps a message of an operation. name is the message's name if the schema gives none. The error says what reference
// points at nothing; nothing has been added to the mirrored file then.
func (m *Mapper) Body(message *wsdl.Message, operation *wsdl.Operation, name, wrapper string) (*Body, error) {
	content := &xsd.Type{Complex: true}
	var particles []*xsd.Particle
	for _, part := range message.Parts {
		element := part.Element
		if element == nil || operation.RPC {
			t := part.Type
			if t == nil {
				var err error
				if t, err = element.Type(); err != nil {
					return nil, err
				}
			}
			element = xsd.NewElement(xsd.Name{Local: part.Name}, t)
		}
		t, err := element.Type()
		if err != nil {
			return nil, err
		}
		if err := m.check(t); err != nil {
			return nil, err
		}
		particles = append(particles, &xsd.Particle{Kind: xsd.ElementParticle, Min: 1, Max: 1, Element: element})
	}
	if len(particles) > 0 {
		content.Content = &xsd.Particle{Kind: xsd.SequenceParticle, Min: 1, Max: 1, Children: particles}
	}
	if operation.RPC {
		root := m.qualify(xsd.Name{Space: message.Namespace, Local: wrapper})
		return &Body{mapper: m, plan: m.planFor(content, name), root: &root, rpc: true}, nil
	}
	if len(particles) == 1 && message.Parts[0].Element != nil {
		element := particles[0].Element
		if t, err := element.Type(); err == nil && t.Complex && !t.Any && !m.holdsText(t) {
			root := m.qualify(element.Name)
			return &Body{mapper: m, plan: m.planFor(t, name), root: &root}, nil
		}
	}
	return &Body{mapper: m, plan: m.planFor(content, name)}, nil
}

// Message returns the mirrored message.
func (b *Body) Message() *mirror.Message { return b.plan.message }

// Descriptor returns the message's descriptor, once the mapper is linked.
func (b *Body) Descriptor() protoreflect.MessageDescriptor { return b.plan.descriptor }

// Encode writes the message as it stands in the body. The error is an [adapters.Error] with code InvalidArgument and a
// violation for each mistake.
func (b *Body) Encode(message proto.Message) (*Writer, error) {
	w := b.mapper.NewWriter()
	if b.root != nil {
		w.message(*b.root, b.plan, message.ProtoReflect(), nil)
	} else {
		w.inside(b.plan, message.ProtoReflect())
	}
	if len(w.violations) > 0 {
		return nil, &adapters.Error{Code: codes.InvalidArgument, Violations: w.violations}
	}
	return w, nil
}
