package copybook

import (
	"regexp"
	"strings"
)

// constants are the literals that have names: level 78 of Micro Focus and GnuCOBOL, and CONSTANT of ISO/IEC 1989.
type constants map[string]token

// value is what a token stands for.
func (c constants) value(t token) token {
	if named, ok := c[t.upper()]; ok && t.kind == word {
		return named
	}
	return t
}

var nameInPicture = regexp.MustCompile(`\(([A-Za-z][A-Za-z0-9_-]*)\)`)

// inPicture puts in the numbers that a picture names: X(NAME-LENGTH).
func (c constants) inPicture(text string) string {
	return nameInPicture.ReplaceAllStringFunc(text, func(named string) string {
		if t, ok := c[strings.ToUpper(named[1:len(named)-1])]; ok {
			return "(" + t.text + ")"
		}
		return named
	})
}

// constant reads a level 78: a name and VALUE literal.
func (p *parser) constant() {
	named := p.next()
	if named.kind != word || !validName(named.text) {
		p.fail(named, "the name of a constant belongs here")
		p.skipEntry()
		return
	}
	if !p.accept("VALUE", "VALUES") {
		p.fail(p.peek(), "VALUE belongs here")
		p.skipEntry()
		return
	}
	p.constantValue(named.upper())
}

// constantValue reads a literal, or another constant, and the period behind it.
func (p *parser) constantValue(name string) {
	p.accept("IS")
	p.accept("AS")
	t := p.constants.value(p.next())
	if following := p.next(); following.kind != period || t.kind != word && t.kind != literal {
		p.fail(following, "the constant %s is one literal, and a period belongs behind it: expressions are not computed", name)
		p.skipRest(following)
		return
	}
	p.constants[name] = t
}

// skipRest moves behind the next period, of which t may be the one.
func (p *parser) skipRest(t token) {
	if t.kind != period && t.kind != end {
		p.skipEntry()
	}
}
