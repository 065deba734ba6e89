package codec

import (
	"errors"
	"time"
)

var (
	errDate     = errors.New("it is no date")
	errDateTime = errors.New("it is no date and time")
	errRange    = errors.New("it is not within the years 0001 to 9999")
	errDecimals = errors.New("its seconds have more than nine decimals")
)

// civil is a date and time as it is written.
type civil struct {
	year                 int
	month, day           int
	hour, minute, second int
	nano                 int
	zoned                bool
	offset               int // of the zone, in seconds
}

// The moments that a Timestamp can hold, in seconds: the years 0001 to 9999.
const (
	firstSecond = -62135596800
	lastSecond  = 253402300799
)

const secondsPerDay = 24 * 60 * 60

// parseDateOnly returns the calendar date of an xs:date, or of a dateTime where a date belongs, as it is written. A zone is dropped.
func parseDateOnly(text []byte) ([]byte, error) {
	var c civil
	rest, ok := c.date(text)
	if !ok {
		return nil, errDate
	}
	date := text[:len(text)-len(rest)]
	if len(rest) > 0 && rest[0] == 'T' {
		if rest, ok, _ = c.time(rest[1:]); !ok {
			return nil, errDate
		}
	}
	if !c.zone(rest) {
		return nil, errDate
	}
	return date, nil
}

// parseTimestamp reads an xs:dateTime, in zone if it has none of its own. A time is never rounded: digits beyond the nanosecond are an error unless
// they are zeros. 24:00:00 is the next day's first moment, and a leap second the moment that follows it, as protobuf wants it.
//
// The first and the last day that a Timestamp can hold stand for "never" and "for ever", as the least and the greatest date of .NET do, and belong to no zone: without one they
// are read as UTC, and where a zone of their own moves them out of the years 0001 to 9999, that zone is not heeded.
func parseTimestamp(text []byte, zone *time.Location) (seconds int64, nanos int, err error) {
	var c civil
	rest, ok := c.date(text)
	if !ok {
		return 0, 0, errDateTime
	}
	if len(rest) > 0 && rest[0] == 'T' {
		if rest, ok, err = c.time(rest[1:]); !ok {
			return 0, 0, err
		}
	}
	if !c.zone(rest) {
		return 0, 0, errDateTime
	}
	if c.year < 1 || c.year > 9999 {
		return 0, 0, errRange
	}
	utc := days(c.year, c.month, c.day)*secondsPerDay + int64(c.hour*3600+c.minute*60+c.second)
	switch {
	case c.zoned:
		seconds = utc - int64(c.offset)
	case zone == nil, zone == time.UTC, c.isFirstOrLast():
		seconds = utc
	default:
		seconds = time.Date(c.year, time.Month(c.month), c.day, c.hour, c.minute, c.second, 0, zone).Unix()
	}
	if c.second == 60 && seconds%secondsPerDay != 0 {
		return 0, 0, errDateTime
	}
	if seconds < firstSecond || seconds > lastSecond {
		seconds = utc
	}
	if seconds > lastSecond {
		return 0, 0, errRange // 24:00:00 of the last day
	}
	return seconds, c.nano, nil
}

// isFirstOrLast reports whether the day is the first or the last that a Timestamp can hold.
func (c *civil) isFirstOrLast() bool {
	return c.year == 1 && c.month == 1 && c.day == 1 || c.year == 9999 && c.month == 12 && c.day == 31
}

// date reads what starts with a date, and returns the rest.
func (c *civil) date(text []byte) (rest []byte, ok bool) {
	negative := len(text) > 0 && text[0] == '-'
	if negative {
		text = text[1:]
	}
	digits := 0
	for digits < len(text) && text[digits]-'0' <= 9 {
		if digits++; digits > 9 {
			return nil, false
		}
		c.year = c.year*10 + int(text[digits-1]-'0')
	}
	if digits < 4 || c.year == 0 {
		return nil, false // XML Schema 1.0 part 2 section 3.2.7.1 knows no year 0000
	}
	if negative {
		c.year = -c.year
	}
	rest = text[digits:]
	if len(rest) < len("-01-31") || rest[0] != '-' || rest[3] != '-' {
		return nil, false
	}
	var month, day bool
	c.month, month = twoDigits(rest[1:])
	c.day, day = twoDigits(rest[4:])
	return rest[6:], month && day && c.month >= 1 && c.month <= 12 && c.day >= 1 && c.day <= daysIn(c.year, c.month)
}

// time reads what starts with a time, and returns the rest.
func (c *civil) time(text []byte) (rest []byte, ok bool, err error) {
	if len(text) < len("12:00:00") || text[2] != ':' || text[5] != ':' {
		return nil, false, errDateTime
	}
	var hour, minute, second bool
	c.hour, hour = twoDigits(text)
	c.minute, minute = twoDigits(text[3:])
	c.second, second = twoDigits(text[6:])
	rest = text[8:]
	if len(rest) > 0 && rest[0] == '.' {
		rest = rest[1:]
		unit := 100_000_000
		for len(rest) > 0 && rest[0]-'0' <= 9 {
			if unit == 0 && rest[0] != '0' {
				return nil, false, errDecimals
			}
			c.nano += int(rest[0]-'0') * unit
			unit /= 10
			rest = rest[1:]
		}
	}
	midnight := c.hour == 24 && c.minute == 0 && c.second == 0 && c.nano == 0
	if !hour || !minute || !second || c.hour > 23 && !midnight || c.minute > 59 || c.second > 60 {
		return nil, false, errDateTime
	}
	return rest, true, nil
}

// zone reads a zone, or its absence.
func (c *civil) zone(text []byte) bool {
	switch {
	case len(text) == 0:
		return true
	case string(text) == "Z":
		c.zoned = true
		return true
	case len(text) != len("+00:00") || text[0] != '+' && text[0] != '-' || text[3] != ':':
		return false
	}
	hours, ok := twoDigits(text[1:])
	minutes, also := twoDigits(text[4:])
	c.zoned, c.offset = true, hours*3600+minutes*60
	if text[0] == '-' {
		c.offset = -c.offset
	}
	return ok && also && hours <= 24 && minutes <= 59
}

func twoDigits(text []byte) (int, bool) {
	tens, ones := text[0]-'0', text[1]-'0'
	return int(tens)*10 + int(ones), tens <= 9 && ones <= 9
}

func isLeap(year int) bool {
	if year < 0 {
		year++ // XML Schema 1.0 knows no year 0: the year before 1 is -1, and leap
	}
	return year%4 == 0 && (year%100 != 0 || year%400 == 0)
}

func daysIn(year, month int) int {
	switch month {
	case 2:
		if isLeap(year) {
			return 29
		}
		return 28
	case 4, 6, 9, 11:
		return 30
	}
	return 31
}

// days counts the days from 1970-01-01 to a date of the years 0001 to 9999.
func days(year, month, day int) int64 {
	if month <= 2 { // years that start in March end with the leap day
		year--
		month += 12
	}
	inYear := (153*(month-3)+2)/5 + day - 1
	return int64(year*365 + year/4 - year/100 + year/400 + inYear - 719468)
}
