package soap

import (
	"context"
	"encoding/base64"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/postern-gateway/postern/adapters"
	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

// openBackend opens a back end that the test's end closes.
func openBackend(t testing.TB, config *configv1.SoapBackend) adapters.Backend {
	t.Helper()
	b, err := Adapter{}.Open(t.Context(), config, adapters.Options{Name: "accounts", Dir: "testdata"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	})
	return b
}

// invoke calls a method with a request in JSON.
func invoke(ctx context.Context, t testing.TB, b adapters.Backend, method, request string) (proto.Message, error) {
	t.Helper()
	for _, service := range b.Services() {
		for _, m := range service.Methods {
			if string(m.Name) != method {
				continue
			}
			message := dynamicpb.NewMessage(service.Descriptor.Methods().ByName(m.Name).Input())
			if err := protojson.Unmarshal([]byte(request), message); err != nil {
				t.Fatal(err)
			}
			return m.Unary(ctx, message)
		}
	}
	t.Fatalf("there is no method %s", method)
	return nil, nil
}

func TestRequestsAsTheServiceSeesThem(t *testing.T) {
	t.Parallel()
	password := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(password, []byte("a&b\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	secret := &configv1.Secret{Source: &configv1.Secret_File{File: password}}
	tests := []struct {
		name    string
		change  func(*configv1.SoapBackend)
		method  string
		request string
		action  string
		content string
		wanted  []string
		basic   string
	}{
		{
			name: "SOAP 1.1", method: "GetAccount", request: `{"id": "C000001", "asOf": "2026-01-31"}`,
			action: `"urn:accounts#getAccount"`, content: "text/xml; charset=utf-8",
			wanted: []string{
				`<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/" xmlns:n1="urn:accounts"><soap:Body>` +
					`<n1:getAccount><n1:id>C000001</n1:id><n1:asOf>2026-01-31</n1:asOf></n1:getAccount></soap:Body></soap:Envelope>`,
			},
		},
		{
			name: "SOAP 1.2", method: "GetAccount", request: `{"id": "C000001"}`,
			change:  func(c *configv1.SoapBackend) { c.Ports = []string{"Soap12"} },
			content: `application/soap+xml; charset=utf-8; action="urn:accounts#getAccount"`,
			wanted:  []string{`<soap:Envelope xmlns:soap="http://www.w3.org/2003/05/soap-envelope"`},
		},
		{
			name: "one branch of a choice", method: "CloseAccount", request: `{"id": "C000001", "transferTo": "C000002"}`,
			action: `"urn:accounts#closeAccount"`, content: "text/xml; charset=utf-8",
			wanted: []string{`<n1:id>C000001</n1:id><n1:transferTo>C000002</n1:transferTo></n1:closeAccount>`},
		},
		{
			name: "one way, and text that needs care", method: "Notify", request: `{"text": "<a> & \"b\"\r"}`,
			action: `""`, content: "text/xml; charset=utf-8",
			wanted: []string{`<n1:text>&lt;a&gt; &amp; &quot;b&quot;&#xD;</n1:text>`},
		},
		{
			name: "password as text", method: "Notify", request: `{"text": ""}`, action: `""`, content: "text/xml; charset=utf-8",
			change: func(c *configv1.SoapBackend) {
				c.Security = &configv1.SoapSecurity{
					UsernameToken: &configv1.SoapUsernameToken{Username: "gate<way", Password: secret}, TimestampSeconds: proto.Uint32(60),
				}
			},
			wanted: []string{
				`<soap:Header><wsse:Security `, ` soap:mustUnderstand="1"`, `<wsu:Created>`, `<wsu:Expires>`,
				`<wsse:Username>gate&lt;way</wsse:Username>`, `#PasswordText">a&amp;b</wsse:Password>`,
			},
		},
		{
			name: "password digest and basic authentication", method: "Notify", request: `{"text": ""}`, action: `""`, content: "text/xml; charset=utf-8",
			change: func(c *configv1.SoapBackend) {
				c.Security = &configv1.SoapSecurity{
					UsernameToken: &configv1.SoapUsernameToken{Username: "gateway", Password: secret, Digest: true},
					Basic:         &configv1.SoapBasicAuth{Username: "user", Password: secret},
				}
			},
			wanted: []string{`#PasswordDigest">`, `<wsse:Nonce EncodingType=`, `<wsu:Created>`},
			basic:  "Basic " + base64.StdEncoding.EncodeToString([]byte("user:a&b")),
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			service := startAccounts(t)
			config := service.config()
			if test.change != nil {
				test.change(config)
			}
			if _, err := invoke(t.Context(), t, openBackend(t, config), test.method, test.request); err != nil {
				t.Fatal(err)
			}
			got := service.last()
			if got.action != test.action || got.contentType != test.content || got.authorization != test.basic {
				t.Errorf("action %s, content type %s, authorization %s", got.action, got.contentType, got.authorization)
			}
			for _, wanted := range test.wanted {
				if !strings.Contains(got.envelope, wanted) {
					t.Errorf("the envelope is\n%s\nand does not hold\n%s", got.envelope, wanted)
				}
			}
		})
	}
}

func TestRepliesThatAreErrors(t *testing.T) {
	t.Parallel()
	tests := []struct {
		id         string
		code       codes.Code
		reason     string
		message    string
		retryAfter time.Duration
		cause      string
	}{
		{id: "M000000", code: codes.NotFound, reason: "ACCOUNT_NOT_FOUND", message: "There is no such account.", cause: "TBL_ACC"},
		{id: "L000000", code: codes.FailedPrecondition, reason: "ACCOUNT_LOCKED", cause: "BATCH01"},
		{id: "S000000", code: codes.Unavailable, cause: "ORA-00942"},
		{id: "T000000", code: codes.InvalidArgument, reason: "BACKEND_REFUSED", cause: "Sender/Bad"},
		{id: "H000000", code: codes.DataLoss, reason: "BACKEND_REPLY_UNREADABLE", cause: "no SOAP envelope"},
		{id: "E000000", code: codes.DataLoss, reason: "BACKEND_REPLY_UNREADABLE", cause: "there is no element"},
		{id: "U000000", code: codes.Unavailable, retryAfter: 7 * time.Second, cause: "503"},
		{id: "D000000", code: codes.DataLoss, reason: "BACKEND_REPLY_UNREADABLE", cause: "DOCTYPE"},
		{id: "B000000", code: codes.DataLoss, reason: "BACKEND_REPLY_UNREADABLE", cause: "/getAccountResponse/account/balance"},
		{id: "G000000", code: codes.DataLoss, reason: "BACKEND_REPLY_UNREADABLE", cause: "larger than"},
	}
	service := startAccounts(t)
	config := service.config()
	config.MaxReplyBytes = proto.Uint64(64 << 10)
	b := openBackend(t, config)
	for _, test := range tests {
		t.Run(test.id, func(t *testing.T) {
			t.Parallel()
			_, err := invoke(t.Context(), t, b, "GetAccount", `{"id": "`+test.id+`"}`)
			var got *adapters.Error
			if !errors.As(err, &got) {
				t.Fatalf("the error is %v", err)
			}
			if got.Code != test.code || got.Reason != test.reason || got.RetryAfter != test.retryAfter {
				t.Errorf("the error is %v with reason %q and retry after %v", got.Code, got.Reason, got.RetryAfter)
			}
			if test.message != "" && got.Message != test.message {
				t.Errorf("the message is %q", got.Message)
			}
			if got.Cause == nil || !strings.Contains(got.Cause.Error(), test.cause) {
				t.Errorf("the cause is %v, and does not say %q", got.Cause, test.cause)
			}
			if public := status.Convert(err).Proto().String(); strings.Contains(public, test.cause) {
				t.Errorf("the public error tells the cause: %s", public)
			}
		})
	}
}

// TestOneWayFault holds that a fault is told even where the operation has no reply.
func TestOneWayFault(t *testing.T) {
	t.Parallel()
	b := openBackend(t, startAccounts(t).config())
	if _, err := invoke(t.Context(), t, b, "Notify", `{"text": "refuse"}`); status.Code(err) != codes.Unavailable {
		t.Errorf("the error is %v", err)
	}
}

func TestDeadlineStopsTheCall(t *testing.T) {
	t.Parallel()
	service := startAccounts(t)
	b := openBackend(t, service.config())
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := invoke(ctx, t, b, "GetAccount", `{"id": "W000000"}`)
	if status.Code(err) != codes.DeadlineExceeded {
		t.Errorf("the error is %v", err)
	}
	if service.count() != 1 {
		t.Errorf("the request was sent %d times", service.count())
	}
}

func TestRefusedConnectionIsUnsent(t *testing.T) {
	t.Parallel()
	service := startAccounts(t)
	b := openBackend(t, service.config())
	service.Close()
	_, err := invoke(t.Context(), t, b, "CloseAccount", `{"id": "C000001", "reason": "moved"}`)
	var got *adapters.Error
	if !errors.As(err, &got) || got.Code != codes.Unavailable || !got.Unsent {
		t.Errorf("the error is %#v", err)
	}
	var checker adapters.Checker = b.(*backend)
	if err := checker.Check(t.Context()); status.Code(err) != codes.Unavailable {
		t.Errorf("Check says %v", err)
	}
}

func TestBadRequestsAreViolations(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, method, request string
		fields                []string
	}{
		{"required", "GetAccount", `{}`, []string{"id"}},
		{"no branch", "CloseAccount", `{"id": "C000001"}`, []string{""}},
		{"a character that XML cannot carry", "Notify", "{\"text\": \"\\u0001\"}", []string{"text"}},
	}
	service := startAccounts(t)
	b := openBackend(t, service.config())
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, err := invoke(t.Context(), t, b, test.method, test.request)
			var got *adapters.Error
			if !errors.As(err, &got) || got.Code != codes.InvalidArgument || len(got.Violations) != len(test.fields) {
				t.Fatalf("the error is %v", err)
			}
			for i, field := range test.fields {
				if got.Violations[i].Field != field || got.Violations[i].Description == "" {
					t.Errorf("violation %+v, wanted field %q", got.Violations[i], field)
				}
			}
		})
	}
	if service.count() != 0 {
		t.Errorf("%d requests reached the service", service.count())
	}
}
