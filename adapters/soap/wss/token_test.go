package wss_test

import (
	"crypto/sha1"
	"encoding/base64"
	"errors"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/adapters/soap/wss"
	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 123456789, time.FixedZone("", 3600))

func TestHeader(t *testing.T) {
	t.Parallel()
	b := setUp(t)
	const opening = `<wsse:Security xmlns:wsse="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd" xmlns:wsu="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"`
	const password = `<wsse:Password Type="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0#PasswordText">secret</wsse:Password>`
	for name, test := range map[string]struct {
		config *configv1.SoapSecurity
		space  string
		want   string
	}{
		"nothing":     {nil, space11, ""},
		"only basic":  {&configv1.SoapSecurity{Basic: &configv1.SoapBasicAuth{Username: "u"}}, space11, ""},
		"a timestamp": {&configv1.SoapSecurity{TimestampSeconds: proto.Uint32(90)}, space11, opening + ` soap:mustUnderstand="1"><wsu:Timestamp wsu:Id="timestamp"><wsu:Created>2026-03-01T11:00:00.123Z</wsu:Created><wsu:Expires>2026-03-01T11:01:30.123Z</wsu:Expires></wsu:Timestamp></wsse:Security>`},
		"a password": {
			&configv1.SoapSecurity{UsernameToken: &configv1.SoapUsernameToken{Username: `O'Neil & "Sons" <x>`, Password: secret("password")}, Role: "urn:a&b", OptionalHeader: true}, space11,
			opening + ` soap:actor="urn:a&amp;b"><wsse:UsernameToken wsu:Id="token"><wsse:Username>O'Neil &amp; &quot;Sons&quot; &lt;x&gt;</wsse:Username>` + password + `</wsse:UsernameToken></wsse:Security>`,
		},
		"SOAP 1.2": {
			&configv1.SoapSecurity{UsernameToken: &configv1.SoapUsernameToken{Username: "u", Password: secret("password")}, Role: "urn:r"}, space12,
			opening + ` soap:role="urn:r" soap:mustUnderstand="1"><wsse:UsernameToken wsu:Id="token"><wsse:Username>u</wsse:Username>` + password + `</wsse:UsernameToken></wsse:Security>`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := b.open(t, test.config)
			if s.Protects() || s.Opens() {
				t.Error("messages would be parsed for nothing")
			}
			got, err := s.Header(t.Context(), test.space, noon)
			if err != nil || got != test.want {
				t.Errorf("got %s and %v\nwant %s", got, err, test.want)
			}
		})
	}
}

// TestDigest computes the digest of a password from what the token says, and has WSS4J do so, too.
func TestDigest(t *testing.T) {
	t.Parallel()
	b := setUp(t)
	s := b.open(t, &configv1.SoapSecurity{UsernameToken: &configv1.SoapUsernameToken{Username: "u", Password: secret("password"), Digest: true}})
	header, err := s.Header(t.Context(), space11, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	parts := regexp.MustCompile(`#PasswordDigest">([^<]+)<.*#Base64Binary">([^<]+)<.*<wsu:Created>([^<]+)<`).FindStringSubmatch(header)
	if len(parts) != 4 {
		t.Fatalf("got %s", header)
	}
	nonce, err := base64.StdEncoding.DecodeString(parts[2])
	if err != nil || len(nonce) != 16 {
		t.Fatalf("the nonce %s: %v", parts[2], err)
	}
	sum := sha1.Sum([]byte(string(nonce) + parts[3] + "secret"))
	if want := base64.StdEncoding.EncodeToString(sum[:]); parts[1] != want {
		t.Errorf("the digest is %s, want %s", parts[1], want)
	}
	again, err := s.Header(t.Context(), space11, time.Now())
	if err != nil || strings.Contains(again, parts[2]) {
		t.Errorf("the nonce %s comes twice", parts[2])
	}
	_, found, err := b.verify(t, []byte(strings.Replace(message(space11), "<soap:Header>", "<soap:Header>"+header, 1)))
	if err != nil || !strings.Contains(strings.Join(found, " "), "token") {
		t.Errorf("WSS4J found %v: %v", found, err)
	}
	wrong := strings.Replace(header, parts[1], base64.StdEncoding.EncodeToString(make([]byte, 20)), 1)
	if _, _, err := b.verify(t, []byte(strings.Replace(message(space11), "<soap:Header>", "<soap:Header>"+wrong, 1))); err == nil {
		t.Error("WSS4J takes any digest")
	}
}

const saml = `<saml2:Assertion xmlns:saml2="urn:oasis:names:tc:SAML:2.0:assertion" ID="_a1" Version="2.0"><saml2:Issuer>idp</saml2:Issuer><!-- > --></saml2:Assertion>`

func TestAssertions(t *testing.T) {
	t.Parallel()
	b := setUp(t)
	s := b.open(t, &configv1.SoapSecurity{Saml: &configv1.SoapSaml{FromHeader: "X-Assertion"}})
	base64url := base64.RawURLEncoding.EncodeToString
	for name, test := range map[string]struct {
		header, want, reason string
	}{
		"base64":              {base64.StdEncoding.EncodeToString([]byte(saml)), saml, ""},
		"base64url":           {base64url([]byte(saml)), saml, ""},
		"SAML 1.1":            {base64url([]byte(`<Assertion xmlns="urn:oasis:names:tc:SAML:1.0:assertion"><é>?~</é></Assertion>`)), `<Assertion xmlns="urn:oasis:names:tc:SAML:1.0:assertion"><é>?~</é></Assertion>`, ""},
		"with a declaration":  {base64url([]byte("\ufeff<?xml version='1.0'?>\n" + saml + "\n<!-- </x> -->\n")), saml, ""},
		"none":                {"", "", "SAML_ASSERTION_MISSING"},
		"no base64":           {"<Assertion/>", "", "SAML_ASSERTION_INVALID"},
		"no assertion":        {base64url([]byte(`<Assertion xmlns="urn:other"><a/></Assertion>`)), "", "SAML_ASSERTION_INVALID"},
		"two":                 {base64url([]byte(saml + saml)), "", "SAML_ASSERTION_INVALID"},
		"empty":               {base64url([]byte(`<Assertion xmlns="urn:oasis:names:tc:SAML:2.0:assertion"/>`)), "", "SAML_ASSERTION_INVALID"},
		"cut":                 {base64url([]byte(saml[:len(saml)-5])), "", "SAML_ASSERTION_INVALID"},
		"a DTD":               {base64url([]byte(`<!DOCTYPE a [<!ENTITY e "x">]>` + saml)), "", "SAML_ASSERTION_INVALID"},
		"a foreign prefix":    {base64url([]byte(strings.Replace(saml, "<saml2:Issuer", "<soap:x/><saml2:Issuer", 1))), "", "SAML_ASSERTION_INVALID"},
		"out of the envelope": {base64url([]byte(saml + `</wsse:Security>`)), "", "SAML_ASSERTION_INVALID"},
		"too long":            {strings.Repeat("A", 90000), "", "SAML_ASSERTION_INVALID"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx := adapters.WithCaller(t.Context(), adapters.Caller{Header: func(name string) []string {
				if test.header == "" || name != "X-Assertion" {
					return nil
				}
				return []string{test.header}
			}})
			got, err := s.Header(ctx, space11, noon)
			var refused *adapters.Error
			switch {
			case test.reason != "" && (!errors.As(err, &refused) || refused.Code != codes.Unauthenticated || refused.Reason != test.reason || !refused.Unsent || refused.Cause == nil):
				t.Errorf("got %v, want %s", err, test.reason)
			case test.reason == "" && (err != nil || !strings.Contains(got, `mustUnderstand="1">`+test.want+`</wsse:Security>`)):
				t.Errorf("got %s and %v", got, err)
			}
		})
	}
}

// TestFixedAssertion makes sure that an assertion without prefix stays what it is in an envelope with a default namespace, and that its signature would.
func TestFixedAssertion(t *testing.T) {
	t.Parallel()
	b := setUp(t)
	const assertion = `<Assertion xmlns="urn:oasis:names:tc:SAML:1.0:assertion" AssertionID="a"><x:y xmlns:x="urn:x" z="1"></x:y><n xmlns=""></n></Assertion>`
	file := t.TempDir() + "/assertion.xml"
	if err := os.WriteFile(file, []byte(assertion+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	config := &configv1.SoapSecurity{Saml: &configv1.SoapSaml{Assertion: secret(file)}}
	header, err := b.open(t, config).Header(t.Context(), space11, noon)
	if err != nil || !strings.Contains(header, assertion) {
		t.Errorf("got %s and %v", header, err)
	}
	config.Signature = b.signature(nil)
	protected, err := b.open(t, config).Protect(t.Context(), []byte(message(space11)), noon)
	if err != nil || !strings.Contains(string(protected), assertion) {
		t.Errorf("got %s and %v", protected, err)
	}
}

func TestMistakes(t *testing.T) {
	t.Parallel()
	b := setUp(t)
	full := func(with func(*configv1.SoapSecurity)) *configv1.SoapSecurity {
		out := &configv1.SoapSecurity{
			Signature: b.signature(nil), Encryption: &configv1.SoapEncryption{CertificateFile: "server.pem"}, Replies: &configv1.SoapReplySecurity{TrustedFile: "ca.pem"},
		}
		with(out)
		return out
	}
	for name, test := range map[string]struct {
		with func(*configv1.SoapSecurity)
		want []string
	}{
		"none": {func(*configv1.SoapSecurity) {}, nil},
		"no files": {
			func(s *configv1.SoapSecurity) {
				s.Signature.CertificateFile, s.Encryption.CertificateFile, s.Replies.TrustedFile, s.Replies.DecryptionKey = "no.pem", "no.pem", "no.pem", secret("no.key")
				s.Signature.Key, s.UsernameToken, s.Saml = secret("no.key"), &configv1.SoapUsernameToken{Username: "u", Password: secret("no")}, &configv1.SoapSaml{Assertion: secret("no")}
			},
			[]string{
				"security.username_token.password.file: cannot read the secret", "security.saml.assertion.file: cannot read the secret", "security.signature.certificate_file: the file cannot be read: no such file",
				"security.signature.key.file: cannot read the secret", "security.encryption.certificate_file: the file cannot be read", "security.replies.decryption_key.file: cannot read",
				"security.replies.trusted_file: the file cannot be read",
			},
		},
		"no certificate":     {func(s *configv1.SoapSecurity) { s.Signature.CertificateFile = "client.key" }, []string{"security.signature.certificate_file: the file there is no certificate in it"}},
		"no key":             {func(s *configv1.SoapSecurity) { s.Signature.Key = secret("client.pem") }, []string{"security.signature.key: there is no private key in it"}},
		"another key":        {func(s *configv1.SoapSecurity) { s.Signature.Key = secret("server.key") }, []string{"security.signature.key: the key is not that of the first certificate"}},
		"another algorithm":  {func(s *configv1.SoapSecurity) { s.Signature.Algorithm = "ecdsa-sha256" }, []string{"security.signature.algorithm: ecdsa-sha256 does not go with the key"}},
		"encryption for EC":  {func(s *configv1.SoapSecurity) { s.Encryption.CertificateFile = "serverec.pem" }, []string{"security.encryption.certificate_file: the certificate's key is not RSA"}},
		"decryption with EC": {func(s *configv1.SoapSecurity) { s.Replies.DecryptionKey = secret("clientec.key") }, []string{"security.replies.decryption_key: the key is not RSA"}},
		"parts": {
			func(s *configv1.SoapSecurity) {
				s.Signature.Parts, s.Signature.KeyReference = []string{"Body", "Signature", "{urn:x}a", "{urn:x}", "body", "Timestamp", "UsernameToken", "BinarySecurityToken"}, "thumbprint"
				s.Encryption.Parts, s.Replies.SignedParts = []string{"Timestamp", "UsernameToken"}, []string{"Addressing"}
			},
			[]string{
				"security.signature.parts[1]: this is no part of a message; Body, Timestamp, UsernameToken, BinarySecurityToken, Addressing and header blocks as {namespace}name are accepted",
				"security.signature.parts[3]: this is no part", "security.signature.parts[4]: this is no part", "there is no Timestamp: timestamp_seconds is not given", "there is no UsernameToken: username_token is not given",
				"there is no BinarySecurityToken: key_reference says thumbprint", "security.encryption.parts[0]: this is no part of a message; Body, UsernameToken, Signature",
				"security.encryption.parts[1]: there is no UsernameToken", "security.replies.signed_parts[0]: this is no part of a message; Body, Timestamp",
			},
		},
		"nothing to decrypt with": {
			func(s *configv1.SoapSecurity) {
				s.Signature, s.Replies.RequireEncryption, s.Encryption.Parts = nil, true, []string{"Signature"}
			},
			[]string{"security.encryption.parts[0]: there is no Signature", "security.replies.require_encryption: no key can decrypt replies"},
		},
		"nobody to trust": {func(s *configv1.SoapSecurity) { s.Replies.TrustedFile, s.Replies.SignedParts = "", []string{"Body"} }, []string{"security.replies.signed_parts: no signature can be trusted"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := wss.New(full(test.with), adapters.Options{Dir: b.dir})
			var mistakes *adapters.ConfigError
			if len(test.want) == 0 {
				if err != nil {
					t.Errorf("got %v", err)
				}
				return
			}
			if !errors.As(err, &mistakes) {
				t.Fatalf("got %v", err)
			}
			for _, want := range test.want {
				if !strings.Contains(mistakes.Error(), want) {
					t.Errorf("%q is missing in\n%v", want, mistakes)
				}
			}
			if len(mistakes.Findings) != len(test.want) {
				t.Errorf("%d findings, want %d:\n%v", len(mistakes.Findings), len(test.want), mistakes)
			}
		})
	}
}
