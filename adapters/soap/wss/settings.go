package wss

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/postern-gateway/postern/adapters"
	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

// partKind is what a setting may name as a part of a message.
type partKind uint8

const (
	bodyPart partKind = iota + 1
	timestampPart
	usernamePart
	binaryPart
	addressingPart
	signaturePart
	blockPart // a header block by its name
)

type part struct {
	kind         partKind
	space, local string // of a header block
}

// signing is how requests are signed.
type signing struct {
	key       crypto.Signer
	chain     []*x509.Certificate
	method    signatureMethod
	digest    digestMethod
	reference string
	parts     []part
}

// encrypting is how requests are encrypted.
type encrypting struct {
	to        *x509.Certificate
	key       *rsa.PublicKey
	method    dataMethod
	transport string
	reference string
	parts     []part
}

// demands are what is looked at in replies.
type demands struct {
	// trusted are the certificates as they are written, and roots the same as a pool; nil if no signature is demanded.
	trusted       []*x509.Certificate
	roots         *x509.CertPool
	signed        []part
	sha1          bool
	encrypted     bool
	timestamp     bool
	skew          time.Duration
	decryptionKey *rsa.PrivateKey
}

// A settings reads a [configv1.SoapSecurity], and collects all mistakes in it.
type settings struct {
	config   *configv1.SoapSecurity
	dir      string
	findings []adapters.Finding
}

func (r *settings) wrong(field, format string, arguments ...any) {
	r.findings = append(r.findings, adapters.Finding{Field: "security." + field, Message: fmt.Sprintf(format, arguments...)})
}

// secret returns "" for a secret that is not given or cannot be read.
func (r *settings) secret(secret *configv1.Secret, field string) string {
	if secret == nil {
		return ""
	}
	value, err := adapters.ReadSecret(secret, "security."+field, r.dir)
	var config *adapters.ConfigError
	if errors.As(err, &config) {
		r.findings = append(r.findings, config.Findings...)
	}
	return value
}

func (r *settings) certificates(path, field string) []*x509.Certificate {
	if !filepath.IsAbs(path) {
		path = filepath.Join(r.dir, path)
	}
	found, err := readCertificates(path)
	if err != nil {
		r.wrong(field, "the file %v", err)
	}
	return found
}

// privateKey reads a private key; nil if it cannot be read.
func (r *settings) privateKey(secret *configv1.Secret, field string) crypto.Signer {
	content := r.secret(secret, field)
	if content == "" {
		return nil
	}
	key, err := readKey(content)
	if err != nil {
		r.wrong(field, "%v", err)
		return nil
	}
	return key
}

// keyReferences are the ways to name a key; the first is the default of signatures.
const (
	byToken      = "binary_security_token"
	byIssuer     = "issuer_serial"
	byIdentifier = "subject_key_identifier"
	byThumbprint = "thumbprint"
)

func (r *settings) signing() *signing {
	config := r.config.GetSignature()
	if config == nil {
		return nil
	}
	s := &signing{reference: config.GetKeyReference()}
	if s.reference == "" {
		s.reference = byToken
	}
	s.chain = r.certificates(config.GetCertificateFile(), "signature.certificate_file")
	s.key = r.privateKey(config.GetKey(), "signature.key")
	if s.key != nil {
		r.signatureMethod(s, config)
	}
	digest := config.GetDigest()
	if digest == "" {
		digest = "sha256"
	}
	for _, known := range digestMethods() {
		if known.name == digest {
			s.digest = known
		}
	}
	if len(s.chain) > 0 {
		if s.key != nil && !belongs(s.key, s.chain[0]) {
			r.wrong("signature.key", "the key is not that of the first certificate in certificate_file")
		}
		if s.reference == byIdentifier && len(s.chain[0].SubjectKeyId) == 0 {
			r.wrong("signature.key_reference", "the certificate has no subject key identifier; thumbprint is accepted")
		}
	}
	s.parts = r.parts(config.GetParts(), "signature.parts", bodyPart, timestampPart, usernamePart, binaryPart, addressingPart)
	if len(config.GetParts()) == 0 {
		s.parts = []part{{kind: bodyPart}}
		if r.config.TimestampSeconds != nil {
			s.parts = append(s.parts, part{kind: timestampPart})
		}
	}
	for i, p := range s.parts {
		if p.kind == binaryPart && s.reference != byToken {
			r.wrong(at("signature.parts", i), "there is no BinarySecurityToken: key_reference says %s", s.reference)
		}
		r.present(p, at("signature.parts", i))
	}
	return s
}

func (r *settings) signatureMethod(s *signing, config *configv1.SoapSignature) {
	_, elliptic := s.key.(*ecdsa.PrivateKey)
	if _, plain := s.key.(*rsa.PrivateKey); !plain && !elliptic {
		r.wrong("signature.key", "keys of RSA and ECDSA are accepted")
		return
	}
	name := config.GetAlgorithm()
	if name == "" {
		name = "rsa-sha256"
		if elliptic {
			name = "ecdsa-sha256"
		}
	}
	for _, known := range signatureMethods() {
		if known.name == name {
			s.method = known
		}
	}
	if s.method.elliptic != elliptic {
		r.wrong("signature.algorithm", "%s does not go with the key, which is of another kind", name)
	}
}

// present makes sure that what is to be protected will be there.
func (r *settings) present(p part, field string) {
	switch {
	case p.kind == timestampPart && r.config.TimestampSeconds == nil:
		r.wrong(field, "there is no Timestamp: timestamp_seconds is not given")
	case p.kind == usernamePart && r.config.GetUsernameToken() == nil:
		r.wrong(field, "there is no UsernameToken: username_token is not given")
	case p.kind == signaturePart && r.config.GetSignature() == nil:
		r.wrong(field, "there is no Signature: signature is not given")
	}
}

func (r *settings) encrypting() *encrypting {
	config := r.config.GetEncryption()
	if config == nil {
		return nil
	}
	e := &encrypting{reference: config.GetKeyReference(), transport: keyTransportOAEP}
	if e.reference == "" {
		e.reference = byIssuer
	}
	if config.GetKeyTransport() == "rsa-1_5" {
		e.transport = keyTransport15
	}
	name := config.GetAlgorithm()
	if name == "" {
		name = "aes256-cbc"
	}
	for _, known := range dataMethods() {
		if known.name == name {
			e.method = known
		}
	}
	if chain := r.certificates(config.GetCertificateFile(), "encryption.certificate_file"); len(chain) > 0 {
		e.to = chain[0]
		var ok bool
		if e.key, ok = e.to.PublicKey.(*rsa.PublicKey); !ok {
			r.wrong("encryption.certificate_file", "the certificate's key is not RSA")
		}
		if e.reference == byIdentifier && len(e.to.SubjectKeyId) == 0 {
			r.wrong("encryption.key_reference", "the certificate has no subject key identifier; thumbprint is accepted")
		}
	}
	e.parts = r.parts(config.GetParts(), "encryption.parts", bodyPart, usernamePart, signaturePart)
	if len(config.GetParts()) == 0 {
		e.parts = []part{{kind: bodyPart}}
	}
	for i, p := range e.parts {
		r.present(p, at("encryption.parts", i))
	}
	return e
}

func (r *settings) demands(own *signing) demands {
	config := r.config.GetReplies()
	d := demands{
		skew: 300 * time.Second, encrypted: config.GetRequireEncryption(), timestamp: config.GetRequireTimestamp(), sha1: config.GetAcceptSha1(),
	}
	if config.GetClockSkewSeconds() != 0 || config != nil && config.ClockSkewSeconds != nil {
		d.skew = time.Duration(config.GetClockSkewSeconds()) * time.Second
	}
	if own != nil {
		d.sha1 = d.sha1 || own.method.hash == crypto.SHA1 || own.digest.hash == crypto.SHA1
		d.decryptionKey, _ = own.key.(*rsa.PrivateKey)
	}
	if config.GetDecryptionKey() != nil {
		key := r.privateKey(config.GetDecryptionKey(), "replies.decryption_key")
		var ok bool
		if d.decryptionKey, ok = key.(*rsa.PrivateKey); !ok && key != nil {
			r.wrong("replies.decryption_key", "the key is not RSA")
		}
	} else if d.encrypted && d.decryptionKey == nil {
		r.wrong("replies.require_encryption", "no key can decrypt replies: decryption_key is not given, and signature has no RSA key")
	}
	d.signed = r.parts(config.GetSignedParts(), "replies.signed_parts", bodyPart, timestampPart)
	if config.GetTrustedFile() == "" {
		if len(d.signed) > 0 {
			r.wrong("replies.signed_parts", "no signature can be trusted: trusted_file is not given")
		}
		return d
	}
	d.trusted = r.certificates(config.GetTrustedFile(), "replies.trusted_file")
	d.roots = x509.NewCertPool()
	for _, certificate := range d.trusted {
		d.roots.AddCert(certificate)
	}
	if len(config.GetSignedParts()) == 0 {
		d.signed = []part{{kind: bodyPart}}
	}
	if stamp := (part{kind: timestampPart}); d.timestamp && !slices.Contains(d.signed, stamp) {
		d.signed = append(d.signed, stamp)
	}
	return d
}

// parts reads names of parts: those of the given kinds, and names of header blocks.
func (r *settings) parts(names []string, field string, kinds ...partKind) []part {
	words := map[partKind]string{
		bodyPart: "Body", timestampPart: "Timestamp", usernamePart: "UsernameToken", binaryPart: "BinarySecurityToken", addressingPart: "Addressing",
		signaturePart: "Signature",
	}
	var out []part
names:
	for i, name := range names {
		for _, kind := range kinds {
			if words[kind] == name {
				out = append(out, part{kind: kind})
				continue names
			}
		}
		space, local, found := strings.Cut(strings.TrimPrefix(name, "{"), "}")
		if !found || !strings.HasPrefix(name, "{") || local == "" || strings.ContainsAny(local, "{}: \t\r\n") {
			accepted := make([]string, len(kinds))
			for j, kind := range kinds {
				accepted[j] = words[kind]
			}
			r.wrong(at(field, i), "this is no part of a message; %s and header blocks as {namespace}name are accepted", strings.Join(accepted, ", "))
			out = append(out, part{}) // keeps the others where they are
			continue
		}
		out = append(out, part{blockPart, space, local})
	}
	return out
}

func at(field string, i int) string { return field + "[" + strconv.Itoa(i) + "]" }

// name is the part as settings write it.
func (p part) name() string {
	switch p.kind {
	case bodyPart:
		return "Body"
	case timestampPart:
		return "Timestamp"
	default:
		return "{" + p.space + "}" + p.local
	}
}
