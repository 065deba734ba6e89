package xmltoken

import (
	"bytes"
	"fmt"
	"io"
	"unicode/utf8"
)

// XMLNamespace is the namespace that the prefix xml always stands for.
const XMLNamespace = "http://www.w3.org/XML/1998/namespace"

// Bounds that hold when [Options] leaves them at 0.
const (
	DefaultMaxDepth      = 200
	DefaultMaxAttributes = 256
	DefaultMaxExpansion  = 1 << 20
)

// Kind is the kind of a token.
type Kind uint8

// The kinds of tokens. Comments and processing instructions are passed over.
const (
	Start Kind = iota + 1
	End
	Text
)

// Options bound what a [Reader] accepts.
type Options struct {
	// MaxDepth is how deep elements may nest.
	MaxDepth int
	// MaxAttributes is how many attributes one element may have.
	MaxAttributes int
	// DoctypeAllowed lets a document have a DOCTYPE with internal entities. Without it, a DOCTYPE is an error.
	DoctypeAllowed bool
	// MaxExpansion bounds the bytes that entities of the DOCTYPE expand to in all.
	MaxExpansion int
	// Undeclared returns the namespace of a prefix that the document does not declare. Without it, such a prefix is an error.
	Undeclared func(prefix string) string
}

// A SyntaxError says where a document is not well-formed.
type SyntaxError struct {
	// Offset counts bytes of the UTF-8 text from 0. Line and Column count from 1; Column counts characters.
	Offset, Line, Column int
	Message              string
}

// Error returns "line:column: message".
func (e *SyntaxError) Error() string {
	return fmt.Sprintf("%d:%d: %s", e.Line, e.Column, e.Message)
}

// An Attribute is one attribute of a start tag; namespace declarations are not among them.
type Attribute struct {
	// Space is the namespace, "" for a name without a prefix.
	Space string
	// Local and Value are good until the next token.
	Local, Value []byte
}

// A Reader reads the tokens of one document. It is for one goroutine.
type Reader struct {
	source  []byte
	at      int
	options Options

	kind       Kind
	start      int // offset of the current token
	space      string
	local      []byte
	attributes []Attribute
	raw        []rawAttribute
	text       []byte
	scratch    []byte
	colon      int // in the name that was read last, or -1

	scope    scope
	open     []element
	outside  int  // how many elements are open around the one that is read again
	again    bool // the current token is to be returned once more
	emptyTag bool // the current start tag ends itself
	leaving  bool // the current token is an End whose bindings are still in force
	rootSeen bool
	checked  bool // the characters of the source are good
	entities map[string]string
	expanded int

	// snapshot are the bindings inside of the element that starts at snapshotOf, for bookmarks; bookmarked counts those in all snapshots.
	snapshot   []Binding
	snapshotOf int
	bookmarked int
}

type element struct {
	name     []byte // as written, prefix included
	local    []byte
	space    string
	bindings int // how many bindings are in force outside of it
	start    int // where its start tag starts
}

// NewReader returns a reader of source, which is UTF-8 (see [ToUTF8]) and must not change while it is read.
func NewReader(source []byte, options Options) *Reader {
	r := &Reader{}
	r.Reset(source, options)
	return r
}

// Reset makes r a reader of another document and keeps its buffers.
func (r *Reader) Reset(source []byte, options Options) {
	if options.MaxDepth == 0 {
		options.MaxDepth = DefaultMaxDepth
	}
	if options.MaxAttributes == 0 {
		options.MaxAttributes = DefaultMaxAttributes
	}
	if options.MaxExpansion == 0 {
		options.MaxExpansion = DefaultMaxExpansion
	}
	*r = Reader{
		source: bytes.TrimPrefix(source, []byte("\ufeff")), options: options, attributes: r.attributes[:0], raw: r.raw[:0], scratch: r.scratch[:0],
		scope: r.scope.reset(), open: r.open[:0], snapshotOf: -1,
	}
}

// Next moves to the next token. It returns io.EOF after the end of the root element and what may follow it.
func (r *Reader) Next() (Kind, error) {
	if r.again {
		r.again = false
		return r.kind, nil
	}
	if !r.checked {
		r.checked = true
		if err := r.checkCharacters(); err != nil {
			return 0, err
		}
	}
	if r.leaving {
		r.leave()
	}
	if r.emptyTag {
		r.emptyTag = false
		return r.end()
	}
	return r.next()
}

func (r *Reader) next() (Kind, error) {
	for {
		r.start = r.at
		if r.at >= len(r.source) {
			return 0, r.endOfSource()
		}
		if r.source[r.at] != '<' {
			kind, err := r.characters()
			if err != nil || kind != 0 {
				return kind, err
			}
			continue
		}
		kind, err := r.markup()
		if err != nil || kind != 0 {
			return kind, err
		}
	}
}

// NextTag moves to the next start or end tag, past all text.
func (r *Reader) NextTag() (Kind, error) {
	if r.checked && !r.again && !r.emptyTag {
		// Most of it is white space, which needs no look.
		at := r.at
		for at < len(r.source) && isWhite(r.source[at]) {
			at++
		}
		if at < len(r.source) && r.source[at] == '<' {
			r.at = at
		}
	}
	for {
		if kind, err := r.Next(); err != nil || kind != Text {
			return kind, err
		}
	}
}

// Space returns the namespace of the current start or end tag.
func (r *Reader) Space() string { return r.space }

// Local returns the local name of the current start or end tag.
func (r *Reader) Local() []byte { return r.local }

// Attributes returns the attributes of the current start tag.
func (r *Reader) Attributes() []Attribute { return r.attributes }

// Text returns the characters of the current text token. Adjacent text may come as several tokens.
func (r *Reader) Text() []byte { return r.text }

// Offset returns where the current token starts.
func (r *Reader) Offset() int { return r.start }

// Depth returns how many elements are open, the one of the current start or end tag included. After [Reader.Unread] it is as it was before the token.
func (r *Reader) Depth() int {
	if r.again && r.kind == Start {
		return len(r.open) - 1
	}
	return len(r.open)
}

// Unread makes [Reader.Next] return the current token once more.
func (r *Reader) Unread() { r.again = true }

// Skip reads up to the end tag of the element whose start tag is the current token.
func (r *Reader) Skip() error {
	depth := len(r.open)
	for {
		kind, err := r.Next()
		if err != nil {
			return err
		}
		if kind == End && len(r.open) == depth {
			return nil
		}
	}
}

// Errorf returns an error at the current token.
func (r *Reader) Errorf(format string, arguments ...any) *SyntaxError {
	return r.errorAt(r.start, format, arguments...)
}

func (r *Reader) errorAt(offset int, format string, arguments ...any) *SyntaxError {
	line, column := Position(r.source, offset)
	return &SyntaxError{Offset: offset, Line: line, Column: column, Message: fmt.Sprintf(format, arguments...)}
}

// Position returns the line and column of an offset, both from 1.
func Position(source []byte, offset int) (line, column int) {
	before := source[:min(max(offset, 0), len(source))]
	line = 1 + bytes.Count(before, []byte("\n"))
	return line, 1 + utf8.RuneCount(before[bytes.LastIndexByte(before, '\n')+1:])
}

func (r *Reader) endOfSource() error {
	switch {
	case len(r.open) > 0:
		return r.errorAt(len(r.source), "the document ends inside <%s>", r.open[len(r.open)-1].name)
	case !r.rootSeen:
		return r.errorAt(len(r.source), "there is no element")
	default:
		return io.EOF
	}
}

// markup reads what starts with "<". A kind of 0 means that there was nothing to return.
func (r *Reader) markup() (Kind, error) {
	rest := r.source[r.at:]
	if len(rest) < 2 {
		return r.startTag()
	}
	switch rest[1] {
	case '/':
		return r.endTag()
	case '?':
		return 0, r.passOver("?>", "processing instruction")
	case '!':
		switch {
		case bytes.HasPrefix(rest, []byte("<!--")):
			return 0, r.passOver("-->", "comment")
		case bytes.HasPrefix(rest, []byte("<![CDATA[")):
			return r.cdata()
		case bytes.HasPrefix(rest, []byte("<!DOCTYPE")):
			return 0, r.doctype()
		}
	}
	return r.startTag()
}

func (r *Reader) passOver(end, what string) error {
	from := r.at + 2
	if what == "comment" {
		from = r.at + 4
	}
	i := -1
	if from <= len(r.source) {
		i = bytes.Index(r.source[from:], []byte(end))
	}
	if i < 0 {
		return r.errorAt(r.at, "the %s does not end", what)
	}
	r.at = from + i + len(end)
	return nil
}

func (r *Reader) cdata() (Kind, error) {
	if len(r.open) == 0 {
		return 0, r.errorAt(r.at, "there is text outside of the root element")
	}
	from := r.at + len("<![CDATA[")
	i := bytes.Index(r.source[from:], []byte("]]>"))
	if i < 0 {
		return 0, r.errorAt(r.at, "the CDATA section does not end")
	}
	r.at = from + i + len("]]>")
	r.kind, r.text = Text, r.source[from:from+i]
	if bytes.IndexByte(r.text, '\r') >= 0 {
		r.scratch = appendLines(r.scratch[:0], r.text)
		r.text = r.scratch
	}
	return Text, nil
}

// Leaf reads the element whose start tag is the current token to its end, if it holds nothing but text that means itself: no markup, no references and
// no carriage returns. The current token is its end tag then. It returns false, and has read nothing, for any other element.
func (r *Reader) Leaf() (text []byte, ok bool) {
	if r.emptyTag {
		r.emptyTag = false
		_, _ = r.end()
		return nil, true
	}
	from := r.at
	for at := from; at < len(r.source); at++ {
		switch r.source[at] {
		case '&', '\r':
			return nil, false
		case '<':
			if at+1 >= len(r.source) || r.source[at+1] != '/' {
				return nil, false
			}
			after := r.endsHere(at + 2)
			if after == 0 {
				return nil, false
			}
			r.start, r.at = at, after
			_, _ = r.end()
			return r.source[from:at:at], true
		}
	}
	return nil, false
}

func (r *Reader) characters() (Kind, error) {
	end := bytes.IndexByte(r.source[r.at:], '<')
	if end < 0 {
		end = len(r.source) - r.at
	}
	raw := r.source[r.at : r.at+end]
	r.at += end
	if len(r.open) == 0 {
		if len(bytes.TrimLeft(raw, " \t\r\n")) > 0 {
			return 0, r.errorAt(r.start, "there is text outside of the root element")
		}
		return 0, nil
	}
	r.kind, r.text = Text, raw
	if bytes.IndexByte(raw, '&') < 0 && bytes.IndexByte(raw, '\r') < 0 {
		return Text, nil
	}
	var err error
	r.scratch, err = r.expand(r.scratch[:0], raw, r.start, false)
	r.text = r.scratch
	return Text, err
}

func (r *Reader) endTag() (Kind, error) {
	from := r.at + 2
	if n := r.endsHere(from); n > 0 {
		r.at = n
		return r.end()
	}
	i := bytes.IndexByte(r.source[from:], '>')
	if i < 0 {
		return 0, r.errorAt(r.at, "the end tag does not end")
	}
	name := bytes.TrimRight(r.source[from:from+i], " \t\r\n")
	r.at = from + i + 1
	if len(r.open) == 0 {
		return 0, r.errorAt(r.start, "</%s> ends nothing", name)
	}
	if open := r.open[len(r.open)-1].name; !bytes.Equal(open, name) {
		return 0, r.errorAt(r.start, "</%s> stands where <%s> should end", name, open)
	}
	return r.end()
}

// endsHere returns where the end tag of the innermost element ends whose name is at from, or 0 if it is written in any other way than the plain one.
func (r *Reader) endsHere(from int) int {
	if len(r.open) == 0 {
		return 0
	}
	name := r.open[len(r.open)-1].name
	to := from + len(name)
	if to >= len(r.source) || r.source[to] != '>' || string(r.source[from:to]) != string(name) {
		return 0
	}
	return to + 1
}

func (r *Reader) end() (Kind, error) {
	top := &r.open[len(r.open)-1]
	r.kind, r.local, r.space = End, top.local, top.space
	r.leaving = true
	return End, nil
}

// leave closes the element of an end tag, so that Depth and Lookup still see it while the tag is the current token.
func (r *Reader) leave() {
	r.leaving = false
	r.scope.truncate(r.open[len(r.open)-1].bindings)
	r.open = r.open[:len(r.open)-1]
}
