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

// A Port is a place where a service is offered over SOAP and HTTP.
type Port struct {
	Name string
	// Address is the URL; "" if the WSDL gives none.
	Address    string
	Version    Version
	PortType   document.Name
	Doc        string
	Operations []*Operation
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
	Input  *Message
	// Output is nil for a one-way operation.
	Output   *Message
	Faults   []*Fault
	Position document.Position
}

// A Message is what stands in the SOAP body.
type Message struct {
	Parts []*Part
	// Namespace is that of the rpc wrapper.
	Namespace string
	// Headers names the parts that the binding puts into SOAP headers.
	Headers []string
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
	// Element is the name of the element in the fault's detail.
	Element document.Name
}
