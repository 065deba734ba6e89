package policy_test

import (
	"testing"

	"github.com/postern-gateway/postern/adapters/soap/document"
	"github.com/postern-gateway/postern/adapters/soap/policy"
	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

// FuzzRead makes sure that no policy is too strange to be read, and that everything that is demanded has a place.
func FuzzRead(f *testing.F) {
	for _, text := range []string{
		`<wsp:Policy wsu:Id="p"><wsp:ExactlyOne><wsp:All><wsam:Addressing/><wsp:PolicyReference URI="#p"/></wsp:All><x/></wsp:ExactlyOne></wsp:Policy>`,
		`<wsp:Policy><sp:TransportBinding><wsp:Policy><sp:TransportToken><wsp:Policy><sp:HttpsToken RequireClientCertificate="true"/></wsp:Policy></sp:TransportToken></wsp:Policy></sp:TransportBinding></wsp:Policy>`,
		`<wsp:Policy><sp:SignedParts><sp:Header Namespace="urn:x"/></sp:SignedParts><sp:AlgorithmSuite><wsp:Policy><sp:TripleDesSha256Rsa15/></wsp:Policy></sp:AlgorithmSuite></wsp:Policy>`,
	} {
		f.Add(text)
	}
	settings := &configv1.SoapBackend{Security: &configv1.SoapSecurity{Signature: &configv1.SoapSignature{}, Encryption: &configv1.SoapEncryption{}}}
	f.Fuzz(func(t *testing.T, text string) {
		d, err := document.Parse("test.wsdl", []byte("<definitions "+namespaces+">"+text+"</definitions>"), "")
		if err != nil {
			return
		}
		requirements := policy.Read(d.Root.Children)
		for _, requirement := range requirements.Demanded {
			if requirement.Position.Line == 0 || requirement.Kind == "" {
				t.Errorf("%v has no place", requirement)
			}
		}
		for _, note := range append(requirements.Notes(settings), requirements.Refusals()...) {
			if note.Text == "" || note.Position.Line == 0 {
				t.Errorf("%v says nothing, or has no place", note)
			}
		}
	})
}
