package wss

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Protect puts the wsse:Security header into an envelope of either version, and signs and encrypts what the settings say: first the one, then the other. The
// envelope comes without such a header. Header blocks that the settings name and the envelope lacks are passed over. now is the time that the request says of
// itself.
func (s *Security) Protect(ctx context.Context, message []byte, now time.Time) ([]byte, error) {
	e, err := readEnvelope(message)
	if err != nil {
		return nil, err
	}
	var random [16]byte
	_, _ = rand.Read(random[:]) // never fails, says crypto/rand
	w := &writing{envelope: e, prefix: "id-" + hex.EncodeToString(random[:]) + "-"}
	if err := s.addHeader(ctx, w, now); err != nil {
		return nil, err
	}
	if s.signing != nil {
		if err := w.sign(s.signing); err != nil {
			return nil, fmt.Errorf("signing the request: %w", err)
		}
	}
	if s.encrypting != nil {
		if err := w.encrypt(s.encrypting); err != nil {
			return nil, fmt.Errorf("encrypting the request: %w", err)
		}
	}
	return e.bytes(), nil
}

// writing is one request on its way through Protect.
type writing struct {
	*envelope
	security *element
	// prefix begins all identifiers. It is random, so that nothing in the message can have the same.
	prefix string
	issued int
	buffer canonicalizer
}

func (w *writing) identifier() string {
	w.issued++
	return fmt.Sprintf("%s%d", w.prefix, w.issued)
}

// addHeader adds wsse:Security with all tokens.
func (s *Security) addHeader(ctx context.Context, w *writing, now time.Time) error {
	var b strings.Builder
	text := s.opening11
	if w.root.space == envelope12Space {
		text = s.opening12
	}
	// An assertion without prefix must not get into somebody's default namespace.
	text = strings.Replace(text, " ", ` xmlns="" xmlns:soap="`+w.root.space+`" `, 1)
	b.WriteString(text)
	if err := s.tokens(ctx, &b, w.prefix, now); err != nil {
		return err
	}
	if s.signing != nil && s.signing.reference == byToken {
		token, err := binaryToken(s.signing.chain, w.prefix+"certificate")
		if err != nil {
			return err
		}
		b.WriteString(token)
	}
	b.WriteString(`</wsse:Security>`)
	nodes, err := w.demandHeader().add([]byte(b.String()))
	if err != nil {
		return err
	}
	w.security = nodes[0].element
	return nil
}

// binaryToken writes a wsse:BinarySecurityToken (X.509 Certificate Token Profile 1.1 section 3.1).
func binaryToken(chain []*x509.Certificate, id string) (string, error) {
	der, valueType := chain[0].Raw, certificateType
	if len(chain) > 1 {
		var err error
		if der, err = certificatePathBytes(chain); err != nil {
			return "", err
		}
		valueType = certificatePath
	}
	return `<wsse:BinarySecurityToken xmlns:wsse="` + securitySpace + `" xmlns:wsu="` + utilitySpace + `" EncodingType="` + base64Encoding + `" ValueType="` + valueType +
		`" wsu:Id="` + id + `">` + encode(der) + `</wsse:BinarySecurityToken>`, nil
}

// tokenReference writes a wsse:SecurityTokenReference (X.509 Certificate Token Profile 1.1 section 3.2). id is that of the BinarySecurityToken.
func tokenReference(reference string, chain []*x509.Certificate, id string) string {
	certificate := chain[0]
	identifier := func(valueType string, value []byte) string {
		return `<wsse:KeyIdentifier EncodingType="` + base64Encoding + `" ValueType="` + valueType + `">` + encode(value) + `</wsse:KeyIdentifier>`
	}
	var inner string
	switch reference {
	case byToken:
		valueType := certificateType
		if len(chain) > 1 {
			valueType = certificatePath
		}
		inner = `<wsse:Reference URI="#` + id + `" ValueType="` + valueType + `"></wsse:Reference>`
	case byIdentifier:
		inner = identifier(keyIdentifierType, certificate.SubjectKeyId)
	case byThumbprint:
		inner = identifier(thumbprintType, thumbprint(certificate))
	default:
		inner = `<ds:X509Data><ds:X509IssuerSerial><ds:X509IssuerName>` + escape(issuerName(certificate)) + `</ds:X509IssuerName><ds:X509SerialNumber>` +
			certificate.SerialNumber.String() + `</ds:X509SerialNumber></ds:X509IssuerSerial></ds:X509Data>`
	}
	return `<wsse:SecurityTokenReference xmlns:wsse="` + securitySpace + `">` + inner + `</wsse:SecurityTokenReference>`
}

// targets returns the elements that a part of the message is.
func (w *writing) targets(p part) []*element {
	switch p.kind {
	case bodyPart:
		return []*element{w.body}
	case timestampPart:
		return w.security.all(utilitySpace, "Timestamp")
	case usernamePart:
		return w.security.all(securitySpace, "UsernameToken")
	case binaryPart:
		return w.security.all(securitySpace, "BinarySecurityToken")
	case signaturePart:
		return w.security.all(signatureSpace, "Signature")
	case addressingPart:
		return slices.DeleteFunc(w.header.elements(), func(e *element) bool { return e.space != addressing10 && e.space != addressing2004 })
	default:
		return w.header.all(p.space, p.local)
	}
}

// sign adds a ds:Signature (XML Signature 1.1; WS-Security 1.1 section 8).
func (w *writing) sign(s *signing) error {
	var info strings.Builder
	info.WriteString(`<ds:CanonicalizationMethod Algorithm="` + exclusiveMethod + `"></ds:CanonicalizationMethod><ds:SignatureMethod Algorithm="` + s.method.uri +
		`"></ds:SignatureMethod>`)
	references := 0
	for _, p := range s.parts {
		for _, target := range w.targets(p) {
			w.reference(&info, target, s.digest)
			references++
		}
	}
	if references == 0 {
		return errors.New("the request has none of the parts that are to be signed")
	}
	// This is its canonical form already: no empty tags, attributes in order, and the only namespace at the top.
	signed := `<ds:SignedInfo xmlns:ds="` + signatureSpace + `">` + info.String() + `</ds:SignedInfo>`
	value, err := s.value([]byte(signed))
	if err != nil {
		return err
	}
	_, err = w.security.add([]byte(`<ds:Signature xmlns:ds="` + signatureSpace + `">` + signed + `<ds:SignatureValue>` + encode(value) + `</ds:SignatureValue><ds:KeyInfo>` +
		tokenReference(s.reference, s.chain, w.prefix+"certificate") + `</ds:KeyInfo></ds:Signature>`))
	return err
}

// reference writes a ds:Reference to an element as it is now.
func (w *writing) reference(b *strings.Builder, target *element, digest digestMethod) {
	id := target.identifier(w.identifier())
	w.buffer.prefixes = hiddenPrefixes(target)
	inclusive := ""
	if len(w.buffer.prefixes) > 0 {
		inclusive = `<ec:InclusiveNamespaces xmlns:ec="` + exclusiveMethod + `" PrefixList="` + strings.Join(w.buffer.prefixes, " ") + `"></ec:InclusiveNamespaces>`
	}
	hash := digest.hash.New()
	hash.Write(w.buffer.canonical(target))
	b.WriteString(`<ds:Reference URI="#` + escape(id) + `"><ds:Transforms><ds:Transform Algorithm="` + exclusiveMethod + `">` + inclusive +
		`</ds:Transform></ds:Transforms><ds:DigestMethod Algorithm="` + digest.uri + `"></ds:DigestMethod><ds:DigestValue>` + encode(hash.Sum(nil)) +
		`</ds:DigestValue></ds:Reference>`)
}

// hiddenPrefixes are those that only values of xsi:type use: exclusive canonicalization would not protect what they stand for (its section 1.3, and Basic
// Security Profile 1.1 section 8.5).
func hiddenPrefixes(target *element) []string {
	var out []string
	target.walk(func(e *element) {
		prefix, _, found := strings.Cut(e.attribute(instanceSpace, "type"), ":")
		prefix = strings.TrimSpace(prefix)
		if !found || slices.Contains(out, prefix) {
			return
		}
		if _, bound := target.parent.lookup([]byte(prefix)); bound {
			out = append(out, prefix)
		}
	})
	return out
}

// value makes the ds:SignatureValue of what is signed. That of ECDSA is two numbers of the curve's size (XML Signature 1.1 section 6.4.3).
func (s *signing) value(signed []byte) ([]byte, error) {
	hash := s.method.hash.New()
	hash.Write(signed)
	digest := hash.Sum(nil)
	key, elliptic := s.key.(*ecdsa.PrivateKey)
	if !elliptic {
		return s.key.Sign(rand.Reader, digest, crypto.SignerOpts(s.method.hash))
	}
	r, t, err := ecdsa.Sign(rand.Reader, key, digest)
	if err != nil {
		return nil, err
	}
	size := (key.Curve.Params().BitSize + 7) / 8
	out := make([]byte, 2*size)
	r.FillBytes(out[:size])
	t.FillBytes(out[size:])
	return out, nil
}

// encrypt puts xenc:EncryptedData in the place of parts, and an xenc:EncryptedKey first into the header (WS-Security 1.1 section 9).
func (w *writing) encrypt(s *encrypting) error {
	key := make([]byte, s.method.keyBytes)
	_, _ = rand.Read(key) // never fails, says crypto/rand
	wrapped, err := wrap(s.transport, s.key, key)
	if err != nil {
		return err
	}
	keyID := w.identifier()
	var list strings.Builder
	for _, p := range s.parts {
		for _, target := range w.targets(p) {
			id, err := w.encryptPart(s, p.kind, target, key, keyID)
			if err != nil {
				return err
			}
			list.WriteString(`<xenc:DataReference URI="#` + id + `"></xenc:DataReference>`)
		}
	}
	if list.Len() == 0 {
		return errors.New("the request has none of the parts that are to be encrypted")
	}
	token := ""
	if s.reference == byToken {
		if token, err = binaryToken([]*x509.Certificate{s.to}, w.prefix+"recipient"); err != nil {
			return err
		}
	}
	method := `<xenc:EncryptionMethod Algorithm="` + s.transport + `"></xenc:EncryptionMethod>`
	if s.transport == keyTransportOAEP {
		method = `<xenc:EncryptionMethod Algorithm="` + s.transport + `"><ds:DigestMethod Algorithm="` + signatureSpace + `sha1"></ds:DigestMethod></xenc:EncryptionMethod>`
	}
	nodes, err := w.security.fragment([]byte(token + `<xenc:EncryptedKey xmlns:xenc="` + encryptionSpace + `" xmlns:ds="` + signatureSpace + `" Id="` + keyID + `">` + method +
		`<ds:KeyInfo>` + tokenReference(s.reference, []*x509.Certificate{s.to}, w.prefix+"recipient") + `</ds:KeyInfo><xenc:CipherData><xenc:CipherValue>` + encode(wrapped) +
		`</xenc:CipherValue></xenc:CipherData><xenc:ReferenceList>` + list.String() + `</xenc:ReferenceList></xenc:EncryptedKey>`))
	if err != nil {
		return err
	}
	w.security.children = append(nodes, w.security.children...)
	return nil
}

// encryptPart encrypts the content of the body, or another element as a whole. A header block goes into a wsse11:EncryptedHeader, which says of it what those
// must know who cannot read it (WS-Security 1.1 section 9.3).
func (w *writing) encryptPart(s *encrypting, kind partKind, target *element, key []byte, keyID string) (string, error) {
	w.buffer = canonicalizer{inclusive: true, detached: true, out: w.buffer.out}
	plain, dataType := w.buffer.content(target), contentType
	if kind != bodyPart {
		plain, dataType = w.buffer.whole(target), elementType
	}
	sealed, err := s.method.encrypt(key, plain)
	if err != nil {
		return "", err
	}
	id := w.identifier()
	var b bytes.Buffer
	if kind == blockPart {
		b.WriteString(`<wsse11:EncryptedHeader xmlns:wsse11="` + security11Space + `" xmlns:soap="` + w.root.space + `"`)
		for _, a := range target.attributes {
			if a.space == w.root.space && slices.Contains([]string{"mustUnderstand", "actor", "role", "relay"}, string(a.local)) {
				fmt.Fprintf(&b, ` soap:%s="%s"`, a.local, escape(string(a.value)))
			}
		}
		b.WriteString(`>`)
	}
	b.WriteString(`<xenc:EncryptedData xmlns:xenc="` + encryptionSpace + `" Id="` + id + `" Type="` + dataType + `"><xenc:EncryptionMethod Algorithm="` + s.method.uri +
		`"></xenc:EncryptionMethod><ds:KeyInfo xmlns:ds="` + signatureSpace + `"><wsse:SecurityTokenReference xmlns:wsse="` + securitySpace + `" xmlns:wsse11="` + security11Space +
		`" wsse11:TokenType="` + encryptedKeyType + `"><wsse:Reference URI="#` + keyID + `" ValueType="` + encryptedKeyType +
		`"></wsse:Reference></wsse:SecurityTokenReference></ds:KeyInfo><xenc:CipherData><xenc:CipherValue>` + encode(sealed) + `</xenc:CipherValue></xenc:CipherData></xenc:EncryptedData>`)
	if kind == blockPart {
		b.WriteString(`</wsse11:EncryptedHeader>`)
	}
	if kind == bodyPart {
		target.children = nil
		_, err = target.add(b.Bytes())
		return id, err
	}
	nodes, err := target.parent.fragment(b.Bytes())
	if err == nil {
		target.replace(nodes)
	}
	return id, err
}
