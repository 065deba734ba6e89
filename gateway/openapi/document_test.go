package openapi_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/pb33f/libopenapi"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/postern-gateway/postern/gateway/openapi"
	"github.com/postern-gateway/postern/gateway/rest"
	"github.com/postern-gateway/postern/gateway/rest/resttest"
)

var update = flag.Bool("update", false, "write the documents in testdata as they are now")

func published(t *testing.T) []rest.Published {
	t.Helper()
	bank := resttest.Compile(t, "testdata/bank.proto")
	return []rest.Published{
		{
			API: "bank", Version: "v1", Services: resttest.Services(bank), Contract: true,
			Title: "Bank", Description: "Accounts and payments.", Owner: "payments@example.org", Lifecycle: "draft",
			Conditional: map[protoreflect.FullName]bool{"bank.v1.BankService.UpdateAccount": true},
			Mocked:      map[protoreflect.FullName]bool{"bank.v1.BankService.Pay": true},
			Examples:    map[protoreflect.FullName]json.RawMessage{"bank.v1.BankService.GetAccount": json.RawMessage(`{"accountNo":"7","balance":"1.50"}`)},
		},
		{API: "legacy", Version: "v2", Services: resttest.Services(resttest.Compile(t, "testdata/legacy.proto"))},
	}
}

func TestDocument(t *testing.T) {
	t.Parallel()
	for _, p := range published(t) {
		got, err := openapi.Document(p)
		if err != nil {
			t.Fatal(err)
		}
		golden := filepath.Join("testdata", p.API+".openapi.json")
		if *update {
			if err := os.WriteFile(golden, got, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("the document of %s is not %s; look at it, and run the test with -update if it is right:\n%s", p.Name(), golden, got)
		}
	}
}

func TestDocumentIsDeterministic(t *testing.T) {
	t.Parallel()
	p := published(t)[0]
	first, err := openapi.Document(p)
	if err != nil {
		t.Fatal(err)
	}
	for range 5 {
		again, err := openapi.Document(published(t)[0])
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(first, again) {
			t.Fatalf("got\n%s\nand\n%s", first, again)
		}
	}
}

// TestDocumentIsValid reads the documents with a library that resolves every reference, and counts what it finds.
func TestDocumentIsValid(t *testing.T) {
	t.Parallel()
	for _, p := range published(t) {
		text, err := openapi.Document(p)
		if err != nil {
			t.Fatal(err)
		}
		document, err := libopenapi.NewDocument(text)
		if err != nil {
			t.Fatal(err)
		}
		model, err := document.BuildV3Model()
		if err != nil {
			t.Fatalf("%s: %v", p.Name(), err)
		}
		if version := model.Model.Version; version != openapi.Version {
			t.Errorf("%s: got version %s", p.Name(), version)
		}
		routes, err := rest.Routes(p)
		if err != nil {
			t.Fatal(err)
		}
		operations, ids := 0, make(map[string]bool)
		for path, item := range model.Model.Paths.PathItems.FromOldest() {
			for verb, operation := range item.GetOperations().FromOldest() {
				operations++
				if ids[operation.OperationId] {
					t.Errorf("%s: two operations are %s", p.Name(), operation.OperationId)
				}
				ids[operation.OperationId] = true
				if operation.Responses.Default == nil {
					t.Errorf("%s: %s %s says nothing of errors", p.Name(), verb, path)
				}
			}
		}
		if operations != len(routes) {
			t.Errorf("%s: got %d operations, want %d", p.Name(), operations, len(routes))
		}
		if problems := model.Index.GetReferenceIndexErrors(); len(problems) > 0 {
			t.Errorf("%s: %v", p.Name(), problems)
		}
	}
}

func TestWhatCannotBePublishedHasNoDocument(t *testing.T) {
	t.Parallel()
	p := published(t)[0]
	p.API = "other"
	if _, err := openapi.Document(p); err == nil {
		t.Error("there is no error")
	}
}
