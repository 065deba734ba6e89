package wss_test

import (
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

const (
	encryption10 = "http://www.w3.org/2001/04/xmlenc#"
	encryption11 = "http://www.w3.org/2009/xmlenc11#"
	signature10  = "http://www.w3.org/2000/09/xmldsig#"
	signatures   = "http://www.w3.org/2001/04/xmldsig-more#"
)

// demanding trusts the authority of all certificates, and demands everything.
func demanding(with func(*configv1.SoapReplySecurity)) *configv1.SoapSecurity {
	replies := &configv1.SoapReplySecurity{TrustedFile: "ca.pem", DecryptionKey: secret("client.key"), RequireTimestamp: true}
	if with != nil {
		with(replies)
	}
	return &configv1.SoapSecurity{Replies: replies}
}

func TestOpensWhatWSS4JSecures(t *testing.T) {
	t.Parallel()
	b := setUp(t)
	for name, test := range map[string]struct {
		options string
		demands func(*configv1.SoapReplySecurity)
	}{
		"signed":            {"sign=Body,Timestamp", nil},
		"issuer":            {"sign=Body,Timestamp;reference=issuer_serial", func(r *configv1.SoapReplySecurity) { r.TrustedFile = "server-alone.pem" }},
		"identifier":        {"sign=Body,Timestamp;reference=subject_key_identifier", func(r *configv1.SoapReplySecurity) { r.TrustedFile = "server.pem" }},
		"thumbprint":        {"sign=Body,Timestamp;reference=thumbprint", func(r *configv1.SoapReplySecurity) { r.TrustedFile = "server-alone.pem" }},
		"embedded":          {"sign=Body,Timestamp;reference=embedded", nil},
		"chain":             {"sign=Body,Timestamp;token=chain", nil},
		"header":            {"sign=Body,Timestamp,Session", func(r *configv1.SoapReplySecurity) { r.SignedParts = []string{"Body", "{urn:example}Session"} }},
		"inclusive":         {"sign=Body,Timestamp;canonical=http://www.w3.org/TR/2001/REC-xml-c14n-20010315", nil},
		"token transform":   {"sign=Body,Timestamp,STRTransform", nil},
		"rsa-sha1":          {"sign=Body,Timestamp;algorithm=" + signature10 + "rsa-sha1;digest=" + signature10 + "sha1", func(r *configv1.SoapReplySecurity) { r.AcceptSha1 = true }},
		"rsa-sha512":        {"sign=Body,Timestamp;algorithm=" + signatures + "rsa-sha512;digest=" + encryption10 + "sha512", nil},
		"ecdsa-sha256":      {"sign=Body,Timestamp;key=serverec;algorithm=" + signatures + "ecdsa-sha256", nil},
		"encrypted":         {"sign=Body,Timestamp;encrypt=Body", func(r *configv1.SoapReplySecurity) { r.RequireEncryption = true }},
		"encrypted first":   {"sign=Body,Timestamp;encrypt=Body;first=encrypt", func(r *configv1.SoapReplySecurity) { r.RequireEncryption = true }},
		"signature too":     {"sign=Body,Timestamp;encrypt=Body,Signature", nil},
		"encrypted header":  {"sign=Body,Timestamp,Session;encrypt=Body,Session", func(r *configv1.SoapReplySecurity) { r.SignedParts = []string{"Body", "{urn:example}Session"} }},
		"aes128-cbc":        {"sign=Body,Timestamp;encrypt=Body;cipher=" + encryption10 + "aes128-cbc;transport=" + encryption10 + "rsa-1_5", nil},
		"aes192-cbc":        {"sign=Body,Timestamp;encrypt=Body;cipher=" + encryption10 + "aes192-cbc", nil},
		"tripledes-cbc":     {"sign=Body,Timestamp;encrypt=Body;cipher=" + encryption10 + "tripledes-cbc", nil},
		"aes128-gcm":        {"sign=Body,Timestamp;encrypt=Body;cipher=" + encryption11 + "aes128-gcm", nil},
		"aes256-gcm":        {"sign=Body,Timestamp;encrypt=Body;cipher=" + encryption11 + "aes256-gcm;recipient=thumbprint", nil},
		"only encrypted":    {"encrypt=Body", func(r *configv1.SoapReplySecurity) { r.TrustedFile, r.RequireEncryption = "", true }},
		"nothing demanded":  {"sign=Body", func(r *configv1.SoapReplySecurity) { r.TrustedFile, r.RequireTimestamp = "", false }},
		"recipient's token": {"sign=Body,Timestamp;encrypt=Body;recipient=token", nil},
	} {
		for version, space := range map[string]string{"1.1": space11, "1.2": space12} {
			t.Run(name+" "+version, func(t *testing.T) {
				t.Parallel()
				s := b.open(t, demanding(test.demands))
				if !s.Opens() {
					t.Fatal("replies are not looked at")
				}
				reply := b.secure(t, test.options, message(space))
				opened, err := s.Open(t.Context(), reply, nil, time.Now())
				if err != nil {
					t.Fatalf("%v\n%s", err, reply)
				}
				for _, want := range []string{`Zoë &amp; `, `xsi:type="ns1:Name"`, `>abc</`, `xmlns:p="urn:other"`} {
					if !strings.Contains(string(opened), want) {
						t.Errorf("%s is missing in %s", want, opened)
					}
				}
				if strings.Contains(string(opened), "EncryptedData") {
					t.Errorf("something is still encrypted: %s", opened)
				}
			})
		}
	}
}

// refusal makes sure that a reply is refused for a reason that stands in the cause, and that no caller gets to know it.
func refusal(t *testing.T, s *wss.Security, reply []byte, reason, cause string) {
	t.Helper()
	_, err := s.Open(t.Context(), reply, nil, time.Now())
	var refused *adapters.Error
	if !errors.As(err, &refused) {
		t.Fatalf("got %v, want a refusal because %s", err, cause)
	}
	if refused.Code != codes.DataLoss || refused.Reason != reason || refused.Cause == nil || !strings.Contains(refused.Cause.Error(), cause) {
		t.Errorf("got %v, want %s because %s", err, reason, cause)
	}
	if refused.Message != "" && refused.Message != "The system behind this gave an answer that cannot be trusted." {
		t.Errorf("the caller reads %q", refused.Message)
	}
}

const (
	notTrusted    = "BACKEND_REPLY_NOT_TRUSTED"
	notUnreadable = "BACKEND_REPLY_UNREADABLE"
)

func TestRefusesAttacks(t *testing.T) {
	t.Parallel()
	b := setUp(t)
	signed := string(b.secure(t, "sign=Body,Timestamp", message(space11)))
	encrypted := string(b.secure(t, "sign=Body,Timestamp;encrypt=Body", message(space11)))
	body := signed[strings.Index(signed, "<soap:Body"):strings.Index(signed, "</soap:Envelope>")]
	evil := `<soap:Body><ns1:get>evil</ns1:get></soap:Body>`
	id := body[strings.Index(body, `wsu:Id="`)+len(`wsu:Id="`):]
	id = id[:strings.IndexByte(id, '"')]
	withNamespaces := strings.Replace(body, "<soap:Body", `<soap:Body xmlns:evil="urn:evil"`, 1)
	stamp := signed[strings.Index(signed, "<wsu:Timestamp"):]
	stamp = stamp[:strings.Index(stamp, "</wsu:Timestamp>")+len("</wsu:Timestamp>")]
	signature := signed[strings.Index(signed, "<ds:Signature "):]
	signature = signature[:strings.Index(signature, "</ds:Signature>")+len("</ds:Signature>")]
	security := signed[strings.Index(signed, "<wsse:Security "):]
	security = security[:strings.Index(security, "</wsse:Security>")+len("</wsse:Security>")]
	replace := func(from, old, by string) []byte {
		t.Helper()
		if !strings.Contains(from, old) {
			t.Fatalf("%.80q is not in the message", old)
		}
		return []byte(strings.Replace(from, old, by, 1))
	}
	for name, test := range map[string]struct {
		reply         []byte
		demands       func(*configv1.SoapReplySecurity)
		reason, cause string
	}{
		"content was changed":          {replace(signed, "Zoë", "Zoe"), nil, notTrusted, "was changed after it was signed"},
		"attribute was changed":        {replace(signed, `a="1"`, `a="3"`), nil, notTrusted, "was changed after it was signed"},
		"body moved into the header":   {replace(replaceAll(signed, body, evil), "<wsse:Security ", `<w:Wrapper xmlns:w="urn:w">`+withNamespaces+`</w:Wrapper><wsse:Security `), nil, notTrusted, "Body is not signed"},
		"body moved as it was":         {replace(replaceAll(signed, body, evil), "<wsse:Security ", `<w:w xmlns:w="urn:w">`+body+`</w:w><wsse:Security `), nil, notTrusted, "Body is not signed"},
		"body moved and its name kept": {replace(replaceAll(signed, body, `<soap:Body wsu:Id="`+id+`" xmlns:wsu="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd">evil</soap:Body>`), "<wsse:Security ", `<w:w xmlns:w="urn:w">`+body+`</w:w><wsse:Security `), nil, notTrusted, "is there more than once"},
		"two bodies":                   {replace(signed, body, evil+body), nil, notUnreadable, "that has no place there"},
		"two bodies, the other first":  {replace(signed, body, body+evil), nil, notUnreadable, "that has no place there"},
		"body of another namespace":    {replace(signed, body, body+`<Body xmlns="urn:evil">evil</Body>`), nil, notUnreadable, "that has no place there"},
		"two headers":                  {replace(signed, "<soap:Header>", "<soap:Header></soap:Header><soap:Header>"), nil, notUnreadable, "that has no place there"},
		"no signature":                 {replace(signed, signature, ""), nil, notTrusted, "is not signed"},
		"no security header":           {replace(signed, security, ""), nil, notTrusted, "no Timestamp"},
		"two security headers":         {replace(signed, security, security+security), nil, notTrusted, "two wsse:Security headers"},
		"security for somebody else":   {replace(signed, "<wsse:Security ", `<wsse:Security soap:actor="urn:other" `), nil, notTrusted, "no Timestamp"},
		"timestamp was changed":        {replace(signed, stamp, strings.Replace(stamp, "Z</wsu:Expires>", "0Z</wsu:Expires>", 1)), nil, notTrusted, "was changed after it was signed"},
		"two timestamps":               {replace(signed, stamp, stamp+strings.Replace(stamp, `wsu:Id="`, `wsu:Id="x`, 1)), nil, notTrusted, "more than one"},
		"signature's value":            {replace(signed, "<ds:SignatureValue>", "<ds:SignatureValue>AAAA"), nil, notTrusted, "the signature does not fit"},
		"signature of nothing":         {replace(signed, `URI="#`+id+`"`, `URI=""`), nil, notTrusted, "the signature does not fit"},
		"a transform":                  {replace(signed, `<ds:Transform Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"`, `<ds:Transform Algorithm="http://www.w3.org/TR/1999/REC-xslt-19991116"`), nil, notTrusted, "the signature does not fit"},
		"stranger":                     {[]byte(signed), func(r *configv1.SoapReplySecurity) { r.TrustedFile = "stranger.pem" }, notTrusted, "is not trusted"},
		"somebody else's certificate":  {[]byte(signed), func(r *configv1.SoapReplySecurity) { r.TrustedFile = "client-alone.pem" }, notTrusted, "is not trusted"},
		"a part that is not signed":    {[]byte(signed), func(r *configv1.SoapReplySecurity) { r.SignedParts = []string{"{urn:example}Session"} }, notTrusted, "{urn:example}Session is not signed"},
		"a part that is not there":     {[]byte(signed), func(r *configv1.SoapReplySecurity) { r.SignedParts = []string{"{urn:example}None"} }, notTrusted, "{urn:example}None must be signed"},
		"not encrypted":                {[]byte(signed), func(r *configv1.SoapReplySecurity) { r.RequireEncryption = true }, notTrusted, "not encrypted"},
		"no SOAP":                      {[]byte("<html/>"), nil, notUnreadable, "no SOAP envelope"},
		"no XML":                       {[]byte("hello"), nil, notUnreadable, "reading the envelope"},
		"a DTD":                        {append([]byte("<!DOCTYPE x>"), message(space11)[strings.Index(message(space11), "<soap:"):]...), nil, notUnreadable, "DOCTYPE"},
		"SHA-1":                        {b.secure(t, "sign=Body,Timestamp;algorithm="+signature10+"rsa-sha1", message(space11)), nil, notTrusted, "made with SHA-1"},
		"SHA-1 digests":                {b.secure(t, "sign=Body,Timestamp;digest="+signature10+"sha1", message(space11)), nil, notTrusted, "made with SHA-1"},
		"an old timestamp":             {replace(message(space11), "<soap:Header>", "<soap:Header>"+timestamp("2020-01-01T00:00:00Z", "2020-01-01T00:05:00Z")), unsigned, notUnreadable, ""},
		"ciphertext is cut":            {cut(t, encrypted, 2, 40), nil, notTrusted, "cannot be decrypted"},
		"key is cut":                   {cut(t, encrypted, 1, 40), nil, notTrusted, "cannot be decrypted"},
		"encrypted for another":        {[]byte(encrypted), func(r *configv1.SoapReplySecurity) { r.DecryptionKey = secret("stranger.key") }, notTrusted, "cannot be decrypted"},
	} {
		if name == "an old timestamp" {
			test.reason, test.cause = notTrusted, "expired"
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			refusal(t, b.open(t, demanding(test.demands)), test.reply, test.reason, test.cause)
		})
	}
}

func unsigned(r *configv1.SoapReplySecurity) { r.TrustedFile = "" }

func replaceAll(from, old, by string) string { return strings.ReplaceAll(from, old, by) }

func timestamp(created, expires string) string {
	return `<w:Security xmlns:w="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd" xmlns:u="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd">` +
		`<u:Timestamp><u:Created>` + created + `</u:Created><u:Expires>` + expires + `</u:Expires></u:Timestamp></w:Security>`
}

// cut takes characters out of the nth xenc:CipherValue: the first is the key's.
func cut(t *testing.T, message string, nth, characters int) []byte {
	t.Helper()
	parts := strings.SplitAfter(message, "<xenc:CipherValue>")
	if len(parts) <= nth {
		t.Fatalf("the message has only %d encrypted parts", len(parts)-1)
	}
	parts[nth] = parts[nth][characters:]
	return []byte(strings.Join(parts, ""))
}

// TestTimestamps goes along the clock.
func TestTimestamps(t *testing.T) {
	t.Parallel()
	b := setUp(t)
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for name, test := range map[string]struct {
		created, expires string
		skew             *uint32
		cause            string
	}{
		"good":                   {"2026-03-01T11:59:59.123Z", "2026-03-01T12:04:59Z", nil, ""},
		"expired within skew":    {"2026-03-01T11:50:00Z", "2026-03-01T11:55:01Z", nil, ""},
		"expired":                {"2026-03-01T11:50:00Z", "2026-03-01T11:54:59Z", nil, "expired at"},
		"expired without skew":   {"2026-03-01T11:50:00Z", "2026-03-01T11:59:59Z", proto.Uint32(0), "expired at"},
		"from the future":        {"2026-03-01T12:05:01Z", "2026-03-01T12:10:01Z", nil, "in the future"},
		"another zone":           {"2026-03-01T14:00:00+02:00", "2026-03-01T14:05:00+02:00", nil, ""},
		"no zone":                {"2026-03-01T12:00:00", "2026-03-01T12:05:00", nil, ""},
		"no time":                {"yesterday", "2026-03-01T12:05:00Z", nil, "which is no time"},
		"expires at no time":     {"2026-03-01T12:00:00Z", "", nil, "which is no time"},
		"good for a long time":   {"2020-03-01T12:00:00Z", "2030-03-01T12:00:00Z", nil, ""},
		"expired by nanoseconds": {"2026-03-01T11:50:00Z", "2026-03-01T11:54:59.999999999Z", nil, "expired at"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := b.open(t, &configv1.SoapSecurity{Replies: &configv1.SoapReplySecurity{RequireTimestamp: true, ClockSkewSeconds: test.skew}})
			reply := strings.Replace(message(space11), "<soap:Header>", "<soap:Header>"+timestamp(test.created, test.expires), 1)
			opened, err := s.Open(t.Context(), []byte(reply), nil, now)
			switch {
			case test.cause == "" && (err != nil || string(opened) != reply):
				t.Errorf("got %v", err)
			case test.cause != "" && (err == nil || !strings.Contains(err.Error(), test.cause)):
				t.Errorf("got %v, want a refusal because it %s", err, test.cause)
			}
		})
	}
}
