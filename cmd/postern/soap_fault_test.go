package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"
)

// faultEstate is a contract whose rules read what a fault's detail says, over a back end that the mock of its WSDL stands in for. ENDPOINT is the mock's address.
const faultEstate = `
-- replies.yaml --
- operation: getAccount
  when: {citizenId: C000001}
  fault: {code: Server, text: ORA-1403, detail: '<AccountNotFound xmlns="http://revenues.riverside.example/account/v3"><citizenId>C000777</citizenId></AccountNotFound>'}
- operation: getAccount
  when: {citizenId: C000002}
  fault: {code: Server, text: ORA-1403, detail: '<AccountNotFound xmlns="http://revenues.riverside.example/account/v3"><citizenId>C000002</citizenId></AccountNotFound>'}
- operation: getAccount
  when: {citizenId: C000003}
  fault: {code: Server, text: ORA-1403, detail: '<Trace xmlns="urn:own">ORA-1403</Trace>'}
-- estate/backends/tax.yaml --
kind: soap
wsdl: tax/AccountService.wsdl
endpoint: ENDPOINT
publish: {}
-- estate/apis/bills/v1/bills.proto --
syntax = "proto3";
package bills.v1;
import "google/api/annotations.proto";
service BillsService {
  rpc GetBill(GetBillRequest) returns (GetBillResponse) {
    option (google.api.http) = {get: "/bills/v1/bills/{citizen_id}"};
  }
}
message GetBillRequest { string citizen_id = 1; }
message GetBillResponse { string account_reference = 1; }
-- estate/apis/bills/v1/binding.yaml --
owner: bills@riverside.example
lifecycle: LIFECYCLE_ACTIVE
methods:
  GetBill:
    steps:
      - name: account
        call: tax/GetAccount
        request: {citizen_id: request.citizen_id}
        errors:
          - when: error.detail.hasValue() && error.detail.value().account_not_found.citizen_id != request.citizen_id
            code: ABORTED
            reason: CITIZEN_MERGED
            message: The citizen has another number now.
          - when: error.reason == "ACCOUNT_NOT_FOUND"
            code: NOT_FOUND
            reason: NO_BILL
            message: There is no bill.
    response: {account_reference: account.account.account_reference}
`

// TestRulesReadFaults holds that what a SOAP fault says in its declared detail comes to the rules of a contract, and nothing of it to callers.
func TestRulesReadFaults(t *testing.T) {
	t.Parallel()
	wsdl, err := os.ReadFile(filepath.Join("..", "..", "deploy", "demo", "estate", "backends", "counciltax", "AccountService.wsdl"))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	write := func(name, content string) string {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	files := txtar.Parse([]byte(faultEstate)).Files
	document := write("estate/backends/tax/AccountService.wsdl", string(wsdl))
	address := startMock(t, document, "--replies", write(files[0].Name, string(files[0].Data)))
	for _, file := range files[1:] {
		write(file.Name, strings.ReplaceAll(string(file.Data), "ENDPOINT", address))
	}
	gateway := start(t, "serve", filepath.Join(dir, "estate"))
	for _, test := range []struct {
		path   string
		status int
		code   any
	}{
		{"/bills/v1/bills/C000001", 409, "CITIZEN_MERGED"},
		{"/bills/v1/bills/C000002", 404, "NO_BILL"},
		{"/bills/v1/bills/C000003", 503, "UNAVAILABLE"},
		{"/bills/v1/bills/C000004", 200, nil},
		{"/tax/v1/getAccount?citizenId=C000001", 400, "ACCOUNT_NOT_FOUND"},
	} {
		got := get(t, "http://"+gateway.rest+test.path)
		if got.status != test.status || got.at("code") != test.code {
			t.Errorf("%s is answered %d: %s", test.path, got.status, got.body)
		}
		if strings.Contains(got.body, "ORA") || strings.Contains(got.body, "C000777") {
			t.Errorf("%s tells what the service said: %s", test.path, got.body)
		}
	}
}
