package main

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"testing"
)

// ordersBackend takes orders that leave as CSV and are answered as CSV.
const ordersBackend = `
kind: batch
publish: {}
poll: 0.02s
submissions:
  - name: orders
    layout:
      delimited: {header: true, columns: [{name: type}, {name: ref, type: integer}, {name: item, max_length: 20}, {name: amount, type: decimal}]}
    values: {type: D}
    reference: ref
    required: [item]
    outbox: {directory: %q, name: "ORDERS.{sequence:3}.csv"}
    trailer: {columns: [{name: type}, {name: count, type: integer}, {name: sum, type: decimal}], values: {type: T}, count: count, totals: [{of: amount, equals: sum}]}
    cut: {count: 2, age: 3600s}
    acknowledgement:
      inbox: {directory: %q, pattern: "ACK.*", settle: 0s}
      layout: {delimited: {delimiter: ";", columns: [{name: ref, type: integer}, {name: result}]}}
      reference: ref
      code: result
      accepted: [OK]
      rejected: {NO: "The item is sold out."}
`

// An outbox of CSV, and an inbox of answers in CSV, through the real program.
func TestDelimitedOutbox(t *testing.T) {
	t.Parallel()
	estate, out, in := t.TempDir(), t.TempDir(), t.TempDir()
	err := errors.Join(
		os.Mkdir(filepath.Join(estate, "backends"), 0o750),
		os.WriteFile(filepath.Join(estate, "gateway.yaml"), []byte("{}\n"), 0o600),
		os.WriteFile(filepath.Join(estate, "backends", "shop.yaml"), fmt.Appendf(nil, ordersBackend, out, in), 0o600),
	)
	if err != nil {
		t.Fatal(err)
	}
	shop := "http://" + start(t, "serve", estate).rest + "/shop/v1"
	refused := send(t, "POST", shop+"/orders", `{"item": "a name that is far too long for it", "amount": "1.00"}`)
	violations, _ := refused.at("violations").([]any)
	if len(violations) != 1 || refused.status != http.StatusBadRequest || violations[0].(map[string]any)["field"] != "item" {
		t.Errorf("%d %s, want 400 for item", refused.status, refused.body)
	}
	first, _ := send(t, "POST", shop+"/orders", `{"item": "Nails, \"long\"", "amount": "12.50"}`).at("name").(string)
	second, _ := send(t, "POST", shop+"/orders", `{"item": "Glue", "amount": "0.25"}`).at("name").(string)
	delivered := func(state string) bool { return state == "DELIVERED" }
	follow(t, shop+"/"+second+":watch", delivered)
	content, err := os.ReadFile(filepath.Join(out, "ORDERS.001.csv"))
	if want := "type,ref,item,amount\nD,1,\"Nails, \"\"long\"\"\",12.50\nD,2,Glue,0.25\nT,2,12.75\n"; err != nil || string(content) != want {
		t.Errorf("the file is %q (%v), want %q", content, err, want)
	}
	aside := filepath.Join(in, ".aside")
	if err := errors.Join(os.WriteFile(aside, []byte("1;OK\r\n2;NO\r\n"), 0o600), os.Rename(aside, filepath.Join(in, "ACK.1"))); err != nil {
		t.Fatal(err)
	}
	never := func(string) bool { return false }
	for name, want := range map[string]string{first: "ACKNOWLEDGED", second: "REJECTED"} {
		if states := follow(t, shop+"/"+name+":watch", never); len(states) == 0 || states[len(states)-1] != want {
			t.Errorf("%s: saw %v, want it to end with %s", name, states, want)
		}
	}
	if ended := send(t, "GET", shop+"/"+second, ""); ended.at("error", "message") != "The item is sold out." {
		t.Errorf("%s, want the reason", ended.body)
	}
}
