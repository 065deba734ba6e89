package rest

import (
	"context"
	"encoding/binary"
	"math/rand/v2"
	"net/http"
	"strings"

	"github.com/google/uuid"
	"go.opentelemetry.io/otel/trace"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/gateway/idempotency"
	"github.com/postern-gateway/postern/gateway/telemetry"
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
	// conditions are those that a write is made under, or nil.
	conditions *adapters.Conditions
	// key is the idempotency key of the call, or "".
	key string
	// endpoint answers it; nil until a route matched.
	endpoint *endpoint
	// status is used for the answer if nobody writes another one.
	status int
	// wrote is true once the status is sent.
	wrote bool
	// values are those of the headers that differ from answer to answer: request id, traceparent, length, entity tag, time of last change.
	values [5]string
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

// context is that of the call that answers the request.
func (x *exchange) context(r *http.Request) context.Context {
	ctx := context.WithValue(r.Context(), exchangeKey{}, x)
	ctx = adapters.WithCaller(ctx, adapters.Caller{Header: r.Header.Values})
	if x.conditions != nil {
		ctx = adapters.WithConditions(ctx, *x.conditions)
	}
	if x.key != "" {
		ctx = idempotency.WithKey(ctx, x.key)
	}
	return adapters.WithReply(ctx, &x.reply)
}

// begin starts an exchange, and sets the headers that every answer has.
func begin(w http.ResponseWriter, r *http.Request) *exchange {
	x := &exchange{ResponseWriter: w, request: r, status: http.StatusOK}
	if sent := r.Header["X-Request-Id"]; len(sent) > 0 && isRequestID(sent[0]) {
		x.id = sent[0]
	} else {
		x.id = newRequestID()
	}
	header := w.Header()
	x.set(header, "X-Request-Id", 0, x.id)
	header["X-Content-Type-Options"] = nosniff
	if parent := telemetry.Traceparent(r.Context()); parent != "" {
		x.set(header, "Traceparent", 1, parent)
		if state := trace.SpanContextFromContext(r.Context()).TraceState(); state.Len() > 0 {
			header["Tracestate"] = []string{state.String()}
		}
	}
	return x
}

// set sets a header whose name is in canonical form, with the place among values for its value.
func (x *exchange) set(header http.Header, name string, place int, value string) {
	x.values[place] = value
	header[name] = x.values[place : place+1 : place+1]
}

// Values of headers that many answers have. Nobody changes them.
var (
	nosniff   = []string{"nosniff"}
	noStore   = []string{"no-store"}
	privately = []string{"private, no-cache"}
)

// newRequestID returns a UUID of version 4. It is a name, and no secret.
func newRequestID() string {
	var id uuid.UUID
	binary.NativeEndian.PutUint64(id[:8], rand.Uint64()) //nolint:gosec // see above
	binary.NativeEndian.PutUint64(id[8:], rand.Uint64()) //nolint:gosec // see above
	id[6] = id[6]&0x0F | 0x40                            // RFC 9562 section 5.4
	id[8] = id[8]&0x3F | 0x80
	return id.String()
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
	return x.ResponseWriter.Write(b) //nolint:gosec // JSON, and said to be; nosniff is set
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
	header["Cache-Control"] = noStore
	if isEntityTag(x.reply.ETag) {
		x.set(header, "Etag", 3, `"`+x.reply.ETag+`"`)
		header["Cache-Control"] = privately
	}
	if !x.reply.AsOf.IsZero() {
		x.set(header, "Last-Modified", 4, x.endpoint.lastModified(x.reply.AsOf))
	}
	if x.reply.Replayed {
		header.Set("Idempotency-Replayed", "true")
	}
	if x.reply.Mock {
		header.Set("Postern-Mock", "true")
	}
}

// locate says where what the answer is about is read, if that is known.
func (x *exchange) locate(path string) {
	if path != "" {
		x.Header().Set("Location", path)
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
