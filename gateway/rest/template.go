package rest

import (
	"errors"
	"fmt"
	"strings"
)

// A template is a parsed path template of google/api/http.proto, section "Path template syntax".
type template struct {
	segments  []segment
	variables []variable
	verb      string
}

// A segment is a literal or, where the literal is empty, a wildcard for one segment (*) or for all that follow (**).
type segment struct {
	literal string
	deep    bool
}

// A variable is a field path of the request, and the segments that it stands for.
type variable struct {
	path        string
	first, last int // segments[first:last]
}

// multi reports whether the variable's value may hold slashes.
func (v variable) multi(t template) bool {
	return v.last-v.first > 1 || t.segments[v.first].deep
}

func parseTemplate(text string) (template, error) {
	p := &templateParser{rest: text}
	if err := p.parse(); err != nil {
		return template{}, fmt.Errorf("path %q: %w", text, err)
	}
	return p.template, nil
}

type templateParser struct {
	template template
	rest     string
}

func (p *templateParser) parse() error {
	if !p.take("/") {
		return errors.New("it starts with /")
	}
	if err := p.parseSegments(false); err != nil {
		return err
	}
	if p.take(":") {
		verb, err := p.literal()
		if err != nil {
			return err
		}
		p.template.verb = verb
	}
	if p.rest != "" {
		return fmt.Errorf("cannot read %q; a segment is a literal, *, ** or {field}", p.rest)
	}
	for i, s := range p.template.segments {
		if s.deep && i != len(p.template.segments)-1 {
			return errors.New("** stands last")
		}
	}
	return nil
}

func (p *templateParser) parseSegments(inVariable bool) error {
	for {
		if err := p.parseSegment(inVariable); err != nil {
			return err
		}
		if !p.take("/") {
			return nil
		}
	}
}

func (p *templateParser) parseSegment(inVariable bool) error {
	switch {
	case p.take("**"):
		p.template.segments = append(p.template.segments, segment{deep: true})
		return nil
	case p.take("*"):
		p.template.segments = append(p.template.segments, segment{})
		return nil
	case !inVariable && p.take("{"):
		return p.parseVariable()
	}
	literal, err := p.literal()
	if err != nil {
		return err
	}
	p.template.segments = append(p.template.segments, segment{literal: literal})
	return nil
}

func (p *templateParser) parseVariable() error {
	end := strings.IndexAny(p.rest, "=}/{")
	if end <= 0 {
		return errors.New("a variable is {field} or {field=segments}")
	}
	v := variable{path: p.rest[:end], first: len(p.template.segments)}
	p.rest = p.rest[end:]
	if p.take("=") {
		if err := p.parseSegments(true); err != nil {
			return err
		}
	} else {
		p.template.segments = append(p.template.segments, segment{})
	}
	if !p.take("}") {
		return fmt.Errorf("variable %s is not closed by }", v.path)
	}
	v.last = len(p.template.segments)
	p.template.variables = append(p.template.variables, v)
	return nil
}

func (p *templateParser) literal() (string, error) {
	end := 0
	for end < len(p.rest) && isLiteral(p.rest[end]) {
		end++
	}
	if end == 0 {
		return "", errors.New("a segment is a literal of letters, digits and -._~!$&'()+,;=@, or *, ** or {field}")
	}
	literal := p.rest[:end]
	p.rest = p.rest[end:]
	return literal, nil
}

func (p *templateParser) take(token string) bool {
	rest, ok := strings.CutPrefix(p.rest, token)
	if ok {
		p.rest = rest
	}
	return ok
}

func isLiteral(c byte) bool {
	return isUnreserved(c) || strings.IndexByte("!$&'()+,;=@", c) >= 0
}

// isUnreserved is as in RFC 3986 section 2.3.
func isUnreserved(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-._~", c) >= 0
}

// String writes the template with its variables named by name.
func (t template) String(name func(fieldPath string) string) string {
	var b strings.Builder
	next := 0
	for i := 0; i < len(t.segments); i++ {
		b.WriteByte('/')
		if next < len(t.variables) && t.variables[next].first == i {
			v := t.variables[next]
			b.WriteString("{" + name(v.path))
			if v.multi(t) || t.segments[i].literal != "" {
				b.WriteString("=" + join(t.segments[v.first:v.last]))
			}
			b.WriteByte('}')
			i = v.last - 1
			next++
			continue
		}
		b.WriteString(t.segments[i].text())
	}
	if t.verb != "" {
		b.WriteString(":" + t.verb)
	}
	return b.String()
}

// shape is the same for templates that match the same paths.
func (t template) shape() string {
	return "/" + join(t.segments) + ":" + t.verb
}

func join(segments []segment) string {
	texts := make([]string, len(segments))
	for i, s := range segments {
		texts[i] = s.text()
	}
	return strings.Join(texts, "/")
}

func (s segment) text() string {
	switch {
	case s.literal != "":
		return s.literal
	case s.deep:
		return "**"
	default:
		return "*"
	}
}

// compareTemplates orders the template that is tried first before the other: a custom verb before none, then from left to
// right a literal before *, and * before **.
func compareTemplates(a, b template) int {
	if (a.verb == "") != (b.verb == "") {
		if a.verb != "" {
			return -1
		}
		return 1
	}
	for i := range min(len(a.segments), len(b.segments)) {
		if d := a.segments[i].rank() - b.segments[i].rank(); d != 0 {
			return d
		}
	}
	if d := len(a.segments) - len(b.segments); d != 0 {
		return d
	}
	return strings.Compare(a.shape(), b.shape())
}

func (s segment) rank() int {
	switch {
	case s.literal != "":
		return 0
	case s.deep:
		return 2
	default:
		return 1
	}
}
