package soap

import (
	"errors"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/postern-gateway/postern/adapters"
	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

const getAccountMethod protoreflect.FullName = "accounts.v1.AccountService.GetAccount"

// guarded is a configuration with every kind of secret that an envelope may hold.
func guarded(t *testing.T, endpoint string) *configv1.SoapBackend {
	t.Helper()
	return &configv1.SoapBackend{
		Kind: "soap", Wsdl: "accounts.wsdl", Endpoint: endpoint,
		Headers:    []*configv1.SoapHeader{{Name: "{urn:h}Key", Secret: secretFile(t, "hush&1")}},
		Addressing: &configv1.SoapAddressing{Version: "2004/08", From: "urn:gateway", To: "urn:accounts", MustUnderstand: true},
		Security: &configv1.SoapSecurity{
			UsernameToken: &configv1.SoapUsernameToken{Username: "gateway", Password: secretFile(t, "open sesame"), Digest: false},
			Basic:         &configv1.SoapBasicAuth{Username: "gateway", Password: secretFile(t, "open sesame")},
			Saml: &configv1.SoapSaml{
				Assertion: secretFile(t, `<s:Assertion xmlns:s="urn:oasis:names:tc:SAML:2.0:assertion" ID="_1" Version="2.0"><s:Issuer>hush</s:Issuer></s:Assertion>`),
			},
		},
	}
}

var wantedInGuarded = []string{
	`<wsa:Action xmlns:wsa="http://schemas.xmlsoap.org/ws/2004/08/addressing" soap:mustUnderstand="1">urn:accounts#getAccount</wsa:Action>`,
	`<wsa:To xmlns:wsa="http://schemas.xmlsoap.org/ws/2004/08/addressing" soap:mustUnderstand="1">urn:accounts</wsa:To>`,
	`<wsa:Address>http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous</wsa:Address></wsa:ReplyTo>`,
	`<wsa:Address>urn:gateway</wsa:Address></wsa:From>`,
	`<h:Key xmlns:h="urn:h">***</h:Key>`, `>***</wsse:Password>`, `>***</s:Assertion>`, `<n1:id>C000001</n1:id>`,
}

func accountRequest(t *testing.T, b adapters.Backend, id string) proto.Message {
	t.Helper()
	message := dynamicpb.NewMessage(b.Services()[0].Descriptor.Methods().ByName("GetAccount").Input())
	if err := protojson.Unmarshal([]byte(`{"id": "`+id+`"}`), message); err != nil {
		t.Fatal(err)
	}
	return message
}

func TestRender(t *testing.T) {
	t.Parallel()
	b := openBackend(t, guarded(t, "http://legacy.invalid/accounts"))
	envelope, header, err := b.(Wirer).Render(t.Context(), getAccountMethod, accountRequest(t, b, "C000001"))
	if err != nil {
		t.Fatal(err)
	}
	for _, wanted := range wantedInGuarded {
		if !strings.Contains(string(envelope), wanted) {
			t.Errorf("the envelope is\n%s\nand does not hold\n%s", envelope, wanted)
		}
	}
	//nolint:staticcheck // spelt as old servers look for it
	if got := header["SOAPAction"]; len(got) != 1 || got[0] != `"urn:accounts#getAccount"` || header.Get("Authorization") != "Basic ***" {
		t.Errorf("the header is %v", header)
	}
	for _, secret := range []string{"sesame", "hush"} {
		if strings.Contains(string(envelope), secret) {
			t.Errorf("the envelope shows %q", secret)
		}
	}
	if _, _, err := b.(Wirer).Render(t.Context(), "accounts.v1.AccountService.None", nil); err == nil {
		t.Error("a method that is not there was rendered")
	}
	if _, _, err := b.(Wirer).Render(t.Context(), getAccountMethod, accountRequest(t, b, "")); adapterCode(err) != codes.OK && adapterCode(err) != codes.InvalidArgument {
		t.Errorf("an invalid request: %v", err)
	}
}

func adapterCode(err error) codes.Code {
	var known *adapters.Error
	if errors.As(err, &known) {
		return known.Code
	}
	if err != nil {
		return codes.Unknown
	}
	return codes.OK
}

// TestWireShowsNoSecrets holds that a call under WithWire shows both messages, and that the service gets what is not shown.
func TestWireShowsNoSecrets(t *testing.T) {
	t.Parallel()
	service := startAccounts(t)
	b := openBackend(t, guarded(t, service.URL))
	shown := make(map[string]string)
	ctx := WithWire(t.Context(), func(direction string, data []byte) { shown[direction] += string(data) })
	if _, err := invoke(ctx, t, b, "GetAccount", `{"id": "C000001"}`); err != nil {
		t.Fatal(err)
	}
	for _, wanted := range wantedInGuarded {
		if !strings.Contains(shown["sent"], wanted) {
			t.Errorf("sent is shown as\n%s\nand does not hold\n%s", shown["sent"], wanted)
		}
	}
	if strings.Contains(shown["sent"], "sesame") || strings.Contains(shown["sent"], "hush") || !strings.Contains(shown["received"], "-1234.50") {
		t.Errorf("shown is %v", shown)
	}
	if got := service.last().envelope; !strings.Contains(got, ">open sesame</wsse:Password>") || !strings.Contains(got, ">hush&amp;1</h:Key>") {
		t.Errorf("the service got %s", got)
	}
}

// TestMaskedIsTheHeaderOnly holds that what a caller says in the body is shown as it is sent.
func TestMaskedIsTheHeaderOnly(t *testing.T) {
	t.Parallel()
	b, _ := openBackend(t, guarded(t, "http://legacy.invalid/accounts")).(*backend)
	const assertion, masked = `<a:Assertion xmlns:a="urn:oasis:names:tc:SAML:2.0:assertion">me</a:Assertion>`, `<a:Assertion xmlns:a="urn:oasis:names:tc:SAML:2.0:assertion">***</a:Assertion>`
	for _, namespace := range []string{envelope11, envelope12} {
		start := `<soap:Envelope xmlns:soap="` + namespace + `"><soap:Header>`
		between, end := `</soap:Header><soap:Body>`, `</soap:Body></soap:Envelope>`
		if got := string(b.masked([]byte(start + assertion + between + assertion + end))); got != start+masked+between+assertion+end {
			t.Errorf("shown is %s", got)
		}
	}
}

func TestReadReply(t *testing.T) {
	t.Parallel()
	b := openBackend(t, &configv1.SoapBackend{Kind: "soap", Wsdl: "accounts.wsdl"})
	const method protoreflect.FullName = "accounts.v1.AccountService.CloseAccount"
	if reply, err := b.(Wirer).ReadReply(method, "text/xml", []byte(envelope11With(closed))); err != nil || proto.Size(reply) != 0 {
		t.Errorf("the reply is %v, %v", reply, err)
	}
	if _, err := b.(Wirer).ReadReply(method, "", []byte(envelope11With(serverFault))); adapterCode(err) != codes.Unavailable {
		t.Errorf("of a fault the error is %v", err)
	}
	if _, err := b.(Wirer).ReadReply(method, "", []byte("<html>")); adapterCode(err) != codes.DataLoss {
		t.Errorf("of HTML the error is %v", err)
	}
	if reply, err := b.(Wirer).ReadReply("accounts.v1.AccountService.Notify", "", []byte(envelope11With(""))); err != nil || proto.Size(reply) != 0 {
		t.Errorf("of a one-way operation: %v, %v", reply, err)
	}
}
