package wsdl

import (
	"github.com/postern-gateway/postern/adapters/soap/document"
	"github.com/postern-gateway/postern/adapters/soap/xsd"
)

// Definitions is what a WSDL says, imports included.
type Definitions struct {
	Schemas  *xsd.Set
	Services []*Service
	// Skipped is what cannot be used, in order of the documents.
	Skipped []Skipped
}

// Skipped is a port or operation that cannot be used.
type Skipped struct {
	// Subject names it: "port AccountHttpGet", "operation getAccount".
	Subject string
	// Operation is the operation's name; "" for a port.
	Operation string
	Reason    string
	Position  document.Position
}

// A Service is a wsdl:service, or a binding that no service offers.
type Service struct {
	Name  string
	Doc   string
	Ports []*Port
}

// Version is a version of SOAP.
type Version string

// The versions of SOAP.
const (
	SOAP11 Version = "1.1"
	SOAP12 Version = "1.2"
)

// A Port is a place where a service is offered over SOAP.
type Port struct {
	Name string
	// Address is the URL; "" if the WSDL gives none for HTTP.
	Address string
	// OtherTransport is true if the WSDL says that the port is not reached over HTTP. What it says of messages is good for an address that
	// somebody knows. In its service it stands behind the ports over HTTP.
	OtherTransport bool
	Version        Version
	PortType       document.Name
	Doc            string
	Operations     []*Operation
	// UsingAddressing is true if the binding or port says wsaw:UsingAddressing, and AddressingRequired if it says that with wsdl:required.
	UsingAddressing, AddressingRequired bool
	// Policies are the wsp:Policy elements that hold for the port: its own, and those of its service, binding and portType.
	Policies []*document.Node
}

// An Operation is one operation of a port.
type Operation struct {
	Name string
	Doc  string
	// Action is the SOAPAction.
	Action string
	// RPC is the style: the body holds an element named after the operation, with an accessor for each part.
	RPC    bool
	OneWay bool
	// Input is empty if the WSDL declares none, which it does for what it calls a notification.
	Input *Message
	// Output is nil for a one-way operation.
	Output   *Message
	Faults   []*Fault
	Position document.Position
	// InputAction is the wsa:Action of requests, where the WSDL says one (WS-Addressing 1.0 Metadata section 4.4.1); else "".
	InputAction string
	// DefaultInputAction is the wsa:Action of requests that the names make (section 4.4.4), for where neither InputAction nor a SOAPAction says one.
	DefaultInputAction string
	// Policies are the wsp:Policy elements that hold for the operation and for its input alone.
	Policies []*document.Node
}

// A Message is what stands in the SOAP body, and beside it.
type Message struct {
	// Name is the name of the wsdl:message.
	Name  document.Name
	Parts []*Part
	// Namespace is that of the rpc wrapper.
	Namespace string
	// Encoded is true if the body is written by the rules of SOAP 1.1 section 5, or of SOAP 1.2 part 2 section 3.
	Encoded bool
	// Headers are the header blocks that the binding declares.
	Headers []*Header
	// Attachments are the parts that the binding sends beside the envelope, in MIME parts of their own (WSDL 1.1 section 5).
	Attachments []*Attachment
	// Policies are the wsp:Policy elements that hold for this message alone.
	Policies []*document.Node
}

// A Header is a header block that a binding declares (WSDL 1.1 section 3.7).
type Header struct {
	// Part says what the block is. A part by type is an element of the part's name in Namespace.
	Part      *Part
	Namespace string
	Encoded   bool
	// Faults are the header faults: what a fault about this header holds.
	Faults   []*Fault
	Position document.Position
}

// An Attachment is a part of a message that is a MIME part.
type Attachment struct {
	Part *Part
	// Types are the media types that it may have, as the binding lists them.
	Types []string
}

// A Part is a part of a message. Exactly one of Element and Type is set.
type Part struct {
	Name    string
	Element *xsd.Element
	Type    *xsd.Type
}

// A Fault is a declared fault.
type Fault struct {
	Name string
	// Element is the name of the element in the fault's detail. For a part by type it is the part's name.
	Element document.Name
	// Part says what the detail holds; nil if it cannot be found.
	Part *Part
}
