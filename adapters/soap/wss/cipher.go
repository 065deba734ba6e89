package wss

import (
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/des" //nolint:gosec // tripledes-cbc is an algorithm of XML Encryption 1.0 that old services still demand
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
)

// errDecrypting is all that anybody learns of data that cannot be decrypted: to say more is what attacks on CBC and on RSA 1.5 live on.
var errDecrypting = errors.New("the reply cannot be decrypted")

func (m dataMethod) block(key []byte) (cipher.Block, error) {
	if m.triple {
		return des.NewTripleDESCipher(key) //nolint:gosec // see the import
	}
	return aes.NewCipher(key)
}

// encrypt returns what stands in xenc:CipherValue, before base64 (XML Encryption 1.1 section 5.2).
func (m dataMethod) encrypt(key, plain []byte) ([]byte, error) {
	block, err := m.block(key)
	if err != nil {
		return nil, fmt.Errorf("making a cipher: %w", err)
	}
	if m.counter {
		sealer, err := cipher.NewGCMWithRandomNonce(block)
		if err != nil {
			return nil, fmt.Errorf("making a cipher: %w", err)
		}
		return sealer.Seal(nil, nil, plain, nil), nil //nolint:gosec // it makes the nonce itself, and wants none
	}
	size := block.BlockSize()
	padding := size - len(plain)%size
	out := make([]byte, size+len(plain)+padding)
	_, _ = rand.Read(out[:size]) // never fails, says crypto/rand
	copy(out[size:], plain)
	out[len(out)-1] = byte(padding) //nolint:gosec // at most 16
	cipher.NewCBCEncrypter(block, out[:size]).CryptBlocks(out[size:], out[size:])
	return out, nil
}

// decrypt takes back what encrypt did. Its only error is [errDecrypting].
func (m dataMethod) decrypt(key, sealed []byte) ([]byte, error) {
	if len(key) != m.keyBytes {
		return nil, errDecrypting
	}
	block, err := m.block(key)
	if err != nil {
		return nil, errDecrypting
	}
	if m.counter {
		opener, err := cipher.NewGCMWithRandomNonce(block)
		if err != nil {
			return nil, errDecrypting
		}
		plain, err := opener.Open(nil, nil, sealed, nil)
		if err != nil {
			return nil, errDecrypting
		}
		return plain, nil
	}
	size := block.BlockSize()
	if len(sealed) < 2*size || len(sealed)%size != 0 {
		return nil, errDecrypting
	}
	plain := make([]byte, len(sealed)-size)
	cipher.NewCBCDecrypter(block, sealed[:size]).CryptBlocks(plain, sealed[size:])
	padding := int(plain[len(plain)-1])
	if padding == 0 || padding > size {
		return nil, errDecrypting
	}
	return plain[:len(plain)-padding], nil
}

// wrap encrypts a key for the owner of a certificate.
func wrap(method string, to *rsa.PublicKey, key []byte) ([]byte, error) {
	var out []byte
	var err error
	if method == keyTransport15 {
		out, err = rsa.EncryptPKCS1v15(rand.Reader, to, key) //nolint:staticcheck,nolintlint // rsa-1_5 is what the setting asks for
	} else {
		out, err = rsa.EncryptOAEP(crypto.SHA1.New(), rand.Reader, to, key, nil)
	}
	if err != nil {
		return nil, fmt.Errorf("encrypting the key: %w", err)
	}
	return out, nil
}

// A transport is how a key was encrypted (XML Encryption 1.1 section 5.5).
type transport struct {
	method    string
	hash, mgf crypto.Hash
	label     []byte
}

// unwrap takes back what wrap did, for data of a method. A key of RSA 1.5 that is wrong becomes a random one, in constant time, so that it shows only as
// data that cannot be decrypted.
func (t transport) unwrap(key *rsa.PrivateKey, wrapped []byte, method dataMethod) ([]byte, error) {
	if t.method == keyTransport15 {
		out := make([]byte, method.keyBytes)
		_, _ = rand.Read(out)                                                         // never fails, says crypto/rand
		if err := rsa.DecryptPKCS1v15SessionKey(nil, key, wrapped, out); err != nil { //nolint:staticcheck,nolintlint // see above
			return nil, errDecrypting
		}
		return out, nil
	}
	out, err := key.Decrypt(nil, wrapped, &rsa.OAEPOptions{Hash: t.hash, MGFHash: t.mgf, Label: t.label})
	if err != nil {
		return nil, errDecrypting
	}
	return out, nil
}

// decode reads base64, with white space in it.
func decode(text string) ([]byte, error) {
	if strings.ContainsAny(text, " \t\r\n") {
		text = strings.NewReplacer(" ", "", "\t", "", "\r", "", "\n", "").Replace(text)
	}
	return base64.StdEncoding.DecodeString(text)
}

func encode(data []byte) string { return base64.StdEncoding.EncodeToString(data) }
