package wss

import (
	"errors"
	"fmt"
)

// An envelope is a SOAP message as a tree. Body and header are what every reader of SOAP takes for them: the only ones that stand where they should.
type envelope struct {
	root, header, body *element
}

// readEnvelope parses a message. Anything that could make two readers see two bodies is an error.
func readEnvelope(source []byte) (*envelope, error) {
	root, err := parse(source)
	if err != nil {
		return nil, err
	}
	if string(root.local) != "Envelope" || root.space != envelope11Space && root.space != envelope12Space {
		return nil, fmt.Errorf("the root element is {%s}%s, and no SOAP envelope", root.space, root.local)
	}
	e := &envelope{root: root}
	for _, child := range root.elements() {
		switch {
		case child.is(root.space, "Header") && e.header == nil && e.body == nil:
			e.header = child
		case child.is(root.space, "Body") && e.body == nil:
			e.body = child
		case e.body != nil && string(child.local) != "Header" && string(child.local) != "Body": // SOAP 1.1 section 4.1 allows it, and nobody reads it
		default:
			return nil, fmt.Errorf("the envelope holds a {%s}%s that has no place there", child.space, child.local)
		}
	}
	if e.body == nil {
		return nil, errors.New("the envelope has no body")
	}
	return e, nil
}

// demandHeader returns the envelope's header, which it gets if it has none.
func (e *envelope) demandHeader() *element {
	if e.header == nil {
		e.header = &element{parent: e.root, prefix: e.root.prefix, local: []byte("Header"), space: e.root.space}
		e.root.children = append([]child{{element: e.header}}, e.root.children...)
	}
	return e.header
}

// bytes writes the envelope: as Canonical XML 1.0, which keeps every namespace and every character.
func (e *envelope) bytes() []byte {
	c := canonicalizer{inclusive: true}
	c.out = append(c.out, `<?xml version="1.0" encoding="UTF-8"?>`...)
	c.element(e.root, true)
	return c.out
}
