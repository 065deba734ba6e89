package wss

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"fmt"
	"math/big"
	"testing"
	"time"
)

// chainOf makes certificates, each signed by the one behind it.
func chainOf(t *testing.T, names ...string) []*x509.Certificate {
	t.Helper()
	out := make([]*x509.Certificate, len(names))
	var issuer *x509.Certificate
	var issuerKey crypto.Signer
	for i := len(names) - 1; i >= 0; i-- {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		template := &x509.Certificate{
			SerialNumber: big.NewInt(int64(i + 1)), Subject: pkix.Name{CommonName: names[i]}, NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
		}
		if issuer == nil {
			issuer, issuerKey = template, key
		}
		der, err := x509.CreateCertificate(rand.Reader, template, issuer, key.Public(), issuerKey)
		if err != nil {
			t.Fatal(err)
		}
		if out[i], err = x509.ParseCertificate(der); err != nil {
			t.Fatal(err)
		}
		issuer, issuerKey = out[i], key
	}
	return out
}

func TestTokensOfCertificates(t *testing.T) {
	t.Parallel()
	chain := chainOf(t, "leaf", "middle", "root")
	path, err := certificatePathBytes(chain)
	if err != nil {
		t.Fatal(err)
	}
	// SignedData with nothing but certificates, in another order (RFC 2315 section 9.1).
	data, err := asn1.Marshal(struct {
		Version      int
		Digests      asn1.RawValue
		Content      struct{ Type asn1.ObjectIdentifier }
		Certificates asn1.RawValue
		Signers      asn1.RawValue
	}{
		1, asn1.RawValue{Tag: asn1.TagSet, IsCompound: true}, struct{ Type asn1.ObjectIdentifier }{asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 1}},
		asn1.RawValue{Class: asn1.ClassContextSpecific, IsCompound: true, Bytes: bytes.Join([][]byte{chain[2].Raw, chain[0].Raw, chain[1].Raw}, nil)},
		asn1.RawValue{Tag: asn1.TagSet, IsCompound: true},
	})
	if err != nil {
		t.Fatal(err)
	}
	bag, err := asn1.Marshal(struct {
		Type asn1.ObjectIdentifier
		Data asn1.RawValue
	}{asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 2}, asn1.RawValue{Class: asn1.ClassContextSpecific, IsCompound: true, Bytes: data}})
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		valueType string
		der       []byte
		count     int // 0 for an error
	}{
		"one":            {certificateType, chain[0].Raw, 1},
		"no type":        {"", chain[0].Raw, 1},
		"a path":         {certificatePath, path, 3},
		"a bag":          {certificateBag, bag, 3},
		"another type":   {"urn:kerberos", chain[0].Raw, 0},
		"no certificate": {certificateType, []byte("x"), 0},
		"no path":        {certificatePath, chain[0].Raw, 0},
		"an empty path":  {certificatePath, []byte{0x30, 0}, 0},
		"no bag":         {certificateBag, path, 0},
		"a cut bag":      {certificateBag, bag[:len(bag)-10], 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := tokenCertificates(test.valueType, test.der)
			if len(got) != test.count || (err == nil) != (test.count > 0) {
				t.Fatalf("got %d certificates and %v, want %d", len(got), err, test.count)
			}
			if test.count > 0 && !got[0].Equal(chain[0]) {
				t.Errorf("the first is %s", got[0].Subject)
			}
		})
	}
}

func TestCiphers(t *testing.T) {
	t.Parallel()
	for _, method := range dataMethods() {
		t.Run(method.name, func(t *testing.T) {
			t.Parallel()
			key := bytes.Repeat([]byte{7}, method.keyBytes)
			for size := range 40 {
				plain := bytes.Repeat([]byte{'x'}, size)
				sealed, err := method.encrypt(key, plain)
				if err != nil {
					t.Fatal(err)
				}
				if got, err := method.decrypt(key, sealed); err != nil || !bytes.Equal(got, plain) {
					t.Fatalf("%d bytes become %q: %v", size, got, err)
				}
				for cut := range sealed {
					if got, err := method.decrypt(key, sealed[:cut]); err == nil && bytes.Equal(got, plain) || err != nil && !errors.Is(err, errDecrypting) {
						t.Fatalf("%d of %d bytes become %q: %v", cut, len(sealed), got, err)
					}
				}
			}
			if _, err := method.decrypt(key[1:], nil); !errors.Is(err, errDecrypting) {
				t.Errorf("a short key gives %v", err)
			}
		})
	}
}

// TestKeyTransports unwraps keys as other implementations may have wrapped them.
func TestKeyTransports(t *testing.T) {
	t.Parallel()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	secret := bytes.Repeat([]byte{9}, 32)
	method := dataMethods()[2]
	for _, test := range []struct {
		algorithm, inner string
		options          rsa.OAEPOptions
		label            string
	}{
		{keyTransportOAEP, "", rsa.OAEPOptions{Hash: crypto.SHA1, MGFHash: crypto.SHA1}, ""},
		{keyTransportOAEP, `<d:DigestMethod Algorithm="` + encryptionSpace + `sha256"/>`, rsa.OAEPOptions{Hash: crypto.SHA256, MGFHash: crypto.SHA1}, ""},
		{keyTransportOAEP11, `<d:DigestMethod Algorithm="` + encryptionSpace + `sha256"/><n:MGF Algorithm="` + encryption11 + `mgf1sha256"/>`, rsa.OAEPOptions{Hash: crypto.SHA256, MGFHash: crypto.SHA256}, ""},
		{keyTransportOAEP11, `<d:DigestMethod Algorithm="` + encryptionSpace + `sha512"/><n:MGF Algorithm="` + encryption11 + `mgf1sha1"/><e:OAEPparams>bGFiZWw=</e:OAEPparams>`, rsa.OAEPOptions{Hash: crypto.SHA512, MGFHash: crypto.SHA1}, "label"},
	} {
		test.options.Label = []byte(test.label)
		root, err := parse(fmt.Appendf(nil, `<e:EncryptionMethod xmlns:e="%s" xmlns:n="%s" xmlns:d="%s" Algorithm="%s">%s</e:EncryptionMethod>`, encryptionSpace, encryption11, signatureSpace, test.algorithm, test.inner))
		if err != nil {
			t.Fatal(err)
		}
		how, err := readTransport(root)
		if err != nil {
			t.Fatal(err)
		}
		wrapped, err := rsa.EncryptOAEPWithOptions(rand.Reader, &key.PublicKey, secret, &test.options)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := how.unwrap(key, wrapped, method); err != nil || !bytes.Equal(got, secret) {
			t.Errorf("%s with %s gives %v and %v", test.algorithm, test.inner, got, err)
		}
		wrapped[5] ^= 1
		if _, err := how.unwrap(key, wrapped, method); !errors.Is(err, errDecrypting) {
			t.Errorf("a changed key gives %v", err)
		}
	}
	// What is no key by RSA 1.5 becomes one that nobody knows, and no error.
	for _, length := range []int{16, 32} {
		wrapped, err := wrap(keyTransport15, &key.PublicKey, secret[:length])
		if err != nil {
			t.Fatal(err)
		}
		got, err := transport{method: keyTransport15}.unwrap(key, wrapped, method)
		if err != nil || len(got) != 32 || bytes.Equal(got, secret) != (length == 32) {
			t.Errorf("a key of %d bytes becomes %v: %v", length, got, err)
		}
	}
}
