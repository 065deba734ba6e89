package mock

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"buf.build/go/protovalidate"

	"github.com/postern-gateway/postern/adapters/soap/codec"
	"github.com/postern-gateway/postern/adapters/soap/document"
	"github.com/postern-gateway/postern/adapters/soap/wsdl"
	"github.com/postern-gateway/postern/adapters/soap/xmltoken"
)

const (
	envelope11 = "http://schemas.xmlsoap.org/soap/envelope/"
	envelope12 = "http://www.w3.org/2003/05/soap-envelope"
	encoding11 = "http://schemas.xmlsoap.org/soap/encoding/"
	encoding12 = "http://www.w3.org/2003/05/soap-encoding"
)

// A received request.
type received struct {
	version wsdl.Version
	text    []byte // in UTF-8
	body    *document.Node
	// addressing is the namespace of WS-Addressing that the request uses, or "", and messageID and action what it says.
	addressing, messageID, action string
	// parts are the MIME parts beside the envelope, by Content-ID.
	parts map[string][]byte
}

// attachment returns the part that a reference names. One that is not there is taken as empty: what a mock is sent, nobody keeps.
func (r *received) attachment(reference string) ([]byte, bool) {
	id, err := url.PathUnescape(strings.TrimPrefix(reference, "cid:"))
	if err != nil {
		id = reference
	}
	return r.parts[id], true
}

// unpack takes a multipart message apart (RFC 2387): its root, the root's content type, and the other parts.
func unpack(contentType string, content []byte) (root []byte, rootType string, parts map[string][]byte, err error) {
	mediaType, parameters, _ := mime.ParseMediaType(contentType) // without one, the document itself says its encoding
	if !strings.HasPrefix(mediaType, "multipart/") {
		return content, contentType, nil, nil
	}
	parts = make(map[string][]byte)
	start := strings.Trim(parameters["start"], "<>")
	reader := multipart.NewReader(bytes.NewReader(content), parameters["boundary"])
	for {
		part, err := reader.NextPart()
		if errors.Is(err, io.EOF) {
			return root, rootType, parts, nil
		}
		if err != nil {
			return nil, "", nil, fmt.Errorf("reading its parts: %w", err)
		}
		data, err := io.ReadAll(part)
		if err != nil {
			return nil, "", nil, fmt.Errorf("reading its parts: %w", err)
		}
		id := strings.Trim(part.Header.Get("Content-ID"), "<>")
		if root == nil && (start == "" || start == id) {
			root, rootType = data, part.Header.Get("Content-Type")
			continue
		}
		parts[id] = data
	}
}

// receive takes an envelope apart. A DTD is refused (SOAP 1.1 section 3).
func receive(contentType string, content []byte) (*received, error) {
	root, rootType, parts, err := unpack(contentType, content)
	if err != nil {
		return nil, err
	}
	_, parameters, _ := mime.ParseMediaType(rootType) // as above
	text, err := xmltoken.ToUTF8(root, parameters["charset"])
	if err != nil {
		return nil, err
	}
	if _, err := xmltoken.NewReader(text, xmltoken.Options{}).Next(); err != nil {
		return nil, err
	}
	parsed, err := document.Parse("request", text, "UTF-8")
	if err != nil {
		return nil, err
	}
	out := &received{text: text, version: wsdl.SOAP11, parts: parts}
	switch parsed.Root.Name {
	case document.Name{Space: envelope11, Local: "Envelope"}:
	case document.Name{Space: envelope12, Local: "Envelope"}:
		out.version = wsdl.SOAP12
	default:
		return nil, fmt.Errorf("its root element is %s", parsed.Root.Name)
	}
	space := parsed.Root.Name.Space
	if header := parsed.Root.Child(document.Name{Space: space, Local: "Header"}); header != nil {
		for _, block := range header.Children {
			switch {
			case !strings.Contains(block.Name.Space, "/addressing"):
			case block.Name.Local == "MessageID":
				out.addressing, out.messageID = block.Name.Space, strings.TrimSpace(block.Text)
			case block.Name.Local == "Action":
				out.addressing, out.action = block.Name.Space, strings.TrimSpace(block.Text)
			}
		}
	}
	if out.body = parsed.Root.Child(document.Name{Space: space, Local: "Body"}); out.body == nil {
		return nil, errors.New("the envelope has no body")
	}
	return out, nil
}

// root names the first element in the body.
func (r *received) root() string {
	if len(r.body.Children) == 0 {
		return "an empty body"
	}
	return r.body.Children[0].Name.String()
}

// isFor reports whether the body is that of an operation's request.
func (r *received) isFor(o *operation) bool {
	var wanted document.Name
	switch {
	case o.RPC:
		wanted = document.Name{Space: o.Input.Namespace, Local: o.Name}
	case len(o.Input.Parts) == 0:
		return len(r.body.Children) == 0
	case o.Input.Parts[0].Element != nil:
		wanted = o.Input.Parts[0].Element.Name
	default:
		return len(r.body.Children) > 0 && r.body.Children[0].Name.Local == o.Input.Parts[0].Name
	}
	return len(r.body.Children) > 0 && r.body.Children[0].Name == wanted
}

// likeness says how well a body that is for an operation fits it: by its action, and by the parts of an rpc body.
func (r *received) likeness(o *operation, action string) int {
	likeness := 0
	if o.Action != "" && o.Action == action {
		likeness = 1
	}
	if o.RPC && slices.EqualFunc(r.body.Children[0].Children, o.Input.Parts, func(accessor *document.Node, part *wsdl.Part) bool {
		return accessor.Name.Local == part.Name
	}) {
		likeness += 2
	}
	return likeness
}

// check holds the request against the schema of an operation: it is read, held against the rules of its values, written again, and compared with what came.
func (r *received) check(o *operation) error {
	tokens := xmltoken.NewReader(r.text, xmltoken.Options{})
	for {
		kind, err := tokens.Next()
		if err != nil {
			return err
		}
		if kind == xmltoken.Start && tokens.Depth() == 2 && string(tokens.Local()) == "Body" {
			break
		}
	}
	message, report, err := o.input.Decode(tokens, codec.ReadOptions{Context: context.Background(), Attachments: r.attachment})
	if err != nil {
		return err
	}
	if report.Unexpected > 0 {
		return fmt.Errorf("%d elements are not known", report.Unexpected)
	}
	if o.Input.Encoded {
		return nil
	}
	if err := protovalidate.Validate(message); err != nil {
		return err
	}
	namespaces, content, err := encode(o.input, message)
	if err != nil {
		return explained(err)
	}
	again, err := document.Parse("request", slices.Concat([]byte("<Body"+namespaces+">"), content, []byte("</Body>")), "UTF-8")
	if err != nil {
		return err
	}
	return same(r.body, again.Root, "")
}

// same reports the first element that has another name or place than it should.
func same(got, wanted *document.Node, path string) error {
	for i := range max(len(got.Children), len(wanted.Children)) {
		switch {
		case i >= len(got.Children):
			return fmt.Errorf("%s: %s is missing", path, wanted.Children[i].Name)
		case i >= len(wanted.Children):
			return fmt.Errorf("%s: %s is not known here", path, got.Children[i].Name)
		case got.Children[i].Name != wanted.Children[i].Name:
			return fmt.Errorf("%s: %s stands where %s should", path, got.Children[i].Name, wanted.Children[i].Name)
		}
		if err := same(got.Children[i], wanted.Children[i], path+"/"+got.Children[i].Name.Local); err != nil {
			return err
		}
	}
	return nil
}

// texts are the texts of the request by the lower-case name of their element; the first of a name counts.
func (r *received) texts() map[string]string {
	out := make(map[string]string)
	var walk func(node *document.Node)
	walk = func(node *document.Node) {
		name := strings.ToLower(node.Name.Local)
		if _, known := out[name]; !known && len(node.Children) == 0 && strings.TrimSpace(node.Text) != "" {
			out[name] = strings.TrimSpace(node.Text)
		}
		for _, child := range node.Children {
			walk(child)
		}
	}
	walk(r.body)
	return out
}

// holds reports whether all these texts stand in the request, by name or by path.
func (r *received) holds(wanted map[string]string) bool {
	found := make(map[string]bool)
	var walk func(node *document.Node, path string)
	walk = func(node *document.Node, path string) {
		text := strings.TrimSpace(node.Text)
		for _, key := range []string{node.Name.Local, strings.TrimPrefix(path, "/")} {
			if value, asked := wanted[key]; asked && value == text && len(node.Children) == 0 {
				found[key] = true
			}
		}
		for _, child := range node.Children {
			walk(child, path+"/"+child.Name.Local)
		}
	}
	for _, root := range r.body.Children {
		walk(root, "")
	}
	return len(found) == len(wanted)
}

func writeEnvelope(w http.ResponseWriter, request *received, status int, namespaces, style string, body []byte) {
	space, contentType := envelope11, "text/xml; charset=utf-8"
	version := wsdl.SOAP11
	if request != nil {
		version = request.version
	}
	if version == wsdl.SOAP12 {
		space, contentType = envelope12, "application/soap+xml; charset=utf-8"
	}
	w.Header().Set("Content-Type", contentType)
	w.WriteHeader(status)
	var header string
	if request != nil && request.messageID != "" {
		header = `<soap:Header xmlns:wsa="` + escape(request.addressing) + `"><wsa:Action>` + escape(request.action) + `Response</wsa:Action><wsa:RelatesTo>` +
			escape(request.messageID) + `</wsa:RelatesTo></soap:Header>`
	}
	_, _ = fmt.Fprintf(w, `<?xml version="1.0" encoding="UTF-8"?><soap:Envelope xmlns:soap="%s"%s>%s<soap:Body%s>%s</soap:Body></soap:Envelope>`,
		space, namespaces, header, style, body) // a client that went away is no error of ours
}

// writeFault sends a fault (SOAP 1.1 section 4.4; SOAP 1.2 part 1 section 5.4, and part 2 table 20 for the status).
func writeFault(w http.ResponseWriter, version wsdl.Version, f *Fault, request *received) {
	code, detail := f.Code, ""
	if code == "" {
		code = "Server"
	}
	if version == wsdl.SOAP12 {
		status := http.StatusInternalServerError
		switch code {
		case "Client":
			code, status = "Sender", http.StatusBadRequest
		case "Server":
			code = "Receiver"
		}
		if f.Detail != "" {
			detail = "<soap:Detail>" + f.Detail + "</soap:Detail>"
		}
		writeEnvelope(w, request, status, "", "", []byte(`<soap:Fault><soap:Code><soap:Value>soap:`+escape(code)+`</soap:Value></soap:Code><soap:Reason><soap:Text xml:lang="en">`+
			escape(f.Text)+`</soap:Text></soap:Reason>`+detail+`</soap:Fault>`))
		return
	}
	if f.Detail != "" {
		detail = "<detail>" + f.Detail + "</detail>"
	}
	writeEnvelope(w, request, http.StatusInternalServerError, "", "", []byte(`<soap:Fault><faultcode>soap:`+escape(code)+`</faultcode><faultstring>`+
		escape(f.Text)+`</faultstring>`+detail+`</soap:Fault>`))
}
