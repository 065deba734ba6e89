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

// errDelimited is the mistake of a program, not of data.
var errDelimited = errors.New("a delimited layout cannot be encoded")

// Encode appends a record. The error is of type [EncodeErrors], with everything that does not fit. A field with no value is blank, or zero
// for a number; a counter that has none gets the number of elements.
func (l *Layout) Encode(to []byte, source Source) ([]byte, error) {
	if l.delimited != nil {
		return nil, errDelimited
	}
	e := &encoder{layout: l, to: to}
	e.group(l.Fields, source)
	if len(e.errors) > 0 {
		return nil, e.errors
	}
	return e.to, nil
}

type encoder struct {
	layout *Layout
	to     []byte
	trail  []Step
	errors EncodeErrors
}

func (e *encoder) fail(reason string) {
	e.errors = append(e.errors, &EncodeError{Trail: append([]Step(nil), e.trail...), Reason: reason})
}

// room appends n bytes and returns them.
func (e *encoder) room(n int) []byte {
	start := len(e.to)
	for range n {
		e.to = append(e.to, e.layout.options.CodePage.blank)
	}
	return e.to[start:]
}

func (e *encoder) group(fields []*Field, source Source) {
	for _, f := range fields {
		fill(e.room(f.slack), 0)
		switch {
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
		f.codec.absent(to)
		return
	}
	if err := f.codec.encode(to, text); err != nil {
		e.fail(err.Error())
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
	if l.delimited != nil || f.codec == nil {
		return errDelimited
	}
	return f.codec.encode(make([]byte, f.size), text)
}
