package record

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
)

// A Condition compares one field with some values.
type Condition struct {
	field  *Field
	values map[string]bool // canonical
}

// Condition compiles a comparison with a field that stands at a fixed place, for [Condition.Matches].
func (l *Layout) Condition(when When) (*Condition, error) {
	c, err := l.condition(when)
	if err != nil {
		return nil, err
	}
	if !c.field.IsFixed() {
		return nil, fmt.Errorf("%s does not stand at the same place in every record, so it cannot be compared", when.Field)
	}
	return c, nil
}

func (l *Layout) condition(when When) (*Condition, error) {
	f, err := l.Lookup(when.Field)
	if err != nil {
		return nil, err
	}
	if f.codec == nil {
		return nil, fmt.Errorf("%s is a group: only a field can be compared", when.Field)
	}
	c := &Condition{field: f, values: make(map[string]bool, len(when.Values))}
	for _, value := range when.Values {
		c.values[f.canonical(value)] = true
	}
	return c, nil
}

// canonical spells equal values the same.
func (f *Field) canonical(text string) string {
	if f.IsNumber() {
		if number, ok := canonicalDecimal(text); ok {
			return number
		}
	}
	return strings.TrimFunc(text, isPadding)
}

// isPadding reports whether a character fills up texts: low-values do as well as blanks.
func isPadding(r rune) bool { return r <= ' ' }

// Matches reports whether the record's field has one of the values. A field that cannot be decoded has none.
func (c *Condition) Matches(l *Layout, record []byte, value *Value) bool {
	return l.Extract(record, c.field, value) == nil && c.holds(value)
}

// matchesRaw is Matches for the bytes of the field itself.
func (c *Condition) matchesRaw(raw []byte) bool {
	var value Value
	if err := c.field.codec.decode(raw, &value); err != nil {
		return false
	}
	return c.holds(&value)
}

func (c *Condition) holds(value *Value) bool {
	if t := c.field.Type; !value.Null && (t == Text || t == Date || t == Bytes) {
		return c.values[string(bytes.TrimFunc(value.Text, isPadding))] // without making a text of it
	}
	return c.values[c.field.canonical(c.field.Spell(value))]
}

// Spell returns the value as text: numbers in decimal, text as it is, nothing for an absent one.
func (f *Field) Spell(value *Value) string {
	switch {
	case value.Null:
		return ""
	case f.Type == Integer || f.Type == Time:
		return strconv.FormatInt(value.Integer, 10)
	case f.Type == Boolean:
		return strconv.FormatBool(value.Integer != 0)
	case f.Type == Float32:
		return strconv.FormatFloat(value.Float, 'g', -1, 32)
	case f.Type == Float64:
		return strconv.FormatFloat(value.Float, 'g', -1, 64)
	default:
		return string(value.Text)
	}
}

// Canonical is Spell without blanks at the ends, with equal numbers spelt the same.
func (f *Field) Canonical(value *Value) string { return f.canonical(f.Spell(value)) }

// CanonicalText is Canonical for a value that text spells.
func (f *Field) CanonicalText(text string) string { return f.canonical(text) }
