package copybook

import (
	"fmt"
	"math/big"
	"regexp"
	"slices"
	"strings"
)

// A selection leaves out lines that a compiler would: >>IF, >>EVALUATE and >>DEFINE (ISO/IEC 1989, compiler directives), and $IF and $SET CONSTANT of Micro Focus. It is of one text;
// what is defined holds for the texts that are copied after it, too.
type selection struct {
	file    string
	defined map[string]string // constants by name, as they are written
	open    []branch          // from the outermost directive to the innermost
	errors  Errors

	line, column int      // of the present directive
	words        []string // and what is left of it
}

// A branch is one open >>IF or >>EVALUATE.
type branch struct {
	line, column int
	evaluate     bool
	subject      []string // of >>EVALUATE; none for TRUE
	outside      bool     // lines around it are read
	taken        bool     // one of its branches has been
	reading      bool     // the present one is
}

var (
	conditional    = regexp.MustCompile(`(?i)^([ 0-9]*)(?:>> *(IF|ELIF|ELSE|END-IF|EVALUATE|WHEN|END-EVALUATE|DEFINE)|\$ *(IF|ELIF|ELSE|END|END-IF|SET +CONSTANT))([ .(].*)?$`)
	directiveWords = regexp.MustCompile(`"[^"]*"|'[^']*'|[<>]=|<>|[=<>()]|[^\s=<>()'"]+`)
)

// take reads a line, and reports whether it is left out, as are directives themselves.
func (s *selection) take(number int, text string) bool {
	parts := conditional.FindStringSubmatch(text)
	if parts == nil {
		return !s.reading()
	}
	s.line, s.column = number, len(parts[1])+1
	s.words = directiveWords.FindAllString(strings.Trim(parts[4], " ."), -1)
	switch directive := strings.ToUpper(parts[2] + parts[3]); directive {
	case "IF", "EVALUATE":
		b := branch{line: number, column: s.column, outside: s.reading(), evaluate: directive == "EVALUATE"}
		if b.evaluate && !s.word("TRUE") {
			b.subject = s.words
		}
		s.open = append(s.open, b)
		if !b.evaluate {
			s.choose(s.condition)
		}
	case "ELIF", "WHEN":
		s.within(directive == "WHEN", func() { s.choose(s.when) })
	case "ELSE":
		s.within(false, func() { s.choose(func() bool { return true }) })
	case "END-IF", "END", "END-EVALUATE":
		s.within(directive == "END-EVALUATE", func() { s.open = s.open[:len(s.open)-1] })
	default:
		if s.reading() {
			s.define()
		}
	}
	return true
}

// close complains of what is still open at the end of the text.
func (s *selection) close() {
	for _, b := range s.open {
		s.line, s.column = b.line, b.column
		s.fail("this directive has no end: >>END-IF, >>END-EVALUATE or $END")
	}
}

func (s *selection) reading() bool {
	return len(s.open) == 0 || s.open[len(s.open)-1].reading
}

func (s *selection) fail(format string, arguments ...any) {
	s.errors = append(s.errors, &Error{File: s.file, Line: s.line, Column: s.column, Message: fmt.Sprintf(format, arguments...)})
}

// within does something with the innermost open directive, which must be of the right kind.
func (s *selection) within(evaluate bool, do func()) {
	if len(s.open) == 0 || s.open[len(s.open)-1].evaluate != evaluate {
		s.fail("there is no >>IF, >>EVALUATE or $IF to which this directive belongs")
		return
	}
	do()
}

// choose begins the next branch of the innermost directive, which is read if it is the first whose condition holds.
func (s *selection) choose(condition func() bool) {
	b := &s.open[len(s.open)-1]
	b.reading = b.outside && !b.taken && condition()
	b.taken = b.taken || b.reading
}

// when is the condition of >>WHEN and >>ELIF.
func (s *selection) when() bool {
	subject := s.open[len(s.open)-1].subject
	switch {
	case s.word("OTHER"):
		return true
	case subject == nil:
		return s.condition()
	}
	objects := s.words
	at := slices.IndexFunc(objects, func(w string) bool { return strings.EqualFold(w, "THRU") || strings.EqualFold(w, "THROUGH") })
	if at < 0 {
		s.words = slices.Concat(subject, []string{"="}, objects)
	} else {
		s.words = slices.Concat(subject, []string{">="}, objects[:at], []string{"AND"}, subject, []string{"<="}, objects[at+1:])
	}
	return s.condition()
}

// define reads name [AS] literal [OVERRIDE], name [AS] OFF, or of Micro Focus name (literal).
func (s *selection) define() {
	name := strings.ToUpper(s.next())
	s.word("AS")
	s.word("(")
	switch value := s.next(); {
	case name == "" || value == "":
		s.fail("a name and a literal belong here")
	case strings.EqualFold(value, "PARAMETER"):
		s.fail("%s is a parameter of a compilation, and there is none: define it here", name)
	case strings.EqualFold(value, "OFF"):
		delete(s.defined, name)
	default:
		s.defined[name] = value
	}
}

func (s *selection) next() string {
	if len(s.words) == 0 {
		return ""
	}
	first := s.words[0]
	s.words = s.words[1:]
	return first
}

// word moves past the next word if it is one of these.
func (s *selection) word(wanted ...string) bool {
	if len(s.words) > 0 && slices.ContainsFunc(wanted, func(w string) bool { return strings.EqualFold(w, s.words[0]) }) {
		s.words = s.words[1:]
		return true
	}
	return false
}

// condition reads what is left of the line. What cannot be read is a mistake, and does not hold.
func (s *selection) condition() bool {
	before := len(s.errors)
	holds := s.either()
	if len(s.words) > 0 && len(s.errors) == before {
		s.fail("%s is not understood in this condition", s.words[0])
	}
	return holds && len(s.errors) == before
}

func (s *selection) either() bool {
	holds := s.both()
	for s.word("OR") {
		other := s.both()
		holds = holds || other
	}
	return holds
}

func (s *selection) both() bool {
	holds := s.single()
	for s.word("AND") {
		other := s.single()
		holds = holds && other
	}
	return holds
}

func (s *selection) single() bool {
	if s.word("NOT") {
		return !s.single()
	}
	if s.word("(") {
		holds := s.either()
		if !s.word(")") {
			s.fail("a ) belongs here")
		}
		return holds
	}
	left := s.next()
	s.word("IS")
	not := s.word("NOT")
	if s.word("DEFINED", "SET") {
		_, defined := s.defined[strings.ToUpper(left)]
		return defined != not
	}
	wanted := s.relation()
	if wanted == nil {
		s.fail("a condition belongs here, such as NAME IS DEFINED or NAME = 1")
		s.words = nil
		return false
	}
	return slices.Contains(wanted, compareLiterals(s.value(left), s.value(s.next()))) != not
}

// relation reads a comparison, and returns the orders of its operands for which it holds.
func (s *selection) relation() []int {
	switch {
	case s.word("=", "EQUAL", "EQUALS"):
		s.word("TO")
		return []int{0}
	case s.word("<>"):
		return []int{-1, 1}
	case s.word("<="):
		return []int{-1, 0}
	case s.word(">="):
		return []int{0, 1}
	case s.word("<", "LESS"):
		return s.orEqual(-1)
	case s.word(">", "GREATER"):
		return s.orEqual(1)
	default:
		return nil
	}
}

func (s *selection) orEqual(order int) []int {
	s.word("THAN")
	if len(s.words) > 1 && strings.EqualFold(s.words[0], "OR") && strings.EqualFold(s.words[1], "EQUAL") {
		s.words = s.words[2:]
		s.word("TO")
		return []int{order, 0}
	}
	return []int{order}
}

// value is the literal of an operand, which may be a name.
func (s *selection) value(operand string) string {
	if operand == "" {
		s.fail("a literal or name belongs behind the comparison")
		return ""
	}
	_, number := new(big.Rat).SetString(operand)
	if number || strings.ContainsAny(operand[:1], `"'`) {
		return operand
	}
	value, defined := s.defined[strings.ToUpper(operand)]
	if !defined {
		s.fail("%s is not defined: >>DEFINE says what it is", operand)
	}
	return value
}

// compareLiterals compares numbers by value, and else the texts.
func compareLiterals(a, b string) int {
	x, first := new(big.Rat).SetString(a)
	y, second := new(big.Rat).SetString(b)
	if first && second {
		return x.Cmp(y)
	}
	return strings.Compare(strings.Trim(a, `"'`), strings.Trim(b, `"'`))
}
