package rest

import (
	"context"
	"net/http"
	"strings"

	"github.com/google/uuid"
	"go.opentelemetry.io/otel/propagation"

	"github.com/postern-gateway/postern/adapters"
)

// maxRequestID is how long a caller's request id may be, in bytes.
const maxRequestID = 128

// An exchange is one request and its answer. It is the http.ResponseWriter of everything that answers, so that the status can be chosen
// before the first byte is written.
type exchange struct {
	http.ResponseWriter
	// request is as it came, before its path is rewritten for the mux.
	request *http.Request
	// id is the caller's X-Request-Id, or one of ours.
	id string
	// reply is what the handler says beside its message.
	reply adapters.Reply
	// endpoint answers it; nil until a route matched.
	endpoint *endpoint
	// status is used for the answer if nobody writes another one.
	status int
	// wrote is true once the status is sent.
	wrote bool
	// streamError is what ended a stream after its first message.
	streamError error
}

type exchangeKey struct{}

func exchangeFrom(ctx context.Context) *exchange {
	x, _ := ctx.Value(exchangeKey{}).(*exchange)
	return x
}

// RequestID returns the id of the REST request that the context belongs to, or "".
func RequestID(ctx context.Context) string {
	if x := exchangeFrom(ctx); x != nil {
		return x.id
	}
	return ""
}

// begin starts an exchange, and sets the headers that every answer has.
func begin(w http.ResponseWriter, r *http.Request) *exchange {
	x := &exchange{ResponseWriter: w, request: r, id: r.Header.Get("X-Request-Id"), status: http.StatusOK}
	if !isRequestID(x.id) {
		x.id = uuid.NewString()
	}
	header := w.Header()
	header.Set("X-Request-Id", x.id)
	header.Set("X-Content-Type-Options", "nosniff")
	propagation.TraceContext{}.Inject(r.Context(), propagation.HeaderCarrier(header))
	return x
}

// isRequestID reports whether the id is printable ASCII and short enough to be put into a header, a log and a trace.
func isRequestID(id string) bool {
	if id == "" || len(id) > maxRequestID {
		return false
	}
	for i := range len(id) {
		if id[i] <= ' ' || id[i] > '~' {
			return false
		}
	}
	return true
}

// WriteHeader implements http.ResponseWriter.
func (x *exchange) WriteHeader(status int) {
	x.wrote = true
	x.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (x *exchange) Write(b []byte) (int, error) {
	if !x.wrote {
		x.WriteHeader(x.status)
	}
	return x.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController find the connection's own writer.
func (x *exchange) Unwrap() http.ResponseWriter { return x.ResponseWriter }

// problem answers with an error.
func (x *exchange) problem(r *http.Request, err error) {
	writeProblem(x, r, err, x.repeatable())
}

// repeatable reports whether the same request may be sent twice with the effect of one.
func (x *exchange) repeatable() bool {
	return repeatableVerb(x.request.Method) || x.endpoint != nil && x.endpoint.idempotent
}

// describe sets the headers that say what the reply is. Answers without an ETag are not for any cache: they may be about people.
func (x *exchange) describe() {
	header := x.Header()
	header.Set("Cache-Control", "no-store")
	if isEntityTag(x.reply.ETag) {
		header.Set("ETag", `"`+x.reply.ETag+`"`)
		header.Set("Cache-Control", "private, no-cache")
	}
	if !x.reply.AsOf.IsZero() {
		header.Set("Last-Modified", x.reply.AsOf.UTC().Format(http.TimeFormat))
	}
	if x.reply.Mock {
		header.Set("Postern-Mock", "true")
	}
}

// isEntityTag reports whether the tag has only characters that may stand between quotes (RFC 9110 section 8.8.3).
func isEntityTag(tag string) bool {
	for i := range len(tag) {
		if c := tag[i]; c < '!' || c == '"' || c == 0x7F {
			return false
		}
	}
	return tag != ""
}

// notModified reports whether the caller has this state already (RFC 9110 section 13.1.2).
func (x *exchange) notModified() bool {
	if x.request.Method != http.MethodGet && x.request.Method != http.MethodHead || !isEntityTag(x.reply.ETag) {
		return false
	}
	for _, line := range x.request.Header.Values("If-None-Match") {
		for candidate := range strings.SplitSeq(line, ",") {
			candidate = strings.TrimPrefix(strings.TrimSpace(candidate), "W/")
			if candidate == "*" || candidate == `"`+x.reply.ETag+`"` {
				return true
			}
		}
	}
	return false
}
