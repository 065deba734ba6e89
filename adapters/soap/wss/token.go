package wss

import (
	"context"
	"crypto/rand"
	"crypto/sha1" //nolint:gosec // UsernameToken Profile 1.1 section 3.1 demands SHA-1
	"encoding/base64"
	"strings"
	"time"

	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

// A usernameToken is a wsse:UsernameToken, written as far as it is the same in all requests.
type usernameToken struct {
	// opening is all up to the password or its digest.
	opening string
	// password is as it is typed; escaped is the same for XML.
	password, escaped string
	digest, nonce     bool
}

func (r *settings) usernameToken() *usernameToken {
	config := r.config.GetUsernameToken()
	if config == nil {
		return nil
	}
	t := &usernameToken{password: r.secret(config.GetPassword(), "username_token.password"), digest: config.GetDigest(), nonce: config.GetDigest() || config.GetNonce()}
	kind := "PasswordText"
	if t.digest {
		kind = "PasswordDigest"
	}
	if !isText(config.GetUsername()) {
		r.wrong("username_token.username", "the name has characters that XML does not allow")
	}
	if !t.digest && !isText(t.password) {
		r.wrong("username_token.password", "the password has characters that XML does not allow; digest: true would send it as a digest")
	}
	t.opening = `token"><wsse:Username>` + escape(config.GetUsername()) + `</wsse:Username><wsse:Password Type="` + passwordProfile + kind + `">`
	t.escaped = escape(t.password)
	return t
}

// isText reports whether XML can hold the text (XML 1.0 section 2.2).
func isText(text string) bool {
	for _, r := range text {
		if r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == 0xFFFD || r == 0xFFFE || r == 0xFFFF {
			return false
		}
	}
	return true
}

func escape(text string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "\r", "&#xD;", "\t", "&#x9;", "\n", "&#xA;").Replace(text)
}

// opening is the start tag of the header. The prefix soap stands for the envelope's namespace.
func opening(envelope string, config *configv1.SoapSecurity) string {
	out := `<wsse:Security xmlns:wsse="` + securitySpace + `" xmlns:wsu="` + utilitySpace + `"`
	role := ` soap:actor="`
	if envelope == envelope12Space {
		role = ` soap:role="`
	}
	if config.GetRole() != "" {
		out += role + escape(config.GetRole()) + `"`
	}
	if !config.GetOptionalHeader() {
		out += ` soap:mustUnderstand="1"`
	}
	return out + ">"
}

// timeFormat is that of xsd:dateTime in UTC, to which WS-Security 1.1 section 10 confines all times.
const timeFormat = "2006-01-02T15:04:05.000Z"

// Header returns the wsse:Security header of one request (WS-Security 1.1 section 5) with the tokens that need no signature, or "" if there are none. The
// prefix soap stands for the envelope's namespace, which is namespace, where it will stand; the default namespace there is none. now is the time that the
// request says of itself. An error is an [adapters.Error]: the caller sent no assertion that could be passed on.
func (s *Security) Header(ctx context.Context, namespace string, now time.Time) (string, error) {
	if s.token == nil && s.validFor == 0 && s.saml == nil {
		return "", nil
	}
	var b strings.Builder
	b.Grow(1536)
	if namespace == envelope12Space {
		b.WriteString(s.opening12)
	} else {
		b.WriteString(s.opening11)
	}
	if err := s.tokens(ctx, &b, "", now); err != nil {
		return "", err
	}
	b.WriteString(`</wsse:Security>`)
	return b.String(), nil
}

// tokens writes what stands in the header of every request. Identifiers begin with prefix.
func (s *Security) tokens(ctx context.Context, b *strings.Builder, prefix string, now time.Time) error {
	var buffer [len(timeFormat)]byte
	created := now.UTC().AppendFormat(buffer[:0], timeFormat)
	if s.validFor > 0 {
		b.WriteString(`<wsu:Timestamp wsu:Id="`)
		b.WriteString(prefix)
		b.WriteString(`timestamp"><wsu:Created>`)
		b.Write(created)
		b.WriteString(`</wsu:Created><wsu:Expires>`)
		var buffer [len(timeFormat)]byte
		b.Write(now.Add(s.validFor).UTC().AppendFormat(buffer[:0], timeFormat))
		b.WriteString(`</wsu:Expires></wsu:Timestamp>`)
	}
	if s.token != nil {
		s.token.write(b, prefix, created)
	}
	if s.saml != nil {
		text, err := s.saml.text(ctx)
		if err != nil {
			return err
		}
		b.WriteString(text)
	}
	return nil
}

// write writes the token (UsernameToken Profile 1.1 section 3.1).
func (t *usernameToken) write(b *strings.Builder, prefix string, created []byte) {
	b.WriteString(`<wsse:UsernameToken wsu:Id="`)
	b.WriteString(prefix)
	b.WriteString(t.opening)
	var nonce [16]byte
	if t.nonce {
		_, _ = rand.Read(nonce[:]) // never fails, says crypto/rand
	}
	var buffer [32]byte
	if t.digest {
		b.Write(base64.StdEncoding.AppendEncode(buffer[:0], passwordDigest(nonce[:], created, t.password)))
	} else {
		b.WriteString(t.escaped)
	}
	b.WriteString(`</wsse:Password>`)
	if t.nonce {
		b.WriteString(`<wsse:Nonce EncodingType="` + base64Encoding + `">`)
		b.Write(base64.StdEncoding.AppendEncode(buffer[:0], nonce[:]))
		b.WriteString(`</wsse:Nonce><wsu:Created>`)
		b.Write(created)
		b.WriteString(`</wsu:Created>`)
	}
	b.WriteString(`</wsse:UsernameToken>`)
}

// passwordDigest is SHA-1(nonce + created + password).
func passwordDigest(nonce, created []byte, password string) []byte {
	var buffer [128]byte
	sum := sha1.Sum(append(append(append(buffer[:0], nonce...), created...), password...)) //nolint:gosec // see the import
	return sum[:]
}
