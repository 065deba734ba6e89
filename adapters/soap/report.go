package soap

import (
	"fmt"
	"slices"

	"github.com/postern-gateway/postern/adapters/soap/wsdl"
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

// Notes implements [adapters.Noter]: what of the WSDL is not offered.
func (b *backend) Notes() []string {
	notes := b.unaddressedNotes()
	for _, gap := range b.report.Skipped {
		notes = append(notes, gap.String())
	}
	return notes
}

// skip adds a gap, once: ports of one portType have the same gaps.
func (b *backend) unaddressedNotes() []string {
	var notes []string
	for _, port := range b.unaddressed {
		notes = append(notes, "port "+port+": the WSDL gives no http or https address; say in `endpoint` where requests go")
	}
	return notes
}

func (r *Report) skip(skipped wsdl.Skipped) {
	gap := ReportedGap{Subject: skipped.Subject, Reason: skipped.Reason, File: skipped.Position.File, Line: skipped.Position.Line}
	if !slices.Contains(r.Skipped, gap) {
		r.Skipped = append(r.Skipped, gap)
	}
}
