package main

import (
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/postern-gateway/postern/gateway/openapi"
	"github.com/postern-gateway/postern/gateway/rest"
	"github.com/postern-gateway/postern/gateway/rest/resttest"
)

var update = flag.Bool("update", false, "write the documents of ../../openapi and the demo's lock files as they are now")

// TestGenerated holds what is generated from the demo against what is committed: the OpenAPI documents in ../../openapi, the admin API's among them,
// and the lock files of the demo's estate.
func TestGenerated(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	demo := start(t, "demo", "--data", data)
	for _, api := range []string{"benefits", "citizen", "counciltax", "housing"} {
		got := get(t, "http://"+demo.rest+"/"+api+"/v1/openapi.json")
		if got.status != 200 {
			t.Fatalf("the document of %s: %d %s", api, got.status, got.body)
		}
		wantGenerated(t, filepath.Join("openapi", api+".v1.json"), []byte(got.body))
	}
	wantGenerated(t, filepath.Join("openapi", "admin.v1.json"), adminDocument(t))
	for name, lock := range lockFiles(t, data) {
		wantGenerated(t, filepath.Join("deploy", "demo", "estate", "backends", name), lock)
	}
}

// lockFiles makes the lock files of a copy of the demo's estate anew.
func lockFiles(t *testing.T, data string) map[string][]byte {
	t.Helper()
	estate := filepath.Join(data, "copy")
	if err := os.CopyFS(estate, os.DirFS(filepath.Join(data, "estate"))); err != nil {
		t.Fatal(err)
	}
	pattern := filepath.Join(estate, "backends", "*.lock")
	old, err := filepath.Glob(pattern)
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range old {
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
	if output, err := exec.CommandContext(t.Context(), "postern", "check", "--connect", estate).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	written, err := filepath.Glob(pattern)
	if err != nil || len(written) != 3 {
		t.Fatalf("lock files %v, %v; want those of three back ends", written, err)
	}
	locks := make(map[string][]byte)
	for _, path := range written {
		if locks[filepath.Base(path)], err = os.ReadFile(path); err != nil {
			t.Fatal(err)
		}
	}
	return locks
}

// adminDocument is made from the admin API's .proto files and not from its Go code, which holds no comments.
func adminDocument(t *testing.T) []byte {
	t.Helper()
	var services []protoreflect.ServiceDescriptor
	for _, name := range []string{"admin.proto", "batch.proto"} {
		file := resttest.Compile(t, filepath.Join("..", "..", "proto", "postern", "admin", "v1", name))
		services = append(services, resttest.Services(file)...)
	}
	document, err := openapi.Document(rest.Published{
		API: "admin", Version: "v1", Contract: true, Title: "Postern administration",
		Services: services,
	})
	if err != nil {
		t.Fatal(err)
	}
	return document
}

// wantGenerated compares what is generated with the file of that name, from the repository's top.
func wantGenerated(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join("..", "..", name)
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
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s is not up to date (-file +generated); run `make generate`:\n%s", name, diff)
	}
}
