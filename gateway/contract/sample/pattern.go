package sample

import (
	"regexp/syntax"
	"strings"
	"unicode"
)

// Bounds on the text made for a pattern.
const (
	maxRepeats      = 3    // where a pattern repeats without end
	maxPatternDepth = 50   // of groups within groups
	maxPatternText  = 1000 // bytes, beyond which repetitions are cut short
)

// matching makes a text that a regular expression (RE2) mostly matches: what an expression says about the text around
// (word boundaries) is not looked at. It returns "" for one that cannot be read.
func (m *maker) matching(pattern string) string {
	expression, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return ""
	}
	var b strings.Builder
	m.write(&b, expression.Simplify(), 0)
	return b.String()
}

func (m *maker) write(b *strings.Builder, e *syntax.Regexp, depth int) {
	if depth > maxPatternDepth || b.Len() > maxPatternText {
		return
	}
	switch e.Op {
	case syntax.OpLiteral:
		b.WriteString(string(e.Rune))
	case syntax.OpCharClass:
		b.WriteRune(m.character(e.Rune))
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		b.WriteByte(m.letter())
	case syntax.OpCapture, syntax.OpConcat:
		for _, part := range e.Sub {
			m.write(b, part, depth+1)
		}
	case syntax.OpAlternate:
		m.write(b, e.Sub[m.random.IntN(len(e.Sub))], depth+1)
	case syntax.OpStar:
		m.repeat(b, e.Sub[0], m.random.IntN(maxRepeats), depth)
	case syntax.OpPlus:
		m.repeat(b, e.Sub[0], 1+m.random.IntN(maxRepeats), depth)
	case syntax.OpQuest:
		m.repeat(b, e.Sub[0], m.random.IntN(2), depth)
	}
}

func (m *maker) repeat(b *strings.Builder, e *syntax.Regexp, count, depth int) {
	for range count {
		m.write(b, e, depth+1)
	}
}

// character picks one of a class, given as pairs of first and last, and prefers letters and digits.
func (m *maker) character(ranges []rune) rune {
	var plain, printable []rune
	for i := 0; i+1 < len(ranges); i += 2 {
		for r := ranges[i]; r <= ranges[i+1] && r < unicode.MaxASCII; r++ {
			switch {
			case r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z':
				plain = append(plain, r)
			case unicode.IsPrint(r):
				printable = append(printable, r)
			}
		}
	}
	switch {
	case len(plain) > 0:
		return plain[m.random.IntN(len(plain))]
	case len(printable) > 0:
		return printable[m.random.IntN(len(printable))]
	case len(ranges) > 0:
		return ranges[0]
	default:
		return 'a'
	}
}
