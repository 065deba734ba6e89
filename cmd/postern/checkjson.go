package main

import (
	"context"
	"errors"
	"path/filepath"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/adapters/database"
	"github.com/postern-gateway/postern/adapters/soap"
	"github.com/postern-gateway/postern/gateway"
	"github.com/postern-gateway/postern/gateway/diagnostic"
	"github.com/postern-gateway/postern/gateway/estate"
	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

// checkResult is what `postern check --json` prints. Fields are only ever added to it. Lists are never null.
type checkResult struct {
	// Good is true if the estate has no mistake, and no legacy system has drifted from its lock file.
	Good bool `json:"good"`
	// Findings are the mistakes, with file, line and column. With any, there are no back ends and APIs.
	Findings diagnostic.List `json:"findings"`
	// Backends are in order of name.
	Backends []checkBackend `json:"backends"`
	// APIs are the API versions that are published, contracts first.
	APIs []checkAPI `json:"apis"`
}

// checkBackend is one back end.
type checkBackend struct {
	Name string `json:"name"`
	// Kind is the adapter's: soap, database, batch.
	Kind string `json:"kind"`
	// Services are its mirrored services, with the names of their methods.
	Services []checkService `json:"services"`
	// Operations has one entry for each method.
	Operations []checkOperation `json:"operations"`
	// Ports are the ports of a WSDL that speak SOAP over HTTP, used or not.
	Ports []checkPort `json:"ports"`
	// Skipped is what of a WSDL is not offered, or not in full.
	Skipped []checkGap `json:"skipped"`
	// Notes say in sentences what is not offered, and why; without --connect also which named queries are not in the lock file.
	Notes []string `json:"notes"`
	// Drift says in sentences how the legacy system differs from the lock file, after --connect.
	Drift []string `json:"drift"`
}

type checkService struct {
	Name    string   `json:"name"`
	Methods []string `json:"methods"`
}

// checkOperation is one operation of a legacy system, and the method that it became.
type checkOperation struct {
	// Name is the legacy system's own name for it: that of the wsdl:operation, or the method's where there is no other.
	Name string `json:"name"`
	// Method is the full name of the mirrored method.
	Method string `json:"method"`
	// Routes are those of the back end published as it is; none if it is not.
	Routes []checkRoute `json:"routes"`
	// Idempotency is NO_SIDE_EFFECTS, IDEMPOTENT or IDEMPOTENCY_UNKNOWN (google.protobuf.MethodOptions.IdempotencyLevel).
	Idempotency string `json:"idempotency"`

	// What follows is said of SOAP operations only.

	// Service and Port are names in the WSDL.
	Service string `json:"service,omitempty"`
	Port    string `json:"port,omitempty"`
	// SOAPVersion is 1.1 or 1.2.
	SOAPVersion string `json:"soapVersion,omitempty"`
	// Style is document or rpc, and use literal or encoded.
	Style string `json:"style,omitempty"`
	Use   string `json:"use,omitempty"`
	// SOAPAction is the WSDL's.
	SOAPAction string `json:"soapAction,omitempty"`
	// Endpoint is where requests go.
	Endpoint string `json:"endpoint,omitempty"`
	// OneWay is true if the service sends no reply.
	OneWay bool `json:"oneWay,omitempty"`
}

// checkPort is a port of a WSDL that speaks SOAP over HTTP.
type checkPort struct {
	Service string `json:"service"`
	Name    string `json:"name"`
	// SOAPVersion is 1.1 or 1.2.
	SOAPVersion string `json:"soapVersion"`
	// Address is the WSDL's own; empty if it gives none.
	Address string `json:"address"`
	// Used is true if methods were made of its operations.
	Used bool `json:"used"`
	// Reason says why it is not used.
	Reason string `json:"reason,omitempty"`
	// Operations are their names in the WSDL, each overload once more.
	Operations []string `json:"operations"`
}

// checkGap is something of a WSDL that is not offered.
type checkGap struct {
	// Subject names it: "operation getAccount", "port AccountJMS".
	Subject string `json:"subject"`
	Reason  string `json:"reason"`
	// File is relative to the estate, if it is in there. Line counts from 1.
	File string `json:"file"`
	Line int    `json:"line"`
}

type checkAPI struct {
	API     string       `json:"api"`
	Version string       `json:"version"`
	Routes  []checkRoute `json:"routes"`
}

type checkRoute struct {
	Verb string `json:"verb"`
	Path string `json:"path"`
	// Method is the full name of the method that answers.
	Method string `json:"method"`
	// Mocked is true if nothing answers the method but its mock.
	Mocked bool `json:"mocked"`
}

// describeBackend says what there is of a back end. dir is the estate's directory.
func describeBackend(ctx context.Context, dir string, b gateway.DescribedBackend, routes map[protoreflect.FullName][]checkRoute) (checkBackend, error) {
	out := checkBackend{
		Name: b.Name, Kind: b.Kind, Services: []checkService{}, Operations: []checkOperation{}, Ports: []checkPort{}, Skipped: []checkGap{},
		Notes: emptyIfNil(within(dir, b.Notes)), Drift: emptyIfNil(b.Drift),
	}
	methods := make(map[protoreflect.FullName]checkOperation)
	for _, service := range b.Services {
		listed := checkService{Name: string(service.FullName()), Methods: []string{}}
		for i := range service.Methods().Len() {
			method := service.Methods().Get(i)
			listed.Methods = append(listed.Methods, string(method.Name()))
			operation := checkOperation{
				Name: string(method.Name()), Method: string(method.FullName()), Idempotency: idempotency(method), Routes: routes[method.FullName()],
			}
			if operation.Routes == nil {
				operation.Routes = []checkRoute{}
			}
			methods[method.FullName()] = operation
			out.Operations = append(out.Operations, operation)
		}
		out.Services = append(out.Services, listed)
	}
	unlocked, err := unlockedQueries(b)
	if err != nil {
		return out, err
	}
	out.Notes = append(out.Notes, within(dir, unlocked)...)
	report, err := soapReport(ctx, b.Declared, b.Opened)
	if report == nil || err != nil {
		return out, err
	}
	out.Operations = out.Operations[:0]
	for _, o := range report.Operations {
		operation, known := methods[protoreflect.FullName(o.Method)]
		if !known { // the lock file knows it by another name: what is served goes by the lock only while the legacy system is down
			operation = checkOperation{Method: o.Method, Routes: []checkRoute{}}
		}
		operation.Name, operation.Service, operation.Port, operation.SOAPVersion, operation.Style = o.Operation, o.Service, o.Port, o.Version, o.Style
		operation.Use, operation.SOAPAction, operation.Endpoint, operation.OneWay = o.Use, o.Action, o.Endpoint, o.OneWay
		out.Operations = append(out.Operations, operation)
	}
	for _, p := range report.Ports {
		out.Ports = append(out.Ports, checkPort{
			Service: p.Service, Name: p.Name, SOAPVersion: p.Version, Address: p.Address, Used: p.Used, Reason: p.Reason, Operations: p.Operations,
		})
	}
	for _, gap := range report.Skipped {
		gap.File = relative(dir, gap.File)
		out.Skipped = append(out.Skipped, checkGap{Subject: gap.Subject, Reason: gap.Reason, File: gap.File, Line: gap.Line})
		if b.Opened == nil {
			out.Notes = append(out.Notes, gap.String())
		}
	}
	return out, nil
}

// unlockedQueries says which named queries of a database that stands from its lock file are not in there.
func unlockedQueries(b gateway.DescribedBackend) ([]string, error) {
	settings, ok := b.Declared.Config.(*configv1.DatabaseBackend)
	if !ok || b.Opened != nil {
		return nil, nil
	}
	unlocked, err := database.Unlocked(settings, filepath.Dir(b.Declared.LockPath), b.Services)
	return unlocked, inConfig(b.Declared, err)
}

// inConfig gives mistakes in what the user wrote their places.
func inConfig(declared *estate.Backend, err error) error {
	var mistakes *adapters.ConfigError
	if errors.As(err, &mistakes) {
		return declared.Source.FromConfigError(mistakes)
	}
	return err
}

// soapReport returns what a SOAP back end found in its WSDL. One that stands from its lock file is asked for it without being opened, if its WSDL is
// in a file. It is nil for other kinds, and for a WSDL that is somewhere else.
func soapReport(ctx context.Context, declared *estate.Backend, opened adapters.Backend) (*soap.Report, error) {
	if reporter, ok := opened.(soap.Reporter); ok {
		report := reporter.Report()
		return &report, nil
	}
	config, ok := declared.Config.(*configv1.SoapBackend)
	if !ok {
		return nil, nil //nolint:nilnil // nothing to report is no error
	}
	report, err := soap.Describe(ctx, config, adapters.Options{Name: declared.Name, Dir: filepath.Dir(declared.LockPath)})
	if errors.Is(err, soap.ErrRemote) {
		return nil, nil //nolint:nilnil // as above
	}
	return report, inConfig(declared, err)
}

func idempotency(method protoreflect.MethodDescriptor) string {
	options, _ := method.Options().(*descriptorpb.MethodOptions)
	return options.GetIdempotencyLevel().String()
}

// relative is the file's path in the directory, with slashes, if it lies there.
func relative(dir, file string) string {
	absolute, err := filepath.Abs(dir)
	if err != nil {
		return file
	}
	inside, err := filepath.Rel(absolute, file)
	if err != nil || inside == ".." || strings.HasPrefix(inside, ".."+string(filepath.Separator)) {
		return file
	}
	return filepath.ToSlash(inside)
}

// within shortens the paths in notes that lie in the directory.
func within(dir string, notes []string) []string {
	absolute, err := filepath.Abs(dir)
	if err != nil {
		return notes
	}
	var out []string
	for _, note := range notes {
		out = append(out, strings.ReplaceAll(note, absolute+string(filepath.Separator), ""))
	}
	return out
}
