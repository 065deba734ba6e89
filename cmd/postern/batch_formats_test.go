package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// shopEstate has an extract of XML records, and one of a hierarchy of records by a copybook.
const shopEstate = `kind: batch
poll: 50ms
publish: {version: v1}
extracts:
  - plural: orders
    singular: order
    layout: {format: {schema: orders.schema}}
    inbox: {directory: ../in, pattern: "ORDERS.*", settle: 0s}
    key: ["@no"]
    indexes: [Customer]
  - plural: policies
    singular: policy
    layout:
      copybook: policy.cpy
      record_format: line
      code_page: ascii
      segments: {field: KIND, kinds: [{group: POLICY, values: [P]}, {group: COVER, values: [C], parent: POLICY}]}
    inbox: {directory: ../in, pattern: "POLICIES.*", settle: 0s}
    key: [POLICY-NO]
`

// newShop makes an estate of this back end, with a file of each kind.
func newShop(t *testing.T, backend string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	for name, content := range map[string]string{
		"backends/shop.yaml":     backend,
		"backends/orders.schema": "format: xml\nelement: //Order\nfields: [{name: '@no'}, {name: Customer}, {name: Total, type: decimal}, {name: Line, repeated: true, fields: [{name: Count, type: integer}]}]\n",
		"backends/policy.cpy": "       01  POLICY-RECORD.\n           05  KIND PIC X.\n           05  POLICY.\n               10  POLICY-NO PIC X(4).\n               10  HOLDER PIC X(8).\n" +
			"           05  COVER REDEFINES POLICY.\n               10  COVER-CODE PIC X(2).\n               10  PREMIUM PIC 9(4)V99.\n",
		"in/ORDERS.1":   "<All><Order no='7'><Customer>Doyle</Customer><Total>120.50</Total><Line><Count>2</Count></Line><Line/></Order><Order no='8'><Customer>Okafor</Customer></Order></All>",
		"in/POLICIES.1": "P0001Doyle\nCHH012050\nCCO008000\nP0002Okafor\n",
	} {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// XML records and hierarchies are served over REST as any other extract.
func TestFormatsOverREST(t *testing.T) {
	t.Parallel()
	gateway := startIn(t, newShop(t, shopEstate), "serve", ".")
	base := "http://" + gateway.rest + "/shop/v1/"
	eventually(t, "both files are served", func() bool {
		return get(t, base+"orders/7").status == 200 && get(t, base+"policies/0001").status == 200
	})
	first := `{"no": "7", "customer": "Doyle", "total": "120.50", "line": [{"count": "2"}, {}]}`
	for path, want := range map[string]string{
		"orders/7":                         first,
		"orders?customer=Okafor":           `{"orders": [{"no": "8", "customer": "Okafor", "line": []}], "nextPageToken": ""}`,
		"orders?filter=line.count%3A2":     `{"orders": [` + first + `], "nextPageToken": ""}`,
		"policies/0001":                    `{"kind": "P", "policy": {"policyNo": "0001", "holder": "Doyle", "cover": [{"coverCode": "HH", "premium": "120.50"}, {"coverCode": "CO", "premium": "80.00"}]}}`,
		"policies?fields=policy.holder":    `{"policies": [{"policy": {"holder": "Doyle", "cover": []}}, {"policy": {"holder": "Okafor", "cover": []}}], "nextPageToken": ""}`,
		"policies?orderBy=policyNo%20desc": "",
	} {
		answer := get(t, base+path)
		if want == "" {
			if answer.status != 400 || answer.at("violations") == nil {
				t.Errorf("%s: %d %v, want a violation", path, answer.status, answer.body)
			}
			continue
		}
		var wanted, got map[string]any
		if err := json.Unmarshal([]byte(want), &wanted); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal([]byte(answer.body), &got); err != nil || answer.status != 200 {
			t.Errorf("%s: %d, %v: %s", path, answer.status, err, answer.body)
			continue
		}
		delete(got, "asOf")
		if diff := cmp.Diff(wanted, got); diff != "" {
			t.Errorf("%s: -want +got\n%s", path, diff)
		}
	}
}

// A wrong setting of a layout has its place in the file.
func TestFormatMistakesAreLocated(t *testing.T) {
	t.Parallel()
	for change, want := range map[string]string{
		"{schema: orders.schema}/{name: xml}":          "backends/shop.yaml:7:22",
		"{schema: orders.schema}/{schema: none}":       "backends/shop.yaml:7:31",
		"layout: {format/layout: {trim: both, format":  "backends/shop.yaml:7:20",
		"parent: POLICY/parent: NONE":                  "backends/shop.yaml:17:",
		"key: [POLICY-NO]/key: [PREMIUM, POLICY-NONE]": "backends/shop.yaml:19:",
	} {
		from, to, _ := strings.Cut(change, "/")
		stdout, stderr, code := postern(t, newShop(t, strings.Replace(shopEstate, from, to, 1)), "check", ".")
		if code != exitNo || !strings.Contains(stdout+stderr, want) {
			t.Errorf("%s: exit %d, want a finding at %s:\n%s%s", change, code, want, stdout, stderr)
		}
	}
}
