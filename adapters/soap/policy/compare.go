package policy

import (
	"fmt"
	"slices"
	"strings"

	"github.com/postern-gateway/postern/adapters/soap/document"
	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

// A Note says in a sentence what a policy demands and does not get.
type Note struct {
	Text string
	// Position is where the policy demands it.
	Position document.Position
}

// Refusals says what is demanded that the adapter does not speak, whatever the settings: calls will fail, or mean something else.
func (r Requirements) Refusals() []Note {
	var out []Note
	for _, requirement := range r.Demanded {
		if reason := refusal(requirement.Kind); reason != "" {
			out = append(out, Note{fmt.Sprintf("the policy demands %s, %s", requirement.Kind, reason), requirement.Position})
		}
	}
	return out
}

// refusal says why a kind is not offered; "" if it is.
func refusal(kind Kind) string {
	switch kind {
	case ReliableMessaging:
		return "which is not spoken: the gateway sends each request once, and says so where it cannot know whether it arrived; ask for an endpoint without it"
	case SharedKey:
		return "which is not spoken: requests are signed with a certificate's own key"
	case SecureConversation:
		return "which is not spoken: each request stands for itself"
	case Kerberos:
		return "which is not spoken"
	case BinaryEncoding:
		return "which is not spoken: ask for an endpoint with text encoding"
	case EncryptFirst:
		return "and requests are signed first and encrypted then"
	}
	return ""
}

// Notes says what policies demand and settings do not give, by the names of the settings, and what is demanded that is not known.
// [Requirements.Refusals] is not among them.
func (r Requirements) Notes(settings *configv1.SoapBackend) []Note {
	c := comparison{settings: settings, security: settings.GetSecurity()}
	var out []Note
	for _, requirement := range r.Demanded {
		if r.byTransport(requirement.Kind) {
			continue
		}
		if lack := c.lack(requirement); lack != "" && refusal(requirement.Kind) == "" {
			out = append(out, Note{fmt.Sprintf("the policy demands %s, and %s", described(requirement), lack), requirement.Position})
		}
	}
	for _, choice := range r.Choices {
		if text := c.choice(choice); text != "" {
			out = append(out, Note{text, choice.Position})
		}
	}
	for _, unknown := range r.Unknown {
		out = append(out, Note{fmt.Sprintf("the policy demands %s, which is not known", unknown.Name), unknown.Position})
	}
	return out
}

// byTransport reports whether a kind is met by https alone: where a transport binding protects whole messages, the parts need nothing more (WS-SecurityPolicy 1.3
// section 7.3).
func (r Requirements) byTransport(kind Kind) bool {
	if kind != SignedPart && kind != EncryptedPart && kind != Encryption {
		return false
	}
	_, secure := r.Demands(HTTPS)
	_, signed := r.Demands(Signature)
	_, shared := r.Demands(SharedKey)
	return secure && !signed && !shared
}

// choice says that no alternative is met.
func (c comparison) choice(choice Choice) string {
	words := make([]string, 0, len(choice.Alternatives))
	for _, alternative := range choice.Alternatives {
		var lacking []string
		for _, requirement := range alternative {
			if c.lack(requirement) != "" {
				lacking = append(lacking, described(requirement))
			}
		}
		if len(lacking) == 0 {
			return ""
		}
		words = append(words, strings.Join(lacking, " and "))
	}
	return fmt.Sprintf("the policy demands one of several, and the settings give none of them: %s", strings.Join(words, "; or "))
}

func described(requirement Requirement) string {
	switch {
	case requirement.Kind == SignedPart:
		return "that " + requirement.Value + " is signed"
	case requirement.Kind == EncryptedPart:
		return "that " + requirement.Value + " is encrypted"
	case requirement.Kind == UsernameToken && requirement.Value == "digest":
		return string(requirement.Kind) + " with a digest of the password"
	case requirement.Value != "":
		return string(requirement.Kind) + " " + requirement.Value
	default:
		return string(requirement.Kind)
	}
}

type comparison struct {
	settings *configv1.SoapBackend
	security *configv1.SoapSecurity
}

// lack says what of the settings is missing; "" if nothing is.
func (c comparison) lack(requirement Requirement) string {
	given := func(is bool, setting string) string {
		if is {
			return ""
		}
		return "the settings give none: " + setting
	}
	switch requirement.Kind {
	case Addressing:
		return c.addressing(requirement.Value)
	case MTOM:
		if c.settings.GetAttachments() == "inline" {
			return "attachments says inline"
		}
		return ""
	case HTTPS:
		if strings.HasPrefix(c.settings.GetEndpoint(), "http://") {
			return "endpoint is not https"
		}
		return ""
	case ClientCertificate:
		return given(c.settings.GetTls().GetCertificateFile() != "", "tls.certificate_file")
	case HTTPBasic:
		return given(c.security.GetBasic() != nil, "security.basic")
	case HTTPDigest:
		return given(c.security.GetDigest() != nil, "security.digest")
	case HTTPNTLM:
		return given(c.security.GetNtlm() != nil, "security.ntlm")
	case UsernameToken:
		if c.security.GetUsernameToken() != nil && requirement.Value == "digest" && !c.security.GetUsernameToken().GetDigest() {
			return "security.username_token.digest is not true"
		}
		return given(c.security.GetUsernameToken() != nil, "security.username_token")
	case Timestamp:
		return given(c.security.GetTimestampSeconds() > 0, "security.timestamp_seconds")
	case Signature:
		return given(c.security.GetSignature() != nil, "security.signature")
	case Encryption:
		return given(c.security.GetEncryption() != nil, "security.encryption")
	case SAML:
		return given(c.security.GetSaml() != nil, "security.saml")
	case SignedPart, EncryptedPart:
		return c.part(requirement)
	case Suite:
		return c.suite(requirement.Value)
	default:
		return "that is not offered"
	}
}

func (c comparison) addressing(version string) string {
	switch set := c.settings.GetAddressing().GetVersion(); set {
	case "", version:
		return ""
	case "off":
		return "addressing.version turns it off"
	default:
		return "addressing.version says " + set
	}
}

// part looks among the parts of a signature or encryption that is there; that it is missing altogether is another requirement's note.
func (c comparison) part(requirement Requirement) string {
	parts, setting := c.security.GetSignature().GetParts(), "security.signature.parts"
	standard := []string{"Body", "Timestamp"}
	if requirement.Kind == EncryptedPart {
		parts, setting, standard = c.security.GetEncryption().GetParts(), "security.encryption.parts", []string{"Body"}
	}
	if requirement.Kind == SignedPart && c.security.GetSignature() == nil || requirement.Kind == EncryptedPart && c.security.GetEncryption() == nil {
		return ""
	}
	if len(parts) == 0 {
		parts = standard
	}
	if slices.Contains(parts, requirement.Value) {
		return ""
	}
	return setting + " has it not"
}

// suite compares digest, cipher and key transport. The signature's algorithm is left to the settings: suites with SHA-256 are signed in both ways in practice.
func (c comparison) suite(name string) string {
	want, known := readSuite(name)
	if !known {
		return "the suite is not known"
	}
	var differences []string
	differ := func(setting, is, standard, wanted string) {
		if is == "" {
			is = standard
		}
		if is != wanted {
			differences = append(differences, fmt.Sprintf("%s is %s instead of %s", setting, is, wanted))
		}
	}
	if signature := c.security.GetSignature(); signature != nil {
		differ("security.signature.digest", signature.GetDigest(), "sha256", want.digest)
	}
	if encryption := c.security.GetEncryption(); encryption != nil {
		differ("security.encryption.algorithm", encryption.GetAlgorithm(), "aes256-cbc", want.cipher)
		differ("security.encryption.key_transport", encryption.GetKeyTransport(), "rsa-oaep-mgf1p", want.transport)
	}
	return strings.Join(differences, ", ")
}

type suite struct{ digest, cipher, transport string }

// readSuite takes the name of an algorithm suite apart (WS-SecurityPolicy 1.3 section 6.1): Basic256Sha256Rsa15.
func readSuite(name string) (suite, bool) {
	out := suite{digest: "sha1", transport: "rsa-oaep-mgf1p"}
	name, short := strings.CutSuffix(name, "Rsa15")
	if short {
		out.transport = "rsa-1_5"
	}
	name, long := strings.CutSuffix(name, "Sha256")
	if long {
		out.digest = "sha256"
	}
	ciphers := map[string]string{"Basic256": "aes256-cbc", "Basic192": "aes192-cbc", "Basic128": "aes128-cbc", "TripleDes": "tripledes-cbc"}
	cipher, ok := ciphers[name]
	out.cipher = cipher
	return out, ok
}
