package codec

import (
	"testing"
	"time"
)

func TestTimestamps(t *testing.T) {
	t.Parallel()
	zones := make(map[string]*time.Location)
	for _, name := range []string{"UTC", "Europe/London", "Australia/Sydney", "America/New_York", "Asia/Kathmandu"} {
		zone, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		zones[name] = zone
	}
	tests := []struct{ text, zone, want string }{
		{"2026-01-31T12:00:00Z", "UTC", "2026-01-31T12:00:00Z"},
		{"2026-07-31T12:00:00", "Europe/London", "2026-07-31T11:00:00Z"},
		{"2026-07-31T12:00:00.5", "Asia/Kathmandu", "2026-07-31T06:15:00.5Z"},
		{"2026-07-31T12:00:00.", "UTC", "2026-07-31T12:00:00Z"},
		{"2026-01-31T12:00:00.123456789000-14:00", "UTC", "2026-02-01T02:00:00.123456789Z"},
		{"2026-01-31", "America/New_York", "2026-01-31T05:00:00Z"},
		{"2026-01-31Z", "America/New_York", "2026-01-31T00:00:00Z"},
		{"2026-12-31T24:00:00Z", "UTC", "2027-01-01T00:00:00Z"},
		{"2026-12-31T24:00:00.000", "Europe/London", "2027-01-01T00:00:00Z"},
		{"2000-02-29T00:00:00Z", "UTC", "2000-02-29T00:00:00Z"},
		{"1969-12-31T23:59:59.9Z", "UTC", "1969-12-31T23:59:59.9Z"},
		// Leap seconds.
		{"2016-12-31T23:59:60Z", "UTC", "2017-01-01T00:00:00Z"},
		{"2017-01-01T00:59:60.25+01:00", "UTC", "2017-01-01T00:00:00.25Z"},
		{"2016-12-31T18:59:60", "America/New_York", "2017-01-01T00:00:00Z"},
		{"2016-12-31T12:59:60Z", "UTC", ""},
		// The least and the greatest date of .NET, in the zone of the server or without one.
		{"0001-01-01T00:00:00", "Europe/London", "0001-01-01T00:00:00Z"},
		{"0001-01-01T00:00:00", "UTC", "0001-01-01T00:00:00Z"},
		{"0001-01-01T00:00:00", "Australia/Sydney", "0001-01-01T00:00:00Z"},
		{"0001-01-01T00:00:00.0000000+10:00", "UTC", "0001-01-01T00:00:00Z"},
		{"0001-01-01T00:00:00-05:00", "UTC", "0001-01-01T05:00:00Z"},
		{"9999-12-31T23:59:59.9999999", "America/New_York", "9999-12-31T23:59:59.9999999Z"},
		{"9999-12-31T23:59:59.9999999-05:00", "UTC", "9999-12-31T23:59:59.9999999Z"},
		{"9999-12-31T24:00:00Z", "UTC", ""},
		{"10000-01-01T00:00:00Z", "UTC", ""},
		{"-0044-03-15T12:00:00Z", "UTC", ""},
		{"0000-01-01T00:00:00Z", "UTC", ""},
		{"99999999999999999999-01-01T00:00:00Z", "UTC", ""},
		{"2026-02-29T00:00:00Z", "UTC", ""},
		{"2026-1-1T00:00:00Z", "UTC", ""},
		{"2026-01-01T24:00:01Z", "UTC", ""},
		{"2026-01-01T00:60:00Z", "UTC", ""},
		{"2026-01-01T00:00:00+25:00", "UTC", ""},
		{"2026-01-01T00:00:00.1234567891Z", "UTC", ""},
		{"2026-01-01T", "UTC", ""},
	}
	for _, test := range tests {
		seconds, nanos, err := parseTimestamp([]byte(test.text), zones[test.zone])
		got := ""
		if err == nil {
			got = time.Unix(seconds, int64(nanos)).UTC().Format(time.RFC3339Nano)
		}
		if got != test.want {
			t.Errorf("%s in %s is %q (%v), wanted %q", test.text, test.zone, got, err, test.want)
		}
	}
}

func TestDates(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"2026-01-31": "2026-01-31", "2026-01-31Z": "2026-01-31", "2026-01-31-05:00": "2026-01-31", "2026-01-31T00:00:00": "2026-01-31",
		"2026-01-31T23:00:00.5+02:00": "2026-01-31", "0001-01-01": "0001-01-01", "-0044-03-15": "-0044-03-15", "12026-01-31": "12026-01-31", "-0001-02-29": "-0001-02-29",
		"2026-01-31T": "", "2026-01-31x": "", "026-01-31": "", "2026-13-01": "", "2026-04-31": "", "": "", "2026-01": "",
	} {
		if got, err := parseDateOnly([]byte(text)); string(got) != want || (err == nil) != (want != "") {
			t.Errorf("%q is %q (%v), wanted %q", text, got, err, want)
		}
	}
}

// FuzzTimestamp holds that a time of RFC 3339 is read as the standard library reads it.
func FuzzTimestamp(f *testing.F) {
	f.Add("2026-01-31T12:00:00Z")
	f.Add("0004-02-29T23:59:59.999999999+14:00")
	f.Add("2026-01-31T2:00:00Z")
	f.Fuzz(func(t *testing.T, text string) {
		seconds, nanos, err := parseTimestamp([]byte(text), time.UTC)
		want, wantErr := time.Parse(time.RFC3339Nano, text)
		year := want.UTC().Year()
		if wantErr != nil || year < 1 || year > 9999 {
			return
		}
		const plain = "2026-01-31T12:00:00"
		if len(text) > len(plain+".123456789+00:00") || len(text) <= len(plain) || text[len("2026-01-31T12")] != ':' || text[len(plain)] == ',' || want.Year() == 0 {
			return // what the two see differently: more decimals, hours of one digit, decimal commas, year 0
		}
		if err != nil || seconds != want.Unix() || nanos != want.Nanosecond() {
			t.Errorf("%q is %d.%d (%v), wanted %v", text, seconds, nanos, err, want)
		}
	})
}
