package adapters

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"
)

// ErrorDomain is the google.rpc.ErrorInfo domain of every reason that Postern gives.
const ErrorDomain = "postern"

// ReasonInUse is the reason of a write that is not made because others refer to the resource, with the code FailedPrecondition. REST answers it with 409.
const ReasonInUse = "RESOURCE_IN_USE"

// ReasonTooLate is the reason of a write that is not made because what it would undo has gone too far, with the code FailedPrecondition. REST answers it with 409.
const ReasonTooLate = "TOO_LATE"

// An Error is a call that failed: what its caller may know, and, apart from it, the cause, which goes to the log
// and the trace and never to the caller.
type Error struct {
	// Code decides the HTTP status (as grpc-gateway maps it), and whether the breaker counts the
	// failure: Unavailable, DeadlineExceeded and ResourceExhausted show an ill back end, others only with Ill.
	Code codes.Code
	// Reason is a stable name for the cause in UPPER_SNAKE_CASE, for programs: ACCOUNT_NOT_FOUND. Empty
	// means the code's own name.
	Reason string
	// Message is for people, and public: it holds no legacy text, host, path, SQL or secret. Empty means a
	// fixed text for the code.
	Message string
	// Violations are mistakes in the request, by field path in lowerCamelCase JSON names.
	Violations []Violation
	// RetryAfter is how long the legacy system asked callers to wait; 0 when it did not say.
	RetryAfter time.Duration
	// Unsent is true if the legacy system certainly never saw the call, so that sending it again is safe
	// even if it writes.
	Unsent bool
	// Partial is true if a part of what was asked has been done, or may have been, though the code is one of calls that change nothing: sending it again could do
	// that part twice.
	Partial bool
	// Ill is true if the failure shows an ill back end, and the breaker counts it, though its code does not say so: an error page in place of an answer.
	Ill bool
	// Detail is what the legacy system itself said of the failure, as a mirrored message: for the rules of bindings, and never for callers. Its type is the one that the
	// method's option postern.adapter.v1.error_detail names. Nil if it said nothing that is known.
	Detail proto.Message
	// Cause is what went wrong underneath.
	Cause error
}

// A Violation is one mistake in one field of a request.
type Violation struct {
	// Field is the path: address.lines[0]
	Field string
	// Description says what is wrong with it and what would be accepted.
	Description string
}

// Errorf makes an [Error] with a public message. An error among the arguments of a %w verb becomes the cause, and
// is cut from the public message: write it last, after a colon, as in "reading the account: %w".
func Errorf(code codes.Code, reason, format string, arguments ...any) *Error {
	wrapped := fmt.Errorf(format, arguments...)
	e := &Error{Code: code, Reason: reason, Message: wrapped.Error(), Cause: errors.Unwrap(wrapped)}
	if e.Cause != nil {
		e.Message = strings.TrimSuffix(strings.TrimSuffix(e.Message, e.Cause.Error()), ": ")
	}
	return e
}

// Error returns the whole story, cause included. It is for logs.
func (e *Error) Error() string {
	text := e.publicMessage()
	if e.Reason != "" {
		text = e.Reason + ": " + text
	}
	if e.Cause == nil {
		return text
	}
	cause := e.Cause.Error()
	if e.Reason != "" {
		cause = strings.TrimPrefix(cause, e.Reason+": ") // which has been said
	}
	return strings.TrimSuffix(text, ".") + ": " + cause
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Cause }

// GRPCStatus returns what the caller may know: code, public message, and the details ErrorInfo, BadRequest and RetryInfo.
func (e *Error) GRPCStatus() *status.Status {
	info := &errdetails.ErrorInfo{Reason: e.Reason, Domain: ErrorDomain}
	if info.Reason == "" {
		info.Reason = CodeName(e.Code)
	}
	public, err := status.New(e.Code, e.publicMessage()).WithDetails(info)
	if err != nil {
		return status.New(e.Code, e.publicMessage())
	}
	if len(e.Violations) > 0 {
		bad := &errdetails.BadRequest{}
		for _, v := range e.Violations {
			bad.FieldViolations = append(bad.FieldViolations, &errdetails.BadRequest_FieldViolation{Field: v.Field, Description: v.Description})
		}
		if detailed, err := public.WithDetails(bad); err == nil {
			public = detailed
		}
	}
	if e.RetryAfter > 0 {
		if detailed, err := public.WithDetails(&errdetails.RetryInfo{RetryDelay: durationpb.New(e.RetryAfter)}); err == nil {
			public = detailed
		}
	}
	return public
}

func (e *Error) publicMessage() string {
	if e.Message != "" {
		return e.Message
	}
	return publicText(e.Code)
}

// CodeName returns the code's name as the gRPC specification spells it: NOT_FOUND.
func CodeName(code codes.Code) string {
	if name, ok := codeNames[code]; ok {
		return name
	}
	return "UNKNOWN"
}

// FromContext returns the [Error] of a context that has ended: DeadlineExceeded or Canceled. It returns nil if err
// has nothing to do with a context. Adapters ask it first: a driver's own error for a call that was given up says nothing
// about the back end.
func FromContext(err error) *Error {
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return &Error{Code: codes.DeadlineExceeded, Cause: err}
	case errors.Is(err, context.Canceled):
		return &Error{Code: codes.Canceled, Cause: err}
	default:
		return nil
	}
}

// A ConfigError is a list of mistakes in what the user wrote. The gateway adds the line and column of those that name
// a field of backends/NAME.yaml, and prints all of them.
type ConfigError struct {
	Findings []Finding
}

// A Finding is one mistake in a file of the estate.
type Finding struct {
	// Field is the path of the field in backends/NAME.yaml, in proto names: queries[0].sql. Empty when File is set.
	Field string
	// File is the file that the mistake is in, when it is not backends/NAME.yaml: a WSDL, a copybook. Line and
	// Column count from 1; 0 means unknown.
	File         string
	Line, Column int
	// Message says what is wrong, and what would be accepted.
	Message string
}

// ConfigErrorf makes a [ConfigError] of one mistake in a field of backends/NAME.yaml.
func ConfigErrorf(field, format string, arguments ...any) *ConfigError {
	return &ConfigError{Findings: []Finding{{Field: field, Message: fmt.Sprintf(format, arguments...)}}}
}

// Error returns the findings, one to a line.
func (e *ConfigError) Error() string {
	lines := make([]string, len(e.Findings))
	for i, finding := range e.Findings {
		lines[i] = finding.String()
	}
	return strings.Join(lines, "\n")
}

// String returns "file:line:col: message", or "field: message".
func (f Finding) String() string {
	switch {
	case f.File != "" && f.Line > 0:
		return fmt.Sprintf("%s:%d:%d: %s", f.File, f.Line, max(f.Column, 1), f.Message)
	case f.File != "":
		return f.File + ": " + f.Message
	case f.Field != "":
		return f.Field + ": " + f.Message
	default:
		return f.Message
	}
}

var codeNames = map[codes.Code]string{
	codes.OK: "OK", codes.Canceled: "CANCELLED", codes.Unknown: "UNKNOWN", codes.InvalidArgument: "INVALID_ARGUMENT",
	codes.DeadlineExceeded: "DEADLINE_EXCEEDED", codes.NotFound: "NOT_FOUND", codes.AlreadyExists: "ALREADY_EXISTS",
	codes.PermissionDenied: "PERMISSION_DENIED", codes.ResourceExhausted: "RESOURCE_EXHAUSTED",
	codes.FailedPrecondition: "FAILED_PRECONDITION", codes.Aborted: "ABORTED", codes.OutOfRange: "OUT_OF_RANGE",
	codes.Unimplemented: "UNIMPLEMENTED", codes.Internal: "INTERNAL", codes.Unavailable: "UNAVAILABLE",
	codes.DataLoss: "DATA_LOSS", codes.Unauthenticated: "UNAUTHENTICATED",
}

// publicText is what a caller reads when nobody wrote a message for the case.
func publicText(code codes.Code) string {
	switch code {
	case codes.Canceled:
		return "The caller gave the call up."
	case codes.InvalidArgument:
		return "The request is not valid."
	case codes.DeadlineExceeded:
		return "The answer did not come in time."
	case codes.NotFound:
		return "There is nothing under this name."
	case codes.AlreadyExists:
		return "It exists already."
	case codes.PermissionDenied:
		return "This is not allowed."
	case codes.ResourceExhausted:
		return "Too much is being asked just now. Try again later."
	case codes.FailedPrecondition:
		return "This cannot be done in the present state."
	case codes.Aborted:
		return "Something else got in between. Try again."
	case codes.OutOfRange:
		return "A value is out of range."
	case codes.Unimplemented:
		return "This is not offered."
	case codes.Unavailable:
		return "The system behind this is not available just now. Try again later."
	case codes.DataLoss:
		return "The system behind this gave an answer that cannot be read."
	case codes.Unauthenticated:
		return "Credentials are missing or not valid."
	default:
		return "Something went wrong on our side."
	}
}
