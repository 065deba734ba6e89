package soap

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
	"google.golang.org/grpc/codes"

	"github.com/postern-gateway/postern/adapters"
	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

// answer starts a service that gives the same answer to everything.
func answer(t testing.TB, status int, header map[string]string, body string) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for name, value := range header {
			w.Header().Set(name, value)
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// envelope11With is a SOAP 1.1 envelope with this body.
func envelope11With(body string) string {
	return `<S:Envelope xmlns:S="` + envelope11 + `"><S:Body>` + body + `</S:Body></S:Envelope>`
}

const (
	closed      = `<closeAccountResponse xmlns="urn:accounts"/>`
	serverFault = `<S:Fault><faultcode>S:Server</faultcode><faultstring>ORA-1</faultstring></S:Fault>`
)

// TestStatusesAndBodies holds what becomes of replies by status, content type and body: of an operation with a reply, and of a one-way operation.
func TestStatusesAndBodies(t *testing.T) {
	t.Parallel()
	const (
		xmlType    = "text/xml; charset=utf-8"
		unreadable = "BACKEND_REPLY_UNREADABLE"
	)
	tests := []struct {
		name              string
		status            int
		contentType, body string
		code              codes.Code // of an operation with a reply
		reason            string
		oneWay            codes.Code
	}{
		{"200 with the reply", 200, xmlType, envelope11With(closed), codes.OK, "", codes.OK},
		{"200 with a fault", 200, xmlType, envelope11With(serverFault), codes.Unavailable, "", codes.Unavailable},
		{"500 with a fault", 500, xmlType, envelope11With(serverFault), codes.Unavailable, "", codes.Unavailable},
		{"500 with a fault under another type", 500, "text/html", envelope11With(serverFault), codes.Unavailable, "", codes.Unavailable},
		{"400 with a fault", 400, xmlType, envelope11With(strings.Replace(serverFault, "Server", "Client", 1)), codes.InvalidArgument, "BACKEND_REFUSED", codes.InvalidArgument},
		{"200 with the reply under no type", 200, "application/octet-stream", envelope11With(closed), codes.OK, "", codes.OK},
		{"200 with HTML", 200, "text/html", "<html><body>Welcome<br></body></html>", codes.DataLoss, unreadable, codes.OK},
		{"200 with text", 200, "text/plain", "OK", codes.DataLoss, unreadable, codes.OK},
		{"200 with JSON", 200, "application/json", `{"ok": true}`, codes.DataLoss, unreadable, codes.OK},
		{"200 with nothing", 200, xmlType, "", codes.DataLoss, unreadable, codes.OK},
		{"200 with another XML", 200, xmlType, "<ok/>", codes.DataLoss, unreadable, codes.OK},
		{"200 with half a reply", 200, xmlType, envelope11With(closed)[:100], codes.DataLoss, unreadable, codes.OK},
		{"200 with an empty body", 200, xmlType, envelope11With(""), codes.OK, "", codes.OK}, // the reply has nothing to say
		{"200 without a body", 200, xmlType, `<S:Envelope xmlns:S="` + envelope11 + `"/>`, codes.DataLoss, unreadable, codes.OK},
		{"200 with a charset that nobody knows", 200, "text/xml; charset=klingon", envelope11With(closed), codes.DataLoss, unreadable, codes.OK},
		{"202 with nothing", 202, "", "", codes.DataLoss, unreadable, codes.OK},
		{"204", 204, "", "", codes.DataLoss, unreadable, codes.OK},
		{"500 with HTML", 500, "text/html", "<html>NullPointerException</html>", codes.DataLoss, unreadable, codes.DataLoss},
		{"500 with nothing", 500, "", "", codes.DataLoss, unreadable, codes.DataLoss},
		{"503 with HTML", 503, "text/html", "<html>down</html>", codes.Unavailable, "", codes.Unavailable},
		{"504", 504, "", "", codes.DeadlineExceeded, "", codes.DeadlineExceeded},
		{"404", 404, "text/html", "<html>not found</html>", codes.Internal, "BACKEND_MISUNDERSTOOD", codes.Internal},
		{"401", 401, "", "", codes.Internal, "BACKEND_ACCESS_REFUSED", codes.Internal},
		{"429", 429, "", "", codes.ResourceExhausted, "", codes.ResourceExhausted},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b := openBackend(t, &configv1.SoapBackend{
				Kind: "soap", Wsdl: "accounts.wsdl",
				Endpoint: answer(t, test.status, map[string]string{"Content-Type": test.contentType, "Retry-After": "9"}, test.body),
			})
			for method, want := range map[string]codes.Code{"CloseAccount": test.code, "Notify": test.oneWay} {
				request := map[string]string{"CloseAccount": `{"id": "C000001", "reason": "moved"}`, "Notify": `{"text": "x"}`}[method]
				_, err := invoke(t.Context(), t, b, method, request)
				var refused *adapters.Error
				switch {
				case want == codes.OK && err == nil:
				case !errors.As(err, &refused) || refused.Code != want:
					t.Errorf("%s: the error is %v, wanted %v", method, err, want)
				case method == "CloseAccount" && refused.Reason != test.reason:
					t.Errorf("%s: the reason is %q, wanted %q", method, refused.Reason, test.reason)
				case refused.Ill != (want == codes.DataLoss && !strings.Contains(test.body, "Envelope")):
					t.Errorf("%s: Ill is %v", method, refused.Ill)
				case (want == codes.Unavailable || want == codes.ResourceExhausted) && refused.RetryAfter != 9*time.Second:
					t.Errorf("%s: RetryAfter is %v", method, refused.RetryAfter)
				}
			}
		})
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	t.Parallel()
	b := openBackend(t, &configv1.SoapBackend{
		Kind: "soap", Wsdl: "accounts.wsdl", Endpoint: answer(t, http.StatusMovedPermanently, map[string]string{"Location": "https://elsewhere.invalid/a"}, ""),
	})
	_, err := invoke(t.Context(), t, b, "Notify", `{"text": "x"}`)
	var refused *adapters.Error
	if !errors.As(err, &refused) || refused.Code != codes.Internal || refused.Cause == nil || !strings.Contains(refused.Cause.Error(), "elsewhere.invalid") {
		t.Errorf("the error is %v", err)
	}
}

// TestEncodingsOfReplies holds that text comes through however a reply is encoded: the byte order mark counts before the charset parameter, and that before the
// XML declaration (RFC 7303 section 3.2).
func TestEncodingsOfReplies(t *testing.T) {
	t.Parallel()
	reply := func(declaration string) string {
		return declaration + envelope11With(`<r:getAccountResponse xmlns:r="urn:accounts"><r:account><r:id>C000001</r:id><r:balance>1</r:balance><r:band>A</r:band>`+
			`<r:opened>2020-02-29</r:opened><r:changed>2026-07-01T12:00:00Z</r:changed><r:directDebit>1</r:directDebit><r:note>Zürich é</r:note></r:account></r:getAccountResponse>`)
	}
	latin := func(text string) string {
		out, err := charmap.ISO8859_1.NewEncoder().String(text)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	wide := func(order unicode.Endianness, mark unicode.BOMPolicy, text string) string {
		out, err := unicode.UTF16(order, mark).NewEncoder().String(text)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	tests := []struct{ name, contentType, body string }{
		{"UTF-8", "text/xml; charset=utf-8", reply("")},
		{"UTF-8, and nothing says so", "text/xml", reply("")},
		{"byte order mark", "text/xml", "\ufeff" + reply(`<?xml version="1.0"?>`)},
		{"byte order mark against the parameter", "text/xml; charset=iso-8859-1", "\ufeff" + reply("")},
		{"parameter", "text/xml; charset=ISO-8859-1", latin(reply(""))},
		{"parameter in quotes", `text/xml; charset="windows-1252"`, latin(reply(""))},
		{"declaration", "text/xml", latin(reply(`<?xml version="1.0" encoding="iso-8859-1"?>`))},
		{"parameter against declaration", "text/xml; charset=iso-8859-1", latin(reply(`<?xml version="1.0" encoding="utf-8"?>`))},
		{"UTF-16 with mark", "text/xml; charset=utf-16", wide(unicode.LittleEndian, unicode.UseBOM, reply(`<?xml version="1.0" encoding="utf-16"?>`))},
		{"UTF-16BE without mark", "text/xml; charset=utf-16", wide(unicode.BigEndian, unicode.IgnoreBOM, reply(`<?xml version="1.0" encoding="utf-16"?>`))},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b := openBackend(t, &configv1.SoapBackend{
				Kind: "soap", Wsdl: "accounts.wsdl", Endpoint: answer(t, http.StatusOK, map[string]string{"Content-Type": test.contentType}, test.body),
			})
			got, err := invoke(t.Context(), t, b, "GetAccount", `{"id": "C000001"}`)
			if err != nil {
				t.Fatal(err)
			}
			wantReply(t, got, `{"account": {"id": "C000001", "balance": "1", "band": "A", "opened": "2020-02-29", "changed": "2026-07-01T12:00:00Z",
				"directDebit": true, "note": ["Zürich é"]}}`)
		})
	}
}

// TestLenientReplies holds that a value that breaks its schema is left out where the configuration says so.
func TestLenientReplies(t *testing.T) {
	t.Parallel()
	service := startAccounts(t)
	config := service.config()
	config.LenientReplies = true
	got, err := invoke(t.Context(), t, openBackend(t, config), "GetAccount", `{"id": "B000000"}`)
	if err != nil {
		t.Fatal(err)
	}
	account := got.ProtoReflect().Get(got.ProtoReflect().Descriptor().Fields().ByName("account")).Message()
	fields := account.Descriptor().Fields()
	if account.Has(fields.ByName("balance")) || account.Get(fields.ByName("band")).String() != "N/A" {
		t.Errorf("the reply is %v", got)
	}
}
