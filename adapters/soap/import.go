package soap

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/postern-gateway/postern/adapters/soap/document"
	"github.com/postern-gateway/postern/adapters/soap/wsdl"
	"github.com/postern-gateway/postern/adapters/soap/xsd"
	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

// ImportOptions say what to import, and where to.
type ImportOptions struct {
	// Source is the WSDL: a path or an http(s) URL.
	Source string
	// Dir is the estate's backends directory. It is made if it is not there.
	Dir string
	// Name is the back end's name: lower case letters, digits and hyphens.
	Name string
	// Endpoint is where requests go, instead of the WSDL's own address. Empty means that one.
	Endpoint string
	// Client reads URLs; nil means one that keeps no connection.
	Client *http.Client
}

// An ImportReport is what an import did.
type ImportReport struct {
	Report
	// Files are what was written, relative to the estate's backends directory, backends/NAME.yaml first.
	Files []string
}

// ErrExists is returned by [Import] if the estate has a back end of this name.
var ErrExists = errors.New("the estate has a back end of this name already")

var backendName = regexp.MustCompile(`^[a-z][a-z0-9-]*$`)

// Import copies a WSDL with all that it imports to Dir/Name/, with references between the copies that need no network, and
// writes Dir/Name.yaml, which publishes it as it is. After an error nothing has been written. It overwrites nothing: the error is
// [ErrExists] then.
func Import(ctx context.Context, options ImportOptions) (ImportReport, error) {
	if !backendName.MatchString(options.Name) {
		return ImportReport{}, fmt.Errorf("%q is no name for a back end: lower case letters, digits and hyphens are accepted", options.Name)
	}
	if options.Endpoint != "" && !isAddress(options.Endpoint) {
		return ImportReport{}, fmt.Errorf("the endpoint %q is no http or https URL", options.Endpoint)
	}
	location := options.Source
	if !document.IsURL(location) {
		absolute, err := filepath.Abs(location)
		if err != nil {
			return ImportReport{}, fmt.Errorf("resolving %s: %w", location, err)
		}
		location = absolute
	}
	loader := &document.Loader{Client: options.Client}
	definitions, err := wsdl.Read(ctx, loader, location)
	if err != nil {
		return ImportReport{}, fmt.Errorf("reading the WSDL: %w", err)
	}
	mapped, err := mapServices(definitions, options.Name, &configv1.SoapBackend{}, time.UTC)
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
	report.Files, err = install(options, copies, configuration(options, mapped, copies[0].name))
	return report, err
}

// A file is what is written of one document.
type file struct {
	name    string
	content []byte
}

// copyDocuments gives each document a file name and makes the references between them point there. The first is the WSDL.
func copyDocuments(documents []*document.Document) []file {
	names := make(map[string]string)
	taken := make(map[string]bool)
	for _, d := range documents {
		names[d.Location] = fileName(d, taken)
	}
	out := make([]file, len(documents))
	for i, d := range documents {
		out[i] = file{name: names[d.Location], content: rewrite(d, names)}
	}
	return out
}

var unsafeInName = regexp.MustCompile(`[^A-Za-z0-9._-]+`)

func fileName(d *document.Document, taken map[string]bool) string {
	base := filepath.Base(d.Location)
	if document.IsURL(d.Location) {
		address, _, _ := strings.Cut(d.Location, "?")
		base = path.Base(address)
	}
	extension := ".wsdl"
	if xsd.IsSchema(d.Root) {
		extension = ".xsd"
	}
	base = strings.Trim(unsafeInName.ReplaceAllString(strings.TrimSuffix(base, path.Ext(base)), "_"), ".-")
	if base == "" {
		base = "service"
	}
	name := base + extension
	for i := 2; taken[strings.ToLower(name)]; i++ {
		name = base + "-" + strconv.Itoa(i) + extension
	}
	taken[strings.ToLower(name)] = true
	return name
}

var xmlDeclaration = regexp.MustCompile(`^\s*<\?xml[^>]*\?>`)

// rewrite returns a document's text in UTF-8 with its references changed to names.
func rewrite(d *document.Document, names map[string]string) []byte {
	type change struct {
		offset int
		node   *document.Node
		name   string
	}
	var changes []change
	var walk func(node *document.Node)
	walk = func(node *document.Node) {
		if reference := referenceOf(node); reference != "" {
			if location, err := document.Locate(d.Location, reference); err == nil && names[location] != "" {
				changes = append(changes, change{node.Offset(), node, names[location]})
			}
		}
		for _, child := range node.Children {
			walk(child)
		}
	}
	walk(d.Root)
	slices.SortFunc(changes, func(a, b change) int { return a.offset - b.offset })
	source := d.Source()
	out := make([]byte, 0, len(source))
	at := 0
	for _, c := range changes {
		from, to := referenceValue(source, c.offset)
		if from < 0 {
			continue
		}
		out = append(append(out, source[at:from]...), c.name...)
		at = to
	}
	out = append(out, source[at:]...)
	return append([]byte(`<?xml version="1.0" encoding="UTF-8"?>`), xmlDeclaration.ReplaceAll(bytes.TrimPrefix(out, []byte("\ufeff")), nil)...)
}

// referenceOf returns what an import, include or redefine refers to.
func referenceOf(node *document.Node) string {
	switch node.Name.Local {
	case "import":
		return firstOf(node.Attribute("schemaLocation"), node.Attribute("location"))
	case "include", "redefine":
		return node.Attribute("schemaLocation")
	}
	return ""
}

var referenceAttribute = regexp.MustCompile(`^\s(?:schemaLocation|location)\s*=\s*`)

// referenceValue returns where the value of the reference in the start tag at offset begins and ends, or -1.
func referenceValue(source []byte, offset int) (from, to int) {
	for i := offset; i < len(source); i++ {
		switch c := source[i]; c {
		case '>':
			return -1, -1
		case '"', '\'': // the value of another attribute
			end := bytes.IndexByte(source[i+1:], c)
			if end < 0 {
				return -1, -1
			}
			i += end + 1
		case ' ', '\t', '\n', '\r':
			match := referenceAttribute.FindIndex(source[i:])
			if match == nil {
				continue
			}
			from = i + match[1] + 1
			end := bytes.IndexByte(source[from:], source[from-1])
			if end < 0 {
				return -1, -1
			}
			return from, from + end
		}
	}
	return -1, -1
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

// install writes the copies and, last, the configuration, which makes the back end part of the estate.
func install(options ImportOptions, copies []file, configuration []byte) (written []string, err error) {
	if err := os.MkdirAll(options.Dir, 0o755); err != nil { //nolint:gosec // an estate is no secret
		return nil, fmt.Errorf("making the backends directory: %w", err)
	}
	target := filepath.Join(options.Dir, options.Name)
	for _, taken := range []string{target, target + ".yaml", target + ".yml"} {
		if _, err := os.Lstat(taken); err == nil {
			return nil, fmt.Errorf("%s: %w", filepath.Base(taken), ErrExists)
		}
	}
	aside, err := os.MkdirTemp(options.Dir, "."+options.Name+"-import-*")
	if err != nil {
		return nil, fmt.Errorf("writing the import aside: %w", err)
	}
	defer func() { _ = os.RemoveAll(aside) }()
	if err := os.Chmod(aside, 0o755); err != nil { //nolint:gosec // an estate is no secret
		return nil, fmt.Errorf("writing the import aside: %w", err)
	}
	yaml := options.Name + ".yaml"
	written = []string{yaml}
	for _, f := range copies {
		if err := os.WriteFile(filepath.Join(aside, f.name), f.content, 0o644); err != nil { //nolint:gosec // an estate is no secret
			return nil, fmt.Errorf("writing %s: %w", f.name, err)
		}
		written = append(written, path.Join(options.Name, f.name))
	}
	if err := os.Rename(aside, target); err != nil {
		return nil, fmt.Errorf("moving the import into place: %w", err)
	}
	if err := writeNew(filepath.Join(options.Dir, yaml), configuration); err != nil {
		return nil, errors.Join(fmt.Errorf("writing %s: %w", yaml, err), os.RemoveAll(target))
	}
	return written, nil
}

// writeNew writes a file that must not be there yet, whole or not at all.
func writeNew(name string, content []byte) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644) //nolint:gosec // an estate is no secret
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err := errors.Join(err, f.Close()); err != nil {
		return errors.Join(err, os.Remove(name))
	}
	return nil
}
