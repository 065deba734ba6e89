package copybook

import (
	"strings"
	"unicode/utf8"
)

// frame reads over what stands around record descriptions in a program (ISO/IEC 1989, "Structure of a compilation group"): divisions, section headers, and
// descriptions of files. It returns false if t begins none of that.
func (p *parser) frame(t token) bool {
	if t.kind != word {
		return false
	}
	switch t.upper() {
	case "PROCESS", "CBL":
		p.skipListing(t)
	case "IDENTIFICATION", "ID", "ENVIRONMENT":
		if p.peek().upper() != "DIVISION" {
			return false
		}
		p.divisions()
	case "DATA", "FILE", "WORKING-STORAGE", "LOCAL-STORAGE", "LINKAGE":
		if header := p.peek().upper(); header != "DIVISION" && header != "SECTION" {
			return false
		}
		p.skipEntry()
	case "FD", "SD":
		p.skipEntry()
	default:
		return false
	}
	return true
}

// divisions reads over all up to the data division, but for two settings that change what pictures mean.
func (p *parser) divisions() {
	for t := p.next(); t.kind != end; t = p.next() {
		switch t.upper() {
		case "DECIMAL-POINT":
			p.accept("IS")
			p.options.DecimalComma = p.accept("COMMA") || p.options.DecimalComma
		case "CURRENCY":
			p.currency()
		case "DATA":
			if p.accept("DIVISION") {
				p.skipEntry()
				return
			}
		}
	}
}

// currency reads CURRENCY [SIGN] [IS] literal [[WITH] PICTURE SYMBOL literal].
func (p *parser) currency() {
	p.accept("SIGN")
	p.accept("IS")
	sign := p.next()
	symbol := sign
	p.accept("WITH")
	if p.accept("PICTURE") && p.accept("SYMBOL") {
		symbol = p.next()
	}
	switch {
	case sign.kind != literal || symbol.kind != literal:
	case utf8.RuneCountInString(sign.text) != 1 || utf8.RuneCountInString(symbol.text) != 1:
		p.fail(sign, "a currency sign of other than one character is not read")
	default:
		p.options.Currency += symbol.text
		if p.options.signs == nil {
			p.options.signs = make(map[string]string)
		}
		p.options.signs[strings.ToUpper(symbol.text)] = sign.text
	}
}

// exec reads EXEC ... END-EXEC, as it stands in what tools make of SQL tables (DCLGEN). Only INCLUDE would bring in fields, and is refused.
func (p *parser) exec(first token) {
	language := p.next()
	if included := p.peek(); included.upper() == "INCLUDE" {
		p.fail(included, "EXEC %s INCLUDE is not followed: put the text that it includes here, or use COPY", language.upper())
	}
	for t := p.next(); ; t = p.next() {
		if t.kind == end {
			p.fail(first, "EXEC has no END-EXEC")
			return
		}
		if t.upper() == "END-EXEC" {
			break
		}
	}
	if p.peek().kind == period {
		p.next()
	}
}

// endOfData cuts off a procedure division, whose text describes no data, with the mistakes of its literals.
func endOfData(tokens []token, mistakes Errors) ([]token, Errors) {
	for i := range tokens[:len(tokens)-1] {
		startsEntry := i == 0 || tokens[i-1].kind == period
		if !startsEntry || tokens[i].upper() != "PROCEDURE" || tokens[i+1].upper() != "DIVISION" {
			continue
		}
		cut := tokens[i]
		cut.kind, cut.text = end, ""
		var kept Errors
		for _, mistake := range mistakes {
			if mistake.Line < cut.line {
				kept = append(kept, mistake)
			}
		}
		return append(tokens[:i:i], cut), kept
	}
	return tokens, mistakes
}
