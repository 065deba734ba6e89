package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestREADME runs every snippet of the README, and compares what it prints with what the README says. A block of ```console holds
// commands behind "$ ", each with its output. A line "..." of the output stands for any lines; JSON is compared as JSON; what differs from run to
// run (times of calls, ids of operations and traces) is not compared.
func TestREADME(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	commands := snippets(t, string(text))
	if len(commands) < 10 {
		t.Fatalf("the README holds %d commands, which cannot be all", len(commands))
	}
	guest := newGuest(t)
	for _, command := range commands {
		guest.run(t, command)
	}
	var shown []string
	for _, command := range commands {
		if strings.HasPrefix(command.text, "curl ") && len(shown) < len(guest.tour) {
			shown = append(shown, steadyText(command.text))
		}
	}
	for i := range guest.tour {
		guest.tour[i] = steadyText(guest.tour[i])
	}
	if diff := cmp.Diff(guest.tour, shown); diff != "" || len(shown) != 5 {
		t.Errorf("the demo does not say to try what the README tries (-demo +README):\n%s", diff)
	}
}

// A snippet is one command of the README, and what it prints.
type snippet struct {
	line   int
	text   string
	output string
}

// snippets finds the commands. Blocks of other languages must not look like commands, so that none goes untested.
func snippets(t *testing.T, text string) []snippet {
	t.Helper()
	var found []snippet
	language, inBlock := "", false
	for i, line := range strings.Split(text, "\n") {
		if rest, fence := strings.CutPrefix(line, "```"); fence {
			inBlock = !inBlock
			language = rest
			continue
		}
		command, isCommand := strings.CutPrefix(line, "$ ")
		switch {
		case !inBlock:
		case language != "console":
			if isCommand || language == "sh" || language == "bash" {
				t.Errorf("README.md:%d: commands stand in blocks of ```console, so that they are tested", i+1)
			}
		case isCommand:
			found = append(found, snippet{line: i + 1, text: command})
		case len(found) > 0 && strings.HasSuffix(found[len(found)-1].text, "\\"):
			last := &found[len(found)-1]
			last.text = strings.TrimSuffix(last.text, "\\") + strings.TrimSpace(line)
		case len(found) > 0:
			found[len(found)-1].output += line + "\n"
		default:
			t.Errorf("README.md:%d: a block of ```console begins with a command", i+1)
		}
	}
	return found
}

// A guest is somebody who follows the README, in a directory that holds the repository's files.
type guest struct {
	dir     string
	tour    []string          // the commands that the first demo said to try
	replace *strings.Replacer // the README's addresses by those of the running demo
}

func newGuest(t *testing.T) *guest {
	t.Helper()
	repo, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := exec.LookPath("curl"); err != nil {
		t.Fatal("the README's examples use curl: install it")
	}
	dir := t.TempDir()
	if err := os.Symlink(filepath.Join(repo, "deploy"), filepath.Join(dir, "deploy")); err != nil {
		t.Fatal(err)
	}
	return &guest{dir: dir, replace: strings.NewReplacer()}
}

// run runs one command. The gateway is started in the background, on free ports; the tests are not run within themselves.
func (g *guest) run(t *testing.T, command snippet) {
	t.Helper()
	text := strings.ReplaceAll(command.text, "go run ./cmd/postern", "postern")
	words := strings.Fields(text)
	switch {
	case text == "make test" || text == "go install ./cmd/postern":
		return
	case words[0] == "postern" && (words[1] == "demo" || words[1] == "serve"):
		served := startIn(t, g.dir, words[1:]...)
		if g.tour == nil {
			g.tour = served.tour
		}
		g.replace = strings.NewReplacer("127.0.0.1:8080", served.rest, "127.0.0.1:9090", served.grpc, "127.0.0.1:9091", served.admin)
		return
	}
	shell := exec.CommandContext(t.Context(), "bash", "-e", "-c", g.replace.Replace(text))
	shell.Dir = g.dir
	output, err := shell.CombinedOutput()
	if err != nil {
		t.Errorf("README.md:%d: %s: %v\n%s", command.line, command.text, err, output)
		return
	}
	compareOutput(t, command, string(output))
}

// compareOutput holds what was printed against the README.
func compareOutput(t *testing.T, command snippet, printed string) {
	t.Helper()
	var got, want any
	if json.Unmarshal([]byte(printed), &got) == nil && json.Unmarshal([]byte(command.output), &want) == nil {
		if diff := cmp.Diff(steady(want), steady(got)); diff != "" {
			t.Errorf("README.md:%d: %s prints something else (-README +printed):\n%s\nprinted: %s", command.line, command.text, diff, printed)
		}
		return
	}
	pattern := regexp.QuoteMeta(steadyText(strings.TrimSpace(command.output)))
	pattern = strings.ReplaceAll(pattern, `\.\.\.`, `(?s:.*)`)
	if !regexp.MustCompile("^" + pattern + "$").MatchString(steadyText(strings.TrimSpace(printed))) {
		t.Errorf("README.md:%d: %s prints\n%s\nand not\n%s", command.line, command.text, printed, command.output)
	}
}

// steady replaces what differs from run to run in a JSON value.
func steady(value any) any {
	switch value := value.(type) {
	case map[string]any:
		for key := range value {
			if value[key] = steady(value[key]); key == "nextPageToken" && value[key] != "" {
				value[key] = "TOKEN"
			}
		}
	case []any:
		for i := range value {
			value[i] = steady(value[i])
		}
	case string:
		return steadyText(value)
	}
	return value
}

var unsteady = []struct {
	pattern     *regexp.Regexp
	replacement string
}{
	{regexp.MustCompile(`\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d+Z`), "NOW"},
	{regexp.MustCompile(`operations/[a-z2-7]{26}`), "operations/ID"},
	{regexp.MustCompile(`\b[0-9a-f]{32}\b`), "TRACE"},
	{regexp.MustCompile(`([,:]) (["{\[])`), "$1$2"}, // white space of JSON
	{regexp.MustCompile(`127\.0\.0\.1:\d+`), "ADDRESS"},
}

func steadyText(text string) string {
	for _, u := range unsteady {
		text = u.pattern.ReplaceAllString(text, u.replacement)
	}
	return text
}
