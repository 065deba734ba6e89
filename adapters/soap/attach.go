package soap

import (
	"bytes"
	"context"
	"encoding/base64"
	"mime"
	"time"

	"github.com/postern-gateway/postern/adapters/soap/codec"
	"github.com/postern-gateway/postern/adapters/soap/multipart"
	"github.com/postern-gateway/postern/adapters/soap/transport"
	"github.com/postern-gateway/postern/adapters/soap/wsdl"
)

// protect signs and encrypts an envelope. What stands in MIME parts by MTOM is signed as if it stood in the envelope (XOP 1.0 section 3), so it stands there
// meanwhile; what is encrypted then stays there.
func (b *backend) protect(ctx context.Context, envelope []byte, attachments []codec.Attachment) ([]byte, []codec.Attachment, error) {
	included := make([]bool, len(attachments))
	for i, a := range attachments {
		inside := bytes.Replace(envelope, []byte(`<xop:Include href="cid:`+a.ContentID+`"/>`), base64Of(a.Data), 1)
		included[i] = len(inside) != len(envelope)
		envelope = inside
	}
	envelope, err := b.security.Protect(ctx, envelope, time.Now())
	if err != nil {
		return nil, nil, err
	}
	var outside []codec.Attachment
	for i, a := range attachments {
		if included[i] {
			before, after, found := bytes.Cut(envelope, append(append([]byte{'>'}, base64Of(a.Data)...), '<'))
			if !found {
				continue
			}
			include := `><xop:Include xmlns:xop="http://www.w3.org/2004/08/xop/include" href="cid:` + a.ContentID + `"/><`
			envelope = bytes.Join([][]byte{before, after}, []byte(include))
		}
		outside = append(outside, a)
	}
	return envelope, outside, nil
}

func base64Of(data []byte) []byte { return base64.StdEncoding.AppendEncode(nil, data) }

// attach makes a request a multipart message: with MTOM, or else as SOAP with attachments.
func attach(request *transport.Request, o *mappedOperation, attachments []codec.Attachment) error {
	parts := make([]multipart.Attachment, len(attachments))
	for i, a := range attachments {
		parts[i] = multipart.Attachment{ContentID: a.ContentID, ContentType: a.ContentType, Data: a.Data}
	}
	envelope, soapType, action := request.Body, "text/xml", ""
	if o.version == wsdl.SOAP12 {
		soapType, action = "application/soap+xml", o.operation.Action
	}
	var err error
	if o.writing.MTOM {
		request.ContentType, request.Body, err = multipart.WriteMTOM(envelope, soapType, action, parts)
	} else {
		parameters := map[string]string{"charset": "utf-8"}
		if action != "" {
			parameters["action"] = action
		}
		request.ContentType, request.Body, err = multipart.Write(envelope, mime.FormatMediaType(soapType, parameters), parts)
	}
	if err != nil {
		return unsendable(err)
	}
	if request.Shown != nil {
		request.Shown = bytes.Replace(request.Body, envelope, request.Shown, 1)
	}
	return nil
}
