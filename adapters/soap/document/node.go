package document

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"sort"
	"strings"
	"unicode/utf8"

	"github.com/postern-gateway/postern/adapters/soap/xmltoken"
)

// A Name is a name with its namespace.
type Name struct {
	Space, Local string
}

// String returns the name in Clark's notation: {namespace}local.
func (n Name) String() string {
	if n.Space == "" {
		return n.Local
	}
	return "{" + n.Space + "}" + n.Local
}

// A Position is a place in a document. Line and Column count from 1; 0 means the document as a whole.
type Position struct {
	File         string
	Line, Column int
}

// String returns "file:line:column".
func (p Position) String() string {
	if p.Line == 0 {
		return p.File
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)
}

// An Error is what is wrong with a document, and where.
type Error struct {
	Position Position
	Message  string
	// Unreachable is true if the document could not be had over the network just now.
	Unreachable bool
	Cause       error
}

// Error returns "file:line:column: message".
func (e *Error) Error() string {
	return e.Position.String() + ": " + e.Message
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Cause }

// A Node is an element.
type Node struct {
	Name       Name
	Attributes []Attribute
	Children   []*Node
	// Text is the element's own character data, joined.
	Text string

	document *Document
	offset   int
	scope    *scope
}

// An Attribute is an attribute of a [Node].
type Attribute struct {
	Name  Name
	Value string
}

type scope struct {
	outer    *scope
	bindings []binding
}

type binding struct{ prefix, space string }

// A Document is one file, read.
type Document struct {
	// Location is the document's absolute path or URL.
	Location string
	Root     *Node
	source   []byte
	lines    []int // where each line starts
	origin   origin
	supplied map[string][]byte // see Loader.Supplied
}

// Source returns the document's text in UTF-8. The caller must not change it.
func (d *Document) Source() []byte { return d.source }

// Parse reads a document. The source may be in any encoding that [xmltoken.ToUTF8] knows; charset is what the transport said of it.
func Parse(location string, source []byte, charset string) (*Document, error) {
	text, err := xmltoken.ToUTF8(source, charset)
	if err != nil {
		return nil, &Error{Position: Position{File: location}, Message: err.Error(), Cause: err}
	}
	if !utf8.Valid(text) {
		text = xmltoken.FromWindows1252(text) // no encoding is said, or a wrong one: what old Windows programs write
	}
	d := &Document{Location: location, source: text, lines: lineStarts(text)}
	if err := d.parse(); err != nil {
		var syntax *xmltoken.SyntaxError
		if errors.As(err, &syntax) {
			return nil, &Error{Position: Position{File: location, Line: syntax.Line, Column: syntax.Column}, Message: syntax.Message, Cause: err}
		}
		return nil, &Error{Position: Position{File: location}, Message: err.Error(), Cause: err}
	}
	return d, nil
}

// conventional are the namespaces that some prefixes are used for, by people who forget to declare them.
var conventional = map[string]string{
	"xs": "http://www.w3.org/2001/XMLSchema", "xsd": "http://www.w3.org/2001/XMLSchema", "xsi": "http://www.w3.org/2001/XMLSchema-instance",
	"wsdl": "http://schemas.xmlsoap.org/wsdl/", "soap": "http://schemas.xmlsoap.org/wsdl/soap/", "soap12": "http://schemas.xmlsoap.org/wsdl/soap12/",
	"http": "http://schemas.xmlsoap.org/wsdl/http/", "mime": "http://schemas.xmlsoap.org/wsdl/mime/", "soapenc": "http://schemas.xmlsoap.org/soap/encoding/",
}

// undeclared is the namespace of a prefix that a document uses and does not declare. Extensions with such are passed over as all that are not known.
func undeclared(prefix string) string {
	if space := conventional[prefix]; space != "" {
		return space
	}
	return "undeclared:" + prefix
}

func lineStarts(text []byte) []int {
	out := make([]int, 1, 1+bytes.Count(text, []byte("\n")))
	for i, c := range text {
		if c == '\n' {
			out = append(out, i+1)
		}
	}
	return out
}

func (d *Document) parse() error {
	tokens := xmltoken.NewReader(d.source, xmltoken.Options{DoctypeAllowed: true, Undeclared: undeclared})
	interned := make(map[string]string)
	intern := func(text []byte) string {
		if known, ok := interned[string(text)]; ok {
			return known
		}
		kept := string(text)
		interned[kept] = kept
		return kept
	}
	var open []*Node
	var texts [][]byte // of the open elements
	for {
		kind, err := tokens.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		switch kind {
		case xmltoken.Start:
			node := &Node{Name: Name{tokens.Space(), intern(tokens.Local())}, document: d, offset: tokens.Offset()}
			for _, a := range tokens.Attributes() {
				node.Attributes = append(node.Attributes, Attribute{Name{a.Space, intern(a.Local)}, intern(a.Value)})
			}
			if len(open) == 0 {
				d.Root = node
			} else {
				parent := open[len(open)-1]
				parent.Children = append(parent.Children, node)
				node.scope = parent.scope
			}
			if bindings := tokens.Bindings(); len(bindings) > 0 {
				node.scope = &scope{outer: node.scope}
				for _, b := range bindings {
					node.scope.bindings = append(node.scope.bindings, binding{intern(b.Prefix), b.Space})
				}
			}
			open = append(open, node)
			texts = append(texts, nil)
		case xmltoken.End:
			last := len(open) - 1
			open[last].Text = string(texts[last])
			open, texts = open[:last], texts[:last]
		case xmltoken.Text:
			last := len(open) - 1
			if text := tokens.Text(); len(texts[last]) > 0 || len(bytes.TrimSpace(text)) > 0 {
				texts[last] = append(texts[last], text...)
			}
		}
	}
}

// Document returns the document that the node is in.
func (n *Node) Document() *Document { return n.document }

// Position returns where the node's start tag is.
func (n *Node) Position() Position {
	d := n.document
	line := sort.SearchInts(d.lines, n.offset+1)
	column := 1 + utf8.RuneCount(d.source[d.lines[line-1]:n.offset])
	return Position{File: d.Location, Line: line, Column: column}
}

// Offset returns where the node's start tag is in the document's source.
func (n *Node) Offset() int { return n.offset }

// Errorf returns an error at the node.
func (n *Node) Errorf(format string, arguments ...any) *Error {
	return &Error{Position: n.Position(), Message: fmt.Sprintf(format, arguments...)}
}

// Attribute returns the value of an attribute without a namespace, trimmed, or "" if it is not there.
func (n *Node) Attribute(local string) string {
	value, _ := n.Lookup(Name{Local: local})
	return strings.TrimSpace(value)
}

// Lookup returns the value of an attribute as it is written, and whether it is there.
func (n *Node) Lookup(name Name) (string, bool) {
	for i := range n.Attributes {
		if n.Attributes[i].Name == name {
			return n.Attributes[i].Value, true
		}
	}
	return "", false
}

// Resolve returns the namespace that a prefix stands for at the node; "" is the default namespace.
func (n *Node) Resolve(prefix string) (string, bool) {
	for s := n.scope; s != nil; s = s.outer {
		for i := len(s.bindings) - 1; i >= 0; i-- {
			if s.bindings[i].prefix == prefix {
				return s.bindings[i].space, true
			}
		}
	}
	switch prefix {
	case "":
		return "", true
	case "xml":
		return xmltoken.XMLNamespace, true
	}
	return "", false
}

// QName returns the name that a value such as "tns:Account" stands for at the node.
func (n *Node) QName(value string) (Name, error) {
	value = strings.TrimSpace(value)
	prefix, local, found := strings.Cut(value, ":")
	if !found {
		prefix, local = "", value
	}
	space, ok := n.Resolve(prefix)
	if !ok {
		return Name{}, n.Errorf("the prefix %s of %q is bound to no namespace", prefix, value)
	}
	return Name{space, local}, nil
}

// Child returns the first child of this name, or nil.
func (n *Node) Child(name Name) *Node {
	for _, child := range n.Children {
		if child.Name == name {
			return child
		}
	}
	return nil
}
