package soap

import (
	"context"
	"errors"
	"fmt"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/postern-gateway/postern/adapters/soap/codec"
	"github.com/postern-gateway/postern/adapters/soap/multipart"
	"github.com/postern-gateway/postern/adapters/soap/transport"
	"github.com/postern-gateway/postern/adapters/soap/wsdl"
	"github.com/postern-gateway/postern/adapters/soap/xmltoken"
)

// The namespaces of SOAP envelopes.
const (
	envelope11 = "http://schemas.xmlsoap.org/soap/envelope/"
	envelope12 = "http://www.w3.org/2003/05/soap-envelope"
)

func envelopeNamespace(version wsdl.Version) string {
	if version == wsdl.SOAP12 {
		return envelope12
	}
	return envelope11
}

// envelopeMarkup is more than what an envelope holds beside its content, in bytes.
const envelopeMarkup = 512

// writeEnvelope puts a body into an envelope, with all header blocks but those that [wss.Security.Protect] adds.
func (b *backend) writeEnvelope(ctx context.Context, o *mappedOperation, body *codec.Writer, messageID string) ([]byte, error) {
	namespace := envelopeNamespace(o.version)
	security := ""
	if !b.security.Protects() {
		var err error
		if security, err = b.security.Header(ctx, namespace, time.Now()); err != nil {
			return nil, err
		}
	}
	content, blocks := body.Bytes(), body.Headers()
	out := make([]byte, 0, len(content)+len(blocks)+len(security)+envelopeMarkup)
	out = append(out, `<?xml version="1.0" encoding="UTF-8"?><soap:Envelope xmlns:soap="`...)
	out = append(append(out, namespace...), '"')
	out = append(body.AppendNamespaces(out), `><soap:Header>`...)
	empty := len(out)
	if o.addressing != nil {
		out = o.addressing.append(out, messageID)
	}
	out, err := b.headers.appendConfigured(ctx, out, o.version)
	if err != nil {
		return nil, err
	}
	out = append(append(out, blocks...), security...)
	if len(out) == empty {
		out = append(out[:empty-len(`<soap:Header>`)], `<soap:Body`...)
	} else {
		out = append(out, `</soap:Header><soap:Body`...)
	}
	if style := body.EncodingStyle(); style != "" {
		out = append(append(append(out, ` soap:encodingStyle="`...), style...), '"')
	}
	out = append(out, '>')
	out = append(out, content...)
	return append(out, `</soap:Body></soap:Envelope>`...), nil
}

// An unpacked reply is the XML of a reply, in UTF-8, and what came with it.
type unpacked struct {
	text []byte
	// message is nil if the reply came without MIME parts.
	message *multipart.Message
}

// unpack takes the MIME parts of a reply apart.
func unpack(reply *transport.Reply) (*unpacked, error) {
	d := &unpacked{}
	body, charset := reply.Body, reply.Charset
	if multipart.IsMultipart(reply.ContentType) {
		var err error
		if d.message, err = multipart.Parse(reply.ContentType, body); err != nil {
			return nil, err
		}
		body, charset = d.message.Root, d.message.Charset()
	}
	var err error
	d.text, err = xmltoken.ToUTF8(body, charset)
	return d, err
}

// find returns what finds attachments by their references; nil if there are none.
func (d *unpacked) find() func(reference string) ([]byte, bool) {
	if d.message == nil {
		return nil
	}
	return d.message.Find
}

// readEnvelope reads the reply of an operation. The error is a [fault] if the body holds one.
func (b *backend) readEnvelope(ctx context.Context, o *mappedOperation, d *unpacked) (proto.Message, codec.ReadReport, error) {
	tokens, _ := b.readers.Get().(*xmltoken.Reader)
	tokens.Reset(d.text, xmltoken.Options{})
	defer b.readers.Put(tokens)
	options := codec.ReadOptions{Context: ctx, Lenient: b.lenient, Attachments: d.find()}
	if d.message != nil {
		options.ContentType = d.message.ContentType
	}
	if err := openEnvelope(tokens); err != nil {
		return nil, codec.ReadReport{}, err
	}
	var headers proto.Message
	for {
		local, err := nextChild(tokens)
		switch {
		case err != nil:
			return nil, codec.ReadReport{}, unreadable(err)
		case local == "":
			return nil, codec.ReadReport{}, errors.New("the envelope has no body")
		case local == "Body":
			return b.readBody(o, d, tokens, options, headers)
		case local == "Header" && o.output != nil && o.output.Headers() != nil:
			options.Lenient = true // a header block that breaks its schema spoils no reply
			headers, _, err = o.output.Headers().Decode(tokens, options)
			options.Lenient = b.lenient
		default:
			err = tokens.Skip()
		}
		if err != nil {
			return nil, codec.ReadReport{}, unreadable(err)
		}
	}
}

// readBody reads the body, whose start tag is the current token.
func (b *backend) readBody(
	o *mappedOperation, d *unpacked, tokens *xmltoken.Reader, options codec.ReadOptions, headers proto.Message,
) (proto.Message, codec.ReadReport, error) {
	refused, err := faultIn(tokens)
	switch {
	case err != nil:
		return nil, codec.ReadReport{}, err
	case refused != nil:
		refused.message = faultDetail(o, d)
		return nil, codec.ReadReport{}, refused
	case o.output == nil:
		return nil, codec.ReadReport{}, nil
	}
	message, report, err := o.output.Decode(tokens, options)
	if err != nil {
		return nil, codec.ReadReport{}, err
	}
	message, err = o.output.Complete(message, headers, d.attachments())
	return message, report, err
}

// attachments are the MIME parts beside the envelope.
func (d *unpacked) attachments() []codec.Attachment {
	if d.message == nil {
		return nil
	}
	out := make([]codec.Attachment, len(d.message.Attachments))
	for i, a := range d.message.Attachments {
		out[i] = codec.Attachment{ContentID: a.ContentID, ContentType: a.ContentType, Data: a.Data}
	}
	return out
}

var errNoEnvelope = errors.New("it is no SOAP envelope")

// openEnvelope moves to the start tag of the envelope. The error is errNoEnvelope.
func openEnvelope(tokens *xmltoken.Reader) error {
	switch kind, err := tokens.Next(); {
	case err != nil:
		return fmt.Errorf("%w: %w", errNoEnvelope, err)
	case kind != xmltoken.Start || string(tokens.Local()) != "Envelope":
		return errNoEnvelope
	}
	return nil
}

// nextChild moves to the next child element of an open element and returns its local name, or "" at the end tag. What it held must have been read.
func nextChild(tokens *xmltoken.Reader) (string, error) {
	for {
		kind, err := tokens.Next()
		switch {
		case err != nil:
			return "", err
		case kind == xmltoken.Start:
			return string(tokens.Local()), nil
		case kind == xmltoken.End:
			return "", nil
		}
	}
}

// faultIn reads the fault in a body, whose start tag is the current token, or leaves the tokens right behind it.
func faultIn(tokens *xmltoken.Reader) (*fault, error) {
	for {
		kind, err := tokens.Next()
		switch {
		case err != nil:
			return nil, unreadable(err)
		case kind == xmltoken.Text:
			continue
		case kind == xmltoken.Start && string(tokens.Local()) == "Fault" && (tokens.Space() == envelope11 || tokens.Space() == envelope12):
			return readFault(tokens)
		}
		tokens.Unread()
		return nil, nil
	}
}

func unreadable(err error) error { return fmt.Errorf("reading the envelope: %w", err) }

// descend moves to the first element of these local names, each a child of the one before; the first is the root. It returns false if there is none.
func descend(tokens *xmltoken.Reader, names ...string) bool {
	if kind, err := tokens.Next(); err != nil || kind != xmltoken.Start || string(tokens.Local()) != names[0] {
		return false
	}
	for _, name := range names[1:] {
		for {
			local, err := nextChild(tokens)
			if err != nil || local == "" {
				return false
			}
			if local == name {
				break
			}
			if tokens.Skip() != nil {
				return false
			}
		}
	}
	return true
}
