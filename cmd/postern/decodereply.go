package main

import (
	"bytes"
	"fmt"
	"io"
	"mime"
	"os"
	"strings"

	"github.com/postern-gateway/postern/adapters/soap/xmltoken"
)

// decodeWSDLReplyCommand is `postern decode wsdl-reply`.
type decodeWSDLReplyCommand struct {
	Estate      string `arg:"" help:"Directory of the estate." type:"existingdir"`
	Operation   string `arg:"" help:"BACKEND/Operation."`
	Reply       string `arg:"" name:"file" help:"The reply: an envelope, what stands in its body, or a multipart message; - reads standard input." default:"-"`
	ContentType string `help:"The reply's Content-Type, as the service sent it. A multipart message needs it." placeholder:"TYPE"`
}

// Help shows examples.
func (decodeWSDLReplyCommand) Help() string {
	return "Reads a reply as a call would, and prints it as JSON. A fault, or a reply that breaks its schema, is told with all that the log would say;\n" +
		"the exit code is 1 then.\n\n" +
		"Examples:\n\n  postern decode wsdl-reply ./estate counciltax/getAccount reply.xml\n\n" +
		"  curl -s ... | postern decode wsdl-reply ./estate counciltax/getAccount --content-type 'multipart/related; boundary=b'"
}

// Run implements the command.
func (c *decodeWSDLReplyCommand) Run(s *session) error {
	owner, name, err := splitMethod(c.Operation)
	if err != nil {
		return err
	}
	content, err := c.read()
	if err != nil {
		return fmt.Errorf("reading the reply: %w", err)
	}
	if mediaType, _, err := mime.ParseMediaType(c.ContentType); err != nil || !strings.HasPrefix(mediaType, "multipart/") {
		if content, err = enveloped(content, c.ContentType); err != nil {
			return fmt.Errorf("reading the reply: %w", err)
		}
	}
	return s.readReply(c.Estate, owner, name, c.ContentType, content)
}

func (c *decodeWSDLReplyCommand) read() ([]byte, error) {
	if c.Reply == "-" {
		return io.ReadAll(os.Stdin)
	}
	return os.ReadFile(c.Reply)
}

// enveloped returns an envelope as it is, and puts what stands in a body into one.
func enveloped(content []byte, contentType string) ([]byte, error) {
	_, parameters, _ := mime.ParseMediaType(contentType) // without one, the document itself says its encoding
	text, err := xmltoken.ToUTF8(content, parameters["charset"])
	if err != nil {
		return nil, err
	}
	if len(bytes.TrimSpace(text)) > 0 { // a body may be empty
		tokens := xmltoken.NewReader(text, xmltoken.Options{})
		if _, err := tokens.Next(); err != nil {
			return nil, err
		}
		if string(tokens.Local()) == "Envelope" {
			return content, nil
		}
		if err := tokens.Skip(); err != nil { // told here, where it has its own line and column
			return nil, err
		}
	}
	text = bytes.TrimSpace(bytes.TrimPrefix(text, []byte("\ufeff")))
	if bytes.HasPrefix(text, []byte("<?xml")) {
		_, text, _ = bytes.Cut(text, []byte("?>"))
	}
	const start, end = `<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body>`, `</soap:Body></soap:Envelope>`
	return bytes.Join([][]byte{[]byte(start), text, []byte(end)}, nil), nil
}
