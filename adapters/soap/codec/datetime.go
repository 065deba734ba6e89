package codec

import (
	"errors"
	"regexp"
	"strings"
	"time"
)

var (
	errDate     = errors.New("it is no date")
	errDateTime = errors.New("it is no date and time")
	errRange    = errors.New("it is not within the years 0001 to 9999")
)

// decodeDate returns the calendar date of an xs:date, or of a dateTime where a date belongs. A zone is dropped.
func decodeDate(text string) (string, error) {
	if len(text) < len("2006-01-02") {
		return "", errDate
	}
	date := text[:len("2006-01-02")]
	if _, err := time.Parse(time.DateOnly, date); err != nil {
		return "", errDate
	}
	rest := text[len(date):]
	if rest != "" && rest[0] != 'T' && !isZone(rest) {
		return "", errDate
	}
	return date, nil
}

func isZone(text string) bool {
	if text == "Z" {
		return true
	}
	_, err := time.Parse("-07:00", text)
	return err == nil
}

// decodeTimestamp reads an xs:dateTime, in zone if it has none of its own. A time is never rounded: digits beyond the nanosecond are an error unless
// they are zeros.
func decodeTimestamp(text string, zone *time.Location) (time.Time, error) {
	if len(text) < len("2006-01-02") {
		return time.Time{}, errDateTime
	}
	if len(text) == len("2006-01-02") {
		text += "T00:00:00"
	}
	body, offset := splitZone(text)
	if whole, fraction, ok := strings.Cut(body, "."); ok {
		fraction = strings.TrimRight(fraction, "0")
		if len(fraction) > 9 {
			return time.Time{}, errors.New("its seconds have more than nine decimals")
		}
		body = whole
		if fraction != "" {
			body += "." + fraction
		}
	}
	midnight := strings.HasSuffix(body, "T24:00:00")
	if midnight {
		body = strings.TrimSuffix(body, "24:00:00") + "00:00:00"
	}
	var moment time.Time
	var err error
	if offset == "" {
		moment, err = time.ParseInLocation("2006-01-02T15:04:05", body, zone)
	} else {
		moment, err = time.Parse("2006-01-02T15:04:05Z07:00", body+offset)
	}
	if err != nil {
		return time.Time{}, errDateTime
	}
	if midnight {
		moment = moment.AddDate(0, 0, 1)
	}
	if year := moment.UTC().Year(); year < 1 || year > 9999 {
		return time.Time{}, errRange
	}
	return moment, nil
}

func splitZone(text string) (body, offset string) {
	if strings.HasSuffix(text, "Z") {
		return text[:len(text)-1], "Z"
	}
	if at := len(text) - len("+00:00"); at > len("2006-01-02T") && (text[at] == '+' || text[at] == '-') {
		return text[:at], text[at:]
	}
	return text, ""
}

// appendTimestamp writes a moment with its offset in zone, or without it.
func appendTimestamp(out []byte, moment time.Time, zone *time.Location, zoneless bool) []byte {
	if zoneless {
		return moment.In(zone).AppendFormat(out, "2006-01-02T15:04:05.999999999")
	}
	local := moment.In(zone)
	if _, offset := local.Zone(); offset%60 != 0 {
		local = moment.UTC() // the local mean times of old had offsets with seconds, which cannot be written
	}
	return local.AppendFormat(out, "2006-01-02T15:04:05.999999999Z07:00")
}

// forbidsZone reports whether the patterns of a dateTime accept one only without a zone, as those of SQL Server do.
func forbidsZone(patterns []string) bool {
	pattern, ok := translate(patterns)
	if !ok {
		return false
	}
	accepted, err := regexp.Compile(pattern)
	return err == nil && accepted.MatchString("2020-01-02T03:04:05") && !accepted.MatchString("2020-01-02T03:04:05Z")
}
