package codec

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"buf.build/go/protovalidate"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/adapters/debiantest"
	"github.com/postern-gateway/postern/adapters/soap/xsd"
)

// xmllint returns the program of libxml2 that validates against schemas, which it installs where that is possible.
func xmllint(t testing.TB) string {
	t.Helper()
	if path, err := exec.LookPath("xmllint"); err == nil {
		return path
	}
	if err := debiantest.Install(t.Context(), "libxml2-utils"); err != nil {
		t.Fatal(err)
	}
	path, err := exec.LookPath("xmllint")
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// unjudged are the WSDLs of the corpus whose schemas libxml2 refuses.
var unjudged = map[string]string{
	"w0029": "namespaces are used that are not imported",
	"w0438": "a content model is not deterministic",
	"w0492": "the schema is one of 2000/10",
	"w0828": "the schema refers to xsd:schema",
}

// TestJudgedByLibxml2 writes messages made at random for every operation of the corpus, and has libxml2 validate them against the WSDL's own schemas.
func TestJudgedByLibxml2(t *testing.T) {
	t.Parallel()
	lint := xmllint(t)
	var accepted atomic.Int64
	eachOfTheCorpus(t, func(t *testing.T, id, path string) { accepted.Add(judge(t, lint, id, path)) })
	if wanted := int64(700); accepted.Load() < wanted {
		t.Errorf("libxml2 accepts %d messages, wanted %d at least", accepted.Load(), wanted)
	}
}

func corpusRoot(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return filepath.Join(filepath.Dir(dir), "shared", "corpus", "wsdl")
		}
	}
	t.Fatal("there is no go.mod above the test")
	return ""
}

type offline struct{}

func (offline) RoundTrip(*http.Request) (*http.Response, error) {
	return nil, errors.New("there is no network in this test")
}

// judge returns how many messages were accepted.
func judge(t *testing.T, lint, id, path string) int64 {
	t.Helper()
	bodies := slices.DeleteFunc(corpusBodies(t, path), func(b namedBody) bool { return b.message.Encoded || b.body.root == nil })
	dir := t.TempDir()
	schema, err := driver(dir, path, bodies)
	if err != nil {
		t.Fatal(err)
	}
	if why := unjudged[id]; why != "" {
		if output, err := exec.CommandContext(t.Context(), lint, "--noout", "--nonet", "--schema", schema, schema).CombinedOutput(); err == nil || !isRefused(output) {
			t.Errorf("libxml2 can judge now although %s: %v\n%s", why, err, firstLines(output, 6))
		}
		return 0
	}
	arguments := []string{"--noout", "--nonet", "--schema", schema}
	seen := make(map[*plan]bool)
	for _, b := range bodies {
		if seen[b.body.plan] {
			continue
		}
		seen[b.body.plan] = true
		for i, content := range randomBodies(t, b) {
			name := filepath.Join(dir, fmt.Sprintf("%s-%d.xml", b.name, i))
			if err := os.WriteFile(name, content, 0o600); err != nil {
				t.Fatal(err)
			}
			arguments = append(arguments, name)
		}
	}
	if len(arguments) == 4 {
		return 0
	}
	output, err := exec.CommandContext(t.Context(), lint, arguments...).CombinedOutput()
	if isRefused(output) {
		t.Errorf("libxml2 refuses the schemas:\n%s", firstLines(output, 6))
		return 0
	}
	if err != nil {
		for line := range strings.Lines(string(output)) {
			// What stands in for anything is declared nowhere; where the schema demands that it is, there is nothing to say.
			if strings.Contains(line, "Schemas validity error") && !strings.Contains(line, "{urn:foreign}") {
				name, rest, _ := strings.Cut(line, ".xml:")
				written, _ := os.ReadFile(name + ".xml")
				t.Errorf("%s: %s\n%.2000s", filepath.Base(name), rest, written)
			}
		}
	}
	return int64(bytes.Count(output, []byte(" validates\n")))
}

// isRefused reports whether libxml2 says that it cannot use a schema.
func isRefused(output []byte) bool {
	return bytes.Contains(output, []byte("WXS schema")) && bytes.Contains(output, []byte("failed to compile"))
}

func firstLines(text []byte, n int) string {
	lines := strings.SplitAfterN(string(text), "\n", n+1)
	return strings.Join(lines[:min(n, len(lines))], "")
}

// randomBodies writes a smallest message, a full one and some between.
func randomBodies(t *testing.T, b namedBody) [][]byte {
	t.Helper()
	var out [][]byte
	for i, richness := range []float64{0, 1, 0.5} {
		message := newGenerator(uint64(i), richness).message(b.body.Descriptor(), 0)
		if err := protovalidate.Validate(message); err != nil {
			t.Errorf("%s: the generator breaks the rules: %v", b.name, err)
			continue
		}
		w, err := b.body.Encode(message)
		var refused *adapters.Error
		switch {
		case errors.As(err, &refused):
			t.Logf("%s: refused: %v", b.name, refused.Violations)
		case err != nil:
			t.Errorf("%s: %v", b.name, err)
		default:
			out = append(out, bytes.Replace(w.Bytes(), []byte(b.body.root.text), w.AppendNamespaces([]byte(b.body.root.text)), 1))
		}
	}
	return out
}

// wrappers writes a schema for the elements around the parts of rpc messages, which no schema of a WSDL has (WSDL 1.1 section 3.5).
func (d *schemaExtractor) wrappers(bodies []namedBody) error {
	written := make(map[xsd.Name]bool)
	for _, b := range bodies {
		name := b.body.root.name
		if !b.operation.RPC || written[name] {
			continue
		}
		written[name] = true
		var imports, parts strings.Builder
		for _, part := range b.message.Parts {
			typ := part.Type.Name
			fmt.Fprintf(&parts, `<xs:element name="%s" xmlns:p="%s" type="p:%s"/>`, part.Name, typ.Space, typ.Local)
			if typ.Space != name.Space && typ.Space != xsd.Namespace {
				fmt.Fprintf(&imports, `<xs:import namespace="%s"/>`, typ.Space)
			}
		}
		target := ""
		if name.Space != "" {
			target = ` targetNamespace="` + name.Space + `"`
		}
		text := fmt.Sprintf(`<xs:schema xmlns:xs="%s"%s>%s<xs:element name="%s"><xs:complexType><xs:sequence>%s</xs:sequence></xs:complexType></xs:element></xs:schema>`,
			xsd.Namespace, target, imports.String(), name.Local, parts.String())
		file := filepath.Join(d.dir, fmt.Sprintf("wrapper%d.xsd", len(d.schemas)))
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			return err
		}
		d.schemas = append(d.schemas, struct{ namespace, file string }{name.Space, file})
	}
	return nil
}

// driver writes a schema that imports all schemas of a WSDL, and returns its path.
func driver(dir, path string, bodies []namedBody) (string, error) {
	d := &schemaExtractor{dir: dir, read: make(map[string]bool)}
	if err := d.wsdl(path); err != nil {
		return "", err
	}
	if err := d.wrappers(bodies); err != nil {
		return "", err
	}
	byNamespace := make(map[string][]string)
	for _, extracted := range d.schemas {
		byNamespace[extracted.namespace] = append(byNamespace[extracted.namespace], extracted.file)
	}
	xmlSchema, err := filepath.Abs(filepath.Join("..", "xsd", "wellknown", "xml.xsd"))
	if err != nil {
		return "", err
	}
	byNamespace[xmlNamespace] = []string{xmlSchema}
	var out strings.Builder
	out.WriteString(`<xs:schema xmlns:xs="` + xsd.Namespace + `">`)
	for _, namespace := range slices.Sorted(maps.Keys(byNamespace)) {
		files := byNamespace[namespace]
		switch {
		case namespace == "":
			for _, file := range files {
				fmt.Fprintf(&out, `<xs:include schemaLocation="%s"/>`, fileURL(file))
			}
		case len(files) > 1:
			joined := filepath.Join(dir, fmt.Sprintf("joined%d.xsd", out.Len()))
			text := `<xs:schema xmlns:xs="` + xsd.Namespace + `" targetNamespace="` + namespace + `">`
			for _, file := range files {
				text += `<xs:include schemaLocation="` + fileURL(file) + `"/>`
			}
			if err := os.WriteFile(joined, []byte(text+`</xs:schema>`), 0o600); err != nil {
				return "", err
			}
			files = []string{joined}
			fallthrough
		default:
			fmt.Fprintf(&out, `<xs:import namespace="%s" schemaLocation="%s"/>`, namespace, fileURL(files[0]))
		}
	}
	out.WriteString(`</xs:schema>`)
	name := filepath.Join(dir, "driver.xsd")
	return name, os.WriteFile(name, []byte(out.String()), 0o600)
}

// fileURL spells a path as libxml2 does, which tells documents apart by their addresses.
func fileURL(path string) string { return "file://" + strings.ReplaceAll(path, " ", "%20") }

type schemaExtractor struct {
	dir     string
	read    map[string]bool
	schemas []struct{ namespace, file string }
}

// wsdl takes the inline schemas out of a WSDL and of those it imports. They keep their place by xml:base.
func (d *schemaExtractor) wsdl(path string) error {
	if d.read[path] {
		return nil
	}
	d.read[path] = true
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	decoder := xml.NewDecoder(bytes.NewReader(text))
	decoder.CharsetReader = func(_ string, input io.Reader) (io.Reader, error) { return input, nil }
	var scopes [][]xml.Attr
	for {
		start := decoder.InputOffset()
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		switch token := token.(type) {
		case xml.StartElement:
			if token.Name.Local == "schema" && strings.Contains(token.Name.Space, "XMLSchema") {
				inside := decoder.InputOffset()
				if err := decoder.Skip(); err != nil {
					return err
				}
				if err := d.inline(path, string(text[start:inside]), string(text[inside:decoder.InputOffset()]), token, scopes); err != nil {
					return err
				}
				continue
			}
			if token.Name.Local == "import" && strings.Contains(token.Name.Space, "wsdl") {
				if err := d.imported(path, attributeNamed(token, "location"), attributeNamed(token, "namespace")); err != nil {
					return err
				}
			}
			scopes = append(scopes, token.Attr)
		case xml.EndElement:
			scopes = scopes[:len(scopes)-1]
		}
	}
}

func (d *schemaExtractor) imported(from, location, namespace string) error {
	path := filepath.Join(filepath.Dir(from), filepath.FromSlash(location))
	if strings.HasSuffix(path, ".xsd") {
		d.schemas = append(d.schemas, struct{ namespace, file string }{namespace, path})
		return nil
	}
	return d.wsdl(path)
}

func attributeNamed(token xml.StartElement, local string) string {
	for _, a := range token.Attr {
		if a.Name.Local == local && a.Name.Space == "" {
			return a.Value
		}
	}
	return ""
}

// inline writes one schema, with the declarations of prefixes that it takes from around it.
func (d *schemaExtractor) inline(path, start, rest string, token xml.StartElement, scopes [][]xml.Attr) error {
	declared := make(map[string]bool)
	var more strings.Builder
	declare := func(attributes []xml.Attr, write bool) {
		for _, a := range attributes {
			name := ""
			switch {
			case a.Name.Space == "xmlns":
				name = "xmlns:" + a.Name.Local
			case a.Name.Space == "" && a.Name.Local == "xmlns":
				name = "xmlns"
			}
			if name != "" && !declared[name] {
				declared[name] = true
				if write {
					more.WriteString(" " + name + `="` + attributeEscaper.Replace(a.Value) + `"`)
				}
			}
		}
	}
	declare(token.Attr, false)
	for i := len(scopes) - 1; i >= 0; i-- {
		declare(scopes[i], true)
	}
	more.WriteString(` xml:base="` + fileURL(path) + `"`)
	cut := strings.LastIndexByte(start, '>')
	if strings.HasSuffix(start[:cut], "/") {
		return nil // it holds nothing
	}
	if attributeNamed(token, "targetNamespace") == "" && strings.Contains(rest, "import") {
		return d.importsOf(path, start[:cut]+more.String()+">"+rest)
	}
	name := filepath.Join(d.dir, fmt.Sprintf("inline%d.xsd", len(d.schemas)))
	d.schemas = append(d.schemas, struct{ namespace, file string }{attributeNamed(token, "targetNamespace"), name})
	return os.WriteFile(name, []byte(start[:cut]+more.String()+">"+rest), 0o600)
}

// importsOf takes the imports of a schema that only imports: libxml2 reads but the first of one namespace.
func (d *schemaExtractor) importsOf(path, schema string) error {
	decoder := xml.NewDecoder(strings.NewReader(schema))
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if start, ok := token.(xml.StartElement); ok && start.Name.Local == "import" && attributeNamed(start, "schemaLocation") != "" {
			file := filepath.Join(filepath.Dir(path), filepath.FromSlash(attributeNamed(start, "schemaLocation")))
			d.schemas = append(d.schemas, struct{ namespace, file string }{attributeNamed(start, "namespace"), file})
		}
	}
}
