package rest_test

import (
	"encoding/json"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/postern-gateway/postern/gateway/rest"
)

// TestRequests holds what a method gets of a REST request.
func TestRequests(t *testing.T) {
	t.Parallel()
	rows := []struct {
		name, verb, target, body string
		header                   map[string]string
		want                     string
	}{
		{name: "path", verb: "GET", target: "/library/v1/books/7", want: `{"bookId":"7"}`},
		{name: "additional binding", verb: "GET", target: "/library/v1/shelves/A/books/7", want: `{"bookId":"7","shelf":"A"}`},
		{name: "literal before variable", verb: "GET", target: "/library/v1/books/newest", want: `{}`},
		{name: "escaped slash in a value", verb: "GET", target: "/library/v1/books/a%2fb", want: `{"bookId":"a/b"}`},
		{name: "escaped escape in a value", verb: "GET", target: "/library/v1/books/a%252Fb", want: `{"bookId":"a%2Fb"}`},
		{name: "escaped colon is no verb", verb: "GET", target: "/library/v1/books%3Astream/", want: ``},
		{name: "letters beyond ASCII", verb: "GET", target: "/library/v1/books/caf%C3%A9%20%F0%9F%98%80", want: `{"bookId":"café 😀"}`},
		{name: "needless escapes", verb: "GET", target: "/%6Cibrary/v1/%62ooks/%37", want: `{"bookId":"7"}`},
		{name: "plus is a plus in a path", verb: "GET", target: "/library/v1/books/a+b", want: `{"bookId":"a+b"}`},
		{name: "dots in a value", verb: "GET", target: "/library/v1/books/%2E%2E", want: `{"bookId":".."}`},
		{name: "a colon in a value", verb: "GET", target: "/library/v1/books/a:b", want: `{"bookId":"a:b"}`},
		{name: "many segments", verb: "GET", target: "/library/v1/files/a/b%2Fc%20d", want: `{"name":"files/a/b%2Fc d"}`},
		{name: "query", verb: "GET", target: "/library/v1/books?pageSize=5&pageToken=x%26y&tags=a&tags=b&lent=true&after=18446744073709551615",
			want: `{"pageSize":5,"pageToken":"x&y","tags":["a","b"],"lent":true,"after":"18446744073709551615"}`},
		{name: "proto names in a query", verb: "GET", target: "/library/v1/books?page_size=5", want: `{"pageSize":5}`},
		{name: "plus is a blank in a query", verb: "GET", target: "/library/v1/books?pageToken=a+b", want: `{"pageToken":"a b"}`},
		{name: "enumerations of the estate", verb: "GET", target: "/library/v1/books?genre=GENRE_NOVEL&genres=GENRE_POETRY&genres=GENRE_NOVEL",
			want: `{"genre":"GENRE_NOVEL","genres":["GENRE_POETRY","GENRE_NOVEL"]}`},
		{name: "nested parameter", verb: "GET", target: "/library/v1/books?author.fullName=Kafka&author.born=1883", want: `{"author":{"fullName":"Kafka","born":1883}}`},
		{name: "times, masks and wrappers", verb: "GET", target: "/library/v1/books?since=2026-01-31T09:30:00Z&readMask=bookId,author.fullName&price=9",
			want: `{"since":"2026-01-31T09:30:00Z","readMask":"bookId,author.fullName","price":"9"}`},
		{name: "a value that is empty", verb: "GET", target: "/library/v1/books?author.born=0", want: `{"author":{"born":0}}`},
		{name: "body", verb: "POST", target: "/library/v1/books", body: `{"bookId":"7","copies":"9007199254740993","author":{"born":0},"ratings":{"x":1},"extra":{"a":[1,null]}}`,
			want: `{"bookId":"7","copies":"9007199254740993","author":{"born":0},"ratings":{"x":1},"extra":{"a":[1,null]}}`},
		{name: "proto names in a body", verb: "POST", target: "/library/v1/books", body: `{"book_id":"7"}`, want: `{"bookId":"7"}`},
		{name: "null is absent", verb: "POST", target: "/library/v1/books", body: `{"bookId":null,"tags":null,"author":null}`, want: `{}`},
		{name: "a body of no type", verb: "POST", target: "/library/v1/books", body: `{"bookId":"7"}`, header: map[string]string{"Content-Type": ""}, want: `{"bookId":"7"}`},
		{name: "a body with a charset", verb: "POST", target: "/library/v1/books", body: `{}`, header: map[string]string{"Content-Type": "application/json; charset=UTF-8"}, want: `{}`},
		{name: "path and body", verb: "PUT", target: "/library/v1/books/7", body: `{"title":"T"}`, want: `{"bookId":"7","title":"T"}`},
		{name: "path and body agree", verb: "PUT", target: "/library/v1/books/7", body: `{"bookId":"7"}`, want: `{"bookId":"7"}`},
		{name: "a field as body", verb: "POST", target: "/library/v1/books/7:tag?notify=true", body: `["a","b"]`, want: `{"bookId":"7","tags":["a","b"],"notify":true}`},
		{name: "a mask from the body", verb: "PATCH", target: "/library/v1/books/7", body: `{"title":"T","author":{"born":1883},"subtitle":null}`,
			want: `{"book":{"bookId":"7","title":"T","author":{"born":1883}},"updateMask":"author.born,subtitle,title"}`},
		{name: "a mask without what the path says", verb: "PATCH", target: "/library/v1/books/7", body: `{"bookId":"7","title":"T"}`, want: `{"book":{"bookId":"7","title":"T"},"updateMask":"title"}`},
		{name: "a mask from the query", verb: "PATCH", target: "/library/v1/books/7?updateMask=title,author.fullName", body: `{"title":"T"}`,
			want: `{"book":{"bookId":"7","title":"T"},"updateMask":"title,author.fullName"}`},
		{name: "merge patch", verb: "PATCH", target: "/library/v1/books/7", body: `{"title":"T"}`, header: map[string]string{"Content-Type": "application/merge-patch+json"},
			want: `{"book":{"bookId":"7","title":"T"},"updateMask":"title"}`},
		{name: "custom verb", verb: "POST", target: "/library/v1/books/7:order", body: `{}`, want: `{"bookId":"7"}`},
		{name: "an empty object is no body", verb: "DELETE", target: "/library/v1/books/7", body: `{}`, want: `{"bookId":"7"}`},
		{name: "HEAD is a GET", verb: "HEAD", target: "/library/v1/books/7", want: `{"bookId":"7"}`},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			l := newLibrary(t, libraryFile, "library", rest.Options{})
			response, body := serve(t, l.handler, row.verb, row.target, row.body, row.header)
			if got := l.noted(t); !sameJSON(t, got, row.want) {
				t.Errorf("the method got %s, want %s; the answer was %d %s", got, row.want, response.StatusCode, body)
			}
		})
	}
}

// TestRefusals holds what a caller is told of a request that does not fit, before any method is called.
func TestRefusals(t *testing.T) {
	t.Parallel()
	const books = "/library/v1/books"
	rows := []struct {
		name, verb, target, body string
		header                   map[string]string
		status                   int
		code                     string
		violations               []string
	}{
		{name: "unknown path", verb: "GET", target: "/library/v1/nothing", status: 404, code: "ROUTE_NOT_FOUND"},
		{name: "unknown version", verb: "GET", target: "/library/v2/books", status: 404, code: "ROUTE_NOT_FOUND"},
		{name: "root without pages", verb: "GET", target: "/", status: 404, code: "ROUTE_NOT_FOUND"},
		{name: "empty value", verb: "GET", target: books + "/", status: 404, code: "ROUTE_NOT_FOUND"},
		{name: "nothing but a verb", verb: "GET", target: books + "/:stream", status: 404, code: "ROUTE_NOT_FOUND"},
		{name: "empty segment", verb: "GET", target: "/library/v1//books", status: 404, code: "ROUTE_NOT_FOUND"},
		{name: "a verb with no value is a value", verb: "POST", target: books + "/:order", body: "{}", status: 405, code: "METHOD_NOT_ALLOWED"},
		{name: "nothing for many segments", verb: "GET", target: "/library/v1/files", status: 404, code: "ROUTE_NOT_FOUND"},
		{name: "wrong verb", verb: "PUT", target: books, body: "{}", status: 405, code: "METHOD_NOT_ALLOWED"},
		{name: "method override", verb: "POST", target: books + "/7", header: map[string]string{"X-HTTP-Method-Override": "DELETE", "Content-Type": "application/x-www-form-urlencoded"}, status: 405, code: "METHOD_NOT_ALLOWED"},
		{name: "invalid UTF-8 in a path", verb: "GET", target: books + "/%FF", status: 400, code: "INVALID_ARGUMENT", violations: []string{"bookId: is not valid UTF-8"}},
		{name: "unknown parameter", verb: "GET", target: books + "?pagesize=5", status: 400, code: "INVALID_ARGUMENT", violations: []string{`pagesize: is not a parameter; did you mean "pageSize"?`}},
		{name: "unknown nested parameter", verb: "GET", target: books + "?author.name=x", status: 400, code: "INVALID_ARGUMENT", violations: []string{`author.name: is not a parameter; did you mean "author.fullName"?`}},
		{name: "parameter that is in the path", verb: "GET", target: books + "/7?bookId=8", status: 400, code: "INVALID_ARGUMENT", violations: []string{`bookId: is given in path or body, not in the query`}},
		{name: "parameter beside a whole body", verb: "POST", target: books + "?title=x", body: "{}", status: 400, code: "INVALID_ARGUMENT", violations: []string{`title: is not known: everything is given in path and body`}},
		{name: "parameter under the body", verb: "PATCH", target: books + "/7?book.title=x", body: "{}", status: 400, code: "INVALID_ARGUMENT", violations: []string{`book.title: is given in path or body, not in the query`}},
		{name: "parameters of the wrong type, all at once", verb: "GET", target: books + "?pageSize=x&lent=maybe&genre=GENRE_CRIME&since=now&price=1.5&after=-1", status: 400, code: "INVALID_ARGUMENT", violations: []string{
			"after: wants a whole number of at most 64 bits, not negative", "genre: wants one of GENRE_UNSPECIFIED, GENRE_NOVEL, GENRE_POETRY", "lent: wants true or false",
			"pageSize: wants a whole number of at most 32 bits", "price: wants a whole number of at most 64 bits", "since: wants a time such as 2026-01-31T09:30:00Z"}},
		{name: "parameter out of range", verb: "GET", target: books + "?pageSize=2147483648", status: 400, code: "INVALID_ARGUMENT", violations: []string{"pageSize: wants a whole number of at most 32 bits"}},
		{name: "parameter given twice", verb: "GET", target: books + "?pageSize=1&pageSize=2", status: 400, code: "INVALID_ARGUMENT", violations: []string{"pageSize: is given more than once"}},
		{name: "parameter given under both names", verb: "GET", target: books + "?pageSize=1&page_size=2", status: 400, code: "INVALID_ARGUMENT", violations: []string{"page_size: is given more than once"}},
		{name: "both of a choice", verb: "GET", target: books + "?shelf=1&room=2", status: 400, code: "INVALID_ARGUMENT", violations: []string{"shelf: cannot be given together with room"}},
		{name: "a map as parameter", verb: "GET", target: books + "?labels=x", status: 400, code: "INVALID_ARGUMENT", violations: []string{"labels: cannot be given in the query"}},
		{name: "a message as parameter", verb: "GET", target: books + "?author=x", status: 400, code: "INVALID_ARGUMENT", violations: []string{"author: cannot be given in the query"}},
		{name: "malformed query", verb: "GET", target: books + "?a=%zz", status: 400, code: "MALFORMED_QUERY"},
		{name: "semicolon in a query", verb: "GET", target: books + "?pageSize=1;lent=true", status: 400, code: "MALFORMED_QUERY"},
		{name: "no body", verb: "POST", target: books, status: 400, code: "BODY_MISSING"},
		{name: "blank body", verb: "POST", target: books, body: " \n", status: 400, code: "BODY_MISSING"},
		{name: "a body that nobody wants", verb: "GET", target: books, body: `{"pageSize":1}`, status: 400, code: "BODY_NOT_EXPECTED"},
		{name: "no JSON", verb: "POST", target: books, body: "{\n  \"title\": x}", status: 400, code: "MALFORMED_BODY"},
		{name: "half a body", verb: "POST", target: books, body: `{"title":`, status: 400, code: "MALFORMED_BODY"},
		{name: "trailing garbage", verb: "POST", target: books, body: `{} {}`, status: 400, code: "MALFORMED_BODY"},
		{name: "invalid UTF-8 in a body", verb: "POST", target: books, body: "{\"title\":\"\xff\"}", status: 400, code: "MALFORMED_BODY"},
		{name: "a list for an object", verb: "POST", target: books, body: `[]`, status: 400, code: "INVALID_ARGUMENT", violations: []string{": wants an object"}},
		{name: "null for an object", verb: "POST", target: books, body: `null`, status: 400, code: "INVALID_ARGUMENT", violations: []string{": wants an object"}},
		{name: "an object that closes the field", verb: "POST", target: books + "/7:tag", body: `["a"],"notify":true`, status: 400, code: "MALFORMED_BODY"},
		{name: "unknown fields, wherever they are", verb: "POST", target: books, body: `{"titel":"T","author":{"fullname":"K"},"contributors":[{},{"x":1}],"sequel":{"sequel":{"page":1}}}`, status: 400, code: "INVALID_ARGUMENT", violations: []string{
			`titel: is not known; did you mean "title"?`, `author.fullname: is not known; did you mean "fullName"?`, `contributors[1].x: is not known; there are fullName, born`, `sequel.sequel.page: is not known; did you mean "pages"?`}},
		{name: "wrong types, wherever they are", verb: "POST", target: books, body: `{"title":1,"pages":"x","copies":1.5,"lent":"yes","weight":{},"cover":"?","genre":"GENRE_CRIME","author":"K","tags":"a","contributors":[null],"ratings":{"a":"b","c":[1]},"printedAt":"yesterday","extra":[],"price":"x"}`,
			status: 400, code: "INVALID_ARGUMENT", violations: []string{
				"title: wants a string", "pages: wants a whole number of at most 32 bits", "copies: wants a whole number of at most 64 bits", "lent: wants true or false", "weight: wants a number",
				"cover: wants bytes in base64", "genre: wants one of GENRE_UNSPECIFIED, GENRE_NOVEL, GENRE_POETRY", "author: wants an object", "tags: wants a list", "contributors[0]: wants an object",
				`ratings["a"]: wants a whole number of at most 32 bits`, `ratings["c"]: wants a whole number of at most 32 bits`, "printedAt: wants a time such as 2026-01-31T09:30:00Z", "extra: wants an object", "price: wants a whole number of at most 64 bits"}},
		{name: "a field given twice", verb: "POST", target: books, body: `{"title":"a","title":"b"}`, status: 400, code: "INVALID_ARGUMENT", violations: []string{"title: is given more than once"}},
		{name: "both of a choice in a body", verb: "POST", target: books, body: `{"shelf":"a","borrower":{}}`, status: 400, code: "INVALID_ARGUMENT", violations: []string{"borrower: cannot be given together with shelf"}},
		{name: "path and body disagree", verb: "PUT", target: books + "/7", body: `{"bookId":"8"}`, status: 400, code: "INVALID_ARGUMENT", violations: []string{"bookId: is one value in the path and another in the body"}},
		{name: "a field of the body's own field", verb: "PATCH", target: books + "/7", body: `{"pages":"x"}`, status: 400, code: "INVALID_ARGUMENT", violations: []string{"book.pages: wants a whole number of at most 32 bits"}},
		{name: "body and query, all at once", verb: "POST", target: books + "/7:tag?notify=x", body: `[1]`, status: 400, code: "INVALID_ARGUMENT", violations: []string{"tags[0]: wants a string", "notify: wants true or false"}},
		{name: "a deep body", verb: "POST", target: books, body: strings.Repeat(`{"sequel":`, 5000) + "{}" + strings.Repeat("}", 5000), status: 400, code: "INVALID_ARGUMENT",
			violations: []string{strings.TrimSuffix(strings.Repeat("sequel.", 101), ".") + ": is nested too deeply"}},
		{name: "a large body", verb: "POST", target: books, body: `{"title":"` + strings.Repeat("x", 100_000) + `"}`, status: 413, code: "BODY_TOO_LARGE"},
		{name: "a form", verb: "POST", target: books, body: "title=x", header: map[string]string{"Content-Type": "application/x-www-form-urlencoded"}, status: 415, code: "UNSUPPORTED_MEDIA_TYPE"},
		{name: "another charset", verb: "POST", target: books, body: "{}", header: map[string]string{"Content-Type": "application/json; charset=latin1"}, status: 415, code: "UNSUPPORTED_MEDIA_TYPE"},
		{name: "compressed", verb: "POST", target: books, body: "{}", header: map[string]string{"Content-Encoding": "gzip"}, status: 415, code: "UNSUPPORTED_MEDIA_TYPE"},
		{name: "merge patch to POST", verb: "POST", target: books, body: "{}", header: map[string]string{"Content-Type": "application/merge-patch+json"}, status: 415, code: "UNSUPPORTED_MEDIA_TYPE"},
		{name: "XML wanted", verb: "GET", target: books, header: map[string]string{"Accept": "application/xml, application/json;q=0"}, status: 406, code: "NOT_ACCEPTABLE"},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			l := newLibrary(t, libraryFile, "library", rest.Options{MaxBody: 90_000})
			response, body := serve(t, l.handler, row.verb, row.target, row.body, row.header)
			if got := l.noted(t); got != "" {
				t.Errorf("the method was called with %s", got)
			}
			checkProblem(t, response, body, row.status, row.code)
			if got := violations(t, body); !reflect.DeepEqual(got, row.violations) {
				t.Errorf("got violations\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(row.violations, "\n"))
			}
		})
	}
}

func TestMalformedBodyIsLocated(t *testing.T) {
	t.Parallel()
	l := newLibrary(t, libraryFile, "library", rest.Options{})
	_, body := serve(t, l.handler, "POST", "/library/v1/books", "{\n  \"title\": x}", nil)
	want := "The body is not one valid JSON value: it goes wrong at line 2, column 12"
	if got := problem(t, body).Detail; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestAllow(t *testing.T) {
	t.Parallel()
	l := newLibrary(t, libraryFile, "library", rest.Options{})
	rows := []struct {
		verb, target string
		status       int
		allow        string
	}{
		{"POST", "/library/v1/books/7", 405, "DELETE, GET, HEAD, OPTIONS, PATCH, PUT"},
		{"GET", "/library/v1/books/7:order", 200, ""}, // a book of this id
		{"DELETE", "/library/v1/books", 405, "GET, HEAD, OPTIONS, POST"},
		{"OPTIONS", "/library/v1/books", 204, "GET, HEAD, OPTIONS, POST"},
		{"OPTIONS", "/library/v1/nothing", 404, ""},
		{"BREW", "/library/v1/titles", 405, "GET, HEAD, OPTIONS"},
	}
	for _, row := range rows {
		response, body := serve(t, l.handler, row.verb, row.target, "", nil)
		if response.StatusCode != row.status || response.Header.Get("Allow") != row.allow {
			t.Errorf("%s %s: got %d and Allow %q, want %d and %q: %s", row.verb, row.target, response.StatusCode, response.Header.Get("Allow"), row.status, row.allow, body)
		}
	}
}

// checkProblem checks what is the same in every problem.
func checkProblem(t *testing.T, response *http.Response, body string, status int, code string) {
	t.Helper()
	got := problem(t, body)
	if response.StatusCode != status || got.Status != status || got.Code != code {
		t.Errorf("got %d and %+v, want %d %s", response.StatusCode, got, status, code)
	}
	if mediaType := response.Header.Get("Content-Type"); mediaType != rest.ProblemType {
		t.Errorf("got Content-Type %q", mediaType)
	}
	if got.Type != "about:blank" || got.Title == "" || got.Detail == "" || got.Instance != response.Request.URL.EscapedPath() {
		t.Errorf("the problem lacks something: %+v", got)
	}
}

func problem(t *testing.T, body string) rest.Problem {
	t.Helper()
	var p rest.Problem
	if err := json.Unmarshal([]byte(body), &p); err != nil {
		t.Fatalf("the answer is no problem: %v: %s", err, body)
	}
	return p
}

func violations(t *testing.T, body string) []string {
	t.Helper()
	var lines []string
	for _, v := range problem(t, body).Violations {
		lines = append(lines, v.Field+": "+v.Description)
	}
	return lines
}

// sameJSON compares two JSON texts by value; empty texts are equal only to each other.
func sameJSON(t *testing.T, got, want string) bool {
	t.Helper()
	if got == "" || want == "" {
		return got == want
	}
	var a, b any
	if err := json.Unmarshal([]byte(got), &a); err != nil {
		t.Fatalf("%v: %s", err, got)
	}
	if err := json.Unmarshal([]byte(want), &b); err != nil {
		t.Fatalf("%v: %s", err, want)
	}
	return reflect.DeepEqual(a, b)
}
