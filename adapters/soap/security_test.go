package soap

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"

	"github.com/postern-gateway/postern/adapters"
	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

// identity writes a certificate of its own making and its key to files.
func identity(t *testing.T) (certificate string, key *configv1.Secret) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "gateway"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	certificate = filepath.Join(t.TempDir(), "certificate.pem")
	if err := os.WriteFile(certificate, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return certificate, secretFile(t, string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})))
}

// TestSignedRequestsAndUnsignedReplies holds that requests are signed on the request path, headers of WS-Addressing included, and that a reply without the signature
// that is demanded is refused, be it a message or a fault.
func TestSignedRequestsAndUnsignedReplies(t *testing.T) {
	t.Parallel()
	certificate, key := identity(t)
	service := startAccounts(t)
	config := service.config()
	config.Addressing = &configv1.SoapAddressing{}
	config.Security = &configv1.SoapSecurity{
		Signature: &configv1.SoapSignature{CertificateFile: certificate, Key: key, Parts: []string{"Body", "Addressing"}},
	}
	if _, err := invoke(t.Context(), t, openBackend(t, config), "GetAccount", `{"id": "C000001"}`); err != nil {
		t.Fatal(err)
	}
	envelope := service.last().envelope
	if got := strings.Count(envelope, "<ds:Reference "); got != 5 { // the body, Action, MessageID, To, ReplyTo
		t.Errorf("%d parts are signed in %s", got, envelope)
	}
	config.Security.Replies = &configv1.SoapReplySecurity{TrustedFile: certificate}
	b := openBackend(t, config)
	for _, id := range []string{"C000001", "M000000"} {
		_, err := invoke(t.Context(), t, b, "GetAccount", `{"id": "`+id+`"}`)
		var refused *adapters.Error
		if !errors.As(err, &refused) || refused.Code != codes.DataLoss || refused.Reason != "BACKEND_REPLY_NOT_TRUSTED" {
			t.Errorf("%s: the error is %v", id, err)
		}
	}
}
