package diagnostic

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"

	"github.com/mattn/go-runewidth"
)

// A line that is longer than excerptRunes is shown from leadRunes before the caret.
const (
	excerptRunes = 160
	leadRunes    = 60
)

// String returns the diagnostic as it is printed:
//
//	backends/orders.yaml:3:1: unknown field "itens"
//	   3 | itens:
//	     | ^
//	     = accepted: items
func (d Diagnostic) String() string {
	var b strings.Builder
	b.WriteString(d.place())
	b.WriteString(printable(d.Message))
	gutter := max(len(strconv.Itoa(d.Line)), 4)
	if d.Excerpt != "" {
		shown, caret := window(d.Excerpt, d.Column)
		shown = printable(shown)
		fmt.Fprintf(&b, "\n%*d | %s", gutter, d.Line, shown)
		if d.Column > 0 {
			fmt.Fprintf(&b, "\n%*s | %s^", gutter, "", padding(shown, caret))
		}
	}
	if d.Accepted != "" {
		fmt.Fprintf(&b, "\n%*s = accepted: %s", gutter, "", printable(d.Accepted))
	}
	return b.String()
}

func (d Diagnostic) place() string {
	switch {
	case d.File == "":
		return ""
	case d.Line == 0:
		return printable(d.File) + ": "
	default:
		return fmt.Sprintf("%s:%d:%d: ", printable(d.File), d.Line, max(d.Column, 1))
	}
}

// window cuts a long line so that the column is in sight, and returns how many code points stand before the caret.
func window(line string, column int) (shown string, caret int) {
	caret = max(column-1, 0)
	runes := []rune(line)
	if len(runes) <= excerptRunes {
		return line, min(caret, len(runes))
	}
	start := 0
	if caret > excerptRunes-leadRunes {
		start = min(caret, len(runes)) - leadRunes
	}
	end := min(start+excerptRunes, len(runes))
	shown = string(runes[start:end])
	caret = min(caret, len(runes)) - start
	if start > 0 {
		shown, caret = "…"+shown, caret+1
	}
	if end < len(runes) {
		shown += "…"
	}
	return shown, caret
}

// padding is blank text as wide as the first runes of line.
func padding(line string, runes int) string {
	width := runewidth.Condition{} // not the package's default, which depends on the user's locale
	var b strings.Builder
	for _, r := range line {
		if runes == 0 {
			break
		}
		runes--
		if r == '\t' {
			b.WriteByte('\t')
		} else {
			b.WriteString(strings.Repeat(" ", width.RuneWidth(r)))
		}
	}
	return b.String()
}

// printable replaces what would steer a terminal.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\t' || unicode.Is(unicode.Bidi_Control, r) {
			return unicode.ReplacementChar
		}
		return r
	}, text)
}
