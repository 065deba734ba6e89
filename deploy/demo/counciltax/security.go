package counciltax

import (
	"crypto/sha1" //nolint:gosec // the UsernameToken Profile prescribes it
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"time"
)

// security is the WS-Security header, as far as this service knows it.
type security struct {
	UsernameToken *struct {
		Username string `xml:"http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd Username"`
		Password struct {
			Type  string `xml:"Type,attr"`
			Value string `xml:",chardata"`
		} `xml:"http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd Password"`
		Nonce   string `xml:"http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd Nonce"`
		Created string `xml:"http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd Created"`
	} `xml:"http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd UsernameToken"`
}

const (
	passwordText   = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0#PasswordText"
	passwordDigest = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0#PasswordDigest"

	// digestAge is how old a digest may be, and how far its maker's clock may be ahead.
	digestAge = 5 * time.Minute
)

var (
	errNoToken = errors.New("a WS-Security UsernameToken is required")
	errDenied  = errors.New("the security token could not be authenticated")
)

// credentials are those of the one user that the service knows.
type credentials struct{ username, password string }

// check authenticates a request: UsernameToken Profile 1.0, section 3.1.
func (c credentials) check(header *security, now time.Time) error {
	if header == nil || header.UsernameToken == nil {
		return errNoToken
	}
	token := header.UsernameToken
	want := c.password
	switch token.Password.Type {
	case "", passwordText:
	case passwordDigest:
		created, err := time.Parse(time.RFC3339, token.Created)
		if err != nil || now.Sub(created).Abs() > digestAge {
			return errDenied
		}
		nonce, err := base64.StdEncoding.DecodeString(token.Nonce)
		if err != nil {
			return errDenied
		}
		digest := sha1.Sum(append(append(nonce, token.Created...), c.password...)) //nolint:gosec // as above
		want = base64.StdEncoding.EncodeToString(digest[:])
	default:
		return errDenied
	}
	sameUser := subtle.ConstantTimeCompare([]byte(token.Username), []byte(c.username))
	samePassword := subtle.ConstantTimeCompare([]byte(token.Password.Value), []byte(want))
	if sameUser&samePassword != 1 {
		return errDenied
	}
	return nil
}
