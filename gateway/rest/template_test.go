package rest

import (
	"slices"
	"strings"
	"testing"
)

func TestTemplates(t *testing.T) {
	t.Parallel()
	rows := []struct{ text, shape, variables, err string }{
		{text: "/a", shape: "/a:"},
		{text: "/a/{b}/c:d", shape: "/a/*/c:d", variables: "b"},
		{text: "/a/*/{b.c=x/*}/**", shape: "/a/*/x/*/**:", variables: "b.c"},
		{text: "/a/{b=**}:c", shape: "/a/**:c", variables: "b"},
		{text: "", err: `path "": it starts with /`},
		{text: "a", err: `path "a": it starts with /`},
		{text: "/", err: `path "/": a segment is a literal of letters, digits and -._~!$&'()+,;=@, or *, ** or {field}`},
		{text: "/a//b", err: `path "/a//b": a segment is a literal of letters, digits and -._~!$&'()+,;=@, or *, ** or {field}`},
		{text: "/a/{}", err: `path "/a/{}": a variable is {field} or {field=segments}`},
		{text: "/a/{b", err: `path "/a/{b": a variable is {field} or {field=segments}`},
		{text: "/a/{b=x", err: `path "/a/{b=x": variable b is not closed by }`},
		{text: "/a/{b={c}}", err: `path "/a/{b={c}}": a segment is a literal of letters, digits and -._~!$&'()+,;=@, or *, ** or {field}`},
		{text: "/a/**/b", err: `path "/a/**/b": ** stands last`},
		{text: "/a:", err: `path "/a:": a segment is a literal of letters, digits and -._~!$&'()+,;=@, or *, ** or {field}`},
		{text: "/a:b:c", err: `path "/a:b:c": cannot read ":c"; a segment is a literal, *, ** or {field}`},
		{text: "/a/{b}c", err: `path "/a/{b}c": cannot read "c"; a segment is a literal, *, ** or {field}`},
		{text: "/a b", err: `path "/a b": cannot read " b"; a segment is a literal, *, ** or {field}`},
	}
	for _, row := range rows {
		parsed, err := parseTemplate(row.text)
		if err != nil || row.err != "" {
			if err == nil || err.Error() != row.err {
				t.Errorf("%s: got error %v, want %s", row.text, err, row.err)
			}
			continue
		}
		if parsed.shape() != row.shape {
			t.Errorf("%s: got shape %s, want %s", row.text, parsed.shape(), row.shape)
		}
		var names []string
		for _, v := range parsed.variables {
			names = append(names, v.path)
		}
		if strings.Join(names, " ") != row.variables {
			t.Errorf("%s: got variables %v, want %s", row.text, names, row.variables)
		}
		if same := parsed.String(func(path string) string { return path }); same != row.text {
			t.Errorf("%s is written %s", row.text, same)
		}
		if _, err := parsed.pattern(); err != nil {
			t.Errorf("%s: %v", row.text, err)
		}
	}
}

func TestMoreSpecificTemplatesComeFirst(t *testing.T) {
	t.Parallel()
	want := []string{"/a/b:v", "/a/{x}:v", "/a/b", "/a/b/c", "/a/b/{x}", "/a/b/**", "/a/{x}", "/a/{x}/c", "/a/**", "/{x}/b"}
	var templates []template
	for _, text := range want {
		parsed, err := parseTemplate(text)
		if err != nil {
			t.Fatal(err)
		}
		templates = append(templates, parsed)
	}
	slices.Reverse(templates)
	slices.SortFunc(templates, compareTemplates)
	for i, sorted := range templates {
		if got := sorted.String(func(path string) string { return path }); got != want[i] {
			t.Errorf("at %d: got %s, want %s", i, got, want[i])
		}
	}
}

func TestCanonicalPath(t *testing.T) {
	t.Parallel()
	for escaped, want := range map[string]string{
		"/a/b": "/a/b", "/%61/%2f": "/a/%2F", "/%7e%2D": "/~-", "/%e9%25": "/%E9%25", "*": "/*", "": "/", "/a%3Ab": "/a%3Ab",
	} {
		if got, err := canonicalPath(escaped); err != nil || got != want {
			t.Errorf("%s: got %s %v, want %s", escaped, got, err, want)
		}
	}
	for _, malformed := range []string{"/%", "/%1", "/%zz"} {
		if got, err := canonicalPath(malformed); err == nil {
			t.Errorf("%s: got %s", malformed, got)
		}
	}
}

func TestLowerCamel(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{"GetAccount": "getAccount", "URLLookup": "urlLookup", "A": "a", "ABC": "abc", "already": "already", "X1": "x1"} {
		if got := lowerCamel(name); got != want {
			t.Errorf("%s: got %s, want %s", name, got, want)
		}
	}
}

func TestSuggest(t *testing.T) {
	t.Parallel()
	known := []string{"pageSize", "pageToken", "filter"}
	for unknown, want := range map[string]string{
		"pagesize": `; did you mean "pageSize"?`, "pageTokn": `; did you mean "pageToken"?`, "x": "; there are pageSize, pageToken, filter",
		strings.Repeat("x", 1<<20): "; there are pageSize, pageToken, filter",
	} {
		if got := suggest(unknown, known); got != want {
			t.Errorf("%.20s: got %s, want %s", unknown, got, want)
		}
	}
}

// FuzzTemplate: whatever parses compiles, and is written as it was read.
func FuzzTemplate(f *testing.F) {
	for _, seed := range []string{"/a/{b}/c:d", "/a/*/{b.c=x/*}/**", "/{a=**}:v", "/", "/a:b:c", "/{a={b}}", "/a/{b=}", "/{b=*}"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		parsed, err := parseTemplate(text)
		if err != nil {
			return
		}
		if _, err := parsed.pattern(); err != nil {
			t.Fatalf("%q does not compile: %v", text, err)
		}
		again, err := parseTemplate(parsed.String(func(path string) string { return path }))
		if err != nil || again.shape() != parsed.shape() {
			t.Fatalf("%q is read as %s and then as %s: %v", text, parsed.shape(), again.shape(), err)
		}
	})
}

// FuzzPath: a path has one canonical spelling.
func FuzzPath(f *testing.F) {
	for _, seed := range []string{"/a/b", "/a/%2F", "/a/b:c", "//", "/%"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, escaped string) {
		path, err := canonicalPath(escaped)
		if err != nil {
			return
		}
		if again, err := canonicalPath(path); err != nil || again != path {
			t.Fatalf("%q is %q and then %q: %v", escaped, path, again, err)
		}
	})
}
