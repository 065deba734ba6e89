package rest_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/postern-gateway/postern/gateway/rest"
)

// FuzzRequest: whatever a caller sends is answered with a reply or a problem about the caller's own mistake.
func FuzzRequest(f *testing.F) {
	for _, seed := range []struct{ path, query, body string }{
		{"7", "notify=true", `["a"]`},
		{"a%2Fb", "notify=x&notify=", `[1,{"a":[]},null]`},
		{"%FF", "%zz", `{"a":`},
		{"x", "", "[\"\xff\"]"},
		{"", "bookId=1", strings.Repeat("[", 20000)},
	} {
		f.Add(seed.path, seed.query, seed.body)
	}
	f.Add("7", "", `{"title":1,"author":{"x":2},"ratings":{"a":"b"},"extra":{"a":[1,null]},"cover":"?","sequel":{"sequel":[]}}`)
	l := newLibrary(f, libraryFile, "library", rest.Options{Logger: discard()})
	f.Fuzz(func(t *testing.T, path, query, body string) {
		for _, target := range []struct{ verb, suffix string }{{http.MethodPost, ":tag"}, {http.MethodPut, ""}, {http.MethodPatch, ""}, {http.MethodGet, ""}} {
			request := httptest.NewRequest(target.verb, "/", strings.NewReader(body))
			raw := "/library/v1/books/" + path + target.suffix
			decoded, err := url.PathUnescape(raw)
			if err != nil {
				return // net/http refuses it before any handler
			}
			request.URL = &url.URL{Path: decoded, RawPath: raw, RawQuery: query}
			response := httptest.NewRecorder()
			l.handler.ServeHTTP(response, request)
			if response.Code >= 500 {
				t.Fatalf("%s %s?%s %q: got %d %s", target.verb, raw, query, body, response.Code, response.Body)
			}
		}
	})
}
