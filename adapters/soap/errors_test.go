package soap

import (
	"context"
	"errors"
	"net"
	"net/http"
	"testing"
	"time"

	"google.golang.org/grpc/codes"

	"github.com/postern-gateway/postern/adapters/soap/document"
	"github.com/postern-gateway/postern/adapters/soap/wsdl"
	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

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
		{"Client", fault{code: "Client"}, codes.InvalidArgument, "BACKEND_REFUSED"},
		{"Client with a subcode", fault{code: "Client.Authentication"}, codes.InvalidArgument, "BACKEND_REFUSED"},
		{"Sender", fault{code: "Sender"}, codes.InvalidArgument, "BACKEND_REFUSED"},
		{"Server", fault{code: "Server"}, codes.Unavailable, ""},
		{"Receiver", fault{code: "Receiver"}, codes.Unavailable, ""},
		{"VersionMismatch", fault{code: "VersionMismatch"}, codes.Internal, "BACKEND_MISUNDERSTOOD"},
		{"MustUnderstand", fault{code: "MustUnderstand"}, codes.Internal, "BACKEND_MISUNDERSTOOD"},
		{"DataEncodingUnknown", fault{code: "DataEncodingUnknown"}, codes.Internal, "BACKEND_MISUNDERSTOOD"},
		{"a code of the service's own", fault{code: "E42"}, codes.FailedPrecondition, "BACKEND_REFUSED"},
		{"no code at all", fault{}, codes.FailedPrecondition, "BACKEND_REFUSED"},
		{"declared, blamed on the server", fault{code: "Server", detail: []document.Name{detail}}, codes.FailedPrecondition, "ACCOUNT_LOCKED_FAULT"},
		{"declared under another namespace", fault{code: "Server", detail: []document.Name{{Local: "AccountLockedFault"}}}, codes.Unavailable, ""},
		{
			"credentials of the gateway, SOAP 1.1", fault{code: "FailedAuthentication", spaces: []string{securityNamespace}},
			codes.Internal, "BACKEND_ACCESS_REFUSED",
		},
		{
			"credentials of the gateway, SOAP 1.2",
			fault{code: "Sender", subcodes: []string{"InvalidSecurityToken"}, spaces: []string{envelope12, securityNamespace}},
			codes.Internal, "BACKEND_ACCESS_REFUSED",
		},
		{"set by detail", fault{code: "Server", detail: []document.Name{{Local: "NoSuchAccount"}}}, codes.NotFound, "ACCOUNT_NOT_FOUND"},
		{"set by code", fault{code: "Client.Busy"}, codes.Aborted, ""},
		{"set by subcode", fault{code: "Sender", subcodes: []string{"Client.Busy"}}, codes.Aborted, ""},
		{"set by code and text", fault{code: "Server", text: "DUPLICATE key"}, codes.AlreadyExists, ""},
		{"text alone does not fit", fault{code: "Client", text: "duplicate"}, codes.InvalidArgument, "BACKEND_REFUSED"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := faultError(&test.fault, rules, declared, http.Header{"Retry-After": {"3"}})
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
		429: {code: codes.ResourceExhausted},
		500: {code: codes.Unavailable},
		502: {code: codes.Unavailable},
		503: {code: codes.Unavailable},
		504: {code: codes.Unavailable},
	} {
		got := statusError(&reply{status: status, header: http.Header{}})
		if got.Code != wanted.code || got.Reason != wanted.reason {
			t.Errorf("%d: the verdict is %v %q, wanted %v %q", status, got.Code, got.Reason, wanted.code, wanted.reason)
		}
	}
}

func TestSendErrors(t *testing.T) {
	t.Parallel()
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	late, cancelLate := context.WithDeadline(t.Context(), time.Unix(0, 0))
	defer cancelLate()
	tests := []struct {
		name   string
		ctx    context.Context
		err    error
		code   codes.Code
		unsent bool
	}{
		{"given up", ended, errors.New("x"), codes.Canceled, false},
		{"too late", late, errors.New("x"), codes.DeadlineExceeded, false},
		{"no connection", t.Context(), &net.OpError{Op: "dial", Err: errors.New("refused")}, codes.Unavailable, true},
		{"cut off", t.Context(), &net.OpError{Op: "read", Err: errors.New("reset")}, codes.Unavailable, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := sendError(test.ctx, test.err); got.Code != test.code || got.Unsent != test.unsent {
				t.Errorf("the error is %v, unsent %v", got.Code, got.Unsent)
			}
		})
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

func TestPasswordDigest(t *testing.T) {
	t.Parallel()
	// Computed with: printf 'nonce2026-01-31T00:00:00.000Zsecret' | openssl sha1 -binary | base64
	if got, wanted := passwordDigest([]byte("nonce"), "2026-01-31T00:00:00.000Z", "secret"), "7YV3d3Nj5v532/5nczvi9icSFTU="; got != wanted {
		t.Errorf("the digest is %s, wanted %s", got, wanted)
	}
}
