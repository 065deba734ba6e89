package rest_test

import (
	"encoding/json"
	"net/http"
	"strconv"
	"testing"

	"github.com/postern-gateway/postern/gateway/rest"
)

// Where a create points to is read back: over HTTP, the address leads to the get of the very id that was created.
func TestCreatedIsReadAtItsLocation(t *testing.T) {
	t.Parallel()
	tests := []struct{ id, location string }{
		{"7", "/library/v1/books/7"},
		{"a b/c?d#e%2F:f", "/library/v1/books/a%20b%2Fc%3Fd%23e%252F%3Af"},
		{"newest:tag", "/library/v1/books/newest%3Atag"},
		{"Ünï", "/library/v1/books/%C3%9Cn%C3%AF"},
	}
	for _, test := range tests {
		l := newLibrary(t, libraryFile, "library", rest.Options{})
		l.answer = replies(`{"bookId":`+strconv.Quote(test.id)+`}`, nil)
		created, text := serve(t, l.handler, "POST", "/library/v1/books", `{}`, nil)
		if created.StatusCode != http.StatusCreated || created.Header.Get("Location") != test.location {
			t.Errorf("%q: %d with Location %s, want 201 with %s: %s", test.id, created.StatusCode, created.Header.Get("Location"), test.location, text)
			continue
		}
		if read, text := serve(t, l.handler, "GET", test.location, "", nil); read.StatusCode != http.StatusOK {
			t.Errorf("%q: reading %s: %d %s", test.id, test.location, read.StatusCode, text)
		}
		var asked struct {
			BookID string `json:"bookId"`
		}
		if err := json.Unmarshal([]byte(l.noted(t)), &asked); err != nil || asked.BookID != test.id {
			t.Errorf("%s reads %q, want %q (%v)", test.location, asked.BookID, test.id, err)
		}
	}
}

// What no path can stand for is created too, but nothing is said about where.
func TestCreatedWithoutLocation(t *testing.T) {
	t.Parallel()
	for _, id := range []string{"", ".", ".."} {
		l := newLibrary(t, libraryFile, "library", rest.Options{})
		l.answer = replies(`{"bookId":`+strconv.Quote(id)+`}`, nil)
		created, _ := serve(t, l.handler, "POST", "/library/v1/books", `{}`, nil)
		if created.StatusCode != http.StatusCreated || created.Header.Get("Location") != "" {
			t.Errorf("%q: %d with Location %q, want 201 with none", id, created.StatusCode, created.Header.Get("Location"))
		}
	}
}
