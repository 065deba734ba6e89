package policy_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/postern-gateway/postern/adapters/soap/document"
	"github.com/postern-gateway/postern/adapters/soap/policy"
	"github.com/postern-gateway/postern/adapters/soap/wsdl"
	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

const namespaces = `xmlns:wsp="http://schemas.xmlsoap.org/ws/2004/09/policy" xmlns:p15="http://www.w3.org/ns/ws-policy" xmlns:sp11="http://schemas.xmlsoap.org/ws/2005/07/securitypolicy"
 xmlns:sp="http://docs.oasis-open.org/ws-sx/ws-securitypolicy/200702" xmlns:sp13="http://docs.oasis-open.org/ws-sx/ws-securitypolicy/200802" xmlns:wsam="http://www.w3.org/2007/05/addressing/metadata"
 xmlns:wsaw="http://www.w3.org/2006/05/addressing/wsdl" xmlns:wsap="http://schemas.xmlsoap.org/ws/2004/08/addressing/policy" xmlns:wsdl="http://schemas.xmlsoap.org/wsdl/"
 xmlns:wsoma="http://schemas.xmlsoap.org/ws/2004/09/policy/optimizedmimeserialization" xmlns:http="http://schemas.microsoft.com/ws/06/2004/policy/http"
 xmlns:rm11="http://docs.oasis-open.org/ws-rx/wsrmp/200702" xmlns:rm10="http://schemas.xmlsoap.org/ws/2005/02/rm/policy" xmlns:bin="http://schemas.microsoft.com/ws/06/2004/mspolicy/netbinary1"
 xmlns:wsu="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"`

// read reads the children of a document.
func read(t *testing.T, text string) policy.Requirements {
	t.Helper()
	d, err := document.Parse("test.wsdl", []byte("<definitions "+namespaces+">\n"+text+"</definitions>"), "")
	if err != nil {
		t.Fatal(err)
	}
	return policy.Read(d.Root.Children)
}

// summary writes requirements down, one to a line.
func summary(r policy.Requirements) string {
	var lines []string
	line := func(what string, requirement policy.Requirement) {
		lines = append(lines, strings.TrimRight(fmt.Sprintf("%s %s %s", what, requirement.Kind, requirement.Value), " "))
	}
	for _, requirement := range r.Demanded {
		line("demanded", requirement)
	}
	for _, requirement := range r.Optional {
		line("optional", requirement)
	}
	for _, choice := range r.Choices {
		for i, alternative := range choice.Alternatives {
			for _, requirement := range alternative {
				line(fmt.Sprintf("alternative %d", i+1), requirement)
			}
		}
	}
	for _, unknown := range r.Unknown {
		lines = append(lines, "unknown "+unknown.Name.String())
	}
	return strings.Join(lines, "\n")
}

func TestRead(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ text, want string }{
		"nothing":              {`<wsp:Policy/>`, ""},
		"addressing 1.0":       {`<wsp:Policy><wsam:Addressing><wsp:Policy><wsam:AnonymousResponses/></wsp:Policy></wsam:Addressing></wsp:Policy>`, "demanded WS-Addressing 1.0"},
		"addressing of 2004":   {`<wsp:Policy><wsap:UsingAddressing/></wsp:Policy>`, "demanded WS-Addressing 2004/08"},
		"extension, required":  {`<wsaw:UsingAddressing wsdl:required="true"/>`, "demanded WS-Addressing 1.0"},
		"extension, or not":    {`<wsaw:UsingAddressing wsdl:required="false"/>`, "optional WS-Addressing 1.0"},
		"optional":             {`<wsp:Policy><wsam:Addressing wsp:Optional="true"/></wsp:Policy>`, "optional WS-Addressing 1.0"},
		"not optional":         {`<p15:Policy><wsam:Addressing p15:Optional="false"/></p15:Policy>`, "demanded WS-Addressing 1.0"},
		"ignorable":            {`<p15:Policy><x:y xmlns:x="urn:x" p15:Ignorable="true"/></p15:Policy>`, ""},
		"MTOM":                 {`<wsp:Policy><wsp:ExactlyOne><wsp:All><wsoma:OptimizedMimeSerialization/></wsp:All></wsp:ExactlyOne></wsp:Policy>`, "demanded MTOM"},
		"twice":                {`<wsp:Policy><wsoma:OptimizedMimeSerialization/></wsp:Policy><wsp:Policy><wsoma:OptimizedMimeSerialization/></wsp:Policy>`, "demanded MTOM"},
		"reliable messaging":   {`<wsp:Policy><rm11:RMAssertion/></wsp:Policy>`, "demanded WS-ReliableMessaging"},
		"HTTP authentication":  {`<wsp:Policy><http:BasicAuthentication/></wsp:Policy>`, "demanded HTTP basic authentication"},
		"binary encoding":      {`<wsp:Policy><bin:BinaryEncoding/></wsp:Policy>`, "demanded Microsoft's binary encoding"},
		"unknown":              {`<wsp:Policy><x:y xmlns:x="urn:x"/></wsp:Policy>`, "unknown {urn:x}y"},
		"unknown of security":  {`<wsp:Policy><sp:RelToken/></wsp:Policy>`, "unknown {http://docs.oasis-open.org/ws-sx/ws-securitypolicy/200702}RelToken"},
		"about, and no part":   {`<wsp:Policy><wsp:AppliesTo><wsam:Addressing/></wsp:AppliesTo></wsp:Policy>`, ""},
		"reference":            {`<wsp:Policy><wsp:ExactlyOne><wsp:All><wsp:PolicyReference URI="#p"/></wsp:All></wsp:ExactlyOne></wsp:Policy><x><wsp:Policy wsu:Id="p"><wsam:Addressing/></wsp:Policy></x>`, "demanded WS-Addressing 1.0\nunknown x"},
		"reference to itself":  {`<wsp:Policy wsu:Id="p"><wsam:Addressing/><wsp:PolicyReference URI="#p"/></wsp:Policy>`, "demanded WS-Addressing 1.0"},
		"reference to nothing": {`<wsp:Policy><wsp:PolicyReference URI="#p"/><wsp:PolicyReference URI="other.xml#p"/></wsp:Policy>`, ""},
		"a choice": {
			`<wsp:Policy><wsp:ExactlyOne><wsp:All><wsam:Addressing/><http:BasicAuthentication/></wsp:All><wsp:All><http:DigestAuthentication/><wsam:Addressing/></wsp:All></wsp:ExactlyOne></wsp:Policy>`,
			"demanded WS-Addressing 1.0\nalternative 1 HTTP basic authentication\nalternative 2 HTTP digest authentication",
		},
		"a choice of nothing": {`<wsp:Policy><wsp:ExactlyOne><wsp:All/><wsp:All><x:y xmlns:x="urn:x"/></wsp:All></wsp:ExactlyOne></wsp:Policy>`, "alternative 2 {urn:x}y"},
		"the same in all":     {`<wsp:Policy><wsp:ExactlyOne><wsam:Addressing/><wsam:Addressing/></wsp:ExactlyOne></wsp:Policy>`, "demanded WS-Addressing 1.0"},
		"transport": {
			`<wsp:Policy><sp:TransportBinding><wsp:Policy><sp:TransportToken><wsp:Policy><sp:HttpsToken><wsp:Policy><sp:RequireClientCertificate/><sp:HttpDigestAuthentication/></wsp:Policy></sp:HttpsToken></wsp:Policy></sp:TransportToken>
			<sp:AlgorithmSuite><wsp:Policy><sp:Basic128Rsa15/></wsp:Policy></sp:AlgorithmSuite><sp:Layout><wsp:Policy><sp:Lax/></wsp:Policy></sp:Layout><sp:IncludeTimestamp/></wsp:Policy></sp:TransportBinding>
			<sp:SignedSupportingTokens><wsp:Policy><sp:UsernameToken><wsp:Policy><sp:HashPassword/></wsp:Policy></sp:UsernameToken></wsp:Policy></sp:SignedSupportingTokens><sp:Wss11><wsp:Policy/></sp:Wss11></wsp:Policy>`,
			"demanded HTTPS\ndemanded a client certificate\ndemanded HTTP digest authentication\ndemanded the algorithm suite Basic128Rsa15\ndemanded a Timestamp\ndemanded a UsernameToken digest",
		},
		"transport of 2005": {
			`<wsp:Policy><sp11:TransportBinding><wsp:Policy><sp11:TransportToken><wsp:Policy><sp11:HttpsToken RequireClientCertificate="true"/></wsp:Policy></sp11:TransportToken></wsp:Policy></sp11:TransportBinding></wsp:Policy>`,
			"demanded HTTPS\ndemanded a client certificate",
		},
		"asymmetric": {
			`<wsp:Policy><sp13:AsymmetricBinding><p15:Policy><sp13:InitiatorToken><p15:Policy><sp13:X509Token/></p15:Policy></sp13:InitiatorToken><sp13:RecipientToken><p15:Policy><sp13:X509Token/></p15:Policy></sp13:RecipientToken>
			<sp13:AlgorithmSuite><p15:Policy><sp13:Basic256Sha256/></p15:Policy></sp13:AlgorithmSuite><sp13:EncryptSignature/><sp13:EncryptBeforeSigning/></p15:Policy></sp13:AsymmetricBinding>
			<sp13:SignedParts><sp13:Body/><sp13:Header Name="To" Namespace="http://www.w3.org/2005/08/addressing"/><sp13:Header Name="S" Namespace="urn:s"/></sp13:SignedParts><sp13:EncryptedParts><sp13:Body/></sp13:EncryptedParts></wsp:Policy>`,
			"demanded the algorithm suite Basic256Sha256\ndemanded encrypted parts Signature\ndemanded encryption before the signature\ndemanded a signature\ndemanded signed parts Body\n" +
				"demanded signed parts Addressing\ndemanded signed parts {urn:s}S\ndemanded encryption\ndemanded encrypted parts Body",
		},
		"symmetric": {
			`<wsp:Policy><sp:SymmetricBinding><wsp:Policy><sp:ProtectionToken><wsp:Policy><sp:SecureConversationToken/></wsp:Policy></sp:ProtectionToken></wsp:Policy></sp:SymmetricBinding><sp:SignedParts/></wsp:Policy>`,
			"demanded a symmetric binding\ndemanded signed parts Body",
		},
		"tokens": {
			`<wsp:Policy><sp:SupportingTokens><wsp:Policy><sp:SamlToken><wsp:Policy><sp:WssSamlV11Token11/></wsp:Policy></sp:SamlToken><sp:KerberosToken/></wsp:Policy></sp:SupportingTokens>
			<sp:EndorsingSupportingTokens><wsp:Policy><sp:X509Token/></wsp:Policy></sp:EndorsingSupportingTokens></wsp:Policy>`,
			"demanded a SAML assertion 1.1\ndemanded a Kerberos token\ndemanded a signature",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := summary(read(t, test.text)); got != test.want {
				t.Errorf("got\n%s\nwant\n%s", got, test.want)
			}
		})
	}
}

func TestNotes(t *testing.T) {
	t.Parallel()
	const (
		secure   = `<wsp:Policy><sp:TransportBinding><wsp:Policy><sp:TransportToken><wsp:Policy><sp:HttpsToken/></wsp:Policy></sp:TransportToken></wsp:Policy></sp:TransportBinding></wsp:Policy>`
		username = `<wsp:Policy><sp:SupportingTokens><wsp:Policy><sp:UsernameToken><wsp:Policy><sp:HashPassword/></wsp:Policy></sp:UsernameToken></wsp:Policy></sp:SupportingTokens></wsp:Policy>`
		choice   = `<wsp:Policy><wsp:ExactlyOne><http:BasicAuthentication/><http:NtlmAuthentication/></wsp:ExactlyOne></wsp:Policy>`
		signed   = `<wsp:Policy><sp:AsymmetricBinding><wsp:Policy><sp:AlgorithmSuite><wsp:Policy><sp:Basic128/></wsp:Policy></sp:AlgorithmSuite></wsp:Policy></sp:AsymmetricBinding>` +
			`<sp:SignedParts><sp:Header Name="S" Namespace="urn:s"/></sp:SignedParts><sp:EncryptedParts/></wsp:Policy>`
	)
	for name, test := range map[string]struct {
		text     string
		settings *configv1.SoapBackend
		want     []string
	}{
		"nothing given": {
			username, &configv1.SoapBackend{},
			[]string{"test.wsdl:7:46: the policy demands a UsernameToken with a digest of the password, and the settings give none: security.username_token"},
		},
		"plain password": {
			username, &configv1.SoapBackend{Security: &configv1.SoapSecurity{UsernameToken: &configv1.SoapUsernameToken{}}},
			[]string{"test.wsdl:7:46: the policy demands a UsernameToken with a digest of the password, and security.username_token.digest is not true"},
		},
		"digest given":   {username, &configv1.SoapBackend{Security: &configv1.SoapSecurity{UsernameToken: &configv1.SoapUsernameToken{Digest: true}}}, nil},
		"https":          {secure, &configv1.SoapBackend{Endpoint: "https://x"}, nil},
		"no https":       {secure, &configv1.SoapBackend{Endpoint: "http://x"}, []string{"test.wsdl:7:77: the policy demands HTTPS, and endpoint is not https"}},
		"choice":         {choice, &configv1.SoapBackend{}, []string{"test.wsdl:7:13: the policy demands one of several, and the settings give none of them: HTTP basic authentication; or NTLM authentication"}},
		"choice is met":  {choice, &configv1.SoapBackend{Security: &configv1.SoapSecurity{Ntlm: &configv1.SoapNtlmAuth{}}}, nil},
		"addressing":     {`<wsp:Policy><wsam:Addressing/></wsp:Policy>`, &configv1.SoapBackend{}, nil},
		"addressing off": {`<wsp:Policy><wsam:Addressing/></wsp:Policy>`, &configv1.SoapBackend{Addressing: &configv1.SoapAddressing{Version: "off"}}, []string{"test.wsdl:7:13: the policy demands WS-Addressing 1.0, and addressing.version turns it off"}},
		"inline":         {`<wsp:Policy><wsoma:OptimizedMimeSerialization/></wsp:Policy>`, &configv1.SoapBackend{Attachments: "inline"}, []string{"test.wsdl:7:13: the policy demands MTOM, and attachments says inline"}},
		"unknown":        {`<wsp:Policy><x:y xmlns:x="urn:x"/></wsp:Policy>`, &configv1.SoapBackend{}, []string{"test.wsdl:7:13: the policy demands {urn:x}y, which is not known"}},
		"refused":        {`<wsp:Policy><rm10:RMAssertion/></wsp:Policy>`, &configv1.SoapBackend{}, nil},
		"signature": {
			signed, &configv1.SoapBackend{Security: &configv1.SoapSecurity{TimestampSeconds: proto.Uint32(1), Signature: &configv1.SoapSignature{}, Encryption: &configv1.SoapEncryption{}}},
			[]string{
				"test.wsdl:7:78: the policy demands the algorithm suite Basic128, and security.signature.digest is sha256 instead of sha1, security.encryption.algorithm is aes256-cbc instead of aes128-cbc",
				"test.wsdl:7:177: the policy demands that {urn:s}S is signed, and security.signature.parts has it not",
			},
		},
		"as the suite says": {
			signed, &configv1.SoapBackend{Security: &configv1.SoapSecurity{
				Signature: &configv1.SoapSignature{Digest: "sha1", Parts: []string{"Body", "{urn:s}S"}}, Encryption: &configv1.SoapEncryption{Algorithm: "aes128-cbc"},
			}}, nil,
		},
		"parts over https": {secure + `<wsp:Policy><sp:SignedParts/><sp:EncryptedParts/></wsp:Policy>`, &configv1.SoapBackend{}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := printed(read(t, test.text).Notes(test.settings)); !slices.Equal(got, test.want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(test.want, "\n"))
			}
		})
	}
}

// printed are notes as text.
func printed(notes []policy.Note) []string {
	var out []string
	for _, note := range notes {
		out = append(out, note.Position.String()+": "+note.Text)
	}
	return out
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`<wsp:Policy><rm10:RMAssertion/></wsp:Policy>`:                                                                     "test.wsdl:7:13: the policy demands WS-ReliableMessaging, which is not spoken: the gateway sends each request once",
		`<wsp:Policy><rm11:RMAssertion p15:Optional="true"/></wsp:Policy>`:                                                 "",
		`<wsp:Policy><sp:SymmetricBinding/></wsp:Policy>`:                                                                  "test.wsdl:7:13: the policy demands a symmetric binding, which is not spoken",
		`<wsp:Policy><bin:BinaryEncoding/></wsp:Policy>`:                                                                   "test.wsdl:7:13: the policy demands Microsoft's binary encoding, which is not spoken",
		`<wsp:Policy><sp:SupportingTokens><wsp:Policy><sp:KerberosToken/></wsp:Policy></sp:SupportingTokens></wsp:Policy>`: "test.wsdl:7:46: the policy demands a Kerberos token, which is not spoken",
	} {
		got := strings.Join(printed(read(t, text).Refusals()), "\n")
		if want == "" && got != "" || !strings.HasPrefix(got, want) {
			t.Errorf("%s: got %q, want %q", text, got, want)
		}
	}
}

// TestManyReferences makes sure that policies which refer to each other in many ways are read in no time.
func TestManyReferences(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	for i := range 60 {
		fmt.Fprintf(&b, `<wsp:Policy wsu:Id="p%d"><wsp:PolicyReference URI="#p%d"/><wsp:PolicyReference URI="#p%d"/></wsp:Policy>`, i, i+1, i+1)
	}
	if got := summary(read(t, b.String())); got != "" {
		t.Errorf("got %s", got)
	}
}

// TestCorpus reads the policies of the corpus, through package wsdl.
func TestCorpus(t *testing.T) {
	t.Parallel()
	corpus, err := filepath.Abs(filepath.Join("..", "..", "..", "..", "shared", "corpus", "wsdl", "wsdl"))
	if err != nil {
		t.Fatal(err)
	}
	const oio = "demanded WS-Addressing 1.0\ndemanded signed parts Body\ndemanded signed parts Addressing\n"
	for path, want := range map[string]string{
		"Serviceplatformen+demoservice-client-java/demoservice-context-client/src/main/resources/contracts/wsdl/token/DemoService.wsdl": oio +
			"demanded signed parts {urn:liberty:sb:2006-08}Framework\ndemanded a SAML assertion 2.0\ndemanded the algorithm suite Basic256Sha256\ndemanded a Timestamp\ndemanded a signature",
		"itk-dev+serviceplatformen/resources/sf1500/Tekniske specifikationer (v6.0 Services)/v6_0_0_0/wsdl/Klasse.wsdl": oio +
			"demanded a SAML assertion\ndemanded the algorithm suite Basic256Sha256\ndemanded a Timestamp\ndemanded a signature",
		"amabnl+amadeus-ws-client/tests/Amadeus/Client/Session/Handler/testfiles/mediawsdl/DUMMYWSAP_MediaServer.wsdl":          "optional WS-Addressing 1.0",
		"postmanlabs+wsdl-to-postman/test/data/separatedFiles/deepCircularRefs/outputMerger.wsdl":                               "demanded HTTPS\ndemanded the algorithm suite Basic256\ndemanded WS-Addressing 1.0",
		"vpulim+node-soap/test/request-response-samples/IndienenBericht__should_work_with_deeply_nested_XML_messages/soap.wsdl": "optional MTOM",
	} {
		definitions, err := wsdl.Read(t.Context(), &document.Loader{}, filepath.Join(corpus, path))
		if err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		if got := summary(policy.Read(definitions.Services[0].Ports[0].Policies)); got != want {
			t.Errorf("%s: got\n%s\nwant\n%s", path, got, want)
		}
	}
}
