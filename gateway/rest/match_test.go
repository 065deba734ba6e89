package rest

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"github.com/grpc-ecosystem/grpc-gateway/v2/utilities"
)

// pattern compiles the template for grpc-gateway's mux, which the router is held against.
func (t template) pattern() (runtime.Pattern, error) {
	var operations []int
	var pool []string
	constant := func(text string) int {
		pool = append(pool, text)
		return len(pool) - 1
	}
	ends := make(map[int]variable, len(t.variables))
	for _, v := range t.variables {
		ends[v.last] = v
	}
	for i, s := range t.segments {
		switch {
		case s.literal != "":
			operations = append(operations, int(utilities.OpLitPush), constant(s.literal))
		case s.deep:
			operations = append(operations, int(utilities.OpPushM), 0)
		default:
			operations = append(operations, int(utilities.OpPush), 0)
		}
		if v, ok := ends[i+1]; ok {
			operations = append(operations, int(utilities.OpConcatN), v.last-v.first, int(utilities.OpCapture), constant(v.path))
		}
	}
	return runtime.NewPatternWithOptions(1, operations, pool, t.verb, runtime.WithStrictDeepWildcard())
}

// muxFind is what grpc-gateway's mux finds among routes of one verb: the variables of the first that matches, in order.
func muxFind(t *testing.T, templates []template, path string) (found int, values []string) {
	t.Helper()
	segments := strings.Split(path[1:], "/")
	for i, candidate := range templates {
		pattern, err := candidate.pattern()
		if err != nil {
			t.Fatal(err)
		}
		components, verb := segments, ""
		if last, ok := strings.CutSuffix(segments[len(segments)-1], ":"+candidate.verb); ok && candidate.verb != "" {
			if last == "" {
				return -1, nil
			}
			components, verb = append(slices.Clone(segments[:len(segments)-1]), last), candidate.verb
		}
		captured, err := pattern.MatchAndEscape(components, verb, runtime.UnescapingModeLegacy)
		if errors.Is(err, runtime.ErrNotMatch) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range candidate.variables {
			values = append(values, captured[v.path])
		}
		return i, values
	}
	return -1, nil
}

// FuzzRouter: the router finds what grpc-gateway's mux would, with the same values.
func FuzzRouter(f *testing.F) {
	for _, seed := range []string{"/a/v1/books/7", "/a/v1/books", "/a/v1/books/7:tag", "/a/v1/books:tag", "/a/v1/books/:tag", "/a/v1/files/x/y", "/a/v1/files/x/y:tag", "/a/v1/files", "/a/v1/x/7",
		"/a/v1/books/7/pages/x:y", "/a/v1/books/7/pages/x:y:tag", "/a", "/a/v1", "/a/v1/", "/a/v1//:tag", "/a/v1/books/newest", "/a/v1/:tag"} {
		f.Add(seed)
	}
	var endpoints []*endpoint
	var templates []template
	for _, text := range []string{"/a/v1/books/{id}", "/a/v1/books", "/a/v1/books/newest", "/a/v1/books/{id}:tag", "/a/v1/books:tag", "/a/v1/{name=files/**}", "/a/v1/{name=files/**}:tag",
		"/a/v1/*/{id}", "/a/v1/{kind}/{id=*/pages/*}", "/a/v1/{kind}/{id=*/pages/*}:tag", "/a/{rest=**}:tag", "/a/v1", "/a/v1/{all=*}/x/**"} {
		parsed, err := parseTemplate(text)
		if err != nil {
			f.Fatal(err)
		}
		templates = append(templates, parsed)
	}
	slices.SortStableFunc(templates, compareTemplates)
	for _, parsed := range templates {
		endpoints = append(endpoints, &endpoint{Route: Route{Verb: "GET", template: parsed}})
	}
	router := newRouter(endpoints)
	f.Fuzz(func(t *testing.T, escaped string) {
		path, err := canonicalPath(escaped)
		if err != nil || slices.Contains(strings.Split(path[1:], "/"), "") { // a path with an empty segment is refused before
			return
		}
		found, want := muxFind(t, templates, path)
		e, values := router.find("GET", split(path, nil), nil)
		switch {
		case e == nil && found < 0:
		case e == nil || found < 0 || e.template.shape() != templates[found].shape():
			t.Fatalf("%q: found %v, want number %d", path, e, found)
		case !slices.Equal(values, want):
			t.Fatalf("%q is %s: got values %q, want %q", path, e.template.shape(), values, want)
		}
	})
}
