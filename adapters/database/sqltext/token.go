package sqltext

import "strings"

// A TokenKind is the sort of a [Token].
type TokenKind int

// The sorts of token.
const (
	Space TokenKind = iota // white space
	Comment
	Word       // a name without quotes, or a keyword
	QuotedName // "name", `name`, or [name] where Brackets is set
	String     // 'text', E'text', $tag$text$tag$
	Number
	Parameter // :name
	Symbol    // an operator or a punctuation mark
)

// A Token is a piece of SQL text.
type Token struct {
	Kind TokenKind
	// Text is as it stands in the source.
	Text string
	// Offset is where it starts, in bytes.
	Offset int
}

// Options says which of the things are quotes that only some engines know.
type Options struct {
	// Brackets makes [name] a quoted name.
	Brackets bool
}

// Scan splits SQL text into tokens that together are the text again. Anything can be scanned: an unclosed quote
// or comment ends with the text.
func Scan(text string, options Options) []Token {
	var tokens []Token
	for offset := 0; offset < len(text); {
		kind, length := next(text[offset:], options)
		tokens = append(tokens, Token{Kind: kind, Text: text[offset : offset+length], Offset: offset})
		offset += length
	}
	return tokens
}

// Value returns what a String or QuotedName spells, without its quotes; and any other token as it is.
func (t Token) Value() string {
	switch {
	case t.Kind == String && strings.HasPrefix(t.Text, "'"):
		return strings.ReplaceAll(inside(t.Text), "''", "'")
	case t.Kind == QuotedName && len(t.Text) > 0:
		quote := t.Text[:1]
		return strings.ReplaceAll(inside(t.Text), quote+quote, quote)
	default:
		return t.Text
	}
}

// Is reports whether the token is the keyword or symbol.
func (t Token) Is(text string) bool {
	return (t.Kind == Word || t.Kind == Symbol) && strings.EqualFold(t.Text, text)
}

// inside cuts the first and the last character off.
func inside(quoted string) string {
	if len(quoted) < 2 {
		return ""
	}
	return quoted[1 : len(quoted)-1]
}

// next returns the first token of text, which is not empty.
func next(text string, options Options) (TokenKind, int) {
	switch c := text[0]; {
	case isSpace(c):
		return Space, span(text, isSpace)
	case strings.HasPrefix(text, "--"):
		return Comment, until(text, "\n", 2)
	case strings.HasPrefix(text, "/*"):
		return Comment, blockComment(text)
	case c == '\'':
		return String, quoted(text, 0, '\'', false)
	case (c == 'e' || c == 'E') && strings.HasPrefix(text[1:], "'"):
		return String, quoted(text, 1, '\'', true)
	case c == '"' || c == '`':
		return QuotedName, quoted(text, 0, c, false)
	case c == '[' && options.Brackets:
		return QuotedName, until(text, "]", 1)
	case c == '$':
		return dollar(text)
	case isDigit(c):
		return Number, number(text)
	case isWord(c):
		return Word, span(text, isWord)
	case strings.HasPrefix(text, "::"):
		return Symbol, 2
	case c == ':' && len(text) > 1 && isWord(text[1]) && !isDigit(text[1]):
		return Parameter, 1 + span(text[1:], isWord)
	case strings.HasPrefix(text, "<=") || strings.HasPrefix(text, ">=") || strings.HasPrefix(text, "<>") || strings.HasPrefix(text, "!="):
		return Symbol, 2
	default:
		return Symbol, 1
	}
}

// span counts the bytes at the start of text that belong.
func span(text string, belongs func(byte) bool) int {
	n := 0
	for n < len(text) && belongs(text[n]) {
		n++
	}
	return n
}

// until returns where end, looked for behind the first start bytes, is over.
func until(text, end string, start int) int {
	if start > len(text) {
		return len(text)
	}
	at := strings.Index(text[start:], end)
	if at < 0 {
		return len(text)
	}
	return start + at + len(end)
}

// blockComment returns the length of a comment, which may hold others (SQL:2016 section 5.2).
func blockComment(text string) int {
	depth := 0
	for i := 0; i+1 < len(text); {
		switch text[i : i+2] {
		case "/*":
			depth++
			i += 2
		case "*/":
			depth--
			i += 2
			if depth == 0 {
				return i
			}
		default:
			i++
		}
	}
	return len(text)
}

// quoted returns the length of a quotation that opens at start. A doubled quote stands for one; so does one behind a backslash,
// where backslashes count.
func quoted(text string, start int, quote byte, backslash bool) int {
	for i := start + 1; i < len(text); i++ {
		switch {
		case backslash && text[i] == '\\':
			i++
		case text[i] != quote:
		case i+1 < len(text) && text[i+1] == quote:
			i++
		default:
			return i + 1
		}
	}
	return len(text)
}

// dollar reads PostgreSQL's $tag$text$tag$ and $1.
func dollar(text string) (TokenKind, int) {
	tag := 1 + span(text[1:], isWord)
	switch {
	case tag < len(text) && text[tag] == '$' && (tag == 1 || !isDigit(text[1])):
		return String, until(text, text[:tag+1], tag+1)
	default:
		return Symbol, tag
	}
}

// number reads digits, point and exponent.
func number(text string) int {
	n := span(text, isDigit)
	if n < len(text) && text[n] == '.' {
		n += 1 + span(text[n+1:], isDigit)
	}
	if n < len(text) && (text[n] == 'e' || text[n] == 'E') {
		m := n + 1
		if m < len(text) && (text[m] == '+' || text[m] == '-') {
			m++
		}
		if digits := span(text[m:], isDigit); digits > 0 {
			n = m + digits
		}
	}
	return n
}

func isSpace(c byte) bool {
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v'
}
func isDigit(c byte) bool { return c >= '0' && c <= '9' }
func isWord(c byte) bool {
	return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || isDigit(c) || c >= 0x80
}
