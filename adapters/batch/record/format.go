package record

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// centuryPivot decides the century of a year of two digits: below it is 20yy, from it on 19yy.
const centuryPivot = 50

// A formatCodec gives a field a meaning beyond its picture. The field below holds text or an unsigned whole number.
type formatCodec struct {
	inner    codec
	number   bool
	digits   int // of the number
	meaning  meaning
	location *time.Location
}

// meaning turns the spelling in a record into a value and back. What parse is given may be the value's own room.
type meaning interface {
	kind() Type
	parse(text []byte, location *time.Location, value *Value) error
	format(text string, location *time.Location) (string, error)
}

func (c *formatCodec) decode(raw []byte, value *Value) error {
	if err := c.inner.decode(raw, value); err != nil {
		return err
	}
	if c.number {
		value.Text = appendPadded(value.Text[:0], value.Integer, c.digits)
	}
	text := bytes.TrimSpace(value.Text)
	value.Text = value.Text[:0]
	if value.Null || c.isEmpty(text) {
		value.Null = true
		return nil
	}
	return c.meaning.parse(text, c.location, value)
}

// isEmpty reports whether a text is a date or time that is not set: zeros, with or without what stands between them.
func (c *formatCodec) isEmpty(text []byte) bool {
	if _, flag := c.meaning.(*boolean); flag {
		return false
	}
	for _, b := range text {
		if strings.IndexByte("0-/.: ", b) < 0 {
			return false
		}
	}
	return true
}

func (c *formatCodec) encode(to []byte, text string) error {
	if text == "" {
		c.absent(to)
		return nil
	}
	spelt, err := c.meaning.format(text, c.location)
	if err != nil {
		return err
	}
	return c.inner.encode(to, spelt)
}

func (c *formatCodec) absent(to []byte) { c.inner.absent(to) }

// parseFormat reads a format of the configuration.
func parseFormat(format string) (meaning, error) {
	if values, ok := strings.CutPrefix(format, "boolean:"); ok {
		yes, no, ok := strings.Cut(values, "/")
		if !ok || yes == no {
			return nil, fmt.Errorf("the format %q wants two values, as in boolean:Y/N", format)
		}
		return &boolean{yes: yes, no: no}, nil
	}
	return parseDateFormat(format)
}

// boolean is a field with one value for true and one for false.
type boolean struct{ yes, no string }

func (b *boolean) kind() Type { return Boolean }

func (b *boolean) parse(text []byte, _ *time.Location, value *Value) error {
	switch string(text) {
	case b.yes:
		value.Integer = 1
	case b.no, "":
		value.Integer = 0
	default:
		return fmt.Errorf("is neither %q nor %q", b.yes, b.no)
	}
	return nil
}

func (b *boolean) format(text string, _ *time.Location) (string, error) {
	switch text {
	case "true":
		return b.yes, nil
	case "false":
		return b.no, nil
	default:
		return "", fmt.Errorf("is neither true nor false")
	}
}

// A datePart is a part of a date format: a name such as yyyy, or text that stands as it is.
type datePart struct {
	name    string
	literal string
}

// dateFormat is a date, or a date and time.
type dateFormat struct {
	parts   []datePart
	hasTime bool
}

// dateParts are the names in a format; longer ones first.
var dateParts = []string{"yyyy", "yy", "mm", "ddd", "dd", "hh", "mi", "ss"}

func parseDateFormat(format string) (*dateFormat, error) {
	d := &dateFormat{}
	seen := make(map[string]bool)
	rest := strings.ToLower(format)
next:
	for rest != "" {
		for _, name := range dateParts {
			if strings.HasPrefix(rest, name) {
				if seen[name] {
					return nil, fmt.Errorf("the format %q has %s twice", format, name)
				}
				seen[name] = true
				d.parts = append(d.parts, datePart{name: name})
				rest = rest[len(name):]
				continue next
			}
		}
		if !strings.ContainsRune("-/.: t", rune(rest[0])) {
			return nil, fmt.Errorf("the format %q is no date: it is spelled with yyyy, yy, mm, dd, ddd, hh, mi, ss and - / . : between", format)
		}
		d.parts = append(d.parts, datePart{literal: strings.ToUpper(rest[:1])})
		rest = rest[1:]
	}
	day := seen["ddd"] && !seen["mm"] && !seen["dd"] || seen["mm"] && seen["dd"] && !seen["ddd"]
	if seen["yyyy"] == seen["yy"] || !day {
		return nil, fmt.Errorf("the format %q does not say one day: it needs yyyy or yy, and mm with dd, or ddd", format)
	}
	d.hasTime = seen["hh"]
	if (seen["mi"] || seen["ss"]) && !seen["hh"] {
		return nil, fmt.Errorf("the format %q has minutes or seconds, but no hour", format)
	}
	return d, nil
}

func (d *dateFormat) kind() Type {
	if d.hasTime {
		return Time
	}
	return Date
}

func (d *dateFormat) parse(text []byte, location *time.Location, value *Value) error {
	year, month, day, ordinal, clock := 0, 1, 1, 0, [3]int{}
	rest := text
	for _, part := range d.parts {
		if part.literal != "" {
			if len(rest) < len(part.literal) || string(rest[:len(part.literal)]) != part.literal {
				return errNoDate
			}
			rest = rest[len(part.literal):]
			continue
		}
		n, ok := leadingNumber(rest, len(part.name))
		if !ok {
			return errNoDate
		}
		rest = rest[len(part.name):]
		switch part.name {
		case "yyyy":
			year = n
		case "yy":
			year = century(n)
		case "mm":
			month = n
		case "dd":
			day = n
		case "ddd":
			ordinal = n
		default:
			clock[strings.Index("hhmiss", part.name)/2] = n
		}
	}
	if len(rest) > 0 || clock[0] > 23 || clock[1] > 59 || clock[2] > 59 {
		return errNoDate
	}
	wantedMonth, wantedDay := month, day
	if ordinal > 0 {
		day = ordinal
	}
	t := time.Date(year, time.Month(month), day, clock[0], clock[1], clock[2], 0, location)
	if ordinal == 0 && (t.Month() != time.Month(wantedMonth) || t.Day() != wantedDay) || t.Year() != year {
		return errNoDate
	}
	if d.hasTime {
		value.Integer = t.Unix()
		return nil
	}
	value.Text = appendDate(value.Text[:0], year, int(t.Month()), t.Day())
	return nil
}

var errNoDate = fmt.Errorf("holds no date in its format")

func century(year int) int {
	if year < centuryPivot {
		return 2000 + year
	}
	return 1900 + year
}

// leadingNumber reads a number of so many digits.
func leadingNumber(text []byte, digits int) (n int, ok bool) {
	if len(text) < digits {
		return 0, false
	}
	for _, b := range text[:digits] {
		if b < '0' || b > '9' {
			return 0, false
		}
		n = 10*n + int(b-'0')
	}
	return n, true
}

// appendPadded appends a number that is not negative, with zeros in front up to so many digits.
func appendPadded(to []byte, n int64, digits int) []byte {
	var room [smallDigits + 2]byte
	text := strconv.AppendInt(room[:0], n, 10)
	for range digits - len(text) {
		to = append(to, '0')
	}
	return append(to, text...)
}

// appendDate appends 2026-01-31.
func appendDate(to []byte, year, month, day int) []byte {
	digit := func(n int) byte { return '0' + byte(n%10) } //nolint:gosec // one digit
	return append(to, digit(year/1000), digit(year/100), digit(year/10), digit(year), '-', digit(month/10), digit(month), '-', digit(day/10), digit(day))
}

// format spells a date (2026-01-31) or time (RFC 3339).
func (d *dateFormat) format(text string, location *time.Location) (string, error) {
	t, err := time.Parse(time.DateOnly, text)
	if d.hasTime {
		if t, err = time.Parse(time.RFC3339, text); err == nil {
			t = t.In(location)
		}
	}
	if err != nil {
		return "", fmt.Errorf("is no %s", map[bool]string{true: "time, as in 2026-01-31T08:00:00Z", false: "date, as in 2026-01-31"}[d.hasTime])
	}
	var b strings.Builder
	for _, part := range d.parts {
		switch part.name {
		case "yyyy":
			fmt.Fprintf(&b, "%04d", t.Year())
		case "yy":
			if century(t.Year()%100) != t.Year() {
				return "", fmt.Errorf("has a year that two digits cannot say: it is not in 1950 to 2049")
			}
			fmt.Fprintf(&b, "%02d", t.Year()%100)
		case "mm":
			fmt.Fprintf(&b, "%02d", int(t.Month()))
		case "dd":
			fmt.Fprintf(&b, "%02d", t.Day())
		case "ddd":
			fmt.Fprintf(&b, "%03d", t.YearDay())
		case "hh":
			fmt.Fprintf(&b, "%02d", t.Hour())
		case "mi":
			fmt.Fprintf(&b, "%02d", t.Minute())
		case "ss":
			fmt.Fprintf(&b, "%02d", t.Second())
		default:
			b.WriteString(part.literal)
		}
	}
	return b.String(), nil
}
