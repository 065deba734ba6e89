package soap

import (
	"compress/flate"
	"compress/gzip"
	"context"
	"errors"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"google.golang.org/grpc/codes"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/adapters/mirror"
	"github.com/postern-gateway/postern/adapters/soap/document"
	"github.com/postern-gateway/postern/adapters/soap/wsdl"
	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

// Reasons that this adapter gives.
const (
	reasonUnreadable    = "BACKEND_REPLY_UNREADABLE"
	reasonAccessRefused = "BACKEND_ACCESS_REFUSED"
	reasonRefused       = "BACKEND_REFUSED"
	reasonMisunderstood = "BACKEND_MISUNDERSTOOD"
	reasonNoEndpoint    = "BACKEND_ENDPOINT_MISSING"
)

// A verdict is what a caller is told.
type verdict struct {
	code    codes.Code
	reason  string
	message string
}

// faultVerdicts say what the fault codes of SOAP 1.1 (section 4.4.1) and 1.2 (part 1 section 5.4.6) mean, by the part before
// the first point.
var faultVerdicts = map[string]verdict{
	"Client":              {code: codes.InvalidArgument, reason: reasonRefused, message: "The system behind this does not accept the request."},
	"Sender":              {code: codes.InvalidArgument, reason: reasonRefused, message: "The system behind this does not accept the request."},
	"Server":              {code: codes.Unavailable},
	"Receiver":            {code: codes.Unavailable},
	"VersionMismatch":     {code: codes.Internal, reason: reasonMisunderstood},
	"MustUnderstand":      {code: codes.Internal, reason: reasonMisunderstood},
	"DataEncodingUnknown": {code: codes.Internal, reason: reasonMisunderstood},
}

// accessRefused are the codes of WS-Security 1.1 section 12 that say that the gateway's credentials are not good.
var accessRefused = []string{"InvalidSecurity", "InvalidSecurityToken", "FailedAuthentication", "FailedCheck", "SecurityTokenUnavailable", "MessageExpired"}

// statusVerdicts say what an HTTP status means where the reply holds no fault. Those that are missing are told by their class.
var statusVerdicts = map[int]verdict{
	http.StatusUnauthorized:      {code: codes.Internal, reason: reasonAccessRefused},
	http.StatusForbidden:         {code: codes.Internal, reason: reasonAccessRefused},
	http.StatusProxyAuthRequired: {code: codes.Internal, reason: reasonAccessRefused},
	http.StatusRequestTimeout:    {code: codes.Unavailable},
	http.StatusTooManyRequests:   {code: codes.ResourceExhausted},
}

func verdictOfStatus(status int) verdict {
	if v, ok := statusVerdicts[status]; ok {
		return v
	}
	if status >= 500 {
		return verdict{code: codes.Unavailable}
	}
	return verdict{code: codes.Internal, reason: reasonMisunderstood}
}

// A faultRule is a setting of `faults`.
type faultRule struct {
	detail, code string
	text         *regexp.Regexp
	verdict      verdict
}

func faultRules(settings []*configv1.SoapFault) ([]faultRule, []adapters.Finding) {
	var findings []adapters.Finding
	out := make([]faultRule, 0, len(settings))
	for i, setting := range settings {
		rule := faultRule{
			detail: setting.GetDetail(), code: setting.GetFaultCode(),
			verdict: verdict{code: codeOf(setting.GetCode()), reason: setting.GetReason(), message: setting.GetMessage()},
		}
		if pattern := setting.GetFaultString(); pattern != "" {
			var err error
			if rule.text, err = regexp.Compile(pattern); err != nil {
				findings = append(findings, adapters.Finding{
					Field: "faults[" + strconv.Itoa(i) + "].fault_string", Message: "this is no RE2 expression: " + err.Error(),
				})
				continue
			}
		}
		out = append(out, rule)
	}
	return out, findings
}

func codeOf(name string) codes.Code {
	for code := codes.OK; code <= codes.Unauthenticated; code++ {
		if adapters.CodeName(code) == name {
			return code
		}
	}
	return codes.Unknown
}

func (r *faultRule) fits(f *fault) bool {
	if r.detail != "" && !slices.ContainsFunc(f.detail, func(n document.Name) bool { return n.Local == r.detail }) {
		return false
	}
	if r.code != "" && r.code != f.code && !slices.Contains(f.subcodes, r.code) {
		return false
	}
	return r.text == nil || r.text.MatchString(f.text)
}

// faultError turns a fault into what the caller may know. declared are the faults that the WSDL declares for the operation.
func faultError(f *fault, rules []faultRule, declared []*wsdl.Fault, header http.Header) *adapters.Error {
	v := verdictOfFault(f, rules, declared)
	out := &adapters.Error{Code: v.code, Reason: v.reason, Message: v.message, Cause: f}
	if v.code == codes.Unavailable || v.code == codes.ResourceExhausted {
		out.RetryAfter = retryAfter(header, time.Now())
	}
	return out
}

func verdictOfFault(f *fault, rules []faultRule, declared []*wsdl.Fault) verdict {
	for i := range rules {
		if rules[i].fits(f) {
			return rules[i].verdict
		}
	}
	for _, code := range append([]string{f.code}, f.subcodes...) {
		if slices.Contains(accessRefused, code) && slices.Contains(f.spaces, securityNamespace) {
			return verdict{code: codes.Internal, reason: reasonAccessRefused}
		}
	}
	for _, fault := range declared {
		if fault.Element.Local != "" && slices.Contains(f.detail, fault.Element) {
			reason := strings.ToUpper(mirror.FieldName(fault.Element.Local))
			return verdict{code: codes.FailedPrecondition, reason: reason, message: "The system behind this refuses the request."}
		}
	}
	class, _, _ := strings.Cut(f.code, ".")
	if v, ok := faultVerdicts[class]; ok {
		return v
	}
	// A code of the service's own (SOAP 1.1 allows it): it knows the request, and refuses it.
	return verdict{code: codes.FailedPrecondition, reason: reasonRefused, message: "The system behind this refuses the request."}
}

// statusError is for a reply without a fault whose status is no success.
func statusError(r *reply) *adapters.Error {
	v := verdictOfStatus(r.status)
	return &adapters.Error{
		Code: v.code, Reason: v.reason, Message: v.message, RetryAfter: retryAfter(r.header, time.Now()),
		Cause: errors.New("the service answered HTTP status " + strconv.Itoa(r.status)),
	}
}

// unreadableReply is for a reply that is no SOAP, or breaks its schema.
func unreadableReply(cause error) *adapters.Error {
	return &adapters.Error{Code: codes.DataLoss, Reason: reasonUnreadable, Cause: cause}
}

// sendError is for a request that got no reply.
func sendError(ctx context.Context, err error) *adapters.Error {
	if ended := adapters.FromContext(ctx.Err()); ended != nil {
		return ended
	}
	return &adapters.Error{Code: codes.Unavailable, Unsent: isUnsent(err), Cause: err}
}

// receiveError is for a reply whose body broke off, or cannot be unpacked.
func receiveError(ctx context.Context, err error) *adapters.Error {
	var corrupt flate.CorruptInputError
	if errors.Is(err, gzip.ErrHeader) || errors.Is(err, gzip.ErrChecksum) || errors.As(err, &corrupt) {
		return unreadableReply(err)
	}
	return sendError(ctx, err)
}

// maxRetryAfter bounds what a service may ask for.
const maxRetryAfter = time.Hour

// retryAfter reads a Retry-After header (RFC 9110 section 10.2.3).
func retryAfter(header http.Header, now time.Time) time.Duration {
	text := strings.TrimSpace(header.Get("Retry-After"))
	var wait time.Duration
	if seconds, err := strconv.ParseUint(text, 10, 31); err == nil {
		wait = time.Duration(seconds) * time.Second
	} else if moment, err := http.ParseTime(text); err == nil {
		wait = moment.Sub(now)
	}
	return min(max(wait, 0), maxRetryAfter)
}

// errNoEndpoint is the fault of a port whose address nobody has given.
func errNoEndpoint() error {
	return &adapters.Error{
		Code: codes.Unavailable, Reason: reasonNoEndpoint, Unsent: true,
		Cause: errors.New("the WSDL gives no http or https address, and endpoint does not either"),
	}
}
