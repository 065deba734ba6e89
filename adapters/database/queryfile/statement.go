package queryfile

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/postern-gateway/postern/adapters/database/sqltext"
)

// assemble makes the statement of its tokens.
func (p *parser) assemble() {
	for i := 0; i < len(p.query.tokens); i++ {
		token := p.query.tokens[i]
		if list := p.listed(i); list > 0 {
			i = p.in(i, list)
			continue
		}
		if token.Kind != sqltext.Parameter {
			p.append(token.Text, token.Offset)
			continue
		}
		if p.use(token).Type.List && !p.options.Arrays {
			p.mistake(token.Offset, "the list %s stands alone in the parentheses of IN: x IN (%s)", token.Text, token.Text)
		}
	}
}

// listed returns where the list is if IN or NOT IN stands at i with the parameter of a list alone in its parentheses; else 0.
func (p *parser) listed(i int) int {
	tokens := p.query.tokens
	at := i
	if tokens[at].Is("NOT") {
		at = p.next(at)
	}
	if at >= len(tokens) || !tokens[at].Is("IN") {
		return 0
	}
	open := p.next(at)
	list := p.next(open)
	closing := p.next(list)
	if closing >= len(tokens) || !tokens[open].Is("(") || tokens[list].Kind != sqltext.Parameter || !tokens[closing].Is(")") {
		return 0
	}
	declared := slices.ContainsFunc(p.query.Parameters, func(known *Parameter) bool { return ":"+known.Name == tokens[list].Text && known.Type.List })
	if !declared {
		return 0
	}
	return list
}

// next is the index of the next token that says something, or the number of tokens.
func (p *parser) next(i int) int {
	for i++; i < len(p.query.tokens) && p.query.tokens[i].Kind == sqltext.Space; i++ {
	}
	return min(i, len(p.query.tokens))
}

// in adds IN or NOT IN with its list, and returns the index of the parenthesis behind it.
func (p *parser) in(i, list int) int {
	tokens, closing := p.query.tokens, p.next(list)
	words := "IN ("
	switch negated := tokens[i].Is("NOT"); {
	case p.options.Arrays && negated:
		words = "<> ALL ("
	case p.options.Arrays:
		words = "= ANY ("
	case negated:
		words = "NOT IN ("
	}
	p.append(words, tokens[i].Offset)
	p.use(tokens[list])
	p.append(")", tokens[closing].Offset)
	return closing
}

// use adds the placeholder of a parameter.
func (p *parser) use(token sqltext.Token) *Parameter {
	name := token.Text[1:]
	index := slices.IndexFunc(p.query.Parameters, func(known *Parameter) bool { return known.Name == name })
	if index < 0 {
		index = len(p.query.Parameters)
		p.query.Parameters = append(p.query.Parameters, &Parameter{Name: name, Offset: token.Offset})
	}
	start := p.text.Len()
	p.append(p.options.Placeholder(index+1), token.Offset)
	p.query.Uses = append(p.query.Uses, Use{Parameter: index, Start: start, End: p.text.Len()})
	return p.query.Parameters[index]
}

func (p *parser) append(text string, offset int) {
	p.query.pieces = append(p.query.pieces, piece{start: p.text.Len(), offset: offset})
	p.text.WriteString(text)
}

// Locate returns the offset in the file of the nth character of the statement, counted from 1.
func (q *Query) Locate(character int) int {
	offset := 0
	for n := 1; n < character && offset < len(q.Text); n++ {
		_, size := utf8.DecodeRuneInString(q.Text[offset:])
		offset += size
	}
	return q.at(offset)
}

// Find returns the offset in the file of the first place where the statement holds the text, or of the statement's start.
func (q *Query) Find(text string) int {
	at := strings.Index(q.Text, text)
	if text == "" || at < 0 {
		at = 0
	}
	return q.at(at)
}

// at leads from an offset in the statement to one in the file.
func (q *Query) at(offset int) int {
	for _, piece := range slices.Backward(q.pieces) {
		if piece.start <= offset {
			return piece.offset + offset - piece.start
		}
	}
	return q.Offset
}

// Position returns the line and the column of an offset, both counted from 1; columns count characters.
func Position(text string, offset int) (line, column int) {
	before := text[:min(offset, len(text))]
	line = strings.Count(before, "\n") + 1
	column = utf8.RuneCountInString(before[strings.LastIndex(before, "\n")+1:]) + 1
	return line, column
}
