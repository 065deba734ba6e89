package listing

import (
	"strings"

	"go.einride.tech/aip/filtering"
	expr "google.golang.org/genproto/googleapis/api/expr/v1alpha1"
)

// Matches holds where the field's text consists of the parts, in their order, with any text or none between each two of them: "foo*" has the parts "foo" and "".
type Matches struct {
	Field *Field
	// Parts are two or more.
	Parts []string
}

func (Matches) expression() {}

// Holds reports whether a text is of the pattern.
func (m Matches) Holds(text string) bool {
	last := len(m.Parts) - 1
	rest, ok := strings.CutPrefix(text, m.Parts[0])
	for _, part := range m.Parts[1:last] {
		var found bool
		_, rest, found = strings.Cut(rest, part)
		ok = ok && found
	}
	return ok && strings.HasSuffix(rest, m.Parts[last])
}

// pattern returns the parts of a text between the stars that stand in it as they are; ok is false if there are none. One that is escaped (\*) is a star of the text.
func (s source) pattern(e *expr.Expr) (parts []string, ok bool) {
	if name, isWord := fieldName(e); isWord {
		parts = strings.Split(name, "*")
		return parts, len(parts) > 1
	}
	value, isText := e.GetConstExpr().GetConstantKind().(*expr.Constant_StringValue)
	if !isText || !strings.Contains(value.StringValue, "*") {
		return nil, false
	}
	token, err := s.token(e)
	if err != nil || token.Type != filtering.TokenTypeString {
		return nil, false
	}
	quote := token.Value[:1]
	for part := range strings.SplitSeq(token.Value[1:len(token.Value)-1], "*") { // escapes hold none, see escapeStars
		unquoted, err := filtering.Token{Type: filtering.TokenTypeString, Value: quote + part + quote}.Unquote()
		if err != nil {
			return nil, false
		}
		parts = append(parts, unquoted)
	}
	return parts, len(parts) > 1
}

// token is the piece of the filter that an expression begins with.
func (s source) token(e *expr.Expr) (filtering.Token, error) {
	text := strings.TrimSpace(s.text) // as the parser has it
	at := min(max(int(s.positions[e.GetId()]), 0), len(text))
	var lexer filtering.Lexer
	lexer.Init(text[at:])
	return lexer.Lex()
}

// escapeStars spells \* so that the parser reads it, which knows the escapes of GoogleSQL alone.
func escapeStars(filter string) string {
	if !strings.Contains(filter, `\*`) {
		return filter
	}
	var out strings.Builder
	for i := 0; i < len(filter); i++ {
		switch {
		case filter[i] != '\\' || i+1 == len(filter):
			out.WriteByte(filter[i])
		case filter[i+1] == '*':
			out.WriteString(`\x2a`)
			i++
		default:
			out.WriteString(filter[i : i+2])
			i++
		}
	}
	return out.String()
}
