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
	Body []string `json:"body"`
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
	"w0205": {"out-only robust-out-only", "notifications: the service sends them by itself"},
	"w0352": {"echoOperation", "its only port uses JMS"},
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

// TestCorpusSamples takes every sample of the corpus from XML through JSON to XML. Only operations that are not offered are left out.
func TestCorpusSamples(t *testing.T) {
	t.Parallel()
	exact := 0
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
			operation := m.find(o.Name)
			if operation == nil {
				if gap := operationGaps[c.id].missing; gap != "*" && !slices.Contains(strings.Fields(gap), o.Name) {
					t.Errorf("%s: the operation %s is not offered", c.id, o.Name)
				}
				continue
			}
			for _, s := range []struct {
				name   string
				body   *codec.Body
				sample *corpusSample
			}{{"min", operation.input, o.Min}, {"max", operation.input, o.Max}, {"response", operation.output, o.Response}} {
				if s.sample == nil || s.body == nil {
					continue
				}
				if diff := roundTrip(s.body, s.sample.Body); diff != "" {
					t.Errorf("%s %s %s: %s", c.id, o.Name, s.name, diff)
					continue
				}
				exact++
			}
		}
	}
	if wanted := 377; exact != wanted {
		t.Errorf("%d samples are exact, wanted %d", exact, wanted)
	}
}

func (m *mapping) find(operation string) *mappedOperation {
	for _, s := range m.services {
		for _, o := range s.operations {
			if o.operation.Name == operation {
				return o
			}
		}
	}
	return nil
}

// roundTrip reads a body, takes it through JSON as a REST caller would, writes it again, and returns what is different.
func roundTrip(body *codec.Body, roots []string) string {
	wanted := "<Body>" + strings.Join(roots, "") + "</Body>"
	tokens := xmltoken.NewReader([]byte(wanted), xmltoken.Options{})
	if _, err := tokens.Next(); err != nil {
		return err.Error()
	}
	message, report, err := body.Decode(tokens, codec.ReadOptions{})
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
	again := dynamicpb.NewMessage(body.Descriptor())
	if err := protojson.Unmarshal(asJSON, again); err != nil {
		return "from JSON: " + err.Error()
	}
	if err := protovalidate.Validate(again); err != nil {
		return "validating: " + err.Error()
	}
	written, err := body.Encode(again)
	if err != nil {
		var public *adapters.Error
		errors.As(err, &public)
		return fmt.Sprintf("writing: %+v", public.Violations)
	}
	got := "<Body" + string(written.AppendNamespaces(nil)) + ">" + string(written.Bytes()) + "</Body>"
	first, err := document.Parse("got", []byte(got), "")
	if err != nil {
		return err.Error() + got
	}
	second, err := document.Parse("wanted", []byte(wanted), "")
	if err != nil {
		return err.Error()
	}
	return difference(first.Root, second.Root, "")
}

func difference(got, wanted *document.Node, path string) string {
	path += "/" + wanted.Name.Local
	if got.Name != wanted.Name {
		return fmt.Sprintf("%s: got %s, wanted %s", path, got.Name, wanted.Name)
	}
	if g, w := attributesOf(got), attributesOf(wanted); !slices.Equal(g, w) {
		return fmt.Sprintf("%s: got attributes %v, wanted %v", path, g, w)
	}
	for i := range max(len(got.Children), len(wanted.Children)) {
		switch {
		case i >= len(got.Children):
			return fmt.Sprintf("%s: %s is missing", path, wanted.Children[i].Name)
		case i >= len(wanted.Children):
			return fmt.Sprintf("%s: %s is too many", path, got.Children[i].Name)
		}
		if d := difference(got.Children[i], wanted.Children[i], path); d != "" {
			return d
		}
	}
	if strings.TrimSpace(got.Text) != strings.TrimSpace(wanted.Text) {
		return fmt.Sprintf("%s: got %q, wanted %q", path, got.Text, wanted.Text)
	}
	return ""
}

func attributesOf(node *document.Node) []string {
	var out []string
	for _, a := range node.Attributes {
		value := a.Value
		if a.Name == (xsd.Name{Space: xsd.InstanceNamespace, Local: "type"}) {
			if name, err := node.QName(value); err == nil {
				value = name.String()
			}
		}
		out = append(out, a.Name.String()+"="+value)
	}
	slices.Sort(out)
	return out
}
