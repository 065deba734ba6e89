package soap

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/postern-gateway/postern/adapters/soap/bundle"
	"github.com/postern-gateway/postern/adapters/soap/document"
	"github.com/postern-gateway/postern/adapters/soap/wsdl"
	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

// ImportOptions say what to import, and where to.
type ImportOptions struct {
	// Source is the WSDL: a path or an http(s) URL, or the path of a ZIP archive that holds it with all that it imports.
	Source string
	// Dir is the estate's backends directory. It is made if it is not there.
	Dir string
	// Name is the back end's name: lower case letters, digits and hyphens.
	Name string
	// Endpoint is where requests go, instead of the WSDL's own address. Empty means that one.
	Endpoint string
	// Replace takes the documents of a back end that is there already from Source anew. Its configuration stays as it is.
	Replace bool
	// Supply are files to read in place of documents that cannot be fetched: paths by URL.
	Supply map[string]string
	// AllowPrivate lets a WSDL that is read by URL import from files and from loopback, link-local and private addresses though its own address is of another kind.
	AllowPrivate bool
	// Client reads URLs; nil means one that keeps no connection.
	Client *http.Client
}

// An ImportReport is what an import did.
type ImportReport struct {
	Report
	// Files are what was written, relative to the estate's backends directory: backends/NAME.yaml first, unless it was there already and stays as it is,
	// and then the documents, the WSDL first.
	Files []string
}

// ErrExists is returned by [Import] if the estate has a back end of this name.
var ErrExists = errors.New("the estate has a back end of this name already")

var backendName = regexp.MustCompile(`^[a-z][a-z0-9-]*$`)

// Import copies a WSDL with all that it imports to Dir/Name/, with references between the copies that need no network, and
// writes Dir/Name.yaml, which publishes it as it is. After an error nothing has been written. It overwrites nothing unless options.Replace is
// set: the error is [ErrExists] then.
//
// With options.Replace the documents take the place of those that are there, and Dir/Name.yaml keeps all that it says but the WSDL's file
// name. Other files in Dir/Name/ stay.
func Import(ctx context.Context, options ImportOptions) (ImportReport, error) {
	if err := options.check(); err != nil {
		return ImportReport{}, err
	}
	loader, location, err := options.loader()
	if err != nil {
		return ImportReport{}, err
	}
	definitions, err := wsdl.Read(ctx, loader, location)
	if err != nil {
		return ImportReport{}, fmt.Errorf("reading the WSDL: %w%s", err, supplyHint(err))
	}
	mapped, err := mapServices(definitions, options.Name, &configv1.SoapBackend{Endpoint: options.Endpoint}, time.UTC)
	if err != nil {
		return ImportReport{}, err
	}
	report := ImportReport{Report: mapped.report}
	if len(mapped.services) == 0 {
		problems := []error{errors.New("no operation of the WSDL can be offered")}
		for _, gap := range report.Skipped {
			problems = append(problems, errors.New(gap.String()))
		}
		return report, errors.Join(problems...)
	}
	copies := copyDocuments(loader.Documents())
	if options.Replace {
		report.Files, err = replace(options, copies)
	} else {
		report.Files, err = install(options, copies, configuration(options, mapped, copies[0].name))
	}
	return report, err
}

func (o ImportOptions) check() error {
	switch {
	case !backendName.MatchString(o.Name):
		return fmt.Errorf("%q is no name for a back end: lower case letters, digits and hyphens are accepted", o.Name)
	case o.Endpoint != "" && !isAddress(o.Endpoint):
		return fmt.Errorf("the endpoint %q is no http or https URL", o.Endpoint)
	case o.Endpoint != "" && o.Replace:
		return fmt.Errorf("what is replaced keeps its configuration: write the endpoint into %s.yaml", o.Name)
	}
	return nil
}

// A file is what is written of one document.
type file struct {
	name    string
	content []byte
}

// copyDocuments gives each document a file name and makes the references between them point there. The first is the WSDL.
func copyDocuments(documents []*document.Document) []file {
	names := bundle.Names(documents)
	out := make([]file, len(documents))
	for i, d := range documents {
		out[i] = file{name: names[d.Location], content: bundle.Rewrite(d, names)}
	}
	return out
}

// configuration is the text of backends/NAME.yaml.
func configuration(options ImportOptions, mapped *mapping, wsdlFile string) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "kind: soap\n\n# Published as it is, under /%s/v1/.\npublish:\n  version: v1\n\n", options.Name)
	fmt.Fprintf(&b, "# Copied from %s\nwsdl: %s\n\n", strings.Join(strings.Fields(withoutUser(options.Source)), " "), options.Name+"/"+wsdlFile)
	endpoint := mapped.services[0].operations[0].endpoint
	switch {
	case options.Endpoint != "":
		fmt.Fprintf(&b, "# Where requests go, instead of the WSDL's own address.\nendpoint: %q\n", options.Endpoint)
	case isAddress(endpoint):
		b.WriteString("# Where requests go. The WSDL's own address is used unless another is given here.\n")
		fmt.Fprintf(&b, "# endpoint: %s\n", strings.Join(strings.Fields(endpoint), " "))
	default:
		b.WriteString("# Where requests go. The WSDL gives no address, so nothing can be called until it is given here.\n# endpoint: https://host.example/service\n")
	}
	return b.Bytes()
}

// withoutUser takes the user and password out of a URL: an estate holds no secrets.
func withoutUser(source string) string {
	address, err := url.Parse(source)
	if err != nil || address.User == nil {
		return source
	}
	address.User = nil
	return address.String()
}
