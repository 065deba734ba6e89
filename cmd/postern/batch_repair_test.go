package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// putParts puts a file into the inbox of parts, whole from the first moment.
func putParts(t *testing.T, dir, name, content string) {
	t.Helper()
	aside := filepath.Join(dir, "aside")
	if err := os.WriteFile(aside, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(aside, filepath.Join(dir, "in", name)); err != nil {
		t.Fatal(err)
	}
}

// Rejects are corrected and taken in, and a snapshot is gone back from, while callers who ask again learn whether anything has changed.
func TestBatchRepairs(t *testing.T) {
	t.Parallel()
	dir := newParts(t)
	config := strings.Replace(partsEstate, "    max_bad_share: 0.5\n", "    max_bad_share: 0.5\n    keep: 3\n", 1)
	if err := os.WriteFile(filepath.Join(dir, "backends", "stock.yaml"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	gateway := startIn(t, dir, "serve", ".")
	parts := "http://" + gateway.rest + "/stock/v1/parts"
	eventually(t, "the file is served", func() bool { return get(t, parts+"/3").status == http.StatusOK })

	// A list and a record are answered by 304 while they are the same.
	for _, url := range []string{parts, parts + "/1"} {
		first := get(t, url)
		tag := first.header.Get("ETag")
		if again := send(t, http.MethodGet, url, "", "If-None-Match", tag); tag == "" || again.status != http.StatusNotModified || again.body != "" || again.header.Get("ETag") != tag {
			t.Errorf("%s: ETag %q, then %d %q", url, tag, again.status, again.body)
		}
		if other := send(t, http.MethodGet, url, "", "If-None-Match", `"another"`); other.status != http.StatusOK || other.body == "" {
			t.Errorf("%s with another ETag: %d", url, other.status)
		}
	}
	before := get(t, parts).header.Get("ETag")

	stdout, stderr, code := postern(t, dir, "batch", "replay", "stock", "PARTS.1", "--admin", gateway.admin)
	if code != exitNo || !strings.HasPrefix(stdout, "1 record") || !strings.Contains(stdout, "1 of them are still bad; run ") {
		t.Errorf("replay without a correction: exit %d:\n%s%s", code, stdout, stderr)
	}
	corrections := filepath.Join(dir, "corrections.jsonl")
	corrected, err := json.Marshal(map[string]any{"record": "3", "data": []byte("2,Nut,0.10")})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(corrections, corrected, 0o600); err != nil {
		t.Fatal(err)
	}
	stdout, stderr, code = postern(t, dir, "batch", "replay", "stock", "PARTS.1", "--corrections", corrections, "--json", "--admin", gateway.admin)
	var run struct{ Outcome, Records, Rejects string }
	if err := json.Unmarshal([]byte(stdout), &run); err != nil || code != exitGood || run.Outcome != "replayed" || run.Records != "1" || run.Rejects != "" && run.Rejects != "0" {
		t.Errorf("replay: exit %d, %v, %+v:\n%s%s", code, err, run, stdout, stderr)
	}
	if nut := get(t, parts+"/2"); nut.at("name") != "Nut" || nut.at("price") != "0.10" {
		t.Errorf("the corrected record: %d %s", nut.status, nut.body)
	}
	if changed := send(t, http.MethodGet, parts, "", "If-None-Match", before); changed.status != http.StatusOK {
		t.Errorf("the list has changed, and is answered %d", changed.status)
	}

	putParts(t, dir, "PARTS.2", "id,name,price\n7,Screw,0.07\n")
	eventually(t, "the next file is served", func() bool { return get(t, parts+"/7").status == http.StatusOK })
	for _, step := range []struct {
		arguments []string
		part      int
	}{{nil, 2}, {[]string{"--forward"}, 7}} {
		stdout, stderr, code = postern(t, dir, append([]string{"batch", "rollback", "stock", "parts", "--admin", gateway.admin}, step.arguments...)...)
		if code != exitGood {
			t.Errorf("rollback %v: exit %d:\n%s%s", step.arguments, code, stdout, stderr)
		}
		if found := get(t, fmt.Sprintf("%s/%d", parts, step.part)); found.status != http.StatusOK {
			t.Errorf("after rollback %v: part %d is answered %d", step.arguments, step.part, found.status)
		}
		if gone := get(t, fmt.Sprintf("%s/%d", parts, 9-step.part)); gone.status != http.StatusNotFound {
			t.Errorf("after rollback %v: part %d is answered %d", step.arguments, 9-step.part, gone.status)
		}
	}
	stdout, _, _ = postern(t, dir, "batch", "list", "stock", "--admin", gateway.admin)
	if !strings.Contains(stdout, "PARTS.2") || strings.Contains(stdout, "rolled back") {
		t.Errorf("list:\n%s", stdout)
	}
}
