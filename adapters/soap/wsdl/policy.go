package wsdl

import (
	"slices"
	"strings"

	"github.com/postern-gateway/postern/adapters/soap/document"
	"github.com/postern-gateway/postern/adapters/soap/xsd"
)

// isPolicySpace reports whether a namespace is one that WS-Policy has had: 1.5, 1.2 and older drafts.
func isPolicySpace(space string) bool {
	switch space {
	case "http://www.w3.org/ns/ws-policy", "http://schemas.xmlsoap.org/ws/2004/09/policy", "http://schemas.xmlsoap.org/ws/2002/12/policy",
		"http://www.w3.org/2006/07/ws-policy":
		return true
	}
	return false
}

// policyKey names a policy within the documents.
type policyKey struct {
	document *document.Document
	id       string
}

// collectPolicies indexes the policies that stand anywhere in a document but in its types.
func (r *reader) collectPolicies(node *document.Node) {
	for _, child := range node.Children {
		switch {
		case child.Name.Local == "types" || xsd.IsSchema(child):
			continue
		case isPolicySpace(child.Name.Space) && child.Name.Local == "Policy":
			for _, a := range child.Attributes {
				if strings.EqualFold(a.Name.Local, "Id") || a.Name.Local == "Name" {
					r.policyIDs[policyKey{child.Document(), strings.TrimSpace(a.Value)}] = child
				}
			}
		}
		r.collectPolicies(child)
	}
}

// policies returns the policies that are attached to nodes (WS-Policy 1.5 Attachment section 4): inline, by wsp:PolicyReference, and by the attribute
// wsp:PolicyURIs. Nodes that are nil have none. A policy that cannot be found is noted.
func (r *reader) policies(nodes ...*document.Node) []*document.Node {
	var out []*document.Node
	for _, node := range nodes {
		if node == nil {
			continue
		}
		for _, a := range node.Attributes {
			if a.Name.Local == "PolicyURIs" && isPolicySpace(a.Name.Space) {
				for uri := range strings.FieldsSeq(a.Value) {
					out = r.addPolicy(out, r.policyAt(uri, node))
				}
			}
		}
		out = r.policyChildren(out, node)
	}
	return out
}

// policyChildren adds the policies that stand in a node, and those that are referred to there.
func (r *reader) policyChildren(out []*document.Node, node *document.Node) []*document.Node {
	for _, child := range node.Children {
		if !isPolicySpace(child.Name.Space) {
			continue
		}
		switch child.Name.Local {
		case "Policy":
			out = r.addPolicy(out, child)
		case "PolicyReference":
			out = r.addPolicy(out, r.policyAt(child.Attribute("URI"), child))
		}
	}
	return out
}

// addPolicy adds a policy once, and with it those that it includes without a choice.
func (r *reader) addPolicy(out []*document.Node, policy *document.Node) []*document.Node {
	if policy == nil || slices.Contains(out, policy) {
		return out
	}
	out = append(out, policy)
	var walk func(node *document.Node)
	walk = func(node *document.Node) {
		out = r.policyReferences(out, node)
		for _, child := range node.Children {
			onlyOne := child.Name.Local == "ExactlyOne" && len(child.Children) == 1
			if isPolicySpace(child.Name.Space) && (child.Name.Local == "All" || onlyOne) {
				walk(child)
			}
		}
	}
	walk(policy)
	return out
}

func (r *reader) policyReferences(out []*document.Node, node *document.Node) []*document.Node {
	for _, child := range node.Children {
		if isPolicySpace(child.Name.Space) && child.Name.Local == "PolicyReference" {
			out = r.addPolicy(out, r.policyAt(child.Attribute("URI"), child))
		}
	}
	return out
}

// policyAt returns the policy that a URI refers to, or nil: "#id" in the same document, or else in any; or by its name.
func (r *reader) policyAt(uri string, at *document.Node) *document.Node {
	_, id, found := strings.Cut(uri, "#")
	if !found {
		id = uri
	}
	if policy := r.policyIDs[policyKey{at.Document(), id}]; policy != nil {
		return policy
	}
	for _, root := range r.roots {
		for _, key := range []string{id, uri} {
			if policy := r.policyIDs[policyKey{root.Document(), key}]; policy != nil {
				return policy
			}
		}
	}
	r.skip("policy "+uri, "", "it is not defined", at.Position())
	return nil
}
