package wss

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/postern-gateway/postern/adapters/soap/xmltoken"
)

// An element is an element of an envelope, with all that canonical forms need: prefixes, declarations, and the order of everything.
type element struct {
	parent        *element
	prefix, local []byte
	space         string
	attributes    []attribute
	bindings      []binding
	children      []child
}

// A child is an element, or text.
type child struct {
	element *element
	text    []byte
}

type attribute struct {
	prefix, local []byte
	space         string
	value         []byte
}

type binding struct {
	prefix []byte
	space  string
}

// parse reads a document into a tree. Comments and processing instructions are left out: the first are no part of the canonical forms that are accepted, the
// second are not allowed in SOAP (SOAP 1.1 section 3, SOAP 1.2 part 1 section 5).
func parse(source []byte) (*element, error) {
	source = bytes.TrimPrefix(source, []byte("\ufeff")) // offsets count from behind it
	p := parser{source: source, tokens: xmltoken.NewReader(source, xmltoken.Options{})}
	for {
		kind, err := p.tokens.Next()
		if errors.Is(err, io.EOF) {
			return p.root, nil
		}
		if err != nil {
			return nil, fmt.Errorf("reading the envelope: %w", err)
		}
		switch kind {
		case xmltoken.Start:
			p.open()
		case xmltoken.End:
			p.current = p.current.parent
		case xmltoken.Text:
			p.current.children = append(p.current.children, child{text: p.keep(p.tokens.Text())})
		}
	}
}

type parser struct {
	source        []byte
	tokens        *xmltoken.Reader
	root, current *element
	kept          []byte
	names         [][]byte
}

// keep copies what the reader overwrites with its next token.
func (p *parser) keep(text []byte) []byte {
	from := len(p.kept)
	p.kept = append(p.kept, text...)
	return p.kept[from:len(p.kept):len(p.kept)]
}

func (p *parser) open() {
	e := &element{parent: p.current, space: p.tokens.Space()}
	e.prefix, e.local = split(p.startTag())
	if bindings := p.tokens.Bindings(); len(bindings) > 0 {
		e.bindings = make([]binding, len(bindings))
		for i, b := range bindings {
			e.bindings[i] = binding{prefix: p.keep(b.Prefix), space: b.Space}
		}
	}
	if attributes := p.tokens.Attributes(); len(attributes) > 0 {
		e.attributes = make([]attribute, len(attributes))
		for i, a := range attributes {
			prefix, local := split(p.names[i])
			e.attributes[i] = attribute{prefix: prefix, local: local, space: a.Space, value: p.keep(a.Value)}
		}
	}
	if p.current == nil {
		p.root = e
	} else {
		p.current.children = append(p.current.children, child{element: e})
	}
	p.current = e
}

// startTag finds how the names of the start tag are written: the reader has looked at it already, and says only what they mean. The names of its attributes go to
// p.names, in order.
func (p *parser) startTag() (name []byte) {
	p.names = p.names[:0]
	at := p.tokens.Offset() + 1
	name = p.name(&at)
	for {
		for isBlank(p.source[at]) {
			at++
		}
		if c := p.source[at]; c == '>' || c == '/' {
			return name
		}
		attribute := p.name(&at)
		for p.source[at] != '"' && p.source[at] != '\'' {
			at++
		}
		at += 2 + bytes.IndexByte(p.source[at+1:], p.source[at])
		if prefix, local := split(attribute); string(prefix) != "xmlns" && (len(prefix) > 0 || string(local) != "xmlns") {
			p.names = append(p.names, attribute)
		}
	}
}

func (p *parser) name(at *int) []byte {
	from := *at
	for c := p.source[*at]; c != '=' && c != '/' && c != '>' && !isBlank(c); c = p.source[*at] {
		*at++
	}
	return p.source[from:*at]
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

func split(name []byte) (prefix, local []byte) {
	if i := bytes.IndexByte(name, ':'); i >= 0 {
		return name[:i], name[i+1:]
	}
	return nil, name
}

// is reports whether the element has this name.
func (e *element) is(space, local string) bool {
	return e != nil && string(e.local) == local && e.space == space
}

// elements returns the children that are elements.
func (e *element) elements() []*element {
	var out []*element
	for _, c := range e.children {
		if c.element != nil {
			out = append(out, c.element)
		}
	}
	return out
}

// all returns the children of a name. It takes nil, and then returns none.
func (e *element) all(space, local string) []*element {
	if e == nil {
		return nil
	}
	var out []*element
	for _, c := range e.children {
		if c.element.is(space, local) {
			out = append(out, c.element)
		}
	}
	return out
}

// child returns the only child of a name, or nil if there is none, or more than one. It takes nil, and then returns nil.
func (e *element) child(space, local string) *element {
	if found := e.all(space, local); len(found) == 1 {
		return found[0]
	}
	return nil
}

// attribute returns the value of an attribute, and "" if it is not there. It takes nil.
func (e *element) attribute(space, local string) string {
	if e == nil {
		return ""
	}
	for i := range e.attributes {
		if a := &e.attributes[i]; a.space == space && string(a.local) == local {
			return string(a.value)
		}
	}
	return ""
}

// text returns the element's own characters, and "" of nil.
func (e *element) text() string {
	if e == nil {
		return ""
	}
	var out []byte
	for _, c := range e.children {
		out = append(out, c.text...)
	}
	return string(bytes.Trim(out, " \t\r\n"))
}

// lookup returns the namespace that a prefix stands for inside of the element.
func (e *element) lookup(prefix []byte) (string, bool) {
	for at := e; at != nil; at = at.parent {
		for i := range at.bindings {
			if bytes.Equal(at.bindings[i].prefix, prefix) {
				return at.bindings[i].space, true
			}
		}
	}
	return "", false
}

// inScope returns all bindings in force inside of the element, in no order. One to no namespace is a default namespace that was undone.
func (e *element) inScope() []binding {
	var out []binding
	for at := e; at != nil; at = at.parent {
		for _, b := range at.bindings {
			if !slices.ContainsFunc(out, func(inner binding) bool { return bytes.Equal(inner.prefix, b.prefix) }) {
				out = append(out, b)
			}
		}
	}
	return out
}

// walk calls visit for the element and all below it, in order.
func (e *element) walk(visit func(*element)) {
	visit(e)
	for _, c := range e.children {
		if c.element != nil {
			c.element.walk(visit)
		}
	}
}

// replace puts nodes in the place of the element.
func (e *element) replace(nodes []child) {
	for i := range nodes {
		if nodes[i].element != nil {
			nodes[i].element.parent = e.parent
		}
	}
	siblings := e.parent.children
	for i := range siblings {
		if siblings[i].element == e {
			out := append([]child(nil), siblings[:i]...)
			out = append(out, nodes...)
			e.parent.children = append(out, siblings[i+1:]...)
			return
		}
	}
}

// add parses text in the context of the element, and appends it to the element's children. The text is the content of an element: some elements and characters.
func (e *element) add(text []byte) ([]child, error) {
	nodes, err := e.fragment(text)
	e.children = append(e.children, nodes...)
	return nodes, err
}

// fragment parses text as if it stood in the element.
func (e *element) fragment(text []byte) ([]child, error) {
	c := canonicalizer{}
	c.out = append(c.out, "<w"...)
	for _, b := range e.inScope() {
		if len(b.prefix) == 0 {
			c.out = append(c.out, ` xmlns="`...)
		} else {
			c.out = append(append(append(c.out, " xmlns:"...), b.prefix...), `="`...)
		}
		c.value([]byte(b.space))
		c.out = append(c.out, '"')
	}
	c.out = append(append(append(c.out, '>'), text...), "</w>"...)
	root, err := parse(c.out)
	if err != nil {
		return nil, err
	}
	for i := range root.children {
		if inner := root.children[i].element; inner != nil {
			inner.parent = e
		}
	}
	return root.children, nil
}

// identifier returns the element's wsu:Id, which it gets if it has none. The identifier is then made of fresh, which nothing else in the document holds.
func (e *element) identifier(fresh string) string {
	if id := e.attribute(utilitySpace, "Id"); id != "" {
		return id
	}
	prefix := []byte("wsu")
	for space, bound := e.lookup(prefix); bound && space != utilitySpace; space, bound = e.lookup(prefix) {
		prefix = append(prefix, '1')
	}
	if _, bound := e.lookup(prefix); !bound {
		e.bindings = append(e.bindings, binding{prefix, utilitySpace})
	}
	e.attributes = append(e.attributes, attribute{prefix: prefix, local: []byte("Id"), space: utilitySpace, value: []byte(fresh)})
	return fresh
}
