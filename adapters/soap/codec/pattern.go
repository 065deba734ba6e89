package codec

import (
	"fmt"
	"regexp"
	"regexp/syntax"
	"strings"
	"unicode/utf8"
)

// translate turns the patterns of XML Schema, which are alternatives (part 2 appendix F), into one of RE2. It returns false where RE2 has no such thing; there
// is no rule then. ^ and $ are characters in XML Schema, and never meant so where they are found at the ends of a pattern or branch; they are taken for anchors.
func translate(patterns []string) (string, bool) {
	if len(patterns) == 0 {
		return "", false
	}
	alternatives := make([]string, len(patterns))
	for i, pattern := range patterns {
		t := translator{rest: pattern}
		if !t.pattern() {
			return "", false
		}
		alternatives[i] = t.out.String()
	}
	out := "^(?:" + strings.Join(alternatives, "|") + ")$"
	if _, err := regexp.Compile(out); err != nil {
		return "", false
	}
	return out, true
}

// A translator writes one pattern anew.
type translator struct {
	rest string
	out  strings.Builder
}

// classes are the multi-character escapes, as what stands in a character class.
var classes = map[byte]string{
	's': ` \t\n\r`, 'i': `\p{L}\p{Nl}_:`, 'c': `\p{L}\p{Nl}\p{Nd}\p{M}_:.\-\x{B7}`, 'd': `\p{Nd}`, 'w': `\p{L}\p{M}\p{N}\p{S}`,
	'S': "", 'I': "", 'C': "", 'D': `\P{Nd}`, 'W': `\p{P}\p{Z}\p{C}`,
}

// blocks are the Unicode blocks that schemas name.
var blocks = map[string]string{
	"BasicLatin": `\x00-\x7F`, "Latin-1Supplement": `\x{80}-\x{FF}`, "LatinExtended-A": `\x{100}-\x{17F}`, "LatinExtended-B": `\x{180}-\x{24F}`,
	"IPAExtensions": `\x{250}-\x{2AF}`, "SpacingModifierLetters": `\x{2B0}-\x{2FF}`, "CombiningDiacriticalMarks": `\x{300}-\x{36F}`, "Greek": `\x{370}-\x{3FF}`,
	"GreekandCoptic": `\x{370}-\x{3FF}`, "Cyrillic": `\x{400}-\x{4FF}`, "Hebrew": `\x{590}-\x{5FF}`, "Arabic": `\x{600}-\x{6FF}`,
	"LatinExtendedAdditional": `\x{1E00}-\x{1EFF}`, "GeneralPunctuation": `\x{2000}-\x{206F}`, "CurrencySymbols": `\x{20A0}-\x{20CF}`,
	"LetterlikeSymbols": `\x{2100}-\x{214F}`, "NumberForms": `\x{2150}-\x{218F}`,
}

func (t *translator) next() (byte, bool) {
	if t.rest == "" {
		return 0, false
	}
	c := t.rest[0]
	t.rest = t.rest[1:]
	return c, true
}

func (t *translator) pattern() bool {
	for begins := true; ; {
		c, more := t.next()
		first := begins
		begins = c == '(' || c == '|'
		switch {
		case !more:
			return true
		case c == '\\':
			class, single, ok := t.escape()
			if !ok {
				return false
			}
			if single {
				t.out.WriteString(class)
			} else {
				t.out.WriteString("[" + class + "]")
			}
		case c == '[':
			class, ok := t.class()
			if !ok {
				return false
			}
			t.out.WriteString(class)
		case c == '.':
			t.out.WriteString(`[^\n\r]`)
		case c == '^' && first, c == '$' && (t.rest == "" || t.rest[0] == '|' || t.rest[0] == ')'):
		case c == '^' || c == '$':
			t.out.WriteString(`\` + string(c))
		case c == '{' && strings.HasPrefix(t.rest, ","): // no quantifier of XML Schema, and characters to RE2
			return false
		default:
			t.out.WriteByte(c)
		}
	}
}

// escape reads what is behind a backslash. A class is returned as what stands between brackets.
func (t *translator) escape() (class string, single, ok bool) {
	c, more := t.next()
	switch {
	case !more:
		return "", false, false
	case c == 'p' || c == 'P':
		property, rest, found := strings.Cut(t.rest, "}")
		if !found || !strings.HasPrefix(property, "{") {
			return "", false, false
		}
		t.rest = rest
		name, isBlock := strings.CutPrefix(property[1:], "Is")
		if !isBlock {
			return `\` + string(c) + property + "}", false, true
		}
		block, known := blocks[name]
		if c == 'P' {
			block = "^" + block // good only where it is the whole class, which its caller sees to
		}
		return block, false, known
	}
	if class, known := classes[c]; known {
		switch c {
		case 'S', 'I', 'C':
			class = "^" + classes[c|0x20]
		}
		return class, false, true
	}
	if c >= utf8.RuneSelf || c >= '0' && c <= '9' {
		return "", false, false
	}
	return `\` + string(c), true, true
}

// class reads a character class behind its bracket, and returns it with brackets. What is taken away from it is counted out.
func (t *translator) class() (string, bool) {
	var in strings.Builder
	negated := strings.HasPrefix(t.rest, "^")
	t.rest = strings.TrimPrefix(t.rest, "^")
	for {
		c, more := t.next()
		switch {
		case !more:
			return "", false
		case c == ']' && in.Len() > 0:
			return bracketed(in.String(), negated), true
		case c == '-' && strings.HasPrefix(t.rest, "[") && in.Len() > 0:
			t.rest = t.rest[1:]
			without, ok := t.class()
			if end, closed := t.next(); !ok || !closed || end != ']' {
				return "", false
			}
			return subtract(bracketed(in.String(), negated), without)
		case c == '\\':
			class, _, ok := t.escape()
			if !ok || strings.HasPrefix(class, "^") {
				return "", false
			}
			in.WriteString(class)
		case c == '[' || c == ']' || c == '^':
			in.WriteString(`\` + string(c))
		default:
			in.WriteByte(c)
		}
	}
}

func bracketed(class string, negated bool) string {
	if negated {
		return "[^" + class + "]"
	}
	return "[" + class + "]"
}

// subtract returns the class of the characters that are in one class and not in another.
func subtract(from, without string) (string, bool) {
	minuend, ok := ranges(from)
	if !ok {
		return "", false
	}
	subtrahend, ok := ranges(without)
	if !ok {
		return "", false
	}
	var out strings.Builder
	for i := 0; i < len(minuend); i += 2 {
		low, high := minuend[i], minuend[i+1]
		for j := 0; j < len(subtrahend) && low <= high; j += 2 {
			if subtrahend[j+1] < low || subtrahend[j] > high {
				continue
			}
			if subtrahend[j] > low {
				fmt.Fprintf(&out, `\x{%X}-\x{%X}`, low, subtrahend[j]-1)
			}
			low = subtrahend[j+1] + 1
		}
		if low <= high {
			fmt.Fprintf(&out, `\x{%X}-\x{%X}`, low, high)
		}
	}
	return "[" + out.String() + "]", out.Len() > 0
}

// ranges returns the characters of a class as pairs of the first and the last, in order.
func ranges(class string) ([]rune, bool) {
	parsed, err := syntax.Parse(class, syntax.Perl)
	if err != nil {
		return nil, false
	}
	switch parsed.Op {
	case syntax.OpCharClass:
		return parsed.Rune, true
	case syntax.OpLiteral:
		return []rune{parsed.Rune[0], parsed.Rune[0]}, len(parsed.Rune) == 1
	}
	return nil, false
}

// sample returns a short text that a pattern of RE2 accepts, for examples; "" if it finds none.
func sample(pattern string) string {
	parsed, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return ""
	}
	var out strings.Builder
	write(&out, parsed)
	if accepted, err := regexp.MatchString(pattern, out.String()); err != nil || !accepted {
		return ""
	}
	return out.String()
}

func write(out *strings.Builder, r *syntax.Regexp) {
	switch r.Op {
	case syntax.OpLiteral:
		out.WriteString(string(r.Rune))
	case syntax.OpCharClass:
		out.WriteRune(representative(r.Rune))
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		out.WriteByte('a')
	case syntax.OpCapture, syntax.OpPlus, syntax.OpConcat:
		for _, sub := range r.Sub {
			write(out, sub)
		}
	case syntax.OpAlternate:
		write(out, r.Sub[0])
	case syntax.OpRepeat:
		for range min(r.Min, 200) {
			write(out, r.Sub[0])
		}
	}
}

// representative is a character of a class: a letter or digit of ASCII, if it has one.
func representative(ranges []rune) rune {
	for _, wanted := range "a1A " {
		for i := 0; i < len(ranges); i += 2 {
			if ranges[i] <= wanted && wanted <= ranges[i+1] {
				return wanted
			}
		}
	}
	for i := 0; i < len(ranges); i += 2 {
		if ranges[i+1] > ' ' {
			return max(ranges[i], '!')
		}
	}
	return ranges[0]
}
