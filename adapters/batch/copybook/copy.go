package copybook

import (
	"fmt"
	"slices"
	"strings"
)

// Bounds of what COPY brings in: a text that copies itself must end somewhere.
const (
	maxCopyDepth  = 32
	maxCopyTokens = 1 << 20
	maxCopies     = 1 << 12 // in all: texts that copy others twice grow with 2 to the power of the depth
)

// A library reads texts with what COPY and REPLACE make of them (ISO/IEC 1989, text manipulation).
type library struct {
	options Options
	depth   int
	copied  *[]string         // the files of all texts so far, in the whole copybook
	defined map[string]string // what >>DEFINE has
}

// A replacement is one operand pair of REPLACING.
type replacement struct {
	from, to          []token
	leading, trailing bool
}

// read returns the tokens of a text. The last one is of kind end.
func (l library) read(file string, source []byte) ([]token, Errors) {
	chosen := &selection{file: file, defined: l.defined}
	tokens, mistakes := endOfData(tokenize(file, splitLines(source, l.options, chosen), columnsOf(l.options).last))
	e := &expansion{library: l, in: tokens, errors: append(chosen.errors, mistakes...)}
	e.run()
	return e.out, e.errors
}

// An expansion puts what is copied in the place of COPY.
type expansion struct {
	library
	in, out   []token
	at        int
	replacing []replacement // of REPLACE
	errors    Errors
}

func (e *expansion) fail(at token, format string, arguments ...any) {
	e.errors = append(e.errors, &Error{File: at.file, Line: at.line, Column: at.column, Message: fmt.Sprintf(format, arguments...)})
}

func (e *expansion) peek() token { return e.in[e.at] }

func (e *expansion) next() token {
	t := e.in[e.at]
	if t.kind != end {
		e.at++
	}
	return t
}

func (e *expansion) accept(words ...string) bool {
	if t := e.peek(); t.kind == word && slices.Contains(words, t.upper()) {
		e.at++
		return true
	}
	return false
}

func (e *expansion) run() {
	for {
		t := e.next()
		switch {
		case t.kind == end:
			e.out = append(e.out, t)
			return
		case t.upper() == "COPY":
			e.copy(t)
		case t.upper() == "REPLACE" && e.startsEntry():
			e.replace()
		case len(e.replacing) > 0:
			e.out = append(e.out, e.replaced(t)...)
		default:
			e.out = append(e.out, t)
		}
	}
}

// startsEntry reports whether the next token is at the beginning of an entry.
func (e *expansion) startsEntry() bool {
	return len(e.out) == 0 || e.out[len(e.out)-1].kind == period
}

// replaced is the rest of the text from t on, as far as REPLACE changes it in one go.
func (e *expansion) replaced(t token) []token {
	for _, r := range e.replacing {
		if n := len(r.from); n > 1 && e.at-1+n <= len(e.in) && matches(e.in[e.at-1:e.at-1+n], r.from) {
			e.at += n - 1
			return placed(r.to, t)
		}
	}
	return replace([]token{t}, e.replacing)
}

// copy reads COPY name [OF library] [SUPPRESS] [REPLACING ...] and its period.
func (e *expansion) copy(at token) {
	named := e.next()
	if named.kind != word && named.kind != literal {
		e.fail(named, "the name of the text to copy belongs here")
		e.skip()
		return
	}
	from := ""
	if e.accept("OF", "IN") {
		from = e.next().text
	}
	e.accept("SUPPRESS")
	var pairs []replacement
	if e.accept("REPLACING") {
		pairs = e.pairs()
	}
	if t := e.next(); t.kind != period {
		e.fail(t, "a period belongs at the end of COPY")
		e.skip()
		return
	}
	if e.options.Library == nil || e.depth >= maxCopyDepth {
		e.fail(at, "COPY %s cannot be followed: no directory is given for it, or texts copy each other", named.text)
		return
	}
	if len(*e.copied) >= maxCopies {
		e.fail(at, "COPY %s is not followed: there are more than %d of them", named.text, maxCopies)
		e.at = len(e.in) - 1
		return
	}
	file, source, err := e.options.Library(named.text, from)
	if err != nil {
		e.fail(named, "COPY %s: %v", named.text, err)
		return
	}
	*e.copied = append(*e.copied, file)
	tokens, mistakes := library{options: e.options, depth: e.depth + 1, copied: e.copied, defined: e.defined}.read(file, source)
	e.errors = append(e.errors, mistakes...)
	if len(e.out)+len(tokens) > maxCopyTokens {
		e.fail(at, "with COPY %s there is more text than any record description has", named.text)
		e.at = len(e.in) - 1
		return
	}
	e.out = append(e.out, replace(tokens[:len(tokens)-1], pairs)...)
}

// skip moves behind the next period.
func (e *expansion) skip() {
	for t := e.next(); t.kind != period && t.kind != end; t = e.next() {
	}
}

// replace reads REPLACE ==a== BY ==b==. or REPLACE OFF.
func (e *expansion) replace() {
	e.replacing = nil
	if !e.accept("OFF") {
		e.accept("ALSO")
		e.replacing = e.pairs()
	}
	if t := e.next(); t.kind != period {
		e.fail(t, "a period belongs at the end of REPLACE")
		e.skip()
	}
}

// pairs reads the operands of REPLACING.
func (e *expansion) pairs() []replacement {
	var pairs []replacement
	for e.peek().kind != period && e.peek().kind != end {
		var r replacement
		r.leading = e.accept("LEADING")
		r.trailing = !r.leading && e.accept("TRAILING")
		r.from = e.operand()
		if !e.accept("BY") {
			e.fail(e.peek(), "BY belongs here, and what is put in the place")
			return pairs
		}
		r.to = e.operand()
		if len(r.from) > 0 {
			pairs = append(pairs, r)
		}
	}
	return pairs
}

// operand reads ==pseudo-text==, or a single word or literal.
func (e *expansion) operand() []token {
	first := e.next()
	if first.kind != pseudo {
		return []token{first}
	}
	var tokens []token
	for t := e.next(); t.kind != pseudo; t = e.next() {
		if t.kind == end {
			e.fail(first, "the text from here on is not closed with ==")
			return tokens
		}
		tokens = append(tokens, t)
	}
	return tokens
}

// replace returns the tokens with every match of a pair replaced. The first pair that matches counts.
func replace(tokens []token, pairs []replacement) []token {
	if len(pairs) == 0 {
		return tokens
	}
	var out []token
	for at := 0; at < len(tokens); {
		taken := 0
		for _, r := range pairs {
			n := len(r.from)
			if !r.leading && !r.trailing && at+n <= len(tokens) && matches(tokens[at:at+n], r.from) {
				out, taken = append(out, placed(r.to, tokens[at])...), n
				break
			}
			if changed, ok := r.part(tokens[at]); ok {
				out, taken = append(out, changed...), 1
				break
			}
		}
		if taken == 0 {
			out, taken = append(out, tokens[at]), 1
		}
		at += taken
	}
	return out
}

func matches(tokens, wanted []token) bool {
	return slices.EqualFunc(tokens, wanted, func(t, w token) bool {
		return t.kind == w.kind && (t.kind != literal || t.text == w.text) && strings.EqualFold(t.text, w.text)
	})
}

// placed is the text that replaces, with the place of what it replaces: that is where a mistake is looked for.
func placed(to []token, at token) []token {
	out := slices.Clone(to)
	for i := range out {
		out[i].file, out[i].line, out[i].column = at.file, at.line, at.column
	}
	return out
}

// part replaces a part of a word: in front with LEADING, at the end with TRAILING, and anywhere if it is written between colons or in parentheses, as :TAG: is.
func (r replacement) part(t token) ([]token, bool) {
	if t.kind != word || len(r.from) != 1 || r.from[0].kind != word || len(r.to) > 1 {
		return nil, false
	}
	from, to := strings.ToUpper(r.from[0].text), ""
	if len(r.to) == 1 {
		to = r.to[0].text
	}
	text := strings.ToUpper(t.text)
	switch {
	case r.leading && strings.HasPrefix(text, from):
		text = to + text[len(from):]
	case r.trailing && strings.HasSuffix(text, from):
		text = text[:len(text)-len(from)] + to
	case !r.leading && !r.trailing && isTag(from) && strings.Contains(text, from):
		text = strings.ReplaceAll(text, from, to)
	case !r.leading && !r.trailing && strings.Contains(text, "("+from+")"): // the length in a picture
		text = strings.ReplaceAll(text, "("+from+")", "("+to+")")
	default:
		return nil, false
	}
	if text == "" {
		return nil, true
	}
	t.text = text
	return []token{t}, true
}

func isTag(text string) bool {
	first, last := text[0], text[len(text)-1]
	return len(text) > 2 && (first == ':' && last == ':' || first == '(' && last == ')')
}
