package copybook

import (
	"regexp"
	"strconv"
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
	if named, ok := p.namedValue("constant"); ok {
		p.constantValue(named.upper())
	}
}

// namedValue reads a name and VALUE. It returns false after a mistake, behind the entry.
func (p *parser) namedValue(of string) (token, bool) {
	named := p.next()
	if named.kind != word || !validName(named.text) {
		p.fail(named, "the name of a %s belongs here", of)
		p.skipEntry()
		return named, false
	}
	if !p.accept("VALUE", "VALUES") {
		p.fail(p.peek(), "VALUE belongs here")
		p.skipEntry()
		return named, false
	}
	return named, true
}

// constantValue reads a literal or another constant, or whole numbers computed from left to right, as Micro Focus does, and the period behind.
func (p *parser) constantValue(name string) {
	p.accept("IS")
	p.accept("AS")
	t := p.constants.value(p.next())
	following := p.next()
	for following.kind == word {
		computed, ok := compute(t, following.text, p.constants.value(p.next()))
		if !ok {
			break
		}
		t.text, following = computed, p.next()
	}
	if following.kind != period || t.kind != word && t.kind != literal {
		p.fail(following, "the constant %s is one literal, or whole numbers with +, -, * and / between them, and a period belongs behind it", name)
		p.skipRest(following)
		return
	}
	p.constants[name] = t
}

// compute applies an operator to whole numbers.
func compute(a token, operator string, b token) (string, bool) {
	x, err := strconv.ParseInt(a.text, 10, 32)
	y, err2 := strconv.ParseInt(b.text, 10, 32)
	switch {
	case err != nil || err2 != nil || operator == "/" && y == 0:
		return "", false
	case operator == "+":
		x += y
	case operator == "-":
		x -= y
	case operator == "*":
		x *= y
	case operator == "/":
		x /= y
	default:
		return "", false
	}
	return strconv.FormatInt(x, 10), true
}

// skipRest moves behind the next period, of which t may be the one.
func (p *parser) skipRest(t token) {
	if t.kind != period && t.kind != end {
		p.skipEntry()
	}
}
