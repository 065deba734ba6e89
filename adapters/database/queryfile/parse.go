package queryfile

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/postern-gateway/postern/adapters/database/dialect"
	"github.com/postern-gateway/postern/adapters/database/sqltext"
)

// A Result is what a query answers.
type Result string

// The results.
const (
	One  Result = "one"
	Many Result = "many"
	Exec Result = "exec"
)

// A Query is one named query.
type Query struct {
	Name        string
	Description string
	Result      Result
	// Writes is true if the query may write.
	Writes bool
	// Parameters come in the order of their declaration, and then of their first use; each belongs to the placeholder of its number.
	Parameters []*Parameter
	// Returns are the declared types of result columns.
	Returns []Declared
	// Text is the statement in the engine's words.
	Text string
	// Offset is where the query's name stands in the file, in bytes.
	Offset int

	pieces []piece
}

// A Parameter is one parameter of a query.
type Parameter struct {
	Name string
	// Type is the declared type; nothing where Declared is false.
	Type     Type
	Declared bool
	Nullable bool
	// Offset is where it is declared or else first used, in bytes.
	Offset int
}

// Declared is a result column whose type the head gives.
type Declared struct {
	Column string
	Type   Type
	Offset int
}

// A Type is a type that a head names.
type Type struct {
	Kind dialect.Kind
	// Precision and Scale are those of decimal(precision,scale).
	Precision, Scale int
}

// A Mistake is something wrong at an offset of the file.
type Mistake struct {
	Offset  int
	Message string
}

// piece says that the statement from Text[start:] on is the file from offset on.
type piece struct {
	start, offset int
}

// types are those that a head may name.
var types = map[string]dialect.Kind{
	"boolean": dialect.Bool, "integer": dialect.Int64, "decimal": dialect.Decimal, "double": dialect.Double, "text": dialect.Text,
	"bytes": dialect.Bytes, "date": dialect.Date, "time": dialect.Time, "timestamp": dialect.Timestamp, "uuid": dialect.UUID, "json": dialect.JSON,
}

// TypeNames lists the types that a head may name.
func TypeNames() string {
	return "boolean, integer, decimal, decimal(P,S), double, text, bytes, date, time, timestamp, uuid, json"
}

var (
	namePattern    = regexp.MustCompile(`^name:\s*(\S+)\s*(\S*)\s*$`)
	paramPattern   = regexp.MustCompile(`^param:\s*(\S+)\s+(\S+)(\s+nullable)?\s*$`)
	returnsPattern = regexp.MustCompile(`^returns:\s*(\S+)\s+(\S+)\s*$`)
	decimalPattern = regexp.MustCompile(`^(?i:decimal)\(([0-9]{1,3}),([0-9]{1,3})\)$`)
	identifier     = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]*$`)
)

// Parse reads a file. placeholder spells the nth parameter, counted from 1.
func Parse(text string, placeholder func(n int) string) ([]*Query, []Mistake) {
	p := &parser{placeholder: placeholder}
	for _, token := range sqltext.Scan(text, sqltext.Options{}) {
		p.token(token)
	}
	p.finish(len(text))
	return p.queries, p.mistakes
}

// A parser reads one file, token by token.
type parser struct {
	placeholder func(n int) string
	queries     []*Query
	mistakes    []Mistake

	query    *Query // nil before the first head
	text     strings.Builder
	started  bool // the statement has begun, so the head is over
	finished bool // the statement's semicolon has come
}

func (p *parser) mistake(offset int, format string, arguments ...any) {
	p.mistakes = append(p.mistakes, Mistake{Offset: offset, Message: fmt.Sprintf(format, arguments...)})
}

func (p *parser) token(token sqltext.Token) {
	switch {
	case token.Kind == sqltext.Comment && strings.HasPrefix(token.Text, "--"):
		content := strings.TrimSpace(strings.TrimPrefix(token.Text, "--"))
		switch {
		case strings.HasPrefix(content, "name:"):
			p.finish(token.Offset)
			p.head(content, token.Offset)
		case p.query != nil && !p.started:
			p.annotation(content, token.Offset)
		case p.started:
			p.text.WriteByte('\n') // it ended the line
		}
	case token.Kind == sqltext.Comment:
		p.text.WriteByte(' ')
	case token.Kind == sqltext.Space:
		if p.started {
			p.append(token.Text, token.Offset)
		}
	case p.query == nil:
		if len(p.mistakes) == 0 {
			p.mistake(token.Offset, "a query starts with a comment that names it: -- name: ListOpenCases :many")
		}
	case p.finished:
		p.mistake(token.Offset, "a query is one statement; give the next one a name of its own: -- name: ...")
		p.finished = false
	case token.Is(";"):
		p.finished = true
	default:
		p.started = true
		p.statement(token)
	}
}

// head starts a query.
func (p *parser) head(content string, offset int) {
	p.query = &Query{Offset: offset}
	p.queries = append(p.queries, p.query)
	match := namePattern.FindStringSubmatch(content)
	if match == nil {
		p.mistake(offset, "a query's name is one word, with its result behind it: -- name: ListOpenCases :many")
		return
	}
	p.query.Name = match[1]
	if !identifier.MatchString(match[1]) {
		p.mistake(offset, "%q is no name for a query; it has letters, digits and underscores, and starts with a letter", match[1])
	}
	switch match[2] {
	case ":one", ":many", ":exec":
		p.query.Result = Result(match[2][1:])
		p.query.Writes = p.query.Result == Exec
	default:
		p.mistake(offset, "behind the name %s stands what it answers: :one, :many or :exec", match[1])
	}
}

// annotation reads a line of the head.
func (p *parser) annotation(content string, offset int) {
	switch {
	case strings.HasPrefix(content, "param:"):
		p.parameter(paramPattern.FindStringSubmatch(content), offset)
	case strings.HasPrefix(content, "returns:"):
		match := returnsPattern.FindStringSubmatch(content)
		if match == nil {
			p.mistake(offset, "a result column is declared as -- returns: COLUMN TYPE")
			return
		}
		if declared, ok := p.declaredType(match[2], offset); ok {
			p.query.Returns = append(p.query.Returns, Declared{Column: match[1], Type: declared, Offset: offset})
		}
	case content == "writes":
		p.query.Writes = true
	case content == "read-only":
		p.query.Writes = false
	default:
		p.query.Description = strings.TrimSpace(p.query.Description + "\n" + content)
	}
}

func (p *parser) parameter(match []string, offset int) {
	if match == nil {
		p.mistake(offset, "a parameter is declared as -- param: NAME TYPE, with nullable behind it if it may be left out")
		return
	}
	if slices.ContainsFunc(p.query.Parameters, func(known *Parameter) bool { return known.Name == match[1] }) {
		p.mistake(offset, "the parameter %s is declared twice", match[1])
		return
	}
	declared, ok := p.declaredType(match[2], offset)
	if !ok {
		return
	}
	p.query.Parameters = append(p.query.Parameters, &Parameter{Name: match[1], Type: declared, Declared: true, Nullable: match[3] != "", Offset: offset})
}

func (p *parser) declaredType(name string, offset int) (Type, bool) {
	if match := decimalPattern.FindStringSubmatch(name); match != nil {
		precision, _ := strconv.Atoi(match[1]) // the pattern lets only digits through
		scale, _ := strconv.Atoi(match[2])     // likewise
		if scale <= precision && precision > 0 {
			return Type{Kind: dialect.Decimal, Precision: precision, Scale: scale}, true
		}
	}
	kind, ok := types[strings.ToLower(name)]
	if !ok {
		p.mistake(offset, "there is no type %q; there are %s", name, TypeNames())
	}
	return Type{Kind: kind}, ok
}

// statement adds a token to the statement.
func (p *parser) statement(token sqltext.Token) {
	if token.Kind != sqltext.Parameter {
		p.append(token.Text, token.Offset)
		return
	}
	name := token.Text[1:]
	index := slices.IndexFunc(p.query.Parameters, func(known *Parameter) bool { return known.Name == name })
	if index < 0 {
		index = len(p.query.Parameters)
		p.query.Parameters = append(p.query.Parameters, &Parameter{Name: name, Offset: token.Offset})
	}
	p.append(p.placeholder(index+1), token.Offset)
}

func (p *parser) append(text string, offset int) {
	p.query.pieces = append(p.query.pieces, piece{start: p.text.Len(), offset: offset})
	p.text.WriteString(text)
}

// finish ends the query that is being read.
func (p *parser) finish(end int) {
	if p.query == nil {
		return
	}
	p.query.Text = strings.TrimRight(p.text.String(), " \t\r\n")
	if p.query.Text == "" {
		p.mistake(min(p.query.Offset, end), "the query %s has no statement", p.query.Name)
	}
	for _, parameter := range p.query.Parameters {
		if parameter.Declared && !p.uses(parameter.Name) {
			p.mistake(parameter.Offset, "the statement has no parameter :%s", parameter.Name)
		}
	}
	p.query, p.started, p.finished = nil, false, false
	p.text.Reset()
}

// uses reports whether the statement has the parameter, by its placeholder.
func (p *parser) uses(name string) bool {
	index := slices.IndexFunc(p.query.Parameters, func(known *Parameter) bool { return known.Name == name })
	placeholder := p.placeholder(index + 1)
	return slices.ContainsFunc(p.query.pieces, func(at piece) bool {
		rest := p.query.Text[min(at.start, len(p.query.Text)):]
		return strings.HasPrefix(rest, placeholder) && (len(rest) == len(placeholder) || rest[len(placeholder)] < '0' || rest[len(placeholder)] > '9')
	})
}

// Locate returns the offset in the file of the nth character of the statement, counted from 1.
func (q *Query) Locate(character int) int {
	offset := 0
	for n := 1; n < character && offset < len(q.Text); n++ {
		_, size := utf8.DecodeRuneInString(q.Text[offset:])
		offset += size
	}
	return q.at(offset)
}

// Find returns the offset in the file of the first place where the statement holds the text, or of the statement's start.
func (q *Query) Find(text string) int {
	at := strings.Index(q.Text, text)
	if text == "" || at < 0 {
		at = 0
	}
	return q.at(at)
}

// at leads from an offset in the statement to one in the file.
func (q *Query) at(offset int) int {
	for _, piece := range slices.Backward(q.pieces) {
		if piece.start <= offset {
			return piece.offset + offset - piece.start
		}
	}
	return q.Offset
}

// Position returns the line and the column of an offset, both counted from 1; columns count characters.
func Position(text string, offset int) (line, column int) {
	before := text[:min(offset, len(text))]
	line = strings.Count(before, "\n") + 1
	column = utf8.RuneCountInString(before[strings.LastIndex(before, "\n")+1:]) + 1
	return line, column
}
