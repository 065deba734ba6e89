package batch

import (
	"fmt"
	"strings"
	"testing"
	"time"

	adminv1 "github.com/postern-gateway/postern/proto/postern/admin/v1"
	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

// london reads a time on a clock there.
func london(t *testing.T, text string) time.Time {
	t.Helper()
	location, err := time.LoadLocation("Europe/London")
	if err != nil {
		t.Fatal(err)
	}
	at, err := time.ParseInLocation("2006-01-02 15:04", text, location)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func londonCalendar(t *testing.T, config *configv1.BatchCalendar) *calendar {
	t.Helper()
	c := &compiler{location: london(t, "2026-01-01 00:00").Location()}
	compiled := c.calendar("calendar", config)
	if err := c.err(); err != nil {
		t.Fatal(err)
	}
	return compiled
}

// 2026-12-25 is a Friday. Clocks go forward on 2026-03-29 at 01:00 and back on 2026-10-25 at 02:00.
func TestCutOffs(t *testing.T) {
	t.Parallel()
	workdays := londonCalendar(t, &configv1.BatchCalendar{
		Days: []string{"mon", "tue", "wed", "thu", "fri"}, Holidays: []string{"2026-12-25", "2026-12-28"}, CutOff: "06:30",
	})
	daily := londonCalendar(t, &configv1.BatchCalendar{CutOff: "06:30"})
	for _, test := range []struct {
		calendar   *calendar
		from, want string // in UTC
	}{
		{workdays, "2026-12-24 06:30", "2026-12-24T06:30:00Z"},
		{workdays, "2026-12-24 06:31", "2026-12-29T06:30:00Z"},
		{daily, "2026-03-28 12:00", "2026-03-29T05:30:00Z"},
		{daily, "2026-10-24 12:00", "2026-10-25T06:30:00Z"},
		{daily, "2026-07-01 00:00", "2026-07-01T05:30:00Z"},
	} {
		if got := test.calendar.next(london(t, test.from)).UTC().Format(time.RFC3339); got != test.want {
			t.Errorf("behind %s: %s, want %s", test.from, got, test.want)
		}
	}
}

func TestMissingFiles(t *testing.T) {
	t.Parallel()
	workdays := londonCalendar(t, &configv1.BatchCalendar{Days: []string{"mon", "tue", "wed", "thu", "fri"}, CutOff: "06:30"})
	for _, test := range []struct{ arrival, now, want string }{
		{"2026-11-17 05:00", "2026-11-18 06:30", ""},
		{"2026-11-17 05:00", "2026-11-18 06:31", "18"},
		{"2026-11-17 07:00", "2026-11-18 06:00", ""}, // late, but there
		{"2026-11-17 07:00", "2026-11-18 07:00", "18"},
		{"2026-11-16 22:00", "2026-11-17 07:00", ""}, // the evening before
		{"2026-11-16 05:00", "2026-11-19 07:00", "17 18 19"},
		{"2026-11-20 05:00", "2026-11-23 06:00", ""}, // over the weekend
		{"2026-11-20 05:00", "2026-11-23 07:00", "23"},
		{"2026-11-20 22:00", "2026-11-23 07:00", ""},
	} {
		var got []string
		for _, due := range workdays.missing(workdays.of(london(t, test.arrival)), london(t, test.now)) {
			got = append(got, fmt.Sprint(due.Day()))
		}
		if strings.Join(got, " ") != test.want {
			t.Errorf("at %s, when one came at %s, %v are missing, want %s", test.now, test.arrival, got, test.want)
		}
	}
}

// A late file shows in Check until it is there.
func TestLateExtract(t *testing.T) {
	t.Parallel()
	r := newRates(t)
	r.config.Extracts[0].Calendar = &configv1.BatchCalendar{CutOff: "06:30"}
	x := r.open(t)
	r.write(t, 1, "a,1\n")
	r.pass(t, x)
	for now, want := range map[time.Time]string{
		day(2): "", day(2).Add(time.Hour): "a file has not come: 1 since it was due at 2026-11-02T06:30:00Z", day(4): "a file has not come: 2 since it was due at 2026-11-02T06:30:00Z",
	} {
		x.mu.Lock()
		x.now = func() time.Time { return now }
		x.mu.Unlock()
		got := ""
		if err := x.check(); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("at %v: %q, want %q", now, got, want)
		}
	}
	r.write(t, 3, "a,3\n")
	r.pass(t, x)
	x.mu.Lock()
	x.now = func() time.Time { return day(3).Add(time.Hour) }
	x.mu.Unlock()
	if err := x.check(); err != nil {
		t.Errorf("the file has come: %v", err)
	}
}

// What operators are told of a late file, and of those before it.
func TestOperatorSeesLateFiles(t *testing.T) {
	t.Parallel()
	day := func(n int) time.Time { return time.Date(2026, 11, n, 7, 0, 0, 0, time.UTC) }
	expected := (&compiler{location: time.UTC}).calendar("", &configv1.BatchCalendar{CutOff: "06:30"})
	for now, want := range map[time.Time]string{
		day(1): "FRESHNESS_CURRENT  []", day(2): "FRESHNESS_LATE 2026-11-02 []", day(4): "FRESHNESS_LATE 2026-11-04 [2026-11-02 2026-11-03]",
	} {
		x := &extract{now: func() time.Time { return now }, covered: day(1), expected: expected}
		shown := &adminv1.Extract{}
		x.showPunctuality(shown)
		if got := fmt.Sprint(shown.GetFreshness(), " ", shown.GetDue(), " ", shown.GetMissing()); got != want {
			t.Errorf("at %s: %s, want %s", now, got, want)
		}
	}
}

// Files that were due before the first one came are told too, counted from the day that somebody first looked for them, over restarts; and a file that came late, by how much.
func TestMissingBeforeTheFirstFile(t *testing.T) {
	t.Parallel()
	r := newRates(t)
	r.config.Extracts[0].Calendar = &configv1.BatchCalendar{CutOff: "05:30"}
	at := func(x *extract, now time.Time) {
		x.mu.Lock()
		defer x.mu.Unlock()
		x.now = func() time.Time { return now }
	}
	x := r.open(t)
	r.pass(t, x)
	tomorrow := time.Now().Add(24 * time.Hour)
	at(x, tomorrow)
	shown := x.show()
	due := x.expected.next(time.Now()).Format(time.DateOnly)
	if shown.GetFreshness() != adminv1.Freshness_FRESHNESS_EMPTY || shown.GetDue() != due || len(shown.GetMissing()) != 0 {
		t.Errorf("a day after the start: %v, want %s to be due", shown, due)
	}
	again := r.open(t) // which has the store of before
	again.since = tomorrow.Add(48 * time.Hour)
	r.pass(t, again)
	at(again, tomorrow.Add(72*time.Hour))
	if shown := again.show(); len(shown.GetMissing()) != 3 || shown.GetMissing()[0] != due {
		t.Errorf("after a restart: %v, want 3 days missing from %s on, and one due", shown, due)
	}
	r.write(t, 3, "a,3\n") // at 06:00
	r.pass(t, again)
	runs, err := operator{backend: &backend{extracts: []*extract{again}}}.ListRuns(t.Context(), &adminv1.ListRunsRequest{})
	if err != nil || len(runs.GetRuns()) == 0 || runs.GetRuns()[0].GetLate().AsDuration() != 30*time.Minute {
		t.Errorf("the run of a file that came half an hour late: %v, %v", runs, err)
	}
}
