package wss

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strings"

	"google.golang.org/grpc/codes"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/adapters/soap/xmltoken"
)

// maxAssertion bounds an assertion that a caller sends, in bytes of XML.
const maxAssertion = 64 << 10

// An assertion is where a SAML assertion comes from.
type assertion struct {
	fixed  string
	header string // name of the caller's header; "" if the assertion is fixed
}

func (r *settings) assertion() *assertion {
	config := r.config.GetSaml()
	if config == nil {
		return nil
	}
	if config.GetFromHeader() != "" {
		return &assertion{header: config.GetFromHeader()}
	}
	content := r.secret(config.GetAssertion(), "saml.assertion")
	if content == "" {
		return &assertion{} // said already
	}
	text, err := readAssertion([]byte(content))
	if err != nil {
		r.wrong("saml.assertion", "%v", err)
	}
	return &assertion{fixed: text}
}

// text returns the assertion of one request.
func (a *assertion) text(ctx context.Context) (string, error) {
	if a.header == "" {
		return a.fixed, nil
	}
	refuse := func(reason, message string, cause error) error {
		return &adapters.Error{Code: codes.Unauthenticated, Reason: reason, Message: message, Unsent: true, Cause: cause}
	}
	sent := adapters.CallerFrom(ctx).Header(a.header)
	if len(sent) == 0 {
		return "", refuse("SAML_ASSERTION_MISSING", "A SAML assertion is needed.", fmt.Errorf("the call has no header %s", a.header))
	}
	content, err := decodeAssertion(sent[0])
	if err == nil {
		var text string
		if text, err = readAssertion(content); err == nil {
			return text, nil
		}
	}
	return "", refuse("SAML_ASSERTION_INVALID", "The SAML assertion cannot be read.", err)
}

// decodeAssertion reads base64 or base64url, with or without padding.
func decodeAssertion(text string) ([]byte, error) {
	if len(text) > base64.StdEncoding.EncodedLen(maxAssertion) {
		return nil, fmt.Errorf("the assertion has more than %d bytes", maxAssertion)
	}
	text = strings.NewReplacer("-", "+", "_", "/", "=", "", " ", "", "\t", "").Replace(text)
	content, err := base64.RawStdEncoding.DecodeString(text)
	if err != nil {
		return nil, errors.New("the assertion is not base64")
	}
	return content, nil
}

// readAssertion makes sure that the text is one well-formed assertion of SAML 1.1 or 2.0 that stands for itself, and returns it as it is written, without what
// surrounds the element. Its signature then still holds, in another document too.
func readAssertion(content []byte) (string, error) {
	content = bytes.TrimPrefix(content, []byte("\ufeff"))
	tokens := xmltoken.NewReader(content, xmltoken.Options{})
	if _, err := tokens.Next(); err != nil {
		return "", unreadableAssertion(err)
	}
	if space := tokens.Space(); string(tokens.Local()) != "Assertion" || space != saml11Space && space != saml20Space {
		return "", fmt.Errorf("the element is {%s}%s, and no assertion of SAML 1.1 or 2.0", space, tokens.Local())
	}
	from := tokens.Offset()
	if err := tokens.Skip(); err != nil {
		return "", unreadableAssertion(err)
	}
	to := tokens.Offset() // of the end tag
	if _, err := tokens.Next(); !errors.Is(err, io.EOF) {
		return "", unreadableAssertion(err)
	}
	if to == from {
		return "", errors.New("the assertion is empty")
	}
	return string(content[from : to+bytes.IndexByte(content[to:], '>')+1]), nil
}

func unreadableAssertion(err error) error {
	return fmt.Errorf("the assertion is not well-formed XML: %w", err)
}
