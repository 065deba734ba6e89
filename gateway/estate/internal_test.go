package estate

import (
	"errors"
	"fmt"
	"testing"

	"google.golang.org/protobuf/proto"

	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

func TestParseTemplate(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"/v1/x":                     "/v1/x []",
		"/v1/{id}":                  "/v1/* [id@5]",
		"/v1/{a.b_c=x/*}/y:cancel":  "/v1/x/*/y:cancel [a.b_c@5]",
		"/v1/{name=**}:watch":       "/v1/**:watch [name@5]",
		"/v1/*/{a}/{b}":             "/v1/*/*/* [a@7 b@11]",
		"/v1/caf%C3%A9/a-b.c~d":     "/v1/caf%C3%A9/a-b.c~d []",
		"":                          `0: a path begins with "/"`,
		"v1":                        `0: a path begins with "/"`,
		"/":                         "1: a part of the path is expected here: a word, *, or {field}",
		"/v1/{a":                    "4: this { is not closed",
		"/v1/{a..b}":                "9: the name of a field is expected here",
		"/v1/{a.}":                  "7: the name of a field is expected here",
		"/v1/{=x}":                  "5: the name of a field is expected here",
		"/v1/{a!}":                  "6: '!' is not expected here",
		"/v1/{a=**/b}":              "9: nothing follows **",
		"/v1/**/{b}":                "6: nothing follows **",
		"/v1/{a={b}}":               "7: a variable cannot hold another variable",
		"/v1/x#y":                   "5: '#' is not expected here",
		"/v1/ä":                     "4: a part of the path is expected here: a word, *, or {field}",
		"/v1/x:":                    "6: a part of the path is expected here: a word, *, or {field}",
		"/orders/v1/orders/{id}:do": "/orders/v1/orders/*:do [id@19]",
	} {
		parsed, err := parseTemplate(text)
		var wrong *templateError
		var got string
		switch {
		case errors.As(err, &wrong):
			got = fmt.Sprintf("%d: %s", wrong.offset, wrong.text)
		default:
			names := []string{}
			for _, v := range parsed.variables {
				names = append(names, fmt.Sprintf("%s@%d", v.path, v.offset))
			}
			got = fmt.Sprint(parsed.shape, " ", names)
		}
		if got != want {
			t.Errorf("%s: got %s, want %s", text, got, want)
		}
	}
}

func TestNearest(t *testing.T) {
	t.Parallel()
	names := []string{"timeout", "max_concurrent", "breaker", "id"}
	for name, want := range map[string]string{
		"time_out": "timeout", "Timeout": "timeout", "maxConcurrent": "max_concurrent", "braeker": "breaker",
		"idd": "id", "nix": "", "": "", "retries": "", "max_concurent": "max_concurrent",
	} {
		if got := nearest(name, names); got != want {
			t.Errorf("nearest(%q) = %q, want %q", name, got, want)
		}
	}
}

// FuzzDocument holds that no YAML makes the reader panic, that what it says is always located in the file, and that positions
// can be asked for whatever was read.
func FuzzDocument(f *testing.F) {
	for _, seed := range []string{
		"", "kind: memory\n", "a: [b, {c: d}]\n", "items:\n  - id: |\n      x\n", "items: [{id: \"\\u00e4\"}]", "a: &x b\nc: *x\n", "? [a]\n: b\n",
		"a: !!binary x\n", "\ufeffa: b\r\n", "a: 'b\n\n  c'\n", "--- >\n x\n...\n", "{a: b, a: c}", "a:\n\t- b", "publish: {api: x}\nresilience: {timeout: 1e9}\n", "\"a", "a: \"\\\n", "- - -\n",
	} {
		f.Add([]byte(seed), 1, 1)
	}
	f.Fuzz(func(t *testing.T, content []byte, line, column int) {
		source, list := parseDocument("/estate", "backends/x.yaml", content)
		if source != nil {
			for _, message := range []proto.Message{&configv1.MemoryBackend{}, &configv1.Binding{}, &configv1.DatabaseBackend{}} {
				list = append(list, source.decode(content, message)...)
			}
			at := source.ValuePosition("items[0].id", line, column)
			if at.Line < 1 || at.Column < 1 {
				t.Errorf("a position of %v", at)
			}
		}
		for _, d := range list {
			if d.File != "backends/x.yaml" || d.Line > lineCount(source, content) || d.Message == "" {
				t.Errorf("a diagnostic without a place: %#v", d)
			}
			_ = d.String()
		}
	})
}

// lineCount is the number of lines that a diagnostic may point to.
func lineCount(source *Source, content []byte) int {
	if source != nil {
		return source.text.Len()
	}
	return len(content) + 1
}

// FuzzLock holds that no lock file makes the reader panic, and that it finds either files or mistakes.
func FuzzLock(f *testing.F) {
	for _, seed := range []string{
		"", "-- --", "x\n-- a.proto --\nsyntax = \"proto3\";\nmessage A { string b = 1 [json_name = \"c\"]; }\n",
		"-- a.proto --\nimport \"a.proto\";\n", "-- a.proto --\nimport \"b.proto\";\n-- b.proto --\nimport \"a.proto\";\n",
		"-- a.proto --\nedition = \"2023\";\nextend google.protobuf.FieldOptions { string x = 50001; }\n",
		"-- a.proto --\nsyntax=\"proto3\";import \"google/api/annotations.proto\";service S{rpc A(M)returns(M){option(google.api.http)={get:\"/a\"};}} message M{}",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		files, list := parseLock(t.Context(), "x.lock", content)
		if (len(files) == 0) == (len(list) == 0) {
			t.Errorf("%d files and %d mistakes", len(files), len(list))
		}
		for _, d := range list {
			_ = d.String()
		}
	})
}
