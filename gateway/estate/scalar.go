package estate

import (
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/postern-gateway/postern/gateway/diagnostic"
)

// locateInScalar returns where a line and column of a scalar's text stands in the file. A place that is not in the text is taken to
// its nearest end.
func locateInScalar(text *diagnostic.Text, node *yaml.Node, line, column int) Position {
	if node.Kind != yaml.ScalarNode {
		return Position{node.Line, node.Column}
	}
	line, column = max(line, 1), max(column, 1)
	if node.Style&yaml.LiteralStyle != 0 {
		return locateInLiteral(text, node, line, column)
	}
	return locateByReading(text, node, line, column)
}

// locateInLiteral knows that the text of a | block starts on the line after the |, and that each of its lines is
// indented by the same number of spaces.
func locateInLiteral(text *diagnostic.Text, node *yaml.Node, line, column int) Position {
	lines := strings.Split(strings.TrimRight(node.Value, "\n"), "\n")
	line = min(line, len(lines))
	column = min(column, utf8.RuneCountInString(lines[line-1])+1)
	return Position{node.Line + line, blockIndent(text, node, lines) + column}
}

// blockIndent is how far the content of a block scalar is indented: the difference between its first line that is not blank in
// the file and in the text.
func blockIndent(text *diagnostic.Text, node *yaml.Node, lines []string) int {
	for i, line := range lines {
		if strings.Trim(line, " ") != "" {
			return max(utf8.RuneCountInString(text.Line(node.Line+1+i))-utf8.RuneCountInString(line), 0)
		}
	}
	return 0
}

// locateByReading reads the text of the scalar and the file side by side up to the place.
func locateByReading(text *diagnostic.Text, node *yaml.Node, line, column int) Position {
	r := &scalarReader{text: text, style: node.Style}
	switch {
	case node.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) != 0:
		r.goTo(node.Line, node.Column)
		r.skip(1)
	case node.Style&yaml.FoldedStyle != 0:
		r.goTo(node.Line+1, 1)
	default:
		r.goTo(node.Line, node.Column)
	}
	atLine, atColumn := 1, 1
	for _, want := range node.Value {
		r.approach(want)
		if atLine > line || atLine == line && atColumn >= column {
			break
		}
		r.read(want)
		if want == '\n' {
			atLine, atColumn = atLine+1, 1
		} else {
			atColumn++
		}
	}
	return Position{r.line, r.column}
}

// A scalarReader stands at a place in the file, within a scalar.
type scalarReader struct {
	text         *diagnostic.Text
	style        yaml.Style
	line, column int
	rest         string // what remains of the line
}

func (r *scalarReader) goTo(line, column int) {
	r.line, r.column, r.rest = line, 1, r.text.Line(line)
	r.skip(column - 1)
}

// skip goes over characters of the line.
func (r *scalarReader) skip(count int) {
	for ; count > 0 && r.rest != ""; count-- {
		_, size := utf8.DecodeRuneInString(r.rest)
		r.rest = r.rest[size:]
		r.column++
	}
}

// approach goes to where the file spells want, over line breaks and indentation that are not part of the text.
func (r *scalarReader) approach(want rune) {
	if r.style&yaml.DoubleQuotedStyle != 0 && r.rest == `\` {
		r.goTo(r.line+1, 1) // an escaped line break
		r.skip(indentation(r.rest))
	}
	if want == ' ' || want == '\n' || want == '\t' {
		return
	}
	for {
		trimmed := strings.TrimLeft(r.rest, " \t")
		if trimmed != "" || r.line >= r.text.Len() {
			r.skip(len(r.rest) - len(trimmed))
			return
		}
		r.goTo(r.line+1, 1)
	}
}

// read goes over one code point of the text as the file spells it.
func (r *scalarReader) read(got rune) {
	blank := got == '\n' || got == ' '
	switch {
	case blank && !strings.HasPrefix(r.rest, " ") && !strings.HasPrefix(r.rest, `\`):
		// A line break, folded or not: approach goes over it when the next word is wanted.
	case r.style&yaml.DoubleQuotedStyle != 0 && strings.HasPrefix(r.rest, `\`):
		r.skip(escapeLength(r.rest))
	case r.style&yaml.SingleQuotedStyle != 0 && strings.HasPrefix(r.rest, "''"):
		r.skip(2)
	default:
		r.skip(1)
	}
}

// escapeLength is how many characters the escape at the start of text takes.
func escapeLength(text string) int {
	if len(text) < 2 {
		return 1
	}
	switch text[1] {
	case 'x':
		return 4
	case 'u':
		return 6
	case 'U':
		return 10
	default:
		return 2
	}
}
