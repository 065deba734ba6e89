package queryfile

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/postern-gateway/postern/adapters/database/dialect"
	"github.com/postern-gateway/postern/adapters/database/sqltext"
)

// A Result is what a query answers.
type Result string

// The results.
const (
	One    Result = "one"
	Many   Result = "many"
	Stream Result = "stream"
	Exec   Result = "exec"
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
	// Paged are the columns that pages are ordered by, which together tell rows apart; nil for a query without pages.
	Paged []Sorted
	// Timeout is the longest that a call may take; 0 means that the query sets no bound.
	Timeout time.Duration
	// Text is the statement in the engine's words, with one placeholder for each use of a parameter.
	Text string
	// Uses are the places of parameters in Text, in order.
	Uses []Use
	// Offset is where the query's name stands in the file, in bytes.
	Offset int

	pieces []piece
	tokens []sqltext.Token
}

// A Use is where a statement uses a parameter.
type Use struct {
	// Parameter is its index.
	Parameter int
	// Start and End are where the placeholder stands in the text, in bytes.
	Start, End int
}

// Sorted is a column that pages are ordered by.
type Sorted struct {
	Column     string
	Descending bool
	Offset     int
}

// A Parameter is one parameter of a query.
type Parameter struct {
	Name string
	// Type is the declared type; nothing where Declared is false.
	Type     Type
	Declared bool
	Nullable bool
	// Default is the value of one that is left out, in the words of the head; nothing where Defaulted is false.
	Default     string
	Defaulted   bool
	Description string
	// Offset is where it is declared or else first used, in bytes.
	Offset int
}

// Declared is a result column whose type the head gives.
type Declared struct {
	Column      string
	Type        Type
	Description string
	Offset      int
}

// A Type is a type that a head names.
type Type struct {
	Kind dialect.Kind
	// Precision and Scale are those of decimal(precision,scale).
	Precision, Scale int
	// List is true for a list of these: integer[].
	List bool
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
	"int16": dialect.Int16, "int32": dialect.Int32, "int64": dialect.Int64, "uint32": dialect.Uint32, "uint64": dialect.Uint64, "float": dialect.Float,
	"localtimestamp": dialect.LocalTimestamp, "interval": dialect.Interval, "xml": dialect.XML,
}

// TypeNames lists the types that a head may name.
func TypeNames() string {
	return "boolean, int16, int32, int64, integer (which is int64), uint32, uint64, decimal, decimal(P,S), float, double, text, bytes, date, time, timestamp, localtimestamp, interval, uuid, json, xml, and lists of these: integer[]"
}

var (
	namePattern    = regexp.MustCompile(`^name:\s*(\S+)\s*(\S*)\s*$`)
	paramPattern   = regexp.MustCompile(`^param:\s*(\S+)\s+(\S+)(\s+nullable)?(?:\s+default\s+('(?:[^']|'')*'|[^\s']\S*))?(?:\s+--\s*(.*\S))?\s*$`)
	returnsPattern = regexp.MustCompile(`^returns:\s*(\S+)\s+(\S+)(?:\s+--\s*(.*\S))?\s*$`)
	sortedPattern  = regexp.MustCompile(`^(.*?\S)(?:\s+(?i:(asc|desc)))?$`)
	decimalPattern = regexp.MustCompile(`^(?i:decimal)\(([0-9]{1,3}),([0-9]{1,3})\)$`)
	identifier     = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]*$`)
)

// Options is how an engine takes parameters.
type Options struct {
	// Placeholder spells the nth parameter, counted from 1.
	Placeholder func(n int) string
	// Arrays is true if a list is one value: then IN (:list) becomes = ANY (:list), and NOT IN <> ALL. Else a list can stand in the parentheses of IN only.
	Arrays bool
}

// Parse reads a file.
func Parse(text string, options Options) ([]*Query, []Mistake) {
	p := &parser{options: options}
	for _, token := range sqltext.Scan(text, sqltext.Options{}) {
		p.token(token)
	}
	p.finish(len(text))
	return p.queries, p.mistakes
}

// A parser reads one file, token by token.
type parser struct {
	options  Options
	queries  []*Query
	mistakes []Mistake

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
			p.query.tokens = append(p.query.tokens, sqltext.Token{Kind: sqltext.Space, Text: "\n", Offset: token.Offset}) // it ended the line
		}
	case token.Kind == sqltext.Comment || token.Kind == sqltext.Space:
		if !p.started {
			return
		}
		if token.Kind == sqltext.Comment {
			token.Kind, token.Text = sqltext.Space, " "
		}
		p.query.tokens = append(p.query.tokens, token)
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
		p.query.tokens = append(p.query.tokens, token)
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
	case ":one", ":many", ":stream", ":exec":
		p.query.Result = Result(match[2][1:])
		p.query.Writes = p.query.Result == Exec
	default:
		p.mistake(offset, "behind the name %s stands what it answers: :one, :many, :stream or :exec", match[1])
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
			p.query.Returns = append(p.query.Returns, Declared{Column: match[1], Type: declared, Description: match[3], Offset: offset})
		}
	case strings.HasPrefix(content, "paged:"):
		p.paged(strings.TrimPrefix(content, "paged:"), offset)
	case strings.HasPrefix(content, "timeout:"):
		text := strings.TrimSpace(strings.TrimPrefix(content, "timeout:"))
		timeout, err := time.ParseDuration(text)
		if err != nil || timeout <= 0 {
			p.mistake(offset, "%q is no time that a query may take, such as 5s or 500ms", text)
		}
		p.query.Timeout = timeout
	case content == "writes":
		p.query.Writes = true
	case content == "read-only":
		p.query.Writes = false
	default:
		p.query.Description = strings.TrimSpace(p.query.Description + "\n" + content)
	}
}

// paged reads the columns that pages are ordered by.
func (p *parser) paged(text string, offset int) {
	list, found := strings.CutPrefix(strings.TrimSpace(text), "by ")
	if !found {
		p.mistake(offset, "pages are declared as -- paged: by COLUMN, COLUMN desc; together the columns tell any two rows apart")
		return
	}
	for column := range strings.SplitSeq(list, ",") {
		match := sortedPattern.FindStringSubmatch(strings.TrimSpace(column))
		switch {
		case match == nil:
			p.mistake(offset, "a column is missing in the list of those that pages are ordered by")
		case slices.ContainsFunc(p.query.Paged, func(known Sorted) bool { return known.Column == match[1] }):
			p.mistake(offset, "the column %s orders the pages twice", match[1])
		default:
			p.query.Paged = append(p.query.Paged, Sorted{Column: match[1], Descending: strings.EqualFold(match[2], "desc"), Offset: offset})
		}
	}
}

func (p *parser) parameter(match []string, offset int) {
	if match == nil {
		p.mistake(offset, "a parameter is declared as -- param: NAME TYPE, with nullable behind it if it may be left out, or default VALUE, and -- DESCRIPTION at the end")
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
	added := &Parameter{Name: match[1], Type: declared, Declared: true, Nullable: match[3] != "", Description: match[5], Offset: offset}
	if added.Defaulted = match[4] != ""; added.Defaulted {
		added.Default = match[4]
		if strings.HasPrefix(added.Default, "'") {
			added.Default = sqltext.Token{Kind: sqltext.String, Text: added.Default}.Value()
		}
		if declared.List {
			p.mistake(offset, "a list has no default; one that is left out is empty")
		}
	}
	p.query.Parameters = append(p.query.Parameters, added)
}

// ParseType reads the name of a type; ok is false if there is none of this name.
func ParseType(name string) (declared Type, ok bool) {
	if element, isList := strings.CutSuffix(name, "[]"); isList {
		declared, ok = ParseType(element)
		if declared.List {
			return Type{}, false
		}
		declared.List = true
		return declared, ok
	}
	if match := decimalPattern.FindStringSubmatch(name); match != nil {
		precision, _ := strconv.Atoi(match[1]) // the pattern lets only digits through
		scale, _ := strconv.Atoi(match[2])     // likewise
		return Type{Kind: dialect.Decimal, Precision: precision, Scale: scale}, scale <= precision && precision > 0
	}
	kind, ok := types[strings.ToLower(name)]
	return Type{Kind: kind}, ok
}

func (p *parser) declaredType(name string, offset int) (Type, bool) {
	declared, ok := ParseType(name)
	if !ok {
		p.mistake(offset, "there is no type %q; there are %s", name, TypeNames())
	}
	return declared, ok
}

// finish ends the query that is being read.
func (p *parser) finish(end int) {
	if p.query == nil {
		return
	}
	p.assemble()
	p.query.Text = strings.TrimRight(p.text.String(), " \t\r\n")
	p.query.tokens = nil
	if p.query.Text == "" {
		p.mistake(min(p.query.Offset, end), "the query %s has no statement", p.query.Name)
	}
	for i, parameter := range p.query.Parameters {
		if parameter.Declared && !slices.ContainsFunc(p.query.Uses, func(use Use) bool { return use.Parameter == i }) {
			p.mistake(parameter.Offset, "the statement has no parameter :%s", parameter.Name)
		}
	}
	p.check()
	p.query, p.started, p.finished = nil, false, false
	p.text.Reset()
}

// check finds what parts of the head do not go together.
func (p *parser) check() {
	if len(p.query.Paged) > 0 && (p.query.Result != Many || p.query.Writes) {
		p.mistake(p.query.Paged[0].Offset, "only a query that answers :many and writes nothing has pages")
	}
	if p.query.Result == Stream && p.query.Writes {
		p.mistake(p.query.Offset, "a query that answers :stream only reads")
	}
}
