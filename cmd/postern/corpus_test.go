package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protojson"

	"github.com/postern-gateway/postern/adapters/batch/corpustest"
)

// Every case of the corpus with a copybook comes out of the command line as it should, with its settings as flags and in a file.
func TestCorpusByFlags(t *testing.T) {
	t.Parallel()
	dir := corpustest.Dir(t)
	for _, c := range corpustest.Cases(t) {
		run := map[string]func(*testing.T, string, corpustest.Case, []string){"decode": decodeCase, "error": errorCase, "encode": encodeCase, "json": jsonCase}[c.Kind]
		if run == nil || !c.IsBook() {
			continue
		}
		t.Run(c.ID, func(t *testing.T) {
			t.Parallel()
			flags := cobrixFlags(t, dir, c)
			run(t, dir, c, flags)
			run(t, dir, c, inSettings(t, flags))
		})
	}
}

// inProcess runs the program and returns what it wrote, and its exit code.
func inProcess(t *testing.T, arguments ...string) (stdout []byte, stderr string, code int) {
	t.Helper()
	var out, messages bytes.Buffer
	code = run(t.Context(), arguments, &out, &messages, nil)
	return out.Bytes(), messages.String(), code
}

func decodeCase(t *testing.T, dir string, c corpustest.Case, flags []string) {
	t.Helper()
	data := strings.Split(c.Data, ";")
	arguments := append([]string{"decode", "--data=" + filepath.Join(dir, data[0])}, flags...)
	for _, more := range data[1:] {
		arguments = append(arguments, "--and="+filepath.Join(dir, more))
	}
	out, messages, code := inProcess(t, arguments...)
	if code != exitGood {
		t.Fatalf("%q: exit code %d: %s", arguments, code, messages)
	}
	if err := c.Compare(dir, bytes.Split(bytes.TrimSuffix(out, []byte("\n")), []byte("\n"))); err != nil {
		t.Errorf("%q: %v", arguments, err)
	}
}

// errorCase wants the exit code of a no, and a message that places the mistake.
func errorCase(t *testing.T, dir string, c corpustest.Case, flags []string) {
	t.Helper()
	expected, err := os.ReadFile(filepath.Join(dir, c.Expected))
	if err != nil {
		t.Fatal(err)
	}
	_, messages, code := inProcess(t, append([]string{"decode", filepath.Join(dir, c.Data)}, flags...)...)
	place := regexp.MustCompile(`^record ([0-9]+) at offset ([0-9]+):`).FindStringSubmatch(string(expected))
	if code != exitNo || place != nil && !strings.Contains(messages, "record "+place[1]+" at byte "+place[2]+":") {
		t.Errorf("exit code %d: %s; want %s", code, messages, expected)
	}
}

func encodeCase(t *testing.T, dir string, c corpustest.Case, flags []string) {
	t.Helper()
	want, err := os.ReadFile(filepath.Join(dir, c.Expected))
	if err != nil {
		t.Fatal(err)
	}
	flags = slices.DeleteFunc(slices.Clone(flags), func(flag string) bool { return flag == "--bare" })
	got, messages, code := inProcess(t, append([]string{"encode", "--absent=low-values", "--misfits=lose", "--round", filepath.Join(dir, c.Data)}, flags...)...)
	if code != exitGood || !bytes.Equal(got, want) {
		t.Errorf("exit code %d: %s: got\n%X\nwant\n%X", code, messages, got, want)
	}
}

// jsonCase is one record of text, with its names as the copybook writes them, both ways.
func jsonCase(t *testing.T, dir string, c corpustest.Case, flags []string) {
	t.Helper()
	want, err := os.ReadFile(filepath.Join(dir, c.Expected))
	if err != nil {
		t.Fatal(err)
	}
	got, messages, code := inProcess(t, append([]string{"decode", filepath.Join(dir, c.Data)}, flags...)...)
	if code != exitGood {
		t.Fatalf("exit code %d: %s", code, messages)
	}
	if err := corpustest.SameJSON(got, want); err != nil {
		t.Errorf("%v in %s", err, got)
	}
	rows := filepath.Join(t.TempDir(), "rows.jsonl")
	var line bytes.Buffer
	if err := json.Compact(&line, want); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(rows, line.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(dir, c.Data))
	if err != nil {
		t.Fatal(err)
	}
	flags = slices.DeleteFunc(slices.Clone(flags), func(flag string) bool { return flag == "--bare" || strings.HasPrefix(flag, "--names") })
	back, messages, code := inProcess(t, append([]string{"encode", rows}, flags...)...)
	if code != exitGood || !bytes.Equal(bytes.TrimRight(back, " "), bytes.TrimRight(text, " ")) {
		t.Errorf("exit code %d: %s: got %q, want %q", code, messages, back, text)
	}
}

// inSettings writes the flags of the layout into a file, and returns those that name it, and that are about the output.
func inSettings(t *testing.T, flags []string) []string {
	t.Helper()
	var command decodeFileCommand
	parser := parserOf(t, &command)
	if _, err := parser.Parse(append([]string{"corpus_test.go"}, flags...)); err != nil {
		t.Fatal(err)
	}
	settings, _, err := command.layout()
	if err != nil {
		t.Fatal(err)
	}
	content, err := protojson.MarshalOptions{UseProtoNames: true}.Marshal(settings)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "settings.yaml")
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
	about := map[string]bool{}
	for _, f := range parser.Model.AllFlags(true) {
		for _, flag := range f {
			about["--"+flag.Name] = flag.Group != nil && flag.Group.Title == "Output"
		}
	}
	rest := []string{"--settings=" + file}
	for _, flag := range flags {
		if name, _, _ := strings.Cut(flag, "="); about[name] {
			rest = append(rest, flag)
		}
	}
	return rest
}

// Whoever reads the table of Cobrix's options finds all that the corpus has, and flags that exist.
func TestCobrixTable(t *testing.T) {
	t.Parallel()
	known := map[string]bool{}
	for _, flags := range parserOf(t, &decodeFileCommand{}).Model.AllFlags(true) {
		for _, flag := range flags {
			known["--"+flag.Name] = true
		}
	}
	all := ""
	for _, o := range cobrixOptions() {
		all += o.option + "\n"
		for _, flag := range regexp.MustCompile(`--[a-z-]+`).FindAllString(o.flags, -1) {
			if !known[flag] {
				t.Errorf("%s: there is no flag %s", o.option, flag)
			}
		}
	}
	for _, c := range corpustest.Cases(t) {
		if !c.IsBook() || c.Kind == "encode" {
			continue
		}
		for option := range c.Options {
			name, _, _ := strings.Cut(strings.ReplaceAll(option, "segment_children", "segment-children"), ":")
			if !strings.Contains(all, name) {
				t.Errorf("%s: the table does not have %s", c.ID, option)
			}
		}
	}
}

var inRule = regexp.MustCompile(`in\((\w+),\s*([^)]*)\)`)

// celRule writes a rule in CEL: = is ==, and in(A, 1, 2) is A in [1, 2].
func celRule(rule string) string {
	rule = inRule.ReplaceAllString(rule, "$1 in [$2]")
	return regexp.MustCompile(`([^=!<>])=([^=])`).ReplaceAllString(rule, "$1==$2")
}

// jsonPairs are the members of a JSON object as NAME=VALUE.
func jsonPairs(t *testing.T, text string) []string {
	t.Helper()
	var object map[string]any
	if err := json.Unmarshal([]byte(text), &object); err != nil {
		t.Fatal(err)
	}
	var all []string
	for name, value := range object {
		if inner, ok := value.(map[string]any); ok {
			for element, n := range inner {
				all = append(all, fmt.Sprintf("%s:%s=%v", name, element, n))
			}
			continue
		}
		all = append(all, fmt.Sprintf("%s=%v", name, value))
	}
	slices.Sort(all)
	return all
}
