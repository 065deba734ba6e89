package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// partsEstate has one extract, of comma-separated values.
const partsEstate = `kind: batch
poll: 50ms
publish: {version: v1}
extracts:
  - plural: parts
    singular: part
    layout:
      delimited:
        header: true
        columns: [{name: id, type: integer}, {name: name}, {name: price, type: decimal}]
    inbox: {directory: ../in, pattern: "PARTS.*"}
    key: [id]
    max_bad_share: 0.5
`

// postern runs the real program and returns what it prints, and its exit code.
func postern(t *testing.T, dir string, arguments ...string) (stdout, stderr string, code int) {
	t.Helper()
	var out, messages strings.Builder
	command := exec.CommandContext(t.Context(), "postern", arguments...)
	command.Dir, command.Stdout, command.Stderr = dir, &out, &messages
	if err := command.Run(); err != nil && command.ProcessState == nil {
		t.Fatal(err)
	}
	return out.String(), messages.String(), command.ProcessState.ExitCode()
}

// newParts makes an estate of parts, with one file that holds a bad record.
func newParts(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir()
	for name, content := range map[string]string{
		"backends/stock.yaml": partsEstate,
		"in/PARTS.1":          "id,name,price\n1,Bolt,0.25\n2,Nut,cheap\n3,Washer,0.05\n",
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

func TestBatchAgainstARunningGateway(t *testing.T) {
	t.Parallel()
	dir := newParts(t)
	gateway := startIn(t, dir, "serve", ".")
	eventually(t, "the file is served", func() bool { return send(t, "GET", "http://"+gateway.rest+"/stock/v1/parts/3", "").status == 200 })

	stdout, stderr, code := postern(t, dir, "batch", "list", "--admin", gateway.admin)
	for _, want := range []string{"stock\n", "EXTRACT", "parts    loaded", "PARTS.1", "served", "RUN"} {
		if !strings.Contains(stdout, want) || code != exitGood {
			t.Errorf("list: exit %d, without %q:\n%s%s", code, want, stdout, stderr)
		}
	}
	stdout, stderr, code = postern(t, dir, "batch", "list", "stock", "--json", "--admin", gateway.admin)
	var listings []struct {
		Backend  string
		Extracts []struct {
			InForce struct{ Records, File string }
		}
		Runs []struct{ ID, Of, Outcome, Records, Rejects string }
	}
	if err := json.Unmarshal([]byte(stdout), &listings); err != nil || code != exitGood || len(listings) != 1 || len(listings[0].Runs) != 1 {
		t.Fatalf("list --json: exit %d, %v:\n%s%s", code, err, stdout, stderr)
	}
	run := listings[0].Runs[0]
	if run.Of != "parts" || run.Outcome != "served" || run.Records != "3" || run.Rejects != "1" || listings[0].Extracts[0].InForce.Records != "2" {
		t.Errorf("list --json: %+v", listings)
	}

	stdout, stderr, code = postern(t, dir, "batch", "rejects", "stock", "PARTS.1", "--admin", gateway.admin)
	if code != exitGood || !strings.Contains(stdout, "\n3       26      ") || strings.Contains(stdout, "6368656170") || !strings.Contains(stderr, "1 record could not be used.") {
		t.Errorf("rejects: exit %d:\n%s%s", code, stdout, stderr)
	}
	stdout, stderr, code = postern(t, dir, "batch", "rejects", "stock", run.ID, "--data", "--json", "--admin", gateway.admin)
	var reject struct {
		Record, Offset string
		Data           []byte
	}
	if err := json.Unmarshal([]byte(stdout), &reject); err != nil || code != exitGood || reject.Record != "3" || reject.Offset != "26" || string(reject.Data) != "2,Nut,cheap" {
		t.Errorf("rejects --data --json: exit %d, %v, %+v:\n%s%s", code, err, reject, stdout, stderr)
	}
}

func TestBatchRefusesWhatItCannotDo(t *testing.T) {
	t.Parallel()
	dir := newParts(t)
	gateway := startIn(t, dir, "serve", ".")
	tests := []struct {
		name      string
		arguments []string
		code      int
		want      string
	}{
		{"no gateway", []string{"list", "--admin", "127.0.0.1:1"}, exitNo, "no gateway answers at 127.0.0.1:1"},
		{"not the admin API", []string{"list", "--admin", gateway.rest}, exitNo, "is not the admin API of a gateway"},
		{"no such back end", []string{"list", "shop", "--admin", gateway.admin}, exitNo, `the estate has no back end "shop"`},
		{"no such run", []string{"rejects", "stock", "PARTS.9", "--admin", gateway.admin}, exitNo, `the back end stock has no run "PARTS.9"`},
		{"no address", []string{"list", "--admin", "here"}, exitNo, `the address "here" is not host:port`},
		{"both ways", []string{"rollback", "stock", "parts", "--to", "x", "--forward"}, exitUsage, "--to and --forward can't be used together"},
		{"too many", []string{"list", "--runs", "1001"}, exitUsage, "--runs is from 0 to 1000"},
	}
	for _, test := range tests {
		stdout, stderr, code := postern(t, dir, append([]string{"batch"}, test.arguments...)...)
		if code != test.code || !strings.Contains(stderr, test.want) || stdout != "" {
			t.Errorf("%s: exit %d, want %d with %q:\n%s%s", test.name, code, test.code, test.want, stdout, stderr)
		}
	}
}
