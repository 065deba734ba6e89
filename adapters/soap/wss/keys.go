package wss

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/sha1" //nolint:gosec // thumbprints and key identifiers are SHA-1 by X.509 Certificate Token Profile 1.1 section 3.2
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
)

// readCertificates reads a PEM file of certificates.
func readCertificates(path string) ([]*x509.Certificate, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		var file *os.PathError
		if errors.As(err, &file) {
			err = file.Err
		}
		return nil, fmt.Errorf("cannot be read: %w", err)
	}
	var out []*x509.Certificate
	for {
		var block *pem.Block
		if block, content = pem.Decode(content); block == nil {
			break
		}
		if block.Type != "CERTIFICATE" {
			continue
		}
		certificate, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("certificate %d in it cannot be read: %w", len(out)+1, err)
		}
		out = append(out, certificate)
	}
	if len(out) == 0 {
		return nil, errors.New("there is no certificate in it; PEM is accepted")
	}
	return out, nil
}

// readKey reads a private key in PEM: PKCS #8, or the older forms of RSA and EC keys. No error holds any of it.
func readKey(content string) (crypto.Signer, error) {
	rest := []byte(content)
	for {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			return nil, errors.New("there is no private key in it; PEM is accepted")
		}
		switch block.Type {
		case "PRIVATE KEY":
			key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
			signer, ok := key.(crypto.Signer)
			if err != nil || !ok {
				return nil, errors.New("the private key cannot be read")
			}
			return signer, nil
		case "RSA PRIVATE KEY":
			if len(block.Headers) > 0 {
				return nil, errors.New("the private key is encrypted; one without a password is accepted")
			}
			key, err := x509.ParsePKCS1PrivateKey(block.Bytes)
			if err != nil {
				return nil, errors.New("the private key cannot be read")
			}
			return key, nil
		case "EC PRIVATE KEY":
			if len(block.Headers) > 0 {
				return nil, errors.New("the private key is encrypted; one without a password is accepted")
			}
			key, err := x509.ParseECPrivateKey(block.Bytes)
			if err != nil {
				return nil, errors.New("the private key cannot be read")
			}
			return key, nil
		case "ENCRYPTED PRIVATE KEY":
			return nil, errors.New("the private key is encrypted; one without a password is accepted")
		}
	}
}

// belongs reports whether a private key is that of a certificate.
func belongs(key crypto.Signer, certificate *x509.Certificate) bool {
	switch public := key.Public().(type) {
	case *rsa.PublicKey:
		return public.Equal(certificate.PublicKey)
	case *ecdsa.PublicKey:
		return public.Equal(certificate.PublicKey)
	default:
		return false
	}
}

// thumbprint is the SHA-1 of the whole certificate (WS-Security 1.1 section 7.3).
func thumbprint(certificate *x509.Certificate) []byte {
	sum := sha1.Sum(certificate.Raw) //nolint:gosec // see the import
	return sum[:]
}

// issuerName is the issuer's name as RFC 2253 writes it, which XML Signature section 4.4.4 demands.
func issuerName(certificate *x509.Certificate) string {
	var name pkix.RDNSequence
	if _, err := asn1.Unmarshal(certificate.RawIssuer, &name); err != nil {
		return certificate.Issuer.String()
	}
	return name.String()
}

// certificatePathBytes is a PkiPath: the certificates as an ASN.1 sequence, the one that signs last (X.509 Certificate Token Profile 1.1 section 3.1.3).
func certificatePathBytes(chain []*x509.Certificate) ([]byte, error) {
	sequence := make([]asn1.RawValue, len(chain))
	for i, certificate := range chain {
		sequence[len(chain)-1-i] = asn1.RawValue{FullBytes: certificate.Raw}
	}
	return asn1.Marshal(sequence)
}

// maxCertificates bounds how many certificates one token may hold.
const maxCertificates = 16

// tokenCertificates reads the certificates of a BinarySecurityToken, the one that signs first.
func tokenCertificates(valueType string, der []byte) ([]*x509.Certificate, error) {
	switch valueType {
	case certificateType, certificateV1Type, "":
		certificate, err := x509.ParseCertificate(der)
		if err != nil {
			return nil, err
		}
		return []*x509.Certificate{certificate}, nil
	case certificatePath:
		return readPath(der)
	case certificateBag:
		return readBag(der)
	default:
		return nil, fmt.Errorf("tokens of type %.100q are not known", valueType)
	}
}

func readPath(der []byte) ([]*x509.Certificate, error) {
	var sequence []asn1.RawValue
	if rest, err := asn1.Unmarshal(der, &sequence); err != nil || len(rest) > 0 || len(sequence) == 0 || len(sequence) > maxCertificates {
		return nil, errors.New("the certificate path cannot be read")
	}
	out := make([]*x509.Certificate, len(sequence))
	for i, raw := range sequence {
		certificate, err := x509.ParseCertificate(raw.FullBytes)
		if err != nil {
			return nil, err
		}
		out[len(sequence)-1-i] = certificate
	}
	return out, nil
}

// readBag reads the certificates of a PKCS #7 SignedData (RFC 2315 section 9.1). They come in no order: the one that issued none of the others is the one that signs.
func readBag(der []byte) ([]*x509.Certificate, error) {
	var content struct {
		Type asn1.ObjectIdentifier
		Data asn1.RawValue `asn1:"explicit,tag:0"`
	}
	var signed struct {
		Version      int
		Digests      asn1.RawValue `asn1:"set"`
		Content      asn1.RawValue
		Certificates asn1.RawValue `asn1:"optional,tag:0"`
	}
	unreadable := errors.New("the PKCS #7 token cannot be read")
	if _, err := asn1.Unmarshal(der, &content); err != nil {
		return nil, unreadable
	}
	if _, err := asn1.Unmarshal(content.Data.Bytes, &signed); err != nil {
		return nil, unreadable
	}
	found, err := x509.ParseCertificates(signed.Certificates.Bytes)
	if err != nil || len(found) == 0 || len(found) > maxCertificates {
		return nil, unreadable
	}
	for i, candidate := range found {
		issuer := false
		for j, other := range found {
			issuer = issuer || i != j && bytes.Equal(other.RawIssuer, candidate.RawSubject)
		}
		if !issuer {
			found[0], found[i] = found[i], found[0]
			break
		}
	}
	return found, nil
}
