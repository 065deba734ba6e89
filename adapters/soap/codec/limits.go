package codec

import (
	"cmp"
	"fmt"
	"math/big"
	"regexp"
	"strings"
	"time"

	"github.com/postern-gateway/postern/adapters/soap/xsd"
)

// limits are what facets demand of a value that no rule of its field can say exactly: rules compare decimals as doubles, and know nothing of durations, of
// times and of moments without a zone. They are held where a value is written.
type limits struct {
	bounds []bound
	// compare puts two values in order, as text. It returns false for two that have none: then a bound bounds nothing.
	compare func(a, b string) (order int, ordered bool)
	// digits is how many digits a number may have, leading zeros and those at the end of a fraction not counted (XML Schema part 2 section 4.3.11); 0 for any number.
	digits int
}

// A bound is one of the four facets of XML Schema part 2 sections 4.3.7 to 4.3.10.
type bound struct {
	value string
	// upper is true for a value that is not to be exceeded, and exclusive where it is not to be reached.
	upper, exclusive bool
}

var comparisons = map[string]func(a, b string) (int, bool){
	"decimal": compareDecimals, "duration": compareDurations, "time": compareTimes,
	"date": compareDates, "gYear": compareDates, "gYearMonth": compareDates, "gMonth": compareDates, "gMonthDay": compareDates, "gDay": compareDates,
}

// limitsOf returns nil if there are none.
func limitsOf(v *xsd.Value) *limits {
	kind := v.Builtin
	if _, ok := integers[kind]; ok {
		kind = "decimal"
	}
	out := &limits{compare: comparisons[kind], bounds: boundsOf(v)}
	if kind == "decimal" && v.TotalDigits != nil {
		out.digits = *v.TotalDigits
	}
	if (out.compare == nil || len(out.bounds) == 0) && out.digits == 0 {
		return nil
	}
	return out
}

func boundsOf(v *xsd.Value) []bound {
	var out []bound
	for _, facet := range []struct {
		value            *string
		upper, exclusive bool
	}{{v.MinInclusive, false, false}, {v.MinExclusive, false, true}, {v.MaxInclusive, true, false}, {v.MaxExclusive, true, true}} {
		if facet.value != nil {
			out = append(out, bound{strings.TrimSpace(*facet.value), facet.upper, facet.exclusive})
		}
	}
	return out
}

// check holds a value against the limits.
func (l *limits) check(text string) error {
	if l == nil {
		return nil
	}
	if l.digits > 0 {
		if n, ok := parseDecimal(text); ok && n.digits() > l.digits {
			return fmt.Errorf("it has %d digits, and at most %d are accepted", n.digits(), l.digits)
		}
	}
	for i := range l.bounds {
		b := &l.bounds[i]
		if order, ordered := l.compare(text, b.value); ordered && !b.admits(order) {
			return b.error()
		}
	}
	return nil
}

// admits reports whether a value may stand so to the bound: below (-1), on (0) or above it (1).
func (b *bound) admits(order int) bool {
	if b.upper {
		order = -order
	}
	return order > 0 || order == 0 && !b.exclusive
}

func (b *bound) error() error {
	words := map[bool]map[bool]string{false: {false: "at least", true: "more than"}, true: {false: "at most", true: "less than"}}
	return fmt.Errorf("it must be %s %s", words[b.upper][b.exclusive], b.value)
}

// An exactNumber is a decimal taken apart: without zeros before the whole digits and behind the fraction.
type exactNumber struct {
	negative        bool
	whole, fraction string
}

func (n *exactNumber) digits() int { return max(len(n.whole)+len(n.fraction), 1) }

func parseDecimal(text string) (exactNumber, bool) {
	var n exactNumber
	n.negative = strings.HasPrefix(text, "-")
	text = strings.TrimLeft(text, "+-")
	n.whole, n.fraction, _ = strings.Cut(text, ".")
	if n.whole+n.fraction == "" || strings.Trim(n.whole+n.fraction, "0123456789") != "" {
		return n, false
	}
	n.whole, n.fraction = strings.TrimLeft(n.whole, "0"), strings.TrimRight(n.fraction, "0")
	n.negative = n.negative && n.whole+n.fraction != ""
	return n, true
}

func compareDecimals(a, b string) (int, bool) {
	first, ok := parseDecimal(a)
	second, also := parseDecimal(b)
	if !ok || !also {
		return 0, false
	}
	if first.negative != second.negative {
		if first.negative {
			return -1, true
		}
		return 1, true
	}
	order := cmp.Or(cmp.Compare(len(first.whole), len(second.whole)), cmp.Compare(first.whole, second.whole), cmp.Compare(first.fraction, second.fraction))
	if first.negative {
		order = -order
	}
	return order, true
}

var zoneless = regexp.MustCompile(`^[0-9]{4}(-[0-9]{2}){0,2}$|^--[0-9]{2}(-[0-9]{2})?$|^---[0-9]{2}$`)

// compareDates compares dates and parts of dates, of four-digit years and without a zone, whose texts are in their order.
func compareDates(a, b string) (int, bool) {
	if date := plainDate.FindString(b); date != "" {
		b = date // the zone of an xs:date is dropped, as it is in values
	}
	return cmp.Compare(a, b), len(a) == len(b) && zoneless.MatchString(a) && zoneless.MatchString(b)
}

// compareTimes compares times of day that both have a zone, or both have none; others have no order within a day.
func compareTimes(a, b string) (int, bool) {
	first, ok := parseTimeOfDay(a)
	second, also := parseTimeOfDay(b)
	return cmp.Or(cmp.Compare(first.second-first.offset, second.second-second.offset), cmp.Compare(first.nano, second.nano)), ok && also && first.zoned == second.zoned
}

// parseTimeOfDay returns a time of day whose second counts from midnight.
func parseTimeOfDay(text string) (civil, bool) {
	var c civil
	rest, ok, _ := c.time([]byte(text))
	if !ok || !c.zone(rest) {
		return c, false
	}
	c.second += (c.hour*60 + c.minute) * 60
	return c, true
}

var durationParts = regexp.MustCompile(`^(-)?P(?:([0-9]+)Y)?(?:([0-9]+)M)?(?:([0-9]+)D)?(?:T(?:([0-9]+)H)?(?:([0-9]+)M)?(?:([0-9]+(?:\.[0-9]+)?)S)?)?$`)

// parseDuration returns the months and the seconds that a duration is.
func parseDuration(text string) (months, seconds *big.Rat, ok bool) {
	parts := durationParts.FindStringSubmatch(text)
	if parts == nil {
		return nil, nil, false
	}
	months, seconds = new(big.Rat), new(big.Rat)
	for i, unit := range []int64{12, 1, secondsPerDay, 3600, 60, 1} {
		if parts[i+2] == "" {
			continue
		}
		n, ok := new(big.Rat).SetString(parts[i+2])
		if !ok {
			return nil, nil, false
		}
		if n.Mul(n, new(big.Rat).SetInt64(unit)); i < 2 {
			months.Add(months, n)
		} else {
			seconds.Add(seconds, n)
		}
	}
	if parts[1] != "" {
		months.Neg(months)
		seconds.Neg(seconds)
	}
	return months, seconds, true
}

// compareDurations compares two durations as they are added to the four moments of XML Schema part 2 section 3.2.6.2: a month and 30 days have no order.
func compareDurations(a, b string) (int, bool) {
	months, seconds, ok := parseDuration(a)
	otherMonths, otherSeconds, also := parseDuration(b)
	if !ok || !also {
		return 0, false
	}
	months.Sub(months, otherMonths)
	seconds.Sub(seconds, otherSeconds)
	if months.Sign() == 0 || seconds.Sign() == 0 || months.Sign() == seconds.Sign() {
		return cmp.Or(months.Sign(), seconds.Sign()), true
	}
	between, _ := months.Float64()
	if between > maxMonths || between < -maxMonths {
		average := new(big.Rat).Mul(months, big.NewRat(146097*secondsPerDay, 400*12)) // of the calendar, which repeats after 400 years
		return average.Add(average, seconds).Sign(), true
	}
	order := 0
	for i, from := range []time.Time{
		time.Date(1696, 9, 1, 0, 0, 0, 0, time.UTC), time.Date(1697, 2, 1, 0, 0, 0, 0, time.UTC),
		time.Date(1903, 3, 1, 0, 0, 0, 0, time.UTC), time.Date(1903, 7, 1, 0, 0, 0, 0, time.UTC),
	} {
		sum := new(big.Rat).SetInt64(from.AddDate(0, int(between), 0).Unix() - from.Unix())
		sign := sum.Add(sum, seconds).Sign()
		if i > 0 && sign != order {
			return 0, false
		}
		order = sign
	}
	return order, true
}

// maxMonths is how many months are counted exactly.
const maxMonths = 12000

// maxOffset is how far zones can be from UTC. A moment and a time without a zone have an order only if they are further apart (XML Schema part 2 section
// 3.2.7.4).
const maxOffset = 14 * time.Hour

// A momentBound is a bound of a dateTime that has no zone.
type momentBound struct {
	bound
	at time.Time // in UTC
}

// momentBounds are the bounds without a zone. Those with one are rules of the field.
func momentBounds(v *xsd.Value) []momentBound {
	var out []momentBound
	for _, b := range boundsOf(v) {
		seconds, nanos, err := parseTimestamp([]byte(b.value), time.UTC)
		if err == nil && !hasZone.MatchString(b.value) {
			out = append(out, momentBound{b, time.Unix(seconds, int64(nanos)).UTC()})
		}
	}
	return out
}

// checkMoment holds a moment against the bounds without a zone. local is true if it is sent without one too, as the time in zone. The days that mean
// no day of a calendar are accepted in any case: services send and take them for what is not known, whatever their own bounds.
func checkMoment(bounds []momentBound, moment time.Time, zone *time.Location, local bool) error {
	if isNever(moment) {
		return nil
	}
	for i := range bounds {
		b := &bounds[i]
		if local {
			_, offset := moment.In(zone).Zone()
			if !b.admits(moment.Add(time.Duration(offset) * time.Second).Compare(b.at)) {
				return b.error()
			}
			continue
		}
		margin := -maxOffset
		if b.upper {
			margin = maxOffset
		}
		if !b.admits(moment.Compare(b.at.Add(margin))) {
			return b.error()
		}
	}
	return nil
}
