package sqlite

import (
	"slices"
	"strings"

	"github.com/postern-gateway/postern/adapters/database/dialect"
	"github.com/postern-gateway/postern/adapters/database/sqltext"
)

// A definition is what only the text of a CREATE TABLE statement says.
type definition struct {
	checks []dialect.Constraint
	// collated is true if a column compares its text in another way than byte by byte.
	collated bool
}

// define finds each CHECK (...) of a CREATE TABLE statement, with its name if it has one. A nameless check is known in
// SQLite's messages by its expression.
func define(text string) definition {
	var (
		found  definition
		tokens []sqltext.Token
	)
	for _, token := range sqltext.Scan(text, bracketed) {
		if token.Kind != sqltext.Space && token.Kind != sqltext.Comment {
			tokens = append(tokens, token)
		}
	}
	for i, token := range tokens {
		switch {
		case token.Is("COLLATE") && i+1 < len(tokens) && !strings.EqualFold(tokens[i+1].Value(), "BINARY"):
			found.collated = true
		case token.Is("CHECK") && i+1 < len(tokens) && tokens[i+1].Is("("):
			end := closing(tokens, i+1)
			if end < 0 {
				return found
			}
			expression := strings.TrimSpace(text[tokens[i+1].Offset+1 : tokens[end].Offset])
			check := dialect.Constraint{Name: expression, Check: expression, Columns: checked(expression)}
			if i >= 2 && tokens[i-2].Is("CONSTRAINT") {
				check.Name = tokens[i-1].Value()
			}
			found.checks = append(found.checks, check)
		}
	}
	return found
}

// checked returns the columns that a check is known to be about.
func checked(expression string) []string {
	var columns []string
	for _, bound := range sqltext.ParseCheck(expression, bracketed) {
		if !slices.Contains(columns, bound.Column) {
			columns = append(columns, bound.Column)
		}
	}
	return columns
}

// closing returns the index of the parenthesis that closes the one at start, or -1.
func closing(tokens []sqltext.Token, start int) int {
	depth := 0
	for i := start; i < len(tokens); i++ {
		switch {
		case tokens[i].Is("("):
			depth++
		case tokens[i].Is(")"):
			depth--
			if depth == 0 {
				return i
			}
		}
	}
	return -1
}
