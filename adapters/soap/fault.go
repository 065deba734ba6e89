package soap

import (
	"fmt"
	"strings"

	"google.golang.org/protobuf/proto"

	"github.com/postern-gateway/postern/adapters/soap/codec"
	"github.com/postern-gateway/postern/adapters/soap/document"
	"github.com/postern-gateway/postern/adapters/soap/xmltoken"
)

// A fault is a SOAP fault of either version (SOAP 1.1 section 4.4; SOAP 1.2 part 1 section 5.4). Its text is the legacy system's, and not for callers.
type fault struct {
	// codes are the fault code (Client, Server, Sender, Receiver, ...) and the subcodes of SOAP 1.2, outermost first.
	codes []document.Name
	// text is what the service says to people; in English, if it says it in several languages.
	text string
	// english is true once text is in English.
	english bool
	// actor is who failed: faultactor of SOAP 1.1, and the role or else the node of SOAP 1.2.
	actor string
	// detail names the elements in the detail.
	detail []document.Name
	// message is what the detail holds, if the WSDL declares it; else nil.
	message proto.Message
}

// Error tells the log what the legacy system said.
func (f *fault) Error() string {
	text := "SOAP fault " + strings.Join(f.codeNames(), "/") + ": " + f.text
	if f.actor != "" {
		text += " (from " + f.actor + ")"
	}
	names := make([]string, len(f.detail))
	for i, name := range f.detail {
		names[i] = name.String()
	}
	return fmt.Sprintf("%s [%s]", text, strings.Join(names, ", "))
}

// codeNames are the local names of the codes.
func (f *fault) codeNames() []string {
	out := make([]string, len(f.codes))
	for i, code := range f.codes {
		out[i] = code.Local
	}
	return out
}

// readFault reads the fault whose start tag is the current token.
func readFault(tokens *xmltoken.Reader) (*fault, error) {
	f := &fault{}
	depth := tokens.Depth()
	var text strings.Builder
	var language string
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
			language = languageOf(tokens)
			if isDetail(tokens) {
				if err := f.readDetail(tokens); err != nil {
					return nil, err
				}
			}
		case xmltoken.End:
			if tokens.Depth() == depth {
				return f, nil
			}
			f.part(tokens, strings.TrimSpace(text.String()), language)
			text.Reset()
		}
	}
}

func isDetail(tokens *xmltoken.Reader) bool {
	local := string(tokens.Local())
	return local == "detail" || local == "Detail"
}

func languageOf(tokens *xmltoken.Reader) string {
	for _, a := range tokens.Attributes() {
		if a.Space == xmltoken.XMLNamespace && string(a.Local) == "lang" {
			return string(a.Value)
		}
	}
	return ""
}

// part takes in one leaf of a fault, whose end tag is the current token.
func (f *fault) part(tokens *xmltoken.Reader, text, language string) {
	switch string(tokens.Local()) {
	case "faultcode", "Value":
		prefix, local, found := strings.Cut(text, ":")
		if !found {
			prefix, local = "", text
		}
		space, _ := tokens.Lookup(prefix)
		f.codes = append(f.codes, document.Name{Space: space, Local: local})
	case "faultstring", "Text":
		english := isEnglish(language)
		if f.text == "" || english && !f.english {
			f.text, f.english = text, english
		}
	case "faultactor", "Role":
		f.actor = text
	case "Node":
		if f.actor == "" {
			f.actor = text
		}
	}
}

// isEnglish reports whether a language tag (RFC 5646) is of English.
func isEnglish(language string) bool {
	primary, _, _ := strings.Cut(language, "-")
	return strings.EqualFold(primary, "en")
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

// faultDetail reads what a fault says by a declared fault: in its detail, or, of a header block that was refused, in the header (SOAP 1.1 section 4.4). It
// returns nil if there is nothing of that kind, or nothing that can be read: that spoils no fault.
func faultDetail(o *mappedOperation, d *unpacked) proto.Message {
	if o.faults == nil {
		return nil
	}
	for _, path := range [][]string{{"Envelope", "Body", "Fault", "detail"}, {"Envelope", "Body", "Fault", "Detail"}, {"Envelope", "Header"}} {
		tokens := xmltoken.NewReader(d.text, xmltoken.Options{})
		if !descend(tokens, path...) {
			continue
		}
		message, _, err := o.faults.Decode(tokens, codec.ReadOptions{Lenient: true})
		if err == nil && proto.Size(message) > 0 {
			return message
		}
	}
	return nil
}
