package soap

import (
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/adapters/soap/multipart"
	"github.com/postern-gateway/postern/adapters/soap/wss"
	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

// TestSignedAttachments holds that a signature covers what stands in a MIME part (XOP 1.0 section 3): who reads the message as WS-Security has it finds the signature
// good, and no longer if the part is changed.
func TestSignedAttachments(t *testing.T) {
	t.Parallel()
	certificate, key := identity(t)
	p := &player{recording: readRecording(t, filepath.Join("testdata", "recorded", "policies.txtar"))}
	server := httptest.NewServer(p)
	t.Cleanup(server.Close)
	p.play(p.calls[0])
	b := openBackend(t, &configv1.SoapBackend{
		Kind: "soap", Wsdl: server.URL + p.first,
		Security: &configv1.SoapSecurity{Signature: &configv1.SoapSignature{CertificateFile: certificate, Key: key}},
	})
	if _, err := invoke(t.Context(), t, b, p.calls[0].method, p.calls[0].request); err != nil {
		t.Fatal(err)
	}
	_, contentType, _ := strings.Cut(p.last(), "Content-Type: ")
	contentType, body, _ := strings.Cut(contentType, "\n")
	sent, err := multipart.Parse(contentType, []byte(body))
	if err != nil {
		t.Fatal(err)
	}
	if len(sent.Attachments) != 1 || string(sent.Attachments[0].Data) != "binary" || strings.Contains(string(sent.Root), "YmluYXJ5") {
		t.Fatalf("the request is\n%s", body)
	}
	reader, err := wss.New(&configv1.SoapSecurity{Replies: &configv1.SoapReplySecurity{TrustedFile: certificate}}, adapters.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := reader.Open(t.Context(), sent.Root, sent.Find, time.Now()); err != nil {
		t.Errorf("the signature does not hold: %v\n%s", err, sent.Root)
	}
	sent.Attachments[0].Data = []byte("Binary")
	if _, err := reader.Open(t.Context(), sent.Root, sent.Find, time.Now()); err == nil {
		t.Error("the signature does not cover the part")
	}
}
