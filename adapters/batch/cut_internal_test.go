package batch

import (
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

func ruleOf(t *testing.T, config *configv1.BatchCut) *cutRule {
	t.Helper()
	location, err := time.LoadLocation("Europe/London")
	if err != nil {
		t.Fatal(err)
	}
	c := &compiler{location: location}
	rule := c.cut("cut", config)
	if err := c.err(); err != nil {
		t.Fatal(err)
	}
	return &rule
}

// Times of day are those of the clocks on the wall. In London they were set forward on 2026-03-29 at 01:00 UTC, and back on 2026-10-25 at 01:00 UTC.
func TestNextCut(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		times, days []string
		after, want string
	}{
		"the same day":                     {[]string{"18:00"}, nil, "2026-11-20T12:00:00Z", "2026-11-20T18:00:00Z"},
		"in summer":                        {[]string{"18:00"}, nil, "2026-06-20T12:00:00Z", "2026-06-20T17:00:00Z"},
		"at the very time comes the next":  {[]string{"18:00"}, nil, "2026-11-20T18:00:00Z", "2026-11-21T18:00:00Z"},
		"the first of several":             {[]string{"18:00", "06:30"}, nil, "2026-11-20T19:00:00Z", "2026-11-21T06:30:00Z"},
		"on Monday, seen from Friday":      {[]string{"18:00"}, []string{"mon"}, "2026-11-20T12:00:00Z", "2026-11-23T18:00:00Z"},
		"a week later":                     {[]string{"18:00"}, []string{"mon"}, "2026-11-23T18:00:00Z", "2026-11-30T18:00:00Z"},
		"a time that no clock shows":       {[]string{"01:30"}, nil, "2026-03-28T12:00:00Z", "2026-03-29T01:30:00Z"},
		"behind the hour that is left out": {[]string{"03:00"}, nil, "2026-03-28T12:00:00Z", "2026-03-29T02:00:00Z"},
		"a time that clocks show twice":    {[]string{"01:30"}, nil, "2026-10-24T12:00:00Z", "2026-10-25T00:30:00Z"},
		"and only once is it cut":          {[]string{"01:30"}, nil, "2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"},
		"behind the hour that comes twice": {[]string{"03:00"}, nil, "2026-10-24T12:00:00Z", "2026-10-25T03:00:00Z"},
		"the day is that of the zone":      {[]string{"00:15"}, []string{"sat"}, "2026-06-19T22:00:00Z", "2026-06-19T23:15:00Z"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rule := ruleOf(t, &configv1.BatchCut{Times: test.times, Days: test.days})
			after, err := time.Parse(time.RFC3339, test.after)
			if err != nil {
				t.Fatal(err)
			}
			if got := rule.next(after).UTC().Format(time.RFC3339); got != test.want {
				t.Errorf("next after %s is %s, want %s", test.after, got, test.want)
			}
		})
	}
}

func TestWaitForCut(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	for name, test := range map[string]struct {
		config *configv1.BatchCut
		oldest time.Duration // before now
		wait   time.Duration
		known  bool
	}{
		"a minute, unless it says otherwise":   {nil, 20 * time.Second, 40 * time.Second, true},
		"old enough":                           {&configv1.BatchCut{Age: durationpb.New(time.Hour)}, time.Hour, 0, true},
		"at once":                              {&configv1.BatchCut{Age: durationpb.New(0)}, 0, 0, true},
		"with times, age does not matter":      {&configv1.BatchCut{Times: []string{"18:00"}}, time.Hour, 6 * time.Hour, true},
		"a time has passed since it came":      {&configv1.BatchCut{Times: []string{"11:30"}}, time.Hour, 0, true},
		"whichever comes first":                {&configv1.BatchCut{Times: []string{"18:00"}, Age: durationpb.New(2 * time.Hour)}, time.Hour, time.Hour, true},
		"a clock that is ahead by a bit":       {&configv1.BatchCut{Age: durationpb.New(time.Hour)}, -time.Second, time.Hour + time.Second, true},
		"a clock that has been set back a lot": {&configv1.BatchCut{Age: durationpb.New(time.Hour)}, -time.Hour, 0, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wait, known := ruleOf(t, test.config).wait(now.Add(-test.oldest), now)
			if wait != test.wait || known != test.known {
				t.Errorf("wait %v, %v; want %v, %v", wait, known, test.wait, test.known)
			}
		})
	}
}

func TestDaysWithoutTimes(t *testing.T) {
	t.Parallel()
	c := &compiler{location: time.UTC}
	if c.cut("cut", &configv1.BatchCut{Days: []string{"mon"}}); c.err() == nil {
		t.Error("days without times are taken")
	}
}
