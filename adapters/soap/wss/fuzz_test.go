package wss_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/adapters/soap/wss"
	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

// FuzzOpen gives replies to those who demand nothing but can decrypt, and to those who demand everything. Only what the judge signed may pass the latter.
func FuzzOpen(f *testing.F) {
	b := setUp(f)
	for _, options := range []string{
		"sign=Body,Timestamp", "sign=Body,Timestamp,STRTransform;encrypt=Body,Signature", "sign=Body;reference=issuer_serial;encrypt=Body,Session;first=encrypt",
		"encrypt=Body;transport=http://www.w3.org/2001/04/xmlenc#rsa-1_5", "sign=Body,Timestamp;token=chain;canonical=http://www.w3.org/TR/2001/REC-xml-c14n-20010315",
	} {
		f.Add(b.secure(f, options, message(space11)))
		f.Add(b.secure(f, options, message(space12)))
	}
	f.Add([]byte(message(space11)))
	lax := b.open(f, &configv1.SoapSecurity{Replies: &configv1.SoapReplySecurity{DecryptionKey: secret("client.key")}})
	strict := b.open(f, demanding(nil))
	now := time.Now()
	f.Fuzz(func(t *testing.T, reply []byte) {
		before := bytes.Clone(reply)
		for _, s := range []*wss.Security{lax, strict} {
			opened, err := s.Open(t.Context(), reply, now)
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
