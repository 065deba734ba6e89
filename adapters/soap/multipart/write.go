package multipart

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"strings"
)

// rootID is the Content-ID of the root part.
const rootID = "root@postern"

// Write makes a message of SOAP with Attachments: root is the envelope, and rootType its content type, such as text/xml; charset=utf-8. The result is
// the Content-Type header, and the body. Content-IDs are written in angle brackets; an attachment without content type is application/octet-stream.
func Write(root []byte, rootType string, attachments []Attachment) (contentType string, body []byte, err error) {
	name, _ := mediaType(rootType)
	return write(root, rootType, `type=`+quoted(name), attachments)
}

// WriteMTOM makes a message of MTOM (section 3) with XOP: soapType is text/xml for SOAP 1.1 and application/soap+xml for SOAP 1.2, whose action goes with
// the content type, unless it is empty. Otherwise it is as [Write].
func WriteMTOM(root []byte, soapType, action string, attachments []Attachment) (contentType string, body []byte, err error) {
	rootType := `application/xop+xml; charset=utf-8; type=` + quoted(soapType)
	parameters := `type="application/xop+xml"; start-info=` + quoted(soapType)
	if action != "" && soapType == "application/soap+xml" {
		rootType += `; action=` + quoted(action)
		parameters += `; action=` + quoted(action)
	}
	return write(root, rootType, parameters, attachments)
}

func write(root []byte, rootType, parameters string, attachments []Attachment) (string, []byte, error) {
	boundary := "postern-" + rand.Text() // 128 bits: no part holds it
	contentType := `multipart/related; ` + parameters + `; start="<` + rootID + `>"; boundary="` + boundary + `"`
	size := len(root) + 512
	for i := range attachments {
		size += len(attachments[i].Data) + len(attachments[i].ContentID) + len(attachments[i].ContentType) + len(attachments[i].Location) + 256
	}
	to := bytes.NewBuffer(make([]byte, 0, size))
	writePart(to, boundary, &Attachment{ContentID: rootID, ContentType: rootType, Data: root})
	for i := range attachments {
		a := &attachments[i]
		if strings.ContainsAny(a.ContentID+a.ContentType+a.Location, "\r\n\x00") || strings.ContainsAny(a.ContentID, "<>") {
			return "", nil, fmt.Errorf("attachment %d has a header that cannot be written", i+1)
		}
		writePart(to, boundary, a)
	}
	to.WriteString("--" + boundary + "--\r\n")
	if strings.ContainsAny(contentType+rootType, "\r\n\x00") {
		return "", nil, fmt.Errorf("the content type %q cannot be written", contentType)
	}
	return contentType, to.Bytes(), nil
}

func writePart(to *bytes.Buffer, boundary string, part *Attachment) {
	contentType := part.ContentType
	if contentType == "" {
		contentType = "application/octet-stream"
	}
	to.WriteString("--" + boundary + "\r\nContent-Type: " + contentType + "\r\nContent-Transfer-Encoding: binary\r\n")
	if part.ContentID != "" {
		to.WriteString("Content-ID: <" + part.ContentID + ">\r\n")
	}
	if part.Location != "" {
		to.WriteString("Content-Location: " + part.Location + "\r\n")
	}
	to.WriteString("\r\n")
	to.Write(part.Data)
	to.WriteString("\r\n")
}

// quoted writes a quoted string.
func quoted(text string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(text) + `"`
}
