package diagnostic

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// A Text is a source file that diagnostics point into. It never changes, so any number of goroutines may use it.
type Text struct {
	file    string
	content string
	lines   []string
}

// NewText returns the text of a file. file is its path relative to the estate directory. Lines end in LF or CR LF.
func NewText(file string, content []byte) *Text {
	lines := strings.Split(string(content), "\n")
	for i, line := range lines {
		lines[i] = strings.TrimSuffix(line, "\r")
	}
	return &Text{file: file, content: string(content), lines: lines}
}

// File returns the file's path relative to the estate directory.
func (t *Text) File() string { return t.file }

// Len returns the number of lines.
func (t *Text) Len() int { return len(t.lines) }

// Line returns the line of that number, counted from 1, or "" if there is none.
func (t *Text) Line(number int) string {
	if number < 1 || number > len(t.lines) {
		return ""
	}
	return t.lines[number-1]
}

// Masked returns the text with everything from a place to the end of its line hidden, so that no diagnostic shows it.
func (t *Text) Masked(line, column int) *Text {
	if line < 1 || line > len(t.lines) {
		return t
	}
	masked := &Text{file: t.file, content: t.content, lines: slices.Clone(t.lines)}
	runes := []rune(t.lines[line-1])
	masked.lines[line-1] = string(runes[:min(max(column-1, 0), len(runes))]) + "********"
	return masked
}

// At makes a diagnostic at a line and column. The message is made as by fmt.Sprintf.
func (t *Text) At(line, column int, format string, arguments ...any) Diagnostic {
	return Diagnostic{
		File:    t.file,
		Line:    line,
		Column:  column,
		Message: fmt.Sprintf(format, arguments...),
		Excerpt: t.Line(line),
	}
}

// Whole makes a diagnostic about the file as a whole.
func (t *Text) Whole(format string, arguments ...any) Diagnostic {
	return Diagnostic{File: t.file, Message: fmt.Sprintf(format, arguments...)}
}

// Position returns the line and column of a byte offset.
func (t *Text) Position(offset int) (line, column int) {
	before := t.content[:min(max(offset, 0), len(t.content))]
	start := strings.LastIndexByte(before, '\n') + 1
	return strings.Count(before, "\n") + 1, utf8.RuneCountInString(before[start:]) + 1
}

// ColumnOfCell returns the column of a cell on a line, counted from 1, as protobuf counts cells: a tab goes to the next
// multiple of 8, anything else takes one.
func (t *Text) ColumnOfCell(line, cell int) int {
	column, at := 1, 0
	for _, r := range t.Line(line) {
		if at >= cell-1 {
			break
		}
		if r == '\t' {
			at += 8 - at%8
		} else {
			at++
		}
		column++
	}
	return column
}
