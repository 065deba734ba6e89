package soap

import (
	"context"
	"errors"
	"log/slog"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"time"
	_ "time/tzdata" // containers come without zones

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/adapters/soap/document"
	"github.com/postern-gateway/postern/adapters/soap/transport"
	"github.com/postern-gateway/postern/adapters/soap/wsdl"
	"github.com/postern-gateway/postern/adapters/soap/wss"
	"github.com/postern-gateway/postern/adapters/soap/xmltoken"
	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

// Adapter opens SOAP services.
type Adapter struct{}

var (
	_ adapters.Adapter = Adapter{}
	_ adapters.Backend = (*backend)(nil)
	_ adapters.Checker = (*backend)(nil)
	_ Reporter         = (*backend)(nil)
)

// Kind returns "soap".
func (Adapter) Kind() string { return "soap" }

// Config returns an empty [configv1.SoapBackend].
func (Adapter) Config() adapters.Config { return &configv1.SoapBackend{} }

// A backend is one open SOAP service.
type backend struct {
	services []adapters.Service
	report   Report
	endpoint string // of the first port that has one
	// unaddressed are the ports that have none: their operations are there, and answer that they cannot be reached.
	unaddressed []string
	faults      []faultRule
	headers     *headerTemplates
	lenient     bool
	transport   *transport.Transport
	security    *wss.Security
	operations  map[protoreflect.FullName]*mappedOperation
	readers     sync.Pool // of *xmltoken.Reader
	logger      *slog.Logger
}

// Open reads the WSDL. A WSDL in a file needs no network, unless it imports by URL.
func (Adapter) Open(ctx context.Context, config adapters.Config, options adapters.Options) (adapters.Backend, error) {
	settings, ok := config.(*configv1.SoapBackend)
	if !ok {
		return nil, adapters.ConfigErrorf("kind", "the configuration is not of kind soap")
	}
	if ended := adapters.FromContext(ctx.Err()); ended != nil {
		return nil, ended
	}
	b := &backend{
		logger: options.Logger, lenient: settings.GetLenientReplies(), operations: make(map[protoreflect.FullName]*mappedOperation),
		readers: sync.Pool{New: func() any { return &xmltoken.Reader{} }},
	}
	if b.logger == nil {
		b.logger = slog.New(slog.DiscardHandler)
	}
	zone, err := b.configure(settings, options)
	if err != nil {
		return nil, err
	}
	mapped, err := b.describe(ctx, settings, options, zone)
	if err != nil {
		b.transport.Close()
		return nil, err
	}
	b.report = mapped.report
	b.offer(mapped, settings)
	for _, note := range b.unaddressedNotes() {
		b.logger.WarnContext(ctx, "no call can be sent", "note", note)
	}
	return b, nil
}

// configure reads all settings that need no WSDL, and finds all mistakes in them at once.
func (b *backend) configure(settings *configv1.SoapBackend, options adapters.Options) (*time.Location, error) {
	var findings []adapters.Finding
	zone, err := timeZone(settings)
	findings = append(findings, findingsOf(err)...)
	var wrong []adapters.Finding
	b.faults, wrong = faultRules(settings.GetFaults())
	findings = append(findings, wrong...)
	b.headers, wrong = compileHeaders(settings.GetHeaders(), options.Dir)
	findings = append(findings, wrong...)
	b.security, err = wss.New(settings.GetSecurity(), options)
	findings = append(findings, findingsOf(err)...)
	b.transport, err = transport.New(settings, options)
	findings = append(findings, findingsOf(err)...)
	if len(findings) > 0 {
		if b.transport != nil {
			b.transport.Close()
		}
		return nil, &adapters.ConfigError{Findings: findings}
	}
	return zone, nil
}

func findingsOf(err error) []adapters.Finding {
	var config *adapters.ConfigError
	if errors.As(err, &config) {
		return config.Findings
	}
	return nil
}

// timeZone returns the zone of dates and times that name none.
func timeZone(settings *configv1.SoapBackend) (*time.Location, error) {
	zone, err := time.LoadLocation(settings.GetTimeZone())
	if err != nil || settings.GetTimeZone() == "Local" {
		return nil, adapters.ConfigErrorf("time_zone", "this is no time zone; a name such as Europe/London is accepted")
	}
	return zone, nil
}

// describe reads the WSDL with the connections of the back end, and maps it.
func (b *backend) describe(ctx context.Context, settings *configv1.SoapBackend, options adapters.Options, zone *time.Location) (*mapping, error) {
	loader := &document.Loader{Client: b.transport.HTTPClient(), PrivateImports: settings.GetPrivateImports()}
	mapped, err := readMapping(ctx, loader, settings, options, zone)
	if err != nil {
		return nil, err
	}
	return mapped, checkMapping(mapped, settings)
}

// readMapping reads the WSDL and maps it.
func readMapping(
	ctx context.Context, loader *document.Loader, settings *configv1.SoapBackend, options adapters.Options, zone *time.Location,
) (*mapping, error) {
	location := settings.GetWsdl()
	if !document.IsURL(location) && !filepath.IsAbs(location) {
		absolute, err := filepath.Abs(filepath.Join(options.Dir, location))
		if err != nil {
			return nil, adapters.ConfigErrorf("wsdl", "the path cannot be resolved: %v", err)
		}
		location = absolute
	}
	definitions, err := wsdl.Read(ctx, loader, location)
	if err != nil {
		return nil, readError(ctx, err, location)
	}
	mapped, err := mapServices(definitions, options.Name, settings, zone)
	if err != nil {
		return nil, adapters.ConfigErrorf("wsdl", "the WSDL cannot be mirrored: %v", err)
	}
	mapped.location = location
	return mapped, nil
}

// readError says what is wrong with the documents of a WSDL: unreachable just now, or a mistake.
func readError(ctx context.Context, err error, location string) error {
	if ended := adapters.FromContext(ctx.Err()); ended != nil {
		return ended
	}
	var findings []adapters.Finding
	for _, problem := range flatten(err) {
		var located *document.Error
		switch {
		case !errors.As(problem, &located):
			findings = append(findings, adapters.Finding{Field: "wsdl", Message: problem.Error()})
		case located.Unreachable:
			return &adapters.Error{Code: codes.Unavailable, Message: "The WSDL cannot be read over the network just now.", Unsent: true, Cause: located}
		case located.Position.Line == 0 && located.Position.File == location:
			findings = append(findings, adapters.Finding{Field: "wsdl", Message: "cannot read " + location + ": " + located.Message})
		default:
			findings = append(findings, adapters.Finding{
				File: located.Position.File, Line: located.Position.Line, Column: located.Position.Column, Message: located.Message,
			})
		}
	}
	return &adapters.ConfigError{Findings: findings}
}

// flatten takes joined errors apart.
func flatten(err error) []error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var out []error
		for _, inner := range joined.Unwrap() {
			out = append(out, flatten(inner)...)
		}
		return out
	}
	return []error{err}
}

// checkMapping makes sure that there is something to offer and a place to send it to.
func checkMapping(mapped *mapping, settings *configv1.SoapBackend) error {
	var findings []adapters.Finding
	if len(mapped.services) == 0 {
		findings = append(findings, adapters.Finding{Field: "wsdl", Message: "no operation of it can be offered"})
		for _, gap := range mapped.report.Skipped {
			findings = append(findings, adapters.Finding{File: firstOf(gap.File, mapped.location), Line: gap.Line, Message: gap.Subject + ": " + gap.Reason})
		}
	}
	for i, wanted := range settings.GetPorts() {
		if !mapped.hasPort(wanted) {
			findings = append(findings, adapters.Finding{Field: "ports[" + strconv.Itoa(i) + "]", Message: "the WSDL has no port of this name that can be used"})
		}
	}
	if len(findings) > 0 {
		return &adapters.ConfigError{Findings: findings}
	}
	return nil
}

func (m *mapping) hasPort(name string) bool {
	return slices.ContainsFunc(m.services, func(s *mappedService) bool {
		return slices.ContainsFunc(s.ports, func(p *wsdl.Port) bool { return p.Name == name })
	})
}

func (b *backend) offer(mapped *mapping, settings *configv1.SoapBackend) {
	for _, service := range mapped.services {
		descriptor := mapped.file.Services().ByName(service.name)
		out := adapters.Service{Descriptor: descriptor}
		for _, operation := range service.operations {
			out.Methods = append(out.Methods, adapters.Method{Name: operation.method, Unary: b.handler(operation)})
			b.operations[descriptor.FullName().Append(operation.method)] = operation
		}
		b.services = append(b.services, out)
		for _, port := range service.ports {
			b.address(port.Name, firstOf(settings.GetEndpoint(), port.Address))
		}
	}
}

// address notes where requests of a port go.
func (b *backend) address(port, endpoint string) {
	if !isAddress(endpoint) {
		b.unaddressed = append(b.unaddressed, port)
	} else if b.endpoint == "" {
		b.endpoint = endpoint
	}
}

// isAddress reports whether requests can be sent there. Many a WSDL has a placeholder where its address should be.
func isAddress(endpoint string) bool {
	parsed, err := url.Parse(endpoint)
	return err == nil && parsed.Host != "" && document.IsURL(endpoint)
}

// Services returns one service for each service and portType of the WSDL.
func (b *backend) Services() []adapters.Service { return b.services }

// Report returns what was found in the WSDL.
func (b *backend) Report() Report { return b.report }

// Check asks the endpoint for its head: any HTTP answer shows that it is there.
func (b *backend) Check(ctx context.Context) error {
	if b.endpoint == "" {
		return errNoEndpoint()
	}
	return b.transport.Reach(ctx, b.endpoint)
}

// Close gives up idle connections. No handler is running any more.
func (b *backend) Close() error {
	b.transport.Close()
	return nil
}
