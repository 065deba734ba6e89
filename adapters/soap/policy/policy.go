package policy

import (
	"slices"
	"strings"

	"github.com/postern-gateway/postern/adapters/soap/document"
)

// A Kind is what a requirement is about.
type Kind string

// What a policy may demand.
const (
	// Addressing is WS-Addressing; the value is its version as [configv1.SoapAddressing] names it.
	Addressing Kind = "WS-Addressing"
	// MTOM is optimised attachments.
	MTOM Kind = "MTOM"
	// HTTPS is a secure transport.
	HTTPS Kind = "HTTPS"
	// ClientCertificate is a certificate that the caller shows in TLS.
	ClientCertificate Kind = "a client certificate"
	// HTTPBasic, HTTPDigest and HTTPNTLM are authentication over HTTP.
	HTTPBasic  Kind = "HTTP basic authentication"
	HTTPDigest Kind = "HTTP digest authentication"
	HTTPNTLM   Kind = "NTLM authentication"
	// UsernameToken is one of WS-Security; the value is "digest" if the password must be sent so.
	UsernameToken Kind = "a UsernameToken"
	// Timestamp is one of WS-Security.
	Timestamp Kind = "a Timestamp"
	// Signature is a signature with the key of a certificate.
	Signature Kind = "a signature"
	// SignedPart is a part that must be signed, by the name that settings have for it.
	SignedPart Kind = "signed parts"
	// Encryption is encryption for the service's certificate.
	Encryption Kind = "encryption"
	// EncryptedPart is a part that must be encrypted, by the name that settings have for it.
	EncryptedPart Kind = "encrypted parts"
	// EncryptFirst is that requests are encrypted first and signed then.
	EncryptFirst Kind = "encryption before the signature"
	// Suite is the algorithms of signature and encryption; the value is the suite's name: Basic256Sha256.
	Suite Kind = "the algorithm suite"
	// SAML is a SAML assertion; the value is its version, "" if any will do.
	SAML Kind = "a SAML assertion"
	// ReliableMessaging, SharedKey, SecureConversation, Kerberos and BinaryEncoding are not offered.
	ReliableMessaging  Kind = "WS-ReliableMessaging"
	SharedKey          Kind = "a symmetric binding"
	SecureConversation Kind = "WS-SecureConversation"
	Kerberos           Kind = "a Kerberos token"
	BinaryEncoding     Kind = "Microsoft's binary encoding"
)

// A Requirement is one thing that is demanded.
type Requirement struct {
	Kind  Kind
	Value string
	// Position is where the assertion stands.
	Position document.Position
}

// A Choice is alternatives, one of which must be met; an empty one is met by nothing at all. Each is what it demands beside what all of them do.
type Choice struct {
	Alternatives [][]Requirement
	Position     document.Position
}

// An Unknown is an assertion that is not known.
type Unknown struct {
	Name     document.Name
	Position document.Position
}

// Requirements is what policies demand.
type Requirements struct {
	// Demanded is what every caller must do.
	Demanded []Requirement
	// Optional is what a caller may do: wsp:Optional.
	Optional []Requirement
	// Choices are what must be done in one way or another.
	Choices []Choice
	// Unknown are assertions that are not known, and are demanded.
	Unknown []Unknown
}

// Read returns what policies demand together. Each node is a wsp:Policy, or an assertion that stands by itself, such as wsaw:UsingAddressing. References inside
// of alternatives are followed in the same document; the others are wsdl's, which gives what they lead to as nodes.
func Read(nodes []*document.Node) Requirements {
	r := reader{active: make(map[*document.Node]bool), left: maxRead}
	var out Requirements
	for _, node := range nodes {
		out.merge(r.read(node))
	}
	return out
}

// Demands returns the requirement of a kind, if it is demanded.
func (r Requirements) Demands(kind Kind) (Requirement, bool) {
	for _, requirement := range r.Demanded {
		if requirement.Kind == kind {
			return requirement, true
		}
	}
	return Requirement{}, false
}

// AddressingVersion returns the version of WS-Addressing that is demanded, as settings name it, or "".
func (r Requirements) AddressingVersion() string {
	requirement, _ := r.Demands(Addressing)
	return requirement.Value
}

// merge adds what another policy demands besides.
func (r *Requirements) merge(other Requirements) {
	for _, requirement := range other.Demanded {
		r.Demanded = add(r.Demanded, requirement)
	}
	for _, requirement := range other.Optional {
		r.Optional = add(r.Optional, requirement)
	}
	r.Choices = append(r.Choices, other.Choices...)
	for _, unknown := range other.Unknown {
		if !slices.Contains(r.Unknown, unknown) {
			r.Unknown = append(r.Unknown, unknown)
		}
	}
}

func add(to []Requirement, requirement Requirement) []Requirement {
	if has(to, requirement) {
		return to
	}
	return append(to, requirement)
}

func has(in []Requirement, requirement Requirement) bool {
	return slices.ContainsFunc(in, func(known Requirement) bool {
		return known.Kind == requirement.Kind && known.Value == requirement.Value
	})
}

// reader reads policies. Those that it is inside of are active, so that one that refers to itself ends.
type reader struct {
	active map[*document.Node]bool
	left   int // how many nodes may still be read
}

// maxRead bounds the nodes that are read: policies that refer to each other can make many of few.
const maxRead = 10000

const (
	utilitySpace = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
	xmlSpace     = "http://www.w3.org/XML/1998/namespace"
)

// isPolicy reports whether a namespace is one of WS-Policy: 1.2 and 1.5, and the drafts of the latter.
func isPolicy(space string) bool {
	switch space {
	case "http://schemas.xmlsoap.org/ws/2004/09/policy", "http://www.w3.org/ns/ws-policy", "http://www.w3.org/2006/07/ws-policy", "http://schemas.xmlsoap.org/ws/2002/12/policy":
		return true
	}
	return false
}

// read reads an operator or an assertion.
func (r *reader) read(node *document.Node) Requirements {
	if node == nil || r.active[node] || r.left == 0 {
		return Requirements{}
	}
	r.active[node] = true
	r.left--
	defer delete(r.active, node)
	out := r.operator(node)
	if flag(node, "Optional") || flag(node, "Ignorable") {
		out = optional(out)
	}
	return out
}

func (r *reader) operator(node *document.Node) Requirements {
	if !isPolicy(node.Name.Space) {
		return r.assertion(node)
	}
	switch node.Name.Local {
	case "Policy", "All":
		var out Requirements
		for _, child := range node.Children {
			out.merge(r.read(child))
		}
		return out
	case "ExactlyOne":
		return r.exactlyOne(node)
	case "PolicyReference":
		return r.read(target(node))
	default: // wsp:AppliesTo and what else is about policies, and no part of them
		return Requirements{}
	}
}

// exactlyOne takes out what all alternatives demand.
func (r *reader) exactlyOne(node *document.Node) Requirements {
	alternatives := make([]Requirements, 0, len(node.Children))
	for _, child := range node.Children {
		alternatives = append(alternatives, r.read(child))
	}
	switch len(alternatives) {
	case 0:
		return Requirements{}
	case 1:
		return alternatives[0]
	}
	var out Requirements
	for _, requirement := range alternatives[0].Demanded {
		if !slices.ContainsFunc(alternatives[1:], func(other Requirements) bool { return !has(other.Demanded, requirement) }) {
			out.Demanded = append(out.Demanded, requirement)
		}
	}
	choice := Choice{Position: node.Position()}
	for _, alternative := range alternatives {
		rest := slices.DeleteFunc(slices.Clone(alternative.Demanded), func(requirement Requirement) bool { return has(out.Demanded, requirement) })
		for _, unknown := range alternative.Unknown {
			rest = append(rest, Requirement{Kind: Kind(unknown.Name.String()), Position: unknown.Position})
		}
		choice.Alternatives = append(choice.Alternatives, rest)
		for _, requirement := range alternative.Optional {
			out.Optional = add(out.Optional, requirement)
		}
	}
	if slices.ContainsFunc(choice.Alternatives, func(rest []Requirement) bool { return len(rest) > 0 }) {
		out.Choices = append(out.Choices, choice)
	}
	return out
}

// optional makes of what is demanded what may be done.
func optional(in Requirements) Requirements {
	out := Requirements{Optional: in.Optional}
	for _, requirement := range in.Demanded {
		out.Optional = add(out.Optional, requirement)
	}
	return out
}

func flag(node *document.Node, local string) bool {
	for _, a := range node.Attributes {
		if a.Name.Local == local && isPolicy(a.Name.Space) {
			value := strings.TrimSpace(a.Value)
			return value == "true" || value == "1"
		}
	}
	return false
}

// target finds the policy that a reference leads to in the same document, or nil.
func target(reference *document.Node) *document.Node {
	id, local := strings.CutPrefix(reference.Attribute("URI"), "#")
	if !local || reference.Document() == nil {
		return nil
	}
	var find func(*document.Node) *document.Node
	find = func(node *document.Node) *document.Node {
		if isPolicy(node.Name.Space) && node.Name.Local == "Policy" {
			for _, name := range []document.Name{{Space: utilitySpace, Local: "Id"}, {Space: xmlSpace, Local: "id"}} {
				if value, ok := node.Lookup(name); ok && strings.TrimSpace(value) == id {
					return node
				}
			}
		}
		for _, child := range node.Children {
			if found := find(child); found != nil {
				return found
			}
		}
		return nil
	}
	return find(reference.Document().Root)
}
