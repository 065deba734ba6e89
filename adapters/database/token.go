package database

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
)

// A position is where a page ends: after the row whose ordering values these are, or after a number of rows.
type position struct {
	// After holds the values as the engine compares them; nil is NULL.
	After [][]byte `json:"a,omitempty"`
	// Skip is the number of rows before the next page, where rows have no order of their own.
	Skip int64 `json:"s,omitempty"`
}

const checksumSize = 12

var errToken = errors.New("it was altered, or it belongs to another filter or order; start again without it")

// encode makes a page token that is good for the query only.
func (p position) encode(query string) (string, error) {
	payload, err := json.Marshal(p)
	if err != nil {
		return "", err
	}
	return base64.RawURLEncoding.EncodeToString(append(checksum(query, payload), payload...)), nil
}

// decodePosition reads a page token of the query.
func decodePosition(token, query string) (position, error) {
	raw, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(raw) < checksumSize {
		return position{}, errToken
	}
	if subtle.ConstantTimeCompare(raw[:checksumSize], checksum(query, raw[checksumSize:])) != 1 {
		return position{}, errToken
	}
	var p position
	if err := json.Unmarshal(raw[checksumSize:], &p); err != nil || p.Skip < 0 {
		return position{}, errToken
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
