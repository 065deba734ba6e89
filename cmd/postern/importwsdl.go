package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/postern-gateway/postern/adapters/soap"
)

// importWSDLCommand is `postern import wsdl`.
type importWSDLCommand struct {
	Source       string   `arg:"" help:"The WSDL: a file, an http(s) URL, or a ZIP file that holds it."`
	Endpoint     string   `help:"Where requests go, instead of the WSDL's own address." placeholder:"URL"`
	Replace      bool     `help:"Take the documents of a back end that is there already anew. backends/NAME.yaml stays as it is."`
	Supply       []string `help:"Read FILE where the WSDL imports URL. May be given several times." placeholder:"URL=FILE" sep:"none"`
	AllowPrivate bool     `help:"Let a WSDL from the network import from files and from loopback, link-local and private addresses."`
	importFlags
}

// Help shows examples.
func (importWSDLCommand) Help() string {
	return "Copies the WSDL and all that it imports beside backends/NAME.yaml, so that later starts need no network. Prints the ports that it finds, which\n" +
		"of them are used, and their operations; what cannot be offered is said with file, line and reason.\n\n" +
		"A document that cannot be fetched can be supplied by hand, by the URL that the message names. A WSDL without a service, or without an\n" +
		"http address, needs --endpoint before anything can be called.\n\n" +
		"Examples:\n\n  postern import wsdl https://legacy.example/accounts?wsdl --into ./estate --name accounts\n\n" +
		"  postern import wsdl accounts.zip --into ./estate --name accounts --replace\n\n" +
		"  postern import wsdl accounts.wsdl --supply http://legacy.example/types.xsd=types.xsd --into ./estate --name accounts"
}

// Run implements the command.
func (c *importWSDLCommand) Run(s *session) error {
	supply := make(map[string]string)
	for _, pair := range c.Supply {
		cut := strings.LastIndexByte(pair, '=') // an address may hold one, and a file's name hardly does
		if cut < 1 || cut == len(pair)-1 {
			return fmt.Errorf("--supply %s: URL=FILE is accepted", pair)
		}
		supply[pair[:cut]] = pair[cut+1:]
	}
	report, err := soap.Import(s.ctx, soap.ImportOptions{
		Source: c.Source, Endpoint: c.Endpoint, Dir: c.backends(), Name: c.Name, Replace: c.Replace, Supply: supply, AllowPrivate: c.AllowPrivate,
	})
	if errors.Is(err, soap.ErrExists) {
		return fmt.Errorf("%w; --replace takes its documents anew, and another --name puts a new one beside it", err)
	}
	if err != nil {
		return err
	}
	printPorts(s.stdout, report.Report)
	return s.finishImport(c.importFlags, len(report.Operations), "operation")
}

// printPorts lists ports with their operations.
func printPorts(out io.Writer, report soap.Report) {
	for _, port := range report.Ports {
		fmt.Fprintf(out, "port %s of service %s: SOAP %s", port.Name, port.Service, port.Version)
		if port.Address != "" {
			fmt.Fprintf(out, " at %s", strings.Join(strings.Fields(port.Address), " "))
		}
		fmt.Fprintln(out)
		if !port.Used {
			fmt.Fprintf(out, "  not used: %s\n", port.Reason)
		}
		for _, operation := range report.Operations {
			if operation.Service == port.Service && operation.Port == port.Name {
				fmt.Fprintf(out, "  operation %s\n", operation.Operation)
			}
		}
	}
}
