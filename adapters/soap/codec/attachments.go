package codec

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"mime"
	"strconv"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/postern-gateway/postern/adapters/mirror"
	"github.com/postern-gateway/postern/adapters/soap/wsdl"
	"github.com/postern-gateway/postern/adapters/soap/xsd"
)

// An Attachment is a MIME part beside the envelope.
type Attachment struct {
	// ContentID is without brackets.
	ContentID   string
	ContentType string
	Data        []byte
}

// A boundAttachment is a part of a message that is a MIME part (WSDL 1.1 section 5).
type boundAttachment struct {
	field *field
	part  string
	types []string
	data  []byte // once bound
}

// mediaType is the attribute that says what binary content is (Describing Media Content of Binary Data in XML, section 2).
var mediaType = xsd.Name{Space: "http://www.w3.org/2005/05/xmlmime", Local: "contentType"}

// attachmentReference is the type of elements that refer to an attachment (Attachments Profile 1.0 section 4.4).
var attachmentReference = xsd.Name{Space: "http://ws-i.org/profiles/basic/1.1/xsd", Local: "swaRef"}

const anyContent = "application/octet-stream"

// addAttachments adds a bytes field for each MIME part.
func (m *Mapper) addAttachments(b *Body, attachments []*wsdl.Attachment) {
	for _, attachment := range attachments {
		comment := "A MIME part beside the SOAP envelope."
		if len(attachment.Types) > 0 {
			comment = "A MIME part beside the SOAP envelope: " + strings.Join(attachment.Types, ", ") + "."
		}
		f := &field{mirror: b.plan.message.Field(mirror.Field{
			Original: attachment.Part.Name, Comment: comment, Type: mirror.Bytes, Optional: true,
		})}
		b.plan.extra = append(b.plan.extra, f)
		b.attachments = append(b.attachments, &boundAttachment{field: f, part: attachment.Part.Name, types: attachment.Types})
	}
}

// attach collects the MIME parts of a message.
func (b *Body) attach(w *Writer, m protoreflect.Message) {
	for _, bound := range b.attachments {
		if !m.Has(bound.field.fd) {
			continue
		}
		contentType := anyContent
		if len(bound.types) > 0 && !strings.Contains(bound.types[0], "*") {
			contentType = bound.types[0]
		}
		// The part's name comes first in the Content-ID (Attachments Profile 1.0 section 3.8).
		w.attachment(bound.part+"=", contentType, m.Get(bound.field.fd).Bytes())
	}
}

// bind finds the MIME parts that the message is bound to: by the part's name in the Content-ID, else in order.
func (b *Body) bind(attachments []Attachment) []boundAttachment {
	if len(b.attachments) == 0 || len(attachments) == 0 {
		return nil
	}
	taken := make([]bool, len(attachments))
	found := make([]int, len(b.attachments))
	for i, bound := range b.attachments {
		found[i] = -1
		for j, attachment := range attachments {
			if !taken[j] && strings.HasPrefix(attachment.ContentID, bound.part+"=") {
				found[i], taken[j] = j, true
				break
			}
		}
	}
	var out []boundAttachment
	next := 0
	for i, bound := range b.attachments {
		for ; found[i] < 0 && next < len(attachments); next++ {
			if !taken[next] && !strings.Contains(attachments[next].ContentID, "=") {
				found[i], taken[next] = next, true
			}
		}
		if found[i] >= 0 {
			complete := *bound
			complete.data = attachments[found[i]].Data
			out = append(out, complete)
		}
	}
	return out
}

// Attachments returns the MIME parts that go with the body, in the order in which it refers to them.
func (w *Writer) Attachments() []Attachment { return w.attachments }

// attachment adds a MIME part, and returns its Content-ID.
func (w *Writer) attachment(prefix, contentType string, data []byte) string {
	if w.boundary == "" {
		w.boundary = rand.Text() // Content-IDs are unique in the world (RFC 2392)
	}
	id := prefix + strconv.Itoa(len(w.attachments)+1) + "." + w.boundary + "@postern"
	w.attachments = append(w.attachments, Attachment{ContentID: id, ContentType: contentType, Data: data})
	return id
}

// include writes binary content as a reference to an attachment (XOP 1.0 section 3.1), if it is sent as one.
func (w *Writer) include(data []byte) bool {
	if !w.options.MTOM || w.quoted || len(data) < w.options.Threshold || len(data) == 0 {
		return false
	}
	contentType := w.contentType
	if contentType == "" {
		contentType = anyContent
	}
	w.used[xopSpace] = true
	w.buffer = append(w.buffer, `<xop:Include href="cid:`...)
	w.buffer = append(w.buffer, w.attachment("", contentType, data)...)
	w.buffer = append(w.buffer, `"/>`...)
	return true
}

const dataScheme = "data:"

// reference writes the address of an attachment that a data URL holds (RFC 2397), or another address as it is.
func (w *Writer) reference(address string) error {
	if !strings.HasPrefix(address, dataScheme) {
		return w.escape(address)
	}
	kind, content, found := strings.Cut(address[len(dataScheme):], ",")
	contentType, encoded := strings.CutSuffix(kind, ";base64")
	if !found || !encoded {
		return errors.New("data:TYPE;base64,CONTENT is accepted")
	}
	data, err := base64.StdEncoding.DecodeString(content)
	if err != nil {
		return errors.New("its content is no base64")
	}
	if _, _, err := mime.ParseMediaType(contentType); err != nil {
		contentType = anyContent
	}
	w.buffer = append(append(w.buffer, "cid:"...), w.attachment("", contentType, data)...)
	return nil
}

// address reads the address of an attachment as a data URL, or as it is if there is no such attachment.
func (d *decoder) address(address []byte) string {
	if d.options.Attachments != nil {
		if content, ok := d.options.Attachments(string(address)); ok {
			return dataScheme + d.contentType(string(address)) + ";base64," + base64.StdEncoding.EncodeToString(content)
		}
	}
	return string(address)
}

// contentType is that of an attachment as it can stand in a data URL, without parameters.
func (d *decoder) contentType(address string) string {
	if d.options.ContentType != nil {
		if contentType, _, err := mime.ParseMediaType(d.options.ContentType(address)); err == nil {
			return contentType
		}
	}
	return anyContent
}
