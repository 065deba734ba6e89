package wss

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/subtle"
	"crypto/x509"
	"errors"
	"fmt"
	"math/big"
	"strings"
)

// verify checks one ds:Signature, key and trust included, and notes what it covers (XML Signature 1.1 section 3.2). A signature that does not hold makes the whole
// reply one that cannot be trusted, even if another one would do.
func (r *reading) verify(signature *element) error {
	if r.signatures++; r.signatures > maxSignatures {
		return fmt.Errorf("the reply has more than %d signatures", maxSignatures)
	}
	info := signature.child(signatureSpace, "SignedInfo")
	if info == nil {
		return errors.New("the signature has no SignedInfo, or more than one")
	}
	if err := r.verifyValue(signature, info); err != nil {
		return err
	}
	references := info.all(signatureSpace, "Reference")
	if len(references) == 0 || len(references) > maxReferences {
		return fmt.Errorf("the signature has %d references; 1 to %d are accepted", len(references), maxReferences)
	}
	for _, reference := range references {
		target, err := r.verifyReference(reference)
		if err != nil {
			return err
		}
		r.signed[target] |= 1 << (r.signatures - 1)
	}
	return nil
}

// verifyValue checks that a trusted key made the value over the SignedInfo.
func (r *reading) verifyValue(signature, info *element) error {
	signed, err := r.canonical(info, info.child(signatureSpace, "CanonicalizationMethod"))
	if err != nil {
		return err
	}
	method, err := r.signatureMethod(info.child(signatureSpace, "SignatureMethod").attribute("", "Algorithm"))
	if err != nil {
		return err
	}
	hash := method.hash.New()
	hash.Write(signed)
	digest := hash.Sum(nil)
	value, err := decode(signature.child(signatureSpace, "SignatureValue").text())
	if err != nil {
		return errors.New("the signature's value is not base64")
	}
	candidates, others, err := r.certificates(signature.child(signatureSpace, "KeyInfo"))
	if err != nil {
		return err
	}
	err = errors.New("the signature does not fit its certificate")
	for _, certificate := range candidates {
		if !method.fits(certificate, digest, value) {
			continue
		}
		if err = r.trust(certificate, others); err == nil {
			return nil
		}
		err = fmt.Errorf("the signature's certificate is not trusted: %w", err)
	}
	return err
}

func (r *reading) signatureMethod(uri string) (signatureMethod, error) {
	for _, known := range signatureMethods() {
		if known.uri == uri {
			if known.hash == crypto.SHA1 && !r.demands.sha1 {
				return known, errors.New("the signature is made with SHA-1; the setting accept_sha1 would take it")
			}
			return known, nil
		}
	}
	return signatureMethod{}, fmt.Errorf("signatures by %.120q are not accepted", uri)
}

func (r *reading) digestMethod(uri string) (digestMethod, error) {
	for _, known := range digestMethods() {
		if known.uri == uri {
			if known.hash == crypto.SHA1 && !r.demands.sha1 {
				return known, errors.New("a digest is made with SHA-1; the setting accept_sha1 would take it")
			}
			return known, nil
		}
	}
	return digestMethod{}, fmt.Errorf("digests by %.120q are not accepted", uri)
}

// minimumBits is the shortest RSA key whose signatures count.
const minimumBits = 1024

// fits reports whether the value is a signature of the digest by the certificate's key.
func (m signatureMethod) fits(certificate *x509.Certificate, digest, value []byte) bool {
	switch key := certificate.PublicKey.(type) {
	case *rsa.PublicKey:
		return !m.elliptic && key.N.BitLen() >= minimumBits && rsa.VerifyPKCS1v15(key, m.hash, digest, value) == nil
	case *ecdsa.PublicKey:
		size := (key.Curve.Params().BitSize + 7) / 8
		if !m.elliptic || len(value) != 2*size {
			return false
		}
		return ecdsa.Verify(key, digest, new(big.Int).SetBytes(value[:size]), new(big.Int).SetBytes(value[size:]))
	default:
		return false
	}
}

// verifyReference checks one ds:Reference and returns the element that it covers.
func (r *reading) verifyReference(reference *element) (*element, error) {
	uri := reference.attribute("", "URI")
	target, err := r.byIdentifier(uri)
	if err != nil {
		return nil, err
	}
	transforms := reference.child(signatureSpace, "Transforms").elements()
	var transform *element
	switch {
	case len(transforms) > 1:
		return nil, fmt.Errorf("the reference %.100q has more than one transform", uri)
	case len(transforms) == 1:
		transform = transforms[0]
	}
	covered := target
	if transform != nil && transform.attribute("", "Algorithm") == tokenTransform {
		if covered, err = r.referencedToken(target); err != nil {
			return nil, err
		}
		transform = transform.child(securitySpace, "TransformationParameters").child(signatureSpace, "CanonicalizationMethod")
		r.buffer.saysDefault = true
	}
	octets, err := r.canonical(covered, transform)
	if err != nil {
		return nil, err
	}
	digest, err := r.digestMethod(reference.child(signatureSpace, "DigestMethod").attribute("", "Algorithm"))
	if err != nil {
		return nil, err
	}
	want, err := decode(reference.child(signatureSpace, "DigestValue").text())
	if err != nil {
		return nil, errors.New("a digest is not base64")
	}
	hash := digest.hash.New()
	hash.Write(octets)
	if subtle.ConstantTimeCompare(hash.Sum(nil), want) != 1 {
		return nil, fmt.Errorf("what the reference %.100q names was changed after it was signed", uri)
	}
	return covered, nil
}

// referencedToken is the STR-Transform, for tokens that stand in the message (WS-Security 1.1 section 8.3).
func (r *reading) referencedToken(target *element) (*element, error) {
	if !target.is(securitySpace, "SecurityTokenReference") {
		return nil, errors.New("the STR-Transform is for a SecurityTokenReference, and the reference is to something else")
	}
	if embedded := target.child(securitySpace, "Embedded"); embedded != nil {
		if inner := embedded.elements(); len(inner) == 1 {
			return inner[0], nil
		}
	}
	if identifier := target.child(securitySpace, "KeyIdentifier"); identifier != nil && strings.HasPrefix(identifier.attribute("", "ValueType"), "http://docs.oasis-open.org/wss/oasis-wss-saml-token-profile-1.") {
		return r.byIdentifier("#" + identifier.text())
	}
	direct := target.child(securitySpace, "Reference")
	if direct == nil {
		return nil, errors.New("the STR-Transform is for a token that is not in the message")
	}
	return r.byIdentifier(direct.attribute("", "URI"))
}

// canonical writes the canonical form that a ds:CanonicalizationMethod or ds:Transform asks for. Without one, it is Canonical XML 1.0 (XML Signature 1.1 section 4.4.3.2).
func (r *reading) canonical(e, method *element) ([]byte, error) {
	algorithm := inclusiveMethod
	if method != nil {
		algorithm = method.attribute("", "Algorithm")
	}
	defer func() { r.buffer.saysDefault = false }()
	r.buffer.inclusive, r.buffer.prefixes = algorithm == inclusiveMethod, nil
	switch algorithm {
	case inclusiveMethod:
	case exclusiveMethod:
		r.buffer.prefixes = strings.Fields(method.child(exclusiveMethod, "InclusiveNamespaces").attribute("", "PrefixList"))
		for i, prefix := range r.buffer.prefixes {
			if prefix == "#default" {
				r.buffer.prefixes[i] = ""
			}
		}
	default:
		return nil, fmt.Errorf("the canonical form or transform %.120q is not accepted", algorithm)
	}
	return r.buffer.canonical(e), nil
}
