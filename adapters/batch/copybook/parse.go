package copybook

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Levels with a meaning of their own.
const (
	recordLevel    = 1
	maxGroupLevel  = 49
	renamesLevel   = 66
	standAlone     = 77
	constantLevel  = 78 // Micro Focus and GnuCOBOL
	conditionLevel = 88
)

// Parse reads a copybook. name is the file's name, for mistakes. The error is of type [Errors].
func Parse(name string, source []byte, options Options) (*Copybook, error) {
	var copied []string
	tokens, mistakes := library{options: options, copied: &copied, defined: make(map[string]string)}.read(name, source)
	p := &parser{tokens: tokens, errors: mistakes, options: options, copybook: &Copybook{}, constants: make(constants)}
	for p.peek().kind != end {
		p.entry()
	}
	if len(p.errors) == 0 && len(p.copybook.Records) == 0 {
		p.fail(p.peek(), "there is no data description entry: one is a level number, a name and clauses, as in 01 CUSTOMER.")
	}
	var earlier []*Item
	for _, record := range p.copybook.Records {
		if len(p.errors) == 0 {
			earlier = p.place(record, earlier)
		}
	}
	if len(p.errors) > 0 {
		return nil, p.errors
	}
	slices.Sort(copied)
	p.copybook.Texts = slices.Compact(copied)
	return p.copybook, nil
}

type parser struct {
	tokens   []token
	at       int
	errors   Errors
	options  Options
	copybook *Copybook
	stack    []*Item // from the record to the last item
	fragment *Item   // the record of entries with no level 01 above them

	constants constants
}

func (p *parser) peek() token { return p.tokens[p.at] }

// next returns the next token. It stays on the end.
func (p *parser) next() token {
	t := p.tokens[p.at]
	if t.kind != end {
		p.at++
	}
	return t
}

// accept moves past the next token if it is one of the words, and says whether it was.
func (p *parser) accept(words ...string) bool {
	upper := p.peek().upper()
	for _, w := range words {
		if upper == w && upper != "" {
			p.at++
			return true
		}
	}
	return false
}

func (p *parser) fail(at token, format string, arguments ...any) {
	p.errors = append(p.errors, &Error{File: at.file, Line: at.line, Column: at.column, Message: fmt.Sprintf(format, arguments...)})
}

func (p *parser) failAt(item *Item, format string, arguments ...any) {
	p.fail(token{file: item.File, line: item.Line, column: item.Column}, format, arguments...)
}

// skipEntry moves behind the next period.
func (p *parser) skipEntry() {
	for {
		if t := p.next(); t.kind == period || t.kind == end {
			return
		}
	}
}

// entry reads one data description entry up to its period.
func (p *parser) entry() {
	first := p.next()
	switch first.upper() {
	case "EJECT", "SKIP1", "SKIP2", "SKIP3", "TITLE":
		p.skipListing(first)
		return
	case "EXEC":
		p.exec(first)
		return
	}
	if p.frame(first) {
		return
	}
	level, err := strconv.Atoi(first.text)
	if first.kind != word || err != nil || !validLevel(level) {
		p.fail(first, "a level number (01 to 49, 66, 77 or 88) belongs here, not %q", first.text)
		p.skipEntry()
		return
	}
	switch level {
	case renamesLevel:
		p.renames()
	case constantLevel:
		p.constant()
	case conditionLevel:
		p.condition(first)
	default:
		item := &Item{Level: level, File: first.file, Line: first.line, Column: first.column}
		p.itemName(item)
		if p.accept("CONSTANT") {
			p.constantValue(item.Name)
			return
		}
		p.clauses(item)
		p.attach(item) // also one with a mistake: what is below it belongs there
	}
}

// skipListing reads over a directive for the compiler's listing, which has no period or one of its own.
func (p *parser) skipListing(first token) {
	for t := p.peek(); t.kind != end && t.line == first.line && t.file == first.file; t = p.peek() {
		p.next()
	}
}

func validLevel(level int) bool {
	return level >= recordLevel && level <= maxGroupLevel || level == renamesLevel || level == standAlone || level == constantLevel || level == conditionLevel
}

// itemName reads the name, if there is one. A name can be spelled like a clause only if it is none.
func (p *parser) itemName(item *Item) {
	t := p.peek()
	if t.kind != word || isClause(t.upper()) {
		return
	}
	p.next()
	if t.upper() == "FILLER" {
		return
	}
	if !validName(t.text) {
		p.fail(t, "%q is no name: one has letters, digits, hyphens and underscores", t.text)
		return
	}
	item.Name, item.Written = t.upper(), t.text
}

func validName(text string) bool {
	for _, r := range text {
		ok := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_#@$:", r)
		if !ok {
			return false
		}
	}
	return text != ""
}

// attach puts the item into the tree by its level.
func (p *parser) attach(item *Item) {
	if item.Level == standAlone {
		item.Level = recordLevel
	}
	if item.Level == recordLevel {
		p.redefinition(item, p.copybook.Records)
		p.copybook.Records = append(p.copybook.Records, item)
		p.stack = []*Item{item}
		return
	}
	for len(p.stack) > 0 && p.stack[len(p.stack)-1].Level >= item.Level {
		p.stack = p.stack[:len(p.stack)-1]
	}
	if len(p.stack) == 0 {
		if p.fragment == nil {
			p.fragment = &Item{File: item.File, Line: item.Line, Column: item.Column}
			p.copybook.Records = append(p.copybook.Records, p.fragment)
		}
		p.stack = []*Item{p.fragment}
	}
	parent := p.stack[len(p.stack)-1]
	if parent.Picture != nil && parent.Picture.bytes > 0 { // USAGE INDEX and its kin, of a group
		parent.Picture, parent.implied = nil, parent.Picture
	}
	if parent.Picture != nil {
		p.failAt(item, "%s has a PICTURE, so it cannot have fields below it", parent.label())
	}
	item.Parent = parent
	p.redefinition(item, parent.Children)
	parent.Children = append(parent.Children, item)
	p.stack = append(p.stack, item)
}

// redefinition finds the item that is redefined among those in front on the same level.
func (p *parser) redefinition(item *Item, before []*Item) {
	if item.Redefines == nil {
		return
	}
	wanted := item.Redefines // a stand-in with the name and place
	item.Redefines = nil
	for i := len(before) - 1; i >= 0; i-- {
		if before[i].Name != wanted.Name {
			continue
		}
		item.Redefines = before[i]
		if before[i].Redefines != nil {
			item.Redefines = before[i].Redefines
		}
		return
	}
	p.failAt(wanted, "REDEFINES %s: there is no %s in front of it in the same group", wanted.Name, wanted.Name)
}

func (i *Item) label() string {
	if i.Name == "" {
		return "FILLER"
	}
	return i.Name
}

// condition reads an 88 level.
func (p *parser) condition(level token) {
	named, ok := p.namedValue("condition")
	if !ok {
		return
	}
	condition := Condition{Name: named.upper()}
	p.accept("IS", "ARE")
	for {
		t := p.next()
		switch {
		case t.kind == period || t.kind == end:
			p.attachCondition(level, condition)
			return
		case t.upper() == "WHEN" || t.upper() == "FALSE": // WHEN SET TO FALSE IS literal
			p.skipEntry()
			p.attachCondition(level, condition)
			return
		}
		value := Range{From: p.value(t).of(p.current())}
		value.To = value.From
		if p.accept("THRU", "THROUGH") {
			value.To = p.value(p.next()).of(p.current())
		}
		condition.Values = append(condition.Values, value)
	}
}

func (p *parser) attachCondition(level token, condition Condition) {
	if len(p.stack) == 0 {
		p.fail(level, "the condition %s has no field in front of it", condition.Name)
		return
	}
	last := p.current()
	last.Conditions = append(last.Conditions, condition)
}
