package batch

import (
	"bytes"
	"cmp"
	"strconv"
	"strings"
	"time"

	"github.com/postern-gateway/postern/adapters/batch/record"
)

// comparer returns what compares a value of the field with one of a filter: less than 0, 0, or more. The value is not null.
func comparer(f *record.Field, wanted any) func(*record.Value) int {
	switch wanted := wanted.(type) {
	case int64:
		return func(v *record.Value) int { return cmp.Compare(v.Integer, wanted) }
	case bool:
		var truth int64
		if wanted {
			truth = 1
		}
		return func(v *record.Value) int { return cmp.Compare(v.Integer, truth) }
	case float64:
		if f.Type == record.Float32 { // 0.1 is what callers see of it
			single := float32(wanted)
			return func(v *record.Value) int { return cmp.Compare(float32(v.Float), single) }
		}
		return func(v *record.Value) int { return cmp.Compare(v.Float, wanted) }
	case time.Time:
		return func(v *record.Value) int { return time.Unix(v.Integer, 0).Compare(wanted) }
	case string:
		if f.Type == record.Decimal {
			number := parseDecimal([]byte(wanted))
			return func(v *record.Value) int { return parseDecimal(v.Text).compare(number) }
		}
		text := []byte(wanted)
		return func(v *record.Value) int { return bytes.Compare(v.Text, text) }
	default:
		return func(*record.Value) int { return -1 } // listing makes no other
	}
}

// A decimal is an exact number: its digits in front of the point without zeros in front, and those behind it without zeros behind.
type decimal struct {
	negative        bool
	whole, fraction []byte
}

// parseDecimal reads [+-]digits[.digits], which is what filters and records have. It keeps text.
func parseDecimal(text []byte) decimal {
	var d decimal
	if len(text) > 0 && (text[0] == '-' || text[0] == '+') {
		d.negative, text = text[0] == '-', text[1:]
	}
	d.whole, d.fraction, _ = bytes.Cut(text, []byte{'.'})
	d.whole, d.fraction = bytes.TrimLeft(d.whole, "0"), bytes.TrimRight(d.fraction, "0")
	if len(d.whole)+len(d.fraction) == 0 {
		d.negative = false
	}
	return d
}

func (d decimal) compare(other decimal) int {
	switch {
	case d.negative && other.negative:
		return other.magnitude(d)
	case d.negative:
		return -1
	case other.negative:
		return 1
	default:
		return d.magnitude(other)
	}
}

// magnitude compares without the signs.
func (d decimal) magnitude(other decimal) int {
	return cmp.Or(cmp.Compare(len(d.whole), len(other.whole)), bytes.Compare(d.whole, other.whole), bytes.Compare(d.fraction, other.fraction))
}

// container reports whether a text contains another.
func container(part string) func(*record.Value) bool {
	text := []byte(part)
	return func(v *record.Value) bool { return bytes.Contains(v.Text, text) }
}

// boundText spells a value of a filter for [record.Layout.KeyBounds].
func boundText(value any) (string, bool) {
	switch value := value.(type) {
	case int64:
		return strconv.FormatInt(value, 10), true
	case bool:
		return map[bool]string{true: "true", false: "false"}[value], true
	case time.Time:
		text := strconv.FormatInt(value.Unix(), 10)
		if value.Nanosecond() != 0 && !strings.HasPrefix(text, "-") {
			text += ".5" // between this second and the next
		}
		return text, value.Nanosecond() == 0 || value.Unix() >= 0
	case string:
		return value, true
	default:
		return "", false
	}
}
