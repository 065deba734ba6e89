package soap

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/postern-gateway/postern/adapters/soap/codec"
	"github.com/postern-gateway/postern/adapters/soap/document"
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
	out = append(out, "<soap:Body>"...)
	out = append(out, content...)
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

// A fault is a SOAP fault of either version. Its text is the legacy system's, and not for callers.
type fault struct {
	// code is the local name of the fault code: Client, Server, Sender, Receiver, ...
	code string
	// subcodes are the local names of SOAP 1.2's subcodes, outermost first.
	subcodes []string
	// space is the namespace of the code; a code of WS-Security stands here in SOAP 1.1.
	spaces []string
	text   string
	// detail names the elements in the detail.
	detail []document.Name
}

// Error tells the log what the legacy system said.
func (f *fault) Error() string {
	names := make([]string, len(f.detail))
	for i, name := range f.detail {
		names[i] = name.String()
	}
	return fmt.Sprintf("SOAP fault %s: %s [%s]", strings.Join(append([]string{f.code}, f.subcodes...), "/"), f.text, strings.Join(names, ", "))
}

// readFault reads the fault whose start tag is the current token.
func readFault(tokens *xmltoken.Reader) (*fault, error) {
	f := &fault{}
	depth := tokens.Depth()
	var text strings.Builder
	for {
		kind, err := tokens.Next()
		if err != nil {
			return nil, unreadable(err)
		}
		switch kind {
		case xmltoken.Text:
			text.Write(tokens.Text())
		case xmltoken.Start:
			text.Reset()
			if local := string(tokens.Local()); local == "detail" || local == "Detail" {
				if err := f.readDetail(tokens); err != nil {
					return nil, err
				}
			}
		case xmltoken.End:
			if tokens.Depth() == depth {
				return f, nil
			}
			f.part(string(tokens.Local()), strings.TrimSpace(text.String()), tokens)
			text.Reset()
		}
	}
}

// part takes in one leaf of a fault (SOAP 1.1 section 4.4; SOAP 1.2 part 1 section 5.4).
func (f *fault) part(name, text string, tokens *xmltoken.Reader) {
	switch name {
	case "faultcode", "Value":
		prefix, local, found := strings.Cut(text, ":")
		if !found {
			prefix, local = "", text
		}
		space, _ := tokens.Lookup(prefix)
		f.spaces = append(f.spaces, space)
		if f.code == "" {
			f.code = local
		} else {
			f.subcodes = append(f.subcodes, local)
		}
	case "faultstring", "Text":
		if f.text == "" {
			f.text = text
		}
	}
}

func (f *fault) readDetail(tokens *xmltoken.Reader) error {
	depth := tokens.Depth()
	for {
		kind, err := tokens.Next()
		if err != nil {
			return unreadable(err)
		}
		switch {
		case kind == xmltoken.Start:
			f.detail = append(f.detail, document.Name{Space: tokens.Space(), Local: string(tokens.Local())})
			if err := tokens.Skip(); err != nil {
				return unreadable(err)
			}
		case kind == xmltoken.End && tokens.Depth() == depth:
			return nil
		}
	}
}
