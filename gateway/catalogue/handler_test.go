package catalogue_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/postern-gateway/postern/gateway/catalogue"
	"github.com/postern-gateway/postern/gateway/rest"
	"github.com/postern-gateway/postern/gateway/rest/resttest"
)

func published(t testing.TB) []rest.Published {
	t.Helper()
	services := resttest.Services(resttest.Compile(t, "testdata/parks.proto"))
	return []rest.Published{
		{API: "legacy-parks", Version: "v1", Services: services[1:]},
		{
			API: "parks", Version: "v1", Services: services[:1], Contract: true,
			Title: "Parks", Description: "Parks and their opening hours.", Owner: "Green Spaces <parks@riverside.example>", Lifecycle: "draft",
			Mocked: map[protoreflect.FullName]bool{"parks.v1.ParksService.ListParks": true},
		},
	}
}

func newHandler(t testing.TB, published []rest.Published) *catalogue.Handler {
	t.Helper()
	handler, err := catalogue.New("Riverside <Council>", published)
	if err != nil {
		t.Fatal(err)
	}
	return handler
}

func get(t *testing.T, handler http.Handler, target string, header map[string]string) (*http.Response, string) {
	t.Helper()
	request := httptest.NewRequest(http.MethodGet, target, http.NoBody)
	for name, value := range header {
		request.Header.Set(name, value)
	}
	recorder := httptest.NewRecorder()
	handler.ServeHTTP(recorder, request)
	response := recorder.Result()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response, string(body)
}

func TestCatalogueForPrograms(t *testing.T) {
	t.Parallel()
	for _, accept := range []string{"", "*/*", "application/json", "text/html;q=0, */*"} {
		response, body := get(t, newHandler(t, published(t)), "/", map[string]string{"Accept": accept})
		if mediaType := response.Header.Get("Content-Type"); mediaType != "application/json" {
			t.Errorf("Accept %q: got %s", accept, mediaType)
		}
		var got catalogue.Catalogue
		if err := json.Unmarshal([]byte(body), &got); err != nil {
			t.Fatal(err)
		}
		if got.Title != "Riverside <Council>" || len(got.APIs) != 2 {
			t.Fatalf("got %+v", got)
		}
		contract, backEnd := got.APIs[0], got.APIs[1]
		if contract.Kind != "contract" || contract.Lifecycle != "draft" || contract.Reference != "/parks/v1/docs/" || contract.OpenAPI != "/parks/v1/openapi.json" {
			t.Errorf("got %+v", contract)
		}
		want := catalogue.Route{Verb: "GET", Path: "/parks/v1/parks", Summary: "Lists parks", Method: "parks.v1.ParksService.ListParks", Mock: true}
		if len(contract.Routes) != 2 || contract.Routes[1] != want {
			t.Errorf("got %+v", contract.Routes)
		}
		if backEnd.Kind != "backEnd" || backEnd.Title != "legacy-parks" || backEnd.Lifecycle != "active" || backEnd.Routes[0].Path != "/legacy-parks/v1/findPark" {
			t.Errorf("got %+v", backEnd)
		}
	}
}

func TestCatalogueForPeople(t *testing.T) {
	t.Parallel()
	response, body := get(t, newHandler(t, published(t)), "/", map[string]string{"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"})
	if mediaType := response.Header.Get("Content-Type"); mediaType != "text/html; charset=utf-8" {
		t.Errorf("got %s", mediaType)
	}
	for _, want := range []string{
		"<h1>Riverside &lt;Council&gt;</h1>", "Green Spaces &lt;parks@riverside.example&gt;", `href="/parks/v1/docs/"`, `href="/parks/v1/openapi.json"`,
		"<code>/parks/v1/parks/{parkId}</code>", "made-up replies", "Legacy systems", "draft",
	} {
		if !strings.Contains(body, want) {
			t.Errorf("there is no %s in\n%s", want, body)
		}
	}
	if strings.Contains(body, "<script") {
		t.Error("the catalogue has a script")
	}
	if response.Header.Get("Vary") != "Accept" || !strings.Contains(response.Header.Get("Content-Security-Policy"), "default-src 'none'; style-src 'sha256-") {
		t.Errorf("got %v", response.Header)
	}
}

func TestEmptyCatalogue(t *testing.T) {
	t.Parallel()
	handler := newHandler(t, nil)
	if _, body := get(t, handler, "/", map[string]string{"Accept": "text/html"}); !strings.Contains(body, "Nothing is published yet") {
		t.Errorf("got %s", body)
	}
	if _, body := get(t, handler, "/", nil); !strings.Contains(body, `"apis": []`) {
		t.Errorf("got %s", body)
	}
}

func TestPages(t *testing.T) {
	t.Parallel()
	handler := newHandler(t, published(t))
	rows := []struct {
		target, mediaType, location, contains string
		status                                int
	}{
		{target: "/parks/v1/openapi.json", status: 200, mediaType: "application/vnd.oai.openapi+json;version=3.1", contains: `"openapi": "3.1.0"`},
		{target: "/parks/v1", status: 302, location: "/parks/v1/docs/"},
		{target: "/parks/v1/", status: 302, location: "/parks/v1/docs/"},
		{target: "/parks/v1/docs", status: 302, location: "/parks/v1/docs/"},
		{target: "/parks/v1/docs/", status: 200, mediaType: "text/html; charset=utf-8", contains: "Parks v1"},
		{target: "/parks/v1/docs/reference.js", status: 200, mediaType: "text/javascript; charset=utf-8", contains: "SwaggerUIBundle"},
		{target: "/parks/v1/docs/reference.css", status: 200, mediaType: "text/css; charset=utf-8", contains: "header"},
		{target: "/parks/v1/docs/swagger-ui.css", status: 200, mediaType: "text/css; charset=utf-8", contains: ".swagger-ui"},
		{target: "/legacy-parks/v1/docs/swagger-ui-bundle.js", status: 200, contains: "SwaggerUIBundle"},
		{target: "/parks/v1/docs/oauth2-redirect.html", status: 404, mediaType: rest.ProblemType, contains: "ROUTE_NOT_FOUND"},
		{target: "/parks/v1/docs/..%2f..%2fhandler.go", status: 404, mediaType: rest.ProblemType, contains: "ROUTE_NOT_FOUND"},
		{target: "/parks/v2/docs/", status: 404, mediaType: rest.ProblemType, contains: "ROUTE_NOT_FOUND"},
		{target: "/parks", status: 404, mediaType: rest.ProblemType, contains: "ROUTE_NOT_FOUND"},
	}
	for _, row := range rows {
		response, body := get(t, handler, row.target, nil)
		if response.StatusCode != row.status || response.Header.Get("Location") != row.location {
			t.Errorf("%s: got %d and Location %q", row.target, response.StatusCode, response.Header.Get("Location"))
		}
		if row.mediaType != "" && response.Header.Get("Content-Type") != row.mediaType || !strings.Contains(body, row.contains) {
			t.Errorf("%s: got %s: %.300s", row.target, response.Header.Get("Content-Type"), body)
		}
	}
}

func TestPagesAreKeptByTheirTag(t *testing.T) {
	t.Parallel()
	handler := newHandler(t, published(t))
	first, _ := get(t, handler, "/parks/v1/openapi.json", nil)
	again, body := get(t, handler, "/parks/v1/openapi.json", map[string]string{"If-None-Match": first.Header.Get("ETag")})
	if again.StatusCode != http.StatusNotModified || body != "" {
		t.Errorf("got %d %s", again.StatusCode, body)
	}
}

func TestPagesAreOnlyRead(t *testing.T) {
	t.Parallel()
	recorder := httptest.NewRecorder()
	newHandler(t, nil).ServeHTTP(recorder, httptest.NewRequest(http.MethodPost, "/", http.NoBody))
	if recorder.Code != http.StatusMethodNotAllowed || recorder.Header().Get("Allow") != "GET, HEAD" {
		t.Errorf("got %d %v", recorder.Code, recorder.Header())
	}
}

// TestNothingIsFetchedFromElsewhere looks for addresses in what the pages load.
func TestNothingIsFetchedFromElsewhere(t *testing.T) {
	t.Parallel()
	handler := newHandler(t, published(t))
	loads := regexp.MustCompile(`(?:src|href|url)\s*[=(:]\s*["']?(?:https?:)?//`)
	for _, target := range []string{"/", "/parks/v1/docs/", "/parks/v1/docs/reference.css", "/parks/v1/docs/reference.js"} {
		_, body := get(t, handler, target, map[string]string{"Accept": "text/html"})
		if found := loads.FindString(body); found != "" {
			t.Errorf("%s has %s", target, found)
		}
	}
}

func TestWhatCannotBePublishedIsAnError(t *testing.T) {
	t.Parallel()
	p := published(t)
	p[1].API = "other"
	if _, err := catalogue.New("", p); err == nil {
		t.Error("there is no error")
	}
}
