package policy

import (
	"strings"

	"github.com/postern-gateway/postern/adapters/soap/document"
)

// one is what an assertion demands that is about one thing.
func one(kind Kind, value string, node *document.Node) Requirements {
	return Requirements{Demanded: []Requirement{{Kind: kind, Value: value, Position: node.Position()}}}
}

// assertion reads an assertion of any kind.
func (r *reader) assertion(node *document.Node) Requirements {
	name := node.Name
	switch name.Space {
	case "http://www.w3.org/2007/05/addressing/metadata": // WS-Addressing 1.0 Metadata section 3.1
		if name.Local == "Addressing" {
			return one(Addressing, "1.0", node)
		}
	case "http://www.w3.org/2006/05/addressing/wsdl", "http://www.w3.org/2006/02/addressing/wsdl", "http://www.w3.org/2005/08/addressing", "http://www.w3.org/2005/03/addressing/wsdl":
		if name.Local == "UsingAddressing" {
			return usingAddressing("1.0", node)
		}
		if name.Local == "Anonymous" {
			return Requirements{}
		}
	case "http://schemas.xmlsoap.org/ws/2004/08/addressing/policy", "http://schemas.xmlsoap.org/ws/2004/08/addressing":
		if name.Local == "UsingAddressing" {
			return usingAddressing("2004/08", node)
		}
	case "http://schemas.xmlsoap.org/ws/2004/09/policy/optimizedmimeserialization":
		if name.Local == "OptimizedMimeSerialization" {
			return one(MTOM, "", node)
		}
	case "http://www.w3.org/2007/08/soap12-mtom-policy":
		if name.Local == "MTOM" {
			return one(MTOM, "", node)
		}
	case "http://schemas.xmlsoap.org/ws/2005/02/rm/policy", "http://docs.oasis-open.org/ws-rx/wsrmp/200702":
		if name.Local == "RMAssertion" {
			return one(ReliableMessaging, "", node)
		}
	case "http://schemas.microsoft.com/ws/06/2004/policy/http":
		if kind, ok := httpAuthentications()[name.Local]; ok {
			return one(kind, "", node)
		}
	case "http://schemas.microsoft.com/ws/06/2004/mspolicy/netbinary1":
		if name.Local == "BinaryEncoding" {
			return one(BinaryEncoding, "", node)
		}
	}
	if isSecurity(name.Space) {
		return r.security(node)
	}
	return Requirements{Unknown: []Unknown{{Name: name, Position: node.Position()}}}
}

// usingAddressing is an extension of WSDL as well: then wsdl:required says whether callers may do without (WS-Addressing 1.0 WSDL Binding section 3.1).
func usingAddressing(version string, node *document.Node) Requirements {
	out := one(Addressing, version, node)
	if value, ok := node.Lookup(document.Name{Space: "http://schemas.xmlsoap.org/wsdl/", Local: "required"}); ok && strings.TrimSpace(value) != "true" && strings.TrimSpace(value) != "1" {
		return optional(out)
	}
	return out
}

func httpAuthentications() map[string]Kind {
	return map[string]Kind{
		"BasicAuthentication": HTTPBasic, "DigestAuthentication": HTTPDigest, "NtlmAuthentication": HTTPNTLM, "NegotiateAuthentication": HTTPNTLM,
	}
}
