package soap

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"google.golang.org/grpc/codes"

	"github.com/postern-gateway/postern/adapters/soap/document"
	"github.com/postern-gateway/postern/adapters/soap/transport"
	"github.com/postern-gateway/postern/adapters/soap/wsdl"
	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

const dispatcher = "http://schemas.microsoft.com/net/2005/12/windowscommunicationfoundation/dispatcher"

// in returns fault codes of a namespace.
func in(space string, locals ...string) []document.Name {
	var out []document.Name
	for _, local := range locals {
		out = append(out, document.Name{Space: space, Local: local})
	}
	return out
}

func TestFaultVerdicts(t *testing.T) {
	t.Parallel()
	detail := document.Name{Space: "urn:a", Local: "AccountLockedFault"}
	declared := []*wsdl.Fault{{Name: "locked", Element: detail}, {Name: "unknown"}}
	rules, findings := faultRules([]*configv1.SoapFault{
		{Detail: "NoSuchAccount", Code: "NOT_FOUND", Reason: "ACCOUNT_NOT_FOUND"},
		{FaultCode: "Client.Busy", Code: "ABORTED"},
		{FaultCode: "Server", FaultString: "(?i)duplicate", Code: "ALREADY_EXISTS"},
	})
	if len(findings) != 0 {
		t.Fatal(findings)
	}
	tests := []struct {
		name   string
		fault  fault
		code   codes.Code
		reason string
	}{
		{"Client", fault{codes: in(envelope11, "Client")}, codes.InvalidArgument, "BACKEND_REFUSED"},
		{"Client with a subcode", fault{codes: in(envelope11, "Client.Authentication")}, codes.InvalidArgument, "BACKEND_REFUSED"},
		{"client in small letters", fault{codes: in("", "client")}, codes.InvalidArgument, "BACKEND_REFUSED"},
		{"Sender", fault{codes: in(envelope12, "Sender")}, codes.InvalidArgument, "BACKEND_REFUSED"},
		{"Server", fault{codes: in(envelope11, "Server")}, codes.Unavailable, ""},
		{"Server of Axis", fault{codes: in(envelope11, "Server.userException")}, codes.Unavailable, ""},
		{"Receiver", fault{codes: in(envelope12, "Receiver")}, codes.Unavailable, ""},
		{"VersionMismatch", fault{codes: in(envelope11, "VersionMismatch")}, codes.Internal, "BACKEND_MISUNDERSTOOD"},
		{"MustUnderstand", fault{codes: in(envelope11, "MustUnderstand")}, codes.Internal, "BACKEND_MISUNDERSTOOD"},
		{"DataEncodingUnknown", fault{codes: in(envelope12, "DataEncodingUnknown")}, codes.Internal, "BACKEND_MISUNDERSTOOD"},
		{"a code of the service's own", fault{codes: in("urn:a", "E42")}, codes.FailedPrecondition, "BACKEND_REFUSED"},
		{"no code at all", fault{}, codes.FailedPrecondition, "BACKEND_REFUSED"},
		{"WS-Addressing, SOAP 1.1", fault{codes: in(addressing10, "ActionNotSupported")}, codes.Internal, "BACKEND_MISUNDERSTOOD"},
		{"WS-Addressing, SOAP 1.2", fault{codes: append(in(envelope12, "Sender"), in(addressing10, "MessageAddressingHeaderRequired")...)}, codes.Internal, "BACKEND_MISUNDERSTOOD"},
		{"WS-Addressing of 2004/08", fault{codes: append(in(envelope12, "Receiver"), in(addressing2004, "EndpointUnavailable")...)}, codes.Unavailable, ""},
		{"an exception of WCF", fault{codes: in(dispatcher, "InternalServiceFault")}, codes.Unavailable, ""},
		{"what WCF cannot read", fault{codes: append(in(envelope12, "Sender"), in(dispatcher, "DeserializationFailed")...)}, codes.InvalidArgument, "BACKEND_REFUSED"},
		{
			"reliable messaging is demanded", fault{codes: in("http://docs.oasis-open.org/ws-rx/wsrm/200702", "WSRMRequired")},
			codes.Internal, "BACKEND_MISUNDERSTOOD",
		},
		{"declared, blamed on the server", fault{codes: in(envelope11, "Server"), detail: []document.Name{detail}}, codes.FailedPrecondition, "ACCOUNT_LOCKED_FAULT"},
		{"declared under another namespace", fault{codes: in(envelope11, "Server"), detail: []document.Name{{Local: "AccountLockedFault"}}}, codes.Unavailable, ""},
		{"credentials of the gateway, SOAP 1.1", fault{codes: in(securityNamespace, "FailedAuthentication")}, codes.Internal, "BACKEND_ACCESS_REFUSED"},
		{
			"credentials of the gateway, SOAP 1.2", fault{codes: append(in(envelope12, "Sender"), in(securityNamespace, "InvalidSecurityToken")...)},
			codes.Internal, "BACKEND_ACCESS_REFUSED",
		},
		{"a code like that of the service's own", fault{codes: in("urn:a", "FailedAuthentication")}, codes.FailedPrecondition, "BACKEND_REFUSED"},
		{"set by detail", fault{codes: in(envelope11, "Server"), detail: []document.Name{{Local: "NoSuchAccount"}}}, codes.NotFound, "ACCOUNT_NOT_FOUND"},
		{"set by code", fault{codes: in(envelope11, "Client.Busy")}, codes.Aborted, ""},
		{"set by subcode", fault{codes: in(envelope12, "Sender", "Client.Busy")}, codes.Aborted, ""},
		{"set by code and text", fault{codes: in(envelope11, "Server"), text: "DUPLICATE key"}, codes.AlreadyExists, ""},
		{"text alone does not fit", fault{codes: in(envelope11, "Client"), text: "duplicate"}, codes.InvalidArgument, "BACKEND_REFUSED"},
	}
	b := &backend{faults: rules}
	operation := &mappedOperation{operation: &wsdl.Operation{Faults: declared}}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := b.faultError(&test.fault, operation, http.Header{"Retry-After": {"3"}})
			if got.Code != test.code || got.Reason != test.reason {
				t.Errorf("the verdict is %v %q, wanted %v %q", got.Code, got.Reason, test.code, test.reason)
			}
			if waits := got.RetryAfter == 3*time.Second; waits != (test.code == codes.Unavailable) {
				t.Errorf("RetryAfter is %v", got.RetryAfter)
			}
			if !errors.Is(got, error(&test.fault)) {
				t.Error("the fault is not the cause")
			}
		})
	}
}

func TestStatusVerdicts(t *testing.T) {
	t.Parallel()
	for status, wanted := range map[int]verdict{
		301: {code: codes.Internal, reason: "BACKEND_MISUNDERSTOOD"},
		400: {code: codes.Internal, reason: "BACKEND_MISUNDERSTOOD"},
		401: {code: codes.Internal, reason: "BACKEND_ACCESS_REFUSED"},
		403: {code: codes.Internal, reason: "BACKEND_ACCESS_REFUSED"},
		404: {code: codes.Internal, reason: "BACKEND_MISUNDERSTOOD"},
		407: {code: codes.Internal, reason: "BACKEND_ACCESS_REFUSED"},
		408: {code: codes.Unavailable},
		415: {code: codes.Internal, reason: "BACKEND_MISUNDERSTOOD"},
		425: {code: codes.Unavailable},
		429: {code: codes.ResourceExhausted},
		500: {code: codes.DataLoss, reason: "BACKEND_REPLY_UNREADABLE"},
		501: {code: codes.Internal, reason: "BACKEND_MISUNDERSTOOD"},
		502: {code: codes.Unavailable},
		503: {code: codes.Unavailable},
		504: {code: codes.DeadlineExceeded},
		507: {code: codes.Unavailable},
	} {
		got := statusError(&transport.Reply{Status: status, Header: http.Header{"Retry-After": {"3"}}}, nil)
		if got.Code != wanted.code || got.Reason != wanted.reason {
			t.Errorf("%d: the verdict is %v %q, wanted %v %q", status, got.Code, got.Reason, wanted.code, wanted.reason)
		}
		if got.Ill != (status == 500) {
			t.Errorf("%d: Ill is %v", status, got.Ill)
		}
		if got.RetryAfter != 3*time.Second {
			t.Errorf("%d: RetryAfter is %v", status, got.RetryAfter)
		}
	}
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)
	for text, wanted := range map[string]time.Duration{
		"": 0, "0": 0, "7": 7 * time.Second, " 7 ": 7 * time.Second, "-1": 0, "soon": 0, "99999999999": 0, "999999": time.Hour,
		"Sat, 31 Jan 2026 12:00:30 GMT": 30 * time.Second, "Sat, 31 Jan 2026 11:00:30 GMT": 0,
	} {
		if got := retryAfter(http.Header{"Retry-After": {text}}, now); got != wanted {
			t.Errorf("%q is %v, wanted %v", text, got, wanted)
		}
	}
}
