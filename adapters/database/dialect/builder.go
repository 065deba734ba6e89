package dialect

import (
	"strconv"
	"strings"
)

// A Builder makes a statement of fixed text, quoted identifiers and parameters. Nothing that a caller sends can become
// text of a statement, since there is no way to put it there but as a parameter.
type Builder struct {
	syntax    *Syntax
	text      strings.Builder
	arguments []Argument
}

// NewBuilder starts a statement.
func NewBuilder(syntax *Syntax) *Builder {
	return &Builder{syntax: syntax}
}

// Syntax returns the engine's spelling.
func (b *Builder) Syntax() *Syntax { return b.syntax }

// A Fragment is SQL text that is safe to use as it is: a constant of the program, or made of constants by [Builder] and [Syntax].
type Fragment string

// SQL adds fixed text.
func (b *Builder) SQL(fragments ...Fragment) *Builder {
	for _, fragment := range fragments {
		b.text.WriteString(string(fragment))
	}
	return b
}

// Statement adds a statement that whoever runs the database wrote, with its arguments. Its placeholders are numbered from 1, so that no parameter may have come before.
func (b *Builder) Statement(text string, arguments []Argument) *Builder {
	b.text.WriteString(text)
	b.arguments = append(b.arguments, arguments...)
	return b
}

// Name adds a quoted identifier.
func (b *Builder) Name(name string) *Builder {
	b.text.WriteString(b.syntax.Quote(name))
	return b
}

// Table adds a table's quoted name, with its schema if it has one.
func (b *Builder) Table(table *Table) *Builder {
	if table.Schema != "" {
		b.Name(table.Schema).SQL(".")
	}
	return b.Name(table.Name)
}

// Page adds the end of a SELECT that has an ORDER BY: at most limit rows, behind the first offset ones.
func (b *Builder) Page(limit, offset int64) *Builder {
	b.text.WriteString(b.syntax.Page(limit, offset))
	return b
}

// LimitOffset is [Syntax].Page as most engines spell it.
func LimitOffset(limit, offset int64) string {
	out := "LIMIT " + strconv.FormatInt(limit, 10)
	if offset > 0 {
		out += " OFFSET " + strconv.FormatInt(offset, 10)
	}
	return out
}

// Quoted returns an identifier in quotes.
func (b *Builder) Quoted(name string) Fragment {
	return Fragment(b.syntax.Quote(name))
}

// Compared returns what stands for a column where values are compared.
func (b *Builder) Compared(column *Column) Fragment {
	return Fragment(b.syntax.Compared(column, b.syntax.Quote(column.Name)))
}

// Told returns the condition that a column's value, which is not NULL, is one that callers are told; "" if all of its values are.
func (b *Builder) Told(column *Column) Fragment {
	if b.syntax.Told == nil {
		return ""
	}
	return Fragment(b.syntax.Told(column, b.syntax.Quote(column.Name)))
}

// Parameter takes a value and returns its placeholder. The placeholder must be added once, before the next is taken.
func (b *Builder) Parameter(kind Kind, value any) Fragment {
	b.arguments = append(b.arguments, Argument{Kind: kind, Value: value})
	return Fragment(b.syntax.Placeholder(len(b.arguments)))
}

// ComparedParameter is Parameter for a value that is compared with a column.
func (b *Builder) ComparedParameter(column *Column, value any) Fragment {
	return Fragment(b.syntax.Compared(column, string(b.Parameter(column.Kind, value))))
}

// StoredParameter is Parameter for a value that is stored in a column.
func (b *Builder) StoredParameter(column *Column, value any) Fragment {
	placeholder := b.Parameter(column.Kind, value)
	if b.syntax.Stored == nil {
		return placeholder
	}
	return Fragment(b.syntax.Stored(column, string(placeholder)))
}

// Contains returns the condition that a column's text contains the value.
func (b *Builder) Contains(column *Column, value string) Fragment {
	placeholder := b.Parameter(Text, value)
	return Fragment(b.syntax.Contains(column, b.syntax.Quote(column.Name), string(placeholder)))
}

// Like returns the condition that a column's text consists of the parts, with anything between each two of them. It compares as the engine does, by the column's collation. Blanks
// that only pad the text do not count.
func (b *Builder) Like(column *Column, text Fragment, parts []string) Fragment {
	padded := column.Padded || column.Reading.Trim
	switch {
	case padded && b.syntax.Trimmed != nil:
		text = Fragment(b.syntax.Trimmed(string(text)))
	case padded:
		text = "TRIM(TRAILING FROM " + text + ")"
	}
	pattern := b.syntax.Pattern
	if pattern == nil {
		pattern = LikePattern
	}
	placeholder := b.Parameter(Text, pattern(parts))
	if b.syntax.Like == nil {
		return text + " LIKE " + placeholder + LikeEscape
	}
	return Fragment(b.syntax.Like(column, string(text), string(placeholder)))
}

// LikeEscape says what LIKE escapes with, in patterns of [LikePattern].
const LikeEscape = " ESCAPE '!'"

var likeEscapes = strings.NewReplacer("!", "!!", "%", "!%", "_", "!_")

// LikePattern is a pattern of LIKE (ISO/IEC 9075-2 section 8.5): the parts with any text between each two of them.
func LikePattern(parts []string) string {
	escaped := make([]string, len(parts))
	for i, part := range parts {
		escaped[i] = likeEscapes.Replace(part)
	}
	return strings.Join(escaped, "%")
}

// Outputs adds the expressions that read the columns, with commas between them.
func (b *Builder) Outputs(columns []*Column) *Builder {
	for i, column := range columns {
		if i > 0 {
			b.text.WriteString(", ")
		}
		b.text.WriteString(b.syntax.Output(column, b.syntax.Quote(column.Name)))
	}
	return b
}

// Output returns what reads an expression as a column of a result.
func (b *Builder) Output(column *Column, expression Fragment) Fragment {
	return Fragment(b.syntax.Output(column, string(expression)))
}

// Text returns the statement's text so far.
func (b *Builder) Text() string { return b.text.String() }

// Arguments returns the parameters' values so far.
func (b *Builder) Arguments() []Argument { return b.arguments }
