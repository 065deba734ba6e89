package listing

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
)

// A Position is where a page ends: after the row whose ordering values these are, or after a number of rows.
type Position struct {
	// After holds the values as the engine compares them; nil is NULL.
	After [][]byte `json:"a,omitempty"`
	// Skip is the number of rows before the next page, where rows have no order of their own.
	Skip int64 `json:"s,omitempty"`
}

const checksumSize = 12

// ErrToken is the error of a page token that does not belong to the query. Its text is for the caller.
var ErrToken = errors.New("it was altered, or it belongs to another filter or order; start again without it")

// Encode makes a page token that is good for the query only.
func (p Position) Encode(query string) (string, error) {
	payload, err := json.Marshal(p)
	if err != nil {
		return "", err
	}
	return base64.RawURLEncoding.EncodeToString(append(checksum(query, payload), payload...)), nil
}

// ParseToken reads a page token of the query. The error is [ErrToken].
func ParseToken(token, query string) (Position, error) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(raw) < checksumSize {
		return Position{}, ErrToken
	}
	if subtle.ConstantTimeCompare(raw[:checksumSize], checksum(query, raw[checksumSize:])) != 1 {
		return Position{}, ErrToken
	}
	var p Position
	if err := json.Unmarshal(raw[checksumSize:], &p); err != nil || p.Skip < 0 {
		return Position{}, ErrToken
	}
	return p, nil
}

// checksum binds a payload to a query. It keeps tokens from being mixed up, and protects nothing that the caller may not see.
func checksum(query string, payload []byte) []byte {
	hash := sha256.New()
	hash.Write([]byte(query))
	hash.Write([]byte{0})
	hash.Write(payload)
	return hash.Sum(nil)[:checksumSize]
}
