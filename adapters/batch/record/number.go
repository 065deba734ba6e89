package record

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// smallDigits is how many digits any int64 can hold.
const smallDigits = 18

var powers = [smallDigits + 1]int64{
	1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000, 10_000_000_000, 100_000_000_000,
	1_000_000_000_000, 10_000_000_000_000, 100_000_000_000_000, 1_000_000_000_000_000, 10_000_000_000_000_000,
	100_000_000_000_000_000, 1_000_000_000_000_000_000,
}

// appendDecimal appends unscaled / 10^scale with exactly scale digits behind the point.
func appendDecimal(to []byte, unscaled int64, scale int) []byte {
	if scale <= 0 {
		to = strconv.AppendInt(to, unscaled, 10)
		return appendZeros(to, -scale, unscaled != 0)
	}
	negative, magnitude := unscaled < 0, uint64(unscaled) //nolint:gosec // the smallest int64, too, is right after the next line
	if negative {
		magnitude = -magnitude
	}
	var digits [20]byte
	return appendScaled(to, negative, strconv.AppendUint(digits[:0], magnitude, 10), scale)
}

// appendScaled appends a number given by its digits. Zeros in front are dropped, and minus zero is zero.
func appendScaled(to []byte, negative bool, digits []byte, scale int) []byte {
	for len(digits) > 0 && digits[0] == '0' {
		digits = digits[1:]
	}
	if negative && len(digits) > 0 {
		to = append(to, '-')
	}
	whole := len(digits) - scale
	if whole <= 0 {
		to = append(to, '0')
	} else {
		to = append(to, digits[:min(whole, len(digits))]...)
	}
	if scale <= 0 {
		return appendZeros(to, -scale, len(digits) > 0)
	}
	to = append(to, '.')
	to = appendZeros(to, max(-whole, 0), true)
	return append(to, digits[max(whole, 0):]...)
}

func appendZeros(to []byte, count int, wanted bool) []byte {
	for range count {
		if wanted {
			to = append(to, '0')
		}
	}
	return to
}

var errNoNumber = errors.New("is no decimal number, such as -12.50")

// fitDecimal turns decimal text into exactly `digits` digits with `scale` of them behind the point. It never rounds.
func fitDecimal(text string, digits, scale int) (stored []byte, negative bool, err error) {
	whole, fraction, negative, err := splitDecimal(text)
	if err != nil {
		return nil, false, err
	}
	fraction = strings.TrimRight(fraction, "0")
	if len(fraction) > max(scale, 0) {
		return nil, false, fmt.Errorf("has more than %d digits behind the point", max(scale, 0))
	}
	all := whole + fraction
	if scale > len(fraction) {
		all += strings.Repeat("0", scale-len(fraction))
	}
	if scale < 0 { // the last digits are not stored, and must be zero
		cut := len(all) + scale
		if strings.Trim(all[max(cut, 0):], "0") != "" {
			return nil, false, fmt.Errorf("is no multiple of 1%s", strings.Repeat("0", -scale))
		}
		all = all[:max(cut, 0)]
	}
	all = strings.TrimLeft(all, "0")
	if len(all) > digits {
		return nil, false, fmt.Errorf("has more than the %d digits that there is room for in front of the point", max(digits-max(scale, 0), 0)+max(-scale, 0))
	}
	stored = make([]byte, digits)
	for i := range stored {
		stored[i] = '0'
	}
	copy(stored[digits-len(all):], all)
	return stored, negative && all != "", nil
}

// splitDecimal checks that text is [+-]digits[.digits] and takes it apart.
func splitDecimal(text string) (whole, fraction string, negative bool, err error) {
	rest := text
	if rest != "" && (rest[0] == '-' || rest[0] == '+') {
		negative = rest[0] == '-'
		rest = rest[1:]
	}
	whole, fraction, _ = strings.Cut(rest, ".")
	if whole+fraction == "" || strings.Trim(whole+fraction, "0123456789") != "" {
		return "", "", false, errNoNumber
	}
	return whole, fraction, negative, nil
}

// canonicalDecimal spells equal numbers the same: no zeros in front or behind the point's last digit. It returns false for what is no number.
func canonicalDecimal(text string) (string, bool) {
	whole, fraction, negative, err := splitDecimal(strings.TrimSpace(text))
	if err != nil {
		return "", false
	}
	whole, fraction = strings.TrimLeft(whole, "0"), strings.TrimRight(fraction, "0")
	if whole == "" {
		whole = "0"
	}
	if fraction != "" {
		whole += "." + fraction
	}
	if negative && whole != "0" {
		whole = "-" + whole
	}
	return whole, true
}

// roundDecimal rounds to so many digits behind the point, halves away from zero. What is no number stays as it is.
func roundDecimal(text string, scale int) string {
	whole, fraction, negative, err := splitDecimal(text)
	if err != nil || len(fraction) <= scale {
		return text
	}
	up := fraction[scale] >= '5'
	digits := []byte("0" + whole + fraction[:scale])
	for i := len(digits) - 1; up; i-- {
		if up = digits[i] == '9'; up {
			digits[i] = '0'
			continue
		}
		digits[i]++
	}
	rounded := string(digits)
	if scale > 0 {
		rounded = rounded[:len(rounded)-scale] + "." + rounded[len(rounded)-scale:]
	}
	if negative {
		return "-" + rounded
	}
	return rounded
}
