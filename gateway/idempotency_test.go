package gateway_test

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/postern-gateway/postern/adapters"
)

const key = "Idempotency-Key"

// serveKeyed serves the estate whose contract writes, over a legacy system whose calls come through before.
func serveKeyed(t *testing.T, before func(context.Context) error) (served running, rest string) {
	t.Helper()
	dir := t.TempDir()
	copyEstate(t, "testdata/writing", dir)
	l := newLegacy()
	l.call.Store(&before)
	served = serve(t, dir, l)
	return served, "http://" + served.REST()
}

func wantReplayed(t *testing.T, again, first answer) {
	t.Helper()
	wantAnswer(t, again, first.status, first.body)
	for _, name := range []string{"ETag", "Location"} {
		if again.header.Get(name) != first.header.Get(name) {
			t.Errorf("%s %q, and it was %q", name, again.header.Get(name), first.header.Get(name))
		}
	}
	if again.header.Get("Idempotency-Replayed") != "true" || first.header.Get("Idempotency-Replayed") != "" {
		t.Errorf("the first answer is marked %q, the second %q", first.header.Get("Idempotency-Replayed"), again.header.Get("Idempotency-Replayed"))
	}
}

func TestKeyedCreateIsReplayed(t *testing.T) {
	t.Parallel()
	served, rest := serveWriting(t)
	for _, test := range []struct{ path, body, other string }{
		{"/items/v1/items", `{"id":"x","title":"one"}`, `{"id":"x","title":"two"}`},
		{"/shop/v1/articles", `{"articleId":"y","name":"one"}`, `{"articleId":"y","name":"two"}`},
	} {
		wantProblem(t, request(t, "POST", rest+test.path, test.body, key, `"with spaces in it"`), http.StatusBadRequest, "MALFORMED_IDEMPOTENCY_KEY")
		first := request(t, "POST", rest+test.path, test.body, key, `"k`+test.path+`"`)
		if first.status != http.StatusCreated {
			t.Fatalf("%d %s", first.status, first.body)
		}
		wantReplayed(t, request(t, "POST", rest+test.path, test.body, key, "k"+test.path), first)
		wantProblem(t, request(t, "POST", rest+test.path, test.other, key, "k"+test.path), http.StatusUnprocessableEntity, "IDEMPOTENCY_KEY_REUSED")
		wantProblem(t, request(t, "POST", rest+test.path, test.body, key, "other"+test.path), http.StatusConflict, "ITEM_EXISTS")
	}
	reply, header, err := newCaller(t, served).call(t, "/items.v1.ItemsService/CreateItem", `{"id":"x","title":"one"}`, "idempotency-key", "k/items/v1/items")
	if err != nil || reply != `{"id":"x","title":"one"}` || len(header.Get("idempotency-replayed")) != 1 {
		t.Errorf("the same over gRPC: %s, %v, %v", reply, header, err)
	}
	_, _, err = newCaller(t, served).call(t, "/items.v1.ItemsService/CreateItem", `{"id":"x"}`, "idempotency-key", "a b")
	if status.Code(err) != codes.InvalidArgument {
		t.Errorf("a key that cannot be read, over gRPC: %v", err)
	}
	if got := request(t, "GET", rest+"/items/v1/items/x", "", key, "a b"); got.status != http.StatusOK {
		t.Errorf("a read with a key: %d %s", got.status, got.body)
	}
}

// TestKeyedByTenant holds that a reply is replayed to nobody whom the back end tells from its first caller.
func TestKeyedByTenant(t *testing.T) {
	t.Parallel()
	_, rest := serveKeyed(t, func(context.Context) error { return nil })
	for _, path := range []string{"/items/v1/items", "/shop/v1/articles"} {
		body := map[string]string{"/items/v1/items": `{"id":"x","title":"one"}`, "/shop/v1/articles": `{"articleId":"y","name":"one"}`}[path]
		first := request(t, "POST", rest+path, body, key, path, "X-Tenant", "north")
		if first.status != http.StatusCreated {
			t.Fatalf("%d %s", first.status, first.body)
		}
		wantReplayed(t, request(t, "POST", rest+path, body, key, path, "X-Tenant", "north", "X-Other", "1"), first)
		wantProblem(t, request(t, "POST", rest+path, body, key, path, "X-Tenant", "south"), http.StatusUnprocessableEntity, "IDEMPOTENCY_KEY_REUSED")
		wantProblem(t, request(t, "POST", rest+path, body, key, path), http.StatusUnprocessableEntity, "IDEMPOTENCY_KEY_REUSED")
	}
}

// Whatever was sent at once: one write.
func TestKeyedDuplicatesAtOnce(t *testing.T) {
	t.Parallel()
	var calls atomic.Int32
	_, rest := serveKeyed(t, func(context.Context) error { calls.Add(1); return nil })
	answers := make([]answer, 20)
	var group sync.WaitGroup
	for i := range answers {
		group.Go(func() { answers[i] = request(t, "POST", rest+"/items/v1/items", `{"id":"x"}`, key, "k") })
	}
	group.Wait()
	created := 0
	for _, got := range answers {
		if got.status == http.StatusCreated {
			created++
			continue
		}
		if wantProblem(t, got, http.StatusConflict, "IDEMPOTENCY_KEY_IN_USE"); got.field(t, "retryable") != true || got.header.Get("Retry-After") != "1" {
			t.Errorf("not to be tried again: %s, %v", got.body, got.header)
		}
	}
	if calls.Load() != 1 || created == 0 {
		t.Errorf("%d calls, %d answers of a create", calls.Load(), created)
	}
}

func TestKeyedFailures(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		err    error
		status int
		again  string // the code of the second call, or nothing if it is made
	}{
		{"broken", &adapters.Error{Code: codes.Unavailable}, http.StatusServiceUnavailable, "IDEMPOTENCY_OUTCOME_UNKNOWN"},
		{"timed out", &adapters.Error{Code: codes.DeadlineExceeded}, http.StatusGatewayTimeout, "IDEMPOTENCY_OUTCOME_UNKNOWN"},
		{"never sent", &adapters.Error{Code: codes.Unavailable, Unsent: true}, http.StatusServiceUnavailable, ""},
		{"refused", &adapters.Error{Code: codes.FailedPrecondition}, http.StatusBadRequest, ""},
	}
	for _, test := range tests {
		for _, path := range []string{"/items/v1/items", "/shop/v1/articles"} {
			var calls atomic.Int32
			_, rest := serveKeyed(t, func(context.Context) error {
				if calls.Add(1) == 1 {
					return test.err
				}
				return nil
			})
			body := map[string]string{"/items/v1/items": `{"id":"x"}`, "/shop/v1/articles": `{"articleId":"x"}`}[path]
			if first := request(t, "POST", rest+path, body, key, "k"); first.status != test.status {
				t.Errorf("%s: %d, want %d", test.name, first.status, test.status)
			}
			again := request(t, "POST", rest+path, body, key, "k")
			switch {
			case test.again == "" && again.status != http.StatusCreated:
				t.Errorf("after %s: %d %s, want 201", test.name, again.status, again.body)
			case test.again != "":
				wantProblem(t, again, http.StatusConflict, test.again)
				if again.field(t, "retryable") != false || calls.Load() != 1 {
					t.Errorf("after %s: %s, %d calls", test.name, again.body, calls.Load())
				}
			}
		}
	}
}

// The second write of a contract's method finds that it is there already, which alone would free the key: but the first has been made.
func TestKeyedContractThatIsHalfDone(t *testing.T) {
	t.Parallel()
	_, rest := serveWriting(t)
	const body = `{"firstId":"x","secondId":"a"}`
	wantProblem(t, request(t, "POST", rest+"/shop/v1/articles:double", body, key, "k"), http.StatusConflict, "ITEM_EXISTS")
	wantProblem(t, request(t, "POST", rest+"/shop/v1/articles:double", body, key, "k"), http.StatusConflict, "IDEMPOTENCY_OUTCOME_UNKNOWN")
	const none = `{"firstId":"a","secondId":"z"}`
	wantProblem(t, request(t, "POST", rest+"/shop/v1/articles:double", none, key, "l"), http.StatusConflict, "ITEM_EXISTS")
	wantProblem(t, request(t, "POST", rest+"/shop/v1/articles:double", none, key, "l"), http.StatusConflict, "ITEM_EXISTS")
}

// A key's call is found in the documents of the API.
func TestKeysAreDocumented(t *testing.T) {
	t.Parallel()
	_, rest := serveWriting(t)
	document := request(t, "GET", rest+"/shop/v1/openapi.json", "").body
	if !strings.Contains(document, `"Idempotency-Key"`) || !strings.Contains(document, `"If-Match"`) || !strings.Contains(document, `"201"`) {
		t.Error("the document lacks Idempotency-Key, If-Match or 201")
	}
}
