package record

import (
	"errors"
	"time"
)

// A DateFormat spells dates, and dates with times, with yyyy, yy, mm, dd, ddd, hh, mi and ss, as formats of fields do.
type DateFormat struct{ format *dateFormat }

// ParseDateFormat reads a format such as yyyymmdd. The error says what is wrong with it.
func ParseDateFormat(format string) (DateFormat, error) {
	parsed, err := parseDateFormat(format)
	return DateFormat{format: parsed}, err
}

// Is reports whether a text is a date that there is, in this format.
func (d DateFormat) Is(text string) bool {
	return d.format.parse([]byte(text), time.UTC, &Value{}) == nil
}

// Spell spells a moment in its own zone.
func (d DateFormat) Spell(t time.Time) (string, error) {
	if d.format.hasTime {
		return d.format.format(t.Format(time.RFC3339), t.Location())
	}
	return d.format.format(t.Format(time.DateOnly), t.Location())
}

// A Spelling is how a file spells the dates or booleans of a field that another package reads: yyyymmdd and its kin, or boolean:Y/N.
type Spelling struct{ codec formatCodec }

// ParseSpelling reads a spelling. The error says what is wrong with it.
func ParseSpelling(format string) (*Spelling, error) {
	meaning, err := parseFormat(format)
	if err != nil {
		return nil, err
	}
	if meaning.kind() == Time {
		return nil, errors.New("a date is spelled without a time, which is in no zone")
	}
	return &Spelling{formatCodec{meaning: meaning}}, nil
}

// Type is [Date] or [Boolean].
func (s *Spelling) Type() Type { return s.codec.meaning.kind() }

// Parse reads a value. A date of zeros is null.
func (s *Spelling) Parse(text string, value *Value) error {
	if s.codec.isEmpty([]byte(text)) {
		value.Null = true
		return nil
	}
	return s.codec.meaning.parse([]byte(text), time.UTC, value)
}

// Format spells a value that is given as [Field.Spell] does it.
func (s *Spelling) Format(text string) (string, error) {
	return s.codec.meaning.format(text, time.UTC)
}
