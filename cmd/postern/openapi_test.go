package main

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/postern-gateway/postern/gateway/openapi"
	"github.com/postern-gateway/postern/gateway/rest"
	"github.com/postern-gateway/postern/gateway/rest/resttest"
)

var update = flag.Bool("update", false, "write the documents of ../../openapi as they are now")

// TestOpenAPIDocuments holds the OpenAPI documents in ../../openapi against those of the demo's APIs as they are served, and of the admin API.
func TestOpenAPIDocuments(t *testing.T) {
	t.Parallel()
	demo := start(t, "demo", "--data", t.TempDir())
	for _, api := range []string{"benefits", "citizen", "counciltax", "housing"} {
		got := get(t, "http://"+demo.rest+"/"+api+"/v1/openapi.json")
		if got.status != 200 {
			t.Fatalf("the document of %s: %d %s", api, got.status, got.body)
		}
		wantDocument(t, api+".v1.json", []byte(got.body))
	}
	wantDocument(t, "admin.v1.json", adminDocument(t))
}

// adminDocument is made from the admin API's .proto file and not from its Go code, which holds no comments.
func adminDocument(t *testing.T) []byte {
	t.Helper()
	file := resttest.Compile(t, filepath.Join("..", "..", "proto", "postern", "admin", "v1", "admin.proto"))
	document, err := openapi.Document(rest.Published{
		API: "admin", Version: "v1", Contract: true, Title: "Postern administration",
		Services: resttest.Services(file),
	})
	if err != nil {
		t.Fatal(err)
	}
	return document
}

// wantDocument compares a document with the file in ../../openapi.
func wantDocument(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join("..", "..", "openapi", name)
	if *update {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("run `make generate`: %v", err)
	}
	if diff := cmp.Diff(decoded(t, want), decoded(t, got)); diff != "" {
		t.Errorf("openapi/%s is not what is served (-file +served); run `make generate`:\n%s", name, diff)
	}
}

func decoded(t *testing.T, document []byte) any {
	t.Helper()
	var value any
	if err := json.Unmarshal(document, &value); err != nil {
		t.Fatal(err)
	}
	return value
}
