package soap

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"slices"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/emptypb"

	"github.com/postern-gateway/postern/adapters/soap/transport"
	"github.com/postern-gateway/postern/adapters/soap/xmltoken"
)

// A Wirer is a back end that can show what goes over the wire. Those of this package are.
type Wirer interface {
	// Render returns the envelope of a request and the HTTP header that it would be sent with, and sends nothing. Secrets are masked, and nothing is signed or
	// encrypted that is not signed or encrypted in a real request. With attachments it is a whole multipart message. The error is one that a call could return.
	Render(ctx context.Context, method protoreflect.FullName, request proto.Message) (envelope []byte, header http.Header, err error)
	// ReadReply reads the body of a reply that was received with this content type, "" for one that is not known. A fault is an error as it is in a call. What the
	// settings demand of the security of replies is not looked at.
	ReadReply(method protoreflect.FullName, contentType string, body []byte) (proto.Message, error)
}

var _ Wirer = (*backend)(nil)

type wireKey struct{}

// WithWire returns a context in which calls show every HTTP message, from one goroutine: start line, headers, an empty line and the body, with secrets masked.
// direction is "sent" or "received".
func WithWire(ctx context.Context, show func(direction string, data []byte)) context.Context {
	return context.WithValue(ctx, wireKey{}, show)
}

func wireOf(ctx context.Context) func(direction string, data []byte) {
	show, _ := ctx.Value(wireKey{}).(func(direction string, data []byte))
	return show
}

// Render implements [Wirer].
func (b *backend) Render(ctx context.Context, method protoreflect.FullName, request proto.Message) ([]byte, http.Header, error) {
	o, err := b.operation(method)
	if err != nil {
		return nil, nil, err
	}
	rendered, _, err := b.request(WithWire(ctx, func(string, []byte) {}), o, request)
	if err != nil {
		return nil, nil, err
	}
	return rendered.Shown, b.transport.Header(*rendered), nil
}

// ReadReply implements [Wirer].
func (b *backend) ReadReply(method protoreflect.FullName, contentType string, body []byte) (proto.Message, error) {
	o, err := b.operation(method)
	if err != nil {
		return nil, err
	}
	message, err := b.readReply(o, contentType, body)
	var refused *fault
	switch {
	case errors.As(err, &refused):
		return nil, b.faultError(refused, o, nil)
	case err != nil:
		return nil, unreadableReply(context.Background(), contentType, err)
	case message == nil:
		return &emptypb.Empty{}, nil
	}
	return message, nil
}

func (b *backend) readReply(o *mappedOperation, contentType string, body []byte) (proto.Message, error) {
	d, err := unpack(&transport.Reply{ContentType: contentType, Charset: charsetOf(contentType), Body: body})
	if err != nil {
		return nil, err
	}
	message, _, err := b.readEnvelope(context.Background(), o, d)
	return message, err
}

// charsetOf returns the charset parameter of a content type, or "".
func charsetOf(contentType string) string {
	_, parameters, err := mime.ParseMediaType(contentType)
	if err != nil {
		return ""
	}
	return parameters["charset"]
}

func (b *backend) operation(method protoreflect.FullName) (*mappedOperation, error) {
	if o := b.operations[method]; o != nil {
		return o, nil
	}
	return nil, fmt.Errorf("the back end has no method %s", method)
}

// mask stands where people are not shown a secret.
const mask = "***"

// secretElements hold what people are not shown, by namespace and local name.
var secretElements = map[string][]string{
	securityNamespace:                       {"Password", "Nonce"},
	"urn:oasis:names:tc:SAML:1.0:assertion": {"Assertion"},
	"urn:oasis:names:tc:SAML:2.0:assertion": {"Assertion", "EncryptedAssertion"},
}

// masked returns an envelope without its secrets: passwords and assertions in its header, and configured headers. The body is the caller's own: what it
// says is no secret to who sees it.
func (b *backend) masked(envelope []byte) []byte {
	out := make([]byte, 0, len(envelope))
	tokens := xmltoken.NewReader(envelope, xmltoken.Options{})
	from := 0
	for {
		kind, err := tokens.Next()
		if err != nil {
			break // it is at its end; we wrote it
		}
		if kind == xmltoken.Start && string(tokens.Local()) == "Body" && (tokens.Space() == envelope11 || tokens.Space() == envelope12) {
			break
		}
		if kind != xmltoken.Start || !slices.Contains(secretElements[tokens.Space()], string(tokens.Local())) {
			continue
		}
		inside := tokens.Offset() + bytes.IndexByte(envelope[tokens.Offset():], '>') + 1
		if err := tokens.Skip(); err != nil {
			break
		}
		if tokens.Offset() < inside {
			continue // it is empty
		}
		out = append(append(out, envelope[from:inside]...), mask...)
		from = tokens.Offset()
	}
	out = append(out, envelope[from:]...)
	for _, secret := range b.headers.secrets {
		out = bytes.ReplaceAll(out, []byte(secret), []byte(mask))
	}
	return out
}
