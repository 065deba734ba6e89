package wss_test

import (
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/adapters/soap/wss"
	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

const (
	space11 = "http://schemas.xmlsoap.org/soap/envelope/"
	space12 = "http://www.w3.org/2003/05/soap-envelope"
)

// message is an envelope with everything that canonical forms stumble over.
func message(space string) string {
	return `<?xml version="1.0" encoding="UTF-8"?>` + "\n" + `<soap:Envelope xmlns:soap="` + space + `" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:ns1="urn:example:accounts" xmlns="urn:example:default" xml:lang="en">` +
		`<soap:Header><wsa:Action xmlns:wsa="http://www.w3.org/2005/08/addressing">urn:get</wsa:Action><s:Session xmlns:s="urn:example" soap:mustUnderstand="1">abc</s:Session></soap:Header>` +
		`<soap:Body><ns1:get b="2" a="1" ns1:z="&lt;&#9;&quot;&#xA;'" xmlns:unused="urn:unused"><name xmlns="" xsi:type="ns1:Name">Zoë &amp; <![CDATA[<Sons>]]>&#13;</name>` +
		`<note/><p:q xmlns:p="urn:p"><p:r xmlns:p="urn:other" p:s=""/><p:t/></p:q></ns1:get></soap:Body></soap:Envelope>`
}

func secret(path string) *configv1.Secret {
	return &configv1.Secret{Source: &configv1.Secret_File{File: path}}
}

func (b *bench) signature(with func(*configv1.SoapSignature)) *configv1.SoapSignature {
	out := &configv1.SoapSignature{CertificateFile: "client-alone.pem", Key: secret("client.key")}
	if with != nil {
		with(out)
	}
	return out
}

func (b *bench) open(t testing.TB, config *configv1.SoapSecurity) *wss.Security {
	t.Helper()
	s, err := wss.New(config, adapters.Options{Dir: b.dir})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestWSS4JVerifiesWhatIsSigned(t *testing.T) {
	t.Parallel()
	b := setUp(t)
	for name, test := range map[string]struct {
		space     string
		signature func(*configv1.SoapSignature)
		want      []string
	}{
		"defaults":         {space11, nil, []string{"signed:Body", "signed:Timestamp"}},
		"SOAP 1.2":         {space12, nil, []string{"signed:Body", "signed:Timestamp"}},
		"issuer":           {space11, func(s *configv1.SoapSignature) { s.KeyReference = "issuer_serial" }, []string{"signed:Body"}},
		"identifier":       {space11, func(s *configv1.SoapSignature) { s.KeyReference = "subject_key_identifier" }, []string{"signed:Body"}},
		"thumbprint":       {space11, func(s *configv1.SoapSignature) { s.KeyReference = "thumbprint" }, []string{"signed:Body"}},
		"chain":            {space11, func(s *configv1.SoapSignature) { s.CertificateFile = "client.pem" }, []string{"signed:Body"}},
		"rsa-sha1":         {space11, func(s *configv1.SoapSignature) { s.Algorithm, s.Digest = "rsa-sha1", "sha1" }, []string{"signed:Body"}},
		"rsa-sha384":       {space11, func(s *configv1.SoapSignature) { s.Algorithm, s.Digest = "rsa-sha384", "sha384" }, []string{"signed:Body"}},
		"rsa-sha512":       {space11, func(s *configv1.SoapSignature) { s.Algorithm, s.Digest = "rsa-sha512", "sha512" }, []string{"signed:Body"}},
		"ecdsa-sha256":     {space11, curve("ecdsa-sha256"), []string{"signed:Body"}},
		"ecdsa-sha384":     {space11, curve("ecdsa-sha384"), []string{"signed:Body"}},
		"ecdsa-sha512":     {space11, curve("ecdsa-sha512"), []string{"signed:Body"}},
		"ecdsa by default": {space11, curve(""), []string{"signed:Body"}},
		"all parts": {
			space11, func(s *configv1.SoapSignature) {
				s.Parts = []string{"Body", "Timestamp", "UsernameToken", "BinarySecurityToken", "Addressing", "{urn:example}Session", "{urn:example}None"}
			},
			[]string{"signed:Body", "signed:Timestamp", "signed:UsernameToken", "signed:BinarySecurityToken", "signed:Action", "signed:Session"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := b.open(t, &configv1.SoapSecurity{
				Signature: b.signature(test.signature), TimestampSeconds: proto.Uint32(60),
				UsernameToken: &configv1.SoapUsernameToken{Username: "u", Password: secret("password"), Digest: true},
			})
			if !s.Protects() {
				t.Fatal("there is nothing to protect")
			}
			protected, err := s.Protect(t.Context(), []byte(message(test.space)), time.Now())
			if err != nil {
				t.Fatal(err)
			}
			_, parts, err := b.verify(t, protected)
			if err != nil {
				t.Fatalf("WSS4J: %v\n%s", err, protected)
			}
			for _, want := range append(test.want, "timestamp", "token") {
				if !strings.Contains("\t"+strings.Join(parts, "\t")+"\t", "\t"+want+"\t") {
					t.Errorf("WSS4J found %v, and not %s", parts, want)
				}
			}
			changed := strings.Replace(string(protected), "Zoë", "Zoe", 1)
			if _, _, err := b.verify(t, []byte(changed)); err == nil {
				t.Error("WSS4J verified a body that was changed")
			}
		})
	}
}

func curve(algorithm string) func(*configv1.SoapSignature) {
	return func(s *configv1.SoapSignature) {
		s.CertificateFile, s.Key, s.Algorithm = "clientec-alone.pem", secret("clientec.key"), algorithm
	}
}

func TestWSS4JDecryptsWhatIsEncrypted(t *testing.T) {
	t.Parallel()
	b := setUp(t)
	for name, encryption := range map[string]*configv1.SoapEncryption{
		"defaults":      {},
		"aes128-cbc":    {Algorithm: "aes128-cbc"},
		"aes192-cbc":    {Algorithm: "aes192-cbc"},
		"tripledes-cbc": {Algorithm: "tripledes-cbc", KeyTransport: "rsa-1_5"},
		"aes128-gcm":    {Algorithm: "aes128-gcm"},
		"aes256-gcm":    {Algorithm: "aes256-gcm", KeyReference: "thumbprint"},
		"token":         {KeyReference: "binary_security_token"},
		"identifier":    {KeyReference: "subject_key_identifier", KeyTransport: "rsa-1_5"},
		"all parts":     {Parts: []string{"Body", "UsernameToken", "Signature", "{urn:example}Session"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			encryption.CertificateFile = "server-alone.pem"
			s := b.open(t, &configv1.SoapSecurity{
				Signature: b.signature(nil), Encryption: encryption, TimestampSeconds: proto.Uint32(60),
				UsernameToken: &configv1.SoapUsernameToken{Username: "u", Password: secret("password"), Nonce: true},
			})
			protected, err := s.Protect(t.Context(), []byte(message(space11)), time.Now())
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(string(protected), "Zoë") {
				t.Error("the body is not encrypted")
			}
			if len(encryption.GetParts()) > 0 && (strings.Contains(string(protected), ">abc<") || strings.Contains(string(protected), "SignatureValue") || strings.Contains(string(protected), "<wsse:Password")) {
				t.Errorf("not all parts are encrypted: %s", protected)
			}
			read, parts, err := b.verify(t, protected)
			if err != nil {
				t.Fatalf("WSS4J: %v\n%s", err, protected)
			}
			if !strings.Contains(string(read), `Zoë &amp; &lt;Sons&gt;`) || !strings.Contains(string(read), `xsi:type="ns1:Name"`) || !strings.Contains(string(read), ">abc<") {
				t.Errorf("WSS4J read %s", read)
			}
			for _, want := range []string{"signed:Body", "signed:Timestamp", "token"} {
				if !strings.Contains("\t"+strings.Join(parts, "\t")+"\t", "\t"+want+"\t") {
					t.Errorf("WSS4J found %v, and not %s", parts, want)
				}
			}
		})
	}
}
