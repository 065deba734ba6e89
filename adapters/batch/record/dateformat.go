package record

import (
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
