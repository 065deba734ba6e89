package wsdl

import (
	"regexp"
	"slices"
	"strings"

	"github.com/postern-gateway/postern/adapters/soap/document"
)

// The namespaces of the WSDL bindings for SOAP.
const (
	soap11Binding = "http://schemas.xmlsoap.org/wsdl/soap/"
	soap12Binding = "http://schemas.xmlsoap.org/wsdl/soap12/"
)

func isSOAP(space string) bool { return isSOAP11(space) || isSOAP12(space) }

func isSOAP11(space string) bool { return strings.TrimSuffix(space, "/")+"/" == soap11Binding }

func isSOAP12(space string) bool { return strings.TrimSuffix(space, "/")+"/" == soap12Binding }

func isMIME(space string) bool {
	return strings.HasPrefix(space, "http://schemas.xmlsoap.org/wsdl/mime")
}

// extension returns the first child of this local name in one of the SOAP binding namespaces, also inside MIME parts; nil if there is none.
func extension(node *document.Node, local string) *document.Node {
	return firstOf(extensions(node, local))
}

func extensions(node *document.Node, local string) []*document.Node {
	var out []*document.Node
	for _, child := range node.Children {
		if child.Name.Local == local && isSOAP(child.Name.Space) {
			out = append(out, child)
		}
	}
	for _, child := range node.Children {
		if isMIME(child.Name.Space) {
			out = append(out, extensions(child, local)...)
		}
	}
	return out
}

func (r *reader) skip(subject, operation, reason string, position document.Position) {
	r.out.Skipped = append(r.out.Skipped, Skipped{Subject: subject, Operation: operation, Reason: reason, Position: position})
}

func (r *reader) service(node *document.Node) {
	service := &Service{Name: node.Attribute("name"), Doc: documentation(node)}
	for _, portNode := range children(node, "port") {
		if port := r.port(portNode, node); port != nil {
			service.Ports = append(service.Ports, port)
		}
	}
	r.add(service)
}

func (r *reader) port(node, service *document.Node) *Port {
	subject := "port " + node.Attribute("name")
	name, err := r.name(node, "binding")
	if err != nil {
		r.skipError(subject, "", err, node.Position())
		return nil
	}
	bindingNode, _ := r.bindings.find(name)
	if bindingNode == nil {
		// The specification's own example gets this wrong, and many have learned from it.
		bindingNode = r.onlyBinding()
		r.skip(subject, "", "its binding "+name.String()+" is not defined"+map[bool]string{true: "; the only one there is is taken instead"}[bindingNode != nil], node.Position())
		if bindingNode == nil {
			return nil
		}
	}
	port := r.binding(bindingNode, subject, node, service)
	if port == nil {
		return nil
	}
	port.Name = node.Attribute("name")
	if address := extension(node, "address"); address != nil && !port.OtherTransport {
		port.Address = address.Attribute("location")
	}
	r.addressed(port, subject, node)
	return port
}

// addressed notes a port whose address is not one of HTTP.
func (r *reader) addressed(port *Port, subject string, at *document.Node) {
	if otherTransport.MatchString(port.Address) {
		r.otherTransport(port, subject, "its address is not http or https", at)
	}
}

func (r *reader) otherTransport(port *Port, subject, reason string, at *document.Node) {
	if !port.OtherTransport {
		r.skip(subject, "", reason, at.Position())
	}
	port.OtherTransport, port.Address = true, ""
}

// add adds a service that has ports, those over HTTP first.
func (r *reader) add(service *Service) {
	if len(service.Ports) == 0 {
		return
	}
	slices.SortStableFunc(service.Ports, func(a, b *Port) int {
		switch {
		case a.OtherTransport == b.OtherTransport:
			return 0
		case b.OtherTransport:
			return -1
		}
		return 1
	})
	r.out.Services = append(r.out.Services, service)
}

// A portType is a wsdl:portType and its name.
type portType struct {
	node *document.Node
	name document.Name
}

// otherTransport matches addresses of transports that are not HTTP. Many an address is none at all, but a placeholder or a host without a scheme: localhost:8080/service.
var otherTransport = regexp.MustCompile(`(?i)^(jms|net\.tcp|net\.pipe|net\.msmq|net\.p2p|msmq|mq|soap\.udp|udp|tcp|smtp|mailto|amqps?|mqtt|s?ftps?|file|vm|camel|local|nmr|jbi|corbaname|corbaloc|ior|hl7|xmpp|wss?|sb):`)

// unoffered makes a service of each SOAP binding, if there is no service with a port at all.
func (r *reader) unoffered() {
	for _, service := range r.services {
		if len(children(service, "port"))+len(children2(service, "endpoint")) > 0 {
			return
		}
	}
	for _, root := range r.roots {
		for _, node := range children(root, "binding") {
			name := node.Attribute("name")
			if port := r.binding(node, "binding "+name, node, nil); port != nil {
				port.Name = name
				r.out.Services = append(r.out.Services, &Service{Name: name, Ports: []*Port{port}})
			}
		}
	}
}

// onlyBinding returns the one binding for SOAP that there is, or nil if there are none or more.
func (r *reader) onlyBinding() *document.Node {
	var found *document.Node
	for _, node := range r.bindings {
		if extension(node, "binding") == nil {
			continue
		}
		if found != nil {
			return nil
		}
		found = node
	}
	return found
}

// binding reads what a port offers. at is where the binding is used, and service the service that uses it, if one does.
func (r *reader) binding(node *document.Node, subject string, at, service *document.Node) *Port {
	soap := extension(node, "binding")
	if soap == nil {
		r.skip(subject, "", "its binding is not for SOAP", at.Position())
		return nil
	}
	port := &Port{Version: SOAP11, Doc: documentation(node)}
	if isSOAP12(soap.Name.Space) {
		port.Version = SOAP12
	}
	typeName, err := r.name(node, "type")
	if err != nil {
		r.skipError(subject, "", err, node.Position())
		return nil
	}
	typeNode, found := r.portTypes.find(typeName)
	if typeNode == nil {
		r.skip(subject, "", "its portType "+typeName.String()+" is not defined", node.Position())
		return nil
	}
	port.PortType = found
	if doc := documentation(typeNode); doc != "" {
		port.Doc = doc
	}
	if transport := soap.Attribute("transport"); !isHTTP(transport) {
		r.otherTransport(port, subject, "its transport is not HTTP: "+transport, at)
	}
	port.UsingAddressing, port.AddressingRequired = usingAddressing(node, at)
	port.Policies = r.policies(service, at, node, typeNode)
	earlier := make(map[string]int)
	for _, operation := range children(node, "operation") {
		name := operation.Attribute("name")
		r.operation(port, operation, portType{node: typeNode, name: found}, strings.EqualFold(soap.Attribute("style"), "rpc"), earlier[name])
		earlier[name]++
	}
	return port
}

// isHTTP reports whether a transport URI is for HTTP. Many are found for it; those that are for something else say so.
func isHTTP(transport string) bool {
	lower := strings.ToLower(transport)
	for _, other := range []string{"jms", "/tcp", "msmq", "named-pipe", "namedpipe", "smtp", "amqp", "udp", "nmtoken", "framing", "/vfs", "hl7"} {
		if strings.Contains(lower, other) {
			return false
		}
	}
	return true
}
