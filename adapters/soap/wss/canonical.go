package wss

import (
	"bytes"
	"slices"
	"strings"

	"github.com/postern-gateway/postern/adapters/soap/xmltoken"
)

// A canonicalizer writes canonical forms without comments: Exclusive XML Canonicalization 1.0, or Canonical XML 1.0. Its buffers are used again, so it is for
// one goroutine.
type canonicalizer struct {
	// inclusive chooses Canonical XML 1.0.
	inclusive bool
	// detached leaves out the attributes of the namespace xml that an element has from outside.
	detached bool
	// saysDefault makes the first element say that there is no default namespace, unless it says otherwise: the STR-Transform wants it (WS-Security 1.1 section 8.3).
	saysDefault bool
	// prefixes are the PrefixList of ec:InclusiveNamespaces; "" is the default namespace.
	prefixes []string

	out      []byte
	rendered []binding // declarations that the output has in force, innermost last
	declared []binding // of one start tag
	sorted   []attribute
}

// canonical returns the canonical form of an element as it stands in its document. The result is good until the next call.
func (c *canonicalizer) canonical(e *element) []byte {
	c.out, c.rendered = c.out[:0], c.rendered[:0]
	if c.saysDefault {
		c.rendered = append(c.rendered, unknownDefault())
	}
	c.element(e, true)
	return c.out
}

// content returns what the element holds, such that each of its children declares all namespaces in scope, and so means the same wherever it is read.
func (c *canonicalizer) content(e *element) []byte {
	c.out = c.out[:0]
	for _, node := range e.children {
		if node.element == nil {
			c.text(node.text)
		} else {
			c.selfContained(node.element)
		}
	}
	return c.out
}

// whole does for an element what content does for its children.
func (c *canonicalizer) whole(e *element) []byte {
	c.out = c.out[:0]
	c.selfContained(e)
	return c.out
}

func (c *canonicalizer) selfContained(e *element) {
	c.rendered = append(c.rendered[:0], unknownDefault()) // the element may have undone that of its parent
	c.element(e, true)
}

// unknownDefault is a default namespace that nothing has: rendered first, it makes an element say its own, even if that is none.
func unknownDefault() binding { return binding{space: "\x00"} }

func (c *canonicalizer) element(e *element, apex bool) {
	outside := len(c.rendered)
	c.out = append(c.out, '<')
	c.name(e.prefix, e.local)
	c.declare(e, apex)
	c.attributes(e, apex)
	c.out = append(c.out, '>')
	for _, node := range e.children {
		if node.element == nil {
			c.text(node.text)
		} else {
			c.element(node.element, false)
		}
	}
	c.out = append(c.out, "</"...)
	c.name(e.prefix, e.local)
	c.out = append(c.out, '>')
	c.rendered = c.rendered[:outside]
}

func (c *canonicalizer) name(prefix, local []byte) {
	if len(prefix) > 0 {
		c.out = append(append(c.out, prefix...), ':')
	}
	c.out = append(c.out, local...)
}

// declare writes the namespace declarations that the element needs.
func (c *canonicalizer) declare(e *element, apex bool) {
	c.declared = c.declared[:0]
	switch {
	case c.inclusive && apex:
		for _, b := range e.inScope() {
			c.need(b.prefix, b.space)
		}
	case c.inclusive:
		for _, b := range e.bindings {
			c.need(b.prefix, b.space)
		}
	default:
		c.visiblyUtilized(e)
	}
	if apex && c.saysDefault {
		c.need(nil, "")
	}
	slices.SortFunc(c.declared, func(a, b binding) int { return bytes.Compare(a.prefix, b.prefix) })
	for _, b := range c.declared {
		c.out = append(c.out, " xmlns"...)
		if len(b.prefix) > 0 {
			c.out = append(append(c.out, ':'), b.prefix...)
		}
		c.out = append(c.out, `="`...)
		c.value([]byte(b.space))
		c.out = append(c.out, '"')
	}
	c.rendered = append(c.rendered, c.declared...)
}

// visiblyUtilized declares what the names of the tag need (Exclusive XML Canonicalization section 3), and the prefixes that are treated inclusively.
func (c *canonicalizer) visiblyUtilized(e *element) {
	c.need(e.prefix, e.space)
	for i := range e.attributes {
		if a := &e.attributes[i]; len(a.prefix) > 0 {
			c.need(a.prefix, a.space)
		}
	}
	for _, prefix := range c.prefixes {
		if space, ok := e.lookup([]byte(prefix)); ok {
			c.need([]byte(prefix), space)
		}
	}
}

// need declares a prefix, unless the output has it already.
func (c *canonicalizer) need(prefix []byte, space string) {
	if string(prefix) == "xml" {
		return
	}
	for i := range c.declared {
		if bytes.Equal(c.declared[i].prefix, prefix) {
			return
		}
	}
	for i := len(c.rendered) - 1; i >= 0; i-- {
		if bytes.Equal(c.rendered[i].prefix, prefix) {
			if c.rendered[i].space != space {
				c.declared = append(c.declared, binding{prefix, space})
			}
			return
		}
	}
	if space != "" || len(prefix) > 0 {
		c.declared = append(c.declared, binding{prefix, space})
	}
}

func (c *canonicalizer) attributes(e *element, apex bool) {
	c.sorted = append(c.sorted[:0], e.attributes...)
	if c.inclusive && apex && !c.detached {
		c.inherit(e)
	}
	slices.SortFunc(c.sorted, func(a, b attribute) int {
		if by := strings.Compare(a.space, b.space); by != 0 {
			return by
		}
		return bytes.Compare(a.local, b.local)
	})
	for i := range c.sorted {
		a := &c.sorted[i]
		c.out = append(c.out, ' ')
		c.name(a.prefix, a.local)
		c.out = append(c.out, `="`...)
		c.value(a.value)
		c.out = append(c.out, '"')
	}
}

// inherit adds the attributes of the namespace xml that hold for the element from outside of it (Canonical XML section 2.4).
func (c *canonicalizer) inherit(e *element) {
	for at := e.parent; at != nil; at = at.parent {
		for _, a := range at.attributes {
			known := slices.ContainsFunc(c.sorted, func(b attribute) bool { return b.space == a.space && bytes.Equal(b.local, a.local) })
			if a.space == xmltoken.XMLNamespace && !known {
				c.sorted = append(c.sorted, a)
			}
		}
	}
}

func (c *canonicalizer) text(text []byte) {
	from := 0
	for i, b := range text {
		var escaped string
		switch b {
		case '&':
			escaped = "&amp;"
		case '<':
			escaped = "&lt;"
		case '>':
			escaped = "&gt;"
		case '\r':
			escaped = "&#xD;"
		default:
			continue
		}
		c.out = append(append(c.out, text[from:i]...), escaped...)
		from = i + 1
	}
	c.out = append(c.out, text[from:]...)
}

func (c *canonicalizer) value(text []byte) {
	from := 0
	for i, b := range text {
		var escaped string
		switch b {
		case '&':
			escaped = "&amp;"
		case '<':
			escaped = "&lt;"
		case '"':
			escaped = "&quot;"
		case '\t':
			escaped = "&#x9;"
		case '\n':
			escaped = "&#xA;"
		case '\r':
			escaped = "&#xD;"
		default:
			continue
		}
		c.out = append(append(c.out, text[from:i]...), escaped...)
		from = i + 1
	}
	c.out = append(c.out, text[from:]...)
}
