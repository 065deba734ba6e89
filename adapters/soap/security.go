package soap

import (
	"crypto/rand"
	"crypto/sha1" //nolint:gosec // WS-Security UsernameToken Profile 1.1 section 3.1 demands SHA-1
	"encoding/base64"
	"strings"
	"time"
)

const (
	securityNamespace = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
	utilityNamespace  = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
	passwordProfile   = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0#"
	base64Encoding    = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-soap-message-security-1.0#Base64Binary"
)

// credentials are what requests carry to show who sends them.
type credentials struct {
	// basicUser and basicPassword are for HTTP basic authentication, if basic is true.
	basic                    bool
	basicUser, basicPassword string
	// user and password are for a UsernameToken, if token is true.
	token, digest  bool
	user, password string
	// validFor puts a Timestamp into the header, if it is not 0.
	validFor time.Duration
}

var escaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "\r", "&#xD;")

// header returns the wsse:Security header of one request (WS-Security 1.1 section 5), or "".
func (c *credentials) header(now time.Time) string {
	if !c.token && c.validFor == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteString(`<wsse:Security soap:mustUnderstand="1" xmlns:wsse="` + securityNamespace + `" xmlns:wsu="` + utilityNamespace + `">`)
	created := now.UTC().Format("2006-01-02T15:04:05.000Z")
	if c.validFor > 0 {
		expires := now.Add(c.validFor).UTC().Format("2006-01-02T15:04:05.000Z")
		b.WriteString(`<wsu:Timestamp wsu:Id="timestamp"><wsu:Created>` + created + `</wsu:Created><wsu:Expires>` + expires + `</wsu:Expires></wsu:Timestamp>`)
	}
	if c.token {
		c.usernameToken(&b, created)
	}
	b.WriteString(`</wsse:Security>`)
	return b.String()
}

// usernameToken writes a token (UsernameToken Profile 1.1 section 3.1).
func (c *credentials) usernameToken(b *strings.Builder, created string) {
	b.WriteString(`<wsse:UsernameToken wsu:Id="token"><wsse:Username>` + escaper.Replace(c.user) + `</wsse:Username>`)
	if !c.digest {
		b.WriteString(`<wsse:Password Type="` + passwordProfile + `PasswordText">` + escaper.Replace(c.password) + `</wsse:Password></wsse:UsernameToken>`)
		return
	}
	nonce := make([]byte, 16)
	_, _ = rand.Read(nonce) // never fails, says crypto/rand
	b.WriteString(`<wsse:Password Type="` + passwordProfile + `PasswordDigest">` + passwordDigest(nonce, created, c.password) + `</wsse:Password>`)
	b.WriteString(`<wsse:Nonce EncodingType="` + base64Encoding + `">` + base64.StdEncoding.EncodeToString(nonce) + `</wsse:Nonce>`)
	b.WriteString(`<wsu:Created>` + created + `</wsu:Created></wsse:UsernameToken>`)
}

// passwordDigest is Base64(SHA-1(nonce + created + password)).
func passwordDigest(nonce []byte, created, password string) string {
	sum := sha1.Sum(append(append(append([]byte(nil), nonce...), created...), password...)) //nolint:gosec // see the import
	return base64.StdEncoding.EncodeToString(sum[:])
}

// quotedAction writes a SOAPAction as its header (SOAP 1.1 section 6.1.1) and the content type of SOAP 1.2 (part 2 section 7.1.4) want it. What
// a header cannot carry is left out.
func quotedAction(action string) string {
	plain := strings.Map(func(r rune) rune {
		if r < ' ' || r == '"' || r == '\\' || r == 0x7F {
			return -1
		}
		return r
	}, action)
	return `"` + plain + `"`
}
