package batch

import (
	"slices"
	"strings"
	"time"

	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

// A cutRule says when what waits is cut into a file.
type cutRule struct {
	count    int
	bytes    int64         // 0 for any
	age      time.Duration // 0 if age does not matter
	ageless  bool          // age does not matter
	times    []clock       // of the day, ascending
	days     [7]bool       // on which, by time.Weekday
	location *time.Location
}

// maxSkew is how far the clocks of gateways on one store may differ.
const maxSkew = time.Minute

// A clock is a time of day.
type clock struct{ hour, minute int }

func (c *compiler) cut(field string, config *configv1.BatchCut) cutRule {
	r := cutRule{count: defaultCutCount, age: defaultCutAge, bytes: int64(config.GetBytes()), location: c.location} //nolint:gosec // below
	if r.bytes < 0 {
		c.fail(field+".bytes", "no file is as long as this")
	}
	if n := config.GetCount(); n > 0 {
		r.count = int(n)
	}
	for _, text := range config.GetTimes() {
		at, err := time.Parse("15:04", text)
		if err != nil {
			c.fail(field+".times", "%q is no time of day", text)
			continue
		}
		r.times = append(r.times, clock{at.Hour(), at.Minute()})
	}
	slices.SortFunc(r.times, func(a, b clock) int { return (a.hour*60 + a.minute) - (b.hour*60 + b.minute) })
	switch {
	case config.GetAge() != nil:
		r.age = config.GetAge().AsDuration()
	case len(r.times) > 0:
		r.ageless = true
	}
	if len(config.GetDays()) > 0 && len(r.times) == 0 {
		c.fail(field+".days", "days have no effect without times")
	}
	for day := range r.days {
		name := strings.ToLower(time.Weekday(day).String()[:3])
		r.days[day] = len(config.GetDays()) == 0 || slices.Contains(config.GetDays(), name)
	}
	return r
}

// wait is how long it is until what waits is cut, if the oldest of it came then; 0 is now, and false is not before more comes.
func (r *cutRule) wait(oldest, now time.Time) (time.Duration, bool) {
	if oldest.Sub(now) > maxSkew { // the clock was set back
		return 0, true
	}
	var due time.Time
	if !r.ageless {
		due = oldest.Add(r.age)
	}
	if at := r.next(oldest); !at.IsZero() && (due.IsZero() || at.Before(due)) {
		due = at
	}
	if due.IsZero() {
		return 0, false
	}
	return max(due.Sub(now), 0), true
}

// next is the first time of day to cut at that comes after a moment; zero if there is none.
func (r *cutRule) next(after time.Time) time.Time {
	if len(r.times) == 0 {
		return time.Time{}
	}
	year, month, day := after.In(r.location).Date()
	for ahead := range 9 { // a week, and a day on either side
		date := time.Date(year, month, day+ahead, 0, 0, 0, 0, time.UTC)
		if !r.days[date.Weekday()] {
			continue
		}
		for _, at := range r.times {
			if moment := onDay(date, at, r.location); moment.After(after) {
				return moment
			}
		}
	}
	return time.Time{}
}

// onDay is the moment at which clocks show a time on a date. Where they show it twice, as they are set back, it is the first; where they never do, as they are set
// forward, it is when they would have.
func onDay(date time.Time, at clock, location *time.Location) time.Time {
	shown := date.Add(time.Duration(at.hour)*time.Hour + time.Duration(at.minute)*time.Minute) // as if the clocks showed UTC
	_, before := shown.Add(-24 * time.Hour).In(location).Zone()
	_, behind := shown.Add(24 * time.Hour).In(location).Zone()
	first := shown.Add(-time.Duration(before) * time.Second)
	second := shown.Add(-time.Duration(behind) * time.Second)
	if _, offset := first.In(location).Zone(); offset != before { // the clocks have changed by then
		if _, offset := second.In(location).Zone(); offset == behind {
			return second
		}
	}
	return first
}

// isFull reports whether enough waits for a file whatever its age.
func (s *submissions) isFull(c counters) bool {
	return c.Waiting >= int64(s.due.count) || s.due.bytes > 0 && c.Bytes >= s.due.bytes
}
