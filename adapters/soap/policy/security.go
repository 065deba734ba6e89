package policy

import (
	"strings"

	"github.com/postern-gateway/postern/adapters/soap/document"
)

// isSecurity reports whether a namespace is one of WS-SecurityPolicy 1.1, 1.2 or 1.3.
func isSecurity(space string) bool {
	return space == "http://schemas.xmlsoap.org/ws/2005/07/securitypolicy" || strings.HasPrefix(space, "http://docs.oasis-open.org/ws-sx/ws-securitypolicy/20")
}

// security reads an assertion of WS-SecurityPolicy (section numbers are those of version 1.3).
func (r *reader) security(node *document.Node) Requirements {
	switch local := node.Name.Local; local {
	case "TransportBinding", "AsymmetricBinding", "SymmetricBinding": // section 7
		out := r.nested(node)
		switch local {
		case "AsymmetricBinding":
			out.merge(one(Signature, "", node))
		case "SymmetricBinding":
			out.merge(one(SharedKey, "", node))
		}
		return out
	case "SupportingTokens", "SignedSupportingTokens", "SignedEncryptedSupportingTokens", "EncryptedSupportingTokens": // section 8
		return r.nested(node)
	case "EndorsingSupportingTokens", "SignedEndorsingSupportingTokens", "EndorsingEncryptedSupportingTokens", "SignedEndorsingEncryptedSupportingTokens":
		out := r.nested(node)
		out.merge(one(Signature, "", node))
		return out
	case "TransportToken", "InitiatorToken", "InitiatorSignatureToken": // section 7.3 on
		return r.nested(node)
	case "InitiatorEncryptionToken", "RecipientToken", "RecipientSignatureToken", "RecipientEncryptionToken", "ProtectionToken", "EncryptionToken", "SignatureToken":
		return Requirements{} // whose they are is not the caller's business
	case "SignedParts":
		return parts(node, SignedPart)
	case "EncryptedParts", "ContentEncryptedElements":
		out := one(Encryption, "", node)
		out.merge(parts(node, EncryptedPart))
		return out
	case "AlgorithmSuite":
		return suiteOf(node)
	case "IncludeTimestamp":
		return one(Timestamp, "", node)
	case "EncryptBeforeSigning":
		return one(EncryptFirst, "", node)
	case "SignBeforeEncrypting", "Layout", "ProtectTokens", "OnlySignEntireHeadersAndBody", "Wss10", "Wss11", "Trust10", "Trust13", "RequiredParts", "RequiredElements", "RequireSignatureConfirmation":
		return Requirements{} // what is done anyway, what replies say of themselves, and what asks for no more than other assertions do
	case "EncryptSignature":
		return one(EncryptedPart, "Signature", node)
	}
	return r.token(node)
}

// nested reads the policy in an assertion.
func (r *reader) nested(node *document.Node) Requirements {
	var out Requirements
	for _, child := range node.Children {
		switch {
		case isPolicy(child.Name.Space):
			out.merge(r.read(child))
		case isSecurity(child.Name.Space) && (child.Name.Local == "SignedParts" || child.Name.Local == "EncryptedParts"):
			out.merge(r.read(child))
		}
	}
	return out
}

// token reads a token assertion (section 5.4).
func (r *reader) token(node *document.Node) Requirements {
	switch node.Name.Local {
	case "HttpsToken":
		return httpsToken(node)
	case "UsernameToken":
		value := ""
		if within(node, "HashPassword") {
			value = "digest"
		}
		return one(UsernameToken, value, node)
	case "X509Token", "RsaToken", "KeyValueToken":
		return Requirements{} // the signature shows it
	case "SamlToken", "IssuedToken":
		version := ""
		if within(node, "WssSamlV20Token11") {
			version = "2.0"
		} else if within(node, "WssSamlV11Token10") || within(node, "WssSamlV11Token11") {
			version = "1.1"
		}
		return one(SAML, version, node)
	case "KerberosToken", "SpnegoContextToken":
		return one(Kerberos, "", node)
	case "SecureConversationToken", "SecurityContextToken":
		return one(SecureConversation, "", node)
	}
	return Requirements{Unknown: []Unknown{{Name: node.Name, Position: node.Position()}}}
}

// httpsToken reads section 5.4.10: version 1.1 has an attribute for the client's certificate, the later ones a nested policy.
func httpsToken(node *document.Node) Requirements {
	out := one(HTTPS, "", node)
	if required := node.Attribute("RequireClientCertificate"); required == "true" || required == "1" || within(node, "RequireClientCertificate") {
		out.merge(one(ClientCertificate, "", node))
	}
	if within(node, "HttpBasicAuthentication") {
		out.merge(one(HTTPBasic, "", node))
	}
	if within(node, "HttpDigestAuthentication") {
		out.merge(one(HTTPDigest, "", node))
	}
	return out
}

// within reports whether an assertion of WS-SecurityPolicy stands in the node's nested policy.
func within(node *document.Node, local string) bool {
	for _, child := range node.Children {
		if isSecurity(child.Name.Space) && child.Name.Local == local || isPolicy(child.Name.Space) && within(child, local) {
			return true
		}
	}
	return false
}

// parts reads section 4: which parts are meant, by the names that settings have for them. Without any, it is the body.
func parts(node *document.Node, kind Kind) Requirements {
	var out Requirements
	for _, child := range node.Children {
		if !isSecurity(child.Name.Space) {
			continue
		}
		switch child.Name.Local {
		case "Body":
			out.merge(one(kind, "Body", child))
		case "Header":
			out.merge(header(child, kind))
		case "Attachments":
			out.Unknown = append(out.Unknown, Unknown{Name: child.Name, Position: child.Position()})
		}
	}
	if len(node.Children) == 0 {
		return one(kind, "Body", node)
	}
	return out
}

// header is a header block. Those of WS-Addressing are one part of the settings; without a name, it is all of a namespace.
func header(node *document.Node, kind Kind) Requirements {
	space, local := node.Attribute("Namespace"), node.Attribute("Name")
	switch {
	case kind == SignedPart && (space == "http://www.w3.org/2005/08/addressing" || space == "http://schemas.xmlsoap.org/ws/2004/08/addressing"):
		return one(kind, "Addressing", node)
	case local == "":
		return Requirements{Unknown: []Unknown{{Name: node.Name, Position: node.Position()}}}
	default:
		return one(kind, "{"+space+"}"+local, node)
	}
}

// suite reads section 7.1.
func suiteOf(node *document.Node) Requirements {
	var out Requirements
	var find func(*document.Node)
	find = func(at *document.Node) {
		for _, child := range at.Children {
			switch {
			case isPolicy(child.Name.Space):
				find(child)
			case isSecurity(child.Name.Space) && (strings.HasPrefix(child.Name.Local, "Basic") || strings.HasPrefix(child.Name.Local, "TripleDes")):
				out.merge(one(Suite, child.Name.Local, child))
			}
		}
	}
	find(node)
	return out
}
