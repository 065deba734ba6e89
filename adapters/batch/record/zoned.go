package record

import "bytes"

// A signPlace is where a DISPLAY number keeps its sign.
type signPlace int

const (
	overpunchTrailing signPlace = iota
	overpunchLeading
	separateTrailing
	separateLeading
)

// zoned is a DISPLAY number: a character for each digit, with the sign overpunched on one of them or in a character of its own (Enterprise COBOL
// Programming Guide, "Zoned decimal"). Without a sign, an overpunched plus is read all the same: programs leave it there.
type zoned struct {
	ebcdic bool
	spaces byte
	count  int // digits
	signed bool
	sign   signPlace
	point  byte // the decimal point as stored, or 0
	scale  int
	// suppressed is how many digits in front are blanks where they are zeros.
	suppressed int
	signs      Signs
	edit       *edited // writes the number, where its picture edits it; reading takes what other programs make of such fields too
}

func (z *zoned) isBlank(raw []byte) bool { return isBlank(raw, z.spaces) }

func (z *zoned) small(raw []byte) (int64, error) {
	if z.sign == overpunchTrailing && z.point == 0 && len(raw) > 0 {
		zero := byte('0')
		if z.ebcdic {
			zero = 0xF0
		}
		var n int64
		last := len(raw) - 1
		for i, c := range raw {
			d := c - zero
			if d <= 9 {
				n = n*10 + int64(d)
				continue
			}
			if i != last || !z.signed && z.signs != SignsByPicture {
				return z.slow(raw)
			}
			digit, negative, ok := z.overpunch(c)
			if !ok {
				return z.slow(raw)
			}
			if n = n*10 + int64(digit); negative {
				n = -n
			}
		}
		return n, nil
	}
	return z.slow(raw)
}

func (z *zoned) slow(raw []byte) (int64, error) {
	var room [64]byte
	digits, negative, err := z.digits(raw, room[:0])
	if err != nil {
		return 0, err
	}
	return parseSmall(digits, negative)
}

func (z *zoned) digits(raw, to []byte) ([]byte, bool, error) {
	if z.signs != SignsByPicture {
		return z.anywhere(raw, to)
	}
	text := bytes.TrimLeft(raw, string(z.spaces))
	if z.scale == 0 || z.point != 0 || z.sign == separateTrailing {
		text = bytes.TrimRight(text, string(z.spaces))
	}
	text, negative, separate := z.separateSign(text)
	if len(text) == 0 {
		return nil, false, errNotDigits
	}
	pointAt := -1
	for i, c := range text {
		if z.point != 0 && c == z.point && pointAt < 0 {
			pointAt = len(to)
			continue
		}
		if d, ok := z.digit(c); ok {
			to = append(to, '0'+d)
			continue
		}
		signed := !separate && ((i == len(text)-1 && z.sign == overpunchTrailing) || (i == 0 && z.sign == overpunchLeading))
		d, minus, ok := z.overpunch(c)
		if !signed || !ok {
			return nil, false, errNotDigits
		}
		to, negative = append(to, '0'+d), minus
	}
	if z.point != 0 {
		var err error
		if to, err = z.align(to, pointAt); err != nil {
			return nil, false, err
		}
	}
	if len(bytes.TrimLeft(to, "0")) > z.count {
		return nil, false, errTooLarge
	}
	return to, negative, nil
}

// align makes sure that a number with a stored point has exactly the digits behind it that its picture says.
func (z *zoned) align(digits []byte, pointAt int) ([]byte, error) {
	behind := 0
	if pointAt >= 0 {
		behind = len(digits) - pointAt
	}
	if behind > z.scale || len(digits) == 0 {
		return nil, errNotDigits
	}
	for ; behind < z.scale; behind++ {
		digits = append(digits, '0')
	}
	return digits, nil
}

// separateSign takes off a sign that is a character of its own. Any signed number may have one, wherever its picture has the sign: files made
// by other than COBOL programs do.
func (z *zoned) separateSign(text []byte) (rest []byte, negative, found bool) {
	plus, minus := byte('+'), byte('-')
	if z.ebcdic {
		plus, minus = 0x4E, 0x60
	}
	if len(text) > 1 && (text[0] == plus || text[0] == minus) {
		negative, found, text = text[0] == minus, true, text[1:]
	} else if n := len(text) - 1; n > 0 && (text[n] == plus || text[n] == minus) {
		negative, found, text = text[n] == minus, true, text[:n]
	}
	if found {
		text = bytes.Trim(text, string(z.spaces))
	}
	return text, negative, found
}

func (z *zoned) digit(c byte) (byte, bool) {
	if z.ebcdic {
		return c - 0xF0, c >= 0xF0 && c <= 0xF9
	}
	return c - '0', c >= '0' && c <= '9'
}

// overpunch reads a digit that carries the sign. In EBCDIC the zone is the sign. In ASCII it is the character that EBCDIC shows for it, and Micro Focus
// writes p to y for minus.
func (z *zoned) overpunch(c byte) (digit byte, negative, ok bool) {
	if z.ebcdic {
		digit = c & 0x0F
		switch c >> 4 {
		case 0xA, 0xC, 0xE, 0xF:
			return digit, false, digit <= 9
		case 0xB, 0xD:
			return digit, true, digit <= 9
		default:
			return 0, false, false
		}
	}
	switch {
	case c >= '0' && c <= '9':
		return c - '0', false, true
	case c == '{':
		return 0, false, true
	case c == '}':
		return 0, true, true
	case c >= 'A' && c <= 'I':
		return c - 'A' + 1, false, true
	case c >= 'J' && c <= 'R':
		return c - 'J' + 1, true, true
	case c >= 'p' && c <= 'y':
		return c - 'p', true, true
	default:
		return 0, false, false
	}
}

func (z *zoned) store(to, digits []byte, negative bool) error {
	if z.edit != nil {
		return z.edit.store(to, digits, negative)
	}
	body := to
	switch {
	case !z.signed:
	case z.sign == separateLeading:
		to[0] = z.signCharacter(negative)
		body = to[1:]
	case z.sign == separateTrailing:
		to[len(to)-1] = z.signCharacter(negative)
		body = to[:len(to)-1]
	}
	z.write(body, digits)
	if z.signed && (z.sign == overpunchTrailing || z.sign == overpunchLeading) {
		at := len(body) - 1
		if z.sign == overpunchLeading {
			at = 0
		}
		if _, ok := z.digit(body[at]); ok { // and not the point of 9(5).
			body[at] = z.punch(body[at], negative)
		}
	}
	return nil
}

func (z *zoned) write(body, digits []byte) {
	zero := byte('0')
	if z.ebcdic {
		zero = 0xF0
	}
	at := 0
	for i, d := range digits {
		if z.point != 0 && i == len(digits)-z.scale {
			body[at] = z.point
			at++
		}
		body[at] = zero + d - '0'
		at++
	}
	if at < len(body) {
		body[at] = z.point // 9(5). ends in its point
	}
	for i := 0; i < z.suppressed && i < len(digits) && digits[i] == '0'; i++ {
		body[i] = z.spaces
	}
}

func (z *zoned) signCharacter(negative bool) byte {
	switch {
	case negative && z.ebcdic:
		return 0x60
	case negative:
		return '-'
	case z.ebcdic:
		return 0x4E
	default:
		return '+'
	}
}

// punch puts the sign on a stored digit.
func (z *zoned) punch(c byte, negative bool) byte {
	digit := c & 0x0F
	switch {
	case z.ebcdic && negative:
		return 0xD0 | digit
	case z.ebcdic:
		return 0xC0 | digit
	case negative:
		return "}JKLMNOPQR"[digit]
	default:
		return "{ABCDEFGHI"[digit]
	}
}
