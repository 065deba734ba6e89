package sampletest

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// words are texts that are easily spoiled on their way.
var words = []string{
	"plain", "O'Brien", `say "when"`, `back\slash`, "per%cent", "under_score", "", " ", "  both ends  ", "tab\there", "two\nlines", "NULL", "null", "--", "/* */",
	"'; DROP TABLE x; --", "Łódź", "Ørsted", "Straße", "日本語", "😀 emoji 👩‍👩‍👧", "e\u0301 apart", "é whole", "ﬀ", "\u202eright to left", "<b>&amp;</b>", "{\"a\":1}", "a/b", "a?b=c&d#e", "100",
	"-0", "1e3", "true", "\u00a0", "$1", "?", ":name", "@p1", "{{.}}", "${HOME}",
}

// days are dates at the ends of what calendars hold, and in between.
var days = []string{"0001-01-01", "9999-12-31", "1582-10-04", "1582-10-15", "1900-02-28", "1999-12-31", "2000-02-29", "2026-03-29", "1970-01-01", "1969-12-31"}

// A maker makes rows.
type maker struct{ random *rand.Rand }

func newMaker(seed uint64) *maker { return &maker{rand.New(rand.NewPCG(seed, 0))} }

// word is a text of at most so many characters.
func (m *maker) word(length int) string {
	text := words[m.random.IntN(len(words))]
	if m.random.IntN(3) == 0 {
		text = fmt.Sprintf("%s %d", text, m.random.IntN(50))
	}
	if runes := []rune(text); len(runes) > length {
		text = string(runes[:length])
	}
	return text
}

// maybe is the value, or NULL for one row in five.
func (m *maker) maybe(value any) any {
	if m.random.IntN(5) == 0 {
		return nil
	}
	return value
}

func (m *maker) pick(values ...string) string { return values[m.random.IntN(len(values))] }

// between is a number from low to high.
func (m *maker) between(low, high int) int { return low + m.random.IntN(high-low+1) }

func (m *maker) day() string {
	if m.random.IntN(4) == 0 {
		return days[m.random.IntN(len(days))]
	}
	return fmt.Sprintf("%04d-%02d-%02d", m.between(1950, 2040), m.between(1, 12), m.between(1, 28))
}

// moment has milliseconds in half of the cases.
func (m *maker) moment() string {
	text := fmt.Sprintf("%s %02d:%02d:%02d", m.day(), m.between(0, 23), m.between(0, 59), m.between(0, 59))
	if m.random.IntN(2) == 0 {
		text += fmt.Sprintf(".%03d", m.between(1, 999))
	}
	return text
}

// amount has up to so many digits, scale of them behind the point.
func (m *maker) amount(digits, scale int) string {
	text := fmt.Sprintf("%0*d", digits, m.random.Int64N(pow10(m.between(1, digits))))
	text = strings.TrimLeft(text[:digits-scale], "0") + "." + text[digits-scale:]
	if text[0] == '.' {
		text = "0" + text
	}
	if m.random.IntN(3) == 0 {
		text = "-" + text
	}
	return text
}

func pow10(n int) int64 {
	out := int64(1)
	for range n {
		out *= 10
	}
	return out
}

func (m *maker) bytes(most int) []byte {
	out := make([]byte, m.random.IntN(most+1))
	for i := range out {
		out[i] = byte(m.random.IntN(256))
	}
	return out
}
