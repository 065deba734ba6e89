package rest_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/postern-gateway/postern/gateway/rest"
	"github.com/postern-gateway/postern/gateway/rest/resttest"
)

func TestRoutesOfABackEnd(t *testing.T) {
	t.Parallel()
	published := rest.Published{API: "council-tax", Version: "v2", Services: resttest.Services(resttest.Compile(t, clerkFile))}
	want := []string{
		"POST /council-tax/v2/getAccount clerk.v1.AccountService.GetAccount",
		"GET /council-tax/v2/getAccount clerk.v1.AccountService.GetAccount",
		"POST /council-tax/v2/changeAccount clerk.v1.AccountService.ChangeAccount",
		"POST /council-tax/v2/search clerk.v1.AccountService.Search",
		"GET /council-tax/v2/accounts/{accountNo} clerk.v1.AccountService.ReadAccount",
		"POST /council-tax/v2/accounts:read clerk.v1.AccountService.ReadAccount",
		"POST /council-tax/v2/accountService/ping clerk.v1.AccountService.Ping",
		"POST /council-tax/v2/otherService/ping clerk.v1.OtherService.Ping",
	}
	if got := routes(t, published); !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestRoutesOfAContract(t *testing.T) {
	t.Parallel()
	published := rest.Published{API: "library", Version: "v1", Services: resttest.Services(resttest.Compile(t, libraryFile)), Contract: true}
	got := routes(t, published)
	for _, want := range []string{
		"GET /library/v1/shelves/{shelf}/books/{bookId} library.v1.LibraryService.GetBook",
		"PATCH /library/v1/books/{book.bookId} library.v1.LibraryService.UpdateBook",
		"POST /library/v1/books/{bookId}:order library.v1.LibraryService.OrderBook",
		"GET /library/v1/{name=files/**} library.v1.LibraryService.GetFile",
	} {
		if !slices.Contains(got, want) {
			t.Errorf("there is no %s in\n%s", want, strings.Join(got, "\n"))
		}
	}
	if strings.Contains(strings.Join(got, " "), "Hidden") {
		t.Error("a method of a contract with no rule is published")
	}
}

func routes(t *testing.T, published rest.Published) []string {
	t.Helper()
	routes, err := rest.Routes(published)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, route := range routes {
		lines = append(lines, route.Verb+" "+route.Path+" "+string(route.Method.FullName()))
	}
	return lines
}

func TestRouteMistakes(t *testing.T) {
	t.Parallel()
	published := rest.Published{API: "broken", Version: "v1", Services: resttest.Services(resttest.Compile(t, "testdata/broken.proto")), Contract: true}
	_, err := rest.Routes(published)
	want := []string{
		`Elsewhere: path "/other/v1/things": it starts with /broken/v1/`,
		`Reserved: path "/broken/v1/openapi.json": /broken/v1/openapi.json is the gateway's own`,
		`UnknownVariable: path "/broken/v1/a/{nam}": there is no field "nam"; did you mean "name"?`,
		`ListVariable: path "/broken/v1/b/{tags}": tags is not a single scalar`,
		`TwiceVariable: path "/broken/v1/g/{id}/{id}/{name}": id stands twice`,
		`TwiceVariable: path "/broken/v1/g/{id}/{id}/{name}": name is the body`,
		`UnknownBody: body: broken.v1.Thing has no field thing`,
		`UnknownBody: response_body: broken.v1.Thing has no field thong`,
		`BodyOfGet: GET takes no body`,
		`OtherVerb: the verb is one of GET, POST, PUT, PATCH, DELETE`,
		`Template: path "/broken/v1/{id": a variable is {field} or {field=segments}`,
		`Upload: a method that streams its requests cannot be published over REST`,
		`Clash: GET /broken/v1/things/{name} is /broken/v1/things/{id} of broken.v1.BrokenService.Good already`,
	}
	for i, line := range want {
		want[i] = "broken/v1: broken.v1.BrokenService." + line
	}
	if err == nil || err.Error() != strings.Join(want, "\n") {
		t.Errorf("got\n%v\nwant\n%s", err, strings.Join(want, "\n"))
	}
	var located *rest.RouteError
	if !errors.As(err, &located) || located.Method != "broken.v1.BrokenService.Elsewhere" {
		t.Errorf("the error names %+v", located)
	}
	if _, err := rest.New(rest.Options{Published: []rest.Published{published}}); err == nil {
		t.Error("a handler is made of what cannot be published")
	}
}

func TestOneVersionPublishedTwice(t *testing.T) {
	t.Parallel()
	published := rest.Published{API: "clerk", Version: "v1", Services: resttest.Services(resttest.Compile(t, clerkFile))}
	_, err := rest.New(rest.Options{Published: []rest.Published{published, published}})
	if err == nil || err.Error() != "clerk/v1 is published twice" {
		t.Errorf("got %v", err)
	}
}

func TestBackEnd(t *testing.T) {
	t.Parallel()
	for target, want := range map[string]string{
		"/clerk/v1/getAccount?accountNo=7&years=2025&years=2026": `{"accountNo":"7","years":[2025,2026]}`,
		"/clerk/v1/accounts/7": `{"accountNo":"7"}`,
	} {
		l := newLibrary(t, clerkFile, "clerk", rest.Options{})
		response, body := serve(t, l.handler, "GET", target, "", nil)
		if response.StatusCode != 200 || !sameJSON(t, body, `{"accountNo":"","balance":""}`) || !sameJSON(t, l.noted(t), want) {
			t.Errorf("%s: got %d %s, and the method got %s", target, response.StatusCode, body, l.noted(t))
		}
	}
	l := newLibrary(t, clerkFile, "clerk", rest.Options{})
	response, body := serve(t, l.handler, "POST", "/clerk/v1/search", `{"like":{"balance":"1.50"}}`, nil)
	if response.StatusCode != 200 || !sameJSON(t, l.noted(t), `{"like":{"balance":"1.50"}}`) {
		t.Errorf("got %d %s, and the method got %s", response.StatusCode, body, l.noted(t))
	}
}
