package idempotency

import (
	"context"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/gateway/registry"
)

// Header is the name of the header that holds the key, in its canonical form. In gRPC metadata it is in lower case.
const Header = "Idempotency-Key"

// ReasonMalformed is the reason of a call whose key cannot be read.
const ReasonMalformed = "MALFORMED_IDEMPOTENCY_KEY"

// maxKey is how long a key may be, in characters.
const maxKey = 255

// Applies reports whether a method's calls may have a key: it may write, and is not idempotent by itself, neither by its idempotency_level nor as a PUT or DELETE
// (RFC 9110 section 9.2.2).
func Applies(method protoreflect.MethodDescriptor) bool {
	rule := registry.Rule(method)
	return registry.MethodOptions(method).GetIdempotencyLevel() == descriptorpb.MethodOptions_IDEMPOTENCY_UNKNOWN &&
		rule.GetGet() == "" && rule.GetPut() == "" && rule.GetDelete() == ""
}

// ParseKey reads the values of the header: one string of structured fields (RFC 9651 section 3.3.3) without parameters, or the same text without quotes. It has 1 to 255 visible
// characters of ASCII. No values are no key.
func ParseKey(values []string) (string, error) {
	if len(values) == 0 {
		return "", nil
	}
	key := values[0]
	if len(key) > 0 && key[0] == '"' {
		key = unquote(key)
	}
	if len(values) > 1 || key == "" || len(key) > maxKey || !isVisible(key) {
		const accepted = `it is one text of 1 to 255 visible characters of ASCII: "8e03978e-40d5-43e8-bc93-6894a57f9324"`
		e := adapters.Errorf(codes.InvalidArgument, ReasonMalformed, "The header %s cannot be read: %s.", Header, accepted)
		e.Violations = []adapters.Violation{{Field: Header, Description: accepted}}
		return "", e
	}
	return key, nil
}

// unquote returns what is between the quotes, or "" where the text is no string of structured fields.
func unquote(text string) string {
	var key []byte
	for i := 1; i < len(text); i++ {
		switch c := text[i]; {
		case c == '"' && i == len(text)-1:
			return string(key)
		case c == '"':
			return ""
		case c == '\\':
			if i++; i == len(text) || text[i] != '"' && text[i] != '\\' {
				return ""
			}
			key = append(key, text[i])
		default:
			key = append(key, c)
		}
	}
	return ""
}

func isVisible(key string) bool {
	for i := range len(key) {
		if key[i] <= ' ' || key[i] > '~' {
			return false
		}
	}
	return true
}

type keyKey struct{}

// WithKey returns a context in which [KeyFrom] finds the key.
func WithKey(ctx context.Context, key string) context.Context {
	return context.WithValue(ctx, keyKey{}, key)
}

// KeyFrom returns the call's key, or "".
func KeyFrom(ctx context.Context) string {
	key, _ := ctx.Value(keyKey{}).(string)
	return key
}
