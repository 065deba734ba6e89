package record

import "errors"

// A Source gives the values of a group to the encoder. Index counts the elements of a table, and is 0 otherwise.
type Source interface {
	// Value spells a value as [Field.Spell] does, Time in RFC 3339; false if there is none.
	Value(f *Field, index int) (string, bool)
	// Group returns the fields of a group; false if there is none.
	Group(f *Field, index int) (Source, bool)
	// Count is the number of elements of a table.
	Count(f *Field) int
}

// A Step is one field on the way to another, with the element where it is a table.
type Step struct {
	Field *Field
	Index int
}

// An EncodeError is one value that does not fit its field.
type EncodeError struct {
	// Trail leads from the record to the field.
	Trail  []Step
	Reason string
}

// Error returns the field and the reason.
func (e *EncodeError) Error() string {
	if len(e.Trail) == 0 {
		return e.Reason
	}
	return e.Trail[len(e.Trail)-1].Field.Path + " " + e.Reason
}

// EncodeErrors is all the values that do not fit.
type EncodeErrors []*EncodeError

// Error returns the first mistake, which stands for all.
func (e EncodeErrors) Error() string { return e[0].Error() }

// errGroup is the mistake of a program, not of data.
var errGroup = errors.New("is a group, and no value")

// Encode appends a record. The error is of type [EncodeErrors], with everything that does not fit. A field with no value has that of its VALUE clause, else it is blank, or zero
// for a number; a counter that has none gets the number of elements.
func (l *Layout) Encode(to []byte, source Source) ([]byte, error) {
	return l.EncodeAs(to, source, Encoding{})
}

// An Encoding says what becomes of values that are not there, or do not fit. The zero value never changes a value.
type Encoding struct {
	// LowValues stand for what has no value, fillers among it, instead of blanks and zeros.
	LowValues bool
	// Lose cuts texts that are too long, and takes any other value that does not fit for none.
	Lose bool
	// Round rounds numbers to the digits of their picture, halves away from zero.
	Round bool
	// Full fills a record up to the length of the layout, whose tables of OCCURS DEPENDING ON have only the elements that they have.
	Full bool
}

// EncodeAs is Encode with an encoding.
func (l *Layout) EncodeAs(to []byte, source Source, how Encoding) ([]byte, error) {
	if l.writer != nil {
		return l.writer.Encode(to, source)
	}
	start := len(to)
	e := &encoder{layout: l, to: to, how: how}
	if l.delimited != nil {
		e.encodeCells(source)
	} else {
		e.group(l.Fields, source)
	}
	if rest := l.Length - (len(e.to) - start); rest > 0 && how.Full {
		e.room(rest)
	}
	if len(e.errors) > 0 {
		return nil, e.errors
	}
	return e.to, nil
}

type encoder struct {
	layout *Layout
	how    Encoding
	to     []byte
	trail  []Step
	errors EncodeErrors
}

func (e *encoder) fail(reason string) {
	e.errors = append(e.errors, &EncodeError{Trail: append([]Step(nil), e.trail...), Reason: reason})
}

// room appends n bytes and returns them.
func (e *encoder) room(n int) []byte {
	start, filler := len(e.to), e.layout.options.CodePage.blank
	if e.how.LowValues {
		filler = 0
	}
	for range n {
		e.to = append(e.to, filler)
	}
	return e.to[start:]
}

func (e *encoder) group(fields []*Field, source Source) {
	for _, f := range fields {
		fill(e.room(f.slack), 0)
		switch {
		case f.whole != nil:
		case f.Type == Union:
			e.union(f, source)
		case f.Repeated:
			e.table(f, fields, source)
		default:
			e.element(f, 0, fields, source)
		}
	}
}

func (e *encoder) table(f *Field, siblings []*Field, source Source) {
	count := 0
	if !f.skipped && source != nil {
		count = source.Count(f)
	}
	e.trail = append(e.trail, Step{Field: f})
	if count > f.Max {
		e.fail("has too many elements")
		count = f.Max
	}
	if f.counter != nil && count < f.Min {
		e.fail("has too few elements")
	}
	e.trail = e.trail[:len(e.trail)-1]
	all := f.Max
	if e.layout.options.Shift && f.counter != nil {
		all = count
	}
	for i := range all {
		if i < count {
			e.element(f, i, siblings, source)
			continue
		}
		e.element(f, i, siblings, nil)
	}
}

func (e *encoder) element(f *Field, index int, siblings []*Field, source Source) {
	e.trail = append(e.trail, Step{Field: f, Index: index})
	defer func() { e.trail = e.trail[:len(e.trail)-1] }()
	if f.codec == nil {
		e.groupElement(f, index, source)
		return
	}
	to := e.room(f.size)
	text, ok := e.value(f, index, siblings, source)
	if !ok {
		e.absent(f, to)
		return
	}
	if e.how.Round && f.Type == Decimal || e.how.Round && f.Type == Integer {
		text = roundDecimal(text, f.Scale)
	}
	err := f.codec.encode(to, text)
	if err != nil && e.how.Lose {
		e.lose(f, to, text)
		err = nil
	}
	if err != nil {
		e.fail(err.Error())
	}
}

// absent writes what stands for no value.
func (e *encoder) absent(f *Field, to []byte) {
	switch {
	case e.how.LowValues:
		fill(to, 0)
	case f.initial != nil:
		copy(to, f.initial)
	default:
		f.codec.absent(to)
	}
}

// lose writes as much of a text as there is room for, and nothing of any other value.
func (e *encoder) lose(f *Field, to []byte, text string) {
	e.absent(f, to)
	if f.Type != Text {
		return
	}
	for runes := []rune(text); len(runes) > 0; runes = runes[:len(runes)-1] {
		if f.codec.encode(to, string(runes)) == nil {
			return
		}
	}
}

func (e *encoder) groupElement(f *Field, index int, source Source) {
	start := len(e.to)
	var inner Source
	if source != nil && !f.skipped {
		inner, _ = source.Group(f, index)
	}
	e.group(f.Children, inner)
	if rest := f.size - (len(e.to) - start); rest > 0 && !e.layout.options.Shift {
		fill(e.room(rest), 0)
	}
}

func (e *encoder) value(f *Field, index int, siblings []*Field, source Source) (string, bool) {
	if source == nil || f.skipped {
		return "", false
	}
	if text, ok := source.Value(f, index); ok {
		return text, true
	}
	for _, sibling := range siblings {
		if sibling.counter == f {
			value := Value{Integer: int64(source.Count(sibling))}
			return f.Spell(&value), true
		}
	}
	return "", false
}

// union writes the alternative that has a value into the room of the longest.
func (e *encoder) union(f *Field, source Source) {
	start := len(e.to)
	chosen := e.given(f, source)
	if chosen == nil {
		chosen = f.Children[0]
		source = nil
	}
	switch {
	case chosen.Repeated:
		e.table(chosen, f.Children, source)
	default:
		e.element(chosen, 0, f.Children, source)
	}
	e.room(max(f.size-(len(e.to)-start), 0))
}

func (e *encoder) given(f *Field, source Source) *Field {
	if source == nil {
		return nil
	}
	for _, alternative := range f.Children {
		if alternative.skipped {
			continue
		}
		if alternative.Repeated {
			if source.Count(alternative) > 0 {
				return alternative
			}
			continue
		}
		if alternative.codec == nil {
			if _, ok := source.Group(alternative, 0); ok {
				return alternative
			}
			continue
		}
		if _, ok := source.Value(alternative, 0); ok {
			return alternative
		}
	}
	return nil
}

// CheckValue says whether the field can hold the value that text spells.
func (l *Layout) CheckValue(f *Field, text string) error {
	if f.codec == nil {
		return errGroup
	}
	if l.writer != nil {
		return l.writer.CheckValue(f, text)
	}
	if l.delimited != nil {
		_, err := encodeCell(f.codec, text)
		return err
	}
	return f.codec.encode(make([]byte, f.size), text)
}
