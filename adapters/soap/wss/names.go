package wss

import (
	"crypto"
	_ "crypto/sha256" // registers the hash, as sha1 does where it is used
	_ "crypto/sha512" // the same
)

// Namespaces.
const (
	envelope11Space = "http://schemas.xmlsoap.org/soap/envelope/"
	envelope12Space = "http://www.w3.org/2003/05/soap-envelope"
	securitySpace   = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
	security11Space = "http://docs.oasis-open.org/wss/oasis-wss-wssecurity-secext-1.1.xsd"
	utilitySpace    = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
	signatureSpace  = "http://www.w3.org/2000/09/xmldsig#"
	encryptionSpace = "http://www.w3.org/2001/04/xmlenc#"
	encryption11    = "http://www.w3.org/2009/xmlenc11#"
	saml11Space     = "urn:oasis:names:tc:SAML:1.0:assertion"
	saml20Space     = "urn:oasis:names:tc:SAML:2.0:assertion"
	addressing10    = "http://www.w3.org/2005/08/addressing"
	addressing2004  = "http://schemas.xmlsoap.org/ws/2004/08/addressing"
	includeSpace    = "http://www.w3.org/2004/08/xop/include"
	instanceSpace   = "http://www.w3.org/2001/XMLSchema-instance"
)

// Names that WS-Security and its token profiles give to types of values.
const (
	messageProfile  = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-soap-message-security-1.0#"
	message11       = "http://docs.oasis-open.org/wss/oasis-wss-soap-message-security-1.1#"
	passwordProfile = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0#"
	x509Profile     = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-x509-token-profile-1.0#"

	base64Encoding     = messageProfile + "Base64Binary"
	tokenTransform     = messageProfile + "STR-Transform"
	thumbprintType     = message11 + "ThumbprintSHA1"
	encryptedKeyType   = message11 + "EncryptedKey"
	certificateType    = x509Profile + "X509v3"
	certificateV1Type  = x509Profile + "X509v1"
	certificatePath    = x509Profile + "X509PKIPathv1"
	certificateBag     = x509Profile + "PKCS7"
	keyIdentifierType  = x509Profile + "X509SubjectKeyIdentifier"
	elementType        = encryptionSpace + "Element"
	contentType        = encryptionSpace + "Content"
	exclusiveMethod    = "http://www.w3.org/2001/10/xml-exc-c14n#"
	inclusiveMethod    = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
	keyTransport15     = encryptionSpace + "rsa-1_5"
	keyTransportOAEP   = encryptionSpace + "rsa-oaep-mgf1p"
	keyTransportOAEP11 = encryption11 + "rsa-oaep"
)

// A signatureMethod is an algorithm of ds:SignatureMethod (RFC 6931).
type signatureMethod struct {
	name string // as settings say it
	uri  string
	hash crypto.Hash
	// elliptic is true for ECDSA and false for RSA with PKCS #1 v1.5.
	elliptic bool
}

const moreSpace = "http://www.w3.org/2001/04/xmldsig-more#"

// signatureMethods are all that are known. HMAC is none of them: a secret shared by request and reply needs what this package does not keep.
func signatureMethods() []signatureMethod {
	return []signatureMethod{
		{"rsa-sha1", signatureSpace + "rsa-sha1", crypto.SHA1, false},
		{"rsa-sha256", moreSpace + "rsa-sha256", crypto.SHA256, false},
		{"rsa-sha384", moreSpace + "rsa-sha384", crypto.SHA384, false},
		{"rsa-sha512", moreSpace + "rsa-sha512", crypto.SHA512, false},
		{"ecdsa-sha1", moreSpace + "ecdsa-sha1", crypto.SHA1, true},
		{"ecdsa-sha256", moreSpace + "ecdsa-sha256", crypto.SHA256, true},
		{"ecdsa-sha384", moreSpace + "ecdsa-sha384", crypto.SHA384, true},
		{"ecdsa-sha512", moreSpace + "ecdsa-sha512", crypto.SHA512, true},
	}
}

// A digestMethod is an algorithm of ds:DigestMethod.
type digestMethod struct {
	name, uri string
	hash      crypto.Hash
}

func digestMethods() []digestMethod {
	return []digestMethod{
		{"sha1", signatureSpace + "sha1", crypto.SHA1},
		{"sha256", encryptionSpace + "sha256", crypto.SHA256},
		{"sha384", moreSpace + "sha384", crypto.SHA384},
		{"sha512", encryptionSpace + "sha512", crypto.SHA512},
	}
}

// A dataMethod is an algorithm of xenc:EncryptionMethod for data.
type dataMethod struct {
	name, uri string
	keyBytes  int
	triple    bool // 3DES, else AES
	counter   bool // GCM, else CBC
}

func dataMethods() []dataMethod {
	return []dataMethod{
		{"aes128-cbc", encryptionSpace + "aes128-cbc", 16, false, false},
		{"aes192-cbc", encryptionSpace + "aes192-cbc", 24, false, false},
		{"aes256-cbc", encryptionSpace + "aes256-cbc", 32, false, false},
		{"aes128-gcm", encryption11 + "aes128-gcm", 16, false, true},
		{"aes192-gcm", encryption11 + "aes192-gcm", 24, false, true},
		{"aes256-gcm", encryption11 + "aes256-gcm", 32, false, true},
		{"tripledes-cbc", encryptionSpace + "tripledes-cbc", 24, true, false},
	}
}
