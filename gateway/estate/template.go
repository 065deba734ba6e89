package estate

import (
	"fmt"
	"strings"
)

// A template is the path of a google.api.http rule (google/api/http.proto, "Path template syntax").
type template struct {
	// shape is the path with every variable replaced by what it matches: two rules of one shape match the same requests.
	shape     string
	variables []variable
}

// A variable is a field of the request that is taken from the path.
type variable struct {
	path   string
	offset int // in the template
}

// A templateError says what is wrong at which byte of a template.
type templateError struct {
	offset int
	text   string
}

func (e *templateError) Error() string { return e.text }

// parseTemplate reads
//
//	Template = "/" Segments [ ":" LITERAL ]
//	Segments = Segment { "/" Segment }
//	Segment  = "*" | "**" | LITERAL | "{" FieldPath [ "=" Segments ] "}"
func parseTemplate(text string) (*template, error) {
	p := &templateParser{text: text}
	if !p.take('/') {
		return nil, p.wrong(`a path begins with "/"`)
	}
	shape, err := p.segments(false)
	if err != nil {
		return nil, err
	}
	if p.take(':') {
		verb, err := p.literal()
		if err != nil {
			return nil, err
		}
		shape += ":" + verb
	}
	if p.at < len(text) {
		return nil, p.wrong(fmt.Sprintf("%q is not expected here", text[p.at]))
	}
	return &template{shape: "/" + shape, variables: p.variables}, nil
}

type templateParser struct {
	text      string
	at        int
	deep      bool // ** has been seen: nothing but a verb may follow
	variables []variable
}

func (p *templateParser) wrong(text string) error { return &templateError{p.at, text} }

func (p *templateParser) take(b byte) bool {
	if p.at < len(p.text) && p.text[p.at] == b {
		p.at++
		return true
	}
	return false
}

func (p *templateParser) segments(inVariable bool) (string, error) {
	var shapes []string
	for {
		shape, err := p.segment(inVariable)
		if err != nil {
			return "", err
		}
		shapes = append(shapes, shape)
		if !p.take('/') {
			return strings.Join(shapes, "/"), nil
		}
		if p.deep {
			return "", &templateError{p.at - 1, "nothing follows **"}
		}
	}
}

func (p *templateParser) segment(inVariable bool) (string, error) {
	switch {
	case strings.HasPrefix(p.text[p.at:], "**"):
		p.at += 2
		p.deep = true
		return "**", nil
	case p.take('*'):
		return "*", nil
	case strings.HasPrefix(p.text[p.at:], "{"):
		if inVariable {
			return "", p.wrong("a variable cannot hold another variable")
		}
		return p.variable()
	default:
		return p.literal()
	}
}

func (p *templateParser) variable() (string, error) {
	start := p.at
	p.at++
	name := p.at
	for p.at < len(p.text) && isIdentifierByte(p.text[p.at]) || p.at > name && p.at < len(p.text) && p.text[p.at] == '.' {
		p.at++
	}
	path := p.text[name:p.at]
	if path == "" || strings.HasSuffix(path, ".") || strings.Contains(path, "..") {
		return "", p.wrong("the name of a field is expected here")
	}
	p.variables = append(p.variables, variable{path: path, offset: name})
	shape := "*"
	if p.take('=') {
		matched, err := p.segments(true)
		if err != nil {
			return "", err
		}
		shape = matched
	}
	if !p.take('}') {
		if p.at == len(p.text) {
			return "", &templateError{start, "this { is not closed"}
		}
		return "", p.wrong(fmt.Sprintf("%q is not expected here", p.text[p.at]))
	}
	return shape, nil
}

func (p *templateParser) literal() (string, error) {
	start := p.at
	for p.at < len(p.text) && (isIdentifierByte(p.text[p.at]) || strings.IndexByte("-.~!$&'()+,;@%", p.text[p.at]) >= 0) {
		p.at++
	}
	if p.at == start {
		return "", p.wrong("a part of the path is expected here: a word, *, or {field}")
	}
	return p.text[start:p.at], nil
}

func isIdentifierByte(b byte) bool {
	return b == '_' || '0' <= b && b <= '9' || 'a' <= b && b <= 'z' || 'A' <= b && b <= 'Z'
}
