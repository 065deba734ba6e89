package batch

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
)

// querySize is how many bytes of a query's digest a page token holds.
const querySize = 8

// pageToken makes the token of the page behind an entry of an index. It holds the entry's key and not its place, so it is good for a newer
// snapshot too.
func pageToken(query, key []byte) string {
	digest := sha256.Sum256(query)
	return base64.RawURLEncoding.EncodeToString(append(digest[:querySize:querySize], key...))
}

// parsePageToken returns the key in a token that was made for the same query, of an index of this width.
func parsePageToken(token string, query []byte, width int) ([]byte, error) {
	decoded, err := base64.RawURLEncoding.DecodeString(token)
	digest := sha256.Sum256(query)
	if err != nil || len(decoded) != querySize+width || !bytes.Equal(decoded[:querySize], digest[:querySize]) {
		return nil, errPageToken
	}
	return decoded[querySize:], nil
}
