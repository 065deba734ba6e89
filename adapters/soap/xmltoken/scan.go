package xmltoken

import (
	"bytes"
	"strconv"
	"unicode/utf8"
)

// rawAttribute is an attribute before namespaces are resolved. Its value lies in scratch or in the source.
type rawAttribute struct {
	name   []byte
	value  []byte
	offset int
	colon  int // in the name, or -1
}

// nameClass says what a byte is in a name. All bytes of other characters than ASCII belong to it.
var nameClass = func() (table [256]uint8) {
	for c := range 128 {
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
		digit := c >= '0' && c <= '9'
		if !letter && !digit && c != '_' && c != '-' && c != '.' {
			table[c] = nameEnd
		}
	}
	table[':'] = nameColon
	return table
}()

const (
	nameEnd = iota + 1
	nameColon
)

func (r *Reader) startTag() (Kind, error) {
	r.at++
	name := r.name()
	colon := r.colon
	if name == nil {
		return 0, r.errorAt(r.start, "\"<\" is not followed by a name")
	}
	if len(r.open) == 0 && r.rootSeen {
		return 0, r.errorAt(r.start, "there is a second root element <%s>", name)
	}
	if r.outside+len(r.open) >= r.options.MaxDepth {
		return 0, r.errorAt(r.start, "elements are nested more than %d deep", r.options.MaxDepth)
	}
	r.rootSeen = true
	r.raw, r.scratch = r.raw[:0], r.scratch[:0]
	if r.at < len(r.source) && r.source[r.at] == '>' {
		r.at++
	} else if err := r.rawAttributes(name); err != nil {
		return 0, err
	}
	outside := r.scope.len()
	if len(r.raw) > 0 {
		if err := r.declare(); err != nil {
			return 0, err
		}
	}
	if err := r.resolve(name, colon); err != nil {
		return 0, err
	}
	r.kind = Start
	r.open = append(r.open, element{name: name, local: r.local, space: r.space, bindings: outside, start: r.start})
	return Start, nil
}

// name reads a name at the current place, or returns nil. It notes where the colon is; 0 if the name cannot be a qualified one.
func (r *Reader) name() []byte {
	source, from, at := r.source, r.at, r.at
	r.colon = -1
	for ; at < len(source); at++ {
		if class := nameClass[source[at]]; class != 0 {
			if class == nameEnd {
				break
			}
			if r.colon >= 0 {
				r.colon = 0 // a second one
				continue
			}
			r.colon = at - from
		}
	}
	r.at = at
	name := source[from:at]
	if len(name) == 0 || name[0] == '-' || name[0] == '.' || name[0] >= '0' && name[0] <= '9' {
		return nil
	}
	return name
}

func isWhite(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

// space0 passes over white space, and reports whether there is any.
func (r *Reader) space0() bool {
	from := r.at
	for r.at < len(r.source) && isWhite(r.source[r.at]) {
		r.at++
	}
	return r.at > from
}

// rawAttributes reads up to the end of the start tag.
func (r *Reader) rawAttributes(tag []byte) error {
	for {
		spaced := r.space0()
		if r.at >= len(r.source) {
			return r.errorAt(r.start, "the tag <%s does not end", tag)
		}
		switch r.source[r.at] {
		case '>':
			r.at++
			return nil
		case '/':
			if r.at+1 >= len(r.source) || r.source[r.at+1] != '>' {
				return r.errorAt(r.at, "\"/\" is not followed by \">\"")
			}
			r.at += 2
			r.emptyTag = true
			return nil
		}
		if !spaced {
			return r.errorAt(r.at, "there is no space before an attribute of <%s>", tag)
		}
		if err := r.attribute(tag); err != nil {
			return err
		}
	}
}

func (r *Reader) attribute(tag []byte) error {
	offset := r.at
	name := r.name()
	colon := r.colon
	if name == nil {
		return r.errorAt(offset, "an attribute of <%s> has no name", tag)
	}
	for i := range r.raw {
		if bytes.Equal(r.raw[i].name, name) {
			return r.errorAt(offset, "the attribute %s is given twice", name)
		}
	}
	if len(r.raw) >= r.options.MaxAttributes {
		return r.errorAt(offset, "<%s> has more than %d attributes", tag, r.options.MaxAttributes)
	}
	r.space0()
	if r.at >= len(r.source) || r.source[r.at] != '=' {
		return r.errorAt(offset, "the attribute %s has no value", name)
	}
	r.at++
	r.space0()
	if r.at >= len(r.source) || r.source[r.at] != '"' && r.source[r.at] != '\'' {
		return r.errorAt(offset, "the value of the attribute %s is not quoted", name)
	}
	from := r.at + 1
	i := bytes.IndexByte(r.source[from:], r.source[r.at])
	if i < 0 {
		return r.errorAt(offset, "the value of the attribute %s does not end", name)
	}
	value := r.source[from : from+i]
	r.at = from + i + 1
	if bytes.IndexByte(value, '<') >= 0 {
		return r.errorAt(offset, "the value of the attribute %s holds \"<\"", name)
	}
	if needsExpansion(value) {
		begin := len(r.scratch)
		var err error
		if r.scratch, err = r.expand(r.scratch, value, from, true); err != nil {
			return err
		}
		value = r.scratch[begin:len(r.scratch):len(r.scratch)]
	}
	r.raw = append(r.raw, rawAttribute{name: name, value: value, offset: offset, colon: colon})
	return nil
}

// needsExpansion reports whether an attribute's value is another than it is written.
func needsExpansion(value []byte) bool {
	for _, c := range value {
		if c == '&' || c == '\r' || c == '\n' || c == '\t' {
			return true
		}
	}
	return false
}

// declare puts the namespace declarations of the start tag in force.
func (r *Reader) declare() error {
	for i := range r.raw {
		a := &r.raw[i]
		var prefix []byte
		switch {
		case string(a.name) == "xmlns":
		case bytes.HasPrefix(a.name, []byte("xmlns:")):
			prefix = a.name[len("xmlns:"):]
			if len(prefix) == 0 {
				return r.errorAt(a.offset, "a namespace declaration has no prefix")
			}
			if len(a.value) == 0 {
				return r.errorAt(a.offset, "the prefix %s is bound to no namespace", prefix)
			}
		default:
			continue
		}
		if r.scope.len() >= maxBindings {
			return r.errorAt(a.offset, "more than %d namespace declarations are in force", maxBindings)
		}
		r.scope.bind(prefix, a.value)
	}
	return nil
}

// resolve turns prefixes into namespaces.
func (r *Reader) resolve(name []byte, colon int) error {
	prefix, local := split(name, colon)
	if len(local) == 0 || colon == 0 {
		return r.errorAt(r.start, "%s is no qualified name", name)
	}
	space, ok := r.namespace(prefix)
	if !ok {
		return r.errorAt(r.start, "the prefix %s of <%s> is bound to no namespace", prefix, name)
	}
	r.local, r.space = local, space
	r.attributes = r.attributes[:0]
	for i := range r.raw {
		a := &r.raw[i]
		prefix, local := split(a.name, a.colon)
		switch {
		case string(prefix) == "xmlns" || string(a.name) == "xmlns":
			continue
		case len(local) == 0 || a.colon == 0:
			return r.errorAt(a.offset, "%s is no qualified name", a.name)
		case len(prefix) == 0:
			r.attributes = append(r.attributes, Attribute{Local: local, Value: a.value})
			continue
		}
		space, ok := r.namespace(prefix)
		if !ok {
			return r.errorAt(a.offset, "the prefix %s of the attribute %s is bound to no namespace", prefix, a.name)
		}
		for _, other := range r.attributes {
			if other.Space == space && bytes.Equal(other.Local, local) {
				return r.errorAt(a.offset, "the attribute %s is given twice", a.name)
			}
		}
		r.attributes = append(r.attributes, Attribute{Space: space, Local: local, Value: a.value})
	}
	return nil
}

// namespace returns what a prefix stands for at the current token.
func (r *Reader) namespace(prefix []byte) (string, bool) {
	space, ok := r.scope.lookup(prefix)
	if !ok && r.options.Undeclared != nil {
		return r.options.Undeclared(string(prefix)), true
	}
	return space, ok
}

func split(name []byte, colon int) (prefix, local []byte) {
	if colon >= 0 {
		return name[:colon], name[colon+1:]
	}
	return nil, name
}

// appendLines appends text with line ends as XML wants them (XML 1.0 section 2.11).
func appendLines(out, text []byte) []byte {
	for i, c := range text {
		if c == '\r' {
			if i+1 < len(text) && text[i+1] == '\n' {
				continue
			}
			c = '\n'
		}
		out = append(out, c)
	}
	return out
}

// expand appends text with references replaced. In an attribute, white space becomes blanks (XML 1.0 section 3.3.3).
func (r *Reader) expand(out, text []byte, offset int, attribute bool) ([]byte, error) {
	for i := 0; i < len(text); {
		switch c := text[i]; {
		case c == '&':
			end := bytes.IndexByte(text[i:], ';')
			if end < 0 {
				return out, r.errorAt(offset+i, "\"&\" starts no reference")
			}
			var err error
			if out, err = r.reference(out, text[i+1:i+end], offset+i, attribute, 0); err != nil {
				return out, err
			}
			i += end + 1
			continue
		case c == '\r' && i+1 < len(text) && text[i+1] == '\n':
		case attribute && (c == '\n' || c == '\r' || c == '\t'):
			out = append(out, ' ')
		case c == '\r':
			out = append(out, '\n')
		default:
			out = append(out, c)
		}
		i++
	}
	return out, nil
}

func (r *Reader) reference(out, name []byte, offset int, attribute bool, depth int) ([]byte, error) {
	if len(name) > 1 && name[0] == '#' {
		c, ok := character(name[1:])
		if !ok {
			return out, r.errorAt(offset, "&%s; is no character of XML", clip(name))
		}
		return utf8.AppendRune(out, c), nil
	}
	switch string(name) {
	case "lt":
		return append(out, '<'), nil
	case "gt":
		return append(out, '>'), nil
	case "amp":
		return append(out, '&'), nil
	case "quot":
		return append(out, '"'), nil
	case "apos":
		return append(out, '\''), nil
	}
	value, ok := r.entities[string(name)]
	if !ok {
		return out, r.errorAt(offset, "the entity &%s; is not defined", clip(name))
	}
	return r.entity(out, value, offset, attribute, depth)
}

// clip keeps what an error quotes short.
func clip(name []byte) []byte {
	return name[:min(len(name), 40)]
}

func character(digits []byte) (rune, bool) {
	base := 10
	if digits[0] == 'x' {
		base, digits = 16, digits[1:]
	}
	n, err := strconv.ParseUint(string(digits), base, 32)
	if err != nil {
		return 0, false
	}
	c := rune(n) //nolint:gosec // checked below
	switch {
	case n > 0x10FFFF, n >= 0xD800 && n <= 0xDFFF, n == 0xFFFE, n == 0xFFFF:
		return 0, false
	case c < ' ' && c != '\n' && c != '\t' && c != '\r':
		return 0, false
	}
	return c, true
}
