package copybook

import (
	"encoding/hex"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

type tokenKind int

const (
	word tokenKind = iota
	literal
	period
	pseudo // ==, around a text of COPY REPLACING
	end
)

// A token is a word, a literal (without its quotes) or the period that ends an entry.
type token struct {
	kind         tokenKind
	text         string
	file         string
	line, column int
}

// upper is the word in upper case: COBOL does not tell the cases apart.
func (t token) upper() string {
	if t.kind != word {
		return ""
	}
	return strings.ToUpper(t.text)
}

// tokenize cuts lines into tokens. The last token is always of kind end.
func tokenize(file string, lines []line, last int) ([]token, Errors) {
	s := scanner{file: file, last: last}
	for i, l := range lines {
		if l.continued && s.open == nil && len(s.tokens) > 0 {
			s.continueWord(l)
			continue
		}
		s.line(l, i+1 < len(lines) && lines[i+1].continued)
	}
	if s.open != nil {
		s.fail(*s.open, "the literal is not closed")
	}
	stop := token{kind: end, file: file, line: 1, column: 1}
	if n := len(lines); n > 0 {
		stop.line, stop.column = lines[n-1].number, lines[n-1].column+len(lines[n-1].text)
	}
	return append(s.tokens, stop), s.errors
}

type scanner struct {
	file   string
	tokens []token
	errors Errors
	open   *token // a literal that goes on in the next line
	quote  byte
	last   int // the first column that is ignored in fixed format, from 0
}

func (s *scanner) fail(at token, message string) {
	s.errors = append(s.errors, &Error{File: s.file, Line: at.line, Column: at.column, Message: message})
}

// continueWord joins the first word of a continuation line to the last one of the line before.
func (s *scanner) continueWord(l line) {
	before := len(s.tokens)
	s.line(l, false)
	if last := before - 1; len(s.tokens) > before && s.tokens[last].kind == word && s.tokens[before].kind == word {
		s.tokens[last].text += s.tokens[before].text
		s.tokens = append(s.tokens[:before], s.tokens[before+1:]...)
	}
}

func (s *scanner) line(l line, continues bool) {
	text, at := l.text, 0
	if s.open != nil {
		at = len(text) - len(strings.TrimLeft(text, " "))
		if at < len(text) && text[at] == s.quote {
			at++
		}
		at = s.closeLiteral(l, at, continues)
	}
	for at < len(text) {
		switch c := text[at]; {
		case c == ' ' || c == ',' || c == ';':
			at++
		case strings.HasPrefix(text[at:], "*>"):
			return
		case c == '\'' || c == '"':
			s.open = &token{kind: literal, file: s.file, line: l.number, column: l.column + at}
			s.quote = c
			at = s.closeLiteral(l, at+1, continues)
		case strings.HasPrefix(text[at:], "=="):
			s.tokens = append(s.tokens, token{kind: pseudo, text: "==", file: s.file, line: l.number, column: l.column + at})
			at += 2
		case c == '.' && (at+1 < len(text) && strings.HasPrefix(text[at+1:], "==")):
			s.tokens = append(s.tokens, token{kind: period, text: ".", file: s.file, line: l.number, column: l.column + at})
			at++
		case c == '.' && (at+1 == len(text) || text[at+1] == ' '):
			s.tokens = append(s.tokens, token{kind: period, file: s.file, text: ".", line: l.number, column: l.column + at})
			at++
		default:
			at = s.word(l, at)
		}
	}
}

// word reads up to a blank or quote. A period, comma or semicolon at its very end belongs to the entry, not the word.
func (s *scanner) word(l line, at int) int {
	stop := strings.IndexAny(l.text[at:], " '\"")
	if stop < 0 {
		stop = len(l.text) - at
	}
	if pseudoText := strings.Index(l.text[at:at+stop], "=="); pseudoText > 0 {
		stop = pseudoText
	}
	text := l.text[at : at+stop]
	if quoted := at + stop; quoted < len(l.text) && (l.text[quoted] == '\'' || l.text[quoted] == '"') && isLiteralPrefix(text) {
		s.open = &token{kind: literal, file: s.file, text: strings.ToUpper(text), line: l.number, column: l.column + at}
		s.quote = l.text[quoted]
		return s.closePrefixed(l, quoted+1)
	}
	for len(text) > 1 && strings.ContainsRune(".,;", rune(text[len(text)-1])) {
		text = text[:len(text)-1]
	}
	if end := strings.Index(strings.ToUpper(text), ")USAGE"); end > 0 {
		text = text[:end+1] // S9(6)USAGE COMP, which compilers take
	}
	s.tokens = append(s.tokens, token{kind: word, file: s.file, text: text, line: l.number, column: l.column + at})
	return at + len(text)
}

func isLiteralPrefix(text string) bool {
	switch strings.ToUpper(text) {
	case "X", "N", "NX", "G", "Z", "U":
		return true
	default:
		return false
	}
}

// closePrefixed reads X'C1C2' and its kin, of which only X is more than text.
func (s *scanner) closePrefixed(l line, at int) int {
	prefix, before := s.open.text, len(s.tokens)
	s.open.text = ""
	at = s.closeLiteral(l, at, false)
	if len(s.tokens) == before {
		return at // it is not closed
	}
	last := &s.tokens[len(s.tokens)-1]
	if prefix == "X" || prefix == "NX" {
		decoded, err := hex.DecodeString(last.text)
		if err != nil || prefix == "NX" && len(decoded)%2 != 0 {
			s.fail(*last, "a hexadecimal literal has pairs of the digits 0 to 9 and A to F")
		}
		last.text = string(decoded)
		if prefix == "NX" {
			last.text = national(decoded)
		}
	}
	return at
}

// national is the text of UTF-16 characters, as NX'0041' spells them.
func national(characters []byte) string {
	units := make([]uint16, 0, len(characters)/2)
	for i := 0; i+1 < len(characters); i += 2 {
		units = append(units, uint16(characters[i])<<8|uint16(characters[i+1]))
	}
	return string(utf16.Decode(units))
}

// closeLiteral reads on in an open literal; two quotes stand for one. It returns where the text goes on.
func (s *scanner) closeLiteral(l line, at int, continues bool) int {
	text, read := l.text, []byte(s.open.text)
	for at < len(text) {
		if text[at] != s.quote {
			read = append(read, text[at])
			at++
			continue
		}
		if at+1 < len(text) && text[at+1] == s.quote {
			read = append(read, s.quote)
			at += 2
			continue
		}
		s.open.text = characters(read)
		s.tokens = append(s.tokens, *s.open)
		s.open = nil
		return at + 1
	}
	s.open.text = string(read)
	if !continues {
		s.fail(*s.open, "the literal is not closed on its line, and the next line does not continue it")
		s.open = nil
		return at
	}
	if pad := s.last - (l.column - 1) - len(text); pad > 0 {
		s.open.text += strings.Repeat(" ", pad) // a continued literal runs up to column 72
	}
	return at
}

// characters are those of a literal, whose file is in UTF-8 or Latin-1.
func characters(literal []byte) string {
	if utf8.Valid(literal) {
		return string(literal)
	}
	all := make([]rune, len(literal))
	for i, c := range literal {
		all[i] = rune(c)
	}
	return string(all)
}
