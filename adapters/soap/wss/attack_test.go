package wss_test

import (
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/postern-gateway/postern/adapters/soap/wss"
	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

// service signs as a service would that the tests trust.
func (b *bench) service(t testing.TB, with func(*configv1.SoapSecurity)) *wss.Security {
	t.Helper()
	config := &configv1.SoapSecurity{
		TimestampSeconds: proto.Uint32(300), Signature: &configv1.SoapSignature{CertificateFile: "server-alone.pem", Key: secret("server.key")},
	}
	with(config)
	return b.open(t, config)
}

func protect(t *testing.T, s *wss.Security, text string, now time.Time) string {
	t.Helper()
	out, err := s.Protect(t.Context(), []byte(text), now)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// between returns what stands in text from one mark to the end of another.
func between(t *testing.T, text, from, to string) string {
	t.Helper()
	i := strings.Index(text, from)
	if i < 0 {
		t.Fatalf("%q is not in %s", from, text)
	}
	j := strings.Index(text[i:], to)
	if j < 0 {
		t.Fatalf("%q is not in %s", to, text)
	}
	return text[i : i+j+len(to)]
}

// TestMixedSignatures takes the body of an old reply and the Timestamp of a new one, each with a signature that holds.
func TestMixedSignatures(t *testing.T) {
	t.Parallel()
	b := setUp(t)
	const plain = `<soap:Envelope xmlns:soap="` + space11 + `"><soap:Header></soap:Header><soap:Body><x xmlns="urn:x"></x></soap:Body></soap:Envelope>`
	onlyBody := b.service(t, func(s *configv1.SoapSecurity) { s.Signature.Parts = []string{"Body"} })
	onlyTime := b.service(t, func(s *configv1.SoapSecurity) { s.Signature.Parts = []string{"Timestamp"} })
	both := b.service(t, func(*configv1.SoapSecurity) {})
	client := b.open(t, demanding(nil))
	good := protect(t, both, plain, time.Now())
	if _, err := client.Open(t.Context(), []byte(good), nil, time.Now()); err != nil {
		t.Fatal(err)
	}
	old := protect(t, onlyBody, plain, time.Now().Add(-time.Hour))
	fresh := protect(t, onlyTime, plain, time.Now())
	mixed := strings.Replace(old, between(t, old, "<wsu:Timestamp", "</wsu:Timestamp>"), between(t, fresh, "<wsu:Timestamp", "</wsu:Timestamp>"), 1)
	mixed = strings.Replace(mixed, "</wsse:Security>", between(t, fresh, "<wsse:BinarySecurityToken", "</wsse:BinarySecurityToken>")+between(t, fresh, "<ds:Signature ", "</ds:Signature>")+"</wsse:Security>", 1)
	refusal(t, client, []byte(mixed), notTrusted, "no signature covers all")
	refusal(t, client, []byte(old), notTrusted, "expired")
}

// TestBounds makes sure that a reply cannot make the gateway work without end.
func TestBounds(t *testing.T) {
	t.Parallel()
	b := setUp(t)
	reply := protect(t, b.service(t, func(s *configv1.SoapSecurity) { s.Encryption = &configv1.SoapEncryption{CertificateFile: "client.pem"} }), message(space11), time.Now())
	signed := protect(t, b.service(t, func(*configv1.SoapSecurity) {}), message(space11), time.Now())
	client := b.open(t, demanding(nil))
	signature := between(t, signed, "<ds:Signature ", "</ds:Signature>")
	refusal(t, client, []byte(strings.Replace(signed, signature, strings.Repeat(signature, 9), 1)), notTrusted, "more than 8 signatures")
	reference := between(t, signature, "<ds:Reference ", "</ds:Reference>")
	refusal(t, client, []byte(strings.Replace(signed, reference, strings.Repeat(reference, 65), 1)), notTrusted, "does not fit")
	list := between(t, reply, "<xenc:DataReference ", "</xenc:DataReference>")
	refusal(t, client, []byte(strings.Replace(reply, list, list+list, 1)), notTrusted, "is to nothing")
	data := between(t, reply, "<xenc:EncryptedData ", "</xenc:EncryptedData>")
	refusal(t, client, []byte(strings.Replace(reply, data, data+data, 1)), notTrusted, "more than once")
}

// TestUnsignedFault makes sure that the log gets to know what a service says that refuses without a signature.
func TestUnsignedFault(t *testing.T) {
	t.Parallel()
	b := setUp(t)
	client := b.open(t, &configv1.SoapSecurity{Replies: &configv1.SoapReplySecurity{TrustedFile: "ca.pem"}})
	for _, fault := range []string{
		`<s:Envelope xmlns:s="` + space11 + `"><s:Body><s:Fault><faultcode>s:Client</faultcode><faultstring>bad nonce</faultstring></s:Fault></s:Body></s:Envelope>`,
		`<s:Envelope xmlns:s="` + space12 + `"><s:Body><s:Fault><s:Reason><s:Text xml:lang="en">bad nonce</s:Text></s:Reason></s:Fault></s:Body></s:Envelope>`,
	} {
		refusal(t, client, []byte(fault), notTrusted, `the reply is not signed; it holds a fault: "bad nonce"`)
	}
}

// TestOldCertificates makes sure that time is looked at, for those that are trusted themselves as well.
func TestOldCertificates(t *testing.T) {
	t.Parallel()
	b := setUp(t)
	late := time.Now().Add(48 * time.Hour)
	reply := protect(t, b.service(t, func(*configv1.SoapSecurity) {}), message(space11), late)
	for _, file := range []string{"ca.pem", "server-alone.pem"} {
		client := b.open(t, &configv1.SoapSecurity{Replies: &configv1.SoapReplySecurity{TrustedFile: file}})
		if _, err := client.Open(t.Context(), []byte(reply), nil, late); err == nil || !strings.Contains(err.Error(), "expired") {
			t.Errorf("%s: got %v", file, err)
		}
		if _, err := client.Open(t.Context(), []byte(reply), nil, time.Now()); err != nil {
			t.Errorf("%s: got %v", file, err)
		}
	}
}

// TestAttachments signs bytes in the envelope, and has them come beside it.
func TestAttachments(t *testing.T) {
	t.Parallel()
	b := setUp(t)
	plain := strings.Replace(message(space11), "<note/>", "<file>AAECAwQ=</file>", 1)
	signed := protect(t, b.service(t, func(*configv1.SoapSecurity) {}), plain, time.Now())
	attached := strings.Replace(signed, "AAECAwQ=", `<i:Include xmlns:i="http://www.w3.org/2004/08/xop/include" href="cid:a%40b"></i:Include>`, 1)
	client := b.open(t, demanding(nil))
	attachment := []byte{0, 1, 2, 3, 4}
	find := func(reference string) ([]byte, bool) { return attachment, reference == "cid:a%40b" }
	opened, err := client.Open(t.Context(), []byte(attached), find, time.Now())
	if err != nil || !strings.Contains(string(opened), "<file>AAECAwQ=</file>") {
		t.Errorf("got %s and %v", opened, err)
	}
	attachment = []byte{0, 1, 2, 3, 5}
	if _, err := client.Open(t.Context(), []byte(attached), find, time.Now()); err == nil || !strings.Contains(err.Error(), "was changed after it was signed") {
		t.Errorf("another attachment gives %v", err)
	}
	refusal(t, client, []byte(attached), notTrusted, "was changed after it was signed")
}

// TestEveryByteCounts changes each byte of a signed reply. What still passes must be read as before.
func TestEveryByteCounts(t *testing.T) {
	t.Parallel()
	b := setUp(t)
	const plain = `<soap:Envelope xmlns:soap="` + space11 + `"><soap:Body><x xmlns="urn:x" a="b"><y>text</y></x></soap:Body></soap:Envelope>`
	reply := protect(t, b.service(t, func(*configv1.SoapSecurity) {}), plain, time.Now())
	client := b.open(t, demanding(nil))
	if _, err := client.Open(t.Context(), []byte(reply), nil, time.Now()); err != nil {
		t.Fatal(err)
	}
	from := strings.Index(reply, "<soap:Body")
	for i := from; i < len(reply); i++ {
		changed := []byte(reply)
		changed[i] ^= 1
		if _, err := client.Open(t.Context(), changed, nil, time.Now()); err == nil {
			t.Errorf("the byte %d can be changed: %s", i, changed[max(0, i-20):min(len(changed), i+20)])
		}
	}
}

func BenchmarkHeader(b *testing.B) {
	bench := setUp(b)
	for name, digest := range map[string]bool{"password": false, "digest": true} {
		s := bench.open(b, &configv1.SoapSecurity{TimestampSeconds: proto.Uint32(60), UsernameToken: &configv1.SoapUsernameToken{Username: "u", Password: secret("password"), Digest: digest}})
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := s.Header(b.Context(), space11, noon); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkSecured(b *testing.B) {
	bench := setUp(b)
	large := strings.Replace(message(space11), "<note/>", strings.Repeat(`<item id="1"><name>some text</name><amount>12.50</amount></item>`, 1500), 1)
	for name, text := range map[string]string{"1 KB": message(space11), "100 KB": large} {
		signer := bench.service(b, func(*configv1.SoapSecurity) {})
		client := bench.open(b, demanding(nil))
		reply, err := signer.Protect(b.Context(), []byte(text), time.Now())
		if err != nil {
			b.Fatal(err)
		}
		b.Run("sign "+name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				if _, err := signer.Protect(b.Context(), []byte(text), noon); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run("verify "+name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(reply)))
			for b.Loop() {
				if _, err := client.Open(b.Context(), reply, nil, time.Now()); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
