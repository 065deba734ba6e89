package copybook

import (
	"bytes"
	"strings"
)

// Columns of the fixed format, from 0.
const (
	indicatorColumn = 6
	firstColumn     = 7
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

// splitLines returns the lines that hold COBOL.
func splitLines(source []byte, format Format) []line {
	var raw []string
	for text := range bytes.SplitSeq(source, []byte("\n")) {
		raw = append(raw, expandTabs(strings.TrimRight(string(text), "\r\x1a")))
	}
	if format == "" || format == Auto {
		format = detect(raw)
	}
	var lines []line
	for i, text := range raw {
		l, ok := freeLine(text)
		if format == Fixed {
			l, ok = fixedLine(text)
		}
		if ok {
			l.number = i + 1
			lines = append(lines, l)
		}
	}
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
	if trimmed == "" || trimmed[0] == '*' || trimmed[0] == '$' || strings.HasPrefix(trimmed, ">>") {
		return line{}, false
	}
	return line{text: trimmed, column: len(text) - len(trimmed) + 1}, true
}

// fixedLine cuts the line at its columns. A line whose column 7 holds no indicator has its text from there: many copybooks are kept that way.
func fixedLine(text string) (line, bool) {
	if strings.HasPrefix(strings.TrimLeft(text, " "), "*") {
		return line{}, false
	}
	if len(text) <= indicatorColumn {
		return line{}, false
	}
	if len(text) > lastColumn {
		text = text[:lastColumn]
	}
	start, continued := firstColumn, false
	switch text[indicatorColumn] {
	case '*', '/', '$':
		return line{}, false
	case 'D', 'd':
		if len(text) == firstColumn || text[firstColumn] == ' ' {
			return line{}, false // a debugging line
		}
		start = indicatorColumn
	case '-':
		continued = true
	case ' ':
	default:
		start = indicatorColumn
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
