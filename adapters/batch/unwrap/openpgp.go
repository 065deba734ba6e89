package unwrap

import (
	"errors"
	"fmt"
	"io"

	"github.com/ProtonMail/gopenpgp/v3/crypto"
)

// An OpenPGP says for whom files are encrypted, and who must have signed them.
type OpenPGP struct {
	key     *crypto.Key     // nil for files that are only signed
	signers *crypto.KeyRing // nil if signatures are not asked for
}

// NewOpenPGP reads keys as OpenPGP armours them (RFC 9580, section 6). private may be empty, and so may signers, but not both.
func NewOpenPGP(private, passphrase string, signers []string) (*OpenPGP, error) {
	p := &OpenPGP{}
	if private != "" {
		key, err := crypto.NewKeyFromArmored(private)
		if err != nil || !key.IsPrivate() {
			return nil, ErrNoPrivateKey
		}
		if locked, err := key.IsLocked(); err != nil || locked {
			if key, err = key.Unlock([]byte(passphrase)); err != nil {
				return nil, ErrLocked
			}
		}
		p.key = key
	}
	for i, text := range signers {
		key, err := crypto.NewKeyFromArmored(text)
		if err == nil && key.IsPrivate() {
			key, err = key.ToPublic()
		}
		if err != nil {
			return nil, &SignerError{Index: i}
		}
		if p.signers == nil {
			if p.signers, err = crypto.NewKeyRing(nil); err != nil {
				return nil, fmt.Errorf("gathering the signers: %w", err)
			}
		}
		if err := p.signers.AddKey(key); err != nil {
			return nil, &SignerError{Index: i}
		}
	}
	return p, nil
}

// What can be wrong with keys.
var (
	ErrNoPrivateKey = errors.New("this is no private key of OpenPGP in ASCII armour")
	ErrLocked       = errors.New("the key is locked with another passphrase")
)

// A SignerError is a text that is no public key.
type SignerError struct{ Index int }

func (e *SignerError) Error() string { return "this is no public key of OpenPGP in ASCII armour" }

// A message is what is in one.
type message struct {
	*crypto.VerifyDataReader
	wanted bool // a signature
}

// open begins to read a message.
func (p *OpenPGP) open(r io.Reader, maxBytes int64) (*message, error) {
	var reader *crypto.VerifyDataReader
	var err error
	if p.key != nil {
		reader, err = p.decrypting(r, maxBytes)
	} else {
		reader, err = p.verifying(r, maxBytes)
	}
	if err != nil {
		return nil, wrong("it is not encrypted for our key, or not signed, as OpenPGP has it")
	}
	return &message{VerifyDataReader: reader, wanted: p.signers != nil}, nil
}

func (p *OpenPGP) decrypting(r io.Reader, maxBytes int64) (*crypto.VerifyDataReader, error) {
	builder := crypto.PGP().Decryption().DecryptionKey(p.key).DisableAutomaticTextSanitize().MaxDecompressedMessageSize(maxBytes)
	if p.signers != nil {
		builder = builder.VerificationKeys(p.signers)
	}
	handle, err := builder.New()
	if err != nil {
		return nil, err //nolint:wrapcheck // by open
	}
	return handle.DecryptingReader(r, crypto.Auto) //nolint:wrapcheck // by open
}

func (p *OpenPGP) verifying(r io.Reader, maxBytes int64) (*crypto.VerifyDataReader, error) {
	handle, err := crypto.PGP().Verify().VerificationKeys(p.signers).DisableAutomaticTextSanitize().MaxDecompressedMessageSize(maxBytes).New()
	if err != nil {
		return nil, err //nolint:wrapcheck // by open
	}
	return handle.VerifyingReader(nil, r, crypto.Auto) //nolint:wrapcheck // by open
}

// verify reads the message to its end, and checks who has signed it.
func (m *message) verify() error {
	result, err := m.DiscardAllAndVerifySignature()
	if err != nil {
		return err //nolint:wrapcheck // by told
	}
	if m.wanted && result.SignatureError() != nil {
		return wrong("none of the signers has signed it")
	}
	return nil
}
