package soap

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/adapters/soap/document"
	"github.com/postern-gateway/postern/adapters/soap/wsdl"
	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

// A Reporter is a back end that can say what it found. Those of this package do.
type Reporter interface {
	// Report returns what was found in the WSDL. Nobody changes it.
	Report() Report
}

// A Report is what was found in a WSDL.
type Report struct {
	// Operations are those that became methods, in order of the WSDL.
	Operations []ReportedOperation
	// Ports are all ports that speak SOAP over HTTP, used or not, in order of the WSDL.
	Ports []ReportedPort
	// Skipped is what did not become a method, or not in full.
	Skipped []ReportedGap
}

// A ReportedOperation is an operation that became a method.
type ReportedOperation struct {
	// Service, Port and Operation are names in the WSDL.
	Service, Port, Operation string
	// Method is the full name of the method.
	Method string
	// Version is the SOAP version: 1.1 or 1.2.
	Version string
	// Endpoint is where requests go.
	Endpoint string
	// Style is "document" or "rpc", and Use "literal" or "encoded" (WSDL 1.1 sections 3.4 and 3.5).
	Style, Use string
	// Action is the SOAPAction.
	Action string
	// OneWay is true if the service sends no reply.
	OneWay bool
}

// A ReportedPort is a port that speaks SOAP over HTTP.
type ReportedPort struct {
	// Service and Name are names in the WSDL.
	Service, Name string
	// Version is the SOAP version: 1.1 or 1.2.
	Version string
	// Address is the WSDL's; "" if it gives none.
	Address string
	// Used says whether methods were made of its operations.
	Used bool
	// Reason says why not, if not.
	Reason string
	// Operations are the names of its operations, each overload once more, in order of the WSDL.
	Operations []string
}

// A ReportedGap is something that cannot be offered.
type ReportedGap struct {
	// Subject names it: "operation getAccount", "port AccountJMS".
	Subject string
	Reason  string
	// File is the document, and Line counts from 1.
	File string
	Line int
}

// String returns "file:line: subject: reason".
func (g ReportedGap) String() string {
	return fmt.Sprintf("%s:%d: %s: %s", g.File, g.Line, g.Subject, g.Reason)
}

// ErrRemote is returned by [Describe] for a WSDL that is not in a file.
var ErrRemote = errors.New("the WSDL is read by URL")

// Describe reads the WSDL of a back end and says what is found in it, without a network and without the secrets of its
// configuration. options needs name and directory only. A mistake is an [adapters.ConfigError]; a WSDL by URL is [ErrRemote].
func Describe(ctx context.Context, config *configv1.SoapBackend, options adapters.Options) (*Report, error) {
	if document.IsURL(config.GetWsdl()) {
		return nil, ErrRemote
	}
	zone, err := timeZone(config)
	if err != nil {
		return nil, err
	}
	mapped, err := readMapping(ctx, &document.Loader{Client: &http.Client{Transport: noNetwork{}}}, config, options, zone)
	if err != nil {
		return nil, err
	}
	return &mapped.report, nil
}

// noNetwork reaches nothing.
type noNetwork struct{}

// RoundTrip implements http.RoundTripper.
func (noNetwork) RoundTrip(*http.Request) (*http.Response, error) {
	return nil, errors.New("nothing is read over the network here")
}

// complete adds what only the WSDL itself says.
func (r *Report) complete(definitions *wsdl.Definitions, config *configv1.SoapBackend) {
	reported := make(map[[3]string]int) // how many of one name of a port have been met: overloads are in order
	for i := range r.Operations {
		o := &r.Operations[i]
		key := [3]string{o.Service, o.Port, o.Operation}
		if found := findOperation(definitions, key, reported[key]); found != nil {
			o.Style, o.Use, o.Action, o.OneWay = "document", "literal", found.Action, found.OneWay
			if found.RPC {
				o.Style = "rpc"
			}
			if found.Input != nil && found.Input.Encoded {
				o.Use = "encoded"
			}
		}
		reported[key]++
	}
	for _, service := range definitions.Services {
		for _, port := range service.Ports {
			r.Ports = append(r.Ports, reportPort(r.Operations, service, port, config))
		}
	}
}

func findOperation(definitions *wsdl.Definitions, key [3]string, skip int) *wsdl.Operation {
	for _, service := range definitions.Services {
		for _, port := range service.Ports {
			for _, operation := range port.Operations {
				if key == [3]string{service.Name, port.Name, operation.Name} {
					if skip--; skip < 0 {
						return operation
					}
				}
			}
		}
	}
	return nil
}

func reportPort(operations []ReportedOperation, service *wsdl.Service, port *wsdl.Port, config *configv1.SoapBackend) ReportedPort {
	out := ReportedPort{Service: service.Name, Name: port.Name, Version: string(port.Version), Address: port.Address, Operations: []string{}}
	out.Used = slices.ContainsFunc(operations, func(o ReportedOperation) bool { return o.Service == service.Name && o.Port == port.Name })
	for _, operation := range port.Operations {
		out.Operations = append(out.Operations, operation.Name)
	}
	switch {
	case out.Used:
	case len(port.Operations) == 0:
		out.Reason = "it has no operation that can be offered"
	case len(config.GetPorts()) > 0 && !slices.Contains(config.GetPorts(), port.Name):
		out.Reason = "the setting `ports` does not name it"
	default:
		out.Reason = "its operations cannot be offered"
		if instead := usedInstead(operations, service, port); instead != "" {
			out.Reason = "port " + instead + " offers the same operations; the setting `ports` chooses otherwise"
		}
	}
	return out
}

// usedInstead returns the used port of the same portType.
func usedInstead(operations []ReportedOperation, service *wsdl.Service, port *wsdl.Port) string {
	for _, other := range service.Ports {
		if other != port && other.PortType == port.PortType &&
			slices.ContainsFunc(operations, func(o ReportedOperation) bool { return o.Service == service.Name && o.Port == other.Name }) {
			return other.Name
		}
	}
	return ""
}

// Notes implements [adapters.Noter]: what of the WSDL is not offered.
func (b *backend) Notes() []string {
	notes := b.unaddressedNotes()
	for _, gap := range b.report.Skipped {
		notes = append(notes, gap.String())
	}
	return notes
}

// unaddressedNotes say of which ports it is not known where requests go.
func (b *backend) unaddressedNotes() []string {
	var notes []string
	for _, port := range b.unaddressed {
		notes = append(notes, "port "+port+": the WSDL gives no http or https address; say in `endpoint` where requests go")
	}
	return notes
}

// skip adds a gap, once: ports of one portType have the same gaps.
func (r *Report) skip(skipped wsdl.Skipped) {
	gap := ReportedGap{Subject: skipped.Subject, Reason: skipped.Reason, File: skipped.Position.File, Line: skipped.Position.Line}
	if !slices.Contains(r.Skipped, gap) {
		r.Skipped = append(r.Skipped, gap)
	}
}
