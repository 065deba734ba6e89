package fault

import (
	"errors"
	"strings"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/postern-gateway/postern/adapters"
)

// Public returns what the caller may know of an error: its code, a public text, and the details ErrorInfo (always), BadRequest and
// RetryInfo (where there is something to say). It returns nil for nil. The rest of the error is for the log and the trace.
func Public(err error) *status.Status {
	if err == nil {
		return nil
	}
	return classify(err).GRPCStatus()
}

// Retryable reports whether the same request may be sent again and may then succeed. repeatable says that the method may be called twice
// with the effect of one call; another one is only repeated where the first call certainly had no effect.
func Retryable(err error, repeatable bool) bool {
	if err == nil {
		return false
	}
	public := classify(err)
	switch public.Code {
	case codes.ResourceExhausted, codes.Aborted: // refused, and so without effect
		return repeatable || !public.Partial
	case codes.Unavailable, codes.DeadlineExceeded:
		return repeatable || public.Unsent
	default:
		return false
	}
}

// WithoutEffect reports whether a failed call certainly changed nothing, so that making it again cannot do anything twice.
func WithoutEffect(err error) bool {
	public := classify(err)
	switch {
	case public.Partial:
		return false
	case public.Unsent:
		return true
	case public.Ill:
		return false
	}
	switch public.Code {
	case codes.InvalidArgument, codes.NotFound, codes.AlreadyExists, codes.PermissionDenied, codes.Unauthenticated, codes.FailedPrecondition, codes.OutOfRange,
		codes.Unimplemented, codes.ResourceExhausted, codes.Aborted: // refused
		return true
	default:
		return false
	}
}

// Reason returns the stable name of the public status's cause in UPPER_SNAKE_CASE.
func Reason(public *status.Status) string {
	for _, detail := range public.Details() {
		if info, ok := detail.(*errdetails.ErrorInfo); ok && info.GetReason() != "" {
			return info.GetReason()
		}
	}
	return adapters.CodeName(public.Code())
}

// RetryAfter returns how long the caller is asked to wait, or 0 where nothing is said.
func RetryAfter(public *status.Status) time.Duration {
	for _, detail := range public.Details() {
		if info, ok := detail.(*errdetails.RetryInfo); ok {
			return info.GetRetryDelay().AsDuration()
		}
	}
	return 0
}

// Violations returns the mistakes in the request that the status names.
func Violations(public *status.Status) []adapters.Violation {
	var violations []adapters.Violation
	for _, detail := range public.Details() {
		bad, ok := detail.(*errdetails.BadRequest)
		if !ok {
			continue
		}
		for _, v := range bad.GetFieldViolations() {
			violations = append(violations, adapters.Violation{Field: v.GetField(), Description: v.GetDescription()})
		}
	}
	return violations
}

// classify returns the error as one whose every part but the cause is public.
func classify(err error) *adapters.Error {
	var known *adapters.Error
	if errors.As(err, &known) && known != nil {
		return clean(known)
	}
	if ended := adapters.FromContext(err); ended != nil {
		return ended
	}
	var carrier interface{ GRPCStatus() *status.Status }
	if errors.As(err, &carrier) {
		return &adapters.Error{Code: failure(carrier.GRPCStatus().Code()), Cause: err}
	}
	return &adapters.Error{Code: codes.Internal, Cause: err}
}

// clean copies the error with a code that gRPC knows and with texts that are valid UTF-8, without which a status
// cannot be sent.
func clean(known *adapters.Error) *adapters.Error {
	public := *known
	public.Code = failure(known.Code)
	public.Reason = strings.ToValidUTF8(known.Reason, "\uFFFD")
	public.Message = strings.ToValidUTF8(known.Message, "\uFFFD")
	public.Violations = make([]adapters.Violation, len(known.Violations))
	for i, v := range known.Violations {
		public.Violations[i] = adapters.Violation{
			Field:       strings.ToValidUTF8(v.Field, "\uFFFD"),
			Description: strings.ToValidUTF8(v.Description, "\uFFFD"),
		}
	}
	return &public
}

// failure returns the code if it is a failure that gRPC knows, else Internal.
func failure(code codes.Code) codes.Code {
	if code == codes.OK || code == codes.Unknown || code > codes.Unauthenticated {
		return codes.Internal
	}
	return code
}
