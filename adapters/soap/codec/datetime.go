package codec

import (
	"regexp"
	"time"
)

// appendTimestamp writes a moment with its offset in zone, or without it. The first and the last day of all are written in UTC, as they are read.
func appendTimestamp(out []byte, moment time.Time, zone *time.Location, zoneless bool) []byte {
	if isNever(moment) {
		zone = time.UTC
	}
	local := moment.In(zone)
	if zoneless {
		return local.AppendFormat(out, "2006-01-02T15:04:05.999999999")
	}
	if _, offset := local.Zone(); offset%60 != 0 {
		local = moment.UTC() // the local mean times of old had offsets with seconds, which cannot be written
	}
	return local.AppendFormat(out, "2006-01-02T15:04:05.999999999Z07:00")
}

// isNever reports whether a moment is on the first or the last day of all, which mean that there is none.
func isNever(moment time.Time) bool {
	seconds := moment.Unix()
	return seconds < firstSecond+secondsPerDay || seconds > lastSecond-secondsPerDay
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
