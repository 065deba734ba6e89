package copybook

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// Columns of the fixed format, from 0.
const (
	indicatorColumn = 6
	lastColumn      = 72 // the first that is ignored
)

const tabWidth = 8

// A line is the part of a source line that holds COBOL, and where it was.
type line struct {
	text      string
	number    int // from 1
	column    int // of the first character of text, from 1
	continued bool
}

// columns say where a line of the fixed format has its indicator, and which column is the first that is ignored; from 0.
type columns struct{ indicator, last int }

func columnsOf(options Options) columns {
	c := columns{indicatorColumn, lastColumn}
	if options.FirstColumn > 0 {
		c.indicator = options.FirstColumn - 1
	}
	if options.LastColumn > 0 {
		c.last = options.LastColumn
	}
	return c
}

// splitLines returns the lines that hold COBOL. chosen leaves out those that directives do.
func splitLines(source []byte, options Options, chosen *selection) []line {
	format := options.Format
	columns := columnsOf(options)
	var raw []string
	for text := range bytes.SplitSeq(source, []byte("\n")) {
		raw = append(raw, expandTabs(plainBlanks(strings.TrimRight(string(text), "\r\x1a"))))
	}
	if format == "" || format == Auto {
		format = detect(raw)
	}
	var lines []line
	for i, text := range raw {
		if chosen.take(i+1, text) || isEject(text) {
			continue
		}
		if directive, found := sourceFormat(text); found {
			format, columns = directive.format, directive.columns(columnsOf(options))
			continue
		}
		l, ok := freeLine(text)
		if format == Fixed {
			l, ok = fixedLine(text, columns)
		}
		if ok {
			l.number = i + 1
			lines = append(lines, l)
		}
	}
	chosen.close()
	return lines
}

// detect tells the format: free if a level number stands in the first six columns, where fixed format has nothing or a sequence number.
func detect(lines []string) Format {
	for _, text := range lines {
		trimmed := strings.TrimLeft(text, " ")
		if start := len(text) - len(trimmed); start >= indicatorColumn {
			continue
		}
		digits := len(trimmed) - len(strings.TrimLeft(trimmed, "0123456789"))
		start := len(text) - len(trimmed)
		if (digits == 1 || digits == 2) && digits < len(trimmed) && trimmed[digits] == ' ' && start+digits < indicatorColumn &&
			strings.TrimSpace(trimmed[digits:]) != "" {
			return Free
		}
	}
	return Fixed
}

func freeLine(text string) (line, bool) {
	trimmed := strings.TrimLeft(text, " ")
	if trimmed == "" || trimmed[0] == '*' || trimmed[0] == '$' || isListing(trimmed) {
		return line{}, false
	}
	return line{text: trimmed, column: len(text) - len(trimmed) + 1}, true
}

// fixedLine cuts the line at its columns. A line whose column 7 holds no indicator has its text from there: many copybooks are kept that way.
func fixedLine(text string, c columns) (line, bool) {
	if trimmed := strings.TrimLeft(text, " "); strings.HasPrefix(trimmed, "*") || isListing(trimmed) {
		return line{}, false
	}
	if len(text) <= c.indicator {
		return line{}, false
	}
	if len(text) > c.last {
		text = text[:c.last]
	}
	start, continued := c.indicator+1, false
	switch text[c.indicator] {
	case '*', '/', '$':
		return line{}, false
	case 'D', 'd':
		if len(text) == c.indicator+1 || text[c.indicator+1] == ' ' {
			return line{}, false // a debugging line
		}
		start = c.indicator
	case '-':
		continued = true
	case ' ':
	default:
		start = c.indicator
	}
	if start >= len(text) || strings.TrimSpace(text[start:]) == "" {
		return line{}, false
	}
	return line{text: text[start:], column: start + 1, continued: continued}, true
}

func expandTabs(text string) string {
	if !strings.Contains(text, "\t") {
		return text
	}
	var b strings.Builder
	for _, c := range []byte(text) {
		if c != '\t' {
			b.WriteByte(c)
			continue
		}
		b.WriteString(strings.Repeat(" ", tabWidth-b.Len()%tabWidth))
	}
	return b.String()
}

// plainBlanks makes blanks of no-break spaces, which editors leave behind, in UTF-8 or Latin-1.
func plainBlanks(text string) string {
	if utf8.ValidString(text) {
		return strings.ReplaceAll(text, "\u00a0", " ")
	}
	return strings.ReplaceAll(text, "\xa0", " ")
}

// isEject reports whether the line is only for the compiler's listing. It may stand within an entry.
func isEject(text string) bool {
	switch strings.TrimSuffix(strings.ToUpper(strings.TrimSpace(text)), ".") {
	case "EJECT", "SKIP", "SKIP1", "SKIP2", "SKIP3":
		return true
	default:
		return false
	}
}

// A directive is what a compiler directive says of the lines behind it.
type directive struct {
	format   Format
	variable bool // no column ends the text
}

func (d directive) columns(c columns) columns {
	if d.variable {
		c.last = maxColumn
	}
	return c
}

// maxColumn is behind every text.
const maxColumn = 1 << 30

// sourceFormat reads >>SOURCE FORMAT IS FREE (ISO/IEC 1989) and $SET SOURCEFORMAT"FREE" (Micro Focus, GnuCOBOL).
func sourceFormat(text string) (directive, bool) {
	upper := strings.ToUpper(text)
	at := max(strings.Index(upper, ">>"), strings.Index(upper, "$SET"))
	if at < 0 || strings.TrimLeft(upper[:at], " 0123456789") != "" || !strings.Contains(upper[at:], "SOURCE") || !strings.Contains(upper[at:], "FORMAT") {
		return directive{}, false
	}
	switch rest := upper[at:]; {
	case strings.Contains(rest, "FREE"):
		return directive{format: Free}, true
	case strings.Contains(rest, "VARIABLE"):
		return directive{format: Fixed, variable: true}, true
	default:
		return directive{format: Fixed}, true
	}
}

// isListing reports whether the line is a compiler directive that changes no description.
func isListing(trimmed string) bool {
	if !strings.HasPrefix(trimmed, ">>") {
		return false
	}
	name, _, _ := strings.Cut(strings.ToUpper(strings.TrimLeft(trimmed[2:], " ")), " ")
	switch name {
	case "LISTING", "PAGE", "CALLINT", "CALLINTERFACE", "TURN", "PROPAGATE", "SET", "LEAP-SECOND", "FLAG-02", "FLAG-14", "FLAG-85", "PUSH", "POP", "CONTROL":
		return true
	default:
		return false
	}
}
