package batch

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/postern-gateway/postern/adapters"
	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

// A calendar says when files are expected.
type calendar struct {
	days         []time.Weekday // empty for all
	holidays     map[string]bool
	hour, minute int
	location     *time.Location
}

// calendar compiles when files are expected; nil if nothing is said of that.
func (c *compiler) calendar(field string, config *configv1.BatchCalendar) *calendar {
	if config == nil {
		return nil
	}
	cal := &calendar{holidays: make(map[string]bool), location: c.location}
	for _, name := range config.GetDays() {
		cal.days = append(cal.days, weekdays()[name])
	}
	for i, holiday := range config.GetHolidays() {
		if _, err := time.Parse(time.DateOnly, holiday); err != nil {
			c.fail(fmt.Sprintf("%s.holidays[%d]", field, i), "the calendar has no day %s", holiday)
		}
		cal.holidays[holiday] = true
	}
	cutOff, err := time.Parse("15:04", config.GetCutOff())
	if err != nil {
		c.fail(field+".cut_off", "%q is no time of day, as in 06:30", config.GetCutOff())
	}
	cal.hour, cal.minute = cutOff.Hour(), cutOff.Minute()
	return cal
}

// weekdays are the days of the week by the names that settings have for them.
func weekdays() map[string]time.Weekday {
	return map[string]time.Weekday{
		"sun": time.Sunday, "mon": time.Monday, "tue": time.Tuesday, "wed": time.Wednesday, "thu": time.Thursday, "fri": time.Friday, "sat": time.Saturday,
	}
}

// maxDaysWithout bounds the search for a day with a file: a calendar can have none.
const maxDaysWithout = 3660

// next is the first cut-off that is not before a moment; zero if there is none for years.
func (c *calendar) next(from time.Time) time.Time {
	from = from.In(c.location)
	year, month, day := from.Date()
	for i := range maxDaysWithout {
		due := time.Date(year, month, day+i, c.hour, c.minute, 0, 0, c.location)
		noon := time.Date(year, month, day+i, 12, 0, 0, 0, c.location) // which every day has, whatever its clocks do
		expected := (len(c.days) == 0 || slices.Contains(c.days, noon.Weekday())) && !c.holidays[noon.Format(time.DateOnly)]
		if expected && !due.Before(from) {
			return due
		}
	}
	return time.Time{}
}

// behind is the first cut-off behind another.
func (c *calendar) behind(due time.Time) time.Time { return c.next(due.Add(time.Nanosecond)) }

// maxLateness is how long behind its cut-off a file is still taken for that one's, and not for the next one's.
const maxLateness = 12 * time.Hour

// lateness is how long behind its cut-off a file was written that was put in force; 0 if it was not.
func (x *extract) lateness(r *fileRecord) time.Duration {
	if x.expected == nil || r.Outcome != outcomeServed {
		return 0
	}
	due := x.expected.of(r.ModTime)
	if due.IsZero() {
		return 0
	}
	return max(r.ModTime.Sub(due), 0)
}

// of is the cut-off that a file is for. It stands for all before it too.
func (c *calendar) of(arrival time.Time) time.Time { return c.next(arrival.Add(-maxLateness)) }

// missing returns the cut-offs that have passed without a file.
func (c *calendar) missing(covered, now time.Time) []time.Time {
	var all []time.Time
	if covered.IsZero() {
		return nil // none is ever due
	}
	for due := c.behind(covered); !due.IsZero() && due.Before(now) && len(all) < maxMissing; due = c.behind(due) {
		all = append(all, due)
	}
	return all
}

// maxMissing is how many missing files are counted.
const maxMissing = 1000

// errLate is a file that has not come in time.
var errLate = errors.New("a file has not come")

// missing returns the cut-offs that have passed without a file.
func (x *extract) missingFiles() []time.Time {
	if x.expected == nil {
		return nil
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.expected.missing(x.covered, x.now())
}

// punctual is an error if a file is late.
func (x *extract) punctual() error {
	missing := x.missingFiles()
	if len(missing) == 0 {
		return nil
	}
	return fmt.Errorf("%w: %d since it was due at %s", errLate, len(missing), missing[0].Format(time.RFC3339))
}

// firstLook is when a gateway of this store first looked for files: those that were due before are no concern of it.
func (x *extract) firstLook(ctx context.Context) (first time.Time, err error) {
	err = x.inbox.store.View(ctx, func(tx adapters.Tx) error {
		_, err := get(tx, x.firstLookKey(), &first)
		return err
	})
	if err == nil && first.IsZero() {
		first = x.since
		err = x.inbox.store.Update(ctx, func(tx adapters.Tx) error { return put(tx, x.firstLookKey(), first) })
	}
	if err != nil {
		return first, fmt.Errorf("recalling when files were looked for first: %w", err)
	}
	return first, nil
}

func (x *extract) firstLookKey() string { return x.inbox.prefix + "since" }

// tellLate looks when files have come, and writes to the log that one is late, once for each cut-off.
func (x *extract) tellLate(ctx context.Context) error {
	if x.expected == nil {
		return nil
	}
	runs, err := x.inbox.runs(ctx)
	if err != nil {
		return err
	}
	covered, err := x.firstLook(ctx)
	if err != nil {
		return err
	}
	for i, run := range slices.DeleteFunc(runs, func(r *fileRecord) bool { return r.Outcome != outcomeServed }) {
		if due := x.expected.of(run.ModTime); i == 0 || due.After(covered) {
			covered = due
		}
	}
	x.mu.Lock()
	x.covered = covered
	x.mu.Unlock()
	missing := x.missingFiles()
	if len(missing) == 0 {
		return nil
	}
	if due := missing[len(missing)-1]; !due.Equal(x.toldLate) {
		x.toldLate = due
		x.logger.WarnContext(ctx, "an extract is late", "due", due, "missing", len(missing))
	}
	return nil
}
