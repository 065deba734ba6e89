package soap

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"buf.build/go/protovalidate"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/adapters/soap/codec"
	"github.com/postern-gateway/postern/adapters/soap/document"
	"github.com/postern-gateway/postern/adapters/soap/wsdl"
	"github.com/postern-gateway/postern/adapters/soap/xmltoken"
	"github.com/postern-gateway/postern/adapters/soap/xsd"
	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

// corpusCase is one line of the corpus's expect.tsv.
type corpusCase struct {
	id, kind, path string
	operations     []string
}

type corpusSample struct {
	Body []string      `json:"body"`
	Tree []*sampleNode `json:"tree"`
}

type corpusOperation struct {
	Service  string        `json:"service"`
	Port     string        `json:"port"`
	Name     string        `json:"op"`
	Style    string        `json:"style"`
	Min      *corpusSample `json:"min"`
	Max      *corpusSample `json:"max"`
	Response *corpusSample `json:"response"`
}

// corpus returns the directory of the WSDL corpus, which lies beside the project.
func corpus(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return filepath.Join(filepath.Dir(dir), "shared", "corpus", "wsdl")
		}
		if dir == filepath.Dir(dir) {
			t.Fatal("there is no go.mod above the test")
		}
		dir = filepath.Dir(dir)
	}
}

func corpusCases(t testing.TB) []corpusCase {
	t.Helper()
	file, err := os.Open(filepath.Join(corpus(t), "expect.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var out []corpusCase
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		columns := strings.Split(lines.Text(), "\t")
		if columns[0] == "id" {
			continue
		}
		out = append(out, corpusCase{
			id: columns[0], kind: columns[1], path: filepath.Join(corpus(t), filepath.FromSlash(columns[2])),
			operations: strings.Fields(columns[12]),
		})
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

// corpusMappings holds what mapCorpus has answered, by id. Mapping the corpus is the dearest part of these tests.
var corpusMappings sync.Map

// mapCorpus reads and maps a WSDL of the corpus, once for all tests.
func mapCorpus(c corpusCase) (*mapping, error) {
	once, _ := corpusMappings.LoadOrStore(c.id, sync.OnceValues(func() (*mapping, error) {
		return mapFile(context.Background(), c.id, c.path)
	}))
	return once.(func() (*mapping, error))()
}

// mapFile reads and maps a WSDL with no network.
func mapFile(ctx context.Context, name, path string) (*mapping, error) {
	offline := &http.Client{Transport: roundTripper(func(*http.Request) (*http.Response, error) {
		return nil, errors.New("there is no network in this test")
	})}
	definitions, err := wsdl.Read(ctx, &document.Loader{Client: offline}, path)
	if err != nil {
		return nil, err
	}
	return mapServices(definitions, name, &configv1.SoapBackend{}, time.UTC)
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// operationGaps are the WSDLs of which not all operations are offered: which are not, and why.
var operationGaps = map[string]struct{ missing, reason string }{
	"w0505": {"test", "its portType has no such operation"},
}

// offeredWithoutService are the operations of WSDLs whose bindings no service offers. The corpus counts none of them.
var offeredWithoutService = map[string][]string{"w0751": {"TopLevelTransaction"}}

// unreadableOffline are the WSDLs that cannot be read offline, with what the error must name.
var unreadableOffline = map[string]string{
	"w0008": "classpath:schemas/nhinc/direct/DirectSender.xsd",
	"w0771": "http://example.com:80/echo/services/imported.xsd",
}

// TestCorpusOperations holds every WSDL of the corpus against the operations that it is known to have.
func TestCorpusOperations(t *testing.T) {
	t.Parallel()
	cases := corpusCases(t)
	if len(cases) != 52 {
		t.Fatalf("there are %d WSDLs in the corpus, wanted 52", len(cases))
	}
	for _, c := range cases {
		t.Run(c.id, func(t *testing.T) {
			t.Parallel()
			m, err := mapCorpus(c)
			if named := unreadableOffline[c.id]; named != "" {
				if err == nil || !strings.Contains(err.Error(), named) {
					t.Fatalf("the error is %v, and does not name %s", err, named)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, o := range m.report.Operations {
				got = append(got, o.Operation)
			}
			slices.Sort(got)
			got = slices.Compact(got)
			gap := operationGaps[c.id]
			var wanted []string
			for _, name := range c.operations {
				if gap.missing != "*" && !slices.Contains(strings.Fields(gap.missing), name) {
					wanted = append(wanted, name)
				}
			}
			if c.kind == "no_service" {
				wanted = offeredWithoutService[c.id]
			}
			if !slices.Equal(got, wanted) {
				t.Errorf("the operations are %v, wanted %v", got, wanted)
			}
			if gap.missing != "" && len(m.report.Skipped) == 0 {
				t.Errorf("nothing is said about what is missing (%s)", gap.reason)
			}
			for _, skipped := range m.report.Skipped {
				if skipped.File == "" || skipped.Line == 0 || skipped.Reason == "" {
					t.Errorf("%q has no place or reason", skipped)
				}
			}
		})
	}
}

// TestCorpusSamples renders every sample request of the corpus from the JSON that a REST caller would send, and takes every sample reply through JSON and back.
func TestCorpusSamples(t *testing.T) {
	t.Parallel()
	exact, wanted := 0, 0
	for _, c := range corpusCases(t) {
		content, err := os.ReadFile(filepath.Join(corpus(t), "samples", c.id+".json"))
		if errors.Is(err, os.ErrNotExist) {
			continue // of those that are not valid
		}
		if err != nil {
			t.Fatal(err)
		}
		var samples struct{ Operations []corpusOperation }
		if err := json.Unmarshal(content, &samples); err != nil {
			t.Fatal(err)
		}
		m, err := mapCorpus(c)
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range samples.Operations {
			for name, sample := range map[string]*corpusSample{"min": o.Min, "max": o.Max, "response": o.Response} {
				if sample == nil {
					continue
				}
				wanted++
				if diff := m.trySample(o.Name, name, sample); diff != "" {
					t.Errorf("%s %s %s: %s", c.id, o.Name, name, diff)
					continue
				}
				exact++
			}
		}
	}
	if wanted != 424 {
		t.Errorf("there are %d samples, wanted 424", wanted)
	}
	t.Logf("%d of %d samples are exact", exact, wanted)
}

// trySample tries a sample with all operations of a name, since some are overloaded, and returns what is wrong with the first if it fits none.
func (m *mapping) trySample(operation, name string, sample *corpusSample) string {
	problem := "the operation is not offered"
	for i, o := range m.overloads(operation) {
		var diff string
		switch {
		case name != "response":
			diff = render(o, sample)
		case o.output == nil:
			diff = "the operation has no reply"
		default:
			diff = roundTrip(o, sample.Body)
		}
		if diff == "" {
			return ""
		}
		if i == 0 {
			problem = diff
		}
	}
	return problem
}

func (m *mapping) overloads(operation string) []*mappedOperation {
	var out []*mappedOperation
	for _, s := range m.services {
		for _, o := range s.operations {
			if o.operation.Name == operation {
				out = append(out, o)
			}
		}
	}
	return out
}

// render writes the body of a request from JSON, and returns what is different.
func render(o *mappedOperation, sample *corpusSample) string {
	tree, err := requestJSON(sample.Tree, o.input.Descriptor())
	if err != nil {
		return "making JSON: " + err.Error()
	}
	asJSON, err := json.Marshal(tree)
	if err != nil {
		return "to JSON: " + err.Error()
	}
	return fromJSON(o.input, o.writing, o.operation.Input.Encoded, asJSON, sample.Body)
}

// roundTrip reads the body of a reply, takes it through JSON as a REST caller gets it, writes it again, and returns what is different.
func roundTrip(o *mappedOperation, roots []string) string {
	tokens := xmltoken.NewReader([]byte(inBody("", roots)), xmltoken.Options{})
	if _, err := tokens.Next(); err != nil {
		return err.Error()
	}
	message, report, err := o.output.Decode(tokens, codec.ReadOptions{})
	if err != nil {
		return "reading: " + err.Error()
	}
	if report.Unexpected > 0 {
		return fmt.Sprintf("%d unexpected elements", report.Unexpected)
	}
	asJSON, err := protojson.Marshal(message)
	if err != nil {
		return "to JSON: " + err.Error()
	}
	return fromJSON(o.output, o.writing, o.operation.Output.Encoded, asJSON, roots)
}

func inBody(namespaces string, roots []string) string {
	return "<Body" + namespaces + ">" + strings.Join(roots, "") + "</Body>"
}

// fromJSON makes a message of JSON, holds it against its rules as the gateway does, writes it, and returns how that differs from what is wanted.
func fromJSON(body *codec.Body, options codec.WriteOptions, encoded bool, asJSON []byte, wanted []string) string {
	message := dynamicpb.NewMessage(body.Descriptor())
	if err := protojson.Unmarshal(asJSON, message); err != nil {
		return "from JSON: " + err.Error() + "\n" + string(asJSON)
	}
	if err := protovalidate.Validate(message); err != nil {
		return "validating: " + err.Error() + "\n" + string(asJSON)
	}
	written, err := body.EncodeWith(message, options)
	if err != nil {
		var public *adapters.Error
		errors.As(err, &public)
		return fmt.Sprintf("writing: %+v\n%s", public.Violations, asJSON)
	}
	got := inBody(string(written.AppendNamespaces(nil)), []string{string(written.Bytes())})
	first, err := document.Parse("got", []byte(got), "")
	if err != nil {
		return err.Error() + got
	}
	second, err := document.Parse("wanted", []byte(inBody("", wanted)), "")
	if err != nil {
		return err.Error()
	}
	if diff := difference(first.Root, second.Root, "", encoded); diff != "" {
		return diff + "\n" + string(asJSON)
	}
	return ""
}

// difference returns how an element differs from what is wanted: in names, order, attributes or values.
func difference(got, wanted *document.Node, path string, encoded bool) string {
	path += "/" + wanted.Name.Local
	if g, w := attributesOf(got, encoded), attributesOf(wanted, encoded); !slices.Equal(g, w) {
		return fmt.Sprintf("%s: got attributes %v, wanted %v", path, g, w)
	}
	for i := range max(len(got.Children), len(wanted.Children)) {
		switch {
		case i >= len(got.Children):
			return fmt.Sprintf("%s: %s is missing", path, wanted.Children[i].Name)
		case i >= len(wanted.Children):
			return fmt.Sprintf("%s: %s is too many", path, got.Children[i].Name)
		}
		if !isArray(got) && got.Children[i].Name != wanted.Children[i].Name {
			return fmt.Sprintf("%s: got %s, wanted %s", path, got.Children[i].Name, wanted.Children[i].Name)
		}
		if d := difference(got.Children[i], wanted.Children[i], path, encoded); d != "" {
			return d
		}
	}
	if strings.TrimSpace(got.Text) != strings.TrimSpace(wanted.Text) {
		return fmt.Sprintf("%s: got %q, wanted %q", path, got.Text, wanted.Text)
	}
	return ""
}

const encodingNamespace = "http://schemas.xmlsoap.org/soap/encoding/"

// isArray reports whether an element is an array of SOAP encoding, whose members may have any name.
func isArray(node *document.Node) bool {
	_, given := node.Lookup(document.Name{Space: encodingNamespace, Local: "arrayType"})
	return given
}

// attributesOf returns attributes in order. Those of SOAP encoding are left out, since a type may be said or not; with literal use, xsi:type counts.
func attributesOf(node *document.Node, encoded bool) []string {
	var out []string
	for _, a := range node.Attributes {
		value := a.Value
		switch {
		case a.Name.Space == encodingNamespace, a.Name.Local == "encodingStyle":
			continue
		case a.Name == document.Name{Space: xsd.InstanceNamespace, Local: "type"}:
			if encoded {
				continue
			}
			if name, err := node.QName(value); err == nil {
				value = name.String()
			}
		}
		out = append(out, a.Name.String()+"="+value)
	}
	slices.Sort(out)
	return out
}

// find returns the first operation of a name; nil if there is none.
func (m *mapping) find(operation string) *mappedOperation {
	if found := m.overloads(operation); len(found) > 0 {
		return found[0]
	}
	return nil
}
