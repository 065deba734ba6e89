package soap

import (
	"errors"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	"github.com/postern-gateway/postern/adapters"
	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

// FuzzReply holds that whatever a service answers becomes a message that can be sent on, or an error of the table in doc.go.
func FuzzReply(f *testing.F) {
	const related = `<S:Envelope xmlns:S="` + envelope12 + `" xmlns:a="` + addressing10 + `"><S:Header><a:RelatesTo>urn:uuid:1</a:RelatesTo></S:Header><S:Body>`
	locked := `<S:Fault><faultcode>S:Server</faultcode><faultstring xml:lang="de">x</faultstring><faultactor>urn:a</faultactor>` +
		`<detail><AccountLocked xmlns="urn:accounts"/></detail></S:Fault>`
	for _, body := range []string{
		envelope11With(closed), envelope11With(serverFault), envelope11With(locked), envelope11With(""), "<html><br></html>", "", "\xff\xfe<\x00",
		related + `<S:Fault><S:Code><S:Value>S:Sender</S:Value><S:Subcode><S:Value>a:ActionNotSupported</S:Value></S:Subcode></S:Code><S:Reason>` +
			`<S:Text xml:lang="en">x</S:Text></S:Reason><S:Role>urn:r</S:Role></S:Fault></S:Body></S:Envelope>`,
		`<?xml version="1.0" encoding="utf-16"?>` + envelope11With(closed),
	} {
		f.Add("text/xml", []byte(body))
	}
	f.Add("text/xml; charset=iso-8859-1", []byte(envelope11With("\xfc")))
	f.Add("multipart/related; boundary=b", []byte("--b\r\nContent-Type: text/xml\r\n\r\n"+envelope11With(closed)+"\r\n--b--\r\n"))
	b := openBackend(f, &configv1.SoapBackend{Kind: "soap", Wsdl: "accounts.wsdl"}).(*backend)
	f.Fuzz(func(t *testing.T, contentType string, body []byte) {
		for method := range b.operations {
			message, err := b.ReadReply(method, contentType, body)
			var refused *adapters.Error
			switch {
			case err == nil:
				if _, err := proto.Marshal(message); err != nil {
					t.Errorf("the message of %s cannot be sent on: %v", method, err)
				}
			case !errors.As(err, &refused) || refused.Code == codes.OK || refused.Code == codes.Unknown:
				t.Errorf("%s: the error is %v", method, err)
			}
		}
		relatesTo(body)
	})
}
