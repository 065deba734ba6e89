package rest_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/trace"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/gateway/registry"
	"github.com/postern-gateway/postern/gateway/rest"
)

// replies answers every call with the message that the text describes, after note.
func replies(text string, note func(*adapters.Reply)) func(context.Context, string, proto.Message, protoreflect.Message) error {
	return func(ctx context.Context, _ string, _ proto.Message, reply protoreflect.Message) error {
		if note != nil {
			note(adapters.ReplyFrom(ctx))
		}
		return protojson.Unmarshal([]byte(text), reply.Interface())
	}
}

func fails(err error) func(context.Context, string, proto.Message, protoreflect.Message) error {
	return func(context.Context, string, proto.Message, protoreflect.Message) error { return err }
}

func TestReplies(t *testing.T) {
	t.Parallel()
	asOf := time.Date(2026, 1, 31, 3, 0, 0, 0, time.FixedZone("", 3600))
	const emptyBook = `{"bookId":"","title":"","pages":0,"copies":"0","lent":false,"weight":0,"cover":"","genre":"GENRE_UNSPECIFIED","tags":[],"contributors":[],"ratings":{}}`
	rows := []struct {
		name, verb, target, body string
		header                   map[string]string
		answer                   string
		note                     func(*adapters.Reply)
		status                   int
		want                     string
		wantHeader               map[string]string
	}{
		{name: "what is empty is there, what is absent is not", verb: "GET", target: "/library/v1/books/7", answer: `{}`, status: 200, want: emptyBook,
			wantHeader: map[string]string{"Content-Type": "application/json", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Postern-Mock": "", "Etag": "", "Last-Modified": ""}},
		{name: "presence is kept", verb: "GET", target: "/library/v1/books/7", answer: `{"subtitle":"","author":{"born":0},"contributors":[{}],"price":"0","copies":"9007199254740993"}`, status: 200,
			want: `{"bookId":"","title":"","pages":0,"copies":"9007199254740993","lent":false,"weight":0,"cover":"","genre":"GENRE_UNSPECIFIED","tags":[],"ratings":{},"subtitle":"","author":{"fullName":"","born":0},"contributors":[{"fullName":""}],"price":"0"}`},
		{name: "a field of the reply", verb: "GET", target: "/library/v1/titles", answer: `{"titles":["a"],"nextPageToken":"x"}`, status: 200, want: `["a"]`},
		{name: "an empty field of the reply", verb: "GET", target: "/library/v1/titles", answer: `{}`, status: 200, want: `[]`},
		{name: "nothing to say", verb: "DELETE", target: "/library/v1/books/7", answer: `{}`, status: 204, want: ``, wantHeader: map[string]string{"Content-Type": ""}},
		{name: "HEAD", verb: "HEAD", target: "/library/v1/books/7", answer: `{}`, status: 200, want: ``, wantHeader: map[string]string{"Content-Type": "application/json"}},
		{name: "a mock", verb: "GET", target: "/library/v1/books/7", answer: `{}`, note: func(r *adapters.Reply) { r.Mock = true }, status: 200, want: emptyBook, wantHeader: map[string]string{"Postern-Mock": "true"}},
		{name: "freshness", verb: "GET", target: "/library/v1/books/7", answer: `{}`, note: func(r *adapters.Reply) { r.AsOf, r.ETag = asOf, "v1" }, status: 200, want: emptyBook,
			wantHeader: map[string]string{"Etag": `"v1"`, "Last-Modified": "Sat, 31 Jan 2026 02:00:00 GMT", "Cache-Control": "private, no-cache"}},
		{name: "not modified", verb: "GET", target: "/library/v1/books/7", header: map[string]string{"If-None-Match": `"v0", W/"v1"`}, answer: `{}`, note: func(r *adapters.Reply) { r.ETag = "v1" },
			status: 304, want: ``, wantHeader: map[string]string{"Etag": `"v1"`}},
		{name: "modified", verb: "GET", target: "/library/v1/books/7", header: map[string]string{"If-None-Match": `"v0"`}, answer: `{}`, note: func(r *adapters.Reply) { r.ETag = "v1" }, status: 200, want: emptyBook},
		{name: "a write is never not modified", verb: "PUT", target: "/library/v1/books/7", body: `{}`, header: map[string]string{"If-None-Match": `*`}, answer: `{}`, note: func(r *adapters.Reply) { r.ETag = "v1" }, status: 200, want: emptyBook},
		{name: "a tag that cannot be sent", verb: "GET", target: "/library/v1/books/7", answer: `{}`, note: func(r *adapters.Reply) { r.ETag = "a\"\r\nb" }, status: 200, want: emptyBook, wantHeader: map[string]string{"Etag": ""}},
		{name: "an operation under way", verb: "POST", target: "/library/v1/books/7:order", body: `{}`, answer: `{"name":"operations/a 1"}`, status: 202, want: `{"name":"operations/a 1","done":false}`,
			wantHeader: map[string]string{"Location": "/library/v1/operations/a%201"}},
		{name: "an operation that is done", verb: "GET", target: "/library/v1/operations/1", answer: `{"name":"operations/1","done":true,"response":{"@type":"type.googleapis.com/library.v1.Author","fullName":"K"}}`, status: 200,
			want: `{"name":"operations/1","done":true,"response":{"@type":"type.googleapis.com/library.v1.Author","fullName":"K"}}`, wantHeader: map[string]string{"Location": ""}},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			l := newLibrary(t, libraryFile, "library", rest.Options{})
			l.answer = replies(row.answer, row.note)
			if strings.Contains(row.answer, "@type") {
				l.answer = answersDone(row.answer)
			}
			response, body := serve(t, l.handler, row.verb, row.target, row.body, row.header)
			if response.StatusCode != row.status || !sameJSON(t, body, row.want) {
				t.Errorf("got %d %s, want %d %s", response.StatusCode, body, row.status, row.want)
			}
			for name, want := range row.wantHeader {
				if got := response.Header.Get(name); got != want {
					t.Errorf("got %s %q, want %q", name, got, want)
				}
			}
		})
	}
}

// answersDone reads the reply with the types of its own file, as a handler would have them.
func answersDone(text string) func(context.Context, string, proto.Message, protoreflect.Message) error {
	return func(_ context.Context, _ string, request proto.Message, reply protoreflect.Message) error {
		catalog, err := registry.NewCatalog([]registry.Declaration{{Owner: "library/v1", Service: request.ProtoReflect().Descriptor().ParentFile().Services().Get(0)}})
		if err != nil {
			return err
		}
		return protojson.UnmarshalOptions{Resolver: catalog}.Unmarshal([]byte(text), reply.Interface())
	}
}

// What a handler says of request.book.title is about the title that the caller sent as the body.
func TestViolationsOfABodyAreRelativeToIt(t *testing.T) {
	t.Parallel()
	l := newLibrary(t, libraryFile, "library", rest.Options{})
	l.answer = fails(&adapters.Error{Code: codes.InvalidArgument, Violations: []adapters.Violation{
		{Field: "book.title", Description: "is too long"}, {Field: "updateMask", Description: "is odd"},
	}})
	_, text := serve(t, l.handler, "PATCH", "/library/v1/books/7", `{"title":"T"}`, nil)
	want := []rest.ProblemViolation{{Field: "title", Description: "is too long"}, {Field: "updateMask", Description: "is odd"}}
	if got := problem(t, text).Violations; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// A condition that is not looked at must not be taken for one that holds: nothing is called.
func TestWritesUnderAConditionAreRefused(t *testing.T) {
	t.Parallel()
	for _, header := range []string{"If-Match", "If-Unmodified-Since"} {
		l := newLibrary(t, libraryFile, "library", rest.Options{})
		l.answer = fails(errors.New("it was called"))
		response, text := serve(t, l.handler, "PATCH", "/library/v1/books/7", `{"title":"T"}`, map[string]string{header: `"x"`})
		checkProblem(t, response, text, http.StatusNotImplemented, "CONDITION_NOT_SUPPORTED")
	}
}

func TestErrors(t *testing.T) {
	t.Parallel()
	rows := []struct {
		name      string
		verb      string
		err       error
		status    int
		code      string
		detail    string
		retryable bool
		wait      string
	}{
		{name: "not found", verb: "GET", err: &adapters.Error{Code: codes.NotFound, Reason: "BOOK_NOT_FOUND", Message: "There is no book 7.", Cause: errors.New("ORA-01403")}, status: 404, code: "BOOK_NOT_FOUND", detail: "There is no book 7."},
		{name: "unavailable, read", verb: "GET", err: &adapters.Error{Code: codes.Unavailable, RetryAfter: 1500 * time.Millisecond}, status: 503, code: "UNAVAILABLE", detail: "The system behind this is not available just now. Try again later.", retryable: true, wait: "2"},
		{name: "unavailable, written", verb: "POST", err: &adapters.Error{Code: codes.Unavailable}, status: 503, code: "UNAVAILABLE", detail: "The system behind this is not available just now. Try again later."},
		{name: "unavailable, unsent", verb: "POST", err: &adapters.Error{Code: codes.Unavailable, Unsent: true}, status: 503, code: "UNAVAILABLE", detail: "The system behind this is not available just now. Try again later.", retryable: true},
		{name: "late", verb: "GET", err: context.DeadlineExceeded, status: 504, code: "DEADLINE_EXCEEDED", detail: "The answer did not come in time.", retryable: true},
		{name: "surprise", verb: "GET", err: errors.New("dial tcp 10.0.0.1:1521"), status: 500, code: "INTERNAL", detail: "Something went wrong on our side."},
		{name: "unreadable", verb: "GET", err: &adapters.Error{Code: codes.DataLoss}, status: 502, code: "DATA_LOSS", detail: "The system behind this gave an answer that cannot be read."},
		{name: "in use", verb: "DELETE", err: &adapters.Error{Code: codes.FailedPrecondition, Reason: adapters.ReasonInUse}, status: 409, code: "RESOURCE_IN_USE", detail: "This cannot be done in the present state."},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			l := newLibrary(t, libraryFile, "library", rest.Options{})
			l.answer = fails(row.err)
			target, body := "/library/v1/books/7", ""
			if row.verb == "POST" {
				target, body = "/library/v1/books", "{}"
			}
			response, text := serve(t, l.handler, row.verb, target, body, nil)
			checkProblem(t, response, text, row.status, row.code)
			if got := problem(t, text); got.Detail != row.detail || got.Retryable != row.retryable {
				t.Errorf("got %+v", got)
			}
			if got := response.Header.Get("Retry-After"); got != row.wait {
				t.Errorf("got Retry-After %q, want %q", got, row.wait)
			}
		})
	}
}

func TestReplyThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	l := newLibrary(t, libraryFile, "library", rest.Options{Logger: discard()})
	l.answer = func(ctx context.Context, _ string, _ proto.Message, reply protoreflect.Message) error {
		adapters.ReplyFrom(ctx).ETag = "v1"
		reply.Set(reply.Descriptor().Fields().ByName("title"), protoreflect.ValueOfString("\xff"))
		return nil
	}
	response, body := serve(t, l.handler, "GET", "/library/v1/books/7", "", nil)
	checkProblem(t, response, body, 500, "INTERNAL")
	if tag := response.Header.Get("Etag"); tag != "" {
		t.Errorf("an error has the ETag %s", tag)
	}
}

func TestPanicIsAnsweredAndLogged(t *testing.T) {
	t.Parallel()
	var log strings.Builder
	l := newLibrary(t, libraryFile, "library", rest.Options{Logger: slog.New(slog.NewTextHandler(&log, nil))})
	l.answer = func(context.Context, string, proto.Message, protoreflect.Message) error { panic("a mistake of ours") }
	response, body := serve(t, l.handler, "GET", "/library/v1/books/7", "", nil)
	checkProblem(t, response, body, 500, "INTERNAL")
	if !strings.Contains(log.String(), "a mistake of ours") || strings.Contains(body, "mistake") {
		t.Errorf("log %q, answer %s", log.String(), body)
	}
}

func TestStream(t *testing.T) {
	t.Parallel()
	const target = "/library/v1/books:stream?limit=2"
	sick := &adapters.Error{Code: codes.Unavailable, Reason: "SHELF_GONE"}
	rows := []struct {
		name   string
		count  int
		err    error
		status int
		lines  []string
	}{
		{name: "two", count: 2, status: 200, lines: []string{`{"result":{"fullName":"0"}}`, `{"result":{"fullName":"1"}}`}},
		{name: "none", status: 200},
		{name: "fails at once", err: sick, status: 503},
		{name: "fails after one", count: 1, err: sick, status: 200, lines: []string{`{"result":{"fullName":"0"}}`,
			`{"error":{"type":"about:blank","title":"Service Unavailable","status":503,"detail":"The system behind this is not available just now. Try again later.","instance":"/library/v1/books:stream","code":"SHELF_GONE","retryable":true}}`}},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			l := newLibrary(t, libraryFile, "library", rest.Options{})
			l.stream = func(_ context.Context, request proto.Message, send func(proto.Message) error) error {
				author := request.ProtoReflect().Descriptor().ParentFile().Messages().ByName("Author")
				for i := range row.count {
					message := dynamicpb.NewMessage(author)
					message.Set(author.Fields().ByName("full_name"), protoreflect.ValueOfString(string(rune('0'+i))))
					if err := send(message); err != nil {
						return err
					}
				}
				return row.err
			}
			response, body := serve(t, l.handler, "GET", target, "", nil)
			if response.StatusCode != row.status {
				t.Errorf("got %d, want %d: %s", response.StatusCode, row.status, body)
			}
			if row.status != 200 {
				checkProblem(t, response, body, row.status, "SHELF_GONE")
				return
			}
			if got := response.Header.Get("Content-Type"); got != "application/x-ndjson" {
				t.Errorf("got Content-Type %q", got)
			}
			lines := strings.Split(strings.TrimSuffix(body, "\n"), "\n")
			if body == "" {
				lines = nil
			}
			if len(lines) != len(row.lines) {
				t.Fatalf("got %q", body)
			}
			for i, want := range row.lines {
				if !sameJSON(t, lines[i], want) {
					t.Errorf("got line %s, want %s", lines[i], want)
				}
			}
		})
	}
}

func TestStreamEndsWhenItsCallerGoes(t *testing.T) {
	t.Parallel()
	l := newLibrary(t, libraryFile, "library", rest.Options{})
	ended := make(chan error, 1)
	l.stream = func(ctx context.Context, request proto.Message, send func(proto.Message) error) error {
		book := request.ProtoReflect().Descriptor().ParentFile().Messages().ByName("Book")
		for {
			if err := send(dynamicpb.NewMessage(book)); err != nil {
				ended <- ctx.Err()
				return err
			}
		}
	}
	server := httptest.NewServer(l.handler)
	defer server.Close()
	ctx, cancel := context.WithCancel(t.Context())
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL+"/library/v1/books:stream", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	response, err := server.Client().Do(request)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(response.Body, make([]byte, 100)); err != nil {
		t.Fatal(err)
	}
	cancel()
	_ = response.Body.Close()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("the handler ended with %v", err)
	}
}

func TestRequestIDAndTrace(t *testing.T) {
	t.Parallel()
	l := newLibrary(t, libraryFile, "library", rest.Options{})
	var seen string
	l.answer = func(ctx context.Context, _ string, _ proto.Message, _ protoreflect.Message) error {
		seen = rest.RequestID(ctx)
		return &adapters.Error{Code: codes.NotFound}
	}
	const traceID = "0af7651916cd43dd8448eb211c80319c"
	traced := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id, _ := trace.TraceIDFromHex(traceID)
		span := trace.NewSpanContext(trace.SpanContextConfig{TraceID: id, SpanID: trace.SpanID{1}, TraceFlags: trace.FlagsSampled})
		r = r.WithContext(trace.ContextWithSpanContext(r.Context(), span))
		l.handler.ServeHTTP(w, r)
		if r.Pattern != "GET /library/v1/books/{bookId}" {
			t.Errorf("got pattern %q", r.Pattern)
		}
	})
	ours := regexp.MustCompile(`^[0-9a-f-]{36}$`)
	for _, row := range []struct {
		sent string
		kept bool
	}{{"abc-1", true}, {strings.Repeat("x", 128), true}, {strings.Repeat("x", 129), false}, {"a b", false}, {"", false}} {
		response, body := serve(t, traced, "GET", "/library/v1/books/7", "", map[string]string{"X-Request-Id": row.sent})
		got := response.Header.Get("X-Request-Id")
		if row.kept && got != row.sent || !row.kept && !ours.MatchString(got) || got != seen {
			t.Errorf("sent %q, got %q, the method saw %q", row.sent, got, seen)
		}
		if parent := response.Header.Get("Traceparent"); parent != "00-"+traceID+"-0100000000000000-01" {
			t.Errorf("got traceparent %q", parent)
		}
		if p := problem(t, body); p.TraceID != traceID {
			t.Errorf("got trace id %q", p.TraceID)
		}
	}
}

func TestPages(t *testing.T) {
	t.Parallel()
	pages := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, "page "+r.URL.Path) })
	l := newLibrary(t, libraryFile, "library", rest.Options{Pages: pages})
	for target, want := range map[string]int{
		"/": 200, "/library/v1": 200, "/library/v1/": 200, "/library/v1/openapi.json": 200, "/library/v1/docs": 200, "/library/v1/docs/swagger-ui.css": 200,
		"/library": 404, "/nothing/v1/docs": 404, "/library/v1/docsx": 404, "/favicon.ico": 404,
	} {
		response, body := serve(t, l.handler, "GET", target, "", nil)
		if response.StatusCode != want || want == 200 && body != "page "+target {
			t.Errorf("%s: got %d %s, want %d", target, response.StatusCode, body, want)
		}
	}
}

func discard() *slog.Logger { return slog.New(slog.DiscardHandler) }
