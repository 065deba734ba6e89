package diagnostic

import (
	"cmp"
	"errors"
	"slices"
	"strings"
)

// A Diagnostic is one mistake in one file of an estate.
type Diagnostic struct {
	// File is the file's path relative to the estate directory, with slashes.
	File string `json:"file,omitempty"`
	// Line and Column count from 1, Column in Unicode code points. 0 means that the mistake is about the file as a whole.
	Line   int `json:"line,omitempty"`
	Column int `json:"column,omitempty"`
	// Message says what is wrong, in one line.
	Message string `json:"message"`
	// Accepted says what would be accepted instead, where that is known.
	Accepted string `json:"accepted,omitempty"`
	// Excerpt is the line of the file, without its line break. It is empty if the file has no such line.
	Excerpt string `json:"excerpt,omitempty"`
}

// Accepting returns the diagnostic with what would be accepted instead.
func (d Diagnostic) Accepting(accepted string) Diagnostic {
	d.Accepted = accepted
	return d
}

// A List is any number of mistakes. As an error it prints all of them.
type List []Diagnostic

// Add appends diagnostics.
func (l *List) Add(diagnostics ...Diagnostic) { *l = append(*l, diagnostics...) }

// Err returns the list as an error, sorted by file, line and column and without repetitions, or nil if nothing was found.
func (l List) Err() error {
	if len(l) == 0 {
		return nil
	}
	sorted := slices.Clone(l)
	slices.SortStableFunc(sorted, compare)
	return slices.Compact(sorted)
}

// Error returns the diagnostics as they are printed.
func (l List) Error() string {
	var b strings.Builder
	for i, d := range l {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(d.String())
	}
	return b.String()
}

// From returns the diagnostics that err is made of. An error that is not a List becomes one diagnostic without a
// place. It returns nil for nil. It serves `check --json`, which encodes the result with encoding/json.
func From(err error) List {
	if err == nil {
		return nil
	}
	var list List
	if errors.As(err, &list) {
		return list
	}
	return List{{Message: err.Error()}}
}

func compare(a, b Diagnostic) int {
	return cmp.Or(
		cmp.Compare(a.File, b.File),
		cmp.Compare(a.Line, b.Line),
		cmp.Compare(a.Column, b.Column),
		cmp.Compare(a.Message, b.Message),
	)
}
