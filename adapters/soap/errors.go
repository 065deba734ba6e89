package soap

import (
	"context"
	"errors"
	"fmt"
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
	"github.com/postern-gateway/postern/adapters/soap/transport"
	"github.com/postern-gateway/postern/adapters/soap/wsdl"
	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

const securityNamespace = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"

// Reasons that this adapter gives.
const (
	reasonUnreadable    = transport.ReasonUnreadable
	reasonAccessRefused = transport.ReasonAccessRefused
	reasonMisunderstood = transport.ReasonMisunderstood
	reasonRefused       = "BACKEND_REFUSED"
	reasonNoEndpoint    = "BACKEND_ENDPOINT_MISSING"
	reasonReliable      = "BACKEND_NEEDS_RELIABLE_MESSAGING"
	reasonHeader        = "HEADER_UNUSABLE"
)

// A verdict is what a caller is told.
type verdict struct {
	code    codes.Code
	reason  string
	message string
}

var (
	refusal       = verdict{code: codes.FailedPrecondition, reason: reasonRefused, message: "The system behind this refuses the request."}
	badRequest    = verdict{code: codes.InvalidArgument, reason: reasonRefused, message: "The system behind this does not accept the request."}
	unavailable   = verdict{code: codes.Unavailable}
	misunderstood = verdict{code: codes.Internal, reason: reasonMisunderstood}
	noAccess      = verdict{code: codes.Internal, reason: reasonAccessRefused}
	noReply       = verdict{code: codes.DataLoss, reason: reasonUnreadable}
)

// faultVerdicts say what the fault codes of SOAP 1.1 (section 4.4.1) and 1.2 (part 1 section 5.4.6) mean, by the part before
// the first point, in small letters.
var faultVerdicts = map[string]verdict{
	"client":              badRequest,
	"sender":              badRequest,
	"server":              unavailable,
	"receiver":            unavailable,
	"versionmismatch":     misunderstood,
	"mustunderstand":      misunderstood,
	"dataencodingunknown": misunderstood,
}

// knownFaults say what the fault codes mean that others have standardised, by namespace; they go before those of SOAP, which they refine.
var knownFaults = map[string]map[string]verdict{
	// WS-Security 1.1 section 12: the gateway's credentials are not good.
	securityNamespace: {
		"UnsupportedSecurityToken": noAccess, "UnsupportedAlgorithm": noAccess, "InvalidSecurity": noAccess, "InvalidSecurityToken": noAccess,
		"FailedAuthentication": noAccess, "FailedCheck": noAccess, "SecurityTokenUnavailable": noAccess, "MessageExpired": noAccess,
	},
	// WS-Addressing 1.0 SOAP Binding section 6.4, and the submission of 2004/08 section 4.
	addressing10: {
		"InvalidAddressingHeader": misunderstood, "MessageAddressingHeaderRequired": misunderstood, "DestinationUnreachable": misunderstood,
		"ActionNotSupported": misunderstood, "EndpointUnavailable": unavailable,
	},
	addressing2004: {
		"InvalidMessageInformationHeader": misunderstood, "MessageInformationHeaderRequired": misunderstood, "DestinationUnreachable": misunderstood,
		"ActionNotSupported": misunderstood, "EndpointUnavailable": unavailable,
	},
	// WS-ReliableMessaging 1.1 and 1.2 section 4.
	"http://docs.oasis-open.org/ws-rx/wsrm/200702": {"WSRMRequired": misunderstood},
	// What WCF says of exceptions that no service declares, and of requests that it cannot read.
	"http://schemas.microsoft.com/net/2005/12/windowscommunicationfoundation/dispatcher": {
		"InternalServiceFault": unavailable, "DeserializationFailed": badRequest, "SessionTerminated": unavailable, "TransactionAborted": unavailable,
	},
}

// statusVerdicts say what an HTTP status means where the reply holds no fault. Those that are missing are told by their class.
var statusVerdicts = map[int]verdict{
	http.StatusUnauthorized:        noAccess,
	http.StatusForbidden:           noAccess,
	http.StatusProxyAuthRequired:   noAccess,
	http.StatusRequestTimeout:      unavailable,
	http.StatusTooEarly:            unavailable,
	http.StatusTooManyRequests:     {code: codes.ResourceExhausted},
	http.StatusInternalServerError: noReply, // of SOAP it is a fault (SOAP 1.1 section 6.2), and this is none
	http.StatusNotImplemented:      misunderstood,
	http.StatusGatewayTimeout:      {code: codes.DeadlineExceeded},
}

func verdictOfStatus(status int) verdict {
	if v, ok := statusVerdicts[status]; ok {
		return v
	}
	if status >= 500 {
		return unavailable
	}
	return misunderstood
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
	if r.code != "" && !slices.Contains(f.codeNames(), r.code) {
		return false
	}
	return r.text == nil || r.text.MatchString(f.text)
}

// faultError turns a fault into what the caller may know.
func (b *backend) faultError(f *fault, o *mappedOperation, header http.Header) *adapters.Error {
	v := verdictOfFault(f, b.faults, o.operation.Faults)
	out := &adapters.Error{Code: v.code, Reason: v.reason, Message: v.message, Detail: f.message, Cause: f}
	if v.code == codes.Unavailable || v.code == codes.ResourceExhausted {
		out.RetryAfter = retryAfter(header, time.Now())
	}
	return out
}

// verdictOfFault judges a fault. declared are the faults that the WSDL declares for the operation.
func verdictOfFault(f *fault, rules []faultRule, declared []*wsdl.Fault) verdict {
	for i := range rules {
		if rules[i].fits(f) {
			return rules[i].verdict
		}
	}
	for _, code := range f.codes {
		if v, ok := knownFaults[code.Space][code.Local]; ok {
			return v
		}
	}
	for _, fault := range declared {
		if fault.Element.Local != "" && slices.Contains(f.detail, fault.Element) {
			v := refusal
			v.reason = strings.ToUpper(mirror.FieldName(fault.Element.Local))
			return v
		}
	}
	if len(f.codes) > 0 {
		class, _, _ := strings.Cut(f.codes[0].Local, ".")
		if v, ok := faultVerdicts[strings.ToLower(class)]; ok {
			return v
		}
	}
	// A code of the service's own (SOAP 1.1 allows it): it knows the request, and refuses it.
	return refusal
}

// statusError is for a reply without a fault whose status is no success. reading is why nothing could be read in it, if that is so.
func statusError(reply *transport.Reply, reading error) *adapters.Error {
	v := verdictOfStatus(reply.Status)
	var known *adapters.Error
	if v == noReply && errors.As(reading, &known) {
		return known // a fault without the signature that is demanded, say
	}
	text := fmt.Sprintf("the service answered HTTP status %d with %d bytes of type %q, and no SOAP fault that could be read", reply.Status, len(reply.Body), reply.ContentType)
	return &adapters.Error{
		Code: v.code, Reason: v.reason, Message: v.message, RetryAfter: retryAfter(reply.Header, time.Now()),
		Ill: v == noReply, Cause: errors.Join(errors.New(text), reading),
	}
}

// unreadableReply is for a reply that is no SOAP, or breaks its schema. contentType is what the service calls it.
func unreadableReply(ctx context.Context, contentType string, err error) error {
	if ended := adapters.FromContext(ctx.Err()); ended != nil {
		return ended
	}
	var known *adapters.Error
	if errors.As(err, &known) {
		return known
	}
	if !errors.Is(err, errNoEnvelope) {
		return &adapters.Error{Code: codes.DataLoss, Reason: reasonUnreadable, Cause: err}
	}
	// Of whatever operation it was asked for: a page that says that the service is being looked after, say.
	return &adapters.Error{Code: codes.DataLoss, Reason: reasonUnreadable, Ill: true, Cause: fmt.Errorf("the reply is of type %q: %w", contentType, err)}
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

// errReliable is the answer of an operation whose policy demands what would have requests sent more than once.
func errReliable() error {
	return &adapters.Error{
		Code: codes.Unimplemented, Reason: reasonReliable, Message: "The system behind this demands WS-ReliableMessaging, which the gateway does not speak.", Unsent: true,
	}
}
