package soap

import (
	"errors"
	"strings"

	"github.com/google/uuid"

	"github.com/postern-gateway/postern/adapters/soap/wsdl"
	"github.com/postern-gateway/postern/adapters/soap/xmltoken"
	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

// The namespaces of WS-Addressing: the recommendation, and the submission of 2004/08.
const (
	addressing10   = "http://www.w3.org/2005/08/addressing"
	addressing2004 = "http://schemas.xmlsoap.org/ws/2004/08/addressing"
)

// An addressing says what the WS-Addressing headers of one operation's requests hold. It is made when the back end is opened.
type addressing struct {
	// before stands before the message id, and after behind it.
	before, after string
}

// newAddressing returns nil for an operation whose requests carry no such headers. demanded is the version that the WSDL asks for, or "".
func newAddressing(settings *configv1.SoapAddressing, demanded string, o *mappedOperation) *addressing {
	chosen := settings.GetVersion()
	if chosen == "off" || settings == nil && demanded == "" {
		return nil
	}
	space, anonymous := addressing10, addressing10+"/anonymous"
	if firstOf(chosen, demanded) == "2004/08" {
		space, anonymous = addressing2004, addressing2004+"/role/anonymous"
	}
	attributes := ` xmlns:wsa="` + space + `"` + blockAttributes(o.version, "", settings.GetMustUnderstand())
	block := func(name, content string) string {
		return "<wsa:" + name + attributes + ">" + content + "</wsa:" + name + ">"
	}
	address := func(name, uri string) string {
		return block(name, "<wsa:Address>"+escaper.Replace(uri)+"</wsa:Address>")
	}
	a := &addressing{
		before: block("Action", escaper.Replace(actionOf(o.operation))) + "<wsa:MessageID" + attributes + ">",
		after:  "</wsa:MessageID>" + block("To", escaper.Replace(firstOf(settings.GetTo(), o.endpoint))),
	}
	if !o.operation.OneWay {
		a.after += address("ReplyTo", anonymous)
	}
	if from := settings.GetFrom(); from != "" {
		a.after += address("From", from)
	}
	return a
}

// actionOf is the wsa:Action of an operation's requests (WS-Addressing 1.0 Metadata section 4.4).
func actionOf(operation *wsdl.Operation) string {
	return firstOf(operation.InputAction, operation.Action, operation.DefaultInputAction)
}

// newMessageID returns the id of one request.
func newMessageID() (string, error) {
	id, err := uuid.NewRandom()
	if err != nil {
		return "", err
	}
	return id.URN(), nil
}

// append appends the headers of the request with this message id.
func (a *addressing) append(out []byte, messageID string) []byte {
	out = append(append(out, a.before...), messageID...)
	return append(out, a.after...)
}

var errOtherReply = errors.New("the reply says in wsa:RelatesTo that it answers another request")

// answers reports whether a reply that relates to messages says that it answers this one. One that says nothing is believed.
func answers(relatesTo []string, messageID string) bool {
	for _, id := range relatesTo {
		if strings.TrimSpace(id) == messageID {
			return true
		}
	}
	return len(relatesTo) == 0
}

// relatesTo returns the ids of the messages that a reply says it answers.
func relatesTo(envelope []byte) []string {
	tokens := xmltoken.NewReader(envelope, xmltoken.Options{})
	if !descend(tokens, "Envelope", "Header") {
		return nil
	}
	var out []string
	for {
		local, err := nextChild(tokens)
		if err != nil || local == "" {
			return out
		}
		if local != "RelatesTo" || !isAddressing(tokens.Space()) {
			if tokens.Skip() != nil {
				return out
			}
			continue
		}
		id, err := textOf(tokens)
		if err != nil {
			return out
		}
		out = append(out, id)
	}
}

// textOf reads an element up to its end tag and returns its text.
func textOf(tokens *xmltoken.Reader) (string, error) {
	depth := tokens.Depth()
	var text strings.Builder
	for {
		kind, err := tokens.Next()
		switch {
		case err != nil:
			return "", err
		case kind == xmltoken.Text:
			text.Write(tokens.Text())
		case kind == xmltoken.End && tokens.Depth() == depth:
			return text.String(), nil
		}
	}
}

// isAddressing reports whether a namespace is one of WS-Addressing.
func isAddressing(space string) bool { return space == addressing10 || space == addressing2004 }
