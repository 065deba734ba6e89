package sqltext

import (
	"slices"
	"strings"
)

// A Bound is what a check constraint says of one column.
type Bound struct {
	Column string
	// Values are the only ones allowed; nil means that the check names none.
	Values []string
	// Operator is one of < <= > >= and Limit a number, where Values is nil.
	Operator string
	Limit    string
}

// ParseCheck reads the expression of a check constraint. Only what holds by itself is returned: parts that are joined by AND, each a comparison
// of a column with a number, or a list of the values that it may have. Everything else is left out.
func ParseCheck(expression string, options Options) []Bound {
	var tokens []Token
	for _, token := range Scan(expression, options) {
		if token.Kind != Space && token.Kind != Comment {
			tokens = append(tokens, token)
		}
	}
	return conjunction(tokens)
}

// conjunction splits at each AND that stands outside of parentheses and of BETWEEN.
func conjunction(tokens []Token) []Bound {
	tokens = withoutParentheses(tokens)
	var (
		bounds  []Bound
		start   int
		depth   int
		between bool
	)
	for i, token := range tokens {
		switch {
		case token.Is("("):
			depth++
		case token.Is(")"):
			depth--
		case depth > 0:
		case token.Is("OR"):
			return nil
		case token.Is("BETWEEN"):
			between = true
		case token.Is("AND") && between:
			between = false
		case token.Is("AND"):
			bounds = append(bounds, conjunction(tokens[start:i])...)
			start = i + 1
		}
	}
	if start > 0 {
		return append(bounds, conjunction(tokens[start:])...)
	}
	return comparison(tokens)
}

// withoutParentheses takes off the pairs that enclose everything.
func withoutParentheses(tokens []Token) []Token {
	for len(tokens) >= 2 && tokens[0].Is("(") && closing(tokens) == len(tokens)-1 {
		tokens = tokens[1 : len(tokens)-1]
	}
	return tokens
}

// closing returns where the parenthesis that opens at the start is closed, or -1.
func closing(tokens []Token) int {
	depth := 0
	for i, token := range tokens {
		switch {
		case token.Is("("):
			depth++
		case token.Is(")"):
			depth--
			if depth == 0 {
				return i
			}
		}
	}
	return -1
}

// comparison reads one condition: column operator literal, column BETWEEN a AND b, column IN (...), column = ANY (ARRAY[...]).
func comparison(tokens []Token) []Bound {
	column, rest, ok := operand(tokens)
	if !ok || column.literal || len(rest) == 0 {
		return nil
	}
	operator, rest := rest[0], rest[1:]
	switch {
	case operator.Is("IN"):
		return values(column.text, rest)
	case operator.Is("=") && len(rest) > 0 && rest[0].Is("ANY"):
		return values(column.text, array(rest[1:]))
	case operator.Is("BETWEEN"):
		low, rest, lowOK := operand(rest)
		if !lowOK || len(rest) == 0 || !rest[0].Is("AND") {
			return nil
		}
		high, rest, highOK := operand(rest[1:])
		if !highOK || len(rest) > 0 || !low.literal || !high.literal {
			return nil
		}
		return []Bound{{Column: column.text, Operator: ">=", Limit: low.text}, {Column: column.text, Operator: "<=", Limit: high.text}}
	case slices.Contains([]string{"<", "<=", ">", ">="}, operator.Text):
		limit, rest, limitOK := operand(rest)
		if !limitOK || !limit.literal || len(rest) > 0 {
			return nil
		}
		return []Bound{{Column: column.text, Operator: operator.Text, Limit: limit.text}}
	default:
		return nil
	}
}

// values reads (literal, literal, ...).
func values(column string, tokens []Token) []Bound {
	if len(tokens) < 3 || !tokens[0].Is("(") || closing(tokens) != len(tokens)-1 {
		return nil
	}
	tokens = tokens[1 : len(tokens)-1]
	bound := Bound{Column: column}
	for {
		value, rest, ok := operand(tokens)
		if !ok || !value.literal {
			return nil
		}
		bound.Values = append(bound.Values, value.text)
		if len(rest) == 0 {
			return []Bound{bound}
		}
		if !rest[0].Is(",") {
			return nil
		}
		tokens = rest[1:]
	}
}

// array makes (a, b) of ((ARRAY[a, b])::text[]), which is how PostgreSQL spells IN.
func array(tokens []Token) []Token {
	tokens = withoutParentheses(tokens)
	if len(tokens) > 0 && tokens[0].Is("(") {
		end := closing(tokens)
		if end < 0 || len(cast(tokens[end+1:])) > 0 {
			return nil
		}
		tokens = withoutParentheses(tokens[:end+1])
	}
	if len(tokens) < 3 || !tokens[0].Is("ARRAY") || !tokens[1].Is("[") || !tokens[len(tokens)-1].Is("]") {
		return nil
	}
	list := slices.Clone(tokens[1:])
	list[0].Text, list[len(list)-1].Text = "(", ")"
	return list
}

// An operandValue is a column or a literal.
type operandValue struct {
	text    string
	literal bool
}

// operand reads a column or a literal, in parentheses or not, with casts that change nothing about a comparison.
func operand(tokens []Token) (operandValue, []Token, bool) {
	if len(tokens) == 0 {
		return operandValue{}, nil, false
	}
	var (
		value operandValue
		rest  []Token
	)
	switch first := tokens[0]; {
	case first.Is("("):
		end := closing(tokens)
		if end < 0 {
			return operandValue{}, nil, false
		}
		inner, left, ok := operand(tokens[1:end])
		if !ok || len(left) > 0 {
			return operandValue{}, nil, false
		}
		value, rest = inner, tokens[end+1:]
	case first.Is("-") && len(tokens) > 1 && tokens[1].Kind == Number:
		value, rest = operandValue{text: "-" + tokens[1].Text, literal: true}, tokens[2:]
	case first.Kind == Number || first.Kind == String && strings.HasPrefix(first.Text, "'"):
		value, rest = operandValue{text: first.Value(), literal: true}, tokens[1:]
	case first.Kind == Word || first.Kind == QuotedName:
		value, rest = operandValue{text: first.Value()}, tokens[1:]
	default:
		return operandValue{}, nil, false
	}
	uncast := cast(rest)
	if !value.literal && !harmless(rest[:len(rest)-len(uncast)]) {
		return operandValue{}, nil, false
	}
	return value, uncast, true
}

// harmless reports whether the casts leave every value of a column what it is, as one to a type with a length does not.
func harmless(casts []Token) bool {
	return !slices.ContainsFunc(casts, func(t Token) bool {
		return !slices.Contains([]string{"::", "text", "character", "varying", "numeric"}, strings.ToLower(t.Text))
	})
}

// cast skips ::type, ::character varying, ::numeric(10,2) and ::text[].
func cast(tokens []Token) []Token {
	if len(tokens) < 2 || !tokens[0].Is("::") {
		return tokens
	}
	tokens = tokens[2:]
	for len(tokens) > 0 && tokens[0].Kind == Word && slices.Contains(typeWords, strings.ToLower(tokens[0].Text)) {
		tokens = tokens[1:]
	}
	if len(tokens) > 0 && tokens[0].Is("(") {
		if end := closing(tokens); end > 0 {
			tokens = tokens[end+1:]
		}
	}
	if len(tokens) > 1 && tokens[0].Is("[") && tokens[1].Is("]") {
		tokens = tokens[2:]
	}
	return cast(tokens)
}

// typeWords follow the first word of a type's name.
var typeWords = []string{"varying", "precision", "without", "with", "time", "zone"}
