package estate_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/gateway/diagnostic"
	"github.com/postern-gateway/postern/gateway/estate"
	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

// document is a back end whose values are spelt in every way that YAML has. The place of each value's first capital Q is looked up.
const document = `kind: memory
items:
  - id: plain Q
    title: |
      one
        two Q

      three
  - {id: "a\tb\u00e4\"Q", title: 'it''s Q'}
  - id: >-
      folded
      into Q

      lines
    title: plain over
      two Q lines
  - id: "double over

      two\
      \ lines Q"
    title: |2
        indented
       Q
  - id: "日本Q"
`

func readDocument(t *testing.T, content string) (*estate.Estate, string) {
	t.Helper()
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "backends", "stock.yaml"), content)
	read, err := estate.Read(t.Context(), dir, known())
	if err != nil {
		t.Fatal(err)
	}
	return read, dir
}

func writeFile(t *testing.T, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestValuePosition(t *testing.T) {
	t.Parallel()
	read, _ := readDocument(t, document)
	source := read.Backends[0].Source
	items := read.Backends[0].Config.(*configv1.MemoryBackend).GetItems()
	lines := strings.Split(document, "\n")
	for i, item := range items {
		for field, value := range map[string]string{"id": item.GetId(), "title": item.GetTitle()} {
			before, _, ok := strings.Cut(value, "Q")
			if !ok {
				continue
			}
			line := strings.Count(before, "\n") + 1
			column := len([]rune(before[strings.LastIndex(before, "\n")+1:])) + 1
			path := "items[" + string(rune('0'+i)) + "]." + field
			at := source.ValuePosition(path, line, column)
			if got := []rune(lines[at.Line-1]); at.Column > len(got) || got[at.Column-1] != 'Q' {
				t.Errorf("%s: %d:%d of the text is said to be at %d:%d of the file: %q", path, line, column, at.Line, at.Column, lines[at.Line-1])
			}
		}
	}
}

func TestValuePositionOutsideTheText(t *testing.T) {
	t.Parallel()
	read, _ := readDocument(t, document)
	source := read.Backends[0].Source
	for _, test := range []struct {
		path         string
		line, column int
		want         estate.Position
	}{
		{"items[0].id", 0, 0, estate.Position{Line: 3, Column: 9}},
		{"items[0].id", 1, 99, estate.Position{Line: 3, Column: 16}},
		{"items[0].id", 9, 9, estate.Position{Line: 3, Column: 16}},
		{"items[0].title", 9, 9, estate.Position{Line: 8, Column: 12}},
		{"items", 3, 3, estate.Position{Line: 3, Column: 3}},
	} {
		if got := source.ValuePosition(test.path, test.line, test.column); got != test.want {
			t.Errorf("%s %d:%d = %v, want %v", test.path, test.line, test.column, got, test.want)
		}
	}
}

func TestFieldAndKeyPositions(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "apis/orders/v1/orders.proto"), contract)
	writeFile(t, filepath.Join(dir, "apis/orders/v1/types.proto"), types)
	writeFile(t, filepath.Join(dir, "apis/orders/v1/binding.yaml"), `owner: Sales
methods:
  GetOrder:
    steps:
      - name: item
        call: stock/Get
        request:
          "a.b]\"c": request.order_id
    examples:
      - response: {orderId: [x, {deep: y}]}
`)
	read, err := estate.Read(t.Context(), dir, known())
	if err != nil {
		t.Fatal(err)
	}
	source := read.APIs[0].BindingSource
	for _, test := range []struct {
		path       string
		key, value estate.Position
	}{
		{"owner", estate.Position{Line: 1, Column: 1}, estate.Position{Line: 1, Column: 8}},
		{`methods["GetOrder"].steps[0].call`, estate.Position{Line: 6, Column: 9}, estate.Position{Line: 6, Column: 15}},
		{`methods["GetOrder"].steps[0].request["a.b]\"c"]`, estate.Position{Line: 8, Column: 11}, estate.Position{Line: 8, Column: 22}},
		{`methods["GetOrder"].steps[0]`, estate.Position{Line: 5, Column: 9}, estate.Position{Line: 5, Column: 9}},
		{`methods["GetOrder"].examples[0].response.order_id[1].deep`, estate.Position{Line: 10, Column: 34}, estate.Position{Line: 10, Column: 40}},
		{`methods["GetOrder"].steps[7].call`, estate.Position{Line: 4, Column: 5}, estate.Position{Line: 5, Column: 7}},
		{`methods["Nothing"]`, estate.Position{Line: 2, Column: 1}, estate.Position{Line: 3, Column: 3}},
		{`methods["Unclosed`, estate.Position{Line: 2, Column: 1}, estate.Position{Line: 3, Column: 3}},
		{"nothing", estate.Position{Line: 1, Column: 1}, estate.Position{Line: 1, Column: 1}},
		{"", estate.Position{Line: 1, Column: 1}, estate.Position{Line: 1, Column: 1}},
	} {
		if got := source.KeyPosition(test.path); got != test.key {
			t.Errorf("key of %s at %v, want %v", test.path, got, test.key)
		}
		if got := source.FieldPosition(test.path); got != test.value {
			t.Errorf("value of %s at %v, want %v", test.path, got, test.value)
		}
	}
}

func TestFromConfigError(t *testing.T) {
	t.Parallel()
	read, dir := readDocument(t, "kind: memory\nitems:\n  - id: a\n")
	writeFile(t, filepath.Join(dir, "backends", "stock.wsdl"), "<definitions>\n  <types/>\n")
	elsewhere := filepath.Join(t.TempDir(), "copybook")
	writeFile(t, elsewhere, "01 REC.\n")
	list := read.Backends[0].Source.FromConfigError(&adapters.ConfigError{Findings: []adapters.Finding{
		{Field: "items[0].id", Message: "taken"},
		{File: "stock.wsdl", Line: 2, Column: 3, Message: "no binding"},
		{File: filepath.Join(dir, "backends", "stock.wsdl"), Line: 1, Column: 1, Message: "old"},
		{File: "https://legacy.example/service?wsdl", Line: 7, Column: 9, Message: "no port"},
		{File: "missing.xsd", Message: "not there"},
		{Message: "nothing works"},
	}})
	want := []string{
		"backends/stock.yaml:3:9: taken\n   3 |   - id: a\n     |         ^",
		"backends/stock.wsdl:2:3: no binding\n   2 |   <types/>\n     |   ^",
		"backends/stock.wsdl:1:1: old\n   1 | <definitions>\n     | ^",
		"https://legacy.example/service?wsdl:7:9: no port",
		"backends/missing.xsd: not there",
		"backends/stock.yaml:1:1: nothing works\n   1 | kind: memory\n     | ^",
	}
	for i, d := range list {
		if d.String() != want[i] {
			t.Errorf("got\n%s\nwant\n%s", d, want[i])
		}
	}
	if len(list) != len(want) {
		t.Errorf("%d diagnostics, want %d", len(list), len(want))
	}
}

// secretAdapter is an adapter with a secret in its configuration.
type secretAdapter struct{ adapters.Adapter }

func (secretAdapter) Kind() string            { return "database" }
func (secretAdapter) Config() adapters.Config { return &configv1.DatabaseBackend{} }

func TestSecretsAreNeverPrinted(t *testing.T) {
	t.Parallel()
	for name, dsn := range map[string]string{
		"plain":      "dsn: hunter2\n",
		"wrong key":  "dsn: {value: hunter2}\n",
		"block":      "dsn: |\n  postgres://\n  hunter2\nzzz: 1\n",
		"list":       "dsn:\n  - hunter2\n",
		"nested":     "dsn:\n  env:\n    name: hunter2\n",
		"nested env": "dsn: {env: {env: hunter2}}\n",
		"over lines": "dsn: \"one\n  hunter2\"\nzzz: 1\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			writeFile(t, filepath.Join(dir, "backends", "housing.yaml"), "kind: database\n"+dsn)
			_, err := estate.Read(t.Context(), dir, []adapters.Adapter{secretAdapter{}})
			var list diagnostic.List
			if !errors.As(err, &list) {
				t.Fatalf("got %v, want diagnostics", err)
			}
			if strings.Contains(list.Error(), "hunter2") {
				t.Errorf("the secret is printed:\n%s", list)
			}
		})
	}
}
