package soap

import (
	"errors"
	"fmt"
	"io"

	"github.com/postern-gateway/postern/adapters/soap/codec"
	"github.com/postern-gateway/postern/adapters/soap/wsdl"
	"github.com/postern-gateway/postern/adapters/soap/xmltoken"
)

// The namespaces of SOAP envelopes.
const (
	envelope11 = "http://schemas.xmlsoap.org/soap/envelope/"
	envelope12 = "http://www.w3.org/2003/05/soap-envelope"
)

// writeEnvelope puts a body and the content of a header into an envelope.
func writeEnvelope(version wsdl.Version, header string, body *codec.Writer) []byte {
	namespace := envelope11
	if version == wsdl.SOAP12 {
		namespace = envelope12
	}
	content := body.Bytes()
	out := make([]byte, 0, len(content)+len(header)+512)
	out = append(out, `<?xml version="1.0" encoding="UTF-8"?><soap:Envelope xmlns:soap="`...)
	out = append(append(out, namespace...), '"')
	out = append(body.AppendNamespaces(out), '>')
	if header != "" {
		out = append(append(append(out, "<soap:Header>"...), header...), "</soap:Header>"...)
	}
	out = append(out, "<soap:Body"...)
	if style := body.EncodingStyle(); style != "" {
		out = append(append(append(out, ` soap:encodingStyle="`...), style...), '"')
	}
	out = append(append(out, '>'), content...)
	return append(out, "</soap:Body></soap:Envelope>"...)
}

var errNoEnvelope = errors.New("the reply is no SOAP envelope")

// openBody moves to the start tag of the body. If the body holds a fault, it returns the fault.
func openBody(tokens *xmltoken.Reader) (*fault, error) {
	if kind, err := tokens.Next(); err != nil || kind != xmltoken.Start {
		return nil, unreadable(err)
	}
	if string(tokens.Local()) != "Envelope" {
		return nil, errNoEnvelope
	}
	for {
		kind, err := tokens.Next()
		if err != nil {
			return nil, unreadable(err)
		}
		switch {
		case kind == xmltoken.End:
			return nil, errors.New("the envelope has no body")
		case kind == xmltoken.Text:
		case string(tokens.Local()) != "Body":
			if err := tokens.Skip(); err != nil {
				return nil, unreadable(err)
			}
		default:
			return firstInBody(tokens)
		}
	}
}

// firstInBody reads a fault, or leaves the tokens right behind the body's start tag.
func firstInBody(tokens *xmltoken.Reader) (*fault, error) {
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

func unreadable(err error) error {
	if err == nil || errors.Is(err, io.EOF) {
		return errNoEnvelope
	}
	return fmt.Errorf("reading the envelope: %w", err)
}
