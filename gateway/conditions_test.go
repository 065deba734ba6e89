package gateway_test

import (
	"net/http"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/postern-gateway/postern/adapters/memory"
)

// serveWriting serves the estate whose contract writes.
func serveWriting(t *testing.T) (served running, rest string) {
	t.Helper()
	dir := t.TempDir()
	copyEstate(t, "testdata/writing", dir)
	served = serve(t, dir, memory.Adapter{})
	return served, "http://" + served.REST()
}

func wantProblem(t *testing.T, got answer, status int, code string) {
	t.Helper()
	if got.status != status || got.field(t, "code") != code || got.header.Get("Content-Type") != "application/problem+json" {
		t.Errorf("answer %d %s, want %d %s", got.status, got.body, status, code)
	}
}

func wantAnswer(t *testing.T, got answer, status int, body string) {
	t.Helper()
	if got.status != status || got.body != body {
		t.Errorf("answer %d %s, want %d %s", got.status, got.body, status, body)
	}
}

func TestConditionsOfPublishedBackEnds(t *testing.T) {
	t.Parallel()
	_, rest := serveWriting(t)
	path := rest + "/items/v1/items/a"
	first := request(t, "GET", path, "").header.Get("ETag")
	if first == "" {
		t.Fatal("the read has no ETag")
	}
	written := request(t, "PATCH", path, `{"title":"new"}`, "If-Match", `"other", `+first)
	wantAnswer(t, written, http.StatusOK, `{"id":"a","title":"new","amount":"12"}`)
	second := written.header.Get("ETag")
	if second == "" || second == first {
		t.Errorf("the write has the ETag %s, the read before %s", second, first)
	}
	for _, stale := range []string{first, "W/" + second, `"*"`} {
		wantProblem(t, request(t, "PATCH", path, `{"title":"lost"}`, "If-Match", stale), http.StatusPreconditionFailed, "RESOURCE_CHANGED")
	}
	wantProblem(t, request(t, "PATCH", path, `{"title":"lost"}`, "If-Unmodified-Since", "Sun, 06 Nov 1994 08:49:37 GMT"), http.StatusPreconditionFailed, "RESOURCE_CHANGED")
	wantProblem(t, request(t, "PATCH", path, `{"title":"lost"}`, "If-Match", "5"), http.StatusBadRequest, "MALFORMED_CONDITION")
	wantProblem(t, request(t, "PATCH", path, `{"title":"lost"}`, "If-Unmodified-Since", "yesterday"), http.StatusBadRequest, "MALFORMED_CONDITION")
	wantProblem(t, request(t, "POST", rest+"/items/v1/items", `{"id":"z"}`, "If-Match", "*"), http.StatusNotImplemented, "CONDITION_NOT_SUPPORTED")
	now := request(t, "GET", path, "", "If-Match", `"reads have none"`)
	wantAnswer(t, now, http.StatusOK, `{"id":"a","title":"new","amount":"12"}`)
	if now.header.Get("ETag") != second {
		t.Errorf("after writes that were refused the ETag is %s, want %s", now.header.Get("ETag"), second)
	}
	wantAnswer(t, request(t, "PATCH", path, `{"amount":"1"}`, "If-Match", "*"), http.StatusOK, `{"id":"a","title":"new","amount":"1"}`)
	wantProblem(t, request(t, "GET", rest+"/items/v1/items/z", ""), http.StatusNotFound, "ITEM_NOT_FOUND")
}

// The conditions of a contract's method are for what its one writing step writes: not for the read before it.
func TestConditionsOfContracts(t *testing.T) {
	t.Parallel()
	_, rest := serveWriting(t)
	path := rest + "/shop/v1/articles/b"
	first := request(t, "GET", path, "").header.Get("ETag")
	if mirrored := request(t, "GET", rest+"/items/v1/items/b", "").header.Get("ETag"); first == "" || first != mirrored {
		t.Errorf("the contract's ETag is %s, the item's %s", first, mirrored)
	}
	wantProblem(t, request(t, "PATCH", path, `{"name":"lost"}`, "If-Match", `"other"`), http.StatusPreconditionFailed, "RESOURCE_CHANGED")
	written := request(t, "PATCH", path, `{"name":"new"}`, "If-Match", first)
	wantAnswer(t, written, http.StatusOK, `{"articleId":"b","name":"new"}`)
	wantProblem(t, request(t, "PATCH", path, `{"name":"lost"}`, "If-Match", first), http.StatusPreconditionFailed, "RESOURCE_CHANGED")
	read := request(t, "GET", path, "")
	if wantAnswer(t, read, http.StatusOK, `{"articleId":"b","name":"new"}`); read.header.Get("ETag") != written.header.Get("ETag") {
		t.Errorf("the ETag is %s, and that of the write was %s", read.header.Get("ETag"), written.header.Get("ETag"))
	}
	double := request(t, "POST", rest+"/shop/v1/articles:double", `{"firstId":"y","secondId":"z"}`, "If-Match", "*")
	wantProblem(t, double, http.StatusNotImplemented, "CONDITION_NOT_SUPPORTED")
	wantProblem(t, request(t, "GET", rest+"/items/v1/items/y", ""), http.StatusNotFound, "ITEM_NOT_FOUND")
}

// caller calls methods over gRPC, with requests and replies in JSON.
type caller struct {
	served running
	conn   *grpc.ClientConn
}

func newCaller(t *testing.T, served running) caller {
	t.Helper()
	conn, err := grpc.NewClient(served.GRPC(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return caller{served: served, conn: conn}
}

// call makes a call with metadata, given as names and values, and returns the reply with its header.
func (c caller) call(t *testing.T, method, request string, sent ...string) (string, metadata.MD, error) {
	t.Helper()
	known, ok := c.served.Registry().Method(method)
	if !ok {
		t.Fatalf("there is no method %s", method)
	}
	message, reply := dynamicpb.NewMessage(known.Descriptor.Input()), dynamicpb.NewMessage(known.Descriptor.Output())
	if err := protojson.Unmarshal([]byte(request), message); err != nil {
		t.Fatal(err)
	}
	var header metadata.MD
	err := c.conn.Invoke(metadata.AppendToOutgoingContext(t.Context(), sent...), method, proto.Message(message), proto.Message(reply), grpc.Header(&header))
	if err != nil {
		return "", header, err
	}
	text, err := protojson.Marshal(reply)
	return compact(string(text)), header, err
}

func TestConditionsOverGRPC(t *testing.T) {
	t.Parallel()
	served, _ := serveWriting(t)
	c := newCaller(t, served)
	_, header, err := c.call(t, "/items.v1.ItemsService/GetItem", `{"id":"c"}`, "if-match", "reads have none")
	if err != nil || len(header.Get("etag")) != 1 {
		t.Fatalf("header %v, %v", header, err)
	}
	tag := header.Get("etag")[0]
	reply, _, err := c.call(t, "/items.v1.ItemsService/UpdateItem", `{"item":{"id":"c","title":"new"},"updateMask":"title"}`, "if-match", tag)
	if err != nil || reply != `{"id":"c","title":"new","amount":"9007199254740993"}` {
		t.Errorf("reply %s, %v", reply, err)
	}
	tests := []struct {
		method, name, value string
		want                codes.Code
	}{
		{"/items.v1.ItemsService/UpdateItem", "if-match", tag, codes.FailedPrecondition},
		{"/items.v1.ItemsService/UpdateItem", "if-unmodified-since", "Sun, 06 Nov 1994 08:49:37 GMT", codes.FailedPrecondition},
		{"/items.v1.ItemsService/UpdateItem", "if-match", "bare", codes.InvalidArgument},
		{"/items.v1.ItemsService/CreateItem", "if-match", "*", codes.Unimplemented},
	}
	for _, test := range tests {
		body := `{"item":{"id":"c","title":"lost"}}`
		if test.method == "/items.v1.ItemsService/CreateItem" {
			body = `{"id":"z"}`
		}
		if _, _, err := c.call(t, test.method, body, test.name, test.value); status.Code(err) != test.want {
			t.Errorf("%s under %s: %s: %v, want %v", test.method, test.name, test.value, err, test.want)
		}
	}
}

func TestCreateAnswers201(t *testing.T) {
	t.Parallel()
	_, rest := serveWriting(t)
	mirrored := request(t, "POST", rest+"/items/v1/items", `{"id":"ä/1","title":"mirrored"}`)
	wantAnswer(t, mirrored, http.StatusCreated, `{"id":"ä/1","title":"mirrored","amount":"0"}`)
	bound := request(t, "POST", rest+"/shop/v1/articles", `{"articleId":"x:y","name":"bound"}`)
	wantAnswer(t, bound, http.StatusCreated, `{"articleId":"x:y","name":"bound"}`)
	for _, created := range []answer{mirrored, bound} {
		read := request(t, "GET", rest+created.header.Get("Location"), "")
		wantAnswer(t, read, http.StatusOK, created.body)
		if tag := read.header.Get("ETag"); tag == "" || tag != created.header.Get("ETag") {
			t.Errorf("%s has the ETag %s, and was created with %s", created.header.Get("Location"), tag, created.header.Get("ETag"))
		}
	}
	doubled := request(t, "POST", rest+"/shop/v1/articles:double", `{"firstId":"y","secondId":"z"}`)
	if wantAnswer(t, doubled, http.StatusOK, `{"articleId":"z","name":""}`); doubled.header.Get("Location") != "" {
		t.Error("what is no create has a Location")
	}
}
