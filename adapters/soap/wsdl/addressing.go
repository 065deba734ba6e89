package wsdl

import (
	"strings"

	"github.com/postern-gateway/postern/adapters/soap/document"
)

// isAddressingSpace reports whether a namespace is one of WS-Addressing or of its metadata, in any of their versions.
func isAddressingSpace(space string) bool {
	switch space {
	case "http://www.w3.org/2007/05/addressing/metadata", "http://www.w3.org/2006/05/addressing/wsdl", "http://www.w3.org/2006/02/addressing/wsdl",
		"http://www.w3.org/2005/08/addressing", "http://schemas.xmlsoap.org/ws/2004/08/addressing", "http://schemas.xmlsoap.org/ws/2004/08/addressing/policy":
		return true
	}
	return false
}

// explicitAction is the action that a portType's input says (WS-Addressing 1.0 Metadata section 4.4.1), or "". input may be nil.
func explicitAction(input *document.Node) string {
	if input == nil {
		return ""
	}
	for _, a := range input.Attributes {
		if a.Name.Local == "Action" && isAddressingSpace(a.Name.Space) {
			return strings.TrimSpace(a.Value)
		}
	}
	return ""
}

// defaultAction is the action that the names of an operation make (WS-Addressing 1.0 Metadata section 4.4.4).
func defaultAction(portType portType, operation *document.Node) string {
	name := messageName(operation, "input")
	if name == "" { // there is none
		name = operation.Attribute("name") + "Request"
	}
	return joinAction(portType.name, name)
}

func joinAction(portType document.Name, message string) string {
	delimiter := "/"
	if strings.HasPrefix(strings.ToLower(portType.Space), "urn:") {
		delimiter = ":"
	}
	return strings.TrimSuffix(portType.Space, delimiter) + delimiter + portType.Local + delimiter + message
}

// usingAddressing reads the extension wsaw:UsingAddressing of bindings and ports (WS-Addressing 1.0 WSDL Binding section 3.1).
func usingAddressing(nodes ...*document.Node) (used, required bool) {
	for _, node := range nodes {
		for _, child := range node.Children {
			if child.Name.Local != "UsingAddressing" || !isAddressingSpace(child.Name.Space) {
				continue
			}
			used = true
			value, _ := child.Lookup(document.Name{Space: namespace, Local: "required"})
			required = required || value == "true" || value == "1"
		}
	}
	return used, required
}
