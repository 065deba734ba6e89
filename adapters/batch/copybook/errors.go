package copybook

import (
	"fmt"
	"strings"
)

// An Error is one mistake in a copybook.
type Error struct {
	File         string
	Line, Column int // from 1
	Message      string
}

// Error returns file:line:col: message.
func (e *Error) Error() string {
	return fmt.Sprintf("%s:%d:%d: %s", e.File, e.Line, e.Column, e.Message)
}

// Errors is all the mistakes of a copybook, in the order of the text.
type Errors []*Error

// Error returns the mistakes, one to a line.
func (e Errors) Error() string {
	lines := make([]string, len(e))
	for i, mistake := range e {
		lines[i] = mistake.Error()
	}
	return strings.Join(lines, "\n")
}
