package dialect

import (
	"math/big"
	"strings"
	"time"
)

// Floor is the greatest value not above the value of those that keep all of their digits where they are compared with a column. cut is false if the value itself does; then
// it is the floor.
func (s *Syntax) Floor(column *Column, value any) (below any, cut bool) {
	if s.Kept == nil {
		return value, false
	}
	digits, ok := s.Kept(column)
	if !ok {
		return value, false
	}
	return floor(value, digits)
}

// floor is the greatest value of so many digits behind the point, of a decimal or of a second, that is not above the value. cut is false if the value has no more
// digits than that, or is of another kind.
func floor(value any, digits int) (below any, cut bool) {
	switch v := value.(type) {
	case time.Time:
		tick := time.Second
		for range digits {
			tick /= 10
		}
		behind := time.Duration(v.Nanosecond()) % tick
		return v.Add(-behind), behind != 0
	case string:
		return floorDecimal(v, digits)
	default:
		return value, false
	}
}

func floorDecimal(decimal string, digits int) (below any, cut bool) {
	whole, fraction, _ := strings.Cut(decimal, ".")
	if len(fraction) <= digits || strings.Trim(fraction[digits:], "0") == "" {
		return decimal, false
	}
	unscaled, ok := new(big.Int).SetString(whole+fraction[:digits], 10)
	if !ok {
		unscaled = new(big.Int) // of a number such as .001, or -.001
	}
	if strings.HasPrefix(whole, "-") {
		unscaled.Sub(unscaled, big.NewInt(1))
	}
	return new(big.Rat).SetFrac(unscaled, new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(digits)), nil)).FloatString(digits), true
}
