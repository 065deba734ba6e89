package wss_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/adapters/soap/wss"
	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

// FuzzOpen gives replies to those who demand nothing but can decrypt, and to those who demand everything. Only what is signed may pass the latter.
func FuzzOpen(f *testing.F) {
	b := setUp(f)
	for _, how := range []struct {
		reference, algorithm string
		parts                []string
	}{
		{"binary_security_token", "aes256-cbc", []string{"Body"}}, {"issuer_serial", "aes128-gcm", []string{"Body", "Signature"}}, {"thumbprint", "tripledes-cbc", []string{"Body", "{urn:example}Session"}},
	} {
		service := b.open(f, &configv1.SoapSecurity{
			TimestampSeconds: proto.Uint32(600), Signature: &configv1.SoapSignature{CertificateFile: "server.pem", Key: secret("server.key"), KeyReference: how.reference},
			Encryption: &configv1.SoapEncryption{CertificateFile: "client.pem", Algorithm: how.algorithm, KeyTransport: "rsa-1_5", KeyReference: how.reference, Parts: how.parts},
		})
		reply, err := service.Protect(f.Context(), []byte(message(space12)), time.Now())
		if err != nil {
			f.Fatal(err)
		}
		f.Add(reply)
	}
	f.Add([]byte(message(space11)))
	lax := b.open(f, &configv1.SoapSecurity{Replies: &configv1.SoapReplySecurity{DecryptionKey: secret("client.key")}})
	strict := b.open(f, demanding(nil))
	now := time.Now()
	f.Fuzz(func(t *testing.T, reply []byte) {
		before := bytes.Clone(reply)
		for _, s := range []*wss.Security{lax, strict} {
			opened, err := s.Open(t.Context(), reply, nil, now)
			var refused *adapters.Error
			if err != nil && (!errors.As(err, &refused) || refused.Code != codes.DataLoss) {
				t.Fatalf("got %v", err)
			}
			if err == nil && s == strict && !bytes.Contains(reply, []byte("SignatureValue")) && !bytes.Contains(reply, []byte("EncryptedData")) {
				t.Fatalf("an unsigned reply passes: %s", reply)
			}
			if err == nil && len(opened) == 0 {
				t.Fatal("nothing is left of a good reply")
			}
		}
		if !bytes.Equal(before, reply) {
			t.Fatal("the reply was changed")
		}
	})
}

// FuzzAssertion makes sure that what a caller sends becomes an assertion in an envelope, and nothing else.
func FuzzAssertion(f *testing.F) {
	b := setUp(f)
	f.Add(saml)
	f.Add("<?xml version='1.0'?><!--x-->" + saml + "<?y?>")
	f.Add(`<Assertion xmlns="urn:oasis:names:tc:SAML:1.0:assertion" a='>'><![CDATA[</Assertion>]]></Assertion  >`)
	s := b.open(f, &configv1.SoapSecurity{Saml: &configv1.SoapSaml{FromHeader: "A"}, Signature: b.signature(nil)})
	f.Fuzz(func(t *testing.T, text string) {
		ctx := adapters.WithCaller(t.Context(), adapters.Caller{Header: func(string) []string { return []string{base64.StdEncoding.EncodeToString([]byte(text))} }})
		protected, err := s.Protect(ctx, []byte(message(space11)), time.Now())
		if err != nil {
			var refused *adapters.Error
			if !errors.As(err, &refused) || refused.Code != codes.Unauthenticated {
				t.Fatalf("got %v", err)
			}
			return
		}
		if got := bytes.Count(protected, []byte("Security>")); got < 1 || got > 1+strings.Count(text, "Security>") || !strings.Contains(text, "Assertion") {
			t.Fatalf("%q makes %s", text, protected)
		}
	})
}
