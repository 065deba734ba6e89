package soap

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/types/dynamicpb"

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
	// networkImports are absolute URLs that are imported.
	networkImports string
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
			operations: strings.Fields(columns[12]), networkImports: columns[11],
		})
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

// mapCorpus reads and maps a WSDL of the corpus.
func mapCorpus(ctx context.Context, c corpusCase) (*mapping, error) {
	definitions, err := wsdl.Read(ctx, &document.Loader{}, c.path)
	if err != nil {
		return nil, err
	}
	return mapServices(definitions, c.id, &configv1.SoapBackend{}, time.UTC)
}

func TestCorpusSurvey(t *testing.T) {
	good, total := 0, 0
	for _, c := range corpusCases(t) {
		m, err := mapCorpus(t.Context(), c)
		if err != nil {
			t.Logf("%s %s: ERROR %v", c.id, c.kind, err)
			continue
		}
		var names []string
		for _, o := range m.report.Operations {
			names = append(names, o.Operation)
		}
		slices.Sort(names)
		names = slices.Compact(names)
		if !slices.Equal(names, c.operations) {
			t.Logf("%s %s: %d of %d operations", c.id, c.kind, len(names), len(c.operations))
			for i, s := range m.report.Skipped {
				if i < 3 {
					t.Logf("     %s", s)
				}
			}
		}
		content, err := os.ReadFile(filepath.Join(corpus(t), "samples", c.id+".json"))
		if err != nil {
			continue
		}
		var samples struct{ Operations []corpusOperation }
		if err := json.Unmarshal(content, &samples); err != nil {
			t.Fatal(err)
		}
		for _, o := range samples.Operations {
			op := m.find(o.Name)
			for name, s := range map[string]*corpusSample{"min": o.Min, "max": o.Max, "response": o.Response} {
				if s == nil {
					continue
				}
				total++
				if op == nil {
					t.Logf("%s %s %s %s: not mapped", c.id, o.Style, o.Name, name)
					continue
				}
				body := op.input
				if name == "response" {
					body = op.output
				}
				if body == nil {
					t.Logf("%s %s: no body", c.id, o.Name)
					continue
				}
				if diff := roundTrip(body, s.Body); diff != "" {
					t.Logf("%s %s %s %s: %s", c.id, o.Style, o.Name, name, diff)
					continue
				}
				good++
			}
		}
	}
	t.Logf("%d of %d", good, total)
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
	message, unexpected, err := body.Decode(tokens)
	if err != nil {
		return "reading: " + err.Error()
	}
	if unexpected > 0 {
		return fmt.Sprintf("%d unexpected elements", unexpected)
	}
	asJSON, err := protojson.Marshal(message)
	if err != nil {
		return "to JSON: " + err.Error()
	}
	again := dynamicpb.NewMessage(body.Descriptor())
	if err := protojson.Unmarshal(asJSON, again); err != nil {
		return "from JSON: " + err.Error()
	}
	written, err := body.Encode(again)
	if err != nil {
		return fmt.Sprintf("writing %s: %+v", asJSON, err)
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
