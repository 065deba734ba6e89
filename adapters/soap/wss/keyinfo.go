package wss

import (
	"bytes"
	"crypto/x509"
	"errors"
	"fmt"
)

// certificates returns those that a ds:KeyInfo may mean: candidates, one of which may have signed, and others from the message that may vouch for them. Nothing is said of
// their trust.
func (r *reading) certificates(info *element) (candidates, others []*x509.Certificate, err error) {
	if info == nil {
		return r.demands.trusted, nil, nil
	}
	if reference := info.child(securitySpace, "SecurityTokenReference"); reference != nil {
		return r.tokenCertificates(reference)
	}
	if data := info.child(signatureSpace, "X509Data"); data != nil {
		return r.dataCertificates(data)
	}
	return nil, nil, errors.New("the signature does not name its key in a way that is known; certificates are accepted")
}

// tokenCertificates resolves a wsse:SecurityTokenReference (WS-Security 1.1 section 7, X.509 Certificate Token Profile 1.1 section 3.2).
func (r *reading) tokenCertificates(reference *element) (candidates, others []*x509.Certificate, err error) {
	if direct := reference.child(securitySpace, "Reference"); direct != nil {
		token, err := r.byIdentifier(direct.attribute("", "URI"))
		if err != nil {
			return nil, nil, err
		}
		return readToken(token)
	}
	if embedded := reference.child(securitySpace, "Embedded"); embedded != nil {
		return readToken(embedded.child(securitySpace, "BinarySecurityToken"))
	}
	if data := reference.child(signatureSpace, "X509Data"); data != nil {
		return r.dataCertificates(data)
	}
	identifier := reference.child(securitySpace, "KeyIdentifier")
	if identifier == nil {
		return nil, nil, errors.New("the token reference is of no kind that is known")
	}
	value, err := decode(identifier.text())
	if err != nil {
		return nil, nil, errors.New("the key identifier is not base64")
	}
	switch valueType := identifier.attribute("", "ValueType"); valueType {
	case certificateType, certificateV1Type:
		certificate, err := x509.ParseCertificate(value)
		if err != nil {
			return nil, nil, fmt.Errorf("reading the certificate in the key identifier: %w", err)
		}
		return []*x509.Certificate{certificate}, r.carried(), nil
	case keyIdentifierType:
		return r.known(func(c *x509.Certificate) bool { return bytes.Equal(c.SubjectKeyId, value) })
	case thumbprintType:
		return r.known(func(c *x509.Certificate) bool { return bytes.Equal(thumbprint(c), value) })
	default:
		return nil, nil, fmt.Errorf("key identifiers of type %.120q are not known", valueType)
	}
}

// dataCertificates resolves a ds:X509Data (XML Signature 1.1 section 4.5.4).
func (r *reading) dataCertificates(data *element) (candidates, others []*x509.Certificate, err error) {
	for _, item := range data.all(signatureSpace, "X509Certificate") {
		der, err := decode(item.text())
		if err != nil {
			return nil, nil, errors.New("a certificate is not base64")
		}
		certificate, err := x509.ParseCertificate(der)
		if err != nil {
			return nil, nil, fmt.Errorf("reading a certificate of the signature: %w", err)
		}
		if candidates = append(candidates, certificate); len(candidates) > maxCertificates {
			return nil, nil, fmt.Errorf("the signature holds more than %d certificates", maxCertificates)
		}
	}
	if len(candidates) > 0 {
		return candidates, candidates, nil
	}
	// An issuer's name is written in many ways, and a serial number in one. The signature says which of several it is.
	if serial := data.child(signatureSpace, "X509IssuerSerial").child(signatureSpace, "X509SerialNumber").text(); serial != "" {
		return r.known(func(c *x509.Certificate) bool { return c.SerialNumber.String() == serial })
	}
	if text := data.child(signatureSpace, "X509SKI").text(); text != "" {
		value, err := decode(text)
		if err != nil {
			return nil, nil, errors.New("the subject key identifier is not base64")
		}
		return r.known(func(c *x509.Certificate) bool { return bytes.Equal(c.SubjectKeyId, value) })
	}
	return nil, nil, errors.New("the signature's X509Data names no certificate")
}

// known returns the certificates that fit, of those that are trusted and of those that the message carries.
func (r *reading) known(fits func(*x509.Certificate) bool) (candidates, others []*x509.Certificate, err error) {
	others = r.carried()
	for _, certificate := range append(append([]*x509.Certificate(nil), r.demands.trusted...), others...) {
		if fits(certificate) {
			candidates = append(candidates, certificate)
		}
	}
	if len(candidates) == 0 {
		return nil, nil, errors.New("the signature's key is that of no certificate that is known")
	}
	return candidates, others, nil
}

// carried returns the certificates of the header's BinarySecurityTokens.
func (r *reading) carried() []*x509.Certificate {
	var out []*x509.Certificate
	for _, token := range r.security.all(securitySpace, "BinarySecurityToken") {
		if first, rest, err := readToken(token); err == nil && len(out) < maxCertificates {
			out = append(append(out, first...), rest...)
		}
	}
	return out
}

// readToken reads a wsse:BinarySecurityToken: the certificate that signs, and those that vouch for it.
func readToken(token *element) (candidates, others []*x509.Certificate, err error) {
	if !token.is(securitySpace, "BinarySecurityToken") {
		return nil, nil, errors.New("the signature's key is in no BinarySecurityToken")
	}
	der, err := decode(token.text())
	if err != nil {
		return nil, nil, errors.New("the BinarySecurityToken is not base64")
	}
	chain, err := tokenCertificates(token.attribute("", "ValueType"), der)
	if err != nil {
		return nil, nil, fmt.Errorf("reading the BinarySecurityToken: %w", err)
	}
	return chain[:1], chain[1:], nil
}
