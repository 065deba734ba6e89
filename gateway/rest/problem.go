package rest

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"go.opentelemetry.io/otel/trace"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/gateway/fault"
	"github.com/postern-gateway/postern/gateway/idempotency"
)

// ProblemType is the media type of an error (RFC 9457).
const ProblemType = "application/problem+json"

// A Problem is an error as REST callers see it (RFC 9457, with members of our own).
type Problem struct {
	// Type is always about:blank: Code says more than a type could.
	Type string `json:"type"`
	// Title is the name of the HTTP status.
	Title string `json:"title"`
	// Status is the HTTP status.
	Status int `json:"status"`
	// Detail says what happened, for people.
	Detail string `json:"detail"`
	// Instance is the path of the request.
	Instance string `json:"instance,omitempty"`
	// Code is a stable name in UPPER_SNAKE_CASE, for programs.
	Code string `json:"code"`
	// Retryable says that the same request may be sent again and may then succeed.
	Retryable bool `json:"retryable"`
	// TraceID is what the operator finds the request under.
	TraceID string `json:"traceId,omitempty"`
	// Violations are the mistakes in the request, if it has any.
	Violations []ProblemViolation `json:"violations,omitempty"`
}

// A ProblemViolation is one mistake in one field of a request.
type ProblemViolation struct {
	// Field is a path of JSON names, or the name of a query parameter.
	Field string `json:"field"`
	// Description says what is wrong, and what would be accepted.
	Description string `json:"description"`
}

// WriteProblem answers a request with an error. Only what [fault.Public] lets pass is written.
func WriteProblem(w http.ResponseWriter, r *http.Request, err error) {
	writeProblem(w, r, err, repeatableVerb(r.Method))
}

func writeProblem(w http.ResponseWriter, r *http.Request, err error, repeatable bool) {
	problem, wait := newProblem(r, err, repeatable)
	header := w.Header()
	for _, name := range []string{"Content-Length", "ETag", "Last-Modified", "Location"} {
		header.Del(name)
	}
	header.Set("Content-Type", ProblemType)
	header.Set("Cache-Control", "no-store")
	if wait > 0 {
		header.Set("Retry-After", strconv.FormatInt(int64(math.Ceil(wait.Seconds())), 10))
	}
	body := encodeProblem(problem)
	header.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(problem.Status)
	_, _ = w.Write(body) // the caller has gone; there is nobody to tell
}

// newProblem returns the problem, and how long the caller is asked to wait.
func newProblem(r *http.Request, err error, repeatable bool) (Problem, time.Duration) {
	number := 0
	var chosen *runtime.HTTPStatusError
	if errors.As(err, &chosen) {
		number, err = chosen.HTTPStatus, chosen.Err
	}
	public := fault.Public(err)
	if number == 0 {
		number = httpStatus(public)
	}
	problem := Problem{
		Type:      "about:blank",
		Title:     statusTitle(number),
		Status:    number,
		Detail:    public.Message(),
		Instance:  r.URL.EscapedPath(),
		Code:      fault.Reason(public),
		Retryable: fault.Retryable(err, repeatable),
	}
	if span := trace.SpanContextFromContext(r.Context()); span.HasTraceID() {
		problem.TraceID = span.TraceID().String()
	}
	for _, v := range fault.Violations(public) {
		problem.Violations = append(problem.Violations, ProblemViolation(v))
	}
	return problem, fault.RetryAfter(public)
}

// httpStatus is grpc-gateway's table, but that a back end whose answer cannot be read is a bad gateway, and no fault of ours; that a write whose
// conditions do not hold has a status of its own (RFC 9110 section 15.5.13); that one that others stand in the way of, or that comes too late, is in conflict with them; and that
// idempotency keys have the statuses of their draft.
func httpStatus(public *status.Status) int {
	code, reason := public.Code(), fault.Reason(public)
	switch {
	case code == codes.DataLoss:
		return http.StatusBadGateway
	case code == codes.FailedPrecondition && reason == adapters.ReasonChanged:
		return http.StatusPreconditionFailed
	case code == codes.InvalidArgument && reason == idempotency.ReasonReused:
		return http.StatusUnprocessableEntity
	case code == codes.FailedPrecondition && slices.Contains([]string{adapters.ReasonInUse, adapters.ReasonTooLate, idempotency.ReasonUnknown, idempotency.ReasonNotKept}, reason):
		return http.StatusConflict
	default:
		return runtime.HTTPStatusFromCode(code)
	}
}

func encodeProblem(problem Problem) []byte {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(problem) // strings, numbers and booleans only: it cannot fail
	return b.Bytes()
}

func statusTitle(status int) string {
	if status == 499 { // nginx's number, which grpc-gateway uses for a call that its caller gave up
		return "Client Closed Request"
	}
	return http.StatusText(status)
}

// repeatableVerb reports whether the verb is idempotent (RFC 9110 section 9.2.2).
func repeatableVerb(verb string) bool {
	switch verb {
	case http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodPut, http.MethodDelete:
		return true
	default:
		return false
	}
}

// httpError is an error with an HTTP status that no gRPC code stands for.
func httpError(status int, code codes.Code, reason, message string) error {
	return &runtime.HTTPStatusError{HTTPStatus: status, Err: &adapters.Error{Code: code, Reason: reason, Message: message}}
}
